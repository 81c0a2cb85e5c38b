# boxes.bats - a box that does not open is no fault of the program. A stand-in for bubblewrap does what it is told; no box
# of its own is opened.

load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir -p bin kit results home work/bin
    echo 'BINDS=()' >kit/binds
    printf '#!/bin/sh\n' | tee work/bin/program >work/bin/server
    chmod +x work/bin/*
    # shellcheck disable=SC2016 # the stand-in does that
    printf '#!/bin/sh\nwhile [ "${1#-}" != "$1" ]; do shift; done\nexec "$@"\n' >bin/setpriv
}

# outcome BODY COMMAND...: in a test of a suite, with this body of bubblewrap, that command; leaves what it came to in $OUTCOME.
outcome() {
    printf '#!/bin/sh\n%s\n' "$1" >bin/bwrap
    chmod +x bin/*
    rm -f results/*
    shift
    env PATH="$PWD/bin:$PATH" RUN="$PWD" RUN_ID=x RUNNER=65534 MODE=namespaces SEED=1 WORK="$PWD/work" RESULTS="$PWD/results" \
        TMPDIR="$PWD" KIT="$KIT/grader" DEADLINE=5 bash -c '
            source "$KIT/lib/suite.bash"
            ID=R1.1 T=$RUN DIR=$RUN/home PORT=8000 BOXES=() STORY=() REPEAT=() TOLD=() TYPED_ALL=() SHOWN="" CHART="" SERVER="" BOX="" PEER="" TALK=$T/talk
            "$@"' bash "$@" 3>&- || true
    OUTCOME=$(cat results/R1.1.verdict 2>/dev/null || echo none)
}

readonly FAILS='echo "bwrap: Creating new namespace failed: No space left on device" >&2; exit 1'

@test "a box that does not open is the fault of the machine: for a client, in the background, and for a server" {
    outcome "$FAILS" run program
    [ "$OUTCOME" = 'not graded' ]
    grep -q 'The box did not open: bwrap: Creating new namespace failed' results/R1.1.report
    # shellcheck disable=SC2016 # the shell of the test expands it
    outcome "$FAILS" eval 'launch program; finish'
    [ "$OUTCOME" = 'not graded' ]
    outcome "$FAILS" start server
    [ "$OUTCOME" = 'not graded' ]
}

@test "a program that ends as bubblewrap does, and says what it says, has failed by itself" {
    outcome "echo '{ \"exit-code\": 1 }' >&3; $FAILS" eval 'run program; expect_success'
    [ "$OUTCOME" = fail ]
    outcome "echo '{ \"exit-code\": 1 }' >&3; $FAILS" start server
    [ "$OUTCOME" = fail ]
}

@test "a program that has ended has ended, also where the shell has overlooked its end" {
    local parent runs=yes
    perl -e 'my $child = fork // die; exit if !$child; $| = 1; print "$child\n"; sleep 60' >child 3>&- & # a zombie until then
    parent=$!
    until [[ -s child ]]; do :; done
    # shellcheck source=grader/lib/programs.bash
    DEADLINE=5 source "$KIT/grader/lib/programs.bash"
    until ended "$(<child)"; do :; done
    kill -0 "$(<child)"
    if ended "$parent"; then runs=no; fi
    kill "$parent"
    [[ $runs == yes ]]
}

@test "files that come and go beside it, as those of plain mode do, do not stop a build with a sanitizer" {
    local i failed='' beside
    ((EUID == 0)) || skip 'files change hands for a superuser only'
    mkdir scratch
    perl -e 'for (;;) { for (1..300) { open F, ">", "scratch/$_"; close F } unlink glob "scratch/*" }' 3>&- &
    beside=$!
    # shellcheck source=/dev/null
    source "$KIT/grader/grading/arena.bash"
    # shellcheck source=/dev/null
    source "$KIT/grader/grading/build.bash"
    # shellcheck disable=SC2034 # make_out uses them
    RUN=$PWD RUNNER=65534 work=$PWD/work kit=$KIT modules=own folder=05-dynamic folders=()
    for i in {1..50}; do make_out "kind$i" || failed=yes; done
    kill "$beside"
    [[ -z $failed ]]
}
