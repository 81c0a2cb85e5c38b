#!/usr/bin/env bats
# faults: programs that are naive break, for the reason injected and for no other; programs that take care survive every
# seed. The programs are in faults/ beside this file.

load common
bats_require_minimum_version 1.5.0

setup_file() {
    local here=$BATS_TEST_DIRNAME/faults flags=(-std=c11 -D_XOPEN_SOURCE=700 -O2 -pthread)
    # make knows how; a copy of the kit without that rule is tested as well.
    if make -s -C "$BATS_TEST_DIRNAME/../.." build/grader/faults 2>/dev/null 3>&-; then
        export FAULTS=$BATS_TEST_DIRNAME/../../build/grader/faults
    else
        export FAULTS=$BATS_FILE_TMPDIR/faults
        cc "${flags[@]}" "$BATS_TEST_DIRNAME"/../faults/*.c -o "$FAULTS"
    fi
    export BIN=$BATS_FILE_TMPDIR
    cc "${flags[@]}" "$here/naive.c" -o "$BIN/naive" &
    cc "${flags[@]}" "$here/careful.c" -o "$BIN/careful" &
    cc "${flags[@]}" "$here/start.c" -o "$BIN/start" &
    cc "${flags[@]}" "$here/times.c" -o "$BIN/times" &
    cc "${flags[@]}" -static "$here/times.c" -o "$BIN/times-static" &
    cc "${flags[@]}" -static "$here/naive.c" -o "$BIN/naive-static"
    cc "${flags[@]}" -static "$here/careful.c" -o "$BIN/careful-static"
    cc "${flags[@]}" -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 "$here/naive.c" -o "$BIN/naive-fortified"
    cc "${flags[@]}" -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 "$here/careful.c" -o "$BIN/careful-fortified"
    wait
    # A python3 that is a script, as that of pyenv, takes longer than all else here.
    PYTHON=$(python3 -c 'import sys; print(sys.executable)')
    export PYTHON
}

setup() {
    HERE=$BATS_TEST_DIRNAME/faults
    cd "$BATS_TEST_TMPDIR" || return 1
    STARTED=()
}

# Only what this test started, by its number.
teardown() {
    local pid
    for pid in "${STARTED[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}

# start WORD...: faults with these words, in the background; waits until its server says where it listens.
start() {
    rm -f out
    mkfifo out
    "$FAULTS" "$@" >out 2>err 3>&- &
    PID=$!
    STARTED+=("$PID")
    exec 7<out
    read -r -t 10 -u 7 line
    PORT=${line##* }
    PROGRAM=$(pgrep -P "$PID")
}

# ends STATUS: what was started ends so.
ends() {
    local status=0
    wait "$PID" || status=$?
    [ "$status" -eq "$1" ] || { echo "status $status"; cat err; return 1; }
}

# storm SEEDS WORD...: so many runs of a server, each with another seed, with the report summed up.
storm() {
    "$PYTHON" "$HERE/storm.py" "$1" "$FAULTS" "${@:2}" 2>err 3>&- >sum
}

# survives SEEDS WORD...: not one run breaks.
survives() {
    storm "$@"
    grep -qx "right $1 broken 0" sum || { echo "$*"; cat sum; return 1; }
}

# fired KIND...: in the last storm these kinds fired, and no others.
fired() {
    [ "$(awk 'NR > 1 && $1 != "seeds" && $2 > 0 { print $1 }' sum | paste -sd' ')" = "$*" ] || { cat sum; return 1; }
}

# breaks LEAST WORD...: of 20 runs with one line, so many break at least.
breaks() {
    ONE_LINE=1 storm 20 "${@:2}"
    [ "$(awk 'NR == 1 { print $4 }' sum)" -ge "$1" ] || { echo "${*:2}"; cat sum; return 1; }
}

@test "the command line, and the status of the program" {
    run "$FAULTS"
    [ "$status" -eq 2 ]
    [[ $output == "usage: faults "* ]]
    for words in '-s x' '-s -1' '--only slow-read' '--only eintr,' '-r a -f 2' '-f 99' '--after' '--hurry 1' '--hurry 1001' '--port 80' '--port 80=65536' '-x'; do
        # shellcheck disable=SC2086 # they are several words
        run "$FAULTS" $words -- true
        [ "$status" -eq 2 ]
    done
    run "$FAULTS" -- sh -c 'exit 7'
    [ "$status" -eq 7 ]
    run "$FAULTS" sh -c 'kill -KILL $$'
    [ "$status" -eq 137 ]
    run -127 "$FAULTS" -- ./missing
    [ "$output" = "faults: ./missing: No such file or directory" ]
    run "$FAULTS" -- /
    [ "$status" -eq 126 ]
}

@test "where it may not trace, it says so and ends with status 3" {
    # What is traced cannot be traced by a second one.
    run "$FAULTS" -- "$FAULTS" -- true
    [ "$status" -eq 3 ]
    [ "$output" = "faults: cannot trace the program: Operation not permitted" ]
}

@test "without a fault nothing breaks, not even what is naive" {
    ONE_LINE=1 survives 20 --after 1000000 -- "$BIN/naive"
    fired
}

@test "what is naive about one thing breaks by that fault" {
    breaks 20 --only short-read -- "$BIN/naive" read
    fired short-read
    breaks 20 --only short-write -- "$BIN/naive" write
    fired short-write
    breaks 5 --only eintr -- "$BIN/naive" eintr
    fired eintr
    breaks 10 --only accept-aborted -- "$BIN/naive" accept
    fired accept-aborted
    breaks 10 --only accept-emfile -- "$BIN/naive" accept
    fired accept-emfile
}

@test "what is naive about one thing survives the other faults" {
    ONE_LINE=1 survives 20 --only short-write,eintr,accept-aborted -- "$BIN/naive" read
    fired short-write eintr accept-aborted
    ONE_LINE=1 survives 20 --only short-read,eintr,accept-emfile -- "$BIN/naive" write
    fired short-read eintr accept-emfile
    ONE_LINE=1 survives 20 --only short-read,short-write,eintr-write -- "$BIN/naive" accept
    fired short-read short-write eintr-write
}

@test "static and fortified programs meet the same" {
    local build
    for build in static fortified; do
        breaks 20 --only short-read -- "$BIN/naive-$build" read
        breaks 20 --only short-write -- "$BIN/naive-$build" write
        survives 15 -- "$BIN/careful-$build"
        fired short-read short-write eintr eintr-write accept-aborted accept-emfile
    done
}

@test "a careful server survives 100 seeds: one connection at a time" {
    survives 100 -- "$BIN/careful"
    fired short-read short-write eintr eintr-write accept-aborted accept-emfile
}

@test "the same with threads" {
    survives 100 -- "$BIN/careful" threads
    fired short-read short-write eintr eintr-write accept-aborted accept-emfile
}

@test "the same with children" {
    survives 100 -- "$BIN/careful" children
    fired short-read short-write eintr eintr-write accept-aborted accept-emfile
}

@test "the same with select and non-blocking sockets, which meet EAGAIN and not EINTR" {
    survives 100 -- "$BIN/careful" select
    fired short-read short-write eintr eagain accept-aborted accept-emfile
}

@test "the same with stdio, but for interrupted writes, which no stdio survives" {
    survives 100 --only short-read,short-write,eintr,eagain,accept-aborted,accept-emfile -- "$BIN/careful" stdio
    fired short-read short-write eintr accept-aborted accept-emfile
}

@test "the same with readv and writev, recvmsg and sendmsg" {
    survives 50 -- "$BIN/careful" vectors
    fired short-read short-write eintr eintr-write accept-aborted accept-emfile
    survives 50 -- "$BIN/careful" messages
    fired short-read short-write eintr eintr-write accept-aborted accept-emfile
}

@test "datagrams stay whole; their calls are interrupted" {
    survives 100 -- "$BIN/careful" udp
    fired eintr eintr-write
}

@test "servers in Python: as a script, with threads, with asyncio; a naive one" {
    survives 2 -- "$HERE/echo.py" careful
    survives 8 -- "$PYTHON" "$HERE/echo.py" careful
    fired short-read short-write eintr eintr-write accept-aborted accept-emfile
    # asyncio stops accepting for a second after EMFILE
    survives 8 --only short-read,short-write,eintr,eagain,accept-aborted -- "$PYTHON" "$HERE/echo.py" loop
    fired short-read short-write eintr eagain accept-aborted
    ONE_LINE=1 storm 4 --only short-read -- "$PYTHON" "$HERE/echo.py" naive
    grep -qx 'right 0 broken 4' sum
    fired short-read
}

@test "what must stay whole does, and what may be cut is" {
    local seed
    head -c 20000 /dev/zero >file
    cp "$(type -P true)" library
    for seed in 1 2; do
        run "$FAULTS" -s "$seed" -- "$PYTHON" "$HERE/legal.py" file library
        [ "$output" = "done" ]
    done
}

@test "the same seed: the same faults; another: others" {
    local seed n=0
    head -c 3000 /dev/zero >file
    for seed in 5 5 6; do
        start -s "$seed" -r "report.$seed.$((++n))" --only short-read,short-write,eintr-write -- "$BIN/careful"
        nc -N 127.0.0.1 "$PORT" <file | cmp - file
        kill "$PID"
        ends 143
    done
    cmp report.5.1 report.5.2
    run -1 cmp -s report.5.1 report.6.3
}

@test "the report: right after SIGKILL, in a pipe, and out of the program's reach" {
    start -f 9 -- "$BIN/careful" 9>report
    echo hello | nc -N 127.0.0.1 "$PORT"
    [ -z "$(find "/proc/$PROGRAM/fd" -lname '*report')" ]
    grep -q '^short-read [1-9]' report
    kill -KILL "$PID"
    ends 137
    [ "$(wc -l <report)" -eq 7 ]
    # It went with its tracer; whoever reaps it may be late.
    until ! grep -q '^State:.[^Z]' "/proc/$PROGRAM/status" 2>/dev/null; do :; done
    [ "$("$FAULTS" -f 9 -- true 9>&1 | grep -c ' 0$')" -eq 7 ]
    echo kept >appended
    "$FAULTS" -f 9 -- true 9>>appended
    [ "$(wc -l <appended)" -eq 8 ]
}

@test "SIGTERM and SIGUSR1 are passed on; the program can be stopped and continued" {
    start -- "$BIN/careful" threads
    kill -STOP "$PROGRAM"
    until grep -q '^State:.[tT]' "/proc/$PROGRAM/status"; do :; done
    exec 8<>"/dev/tcp/127.0.0.1/$PORT"
    echo stopped >&8
    run ! read -r -t 0.05 -u 8 line
    kill -CONT "$PROGRAM"
    read -r -t 5 -u 8 line
    [ "$line" = stopped ]
    kill "$PID"
    ends 143
    start -- "$BIN/careful"
    kill -USR1 "$PID"
    ends 138
    start -- "$BIN/careful"
    kill -SEGV "$PROGRAM"
    ends 139
}

@test "processes: orphans end with the program, parents that are killed lose nobody, threads exec" {
    run "$FAULTS" -- sh -c 'for i in 1 2 3; do setsid sleep 98765 & done; exit 5'
    [ "$status" -eq 5 ]
    run pgrep -f 'sleep 98765'
    [ "$status" -eq 1 ]
    run "$FAULTS" -- bash -c 'for i in {1..50}; do ( (true &) & ); done; wait; exit 4'
    [ "$status" -eq 4 ]
    run timeout 10 "$FAULTS" -- "$BIN/start" kill
    [ "$output" = "done" ]
    run timeout 10 "$FAULTS" -- "$BIN/start" exec
    [ "$output" = "done" ]
}

@test "10 MiB pass in good time" {
    start -r report -- "$BIN/careful"
    head -c 10485760 /dev/urandom >file
    SECONDS=0
    timeout 10 nc -N 127.0.0.1 "$PORT" <file | cmp - file
    # a second or less on a machine with nothing else to do
    ((SECONDS <= 5))
    [ "$(awk '{ print $2 > 0 }' report | paste -sd' ')" != '0 0 0 0 0 0 0' ]
}

@test "time passes faster: whatever waits for a minute has done so after a second, by the clocks of the program too" {
    local ways=(clock receive alarm itimer rest condition moment timerfd ppoll pselect epoll) way program
    SECONDS=0
    for program in times times-static; do
        for way in "${ways[@]}"; do "$FAULTS" --hurry 60 -- "$BIN/$program" "$way" >"$program.$way" 3>&- & done
    done
    wait
    # on a busy machine more time passes, sixty times as fast
    ((SECONDS <= 20))
    cat times.* times-static.*
    [ "$(cat times.* times-static.* | awk '$2 >= 59 && $3 >= 59' | wc -l)" -eq 22 ]
    for way in 'sleep 60' 'timeout 60 sleep 999 || exit 0' 'read -t 60 <> <(:)' 'exec perl -e "alarm 60; sleep 999"' \
        "exec $PYTHON -c 'import time; time.sleep(60)'" "exec $PYTHON -c 'import threading; threading.Event().wait(60)'"; do
        SECONDS=0
        run timeout 30 "$FAULTS" --hurry 600 -- bash -c "$way"
        [ "$status" -ne 124 ]
        ((SECONDS <= 20))
    done
}

@test "the report is empty while time is hurried, and faults are injected where they are asked for as well" {
    start -r report --hurry 60 -- "$BIN/careful"
    [ "$(echo hello | nc -N 127.0.0.1 "$PORT")" = hello ]
    [ "$(grep -c ' 0$' report)" -eq 7 ]
    kill "$PID"
    start -r report --hurry 60 --only short-read -- "$BIN/careful"
    [ "$(echo hello | nc -N 127.0.0.1 "$PORT")" = hello ]
    grep -q '^short-read [1-9]' report
    kill "$PID"
}

@test "connections to one port go to another one, by IPv4 and IPv6; others, and other programs, go where they want to" {
    local address
    start -s 1 --only eintr -- "$BIN/careful"
    for address in 127.0.0.1 localhost; do
        [ "$(echo hello | "$FAULTS" --port "80=$PORT" -- nc -N "$address" 80)" = hello ]
        [ "$(echo hello | "$FAULTS" --port "80=1" -- nc -N "$address" "$PORT")" = hello ]
    done
    run "$FAULTS" --port "80=$PORT" -- nc -N 127.0.0.1 81
    [ "$status" -eq 1 ]
    kill "$PID"
}

@test "in a bubblewrap box, as nobody" {
    local nobody=() room
    if ((EUID == 0)); then nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups); fi
    room=$(mktemp -d) # others cannot look into the folder of the test
    chmod 755 "$room"
    cp "$FAULTS" "$BIN/careful" "$room"
    box=("${nobody[@]}" bwrap --unshare-user --unshare-pid --die-with-parent --ro-bind / / --proc /proc --dev /dev
        --bind "$room" /tmp --chdir /tmp --)
    "${box[@]}" true || skip "no boxes here"
    mkfifo out
    "${box[@]}" ./faults -f 9 -- ./careful 9>report >out 3>&- &
    PID=$!
    STARTED+=("$PID")
    exec 7<out
    read -r -t 10 -u 7 line
    [ "$(echo boxed | nc -N 127.0.0.1 "${line##* }")" = boxed ]
    grep -q '^short-read [1-9]' report
    kill "$PID"
    rm -r "$room"
}

@test "the reference servers give every byte" {
    local seed name root=$KIT/build/labs
    make -s -C "$KIT" all 3>&-
    mkdir site
    seq 3000 >site/numbers.txt
    head -c 100000 /dev/urandom >site/noise.png
    for seed in 1 2 3; do
        start -s "$seed" -- "$root/01-echo/tcp_server" 0
        nc -N 127.0.0.1 "$PORT" <site/noise.png | cmp - <(LC_ALL=C tr a-z A-Z <site/noise.png)
        kill "$PID"
        for name in 02-single/single_server 03-threaded/threaded_server 04-select/select_server; do
            start -s "$seed" -- "$root/$name" 0 site
            curl -sS -m 10 "http://127.0.0.1:$PORT/numbers.txt" "http://127.0.0.1:$PORT/noise.png" | cmp - <(cat site/numbers.txt site/noise.png)
            kill "$PID"
        done
        start -s "$seed" -- "$root/05-dynamic/dynamic_server" 0
        curl -sS -m 10 "http://127.0.0.1:$PORT/product?a=12&b=60&c=0.5" | jq -e '.result == 360'
        kill "$PID"
    done
}
