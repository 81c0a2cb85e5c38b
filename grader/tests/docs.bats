# docs.bats - every command that the documentation gives is run, in a fresh clone.

load common

# commands FILE: the lines of its `sh` blocks.
commands() {
    awk '/^```sh$/ { on = 1; next } /^```/ { on = 0 } on' "$1"
}

@test "the commands of the README work in a fresh clone" {
    local line
    git clone -q "$KIT" "$BATS_TEST_TMPDIR/clone"
    cd "$BATS_TEST_TMPDIR/clone"
    while IFS= read -r line; do
        if [[ $line == *'make test'* ]]; then continue; fi # that is what is running now
        echo "+ $line"
        bash -ec "$line" </dev/null 3>&-
    done < <(commands README.md)
}

@test "the files that the documentation names are there" {
    local file name
    for file in README.md CONTRIBUTING.md grader/README.md; do
        while IFS= read -r name; do
            [[ -e $KIT/$(dirname "$file")/$name || -e $KIT/$name ]] || {
                echo "$file names $name"
                false
            }
        done < <(grep -o '](\([^)#]*\))' "$KIT/$file" | tr -d ']()' | grep -v '^http')
    done
}
