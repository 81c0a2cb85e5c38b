# common.bash - what the tests of the kit share.

KIT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
# shellcheck disable=SC2034 # the tests use it
LABS=(1 2 3 4 5 6 7)

# grade ARGUMENT...: as `grader/grade`, with the result in $RESULT.
RESULT=$BATS_TEST_TMPDIR/result.json
grade() {
    "$KIT/grader/grade" --json "$RESULT" "$@" >"$BATS_TEST_TMPDIR/report" 3>&- || {
        local status=$?
        cat "$BATS_TEST_TMPDIR/report"
        return "$status"
    }
}

# expect_score SCORE: of the last `grade`; shows what was lost otherwise.
expect_score() {
    if [[ $(jq .score "$RESULT") != "$1" ]]; then
        echo "score $(jq .score "$RESULT"), expected $1"
        jq -r '.tests[] | select(.outcome != "pass") | "\(.id) \(.outcome) \(.title)\n\(.output)\n"' "$RESULT"
        return 1
    fi
}

# expect_failed ID...: exactly these requirements do not hold (fail or not run).
expect_failed() {
    local failed
    failed=$(jq -r '[.tests[] | select(.outcome != "pass") | .id] | join(" ")' "$RESULT")
    if [[ $failed != "$*" ]]; then
        echo "these do not hold: $failed"
        echo "expected:          $*"
        return 1
    fi
}
