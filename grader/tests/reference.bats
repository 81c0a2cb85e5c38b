# reference.bats - the reference solutions have all points, in both modes, and the result has its documented form.

load common

full_marks() {
    local mode
    for mode in namespaces plain; do
        grade --mode "$mode" "$1"
        [[ $(jq -r '.mode + " " + .status' "$RESULT") == "$mode graded" ]]
        expect_score 100
    done
}

@test "lab 1: the reference has 100 points" { full_marks 1; }
@test "lab 2: the reference has 100 points" { full_marks 2; }
@test "lab 3: the reference has 100 points" { full_marks 3; }
@test "lab 4: the reference has 100 points" { full_marks 4; }
@test "lab 5: the reference has 100 points" { full_marks 5; }
@test "lab 6: the reference has 100 points" { full_marks 6; }
@test "lab 7: the reference has 100 points" { full_marks 7; }

@test "where the machine is too slow for the suite, nothing is lost: it is not graded, and the next run is" {
    local status=0
    SUITE_SECONDS=1 grade 3 || status=$?
    [[ $status == 3 && $(jq -r .status "$RESULT") == 'not graded' ]]
    grep -q 'this machine is slow' "$BATS_TEST_TMPDIR/report"
    [[ $(jq '[.tests[] | select(.outcome == "pass")] | length' "$RESULT") -ge 1 ]]
    [[ -z $(jq -r '.tests[] | select(.outcome != "pass" and .outcome != "not graded") | .id' "$RESULT") ]]
}

@test "a suite is a bats file: run by bats itself, it has the same verdicts" {
    git -C "$KIT" ls-files -z | (cd "$KIT" && xargs -0 cp --parents -t "$BATS_TEST_TMPDIR")
    mkdir "$BATS_TEST_TMPDIR/build"
    cp -a "$KIT"/build/{grader,given,objects} "$BATS_TEST_TMPDIR/build" # as they are, so that nothing is built again
    printf '#!/usr/bin/env bash\nDISK=/tmp/disk1 exec bats --tap "$KIT/suite.bats"\n' >"$BATS_TEST_TMPDIR/grader/lib/run-tests"
    KIT=$BATS_TEST_TMPDIR
    grade 5
    expect_score 100
}

@test "every suite has 20 requirements or more, in order, worth 100 points, and 5 hidden ones or more" {
    local lab number points total hidden
    for lab in "${LABS[@]}"; do
        number=0 total=0
        while read -r points; do
            number=$((number + 1)) total=$((total + points))
        done < <(sed -n "s/^@test \"R$lab\.[0-9]* \[\([0-9]*\)\] .*\" {$/\1/p" "$KIT/grader/suites/lab$lab.bats")
        echo "lab $lab: $number requirements, $total points"
        ((number >= 20 && total == 100))
        [[ $(grep -c '^@test' "$KIT/grader/suites/lab$lab.bats") == "$number" ]]
        sed -n "s/^@test \"R$lab\.\([0-9]*\) .*/\1/p" "$KIT/grader/suites/lab$lab.bats" | diff - <(seq "$number")
        hidden=$(grep -c "^@test \"H$lab\.[0-9]* \[R$lab\.[0-9]*\] " "$KIT/grader/hidden/lab$lab.bats")
        ((hidden >= 5))
    done
}

@test "every hidden requirement names one that there is, and every 'needs' an earlier one" {
    local lab id file
    for lab in "${LABS[@]}"; do
        for id in $(sed -n 's/^@test "H[^ ]* \[\(R[^]]*\)\].*/\1/p' "$KIT/grader/hidden/lab$lab.bats"); do
            grep -q "^@test \"$id \[" "$KIT/grader/suites/lab$lab.bats"
        done
        for file in suites hidden; do
            awk '/^@test "R/ { split($2, a, /["]/); seen[a[2]] = 1; current = a[2] }
                /^ *needs / { for (i = 2; i <= NF; i++) if (!(($i) in seen) && FILENAME !~ /hidden/ || $i == current) {
                    print current " needs " $i; bad = 1 } }
                END { exit bad }' "$KIT/grader/$file/lab$lab.bats"
        done
    done
}

@test "the result is one JSON object of the documented form" {
    grade --only R3.1,R3.2 3
    jq -e '(keys == ["lab", "max", "mode", "receipt", "score", "seconds", "status", "submission", "tests"])
        and .lab == 3 and .submission == "labs" and (.seconds | type == "number")
        and ([.tests[].id] == ["R3.1", "R3.2"]) and .max == ([.tests[].max] | add) and .score == .max
        and all(.tests[]; keys == ["id", "max", "outcome", "output", "points", "seconds", "title"])' "$RESULT"
}

@test "the unit tests of the reference pass as they are, and with the sanitizers of gcc" {
    local test flags
    make -s -C "$KIT" unit1 unit2 unit4 unit5 unit6 unit7
    flags='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -w'
    make -s -C "$KIT" unit1 unit2 unit4 unit5 unit6 unit7 OUT=build/asan CFLAGS="$flags" 3>&-
    for test in "$KIT"/build/{labs,asan}/0*/test_*; do
        if [[ $test != *.[od] ]]; then "$test" >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- || { cat "$BATS_TEST_TMPDIR/log"; false; }; fi
    done
}
