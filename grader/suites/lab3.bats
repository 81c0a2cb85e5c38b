# shellcheck shell=bash
# lab3.bats - what lab 3 is graded for. 100 points.

source "$KIT/lib/suite.bash"

setup_file() {
    make_site
}

# limit_threads COUNT: from now on the system starts no thread for the server where it has so many or more.
limit_threads() {
    prlimit --pid "$SERVER" "--nproc=$1:" || not_graded 'The limit on threads cannot be set.'
}
threads_allowed() { prlimit --pid "$SERVER" --nproc --raw --noheadings --output SOFT; }

threads_at_least() {
    server_threads THREADS
    ((THREADS >= $1))
}

# expect_overlap CLIENTS MS: with -d MS, so many clients that ask at the same time do not wait for one another. One
# after the other they take CLIENTS times MS, which is told apart from MS on the slowest machine.
expect_overlap() {
    local i steps=() took
    start threaded_server -d "$2" "$PORT" "$SITE"
    by_hand "time (for i in \$(seq $1); do curl -s http://127.0.0.1:$PORT/testfile & done; wait)"
    for ((i = 1; i <= $1; i++)); do steps+=("b$i.open" "b$i.send=$QUICK" sleep=2); done
    for ((i = 1; i <= $1; i++)); do steps+=("b$i.end"); done
    story "$1 clients asked for testfile at the same time."
    CAUSE='something makes the threads wait for one another: pthread_join() where connections are accepted, a lock that is held during the delay, or no thread at all. Or two threads were given the same connection (R3.8).'
    talk "${steps[@]}"
    expect_each b "$1" "$SITE/testfile"
    took=$(after_sending)
    if ((took >= $1 * $2 * 3 / 4)); then
        SHOWN=none CHART=all
        fail "$1 clients asked at the same time, with a delay of $2 ms; the last reply came $took ms later." "$CAUSE"
    fi
}

# after_sending: whole milliseconds from the last request of the last talk until the last bytes came.
after_sending() {
    awk '$3 == "send" { sent = $1 } $3 == "recv" { last = $1 } END { printf "%d\n", last - sent }' "$TALK/events"
}

# What may be behind a client that gets no reply, where R3.8 does not hold.
# shellcheck disable=SC2034 # any_order looks at it
readonly MIX_UP=', or two threads were given the same connection (R3.8)'

# expect_own_files MS NAME...: with -d MS, clients that ask for different files at the same time get each their own.
expect_own_files() {
    local name i=0 steps=() delay=$1
    shift
    start threaded_server -d "$delay" "$PORT" "$SITE"
    by_hand "(for f in $*; do curl -s -o \$(basename \$f).got http://127.0.0.1:$PORT/\$f & done; wait)"
    for name; do
        i=$((i + 1))
        steps+=("b$i.open" "b$i.send=GET /$name HTTP/1.0\\r\\n\\r\\n" sleep=2)
    done
    for ((i = 1; i <= $#; i++)); do steps+=("b$i.end"); done
    CAUSE="the clients are served one after the other$MIX_UP." talk "${steps[@]}"
    i=0
    for name; do
        i=$((i + 1))
        story "Connection $i asked for $name."
        expect_whole "b$i" "$SITE/$name" "$SHARED"
    done
}

# ---- threaded_server: one client at a time ----

@test "R3.1 [2] threaded_server listens, and says on which port" {
    web_listens threaded_server
}

@test "R3.2 [3] threaded_server answers the request for a page" {
    needs R3.1
    web_simple threaded_server
}

# ---- Many clients at a time ----

@test "R3.3 [3] with -d, a reply waits that long after its request" {
    needs R3.2
    web_delay threaded_server
}

@test "R3.4 [4] with -d, clients that ask at the same time all wait at the same time" {
    needs R3.3
    expect_overlap 12 300
}

@test "R3.5 [4] with -d, clients that ask for different files at the same time each get their own" {
    needs R3.3
    expect_own_files 200 index.html style.css picture.png testfile notes.txt docs/index.html second.jpg data.json
}

@test "R3.6 [4] 50 clients that send nothing hold up nobody" {
    needs R3.2
    start threaded_server "$PORT" "$SITE"
    story '50 clients connected and sent nothing. After each, client quick asked for testfile.'
    by_hand_silent 50
    by_hand_quick
    crowd h 50
    CAUSE='the thread that accepts must do nothing but accept: reading from a client is for the thread of that client.'
    talk "${CROWD[@]}"
    expect_answers 50
}

@test "R3.7 [4] requests are answered when they come, in whatever order their connections were made" {
    needs R3.2
    any_order threaded_server testfile 4 3 2 1
}

@test "R3.8 [3] two clients that connect at the same moment are both served" {
    needs R3.2
    local i steps=()
    start threaded_server "$PORT" "$SITE"
    # While the server is stopped both connections wait; it then accepts one right after the other.
    for i in {1..6}; do
        steps+=(sigstop="$SERVER" "b$i.open" "c$i.open" "b$i.send=$QUICK" "c$i.send=GET /notes.txt HTTP/1.0\\r\\n\\r\\n"
            sigcont="$SERVER" "b$i.end" "c$i.end")
    done
    story 'Two clients connected at the same moment, and asked for testfile and notes.txt. This six times.'
    by_hand "curl -i http://127.0.0.1:$PORT/testfile & curl -i http://127.0.0.1:$PORT/notes.txt"
    CAUSE='the new thread is given the address of a variable, and the next accept overwrites that before the thread has
  read it. Give it the value, or memory of its own.'
    talk "${steps[@]}"
    expect_each b 6 "$SITE/testfile"
    expect_each c 6 "$SITE/notes.txt"
}

@test "R3.9 [4] 100 clients at the same time are all served" {
    needs R3.6
    local i steps=()
    start threaded_server "$PORT" "$SITE"
    story '99 clients connected and sent half of a request each; another one was served; then they sent the other half,
in another order.'
    by_hand_silent 99
    by_hand_quick
    crowd b 97 "$HALF"
    for i in 98 99; do steps+=("b$i.open" "b$i.send=$HALF"); done
    steps+=(sleep=2 a.open "a.send=$QUICK" a.end)
    for i in {0..98}; do steps+=("b$((i * 37 % 99 + 1)).send=$REST" "b$((i * 37 % 99 + 1)).end"); done
    talk "${CROWD[@]}" "${steps[@]}"
    CAUSE='is there a limit to the number of connections or threads: an array of a fixed size, or a counter? What happens
  to the client that comes then?'
    expect_got a "$SITE/testfile" 'Client a, which asked while 99 others were connected,'
    expect_each b 99 "$SITE/testfile"
}

@test "R3.10 [4] each connection has a thread of its own, all in one process" {
    needs R3.2
    local processes now
    start threaded_server "$PORT" "$SITE"
    by_hand_silent 40
    by_hand 'ps -C threaded_server -o pid,nlwp,cmd'
    crowd h 40 "$HALF"
    server_process_count processes
    visitor "${CROWD[@]}" say=connected wait
    visitor_says connected
    story '40 clients connected and sent half of a request each.'
    SHOWN=none
    server_process_count now
    if ((now > processes || now > 8)); then
        fail "The server consists of $now processes now; without clients it was $processes." \
            "fork starts a process. pthread_create starts a thread, in the same process."
    fi
    if ! within "$DEADLINE" threads_at_least 40; then
        fail "The server has $THREADS threads; with 40 connections open there are at least 40." \
            "the clients are served one after the other, or all by one thread$MIX_UP."
    fi
    go_on
    visitor_done
}

@test "R3.11 [3] a client that does not read its reply holds up nobody" {
    needs R3.2
    start threaded_server "$PORT" "$SITE"
    story 'Client b asked for big.mp4 (10 MiB) and did not read it. Then others asked for testfile and second.jpg.'
    by_hand "curl -s --limit-rate 1k -o big.got http://127.0.0.1:$PORT/big.mp4 &"
    by_hand_quick
    CAUSE='a thread that waits until its client reads must not hold a lock that the others need.'
    talk rcvbuf=4096 b.open "b.send=$LARGE" b.recv=1000 rcvbuf=0 a1.open "a1.send=$QUICK" a1.end \
        c.open 'c.send=GET /second.jpg HTTP/1.0\r\n\r\n' c.end a2.open "a2.send=$QUICK" a2.end b.recv=1000000
    expect_each a 2 "$SITE/testfile"
    expect_whole c "$SITE/second.jpg"
}

@test "R3.12 [4] slow readers of different large files at the same time get each file byte for byte" {
    needs R3.2
    slow_readers threaded_server 4700000 5000000 5300000
}

# ---- What clients do to servers ----

@test "R3.13 [3] no client ends the server: port scans, garbage, resets, hanging up in the middle of a reply" {
    needs R3.2
    web_survives threaded_server
    web_hangups threaded_server
}

@test "R3.14 [4] 300 requests leave nothing behind: descriptors, threads and memory are what they were" {
    needs R3.2
    local i name steps=() threads descriptors before now replies cause
    start threaded_server "$PORT" "$SITE"
    by_hand "for i in \$(seq 300); do curl -s -o page.got http://127.0.0.1:$PORT/picture.png; done"
    by_hand "ps -C threaded_server -o nlwp,rss,vsz; ls /proc/\$(pgrep threaded_server)/fd"
    server_descriptors descriptors
    crowd b 30 "$HALF"
    for i in {1..30}; do steps+=("b$i.send=$REST" "b$i.end" "b$i.close"); done
    CAUSE="30 clients at the same time are not all served$MIX_UP." talk "${CROWD[@]}" "${steps[@]}"
    server_threads threads
    server_memory now
    steps=()
    for i in {1..60}; do
        for name in picture.png testfile missing.html secret.xyz docs; do
            steps+=(a.open "a.send=GET /$name HTTP/1.0\\r\\n\\r\\n" a.end a.close)
        done
    done
    story 'First came 30 requests at the same time; then 300 in a row, for picture.png, testfile, docs, and for
what gives 404 and 403.'
    # A leak grows each time. What only grows at first (threads that were started in advance wake up) is none.
    cause='a thread that is neither detached (pthread_detach) nor joined keeps its stack for ever; and each malloc needs
  its free, on every way out.'
    for _ in {1..4}; do
        before=$now
        talk "${steps[@]}"
        SHOWN=none
        replies=$(grep -ac 'HTTP/1\.[01] [24]0' "$TALK/a.received") || true
        if ((replies != 300)); then
            fail "After some hundred connections only $replies of 300 requests had a reply." "$cause"
        fi
        back_to descriptors $((descriptors + 8)) 'The server has more descriptors open than before' \
            'each accepted connection and each opened file needs its close, also where an error ends the work early.'
        back_to threads $((threads + 8)) 'The server has more threads than before' \
            'a thread does not end with its connection.'
        server_memory now
        if ((now <= before + 700)); then return; fi
    done
    fail "The server takes $now kB of memory now, and took $before kB 300 requests before; it grows each time." "$cause"
}

@test "R3.15 [4] threads end with their clients, also where a client stalls, hangs up or resets the connection" {
    needs R3.2
    local threads descriptors processes
    start threaded_server "$PORT" "$SITE"
    talk open "send=$QUICK" end
    server_threads threads
    server_descriptors descriptors
    server_process_count processes
    early_leavers 25
    CAUSE='a client that has gone is not seen (recv returns 0, or fails), or its connection is not closed: each way out of
  a thread closes it.' talk "${EARLY[@]}"
    expect_answers 125
    back_to threads $((threads + 20)) 'All clients have gone, but the server has more threads than before' \
        'a thread goes on reading after the end of input (recv returns 0), or waits for something that never comes.'
    back_to descriptors $((descriptors + 8)) 'All clients have gone, but more descriptors are open than before' \
        'each way out of a thread closes its connection, also the one for a client that has hung up.'
    back_to process_count "$processes" 'The server has more processes than before'
    closes_by_itself "$PORT2" "$QUICK" threaded_server "$PORT2" "$SITE"
}

@test "R3.16 [3] a thread closes its own connection only: those of later clients stay open" {
    needs R3.3
    local i=0 step steps=()
    start threaded_server -d 200 "$PORT" "$SITE"
    for step in 'b.fin b.end' "b.send=$HALF b.fin b.end" 'b.send=no request\r\n\r\n b.end' "b.send=$QUICK b.fin"; do
        i=$((i + 2))
        steps+=(b.open)
        while [[ $step == *' b.'* ]]; do
            steps+=("${step%% b.*}")
            step=b.${step#* b.}
        done
        steps+=("$step" b.close "c$((i - 1)).open" "c$((i - 1)).send=$QUICK" "c$i.open" "c$i.send=$QUICK")
    done
    for i in {1..8}; do steps+=("c$i.end"); done
    story 'Four times a client hung up early, and then two others came and asked for testfile, with a delay of 200 ms.'
    by_hand "nc -N 127.0.0.1 $PORT </dev/null"
    by_hand "for i in 1 2; do curl -i http://127.0.0.1:$PORT/testfile & done"
    CAUSE='a descriptor is closed twice. After the first close its number belongs to the next connection, and the second
  close hits that one. Close in one place only.'
    talk "${steps[@]}"
    for i in {1..8}; do
        SHOWN=c$i
        read_answer "$TALK/c$i.received"
        [[ $CODE == 200 ]] || fail "Client $i of 8 got no reply." "$CAUSE"
    done
}

@test "R3.17 [3] where no thread can be started the connection is closed, and the others go on" {
    needs R3.2
    local i allowed steps=()
    start threaded_server "$PORT" "$SITE"
    allowed=$(threads_allowed)
    crowd b 2 "$HALF"
    for i in {1..8}; do steps+=("c$i.open" sleep=2); done
    steps+=("b1.send=$REST" b1.end)
    for i in {1..8}; do steps+=("c$i.fin" "c$i.end" "c$i.close"); done
    story 'Clients b1 and b2 connected and sent half of a request. Then the system allowed no more threads:
pthread_create fails with EAGAIN. Clients c1 to c8 connected, and b1 sent its rest. c1 to c8 finished sending, and
waited until they were closed. Then threads could be had again: b2 sent its rest, and client d1 connected and asked.'
    TALK_FAILURE=''
    CAUSE='look whether pthread_create fails (in Python: Thread.start). Where it does, close that connection and go on.'
    visitor "${CROWD[@]}" say=connected wait "${steps[@]}" say=refused wait "b2.send=$REST" b2.end \
        d1.open "d1.send=$QUICK" d1.end
    visitor_says connected
    limit_threads 0
    go_on
    visitor_says refused
    limit_threads "$allowed"
    go_on
    visitor_done
    expect_each b 2 "$SITE/testfile"
    expect_each d 1 "$SITE/testfile"
}

@test "R3.18 [3] SIGTERM and SIGINT end the server although clients are connected; it can start again at once" {
    needs R3.2
    ends_with_clients threaded_server
}

# ---- The rules of HTTP, in a thread as before ----

@test "R3.19 [3] files of every type and size come back byte for byte; text, pictures, 10 MiB" {
    needs R3.2
    web_bytes threaded_server
    web_types threaded_server
}

@test "R3.20 [3] 403, 404 and 400 where they are due, and -t narrows what is served" {
    needs R3.2
    web_errors threaded_server
    web_malformed threaded_server
    web_narrowed threaded_server -d 1
}

@test "R3.21 [3] nothing outside ROOT is sent" {
    needs R3.2
    web_traversal threaded_server
}

@test "R3.22 [3] a request may come in pieces, be long, and be written in several ways" {
    needs R3.2
    web_pieces threaded_server
    web_long_heads threaded_server
    web_targets threaded_server
}

@test "R3.23 [3] what is no GET request is ignored, and a reply is not lost by what follows the request" {
    needs R3.2
    web_ignored threaded_server
    web_unread_input threaded_server
}

@test "R3.24 [2] every address of the machine, IPv4 and IPv6; any free port; the current folder" {
    needs R3.2
    web_addresses threaded_server
    web_any_port threaded_server
    PORT=$PORT3
    CWD=$SITE start threaded_server "$PORT"
    paths /testfile
    answer 1
    expect_same "$SITE/testfile"
}

@test "R3.25 [2] wrong arguments, and a port that is in use, end it with a message" {
    needs R3.2
    web_usage threaded_server
    expect_usage threaded_server -d soon "$PORT"
    web_port_in_use threaded_server
    web_no_root threaded_server
}

# ---- threaded_client ----

# answer_with FILE: the grader's server takes one connection, reads the request, and sends the file.
answer_with() { peer accept head "file=$1" close; }

# expect_request FILE: the first line of what the client has sent, and that it ended in a blank line.
expect_request() {
    local line
    IFS= read -r line <"$T/peer/a.received" || true
    if [[ ${line%$'\r'} != "GET $1 HTTP/1.0" ]]; then
        story "$(shown 'The client sent' "$T/peer/a.received" 6 '<')"
        fail "The first line of the request must be 'GET $1 HTTP/1.0'."
    fi
}

@test "R3.26 [3] threaded_client asks for testfile, or the FILE named, and prints the whole response" {
    printf 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n' >"$T/response"
    by_hand "printf 'HTTP/1.0 200 OK\\r\\n\\r\\nhello\\n' | nc -l -p $PORT &"
    PEER_FAILURE='The client did not send a whole request: a line GET FILE HTTP/1.0, and a blank line.'
    answer_with "$T/response"
    run threaded_client 127.0.0.1 "$PORT" 0
    expect_success
    peer_done
    expect_request testfile
    expect_output "$T/response"
    answer_with "$T/response"
    run threaded_client localhost "$PORT" 0 docs/index.html
    expect_success
    peer_done
    expect_request docs/index.html
    expect_output "$T/response"
    padding 600
    answer_with "$T/response"
    CAUSE='an array of a fixed size is too short for the name of the file.' run threaded_client 127.0.0.1 "$PORT" 0 "docs/$PADDING"
    expect_success
    peer_done
    expect_request "docs/$PADDING"
}

@test "R3.27 [3] threaded_client binds CLIENT_PORT: the server sees it come from there" {
    needs R3.26
    printf 'HTTP/1.0 200 OK\r\n\r\nhello\n' >"$T/response"
    peer accept head say=asked wait "file=$T/response" close
    launch threaded_client 127.0.0.1 "$PORT" "$PORT2"
    if ! read -rt "$RUN_LIMIT" -u "${PEER_IO[0]}" _; then fail 'No request came.'; fi
    if ! connected "$PORT" "$PORT2"; then
        fail "The connection does not come from port $PORT2." \
            'bind(2) the socket to that port on your own side, before connect.'
    fi
    echo >&"${PEER_IO[1]}"
    finish
    expect_success
    expect_output "$T/response"
}

# connected PORT FROM: whether a connection to that port is there that comes from port FROM, and is not closed (06).
connected() {
    local pattern
    printf -v pattern '^ *[0-9]+: [0-9A-F]+:%04X [0-9A-F]+:%04X 0[^6]' "$1" "$2"
    grep -qsE "$pattern" /proc/net/tcp /proc/net/tcp6
}

# prints_binary SIZE: the client prints a response with so many bytes of content, which comes in pieces.
prints_binary() {
    head -c "$1" "$SITE/big.mp4" >"$T/rest"
    printf 'HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n\0\r\n\r\n%%s\n' >"$T/response"
    cat "$T/rest" >>"$T/response"
    CAUSE='text functions (printf, strlen, fputs) stop at the first NUL byte; and one recv is not all. Write as many
  bytes as came, until recv returns 0.'
    peer accept head send=HTT 'send=P/1.1 200 OK\r' sleep=20 'send=\nContent-Type: application/octet-stream\r\n\r\n' \
        'send=\0\r\n\r\n%s\n' sleep=20 "file=$T/rest" close
    run threaded_client 127.0.0.1 "$PORT" 0 image.bin
    expect_success
    expect_output "$T/response" "$CAUSE"
    peer_done
}

@test "R3.28 [3] threaded_client prints a large binary response as it came, in whatever pieces" {
    needs R3.26
    prints_binary 1048576
}

@test "R3.29 [3] threaded_client says what went wrong, and ends with status 1; with 2 for wrong arguments" {
    needs R3.26
    run threaded_client 127.0.0.1 "$PORT" 0
    expect_complaint threaded_client
    story 'A server listened and would have answered, but CLIENT_PORT was in use: it was the port of that server.'
    peer accept reply='HTTP/1.0 200 OK\r\n\r\nhello\n' close forever
    run threaded_client 127.0.0.1 "$PORT" "$PORT"
    expect_complaint threaded_client
    STORY=()
    RUN_LIMIT=30 run threaded_client no-such-host.invalid "$PORT2" 0
    expect_complaint threaded_client
    expect_usage threaded_client
    expect_usage threaded_client 127.0.0.1 "$PORT"
    expect_usage threaded_client 127.0.0.1 "$PORT" port
    expect_usage threaded_client 127.0.0.1 "$PORT" 80x
    expect_usage threaded_client 127.0.0.1 "$PORT" 65536
    expect_usage threaded_client 127.0.0.1 65536 0
    expect_usage threaded_client 127.0.0.1 "$PORT" 0 testfile more
}

@test "R3.30 [2] threaded_server reads and writes no memory that is not its own, and computes nothing that C does not define" {
    needs R3.2
    sanitizer address threaded_server
    web_memory threaded_server
}

@test "R3.31 [2] no data race: what threads share is kept apart" {
    local i round steps=() kinds
    needs R3.2
    sanitizer thread threaded_server
    # What one thread sends and another one receives later counts as an order between them. With a delay all have received
    # before the first one sends.
    start threaded_server -d 200 "$PORT" "$SITE"
    padding 16380
    kinds=(testfile missing secret.xyz docs %zz %74estfile testfile "$PADDING")
    story 'Three times, 24 clients connected, and all asked at once, three for each of these: a file, a page that is not there, a
type that is not in the table, a folder, a broken escape, an escape, a method that is not GET, a head without end. One left.'
    by_hand "for i in \$(seq 12); do curl -s http://127.0.0.1:$PORT/testfile & done"
    for round in 1 2 3; do
        steps=()
        for ((i = 1; i <= 24; i++)); do
            if ((i % 8 == 6)); then steps+=("b$i.open" "b$i.send=POS"); else steps+=("b$i.open" "b$i.send=GET /${kinds[i % 8]} HT"); fi
        done
        for ((i = 1; i <= 24; i++)); do steps+=("b$i.send=$REST"); done
        for ((i = 1; i <= 23; i++)); do steps+=("b$i.end"); done
        poke "${steps[@]}" b24.reset
    done
    no_findings
}

@test "R3.32 [3] calls that are interrupted, or do a part of their work only, are completed" {
    needs R3.2
    web_faults threaded_server
}
