# mutants.bats - the bugs that are put into the solutions, and what becomes of one that nothing catches.

load common
bats_require_minimum_version 1.5.0

@test "every mutant applies, and says which requirement must catch it; each requirement has one" {
    local tree=$BATS_TEST_TMPDIR/solved file lab known
    mkdir "$tree"
    for file in "$KIT"/labs/*/*.[ch]; do
        mkdir -p "$tree/$(basename "$(dirname "$file")")"
        unifdef -DSOLUTION -o "$tree/${file#"$KIT/labs/"}" "$file" || (($? == 1))
    done
    for lab in 1 2 3 4 5 6 7; do
        for file in "$KIT/grader/mutants/lab$lab"/*.patch; do
            patch -p1 -s --dry-run -d "$tree" <"$file" || { echo "$file does not apply" && false; }
            grep -q '^Bug: .' "$file" || { echo "$file does not say what the bug is" && false; }
        done
        known=$(cat "$KIT"/grader/{suites,bonus}/lab"$lab".bats 2>/dev/null | sed -nE 's/^@test "([RB][0-9.]+) .*/\1/p' | sort)
        diff <(sed -n 's/^Requirement: *//p' "$KIT/grader/mutants/lab$lab"/*.patch | sort -u) <(echo "$known")
    done
}

@test "a mutant that survives is told, and one that only another requirement catches, and one that does not apply" {
    local folder=$BATS_TEST_TMPDIR/lab5
    mkdir "$folder"
    cd "$KIT"
    # change NAME REQUIREMENT SED_COMMAND: a mutant of product.c.
    change() {
        { unifdef -DSOLUTION labs/05-dynamic/product.c || (($? == 1)); } >"$folder/as-it-was"
        sed "$3" "$folder/as-it-was" >"$folder/changed"
        {
            printf 'Requirement: %s\nBug: none.\n\n' "$2"
            diff -u --label a/05-dynamic/product.c --label b/05-dynamic/product.c "$folder/as-it-was" "$folder/changed" || (($? == 1))
        } >"$folder/$1.patch"
    }
    change harmless R5.9 '1s|^|/* a comment */ |'
    change elsewhere R5.1 's/"operation/"operatioN/'
    change caught R5.3 's/"operation/"operatioN/'
    sed 's/#include/#INCLUDE/' "$folder/harmless.patch" >"$folder/old.patch"
    run ! grader/mutants/run "$folder"/*.patch
    echo "$output"
    [[ $output == *'lab 5 harmless: survives'* ]]
    [[ $output =~ 'lab 5 elsewhere: caught by '[^R]*'R5.3'.*', not by R5.1' ]]
    [[ $output == *'lab 5 old: does not apply'* ]]
    [[ $output == *'1 of 4 mutants'* ]]
}
