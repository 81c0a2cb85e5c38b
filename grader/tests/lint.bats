# lint.bats - the style of the kit.

load common

@test "make lint finds nothing" {
    make -s -C "$KIT" lint 3>&-
}
