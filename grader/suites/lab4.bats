# shellcheck shell=bash
# lab4.bats - what lab 4 is graded for. 100 points.

source "$KIT/lib/suite.bash"

setup_file() {
    make_site
}

# pause MS: for seeing that nothing happens. To a right server it does not matter how long this really takes.
pause() { read -rt "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))" -u "$TICK" _ || true; }

# switches: how often the server's process has gone to sleep so far.
switches() { awk '/^voluntary_ctxt_switches/ { print $2 }' "/proc/$SERVER/status"; }

# measure_idle MS: sets TICKS, the processor time of the server during MS, in ticks of 10 ms, and WAKES, how often a
# second it woke.
measure_idle() {
    local began=${EPOCHREALTIME/./} took used
    server_ticks TICKS
    WAKES=$(switches)
    pause "$1"
    server_ticks used
    TICKS=$((used - TICKS)) WAKES=$(($(switches) - WAKES))
    took=$((${EPOCHREALTIME/./} - began))
    WAKES=$((WAKES * 1000000 / took))
}
readonly CALM_TICKS=4 CALM_WAKES=60
is_calm() {
    measure_idle "$1"
    ((TICKS <= CALM_TICKS && WAKES <= CALM_WAKES))
}

# expect_calm MS WHEN: nothing happens, and the server takes no processor time and does not wake all the time.
expect_calm() {
    if ! is_calm "$1"; then fail_busy "$2"; fi
}
fail_busy() {
    SHOWN=none
    by_hand 'top -p $(pgrep select_server)'
    fail "For a while nothing happened ($1), but the server took $((TICKS * 10)) ms of processor time, and woke
$WAKES times a second." \
        'select returns at once, again and again: its time-out is (nearly) 0; or a descriptor is in a set although
  nobody wants to read or write there now (an idle connection can always be written to, one at its end always be read; a listener, as long as a client waits).'
}

# good_replies FILE...: how many of these replies are 200 with the whole testfile.
good_replies() {
    awk 'FNR == 1 && /^HTTP\/1\.[01] 200/ { heads++ } /^Its second line, and no newline at its end$/ { bodies++ }
        END { print heads < bodies ? heads + 0 : bodies + 0 }' "$@"
}

# ---- One client at a time ----

@test "R4.1 [3] select_server listens, and says on which port" {
    web_listens select_server
}

@test "R4.2 [4] select_server answers the request for a page" {
    needs R4.1
    web_simple select_server
}

# ---- Many clients at a time ----

@test "R4.3 [4] clients that send nothing, or half of a request, hold up nobody" {
    needs R4.2
    start select_server "$PORT" "$SITE"
    story '20 clients connected and sent nothing, 20 more sent half of a request. After each, client quick asked for
testfile.'
    by_hand_silent 20
    by_hand_quick
    CAUSE='the server calls recv where select has not said that something is there, or once more than that.'
    crowd h 20
    local steps=("${CROWD[@]}")
    crowd b 20 "$HALF"
    talk "${steps[@]}" "${CROWD[@]}"
    expect_answers 40
}

@test "R4.4 [4] while nothing happens no processor time is used, without clients and with 20 silent ones" {
    # long
    needs R4.2
    start select_server "$PORT" "$SITE"
    talk open "send=$QUICK" end
    expect_calm 400 'no client was connected'
    crowd h 20
    visitor "${CROWD[@]}" say=connected wait
    visitor_says connected
    story '20 clients connected and sent nothing.'
    expect_calm 400 '20 silent clients were connected'
    go_on
    visitor_done
    stays_at_rest
}

# stays_at_rest: also after some seconds. Time is hurried for that. What makes it pass faster, the parent of the server, is called
# by each wait of the server: its processor time counts as well.
stays_at_rest() {
    local PROCESSES_NOW used _
    if ! can_trace; then return 0; fi
    PORT=$PORT2 STORY=() REPEAT=()
    HURRY=40 start select_server "$PORT" "$SITE"
    story 'Time passed 40 times as fast for the server, and no client came for half a second.'
    by_hand 'sleep 20; top -p $(pgrep select_server)'
    PROCESSES_NOW=("$SERVER" "$(awk '/^PPid/ { print $2 }' "/proc/$SERVER/status")")
    ticks_of_processes TICKS
    pause 500
    ticks_of_processes used
    if ((used - TICKS > 10)); then # a tenth of a second; a server that wakes 20 times a second by its own clock takes a third of that
        SHOWN=none
        fail "For 20 s by its own clock nothing happened, but after a while the server worked all the time: with what hurries its
clock, it took $((10 * (used - TICKS))) ms of processor time in half a second." \
            'select writes into its last argument how much time is left, in the end 0: set the struct timeval before each call.'
    fi
}

@test "R4.5 [4] no processor time is used either for clients that do not read, have half-closed, or stay" {
    needs R4.2
    start select_server "$PORT" "$SITE"
    story 'Client b has its reply and stays connected. Then c, d and e ask for big.mp4 and do not read it; d has
half-closed its connection, e has sent more bytes after its request.'
    by_hand "(printf 'GET /testfile HTTP/1.0\\r\\n\\r\\n'; sleep 60) | nc 127.0.0.1 $PORT &"
    by_hand "curl -s --limit-rate 1k -o big.got http://127.0.0.1:$PORT/big.mp4 &"
    visitor b.open "b.send=$QUICK" b.head say=replied wait \
        rcvbuf=4096 c.open "c.send=$LARGE" c.recv=1000 d.open "d.send=$LARGE" d.fin d.recv=1000 \
        e.open "e.send=${LARGE}more" e.recv=1000 say=asked wait
    visitor_says replied
    expect_calm 300 'the client had its reply and stayed connected'
    go_on
    visitor_says asked
    # A slow server may still be busy with filling the buffers of the kernel. One that spins never comes to rest.
    if ! within "$DEADLINE" is_calm 300; then fail_busy 'three clients did not read their replies'; fi
    go_on
    visitor_done
    closes_by_itself "$PORT2" "$QUICK" select_server "$PORT2" "$SITE"
}

@test "R4.6 [4] requests are answered when they come, in whatever order their connections were made" {
    needs R4.2
    any_order select_server testfile 4 3 2 1
}

@test "R4.7 [5] one process with one thread serves all connections" {
    needs R4.2
    local before now
    start select_server "$PORT" "$SITE"
    server_threads before
    crowd h 30 "$HALF"
    visitor "${CROWD[@]}" rcvbuf=4096 b.open "b.send=$LARGE" b.recv=1000 say=connected wait
    visitor_says connected
    story '30 clients had sent half of a request, and one did not read its reply.'
    by_hand_silent 30
    by_hand 'ps -C select_server -o pid,nlwp,cmd'
    server_threads now
    if ((now > before || now > 2)); then
        SHOWN=none
        server_process_count processes
        fail "The server has $now threads (processes: $processes) now; without clients it had $before." \
            'neither pthread_create nor fork is needed: the one thread asks select which connection can go on.'
    fi
    go_on
    visitor_done
}

@test "R4.8 [5] 500 clients at the same time are all served, in any order" {
    needs R4.3
    local i steps=()
    start select_server "$PORT" "$SITE"
    story '499 clients connected and sent half of a request each; another one was served; then they sent the other half,
in another order.'
    by_hand_silent 499
    by_hand_quick
    crowd b 497 "$HALF"
    for i in 498 499; do steps+=("b$i.open" "b$i.send=$HALF"); done
    steps+=(sleep=2 a.open "a.send=$QUICK" a.end)
    for i in {0..498}; do steps+=("b$((i * 137 % 499 + 1)).send=$REST" "b$((i * 137 % 499 + 1)).end"); done
    talk "${CROWD[@]}" "${steps[@]}"
    if (($(good_replies "$TALK/"b*.received) != 499)); then expect_each b 499 "$SITE/testfile"; fi
}

@test "R4.9 [4] a client that sends a byte at a time holds up nobody, and is served in the end" {
    needs R4.2
    local byte steps=(b.open)
    start select_server "$PORT" "$SITE"
    story 'Client b sends a request byte by byte. After each byte client quick connects, asks, and waits for its reply.'
    by_hand "(for c in G E T ' ' / t; do printf \"\$c\"; sleep 1; done) | nc 127.0.0.1 $PORT &"
    by_hand_quick
    for byte in G E T ' ' / t e s t f i l e ' ' H T T P / 1 . 0 '\r' '\n' '\r' '\n'; do
        steps+=("b.send=$byte" "${ASK_QUICK[@]}")
    done
    CAUSE='where select reports a connection one recv can be had, not a whole request: keep what has come, go back to
  select.'
    talk "${steps[@]}" b.end
    expect_answers 26
    expect_got b "$SITE/testfile"
}

@test "R4.10 [4] each connection has a state of its own: requests in three parts, mixed with those of others" {
    needs R4.2
    local i
    start select_server "$PORT" "$SITE"
    story 'Three clients asked for testfile, notes.txt and style.css, each in three parts; the parts came in turn.'
    CAUSE='what has come of a request must be kept for each connection apart until its blank line has come.'
    talk b1.open b1.send='GET /tes' sleep=2 b2.open b2.send='GET /no' sleep=2 b3.open b3.send='GET /style.c' \
        "${ASK_QUICK[@]}" b3.send='ss HTTP/1.0\r\n' b1.send='tfile HTTP/1.0\r\nHost: loc' b2.send='tes.txt HT' \
        "${ASK_QUICK[@]}" b2.send='TP/1.0\r\n\r\n' b2.end b1.send='alhost\r\n\r\n' b1.end b3.send='\r\n' b3.end
    for i in 1:testfile 2:notes.txt 3:style.css; do expect_whole "b${i%:*}" "$SITE/${i#*:}" "$CAUSE"; done
}

@test "R4.11 [5] a client that reads a large file slowly holds up nobody, and gets it byte for byte" {
    needs R4.2
    local steps=()
    start select_server "$PORT" "$SITE"
    story 'Client b asked for big.mp4 (10 MiB) and read it slowly. Meanwhile others asked for testfile and second.jpg.'
    by_hand "curl -s --limit-rate 1M -o big.got http://127.0.0.1:$PORT/big.mp4 &"
    by_hand_quick
    CAUSE='send waits until its bytes fit into the buffer of the kernel, and so does everybody else. Make the connection
  non-blocking, keep what send has not taken, and wait in select until the connection can be written to.'
    for _ in {1..6}; do steps+=("${ASK_QUICK[@]}" b.recv=1500000); done
    talk rcvbuf=30000 b.open "b.send=$LARGE" b.recv=1000 \
        c.open 'c.send=GET /second.jpg HTTP/1.0\r\n\r\n' c.end "${steps[@]}" b.end
    expect_answers 6
    expect_whole c "$SITE/second.jpg"
    expect_whole b "$SITE/big.mp4" "$CAUSE"
}

@test "R4.12 [4] slow readers of different large files at the same time get each file byte for byte" {
    needs R4.2
    slow_readers select_server 4700000 5000000 5300000
}

@test "R4.13 [4] a connection goes through its states, however little each call takes or gives" {
    needs R4.2
    if unit test_loop; then REPEAT=() STORY=(); fi
    web_slow_reader select_server
}

@test "R4.14 [4] more connections than FD_SETSIZE do not end the server, and when they have gone it serves as before" {
    local i descriptors steps=(b.open "b.send=$HALF")
    needs R4.3
    start select_server "$PORT" "$SITE"
    server_descriptors descriptors
    story 'Client b connected and sent half of a request. 490 more clients connected, and stayed; then 660 more.'
    REPEAT=()
    by_hand "ulimit -n 4096; ./select_server $PORT site &"
    by_hand_silent 1150
    # It must serve 500 at a time. How many more, before it refuses them or lets them wait, is its own affair.
    for ((i = 0; i < 490; i++)); do steps+=(hold=1 "${ASK_QUICK[@]}"); done
    CAUSE='FD_SET with a descriptor of FD_SETSIZE (1024) or more writes beyond the set. Close such a connection at once,
  or accept none while there are so many.'
    UNRECORDED=yes visitor "${steps[@]}" say=many wait "b.send=$REST" b.recv=100 b.end say=served wait
    visitor_says many
    too_many
    still_serving
    go_on
    visitor_says served
    expect_calm 300 'more clients were connected than select can watch'
    go_on
    visitor_done
    echo >&"$MANY_IN"
    story 'Then all of them left.'
    # Who comes before it has seen that may be refused.
    back_to descriptors "$((descriptors + 2))" 'The server has more files and connections open than at its start'
    talk open "send=$QUICK" end
    expect_got a "$SITE/testfile"
    without_descriptors
}

# without_descriptors: more clients than the system lets the server have descriptors for. It has closed those of before.
without_descriptors() {
    local descriptors i steps=() limit
    STORY=() REPEAT=()
    by_hand "ulimit -n 14; ./select_server $PORT site &"
    by_hand_silent 40
    limit=$(prlimit --pid "$SERVER" --nofile --raw --noheadings --output SOFT)
    server_descriptors descriptors
    prlimit --pid "$SERVER" "--nofile=$((descriptors + 10)):" || not_graded 'The limit on descriptors cannot be set.'
    story 'Then the server was allowed ten descriptors more than it had: accept() fails with EMFILE. 40 clients connected, and stayed.'
    for i in {1..40}; do steps+=("e$i.open"); done
    CAUSE='where accept() fails, look at errno: after EMFILE go on with those who are there.'
    visitor "${steps[@]}" say=waiting wait
    visitor_says waiting
    still_serving
    go_on
    visitor_done
    prlimit --pid "$SERVER" "--nofile=$limit:" || not_graded 'The limit on descriptors cannot be set.'
    story 'Then these left, too.'
    talk open "send=$QUICK" end
    expect_got a "$SITE/testfile"
}

# too_many: 660 more connections, or as many as can be had: the server may let them wait. They stay until it is told.
too_many() {
    local steps=()
    for _ in {1..33}; do steps+=(try=20 sleep=4); done
    mkfifo "$T/many.in" "$T/many.out"
    exec {MANY_IN}<>"$T/many.in"
    "$PROBE" -t 0.1 127.0.0.1 "$PORT" "${steps[@]}" say=connected wait \
        <"$T/many.in" >"$T/many.out" 2>"$T/many.err" &
    BOXES+=("$!")
    if ! read -r _ <"$T/many.out"; then not_graded "probe: $(<"$T/many.err")"; fi
}

# ---- What clients do to servers ----

@test "R4.15 [4] no client ends the server: port scans, garbage, resets, hanging up before its turn or in mid-reply" {
    needs R4.2
    serve select_server
    story 'While the server was stopped, a client connected and reset the connection, and one connected and left.'
    talk sigstop="$SERVER" b.open b.reset c.open c.close sigcont="$SERVER" open "send=$QUICK" end
    expect_got a "$SITE/testfile"
    web_survives select_server
    web_hangups select_server
}

@test "R4.16 [4] clients that leave early leave nothing behind, whatever state their connection was in" {
    needs R4.2
    local descriptors
    start select_server "$PORT" "$SITE"
    server_descriptors descriptors
    early_leavers 25
    talk "${EARLY[@]}"
    expect_answers 125
    back_to descriptors $((descriptors + 8)) 'All clients have gone, but more descriptors are open than before' \
        'when recv returns 0, or any call fails: close the connection, close its file, and forget its state.'
    measure_idle 100
    if ((TICKS > CALM_TICKS)); then fail_busy 'all clients had gone'; fi
}

@test "R4.17 [4] 300 connections leave nothing behind: descriptors and memory are what they were" {
    needs R4.2
    web_leaks select_server
}

@test "R4.18 [3] SIGTERM and SIGINT end the server although clients are connected; it can start again at once" {
    needs R4.2
    ends_with_clients select_server
}

# ---- The rules of HTTP, in one loop as before ----

@test "R4.19 [3] files of every type and size come back byte for byte: text, pictures, 10 MiB" {
    needs R4.2
    web_bytes select_server
    web_types select_server
}

@test "R4.20 [3] 403, 404 and 400 where they are due, and -t narrows what is served" {
    needs R4.2
    web_errors select_server
    web_malformed select_server
    web_narrowed select_server
}

@test "R4.21 [3] nothing outside ROOT is sent" {
    needs R4.2
    web_traversal select_server
}

@test "R4.22 [3] a request may come in pieces, be long, and be written in several ways" {
    needs R4.2
    web_pieces select_server
    web_long_heads select_server
    web_targets select_server
}

@test "R4.23 [3] what is no GET request is ignored: the connection is closed without a reply" {
    needs R4.2
    web_ignored select_server
}

@test "R4.24 [3] a reply is not lost when the client sends more than its request" {
    needs R4.2
    web_unread_input select_server
}

@test "R4.25 [2] every address of the machine, IPv4 and IPv6; any free port; the current folder" {
    needs R4.2
    web_addresses select_server
    web_any_port select_server
    PORT=$PORT3
    CWD=$SITE start select_server "$PORT"
    paths /testfile
    answer 1
    expect_same "$SITE/testfile"
}

@test "R4.26 [2] wrong arguments, and a port that is in use, end it with a message" {
    needs R4.2
    web_usage select_server
    web_port_in_use select_server
    web_no_root select_server
}

@test "R4.27 [2] select_server reads and writes no memory that is not its own, and computes nothing that C does not define" {
    needs R4.2
    sanitizer address select_server
    web_memory select_server
}

@test "R4.28 [3] calls that are interrupted, not ready after all, or do a part of their work only, are completed" {
    needs R4.2
    web_faults select_server
}
