# handout.bats - what a student gets: packed, unpacked elsewhere, built, solved, graded and handed in.

load common

setup_file() {
    # Two packages of each, made at different times, to be compared.
    cd "$BATS_TEST_DIRNAME/../.." || return
    make -s handout LAB=3 3>&-
    cp build/handout/lab3.* "$BATS_FILE_TMPDIR"
    make -s handout LABS=1-5 3>&-
    tar -C "$BATS_FILE_TMPDIR" -xzf build/handout/lab3.tar.gz
    tar -C "$BATS_FILE_TMPDIR" -xzf build/handout/labs1-5.tar.gz
}

setup() {
    ONE=$BATS_FILE_TMPDIR/lab3 ALL=$BATS_FILE_TMPDIR/labs1-5
    unset MAKEFLAGS MAKELEVEL MFLAGS
}

@test "the same tree gives the same archives, byte for byte" {
    (umask 077 && make -s -C "$KIT" handout LAB=3 3>&-)
    cmp "$KIT/build/handout/lab3.tar.gz" "$BATS_FILE_TMPDIR/lab3.tar.gz"
    cmp "$KIT/build/handout/lab3.zip" "$BATS_FILE_TMPDIR/lab3.zip"
    unzip -qd "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR/lab3.zip"
    diff -r "$BATS_TEST_TMPDIR/lab3" "$ONE"
}

@test "a lab that is not there, or no lab, is one clear line" {
    run make -s -C "$KIT" handout LAB=8
    [[ $status == 2 && $output == *'handout: there is no lab 8'* ]]
    run make -s -C "$KIT" handout
    [[ $status == 2 && $output == *'usage: make handout LAB=N, or LABS=N-M'* ]]
}

@test "a handout has nothing that a student must not see" {
    local tree file secrets
    # Nothing of what is graded in secret, of the answers, of the class, of the history.
    secrets=$(cd "$KIT" && find grader/hidden grader/mutants grader/tests grader/class instructor .git -type f -size +40c \
        -exec md5sum {} + 2>/dev/null | cut -d ' ' -f 1 | sort -u)
    for tree in "$ONE" "$ALL"; do
        find "$tree" -type f -exec md5sum {} + | cut -d ' ' -f 1 | sort -u >"$BATS_TEST_TMPDIR/sums"
        [[ -z $(comm -12 "$BATS_TEST_TMPDIR/sums" - <<<"$secrets") ]]
        [[ -z $(find "$tree" -name '*hidden*' -o -name '*mutant*' -o -name '*instructor*' -o -name .git) ]]
        [[ -z $(find "$tree" -type l) ]]
        ! grep -rn '@test "H' "$tree" || false
        ! grep -rn 'SOLUTION' "$tree/labs" "$tree/skeletons" || false
    done
    # What is to be written is what skeletons/ has; a module of the lab shows up nowhere else.
    diff -r "$KIT/skeletons/03-threaded" "$ONE/skeletons/03-threaded"
    for file in "$ALL"/labs/0*/*.[ch]; do cmp "$file" "$KIT/skeletons/${file#"$ALL"/labs/}"; done
    [[ -z $(find "$ALL" -name '*.[ch]' | sed 's|.*/||' | grep -v '^main.c$' | sort | uniq -c | awk '$1 > 2 && $2 != "net.c"') ]]
    # The finished programs say nothing of their sources.
    for file in "$ONE"/stage/*/*/*; do
        ! readelf -SW "$file" | grep -E '\.debug|\.symtab' || false
        ! strings "$file" | grep -E '\.c$|/labs/' || false
    done
}

@test "earlier modules are given, solved and marked" {
    local file
    for file in "$ONE"/labs/{common,01-echo,02-single}/*.[ch]; do
        grep -q '^/\* Given, and finished' "$file"
        ! grep -n 'TODO' "$file" || false
        diff <(sed 1d "$file") "$KIT/build/given/${file#"$ONE"/labs/}"
    done
}

@test "every verb that a handout offers is there, and those of the kit are not" {
    run make -s -C "$ONE" help
    echo "$output"
    [[ $output == *'make watch-labN'* && $output != *skeletons/* && $output != *mutants* && $output != *handout* ]]
    run make -s -C "$ONE" lab1
    [[ $status == 2 && $output == *'there is no lab 1; the labs are 3'* ]]
    make -s -C "$ONE" compile_commands.json
    jq -e 'length == 7 and all(.[]; .directory and .file and (.command | contains("-std=c11")))' "$ONE/compile_commands.json"
    jq empty "$ONE"/.vscode/*.json "$ONE/.devcontainer/devcontainer.json"
    python3 -c 'import json, re, sys
steps = re.findall(r"max-score: (\d+)", open(sys.argv[1]).read())
assert sum(map(int, steps)) == 100, steps' "$ONE/.github/workflows/classroom.yml"
}

@test "lab 3 from its handout alone: it builds, has no points, is solved, handed in, and graded by the kit" {
    local file
    make -s -C "$ONE" lab3 CFLAGS='-O2 -Wall -Wextra -Wpedantic -Werror' 3>&-
    make -s -C "$ONE" grade-lab3 TEST=R3.1,R3.2,R3.29 3>&- | tail -n 1 | grep '^Score: 0/8'
    for file in threaded_server.c threaded_client.c; do
        unifdef -DSOLUTION -o "$ONE/labs/03-threaded/$file" "$KIT/labs/03-threaded/$file" || (($? == 1))
    done
    make -s -C "$ONE" submit-lab3 3>&- >"$BATS_TEST_TMPDIR/out"
    cat "$BATS_TEST_TMPDIR/out"
    grep -q '^Graded from the archive: 100/100' "$BATS_TEST_TMPDIR/out"
    [[ $(tar -tzf "$ONE/build/labs/lab3-submission.tar.gz" | grep '[^/]$' | sort | paste -sd ' ') == \
        './03-threaded/threaded_client.c ./03-threaded/threaded_server.c' ]]
    mkdir "$BATS_TEST_TMPDIR/submission"
    tar -C "$BATS_TEST_TMPDIR/submission" -xzf "$ONE/build/labs/lab3-submission.tar.gz"
    grade --only R3.2,R3.26 3 "$BATS_TEST_TMPDIR/submission"
    expect_score 6
}

@test "labs 1 to 5 in one handout: each builds, and a student's own net.c serves the later labs" {
    local lab
    make -s -C "$ALL" all CFLAGS='-O2 -Wall -Wextra -Wpedantic -Werror' 3>&-
    cp -r "$KIT/build/given/01-echo" "$KIT/build/given/02-single" "$ALL/labs"
    unifdef -DSOLUTION -o "$ALL/labs/03-threaded/threaded_server.c" "$KIT/labs/03-threaded/threaded_server.c" || (($? == 1))
    make -s -C "$ALL" grade-lab3 TEST=R3.2 3>&- | tail -n 1 | grep '^Score: 3/3'
}
