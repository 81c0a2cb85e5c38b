#!/usr/bin/env bats
# The probe and bytes, each verb for real. Nothing here waits by sleeping: a
# background program tells that it is ready, or the order of events decides.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    PROBE=$(realpath "${PROBE:-build/grader/probe}")
    BYTES=$(realpath "${BYTES:-build/grader/bytes}")
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir here there
    PEERS=()
}

# Only what this test started, by its number.
teardown() {
    local pid
    for pid in "${PEERS[@]}"; do
        kill -CONT "$pid" 2>/dev/null || true
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}

# start COMMAND...: runs it in the background and reads its first line, whose
# last word is PORT. Its output stays readable on fd 7, its input is fd 8.
start() {
    rm -f in out
    mkfifo in out
    "$@" <in >out 2>peer.err 3>&- &
    PEER=$!
    PEERS+=("$PEER")
    exec 8>in 7<out
    read -r -t 5 -u 7 line
    PORT=${line##* }
}

# serve STEP...: a probe that listens and records in there/.
serve() {
    start "$PROBE" -l -o there 127.0.0.1 0 "$@"
}

serve_udp() {
    start "$PROBE" -u -l -o there 127.0.0.1 0 "$@"
}

# client STEP...: a probe that connects and records in here/.
client() {
    run "$PROBE" -o here 127.0.0.1 "$PORT" "$@"
}

client_udp() {
    run "$PROBE" -u -o here 127.0.0.1 "$PORT" "$@"
}

# peer_ends STATUS: the background program ends so.
peer_ends() {
    local status=0
    wait "$PEER" || status=$?
    [ "$status" -eq "$1" ] || { echo "peer: $status"; cat peer.err; return 1; }
}

# good: the last run succeeded in silence.
good() {
    [ "$status" -eq 0 ] && [ -z "$output" ] && return
    echo "status $status: $output"
    return 1
}

# failed MESSAGE: it failed with just that line.
failed() {
    [ "$status" -eq 1 ] && [ "$output" = "$1" ] && return
    echo "status $status: $output"
    return 1
}

# misused WORDS: it refused, in one line with these words in it.
misused() {
    [ "$status" -eq 2 ] && [ "${#lines[@]}" -eq 1 ] && [[ $output == *"$1"* ]] && return
    echo "status $status: $output"
    return 1
}

# events DIR: the events without their times.
events() {
    cut -d' ' -f2- "$1/events"
}

have_ipv6() {
    grep -q ' lo$' /proc/net/if_inet6
}

# Two ports that certainly refuse: TCP bound but not listening; UDP bound, but
# connected to somebody else. The first line holds both, the UDP one last.
refusing() {
    start python3 -c '
import socket, sys
t = socket.socket(); t.bind(("127.0.0.1", 0))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.0.0.1", 0))
u.connect(("127.0.0.1", 9))
print(t.getsockname()[1], u.getsockname()[1], flush=True)
sys.stdin.read()'
    TCP_PORT=${line%% *}
}

@test "the command line: what is wrong is told in one line, status 2" {
    run "$PROBE"
    misused "usage: "
    run "$PROBE" 127.0.0.1 80
    misused "usage: "
    run "$PROBE" -t 0 127.0.0.1 80 open
    misused "usage: "
    run "$PROBE" -t 5s 127.0.0.1 80 open
    misused "usage: "
    run "$PROBE" 127.0.0.1 65536 open
    misused "usage: "
    run "$PROBE" -x 127.0.0.1 80 open
    misused "usage: "
    run "$PROBE" '*' 80 open
    misused "only for listening"
    run "$PROBE" nowhere.invalid 80 open
    misused "nowhere.invalid: "
    run "$PROBE" -o missing/missing 127.0.0.1 80 open
    misused "cannot make missing/missing: "
}

@test "the steps: all are read before the first one runs" {
    local wrong
    for wrong in opne a.b.open _.open .open send 'send=\q' 'send=\x4' recv recv=-1 recv=1x \
        slow=5 slow=0,1 accept upper=x open=1 close= backlog=3 forever from file= \
        recv=99999999999999999999; do
        run "$PROBE" 127.0.0.1 1 open "$wrong"
        misused "\"$wrong\": "
    done
    run "$PROBE" -l 127.0.0.1 0 accept backlog=3
    misused "first step"
    run "$PROBE" -l 127.0.0.1 0 accept forever close
    misused "last step"
    run "$PROBE" -l 127.0.0.1 0 say=x forever
    misused "go back to"
    run "$PROBE" 127.0.0.1 1 send=x
    misused "a: send needs an open connection"
    run "$PROBE" 127.0.0.1 1 sigstop=0
    misused "not the number of a process"
    run "$PROBE" 127.0.0.1 1 sigcont=4294967295
    misused "not the number of a process"
}

@test "open, send, expect, line, fin, eof, upper; recordings of both sides" {
    serve accept line upper=3 eof send='bye\0\xfe\\' close
    client open send='Hi\r\nabc' expect=ABC fin expect='bye\0\xFE\\' eof close
    good
    peer_ends 0
    printf 'Hi\r\nabc' | cmp - here/a.sent
    printf 'Hi\r\nabc' | cmp - there/a.received
    printf 'ABCbye\0\376\\' | cmp - here/a.received
    printf 'ABCbye\0\376\\' | cmp - there/a.sent
    [ "$(cat here/a.end there/a.end)" = $'fin\nfin' ]
    [ "$(events here)" = $'a connect\na send 7\na recv 3\na fin-sent\na recv 6\na fin\na close' ]
    [ "$(events there | grep -v recv)" = $'a accept\na send 3\na fin\na send 6\na close' ]
    run ! grep -qvE '^[0-9]+\.[0-9]{3} a [a-z-]+( [0-9]+)?$' here/events
}

@test "against nc as a server, and nc as a client" {
    serve accept head send='HTTP/1.0 200 OK\r\n\r\nbody' close
    printf 'GET / HTTP/1.0\r\n\r\n' | nc -N 127.0.0.1 "$PORT" >answer
    printf 'HTTP/1.0 200 OK\r\n\r\nbody' | cmp - answer
    peer_ends 0
}

@test "expect: the first wrong byte is told, as soon as it comes" {
    serve accept send='HELLO hELLO' wait
    client open expect='HELLO HELLO and more'
    failed 'a: byte 7 is "h", expected "H"
  expected: HELLO HELLO and more
  actual:   HELLO hELLO
                  ^'
    serve b.accept b.send='\0' b.wait
    client b.open b.expect=0
    failed 'b: byte 1 is "\0", expected "0"
  expected: 0
  actual:   \0
            ^'
}

@test "the peer closes too early: recv, expect, line, head" {
    serve accept send=twelve-bytes close next close next send='a line' close \
        next send='x\r\n' close
    client open recv=30
    failed 'a: the server closed after 12 bytes, 30 were expected'
    client open expect=ok
    failed 'a: the server closed after 0 bytes, 2 were expected'
    client open line
    failed 'a: the server closed after 6 bytes, the end of a line was expected'
    client open head
    failed 'a: the server closed after 3 bytes, a blank line was expected'
    peer_ends 0
    [ "$(cat there/a.sent)" = $'twelve-bytesa linex\r' ]
}

@test "counts in messages are of the whole connection" {
    serve accept send='12345\n678' close
    client open line recv=2 recv=5
    failed 'a: the server closed after 9 bytes, 13 were expected'
    start "$PROBE" -l 127.0.0.1 0 accept recv=9
    client open send=1
    good
    peer_ends 1
    [ "$(cat peer.err)" = 'a: the client closed after 1 byte, 9 were expected' ]
}

@test "reset: recv and eof fail, end does not; what came before it is kept" {
    serve accept reset next send=12345 recv=1 reset next line send=x line reset
    client open recv=30
    failed 'a: the connection was reset after 0 bytes, 30 were expected'
    [ "$(cat here/a.end)" = reset ]
    client open recv=5 send=x eof
    failed 'a: the connection was reset after 5 bytes, the end of the connection was expected'
    client open send='\n' recv=1 send='\n' end close
    good
    [ "$(cat here/a.end)" = reset ]
    [ "$(events here | tail -n 2)" = $'a reset\na close' ]
    [ "$(events there | grep -c reset-sent)" -eq 3 ]
}

@test "a reset that sending meets first is still a reset, not a close" {
    serve accept line send=data reset wait
    client open send='\n' recv=4 flood=50000000 end
    good
    [ "$(cat here/a.end)" = reset ]
    [ "$(cat here/a.received)" = data ]
}

@test "send to a peer that has gone: told without dying of SIGPIPE" {
    serve accept close next close next close wait
    head -c 8000000 /dev/zero >zeros
    client open eof file=zeros
    [ "$status" -eq 1 ]
    [[ $output == "a: the server had closed, no more than "*" bytes could be sent" ]]
    [ "$(cat here/a.end)" = fin ]
    client open eof send=x flood=100000000 flood=1
    good
    client open fin send=x
    misused "nothing can be sent after fin"
}

@test "end and eof after a close: both succeed, content is not needed" {
    serve accept send=abc close next send=abc close
    client open end
    good
    client open eof
    good
    [ "$(cat here/a.received)" = abc ]
}

@test "a peer that sleeps is given up soon, one that works only at the deadline" {
    serve accept send=sent wait
    run "$PROBE" -w "$PEER" -t 60 127.0.0.1 "$PORT" open recv=5
    failed 'a: nothing came for 2 s (received 4 bytes so far), 5 were expected
The server accepted this connection, sent 4 bytes, and then nothing for 2 s.'
    # The shell of this test has work to do: it reads a file again and again while the probe waits.
    serve accept wait
    "$PROBE" -w "$BASHPID" -t 3 127.0.0.1 "$PORT" open recv=5 2>err &
    while kill -0 $! 2>/dev/null; do :; done
    [ "$(head -n 1 err)" = 'a: nothing came for 3 s (received 0 bytes so far), 5 were expected' ]
}

@test "a peer that says nothing: the deadline, its message and its event" {
    serve accept send='123456789\n12345678' say=sent wait
    run "$PROBE" -o here -t 0.2 127.0.0.1 "$PORT" open wait line recv=20 <&7
    failed 'a: nothing came for 0.2 s (received 18 bytes so far), 30 were expected
The server accepted this connection, sent 18 bytes, and then nothing for 0.2 s.'
    [ "$(events here | tail -n 2)" = $'a timeout\na stands accepted 0' ]
    [ "$(cat here/a.end)" = open ]
    [ "$(cat here/a.received)" = $'123456789\n12345678' ]
    run "$PROBE" -l -t 0.1 127.0.0.1 0 accept
    [ "$status" -eq 1 ]
    [ "${lines[1]}" = "a: nobody connected for 0.1 s" ]
}

@test "where a server stands that says nothing: not accepted, not read, all read; the queue of listen is full" {
    serve backlog=0 b.accept b.recv=4 say=read wait
    # The queue of one has one connection in it: a is not accepted as long as the server is at b.
    run "$PROBE" -o here -t 0.2 127.0.0.1 "$PORT" b.open b.send=half wait a.open a.send=xyz a.end <&7
    failed 'a: nothing came for 0.2 s (received 0 bytes so far), the end of the connection was expected
The server has not accepted this connection; 3 bytes wait in it.'
    [ "$(events here | tail -n 2)" = $'b stands accepted 0\na stands waiting 3' ]
    run "$PROBE" -t 0.2 127.0.0.1 "$PORT" hold=9
    [[ ${lines[1]} == *' for the server to accept; the queue of listen() is full.' ]]
    serve a.accept a.recv=4 say=read wait
    run "$PROBE" -t 0.2 127.0.0.1 "$PORT" open send='half and more' fin wait recv=1 <&7
    [ "${lines[1]}" = 'The server accepted this connection, read 4 of its 13 bytes, and sent nothing for 0.2 s.' ]
    serve a.accept a.eof say=read wait
    run "$PROBE" -t 0.2 127.0.0.1 "$PORT" open send=all fin wait recv=1 <&7
    [ "${lines[1]}" = 'The server accepted this connection, read all 3 bytes, and sent nothing for 0.2 s.' ]
}

@test "-a: what a process and its children use; -w: the same is recorded at the moment of a failure" {
    run "$PROBE" -a "$$"
    [ "$status" -eq 0 ]
    [[ $output =~ ^[0-9]+\ processes,\ [0-9]+\ threads,\ [0-9]+\ descriptors,\ [0-9.]+\ MB\ of\ memory\;\ [0-9.]+\ s\ of\ processor\ time\ in\ [0-9.]+\ s$ ]]
    serve accept wait
    run "$PROBE" -o here -w "$PEER" -t 0.1 127.0.0.1 "$PORT" open recv=1
    [[ $(cat here/account) == '1 process, 1 thread, '*' descriptors, '* ]]
    run "$PROBE" -a 0
    [ "$status" -eq 1 ]
    [ -z "$output" ]
}

@test "the events say which bytes sent complete a head, in whatever pieces, with CRLF or LF" {
    serve accept eof
    client open send='GET / HTTP/1.0\r\nHost: a\r\n\r' send='\nmore\n' send='\nand\r\n\r\nmore' send='\n' send=x fin
    [ "$(events here | grep send | cut -d' ' -f3-)" = $'26\n6 whole\n12 whole\n1\n1' ]
}

@test "quiet: silence succeeds; a byte, a FIN and a RST fail" {
    serve accept send=12 line send=x close next close next line reset next line send=y line close
    client open recv=2 quiet=50 send='\n' quiet=5000
    failed 'a: 1 byte came ("x"), nothing was expected for 5000 ms'
    client open quiet=5000
    failed 'a: the server closed, nothing was expected for 5000 ms'
    client open send='\n' quiet=5000
    failed 'a: the connection was reset, nothing was expected for 5000 ms'
    client open send='\n' recv=1 send='\n' eof quiet=10 close
    good
    peer_ends 0
}

@test "head and reply: CRLF and LF, and what comes behind stays unread" {
    serve accept reply='one\n' reply='two\n' reply='three\n' close
    client open send='GET\r\nHost: x\r\n\r\nP\n\r\r\n\n' line send='\r\n' expect='two\nthree\n' eof
    good
    peer_ends 0
    serve accept send='A: b\r\n\r\nbody\n' close
    client open head line eof
    good
}

@test "several connections by name, and next" {
    serve x.accept y.accept x.send=1 y.send=2 y.line x.line y.next y.send=3
    client x.open y.open y.expect=2 x.expect=1 y.send='y\n' x.send='x\n' y.eof z.open z.expect=3
    good
    peer_ends 0
    [ "$(cat here/x.sent here/y.sent)" = $'x\ny' ]
    [ "$(cat there/y.sent)" = 23 ]
    serve wait
    client open open
    misused "a: open, but that connection is open already"
}

@test "drip: one byte at a time" {
    serve accept recv=5 send=ok close
    client open drip='a\r\n\0b' expect=ok eof
    good
    [ "$(events here | grep -c '^a send 1$')" -eq 5 ]
    printf 'a\r\n\0b' | cmp - there/a.received
}

@test "drip and send see a peer that has gone" {
    serve accept reset next line close wait
    client open end drip=abc
    failed 'a: the connection was reset, no more than 0 bytes could be sent'
    client open send='\nrest' end flood=1000000 drip=ab
    [ "$status" -eq 1 ]
    [[ $output == "a: the "*", no more than "*" bytes could be sent" ]]
}

@test "a peer that sends all before it reads: neither side blocks the other" {
    head -c 8000000 /dev/urandom >big
    start python3 -c '
import socket
s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True)
c, _ = s.accept(); c.sendall(b"x" * 8000000)
n = 0
while n < 8000000: n += len(c.recv(65536))
c.sendall(b"all here")'
    client open file=big recv=8000000 expect='all here' eof
    good
    cmp big here/a.sent
    [ "$(wc -c <here/a.received)" -eq 8000008 ]
}

@test "file and upper through two probes that both send" {
    head -c 6000000 /dev/urandom >big
    serve accept upper close
    client open file=big fin recv=6000000 eof
    good
    peer_ends 0
    LC_ALL=C tr a-z A-Z <big | cmp - here/a.received
}

@test "file: one that is missing is a mistake of the script" {
    serve accept wait
    client open file=missing
    misused "cannot open missing: No such file"
    serve accept wait
    client open file=.
    misused "cannot read .: Is a directory"
}

@test "upper in a client; too few bytes for it" {
    serve accept send=abc expect=ABC send=de close
    client open upper=3 upper=3
    failed 'a: the server closed after 5 bytes, 6 were expected'
    peer_ends 0
}

@test "flood: all of it, or until the peer goes; a half-close does not stop it" {
    serve accept eof flood=2000000 close next recv=1 reset
    client open flood=3000000 fin recv=2000000 eof
    good
    [ "$(wc -c <there/a.received)" -eq 3000000 ]
    [ "$(tr -d a <there/a.received | wc -c)" -eq 0 ]
    client open flood=900000000 end
    good
}

@test "a peer that does not read: send and flood fail, stuff succeeds" {
    serve accept wait
    run "$PROBE" -t 0.2 127.0.0.1 "$PORT" open flood=100000000
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == "a: the server took nothing for 0.2 s (sent "*" bytes so far)" ]]
    [[ ${lines[1]} == 'The server accepted this connection, read none of its '*' bytes, and sent nothing for 0.2 s.' ]]
    serve accept send=unread wait recv=100 say=x
    client open stuff=100000000,50 say=stuffed recv=6
    [ "$status" -eq 0 ]
    [ "$output" = stuffed ]
    [ "$(events here | grep -n recv | cut -d: -f1)" -eq "$(wc -l <here/events)" ]
}

# Sends with a small buffer until for 100 ms nothing more is taken.
SENDER='
import select
def send_all_it_takes(c):
    c.setblocking(False); n = 0
    while select.select([], [c], [], 0.1)[1]: n += c.send(b"x" * 1000)
    print(n, flush=True)'

@test "rcvbuf: a small window, on either side" {
    # Without rcvbuf, more than 64 KiB would be taken; the line says "stuck".
    start python3 -c "$SENDER
import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
s.bind(('127.0.0.1', 0)); s.listen(); print(s.getsockname()[1], flush=True)
c, _ = s.accept(); send_all_it_takes(c)"
    client rcvbuf=4096 open wait eof <&7
    good
    [ "$(wc -c <here/a.received)" -lt 60000 ]
    serve rcvbuf=4096 accept wait
    run python3 -c "$SENDER
import socket
c = socket.socket(); c.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
c.connect(('127.0.0.1', $PORT)); send_all_it_takes(c)"
    [ "$output" -lt 60000 ]
}

@test "slow: so many bytes a time" {
    serve accept send=123456789012345678901234567890 close
    client open slow=12,20 eof
    good
    [ "$(events here | grep recv)" = $'a recv 12\na recv 12\na recv 6' ]
}

@test "refused: TCP and UDP" {
    refusing
    run "$PROBE" -o here 127.0.0.1 "$TCP_PORT" open
    failed "a: connection refused"
    [ "$(events here)" = "a refused" ]
    run "$PROBE" 127.0.0.1 "$TCP_PORT" hold=3
    failed "a: connection 1 of 3: connection refused"
    run "$PROBE" -o here 127.0.0.1 "$TCP_PORT" try=3
    good
    [ "$(events here)" = "a connect 0" ]
    client_udp open send=x recv
    failed "a: connection refused"
    client_udp open send=x send=y send=z expect=x
    failed "a: connection refused"
    client_udp open send=x quiet=5000
    failed "a: connection refused"
    [ "$(events here)" = $'a send 1\na refused' ]
}

@test "hold and try: many connections, and a queue that is full" {
    serve backlog=400 wait
    client hold=300 try=20
    good
    [ "$(events here)" = $'a connect 300\na connect 20' ]
    serve backlog=1 wait
    run "$PROBE" -o here -t 0.2 127.0.0.1 "$PORT" try=20 say=tried hold=20
    [ "$status" -eq 1 ]
    [ "${lines[0]}" = tried ]
    [ "${lines[1]}" = "a: connection 1 of 20: no connection within 0.2 s" ]
    [[ $(events here | head -n 1) =~ ^a\ connect\ [1-4]$ ]]
}

@test "hold: more connections than the soft limit of files allows" {
    serve backlog=200 wait
    ulimit -Sn 64
    client hold=150
    good
}

@test "say and wait keep step with a shell; wait takes one line a time" {
    serve say=first wait say=second wait say=third wait
    read -r -t 5 -u 7 line
    [ "$line" = first ]
    printf 'go\ngo\n' >&8
    read -r -t 5 -u 7 line
    [ "$line" = second ]
    read -r -t 5 -u 7 line
    [ "$line" = third ]
    exec 8>&-
    peer_ends 0
}

@test "local: the port of our end; sleep; -l on every address" {
    start "$PROBE" -l '*' 0 accept send=4 next send=6
    run "$PROBE" 127.0.0.1 "$PORT" open local expect=4 sleep=1
    [ "$status" -eq 0 ]
    [[ $output =~ ^[0-9]+$ ]]
    if have_ipv6; then
        run "$PROBE" ::1 "$PORT" open expect=6 eof
        good
    fi
    run "$PROBE" -l 127.0.0.1 0 sleep=1
    [[ $output =~ ^ready\ [0-9]+$ ]]
}

@test "listening where somebody else does fails with status 2" {
    serve wait
    run "$PROBE" -l 127.0.0.1 "$PORT" wait
    misused "cannot listen on 127.0.0.1 port $PORT: Address already in use"
}

@test "sigstop and sigcont: stopped when the step ends; SIGPIPE for certain" {
    head -c 4096 /dev/zero >zeros
    start python3 -c '
import signal, socket
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True)
c, _ = s.accept()
while True:
    d = c.recv(1)
    if not d: break
    c.send(d)'
    client sigstop="$PEER" open file=zeros close sigcont="$PEER"
    good
    peer_ends 141
    start sh -c 'echo 0; exec cat'
    client sigstop="$PEER"
    good
    [ "$(cut -d' ' -f3 "/proc/$PEER/stat")" = T ]
    client sigcont="$PEER"
    good
    [ "$(cut -d' ' -f3 "/proc/$PEER/stat")" != T ]
    exec 8>&-
    peer_ends 0
    client sigcont="$PEER"
    failed "a: cannot continue process $PEER: No such process"
}

@test "forever: one client after the other, also after one that fails it" {
    serve say=once accept line upper=2 forever
    read -r -t 5 -u 7 line
    [ "$line" = once ]
    client open send='\nab' expect=AB eof
    good
    client open send=x reset
    good
    client open send='\ncd' expect=CD eof
    good
    kill -TERM "$PEER"
    peer_ends 143
    [[ $(cat peer.err) == "a: the connection was reset after "*", the end of a line was expected" ]]
    [ "$(cat there/a.sent)" = ABCD ]
    # The deadline is not for the time between two clients.
    start "$PROBE" -l -t 0.1 127.0.0.1 0 accept send=hi close forever
    client sleep=150 open expect=hi eof b.open b.expect=hi
    good
}

@test "recordings are whole at any moment, even of a probe that is killed" {
    serve accept send=abc line say=seen wait
    exec 9> >("$PROBE" -o here 127.0.0.1 "$PORT" open send='\n' expect=abc wait 3>&- 8>&- 7>&-)
    read -r -t 5 -u 7 line
    kill -KILL "$PEER"
    peer_ends 137
    exec 9>&-
    [ "$(events there)" = $'a accept\na send 3\na recv 1' ]
    [ "$(cat there/a.end there/a.sent)" = $'open\nabc' ]
}

@test "a full disk is told, and is nobody's failed step" {
    serve accept flood=3000000 wait
    ulimit -f 100
    client open eof
    misused "cannot write the bytes received: File too large"
}

@test "UDP: send, expect, recv, quiet, local, from; upper and recordings" {
    serve_udp recv upper expect=two b.send=x
    client_udp open send=Hello expect=HELLO from local send=two quiet=20
    [ "$status" -eq 0 ]
    [[ $output =~ ^[0-9]+$ ]]
    peer_ends 2
    [ "$(cat peer.err)" = "probe: b: no datagram has come that could be answered" ]
    [ "$(cat here/a.sent here/a.received)" = HellotwoHELLO ]
    [ "$(events here)" = $'a send 5\na recv 5\na send 3' ]
    [ "$(events there)" = $'a recv 5\na send 5\na recv 3' ]
}

@test "UDP: none and 65,507 bytes; one more cannot be sent" {
    head -c 65507 /dev/zero | tr '\0' q >big
    head -c 65508 /dev/zero >too-big
    serve_udp expect= send= recv upper
    client_udp open send= expect= file=big recv file=too-big
    failed "a: a datagram of 65508 bytes cannot be sent: Message too long"
    peer_ends 0
    tr q Q <big | cmp - here/a.received
    [ "$(events here | head -n 2)" = $'a send 0\na recv 0' ]
}

@test "UDP: an answer that is wrong, too long, or missing" {
    serve_udp recv send=HELlO send=HELLO! send=
    client_udp open send=x expect=HELLO
    failed 'a: byte 4 is "l", expected "L"
  expected: HELLO
  actual:   HELlO
               ^'
    peer_ends 0
    serve_udp recv send=HELLO!
    client_udp open send=x expect=HELLO
    failed 'a: the datagram has 6 bytes, 5 were expected'
    serve_udp recv send=HE say=sent wait
    run "$PROBE" -u -t 0.2 127.0.0.1 "$PORT" open send=x wait recv recv <&7
    failed 'a: no datagram came for 0.2 s (received 2 bytes so far)'
    serve_udp recv send='x\n'
    client_udp open send=x quiet=5000
    failed 'a: a datagram of 2 bytes came ("x\n"), none was expected for 5000 ms'
}

@test "UDP: a stranger answers from another port" {
    serve_udp recv stranger=no recv send=yes
    client_udp open send=x expect=no send=y expect=yes from
    good
    serve_udp recv stranger=no
    client_udp open send=x recv from
    [ "$status" -eq 1 ]
    [[ $output == "a: the datagram came from port "*", not from the server's port $PORT" ]]
    start "$PROBE" -u -l '*' 0 recv stranger=no recv send=yes
    client_udp open send=x expect=no send=y expect=yes from
    good
}

@test "UDP: two senders by name, and forever" {
    serve_udp x.recv x.send=1 y.recv y.send=2 x.send=3
    client_udp x.open x.send=x x.expect=1 y.open y.send=y y.expect=2 x.expect=3
    good
    start "$PROBE" -u -l -t 0.1 '*' 0 recv upper forever
    client_udp open send=ab expect=AB quiet=150 send=cd expect=CD
    good
    if have_ipv6; then
        run "$PROBE" -u ::1 "$PORT" open send=six expect=SIX from
        good
    fi
    kill -TERM "$PEER"
    peer_ends 143
}

@test "bytes show: every byte can be seen" {
    printf 'one\r\ntwo\t\0\\\n\303\251\033end' >file
    run "$BYTES" show -p '> ' file
    [ "$status" -eq 0 ]
    [ "$output" = '> one\r\n
> two\t\0\\\n
> \xc3\xa9\x1bend' ]
    run "$BYTES" show -n 2 file
    [ "${lines[2]}" = '... 6 more bytes' ]
    : >empty
    run "$BYTES" show empty
    [ "$output" = "(empty)" ]
}

@test "bytes show: a part of a file, in lines of another width" {
    printf 'one\ntwo\nthree' >file
    run "$BYTES" show -s 4 -c 6 -p '> ' file
    [ "$output" = $'> two\\n\n> th' ]
    run "$BYTES" show -s 20 file
    [ "$output" = '(empty)' ]
    run "$BYTES" show -s 8 -w 4 file
    [ "$output" = $'t...\nhree' ]
}

@test "bytes show: long lines are broken, no escape is" {
    printf '%097d\303\251\n' 0 >file
    run "$BYTES" show file
    [ "${lines[0]}" = "$(printf '%097d' 0)..." ]
    [ "${lines[1]}" = '\xc3\xa9\n' ]
    printf '%098d\n' 0 >file
    run "$BYTES" show file
    [ "$output" = "$(printf '%098d' 0)\n" ]
    seq 100 >file
    run "$BYTES" show file
    [ "${#lines[@]}" -eq 31 ]
    [ "${lines[30]}" = "... 211 more bytes" ]
}

@test "bytes diff: nothing when equal, else the place and both lines" {
    printf 'a\nHELLO World\r\n' >expected
    run "$BYTES" diff expected expected
    good
    printf 'a\nHELLO world\r\n' >actual
    run "$BYTES" diff expected actual
    failed 'first difference: byte 9 (line 2, byte 7 of that line)
expected 15 bytes, got 15
  expected: HELLO World\r\n
  actual:   HELLO world\r\n
                  ^'
    seq -s, 40 >expected
    seq -s, 30 >actual
    run "$BYTES" diff expected actual
    [ "${lines[2]}" = '  expected: ...,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39...' ]
    [ "${lines[3]}" = '  actual:   ...,22,23,24,25,26,27,28,29,30\n' ]
    [ "${lines[4]}" = '                                          ^' ]
}

@test "bytes diff: one file is the beginning of the other" {
    printf 'HELLO\r\n' >long
    printf 'HELLO' >short
    run "$BYTES" diff long short
    failed 'first difference: byte 6 (line 1, byte 6 of that line)
expected 7 bytes, got 5
the first 5 bytes are right, then 2 are missing
  expected: HELLO\r\n
  actual:   HELLO(end)
                 ^'
    run "$BYTES" diff short long
    [ "${lines[2]}" = 'the first 5 bytes are right, then 2 come that should not: "\r\n"' ]
}

@test "bytes: usage and files that cannot be read" {
    run "$BYTES"
    [ "$status" -eq 2 ]
    run "$BYTES" show -n x file
    [ "$status" -eq 2 ]
    run "$BYTES" show missing
    [ "$status" -eq 2 ]
    [ "$output" = "bytes: missing: No such file or directory" ]
    run "$BYTES" diff missing missing
    [ "$status" -eq 2 ]
}
