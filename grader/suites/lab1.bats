# shellcheck shell=bash
# lab1.bats - what lab 1 is graded for. 100 points.

source "$KIT/lib/suite.bash"
RUN_LIMIT=$DEADLINE # nothing here takes a client longer

# ---- Data ----

# all_bytes FILE: the byte values 0 to 255 in order.
all_bytes() {
    local i text='' byte
    for ((i = 0; i < 256; i++)); do
        printf -v byte '\\x%02x' "$i"
        text+=$byte
    done
    printf '%b' "$text" >"$1"
}

# letters COUNT FILE: so many bytes of small letters and blanks without a newline, no two places of it alike.
letters() { head -c "$1" <(seq 1000000 9999999 2>/dev/null | tr '\n0-9' ' a-j') >"$2"; }

# capitals FROM TO: what a right server makes of a file.
capitals() { LC_ALL=C tr '[:lower:]' '[:upper:]' <"$1" >"$2"; }

# input TEXT: makes $T/input of it (escapes as in printf), and $T/expected, what a right client prints for it.
input() {
    by_hand "printf '${1//%/%%}' >input"
    printf '%b' "$1" >"$T/input"
    printed
}
printed() { capitals "$T/input" /dev/stdout | LC_ALL=C sed 's/^/From Server: /' >"$T/expected"; }

# ---- Servers ----

readonly NOT_TEXT='a byte 0 ends no text here (strlen), and only a to z change (toupper may change bytes above 127).'

# Where what came back has other bytes than it must.
# shellcheck disable=SC2034 # talk looks at it
readonly WRONG_BYTES='send back what recv() stored, in capitals, and as many bytes as it returned: neither the whole
  buffer nor what strlen() says.'

# expect_received FILE [CAUSE]: the last talk received this on connection a, byte for byte.
expect_received() {
    local difference
    if ! difference=$("$BYTES" diff "$1" "$TALK/a.received"); then
        fail "What came back is not what was expected:"$'\n'"$difference" "${2:-}"
    fi
}

# comes_back FILE [STEP...]: the file goes to tcp_server on one connection, and comes back in capitals.
comes_back() {
    capitals "$1" "$T/expected"
    CAUSE='the server closes, or stops reading, before the client has finished sending; or it does not close when
  recv() returns 0.' \
        talk open "file=$1" "${@:2}" fin eof
    expect_received "$T/expected"
}

# afresh: what came before is of no interest to one who reads about what comes now.
afresh() { STORY=() REPEAT=(); }

by_hand_once() {
    local line
    for line in "${REPEAT[@]}"; do
        if [[ $line == "$1" ]]; then return 0; fi
    done
    by_hand "$1"
}

# wrong PROGRAM ARGUMENT...: these arguments are wrong.
wrong() {
    afresh
    CAUSE='check how many arguments there are, and each one; atoi() tells no errors, strtol() does.' expect_usage "$@"
}

# serves_on: the server takes one more client. What happened before stands in the story and in CAUSE.
serves_on() {
    by_hand_once "printf 'still there?\n' | nc -N 127.0.0.1 $PORT"
    TALK_FAILURE='After that, the next client was not served.' \
        talk open 'send=still there?\n' fin 'expect=STILL THERE?\n' eof
}

# a_client SENT RECEIVED: connects and stays, as long as the test goes on; gets this line in reply to that.
a_client() {
    local reply
    if ! { exec {VISITOR}<>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null; then fail "No connection to port $PORT."; fi
    printf '%s\n' "$1" >&"$VISITOR"
    IFS= read -rt "$DEADLINE" -u "$VISITOR" reply || true
    if [[ $reply != "$2" ]]; then fail "Sent '$1'; '$2' was expected to come back, and not '$reply'."; fi
}

# ends_by SIGNAL...: a server ends by a signal: status 0, or death by that signal.
ends_by() {
    local number=15
    if [[ $1 == INT ]]; then number=2; fi
    stop "$1"
    if ((STATUS != 0 && STATUS != 128 + number)); then
        fail "After SIG$1 it ended with status $STATUS; 0, or death by that signal, was expected." \
            "$(signal_name "$STATUS")"
    fi
}

# port_zero PROTOCOL PROGRAM: with port 0 it says which port it got, is found there, and says nothing else on stdout.
port_zero() {
    local lines
    afresh
    launch "$2" 0
    if ! within "$DEADLINE" chose_port; then
        show_output
        fail "With port 0, no line 'listening on port N' names the port that the kernel chose." \
            "ask getsockname() which one it is; and stdout is a file here: flush it after the line."
    fi
    if [[ $1 == udp ]]; then UDP=1; fi
    talk open 'send=port?\n' 'expect=PORT?\n'
    mapfile -t lines < <(grep -vx "listening on port $PORT" "$T/out" || true)
    if ((${#lines[@]} > 0)); then
        show_output
        fail "More than the line 'listening on port N' is on stdout." "what a program was not asked for goes to stderr."
    fi
}
chose_port() {
    local line=''
    IFS= read -r line <"$T/out" || return 1
    [[ $line =~ ^listening\ on\ port\ ([1-9][0-9]*)$ ]] || return 1
    PORT=${BASH_REMATCH[1]}
}

# refuses_taken_port PROGRAM: where another program has the port, it says so and ends, and does not claim to listen.
refuses_taken_port() {
    afresh
    story "Port $PORT is taken: another program uses it."
    by_hand "nc -l${UDP:+u} $PORT &"
    CAUSE='bind() fails where a port is in use: check its result.' run "$1" "$PORT"
    expect_failure_line "$1"
    if grep -q '^listening on port' "$T/out"; then
        show_output
        fail "It says that it listens on a port that another program has." \
            "print that line only after bind() and, for TCP, listen() have succeeded."
    fi
}

# refuses_a_second PROTOCOL PROGRAM: nor does it share the port with a server like itself.
refuses_a_second() {
    local open=start
    if [[ $1 == udp ]]; then open=start_udp; fi
    afresh
    "$open" "$2" "$PORT"
    story 'It was started once more on the same port.'
    CAUSE='bind() fails where a port is in use, unless an option lets several programs share it: SO_REUSEPORT, and for UDP
  SO_REUSEADDR as well. And SO_REUSEADDR | SO_REUSEPORT is no option that means both.' run "$2" "$PORT"
    expect_failure_line "$2"
}

have_ipv6() { grep -qs '^0*1 .* lo$' /proc/net/if_inet6; }

# ---- Clients ----

# expect_failure_line PROGRAM [TEXT]: status 1, and one line `PROGRAM: ...` on stderr, with TEXT in it. Without TEXT the
# line has three parts: PROGRAM: what: why.
expect_failure_line() {
    local lines pattern="^([^ ]*/)?$1: .+: .+" form="'$1: what: why'"
    if [[ -n ${2+set} ]]; then pattern="^([^ ]*/)?$1: .*$2" form="'$1: ...$2'"; fi
    expect_failure "${CAUSE:-$(signal_name "$STATUS")}"
    mapfile -t lines <"$T/err"
    if ((${#lines[@]} != 1)) || [[ ! ${lines[0]} =~ $pattern ]]; then
        show_output
        fail "A failure is told in one line on stderr, of the form $form." "${CAUSE:-}"
    fi
}

# expect_printed [CAUSE]: the client ended well and printed $T/expected. LAST=open: its last newline may be missing.
expect_printed() {
    if [[ ${LAST:-} == open && $(tail -c 1 "$T/out") ]]; then echo >>"$T/out"; fi
    expect_output "$T/expected" "${1:-}"
    expect_success "${1:-}"
}

# udp_peer STEP...: a peer for udp_client.
udp_peer() { UDP=1 peer "$@"; }

# datagrams: how many the peer has received.
datagrams() { grep -c ' recv ' "$T/peer/events" || true; }

# ms_since MICROSECONDS: how many milliseconds have gone by.
ms_since() { echo $(((${EPOCHREALTIME/./} - $1) / 1000)); }

# ---- tcp_server ----

@test "R1.1 [3] tcp_server listens on its port and says so: listening on port N" {
    start tcp_server "$PORT"
    expect_ready_line
    talk open
}

@test "R1.2 [4] tcp_server sends a line back in capitals" {
    needs R1.1
    start tcp_server "$PORT"
    by_hand "printf 'hello, world\n' | nc -N 127.0.0.1 $PORT"
    talk open "send=hello, world\n$WORD $NUMBER\n" fin "expect=HELLO, WORLD\n${WORD^^} $NUMBER\n"
}

@test "R1.3 [4] many texts on one connection: each is answered at once, whether or not it is a whole line" {
    local i steps=()
    needs R1.2
    start tcp_server "$PORT"
    for ((i = 1; i <= 30; i++)); do steps+=("send=this is line $i\n" "expect=THIS IS LINE $i\n"); done
    by_hand "nc 127.0.0.1 $PORT     # type several lines, one after the other"
    CAUSE='after the first reply the server closes, or stops reading.' talk open "${steps[@]}"
    by_hand "(printf 'half a'; sleep 3; printf ' line\n') | nc -N 127.0.0.1 $PORT"
    CAUSE='the server waits for a newline, a full buffer or the end of the input before it replies.' \
        talk open 'send=half a' 'expect=HALF A' 'send= line\nand x' 'expect= LINE\nAND X' 'send=\n' 'expect=\n'
}

@test "R1.4 [4] every byte value comes back: a to z as A to Z, all others as they were" {
    needs R1.2
    all_bytes "$T/bytes"
    capitals "$T/bytes" "$T/expected"
    start tcp_server "$PORT"
    by_hand "printf \"\$(printf '\\\\%03o' \$(seq 0 255))\" | nc -N 127.0.0.1 $PORT | od -c"
    CAUSE='the server does not close the connection when recv() returns 0.' talk open "file=$T/bytes" fin end
    expect_received "$T/expected" "$NOT_TEXT"
}

@test "R1.5 [4] 1 MiB comes back byte for byte; when the client has finished, the server ends its reply and closes" {
    local began
    needs R1.2
    letters 1048576 "$T/long"
    start tcp_server "$PORT"
    began=${EPOCHREALTIME/./}
    by_hand "seq 160000 | tr 0-9 a-j >long; nc -N 127.0.0.1 $PORT <long | cmp - <(tr a-z A-Z <long)"
    comes_back "$T/long"
    if (($(ms_since "$began") > 2500)); then return 0; fi # very slow: what follows would take too long
    story 'Then a client sent as much as it could (up to 6 MB) before it read the first byte.'
    talk rcvbuf=4096 open stuff=6000000,100 fin eof
    capitals "$TALK/a.sent" "$T/expected"
    expect_received "$T/expected" 'what send() or write() could not take at once is to be sent later, not dropped.'
}

@test "R1.6 [4] one client at a time: the next one waits, then has its turn, and so have ten more" {
    local i steps=()
    needs R1.2
    start tcp_server "$PORT"
    by_hand "nc 127.0.0.1 $PORT     # in two terminals: the second gets its reply when the first has ended (Ctrl-D)"
    CAUSE='the server turns to the second client, or closes, before the first has finished.' \
        talk a.open 'a.send=first\n' 'a.expect=FIRST\n' b.open 'b.send=second\n' \
        'a.send=more\n' 'a.expect=MORE\n' b.quiet=100 'a.send=end\n' 'a.expect=END\n' a.close \
        'b.expect=SECOND\n' b.close
    for ((i = 1; i <= 10; i++)); do steps+=(open "send=client $i\n" "expect=CLIENT $i\n" fin eof close); done
    CAUSE='the server goes on to no other client after the first.' talk "${steps[@]}"
}

@test "R1.7 [4] clients that connect and leave, hang up early or reset the connection do no harm" {
    needs R1.2
    start tcp_server "$PORT"
    story 'Some clients connected and left without a word, as port scanners do.'
    by_hand "nc -z 127.0.0.1 $PORT"
    talk a.open a.close b.open b.close c.open c.close
    serves_on
    story 'Then some sent a few bytes and left, or reset the connection at once.'
    talk a.open 'a.send=half a li' a.close b.open b.reset c.open c.send=x c.reset \
        d.open 'd.send=x\n' 'd.expect=X\n' d.reset
    serves_on
    story 'Then one reset the connection before the server had accepted it, while it was stopped (SIGSTOP, SIGCONT).'
    talk "sigstop=$SERVER" a.open a.send=x a.reset "sigcont=$SERVER"
    serves_on
}

@test "R1.8 [4] clients that are gone when the reply is sent, or never read it, do no harm" {
    needs R1.2
    start tcp_server "$PORT"
    story 'The server was stopped (SIGSTOP); a client sent 30000 bytes and left; then the server went on (SIGCONT).'
    by_hand "head -c 30000 /dev/zero | timeout 0.1 nc -N 127.0.0.1 $PORT     # while the server is stopped with Ctrl-Z"
    talk "sigstop=$SERVER" open stuff=30000,300 close "sigcont=$SERVER"
    serves_on
    story 'Then a client sent much, read nothing of the replies, and left.'
    talk rcvbuf=4096 open stuff=30000000,100 reset
    serves_on
    story 'Then a client sent bytes that are no text.'
    talk open 'send=\0\0\xff\r\n\n\xe9\0' fin end
    serves_on
}

@test "R1.9 [4] with -d the server waits so many milliseconds before each reply, and loses nothing" {
    needs R1.3
    start tcp_server -d 100 "$PORT"
    by_hand "time (printf 'hello\n' | nc -N 127.0.0.1 $PORT)"
    delayed_replies 100
    story 'Then a client sent two more texts and finished sending while the server waited.'
    talk open send=one, sleep=30 send=two, sleep=30 send=three fin 'expect=ONE,TWO,THREE' eof
    story 'Then a client left while the server waited.'
    talk open send=one sleep=20 send=two close
    serves_on
    PORT=$PORT2
    afresh
    start tcp_server -d 1010 "$PORT"
    by_hand "time (printf 'hello\n' | nc -N 127.0.0.1 $PORT)"
    CAUSE='a delay of more than a second: tv_nsec and usleep() take less than that, and tv_sec is for the rest.' \
        delayed_replies 1010 hello
}

# delayed_replies MS [TEXT...]: each of these texts (by default two) is answered, at least so many milliseconds after all
# that went before.
delayed_replies() {
    local ms=$1 text steps=()
    shift
    if (($# == 0)); then set -- first second; fi
    for text; do steps+=("send=$text" "expect=${text^^}"); done
    talk open "${steps[@]}" fin eof
    if ! awk -v ms="$ms" -v count="$#" '$3 == "send" { sent = before } $3 == "recv" && sent != "" {
            late += $1 - sent >= 0.95 * ms; sent = "" } { before = $1 } END { exit late != count }' "$TALK/events"; then
        story "$(shown 'When what happened (in milliseconds)' "$TALK/events" 12 '|')"
        fail "Not every reply came $ms ms or more after the text that it answers." \
            "${CAUSE:--d counts milliseconds; 1000 of them are a second.}"
    fi
}

@test "R1.10 [4] 400 connections leave nothing behind: no descriptor, thread, process or memory" {
    local i steps=() descriptors threads processes memory
    needs R1.2
    start tcp_server "$PORT"
    for ((i = 1; i <= 100; i++)); do
        steps+=(open 'send=some\n' 'expect=SOME\n' 'send=text\n' 'expect=TEXT\n' close)
        if ((i % 10 == 0)); then steps+=(open 'send=x\n' 'expect=X\n' reset); fi
    done
    talk "${steps[@]}"
    serves_on
    server_descriptors descriptors
    server_threads threads
    server_process_count processes
    server_memory memory
    talk "${steps[@]}" "${steps[@]}" "${steps[@]}" "${steps[@]}"
    serves_on
    by_hand 'ls /proc/$!/fd'
    by_hand "for i in {1..99}; do echo hi | nc -N 127.0.0.1 $PORT; done"
    by_hand 'ls /proc/$!/fd'
    back_to process_count "$processes" 'Processes after 400 more connections' \
        'a child process that has ended stays until its parent waits for it (waitpid).'
    back_to descriptors "$descriptors" 'Open descriptors after 400 more connections' 'close() is missing on some path.'
    back_to threads "$threads" 'Threads after 400 more connections'
    back_to memory "$((memory + 400))" 'Memory in kB after 400 more connections (400 kB more are allowed)' \
        'what malloc() gave for a connection is not freed.'
}

@test "R1.11 [3] tcp_server listens on every address of the machine, IPv4 and IPv6, on the same port" {
    needs R1.2
    start tcp_server "$PORT"
    by_hand "printf 'hello\n' | nc -N 127.0.0.2 $PORT     # this machine too"
    HOST=127.0.0.2 CAUSE='bind() with the address 127.0.0.1 listens on that one only; INADDR_ANY means all.' \
        talk open 'send=hello\n' 'expect=HELLO\n' close
    if have_ipv6; then
        by_hand "printf 'hello\n' | nc -N ::1 $PORT"
        HOST=::1 CAUSE='an IPv4 socket listens; IPv6 takes one of AF_INET6, or a second socket.' \
            talk open 'send=hello\n' 'expect=HELLO\n' close
    fi
    HOST=127.0.0.1 CAUSE='an IPv6 socket serves IPv4 too only where its option IPV6_V6ONLY is off.' \
        talk open 'send=hello\n' 'expect=HELLO\n' close
}

@test "R1.12 [3] tcp_server can be started again at once on its port, even if it ended with a client connected" {
    local pid
    needs R1.2
    start tcp_server "$PORT"
    a_client hello HELLO
    story 'A client connected and stayed; the server was ended (SIGKILL) and started again.'
    by_hand "nc 127.0.0.1 $PORT     # in another terminal: type a line, and leave it so"
    by_hand 'kill -9 %1'
    server_processes
    for pid in "${PROCESSES_NOW[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
    if ! within "$DEADLINE" ended "$BOX"; then not_graded 'The server did not end by SIGKILL.'; fi
    CAUSE='the old connection still blocks the port; set SO_REUSEADDR with setsockopt() before bind().' \
        start tcp_server "$PORT"
    serves_on
}

@test "R1.13 [3] SIGTERM and SIGINT (Ctrl-C) end tcp_server, also while a client is connected" {
    needs R1.2
    start tcp_server "$PORT"
    ends_by TERM
    start tcp_server "$PORT"
    a_client hello HELLO
    story 'A client was connected.'
    by_hand "nc 127.0.0.1 $PORT     # in another terminal; then send the signal: kill -INT %1"
    ends_by INT
    PORT=$PORT2
    afresh
    start tcp_server "$PORT"
    story 'A client was connected that had sent much and read nothing of the replies.'
    by_hand "yes | nc 127.0.0.1 $PORT | sleep 60 &     # then send the signal: kill %1"
    visitor rcvbuf=4096 open stuff=30000000,100 say=connected wait
    visitor_says connected
    ends_by TERM
    go_on
    visitor_done
}

@test "R1.14 [3] tcp_server: wrong arguments, a port in use, port 0; nothing on stdout but the line that it listens" {
    needs R1.2
    wrong tcp_server
    wrong tcp_server 65536
    wrong tcp_server 80x
    wrong tcp_server -d soon "$PORT"
    wrong tcp_server -d -5 "$PORT"
    wrong tcp_server -d 5
    wrong tcp_server "$PORT" "$PORT2"
    wrong tcp_server ''
    peer accept
    refuses_taken_port tcp_server
    PORT=$PORT2 refuses_a_second tcp tcp_server
    port_zero tcp tcp_server
}

@test "R1.15 [3] calls that are interrupted, or do a part of their work only, are completed" {
    local i steps=()
    needs R1.2
    if unit test_net; then REPEAT=() STORY=(); fi
    letters 600000 "$T/long"
    capitals "$T/long" "$T/expected"
    start tcp_server "$PORT"
    story 'The server was stopped and continued (SIGSTOP, SIGCONT) between and in its calls.'
    for ((i = 1; i <= 5; i++)); do steps+=("sigstop=$SERVER" "sigcont=$SERVER" send=x expect=X); done
    talk "sigstop=$SERVER" "sigcont=$SERVER" open "${steps[@]}" drip='byte by byte' 'expect=BYTE BY BYTE' close
    talk rcvbuf=4096 open "sigstop=$SERVER" "sigcont=$SERVER" "file=$T/long" "sigstop=$SERVER" "sigcont=$SERVER" fin eof
    expect_received "$T/expected"
}

# ---- tcp_client ----

@test "R1.16 [4] tcp_client sends a line and prints the reply: From Server: ..." {
    input 'hello, world\n'
    by_hand "./tcp_server $PORT &"
    peer accept 'expect=hello, world\n' 'send=HELLO, WORLD\n' end
    CAUSE='the reply has as many bytes as the line, newline included: the client waits for more than has come.' \
        run -i "$T/input" tcp_client 127.0.0.1 "$PORT"
    expect_printed
    PEER_FAILURE='The client did not send the line as it must: its bytes, and a newline.' peer_done
}

@test "R1.17 [3] tcp_client: line after line, empty ones, every byte value, a last line without a newline" {
    local i
    needs R1.16
    for ((i = 1; i <= 50; i++)); do printf 'line %d\n\n' "$i"; done >"$T/input"
    all_bytes "$T/bytes"
    tr -d '\n' <"$T/bytes" >>"$T/input"
    printf '\nends in CR\r\n blanks around \t \nthe last' >>"$T/input"
    printed
    echo >>"$T/expected"
    peer accept upper
    by_hand "./tcp_server $PORT &"
    by_hand "printf 'one\n\ntwo \303\251\nlast' >input"
    run -i "$T/input" tcp_client 127.0.0.1 "$PORT"
    LAST=open expect_printed
    peer_done
    afresh
    story 'Then its input was empty.'
    by_hand "./tcp_server $PORT &"
    input ''
    peer accept end
    run -i "$T/input" tcp_client 127.0.0.1 "$PORT"
    expect_printed 'where there is no line there is nothing to do; that is no failure.'
}

@test "R1.18 [3] tcp_client: a reply that comes in pieces is read until it has as many bytes as the line" {
    needs R1.16
    by_hand "(printf 'from'; sleep 1; printf ' peer num'; sleep 1; printf 'ber 42\n') | nc -l $PORT &"
    input 'where are you from?\nand now?\n'
    printf 'From Server: from peer number 42\nFrom Server: 1\n345678\n' >"$T/expected"
    peer accept line send=from sleep=40 'drip= peer num' sleep=20 'send=ber 42\n' \
        line 'send=1\n34' sleep=20 drip=5678 sleep=20 'send=\n' end
    run -i "$T/input" tcp_client 127.0.0.1 "$PORT"
    expect_printed 'one recv() may return a part of what was sent; go on until as many bytes have come as were sent.'
}

@test "R1.19 [3] tcp_client: lines longer than any buffer, to a server that reads all first and to one that does not" {
    local i steps=()
    needs R1.16
    letters 1048575 "$T/input"
    echo >>"$T/input"
    printed
    capitals "$T/input" "$T/reply"
    by_hand "./tcp_server $PORT &"
    by_hand "(seq 1600000 | tr '0-9\n' 'a-j '; echo) >input"
    story 'The server reads the whole line of 1 MiB, then replies.'
    peer accept recv=1048576 "file=$T/reply" end
    run -i "$T/input" tcp_client 127.0.0.1 "$PORT"
    expect_printed 'a buffer of fixed size cuts long lines; getline() reads a line of any length.'
    peer_done
    exchange_as_it_reads
}

# A server that replies to each 64 KiB before it reads on, as tcp_server does, and so reads nothing while the client
# does not. `stuff` sends the letter a. The buffers of the kernel hold less than the 10 MB of this line.
exchange_as_it_reads() {
    local i count=153 steps=()
    head -c "$((65536 * count - 1))" /dev/zero | tr '\0' 'b' >"$T/input"
    echo >>"$T/input"
    for ((i = 1; i < count; i++)); do steps+=(recv=65536 'stuff=65536,30000'); done
    story "The server replies to every 64 KiB of a line of 10 MB before it reads on."
    peer rcvbuf=65536 accept "${steps[@]}" recv=65536 stuff=65535,30000 'send=\n' end
    INPUT=$T/input launch tcp_client 127.0.0.1 "$PORT"
    finish_in_motion "$T/peer/a.sent" "$((65536 * count))" "$TOGETHER"
    sed 's/^/From Server: /; y/b/a/' "$T/input" >"$T/expected"
    expect_printed "$TOGETHER"
}
readonly TOGETHER='client and server wait for each other: the client sends the whole line before it reads, and the
  server does not go on before its reply is read. Read what has come while you send (poll), or in a second thread.'

# finish_in_motion FILE SIZE CAUSE: like `finish`, but takes its time as long as FILE grows, which ends at SIZE.
finish_in_motion() {
    local size='' now end=0
    until ended "$CLIENT"; do
        now=$(stat -c %s "$1")
        if [[ $now != "$size" ]]; then
            size=$now end=$((${EPOCHREALTIME/./} + DEADLINE * 1000000))
        elif ((now == $2)); then
            RUN_LIMIT=20
            break
        elif ((${EPOCHREALTIME/./} > end)); then
            fail "After $size bytes of the reply, not a byte more was taken for $DEADLINE s." "$3"
        fi
        within 1 ended "$CLIENT" || true
    done
    finish
}

@test "R1.20 [3] tcp_client: each line is sent and answered before the next is typed; a prompt in a terminal only" {
    local keys screen='' terminal
    needs R1.16
    mkfifo "$T/keys"
    by_hand "./tcp_server $PORT &"
    story 'The input stays open after the first line.'
    peer accept 'expect=one\n' 'send=ONE\n' say=answered 'expect=two\n' 'send=TWO\n' end
    INPUT=$T/keys launch tcp_client 127.0.0.1 "$PORT"
    exec {keys}>"$T/keys"
    trap '' PIPE # a client that has ended
    printf 'one\n' >&"$keys" || true
    if ! read -rt "$DEADLINE" -u "${PEER_IO[0]}" _; then
        by_hand '# and type a line'
        fail 'The first line was not sent while the input was still open.' \
            'the client reads all its input before it sends.'
    fi
    printf 'two\n' >&"$keys" || true
    exec {keys}>&-
    finish
    trap - PIPE
    printf 'From Server: ONE\nFrom Server: TWO\n' >"$T/expected"
    expect_printed
    if grep -q 'Input lowercase' "$T/err"; then
        show_output
        fail "There is a prompt on stderr, although the input is no terminal." "isatty() tells."
    fi
    peer_done
    if command -v script >/dev/null; then in_a_terminal; fi
}

# The same in a terminal of its own, which script(1) opens: what is typed goes to $keys, what it shows to $T/screen.
in_a_terminal() {
    local keys terminal=''
    story 'Then it ran in a terminal.'
    mkfifo "$T/typed" "$T/never"
    script -qfc "tty; exec cat '$T/never'" /dev/null <"$T/typed" >"$T/screen" 2>&1 &
    BOXES+=("$!")
    exec {keys}>"$T/typed"
    if ! within "$DEADLINE" shows /dev/; then return 0; fi # no terminals here
    read -r terminal <"$T/screen"
    terminal=${terminal%$'\r'}
    peer accept upper
    # shellcheck disable=SC2094 # a terminal is read and written
    (program_box 0 tcp_client 127.0.0.1 "$PORT") <"$terminal" >"$terminal" 2>"$T/err" &
    CLIENT=$!
    BOXES+=("$CLIENT")
    if ! within "$DEADLINE" prompts; then
        fail "In a terminal the prompt 'Input lowercase sentence: ' did not appear on stderr."
    fi
    printf 'typed by hand\n' >&"$keys"
    if ! within "$DEADLINE" shows 'From Server: TYPED BY HAND'; then
        story "$(shown 'In the terminal' "$T/screen" 8 '|')"
        fail "The reply to the first line was not printed before the next line was typed." "stdout is not flushed."
    fi
    if shows 'Input lowercase sentence:'; then
        story "$(shown 'On stdout' "$T/screen" 8 '|')"
        fail 'The prompt appeared on stdout; it belongs on stderr, so that stdout holds only what was asked for.'
    fi
    printf '\004' >&"$keys"
    finish
    expect_success
}
shows() { grep -qsF -- "$1" "$T/screen"; }
prompts() { grep -qsF 'Input lowercase sentence:' "$T/err"; }

@test "R1.21 [3] tcp_client: HOST may be a name; failures are one line on stderr, status 1; wrong arguments, status 2" {
    needs R1.16
    wrong tcp_client
    wrong tcp_client 127.0.0.1
    wrong tcp_client 127.0.0.1 99999
    wrong tcp_client 127.0.0.1 80x
    wrong tcp_client 127.0.0.1 -1
    wrong tcp_client 127.0.0.1 "$PORT" extra
    input 'hello\n'
    peer accept line 'send=HELLO\n' end
    run -i "$T/input" tcp_client localhost "$PORT"
    expect_printed 'inet_addr() and inet_pton() know no names; getaddrinfo() takes names and addresses.'
    peer_done
    lonely
    run -i "$T/input" tcp_client 127.0.0.1 "$PORT2"
    expect_failure_line tcp_client
    unknown_host tcp_client
    CAUSE='recv() returns 0 when the server has closed; check every result, and ignore SIGPIPE (or use MSG_NOSIGNAL).'
    peer accept line close accept line send=HEL close accept line reset accept close accept line 'send=HELLO\n' close
    afresh
    story 'The server closed without a reply.'
    run -i "$T/input" tcp_client 127.0.0.1 "$PORT"
    expect_failure_line tcp_client ''
    afresh
    story 'The server closed after 3 bytes of the reply.'
    run -i "$T/input" tcp_client 127.0.0.1 "$PORT"
    expect_failure_line tcp_client ''
    afresh
    story 'The server reset the connection.'
    run -i "$T/input" tcp_client 127.0.0.1 "$PORT"
    expect_failure_line tcp_client ''
    afresh
    story 'The server closed at once.'
    run -i "$T/input" tcp_client 127.0.0.1 "$PORT"
    expect_failure_line tcp_client ''
    afresh
    story 'The server answered the first line and closed; the second line has 1 MB.'
    letters 1000000 "$T/long"
    { cat "$T/long" && echo; } >>"$T/input"
    run -i "$T/input" tcp_client 127.0.0.1 "$PORT"
    expect_failure_line tcp_client ''
    printf 'From Server: HELLO\n' >"$T/expected"
    if [[ $(head -n 1 "$T/out") != 'From Server: HELLO' ]]; then
        expect_output "$T/expected" 'the reply to the first line had come and is to be printed.'
    fi
}

# lonely: the story of a port without a server.
lonely() {
    afresh
    story "Nobody listens on port $PORT2."
    by_hand "printf 'hello\n' >input"
}

# unknown_host PROGRAM: a name that is nobody's (RFC 6761). A machine whose name server does not answer cannot tell.
unknown_host() {
    if [[ $MODE == plain ]]; then
        local status=0
        timeout 2 getent ahosts host.invalid >/dev/null || status=$?
        if ((status != 2)); then return 0; fi
    fi
    afresh
    run -i "$T/input" "$1" host.invalid "$PORT2"
    expect_failure_line "$1"
}

# ---- udp_server ----

@test "R1.22 [3] udp_server listens, says so, and sends a datagram back in capitals" {
    UDP=1
    start_udp udp_server "$PORT"
    expect_ready_line
    by_hand "echo 'hello, world!' | nc -u -w 1 127.0.0.1 $PORT"
    talk open 'send=hello, world!' 'expect=HELLO, WORLD!' from
}

@test "R1.23 [3] udp_server: datagrams of 0 to 65507 bytes, of any bytes, come back whole" {
    local size steps=(open)
    needs R1.22
    UDP=1
    all_bytes "$T/bytes"
    start_udp udp_server "$PORT"
    echoes 0 1 2 1472 1473 4097 65507
    STORY=() REPEAT=("./udp_server $PORT &")
    by_hand "printf \"\$(printf '\\\\%03o' \$(seq 0 255))\" | nc -u -w 1 127.0.0.1 $PORT | od -c"
    talk open "file=$T/bytes" recv
    capitals "$T/bytes" "$T/expected"
    expect_received "$T/expected" "$NOT_TEXT"
    talk open send=z expect=Z send= expect= send=abcz expect=ABCZ
}

# echoes SIZE...: datagrams of these sizes, each of which comes back as one.
echoes() {
    local size
    for size; do
        letters "$size" "$T/datagram"
        STORY=() REPEAT=("./udp_server $PORT &")
        story "Sent a datagram of $size bytes."
        if ((size < 10000)); then by_hand "seq 9999 | head -c $size | nc -u -w 1 127.0.0.1 $PORT | wc -c"; fi
        capitals "$T/datagram" "$T/expected"
        CAUSE='what does not fit into the buffer of recvfrom() is lost; 65507 bytes is the most a datagram can have.' \
            talk open "file=$T/datagram" recv
        expect_received "$T/expected" 'the buffer is too small, or the last byte is forgotten.'
    done
}

@test "R1.24 [3] udp_server answers each sender, however the datagrams of several come, and whoever has left" {
    local i sent=() expected=() descriptors threads memory
    needs R1.22
    UDP=1
    start_udp udp_server "$PORT"
    by_hand "echo hello | nc -u -w 1 127.0.0.1 $PORT     # in two terminals, in turn"
    talk a.open b.open c.open a.send=a1 b.send=b1 b.expect=B1 c.send=c1 b.send=b2 \
        a.expect=A1 a.from c.expect=C1 b.expect=B2
    story 'The server was stopped; three clients sent ten datagrams each in turn; then it went on.'
    for ((i = 1; i <= 10; i++)); do
        sent+=("c.send=third $i" "a.send=first $i" "b.send=second $i")
        expected+=("a.expect=FIRST $i" "b.expect=SECOND $i" "c.expect=THIRD $i")
    done
    talk a.open b.open c.open "sigstop=$SERVER" "${sent[@]}" "sigcont=$SERVER" "${expected[@]}"
    story 'Clients sent and left before the reply.'
    TALK_FAILURE='After that, the next client got no right reply.' \
        talk "sigstop=$SERVER" a.open b.open c.open a.send=x a.close b.send=y b.close "sigcont=$SERVER" \
        c.send=z1 c.expect=Z1 'c.send=again!' 'c.expect=AGAIN!'
    sent=(open)
    for ((i = 1; i <= 100; i++)); do sent+=("send=datagram $i" "expect=DATAGRAM $i"); done
    talk "${sent[@]}"
    server_descriptors descriptors
    server_threads threads
    server_memory memory
    STORY=() REPEAT=("${REPEAT[0]}")
    story 'After some 150 datagrams, 300 more came.'
    by_hand 'ls /proc/$!/fd'
    by_hand "for i in {1..99}; do echo hi >/dev/udp/127.0.0.1/$PORT; done"
    by_hand 'ls /proc/$!/fd; grep VmRSS /proc/$!/status'
    for ((i = 1; i <= 3; i++)); do talk "${sent[@]}"; done
    back_to descriptors "$descriptors" 'Open descriptors after 300 more datagrams' \
        'does each datagram get a socket or a file that is never closed?'
    back_to threads "$threads" 'Threads after 300 more datagrams'
    back_to memory "$((memory + 400))" 'Memory in kB after 300 more datagrams (400 kB more are allowed)' \
        'what malloc() gave for a datagram is not freed.'
}

@test "R1.25 [2] udp_server: IPv4 and IPv6, wrong arguments, a port in use, port 0, SIGTERM and SIGINT" {
    needs R1.22
    start_udp udp_server "$PORT"
    if have_ipv6; then
        by_hand "echo 'hello!' | nc -u -w 1 ::1 $PORT"
        UDP=1 HOST=::1 talk open 'send=hello!' 'expect=HELLO!' from
    fi
    UDP=1 talk open 'send=hello!' 'expect=HELLO!' from
    ends_by TERM
    start_udp udp_server "$PORT"
    ends_by INT
    wrong udp_server
    wrong udp_server 65536
    wrong udp_server 80x
    wrong udp_server "$PORT" "$PORT2"
    udp_peer recv
    UDP=1 refuses_taken_port udp_server
    PORT=$PORT2 refuses_a_second udp udp_server
    port_zero udp udp_server
}

# ---- udp_client ----

@test "R1.26 [3] udp_client sends a line as a datagram and prints the reply: From Server: ..." {
    input 'hello, world\n'
    by_hand "./udp_server $PORT &"
    udp_peer recv upper
    run -i "$T/input" udp_client 127.0.0.1 "$PORT"
    expect_printed
    peer_done
    if [[ $(<"$T/peer/a.received") != 'hello, world' ]]; then
        story "$(shown 'The server received' "$T/peer/a.received" 6 '<')"
        fail 'The datagram does not hold the line; one newline may end it.'
    fi
    afresh
    by_hand "./udp_server $PORT &"
    udp_peer recv upper
    run -i "$T/input" udp_client localhost "$PORT"
    expect_printed 'inet_addr() and inet_pton() know no names; getaddrinfo() takes names and addresses.'
}

@test "R1.27 [2] udp_client: one datagram for each line, empty or long, of any bytes, as soon as it is there" {
    needs R1.26
    all_bytes "$T/bytes"
    { printf 'one\n\n' && tr -d '\n' <"$T/bytes" && echo; } >"$T/input"
    letters 65506 "$T/long"
    { cat "$T/long" && printf '\nthe last'; } >>"$T/input"
    udp_lines 5
}

# udp_lines COUNT: the lines of $T/input are answered, each as one datagram. The first is typed while the input is open.
udp_lines() {
    local keys count
    printed
    echo >>"$T/expected"
    mkfifo "$T/keys"
    by_hand "./udp_server $PORT &"
    udp_peer recv upper say=answered recv upper forever
    INPUT=$T/keys launch udp_client 127.0.0.1 "$PORT"
    exec {keys}>"$T/keys"
    trap '' PIPE # a client that has ended
    head -n 1 "$T/input" >&"$keys" || true
    if ! read -rt "$DEADLINE" -u "${PEER_IO[0]}" _; then
        by_hand '# and type a line'
        fail 'The first line was not sent while the input was still open.' \
            'the client reads all its input before it sends.'
    fi
    tail -n +2 "$T/input" >&"$keys" || true
    exec {keys}>&-
    finish
    LAST=open expect_printed 'the buffer for the line or for the reply is too small, or a byte 0 ends it.'
    count=$(datagrams)
    if ((count != $1)); then fail "$1 lines were sent in $count datagrams." 'the buffer for a line is too small.'; fi
}

@test "R1.28 [2] udp_client: no reply within TIMEOUT seconds is an error, whatever strangers send meanwhile" {
    local i steps=() began took
    needs R1.26
    input 'hello\n'
    for ((i = 1; i <= 20; i++)); do steps+=(sleep=300 'stranger=a datagram from somebody else'); done
    udp_peer recv "${steps[@]}"
    story 'The server is silent. Every 300 ms a datagram comes from another port.'
    by_hand "nc -u -l $PORT &"
    began=${EPOCHREALTIME/./}
    CAUSE='TIMEOUT is not regarded, or the time begins anew with every datagram from somebody else.' \
        run -i "$T/input" udp_client 127.0.0.1 "$PORT" 1
    took=$(ms_since "$began")
    story "It took $took ms."
    expect_failure_line udp_client 'no reply within 1 s'
    if ((took < 950)); then
        fail "It gave up after $took ms, before the second was over." 'TIMEOUT counts whole seconds.'
    fi
    if ((took > 4500)); then
        fail "It gave up only after $took ms." \
            'TIMEOUT is not regarded, or the time begins anew with every datagram from somebody else.'
    fi
    if ! can_trace; then return 0; fi
    afresh
    story 'Then it ran without TIMEOUT, and time passed 20 times as fast for it.'
    by_hand "nc -u -l $PORT &"
    began=${EPOCHREALTIME/./}
    CAUSE='without TIMEOUT it waits 5 s.' HURRY=20 run -i "$T/input" udp_client 127.0.0.1 "$PORT"
    took=$(($(ms_since "$began") * 20))
    CAUSE='without TIMEOUT it waits 5 s.' expect_failure_line udp_client 'no reply within 5 s'
    if ((took < 4900)); then fail "It gave up after $took ms by its own clock." 'without TIMEOUT it waits 5 s.'; fi
}

@test "R1.29 [2] udp_client: an unreachable port is reported before the time is over; unknown host, wrong arguments" {
    needs R1.26
    input 'hello\n'
    wrong udp_client
    wrong udp_client 127.0.0.1 65536
    wrong udp_client 127.0.0.1 80x
    wrong udp_client 127.0.0.1 "$PORT" soon
    wrong udp_client 127.0.0.1 "$PORT" 2x
    unknown_host udp_client
    # The kernel reports it to connected sockets only; who has none cannot know before the time is over.
    local connected='' began=${EPOCHREALTIME/./}
    lonely
    INPUT=$T/input launch udp_client 127.0.0.1 "$PORT2" 2
    until ended "$CLIENT" || (($(ms_since "$began") > RUN_LIMIT * 1000)); do
        if connected_by_udp "$PORT2"; then connected=yes; fi
        tick
    done
    finish
    expect_failure_line udp_client ''
    if [[ -n $connected && $(ms_since "$began") -ge 2000 && $(<"$T/err") == *'no reply'* ]]; then
        fail 'It waited until the time was over, although the kernel had reported that nobody listens.' \
            'recv() fails with ECONNREFUSED: look at errno.'
    fi
}

# connected_by_udp PORT: whether there is a UDP socket that has called connect() for this port.
connected_by_udp() {
    local port lines
    printf -v port '%04X' "$1"
    mapfile -t lines < <(cat /proc/net/udp /proc/net/udp6)
    [[ ${lines[*]} =~ \ [0-9A-F]+:$port\ 01\  ]]
}

@test "R1.30 [2] udp_client waits for a slow reply; a datagram from anyone but the server is not a reply" {
    # long
    needs R1.26
    input 'hello\nworld\n'
    printf 'From Server: HELLO\nFrom Server: more than was asked for\n' >"$T/expected"
    udp_peer recv 'stranger=not from the server\n' sleep=1100 'stranger=again\n' upper recv 'stranger=hi\n' \
        'send=more than was asked for'
    story 'Before the reply, datagrams came from another port; the reply came after 1.1 s, without TIMEOUT. The second reply
was longer than its line.'
    run -i "$T/input" udp_client 127.0.0.1 "$PORT"
    LAST=open expect_printed 'recvfrom() tells who sent a datagram, and connect() lets only those of the server come.'
    slow_hands
}

# The time is that of one reply: how long the user takes for a line does not count.
slow_hands() {
    local keys cause='the time for a reply begins when its line is sent, not when the program starts.'
    afresh
    mkfifo "$T/keys"
    by_hand "./udp_server $PORT &"
    story 'The second line was typed 2.1 s after the first had been answered.'
    udp_peer recv upper sleep=2100 say=answered recv upper
    INPUT=$T/keys launch udp_client 127.0.0.1 "$PORT" 2
    exec {keys}>"$T/keys"
    trap '' PIPE # a client that has ended
    printf 'one\n' >&"$keys" || true
    read -rt "$((2 * DEADLINE))" -u "${PEER_IO[0]}" _ || true
    printf 'two\n' >&"$keys" || true
    exec {keys}>&-
    finish
    printf 'From Server: ONE\nFrom Server: TWO\n' >"$T/expected"
    expect_printed "$cause"
}

@test "R1.31 [2] no program reads or writes memory that is not its own, or computes what C does not define" {
    local size
    needs R1.2 R1.16 R1.22 R1.26
    sanitizer address tcp_server
    start tcp_server "$PORT"
    story 'tcp_server met texts of many sizes, and clients that left early.'
    for size in 1 511 512 1023 1024 1025 4095 4096 4097 8192 65536 300000; do
        letters "$size" "$T/long"
        poke open "file=$T/long" fin end
    done
    poke a.open a.send=x a.reset b.open b.close c.open 'c.send=\xff\0\x80abc\n' c.recv=7 c.reset d.open "file=$T/long" d.close
    no_findings
    PORT=$PORT2
    sanitizer address tcp_client
    peer accept upper forever
    story 'tcp_client sent short and long lines, and was cut off.'
    for size in 1 1024 70000; do
        letters "$size" "$T/input"
        poke_client -i "$T/input" tcp_client 127.0.0.1 "$PORT"
    done
    kill "$PEER" && wait "$PEER" || true
    PORT=$PORT3
    sanitizer address udp_server
    start_udp udp_server "$PORT"
    story 'udp_server and udp_client met datagrams of 0 to 65507 bytes.'
    for size in 0 1 1023 1024 1025 8192 65507; do
        letters "$size" "$T/long"
        UDP=1 poke open "file=$T/long" recv
    done
    no_findings
    PORT=$PORT2
    sanitizer address udp_client
    udp_peer recv upper forever
    for size in 1 1023 1024 20000; do
        letters "$size" "$T/input"
        poke_client -i "$T/input" udp_client 127.0.0.1 "$PORT" 1
    done
    no_findings
}

@test "R1.32 [3] the servers: calls that are interrupted, or do a part of their work only, are completed" {
    needs R1.2 R1.22
    under_faults
    start tcp_server "$PORT"
    CAUSE='a call may read or write a part only, and may end with EINTR before it has done anything: it is called again.'
    letters 200000 "$T/long"
    capitals "$T/long" "$T/expected"
    talk a.open a.send=hello a.expect=HELLO a.send=', world' 'a.expect=, WORLD' a.fin a.eof
    talk open "file=$T/long" fin eof
    expect_received "$T/expected" "$CAUSE"
    talk a.open a.reset b.open b.send=x b.expect=X b.close c.open 'c.send=one more' c.fin 'c.expect=ONE MORE'
    still_serving
    faults_fired
    PORT=$PORT2
    FAULTS=eintr start_udp udp_server "$PORT"
    UDP=1 talk open send=a expect=A send=bc expect=BC send=def expect=DEF send=g expect=G
    still_serving
}
