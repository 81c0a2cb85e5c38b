# submissions.bats - programs of other people: right ones in other styles have all points, a weak one has its own.

load common

SUBMISSIONS=$BATS_TEST_DIRNAME/submissions

right() {
    local lab
    for lab in "${LABS[@]}"; do
        grade "$lab" "$SUBMISSIONS/$1"
        expect_score 100
    done
}

@test "self-contained C in another style has 100 points in every lab" { right other-c; }
@test "Python scripts have 100 points in every lab" { right python; }

# all_points LAB FILE...: these programs, which may come from several folders here, have all points of the lab.
all_points() {
    local lab=$1 file tree=$BATS_TEST_TMPDIR/lab$1
    mkdir "$tree"
    # shellcheck disable=SC2086 # a pattern
    for file in "${@:2}"; do cp "$SUBMISSIONS"/$file "$tree"; done
    grade "$lab" "$tree"
    expect_score 100
}

@test "two listeners, stdio, mapped files, writev, sendfile, a pool of threads, a process for each connection: 100 points" {
    all_points 1 'stdio-c/01-echo/*'
    all_points 2 stdio-c/02-single/single_server.c perl/02-single/http_client perl/02-single/web_client
    all_points 3 stdio-c/03-threaded/threaded_server.c perl/03-threaded/threaded_client
    all_points 4 'stdio-c/04-select/*'
    all_points 5 'stdio-c/05-dynamic/*'
}

@test "scripts in Perl, with asyncio, http.server and argparse: 100 points" {
    all_points 1 'perl/01-echo/*'
    all_points 2 'perl/02-single/*'
    all_points 4 'asyncio/04-select/*'
    all_points 5 'asyncio/05-dynamic/*'
}

@test "a weak student's work has the points that it earns" {
    local pair
    for pair in 1:69 3:37 5:26; do
        grade "${pair%:*}" "$SUBMISSIONS/incomplete"
        expect_score "${pair#*:}"
    done
}

@test "a submission may be flat, in folders, or with labs/ in front" {
    local tree=$BATS_TEST_TMPDIR/tree
    mkdir -p "$tree/flat" "$tree/deep/labs"
    cp "$SUBMISSIONS"/other-c/0*/*.c "$tree/flat"
    cp -r "$SUBMISSIONS/other-c/03-threaded" "$tree/deep/labs"
    grade --only R3.2,R3.26 3 "$tree/flat"
    [[ $(jq -c '[.submission, .score == .max]' "$RESULT") == '["flat",true]' ]]
    grade --only R3.2,R3.26 3 "$tree/deep"
    [[ $(jq -c '[.submission, .score == .max]' "$RESULT") == '["deep",true]' ]]
}

@test "a lab is linked with the reference's modules, with the submission's where it asks for that or needs them" {
    local tree=$BATS_TEST_TMPDIR/tree
    cp -r "$KIT/build/given" "$tree"
    for file in threaded_server threaded_client; do
        mkdir -p "$tree/03-threaded"
        unifdef -DSOLUTION "$KIT/labs/03-threaded/$file.c" >"$tree/03-threaded/$file.c" || true
    done
    # An earlier module that is broken does not sink this lab, unless it is asked for.
    sed -i 's/ssize_t net_recv(.*/&;ssize_t broken(int fd, void *data, size_t size)/' "$tree/01-echo/net.c"
    grade --only R3.2 3 "$tree"
    [[ $(jq '.score == .max' "$RESULT") == true ]]
    BASE=own grade --only R3.2 3 "$tree"
    [[ $(jq .score "$RESULT") == 0 ]]
    # One whose header the program relies on is taken.
    cp "$KIT/build/given/01-echo/net.c" "$tree/01-echo"
    sed -i 's/net_accept/net_take/g' "$tree/01-echo"/net.[ch] "$tree/03-threaded/threaded_server.c"
    grade --only R3.2 3 "$tree"
    [[ $(jq '.score == .max' "$RESULT") == true ]]
}

@test "a script without its executable bit is taken; with --c-only none is" {
    local tree=$BATS_TEST_TMPDIR/tree
    mkdir "$tree"
    cp "$SUBMISSIONS/python/01-echo/udp_server" "$tree"
    chmod -x "$tree/udp_server"
    grade --only R1.22 1 "$tree"
    [[ $(jq '.score == .max' "$RESULT") == true ]]
    grade --c-only --only R1.22 1 "$tree"
    [[ $(jq -r '.tests[0].output' "$RESULT") == *'this course takes C only'* ]]
}
