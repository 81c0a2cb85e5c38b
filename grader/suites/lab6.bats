# shellcheck shell=bash
# lab6.bats - what lab 6 is graded for: proxy, between clients and origin servers. 100 points.
#
# Both ends are the grader's: the clients of `talk` and `visitor` talk to the proxy on $PORT, and `origin` is the server
# on $PORT2 that they ask for. Connection q1 of the one goes on as connection q1 of the other.

source "$KIT/lib/suite.bash"

# ---- The origin server ----

readonly HELLO='HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n'

# origin STEP...: the grader's own server, on $PORT2, follows these steps while the test goes on. Recordings: $T/peer.
# `origin_done` waits until it has followed them all.
origin() {
    rm -rf "$T/peer"
    PORT=$PORT2 peer "$@"
    # bash forgets the descriptors of a coprocess when it has ended, with what it said last.
    exec {ORIGIN_OUT}<&"${PEER_IO[0]}" {ORIGIN_IN}>&"${PEER_IO[1]}"
}
origin_done() {
    if ! in_time "$RUN_LIMIT" "$BOX" ended "$PEER"; then fail "${PEER_FAILURE:-The exchange had not come to its end after $RUN_LIMIT s.}" "${CAUSE:-}"; fi
    peer_done
}

# url [PATH]: of the origin server.
url() { printf 'http://127.0.0.1:%s%s' "$PORT2" "${1-/}"; }

# greeter: an origin server that answers whoever asks, one after the other, as long as the test lasts.
greeter() {
    by_hand "python3 -m http.server $PORT2 &"
    origin accept "reply=$HELLO" close forever
}

# second_greeter: another one, on $PORT3.
second_greeter() {
    "$PROBE" -l 127.0.0.1 "$PORT3" accept "reply=$HELLO" close forever >"$T/third.out" 2>&1 &
    BOXES+=("$!")
    within "$DEADLINE" grep -q ready "$T/third.out" || did_not_start "$T/third.out"
}

# origin_says WORD: waits until a step of the origin server has said so.
origin_says() {
    local said=''
    if ! read -rt "$RUN_LIMIT" -u "$ORIGIN_OUT" said; then
        if server_has_ended; then CAUSE="the proxy has ended, with status $STATUS. $(signal_name "$STATUS")"; fi
        fail "${PEER_FAILURE:-The request did not reach the origin server.}" "${CAUSE:-}"
    fi
    if [[ $said != "$1" ]]; then not_graded "The grader's own server said '$said' instead of '$1'."; fi
}

# origin_goes_on: lets it pass its `wait`.
origin_goes_on() { echo >&"$ORIGIN_IN"; }

# silent_origin: a server on $PORT3 that takes connections and never sends a byte.
silent_origin() {
    by_hand "sleep 100 | nc -lk 127.0.0.1 $PORT3 &"
    "$PROBE" -t 60 -l 127.0.0.1 "$PORT3" backlog=200 accept end forever >"$T/silent.out" 2>"$T/silent.err" &
    BOXES+=("$!")
    within "$DEADLINE" grep -q ready "$T/silent.out" || did_not_start "$T/silent.err"
}

# ---- Requests through the proxy ----

# through REQUEST...: a volley through the proxy; the origin server answers each request with $REPLY.
through() {
    local i steps=()
    for ((i = 1; i <= $#; i++)); do steps+=("q$i.accept" "q$i.reply=${REPLY:-$HELLO}" "q$i.close"); done
    by_hand "printf 'HTTP/1.0 200 OK\\r\\n\\r\\nhello\\n' | nc -N -l 127.0.0.1 $PORT2 &"
    PEER_FAILURE='The origin server got no whole request, which ends in a blank line.'
    origin "${steps[@]}"
    volley "$@"
}

# forwarded N: takes apart what the origin server got of request N: FIRST is its first line, FIELDS are the others.
forwarded() {
    local line='' ended=''
    FIRST='' FIELDS=()
    answer "$1"
    if [[ ! -s $T/peer/q$1.received ]]; then
        if [[ -z $CODE ]]; then still_serving; fi
        fail "The request did not reach the origin server; the client got ${CODE:-nothing}." "${CAUSE:-}"
    fi
    {
        IFS= read -r FIRST || true
        while IFS= read -r line; do
            line=${line%$'\r'}
            if [[ -z $line ]]; then ended=yes && break; fi
            FIELDS+=("$line")
        done
    } <"$T/peer/q$1.received"
    FIRST=${FIRST%$'\r'}
    if [[ -z $ended ]]; then fail 'The origin server got no whole request: the blank line is missing.'; fi
    expect_hello
}

# expect_hello: the answer is the usual reply of the origin server, byte for byte.
expect_hello() {
    if [[ -z $CODE ]]; then still_serving; fi
    expect_code 200
    if [[ $BODY != $'hello\n' || $LENGTH != 6 || $TYPE != text/plain ]]; then
        fail "What came back is not the origin server's reply." "the reply goes back as it comes: read bytes, write bytes."
    fi
}

# values NAME: what the origin server got in the fields of this name, one per line; letter case of names is ignored, and
# so are blanks around values.
values() {
    local field value
    for field in "${FIELDS[@]}"; do
        if [[ ${field,,} == "${1,,}:"* ]]; then
            value=${field#*:}
            value=${value#"${value%%[![:blank:]]*}"}
            printf '%s\n' "${value%"${value##*[![:blank:]]}"}"
        fi
    done
}

# expect_field NAME VALUE: the origin server got this field with this value, once.
expect_field() {
    local got
    got=$(values "$1")
    if [[ $got != "$2" ]]; then
        if [[ -n $got ]]; then got="'$1: ${got//$'\n'/"' and '$1: "}'"; fi
        fail "The origin server must get one field '$1: $2'; it got ${got:-none}." "${CAUSE:-}"
    fi
}

# expect_no_field NAME...: it got none of these.
expect_no_field() {
    local name field
    for name; do
        for field in "${FIELDS[@]}"; do
            if [[ ${field,,} == "${name,,}:"* ]]; then
                fail "The origin server must not get the field '$field'." "${CAUSE:-}"
            fi
        done
    done
}

# expect_first TARGET: the first line that it got.
expect_first() {
    if [[ $FIRST != "GET $1 HTTP/1.0" ]]; then
        fail "The origin server got the first line '$FIRST'; 'GET $1 HTTP/1.0' was expected." "${CAUSE:-}"
    fi
}

# fetched [NAME]: connection NAME (a) of the last talk got the usual reply.
fetched() {
    SHOWN=${1:-a}
    read_answer "$TALK/$SHOWN.received"
    expect_hello
}

# crowd_of NAME COUNT BYTES: makes CROWD the steps that open the connections NAME1 to NAMECOUNT and send BYTES on each.
# After each, client quick asks the greeter. So the proxy has accepted them all at the end.
crowd_of() {
    local i
    CROWD=() TALK_FAILURE='While other clients were connected, one (quick) that asked the origin server got no reply:'
    QUICK_STEPS=(quick.open "quick.send=GET $(url /quick) HTTP/1.0\\r\\n\\r\\n" quick.end quick.close)
    for ((i = 1; i <= $2; i++)); do
        CROWD+=("$1$i.open")
        if [[ -n $3 ]]; then CROWD+=("$1$i.send=$3"); fi
        CROWD+=("${QUICK_STEPS[@]}")
    done
}

# quick_got COUNT: client quick got so many good replies.
quick_got() {
    local count
    count=$(grep -ac '^hello$' "$TALK/quick.received") || true
    if ((count != $1)); then
        SHOWN=none
        fail "Client quick asked the origin server $1 times and got its reply $count times."
    fi
}

# ---- One request ----

@test "R6.1 [2] proxy listens, and says on which port" {
    start proxy "$PORT"
    expect_ready_line
}

@test "R6.2 [3] a GET for http://HOST:PORT/PATH brings back what the origin server replies" {
    needs R6.1
    start proxy "$PORT"
    through "GET $(url /greeting.txt) HTTP/1.0\\r\\n\\r\\n" "GET $(url /) HTTP/1.1\\r\\nHost: 127.0.0.1:$PORT2\\r\\n\\r\\n"
    forwarded 1
    forwarded 2
    SHOWN=none
    origin_done
}

# targets PATH EXPECTED...: for a URL with this path (as it is written) the origin server gets this target.
targets() {
    local i requests=() expected=()
    while (($#)); do
        requests+=("GET $(url "$1") HTTP/1.1\\r\\nHost: 127.0.0.1:$PORT2\\r\\n\\r\\n")
        expected+=("$2")
        shift 2
    done
    start proxy "$PORT"
    through "${requests[@]}"
    for ((i = 1; i <= ${#expected[@]}; i++)); do
        forwarded "$i"
        expect_first "${expected[i - 1]}"
    done
}

@test "R6.3 [3] the origin server is asked for path and query only, as they were written, in HTTP/1.0" {
    needs R6.2
    padding 3000
    targets / / '' / /index.html /index.html '/a/b.html?x=1&y=2' '/a/b.html?x=1&y=2' '?q=1' '/?q=1' \
        /caf%C3%A9%20%2f%zz /caf%C3%A9%20%2f%zz /a/../b//./c /a/../b//./c \
        '/go?to=http://localhost:80/x' '/go?to=http://localhost:80/x' "/$PADDING" "/$PADDING"
}

@test "R6.4 [4] Host is made from the URL, with the port where the URL has one, and there is one only" {
    local i
    needs R6.2
    start proxy "$PORT"
    through "GET $(url /) HTTP/1.0\\r\\n\\r\\n" "GET $(url /) HTTP/1.1\\r\\nHost: 127.0.0.1:$PORT2\\r\\n\\r\\n" \
        "GET $(url /) HTTP/1.1\\r\\nA: b\\r\\nhost: elsewhere.example\\r\\nC: d\\r\\n\\r\\n" \
        "GET http://localhost:$PORT2/ HTTP/1.1\\r\\nHost:127.0.0.1\\r\\n\\r\\n"
    for i in 1 2 3; do
        forwarded "$i"
        expect_field Host "127.0.0.1:$PORT2"
    done
    forwarded 4
    expect_field Host "localhost:$PORT2"
    if ! can_trace; then return 0; fi
    PORT=$PORT3 STORY=() REPEAT=() SHOWN=none
    PORTS=80=$PORT2 start proxy "$PORT"
    story "Then a proxy was started for which port 80 led to the grader's origin server."
    CAUSE='a URL without a port means port 80.'
    through 'GET http://127.0.0.1/ HTTP/1.1\r\nHost: localhost\r\n\r\n'
    forwarded 1
    if [[ $(values Host) != 127.0.0.1:80 ]]; then expect_field Host 127.0.0.1; fi # :80 is not asked for, but as good
}

# passes_on FIELD...: the origin server gets each of these fields, with its value.
passes_on() {
    local field text
    start proxy "$PORT"
    printf -v text '%s\\r\\n' "$@"
    through "GET $(url /) HTTP/1.1\\r\\nHost: 127.0.0.1:$PORT2\\r\\n$text\\r\\n" \
        "GET $(url /) HTTP/1.0\\r\\nX-First:1\\r\\nAccept-Encoding: gzip\\r\\nX-Twice: one\\r\\nX-Twice: two\\r\\nX-Last:   3  \\r\\n\\r\\n"
    CAUSE='all fields go on, but for the ones that concern this connection only.'
    forwarded 1
    for field; do
        text=${field#*:}
        expect_field "${field%%:*}" "${text# }"
    done
    forwarded 2
    expect_field X-First 1
    expect_field X-Last 3
    expect_field Accept-Encoding gzip
    text=$(values X-Twice)
    if [[ $text != $'one\ntwo' && $text != one,*two ]]; then
        fail "The client sent X-Twice: one and X-Twice: two; the origin server got '${text//$'\n'/, }'."
    fi
}

@test "R6.5 [3] the client's other header fields reach the origin server, with their values as they were" {
    needs R6.2
    passes_on 'User-Agent: probe/1.0 (X11; Linux) "a;b"' 'Accept: text/html, */*;q=0.1' 'Cookie: a=b; c=d: e' 'X-Empty:' \
        'x-lower-case: Yes' 'X-TE: 1' 'Authorization: Basic dTpw' 'If-None-Match: "x", "y"' 'Range: bytes=0-5' \
        'X-Percent: %s%n%25' 'Referer: http://localhost/a?b#c' 'Accept-Language: de, en'
}

# connection_only FIELD...: the origin server gets none of these fields, which a client sends among others.
connection_only() {
    local field text=''
    start proxy "$PORT"
    for field; do text+="$field\\r\\nX-Behind-${field%%:*}: kept\\r\\n"; done
    through "GET $(url /) HTTP/1.1\\r\\nHost: 127.0.0.1:$PORT2\\r\\n$text\\r\\n"
    forwarded 1
    CAUSE='these fields concern one connection only (hop by hop); names match in any letter case.'
    for field; do
        if [[ ${field,,} != connection:* ]]; then expect_no_field "${field%%:*}"; fi
        expect_field "X-Behind-${field%%:*}" kept
    done
    field=$(values Connection)
    if [[ ${field,,} != close ]]; then
        fail "The origin server must get 'Connection: close', once; it got '${field//$'\n'/, }'." "$CAUSE"
    fi
}

@test "R6.6 [3] hop-by-hop fields stay behind; the origin server gets Connection: close instead" {
    needs R6.2
    connection_only 'Connection: keep-alive' 'Proxy-Connection: keep-alive' 'Keep-Alive: timeout=5' 'TE: gzip' \
        'Trailer: X-Sum' 'Upgrade: websocket' 'Proxy-Authenticate: Basic' 'Proxy-Authorization: Basic dTpw' \
        'Transfer-Encoding: identity'
}

@test "R6.7 [3] the fields that Connection names stay behind as well, wherever they stand" {
    needs R6.6
    start proxy "$PORT"
    through "GET $(url /) HTTP/1.1\\r\\nX-Before: 1\\r\\nConnection: keep-alive, X-Before,x-AFTER\\r\\nX-After: 2\\r\\nX-After-All: 3\\r\\nX-Bef: 4\\r\\n\\r\\n" \
        "GET $(url /) HTTP/1.1\\r\\nX-One: 1\\r\\nconnection: X-One\\r\\nX-Two: 2\\r\\nConnection:X-Two ,\\tX-Three\\r\\nX-Three: 3\\r\\nX-Four: 4\\r\\n\\r\\n"
    CAUSE='read all of the Connection fields before you pass on the first other field.'
    forwarded 1
    expect_no_field X-Before X-After
    expect_field X-After-All 3
    expect_field X-Bef 4
    forwarded 2
    expect_no_field X-One X-Two X-Three
    expect_field X-Four 4
}

# ---- The reply ----

# replies REPLY...: the client gets each of these replies, byte for byte, and then the end of the connection.
replies() {
    local i reply steps=() requests=() difference
    for reply; do
        i=$((${#requests[@]} + 1))
        steps+=("q$i.accept" "q$i.reply=$reply" "q$i.close")
        requests+=("GET $(url "/$i") HTTP/1.0\\r\\n\\r\\n")
    done
    start proxy "$PORT"
    origin "${steps[@]}"
    volley "${requests[@]}"
    for ((i = 1; i <= $#; i++)); do
        answer "$i"
        if ! difference=$("$BYTES" diff "$T/peer/q$i.sent" "$TALK/q$i.received"); then
            fail "The client did not get what the origin server sent:"$'\n'"$difference" \
                'pass the reply on as bytes, and change nothing in it.'
        fi
    done
}

@test "R6.8 [3] the reply goes back byte for byte: any status, any header fields, any content or none" {
    needs R6.2
    replies 'HTTP/1.1 404 Not Found\r\nContent-Type: text/html; charset=utf-8\r\nX-Odd:  a  b \r\n\r\n<h1>404</h1>' \
        'HTTP/1.0 302 Found\r\nLocation: http://localhost:1/nowhere\r\nConnection: keep-alive\r\nKeep-Alive: 5\r\n\r\n' \
        'HTTP/1.1 200 OK\r\nServer: x\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n' \
        'HTTP/1.0 500 Oops\r\n\r\n' 'HTTP/1.1 204 No Content\r\n\r\n' 'HTTP/1.0 200 OK\n\nbare line feeds\n' \
        'HTTP/1.0 200 OK\r\n\r\nno end of line, \0 NUL, %s%n, \xff\xfe, \r\n\r\n' 'HTTP/1.0 502 Bad Gateway\r\n\r\nmine'
}

# whole_reply SIZE: a reply with so many bytes of random content comes back, byte for byte.
whole_reply() {
    local difference
    printf 'HTTP/1.0 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: %d\r\n\r\n' "$1" >"$T/reply"
    noise "$1" reply >>"$T/reply"
    start proxy "$PORT"
    by_hand "head -c $1 /dev/urandom >big.bin; python3 -m http.server $PORT2 &"
    by_hand "curl -s -x http://127.0.0.1:$PORT -o got.bin $(url /big.bin); cmp big.bin got.bin"
    origin accept head "file=$T/reply" close
    talk open "send=GET $(url /big.bin) HTTP/1.0\\r\\n\\r\\n" end
    if ! difference=$("$BYTES" diff "$T/reply" "$TALK/a.received"); then
        fail "The client did not get what the origin server sent:"$'\n'"$difference" \
            'recv tells how many bytes came, and send how many it took: go on with the rest. Bytes may be 0.'
    fi
}

@test "R6.9 [3] a reply of 20 MiB, with bytes of all kinds, comes back byte for byte" {
    needs R6.2
    whole_reply 20971520
}

# as_it_comes HEAD FIRST: the client gets this head and this part of the content while the origin server waits.
as_it_comes() {
    local text="$1$2" received # as the probe reads it, and as it is
    start proxy "$PORT"
    printf -v received '%b' "$text"
    by_hand "(printf 'HTTP/1.0 200 OK\\r\\n\\r\\nfirst\\n'; sleep 9; echo last) | nc -N -l 127.0.0.1 $PORT2 &"
    by_hand "curl -N -x http://127.0.0.1:$PORT $(url /)"
    story 'The origin server sent the first part of its reply, and waited with the rest until the client had the first.'
    TALK_FAILURE='The client did not get the first part while the origin server waited with the rest:'
    CAUSE='pass on each part when it comes: do not wait for the end of the reply, nor for a full buffer.'
    origin accept head "send=$text" wait 'send=the last part\n' close
    visitor open "send=GET $(url /) HTTP/1.0\\r\\n\\r\\n" "recv=${#received}" say=first end
    visitor_says first
    origin_goes_on
    visitor_done
    origin_done
    if ! cmp -s "$T/peer/a.sent" "$TALK/a.received"; then
        fail 'The client got another reply than the one that the origin server sent.'
    fi
}

@test "R6.10 [3] what the origin server has sent goes on at once, before the rest of the reply is there" {
    needs R6.2
    as_it_comes 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n' 'first'
}

@test "R6.11 [3] a client that reads slowly gets all of a large reply, and holds up nobody" {
    needs R6.2
    printf 'HTTP/1.0 200 OK\r\nContent-Length: 8000000\r\n\r\n' >"$T/reply"
    noise 8000000 reply >>"$T/reply"
    start proxy "$PORT"
    by_hand "curl -s --limit-rate 1M -x http://127.0.0.1:$PORT -o got.bin $(url /big.bin) &"
    by_hand "curl -i -x http://127.0.0.1:$PORT http://127.0.0.1:$PORT2/"
    story 'Client b asked for 8 MB and did not read it yet. Client c asked for something else. Then b read slowly.'
    # The origin server cannot send all to b before b reads: it answers c from another port.
    CAUSE='a thread that waits until its client reads must not hold up the others; and send may take only a part.'
    PEER_FAILURE='The origin server could not send its reply:'
    second_greeter
    origin b.accept b.head "b.file=$T/reply" b.close
    talk rcvbuf=65536 b.open "b.send=GET $(url /big.bin) HTTP/1.0\\r\\n\\r\\n" b.recv=100 \
        c.open "c.send=GET http://127.0.0.1:$PORT3/ HTTP/1.0\\r\\n\\r\\n" c.end b.slow=200000,2
    fetched c
    SHOWN=b
    if ! cmp -s "$T/reply" "$TALK/b.received"; then
        fail "The slow client did not get what the origin server sent ($(stat -c %s "$TALK/b.received") of $(stat -c %s "$T/reply") bytes)." "$CAUSE"
    fi
}

# ---- What goes wrong ----

# refused_with CODE [CODE] -- REQUEST...: each of these requests gets this code, or one of two.
refused_with() {
    local i codes=()
    while [[ $1 != -- ]]; do
        codes+=("$1")
        shift
    done
    shift
    volley "$@"
    for ((i = 1; i <= $#; i++)); do
        answer "$i"
        if [[ -z $CODE ]]; then still_serving; fi
        expect_code "${codes[@]}"
        expect_blank_line
        # A reply to HEAD has the length, and no content.
        if [[ -n $LENGTH && $LENGTH != "$BODY_SIZE" && ! (${!i} == HEAD* && $BODY_SIZE == 0) ]]; then
            fail "Content-Length is '$LENGTH', and $BODY_SIZE bytes of content came." 'count only the bytes after the blank line.'
        fi
    done
}

# serves_on: the next client is served. The proxy runs already.
serves_on() {
    through "GET $(url /after) HTTP/1.0\\r\\n\\r\\n"
    forwarded 1
}

@test "R6.12 [3] a target that is no http:// URL gets 400" {
    needs R6.2
    start proxy "$PORT"
    refused_with 400 -- 'GET / HTTP/1.0\r\n\r\n' 'GET /index.html HTTP/1.1\r\nHost: localhost\r\n\r\n' \
        "GET 127.0.0.1:$PORT2/ HTTP/1.0\\r\\n\\r\\n" "GET https://127.0.0.1:$PORT2/ HTTP/1.1\\r\\n\\r\\n" \
        "GET ftp://127.0.0.1:$PORT2/ HTTP/1.0\\r\\n\\r\\n" 'GET \r\n\r\n' \
        "GET xhttp://127.0.0.1:$PORT2/ HTTP/1.0\\r\\n\\r\\n"
    # A host or a port that can be none: malformed, or not to be found.
    refused_with 400 502 -- 'GET http:/// HTTP/1.0\r\n\r\n' "GET http://:$PORT2/ HTTP/1.0\\r\\n\\r\\n" \
        'GET http://127.0.0.1:port/ HTTP/1.0\r\n\r\n'
    second_greeter
    CAUSE='the port is all that stands between the colon and the slash; atoi() does not say where it stopped.' \
        refused_with 400 502 -- "GET http://127.0.0.1:${PORT3}x/ HTTP/1.0\\r\\n\\r\\n"
    serves_on
}

@test "R6.13 [2] another method than GET gets 501" {
    needs R6.2
    start proxy "$PORT"
    refused_with 501 -- "POST $(url /) HTTP/1.1\\r\\nContent-Length: 5\\r\\n\\r\\nhello" "HEAD $(url /) HTTP/1.0\\r\\n\\r\\n" \
        "PUT $(url /x) HTTP/1.1\\r\\nContent-Length: 0\\r\\n\\r\\n" "DELETE $(url /x) HTTP/1.0\\r\\n\\r\\n" \
        "OPTIONS $(url /) HTTP/1.1\\r\\nHost: 127.0.0.1:$PORT2\\r\\n\\r\\n" "GETS $(url /) HTTP/1.0\\r\\n\\r\\n"
    refused_with 501 400 -- "CONNECT 127.0.0.1:$PORT2 HTTP/1.1\\r\\nHost: 127.0.0.1:$PORT2\\r\\n\\r\\n" \
        'POST /form HTTP/1.0\r\nContent-Length: 0\r\n\r\n' "get $(url /) HTTP/1.0\\r\\n\\r\\n"
    serves_on
}

@test "R6.14 [3] an origin server that refuses the connection, or whose name is unknown, gives 502" {
    local CAUSE='look at what getaddrinfo and connect return, and tell the client; the other clients go on.'
    needs R6.2
    start proxy "$PORT"
    refused_with 502 -- "GET $(url /) HTTP/1.0\\r\\n\\r\\n" "GET http://localhost:$PORT3/x HTTP/1.1\\r\\n\\r\\n"
    # A URL without a port means port 80, where nobody listens in a network of our own.
    if [[ $MODE == namespaces ]]; then
        refused_with 502 -- 'GET http://127.0.0.1/ HTTP/1.0\r\n\r\n' 'GET http://localhost HTTP/1.1\r\nHost: localhost\r\n\r\n'
    fi
    # Where no name server answers, it takes longer than the clients of the grader wait.
    local status=0
    timeout 2 getent ahosts no-such-host.invalid >/dev/null || status=$?
    if ((status == 2)); then refused_with 502 -- 'GET http://no-such-host.invalid/ HTTP/1.0\r\n\r\n'; fi
    serves_on
}

# times_out URL [MS SECONDS]: a client that asks for it gets 504, and not before so many milliseconds have passed, which are that
# many seconds for the proxy; with -T 1, these are 1000 and 1.
times_out() {
    local asked answered=0 _
    talk open mark.open "send=GET $1 HTTP/1.0\\r\\n\\r\\n" end mark.close
    read -r asked _ < <(grep ' mark connect' "$TALK/events")
    read -r answered _ < <(grep ' a recv' "$TALK/events") || true
    take_apart a
    SHOWN=a
    expect_code 504
    asked=${asked%.*} answered=${answered%.*}
    if ((answered - asked < ${2:-1000} * 95 / 100)); then
        fail "504 came $(((answered - asked) * ${3:-1} * 1000 / ${2:-1000})) ms after the request, by the clock of the proxy; ${3:-1} s must pass." \
            "${CAUSE_EARLY:-the unit of -T is the second.}"
    fi
}

@test "R6.15 [3] an origin server that sends nothing for -T seconds gives 504, and its connection ends" {
    needs R6.2
    start proxy -T 1 "$PORT"
    by_hand "sleep 100 | nc -l 127.0.0.1 $PORT2 &"
    by_hand "time curl -i -x http://127.0.0.1:$PORT $(url /)"
    origin accept head end
    CAUSE='wait with a time limit: poll(2), or the socket option SO_RCVTIMEO.' times_out "$(url /)"
    PEER_FAILURE='The connection to the origin server stayed open after 504.' origin_done
    STORY=() REPEAT=("${REPEAT[0]}")
    serves_on
    if ! can_trace; then return 0; fi
    PORT=$PORT3 STORY=() REPEAT=()
    HURRY=60 start proxy "$PORT"
    by_hand "sleep 100 | nc -l 127.0.0.1 $PORT2 &"
    by_hand "time curl -i -x http://127.0.0.1:$PORT $(url /)"
    story 'Then a proxy was started without -T, and time passed 60 times as fast for it.'
    origin accept head end
    CAUSE='without -T the time limit is 30 s.' CAUSE_EARLY='without -T the time limit is 30 s.' times_out "$(url /)" 500 30
}

# longest_pause: of the origin server on connection a, in milliseconds, from the request on.
longest_pause() {
    awk '$2 == "a" { if (last && $1 - last > most) most = $1 - last; last = $1 } END { print int(most) }' "$T/peer/events"
}

@test "R6.16 [3] -T counts from the last byte that came; a reply that stops in the middle ends the exchange" {
    # long
    local i parts=()
    needs R6.15
    start proxy -T 1 "$PORT"
    by_hand "(printf 'HTTP/1.0 200 OK\\r\\n\\r\\n'; for i in 1 2 3 4; do echo part; sleep 0.4; done) | nc -N -l 127.0.0.1 $PORT2 &"
    by_hand "curl -i -x http://127.0.0.1:$PORT $(url /)"
    for i in 1 2 3 4; do parts+=("a.send=part $i\\n" sleep=400); done
    # Where this machine lets the origin server, or the proxy, pause for longer, the proxy may end the exchange, and is asked
    # again. One that counts the whole time ends it each time.
    for i in 1 2 3; do
        STORY=()
        story 'With -T 1, the origin server sent client a a part of its reply every 0.4 s, five in all, and client b half of its
reply and then nothing.'
        origin a.accept a.head b.accept b.head 'b.send=HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it' \
            'a.send=HTTP/1.0 200 OK\r\n\r\n' "${parts[@]}" 'a.send=the last part\n' a.close b.end
        CAUSE='the time starts again whenever something has come; where it is over, close both connections.' \
            talk a.open "a.send=GET $(url /a) HTTP/1.0\\r\\n\\r\\n" b.open "b.send=GET $(url /b) HTTP/1.0\\r\\n\\r\\n" a.end b.end
        if grep -q 'the last part' "$TALK/a.received"; then break; fi
        kill "$PEER" 2>/dev/null || true
        wait "$PEER" || true
        if ((i == 3 && $(longest_pause) < 800)); then
            SHOWN=a
            fail 'The client did not get the whole reply, although something of it came every 0.4 s.' \
                'the time starts again whenever something has come.'
        fi
        if ((i == 3)); then not_graded 'This machine is too busy: the origin server could not send when it was to.'; fi
    done
    PEER_FAILURE="The origin server's connection stayed open." origin_done
    for i in a b; do
        SHOWN=$i
        if ! cmp -s "$T/peer/$i.sent" "$TALK/$i.received"; then
            fail 'The client got something else than what the origin server had sent.' \
                'where the time is over in the middle of a reply, all that is left is to close both connections.'
        fi
    done
}

@test "R6.17 [2] wrong arguments, and a port that is in use, end it with a message" {
    needs R6.1
    SHOWN=none
    expect_usage proxy
    expect_usage proxy 65536
    expect_usage proxy 80a
    expect_usage proxy "$PORT" more
    expect_usage proxy -x "$PORT"
    expect_usage proxy -T "$PORT"
    expect_usage proxy -T soon "$PORT"
    expect_usage proxy -T -1 "$PORT"
    REPEAT=() STORY=()
    start proxy "$PORT"
    RUN_LIMIT=$DEADLINE run proxy "$PORT"
    expect_complaint proxy
}

# ---- How a request may be written, and how it may arrive ----

@test "R6.18 [4] a request may come one byte at a time, and end in bare line feeds; what follows it is left alone" {
    local i steps=()
    needs R6.2
    unit test_forward || true
    REPEAT=() STORY=()
    start proxy "$PORT"
    by_hand "(printf 'GET http://127.0.0.1:$PORT2/ HT'; sleep 1; printf 'TP/1.0\\r\\n\\r\\n') | nc 127.0.0.1 $PORT"
    VOLLEY=("GET $(url /drip) HTTP/1.1\\r\\nHost: 127.0.0.1:$PORT2\\r\\nX-A: b\\r\\n\\r\\n"
        "GET $(url /parts) HTTP/1.0\\r\\nX-A: b\\r\\n\\r\\n" "GET $(url /lf) HTTP/1.0\\nX-A: b\\n\\n"
        "GET $(url /more) HTTP/1.0\\r\\nX-A: b\\r\\n\\r\\nmore" "GET $(url /mixed) HTTP/1.0\\nX-A: b\\r\\n\\n")
    STEPS=("${REPEAT[@]}")
    for i in 1 2 3 4 5; do steps+=("q$i.accept" "q$i.reply=$HELLO" "q$i.close"); done
    origin "${steps[@]}"
    CAUSE='one read is not one request: go on reading until the blank line has come, and no longer.' \
        talk q1.open "q1.drip=${VOLLEY[0]}" q1.end q1.close \
        q2.open "q2.send=GET $(url /pa)" q2.quiet=20 'q2.send=rts HTTP/1.0\r\nX-A: b\r' q2.quiet=20 'q2.send=\n\r' q2.quiet=20 \
        'q2.send=\n' q2.end q2.close \
        q3.open "q3.send=${VOLLEY[2]}" q3.end q3.close q4.open "q4.send=${VOLLEY[3]}" q4.end q4.close \
        q5.open "q5.send=${VOLLEY[4]}" q5.end q5.close
    for i in 1 2 3 4 5; do
        forwarded "$i"
        expect_field X-A b
    done
    STORY=() REPEAT=("${REPEAT[0]}") SHOWN=a
    story 'Then a client sent 60,000 bytes behind its request, and read the long reply after a moment.'
    CAUSE='the proxy closed while input was still unread. The kernel then sends a reset, and throws away what it
  has not sent yet. Before close(2): shutdown(2) for writing; read and drop what comes, until the client has closed.'
    { printf 'HTTP/1.0 200 OK\r\n\r\n' && noise 200000 unread; } >"$T/reply"
    # The origin server stays until the proxy has closed: what it gets behind the request must not make it send a reset.
    origin accept head "file=$T/reply" fin end close
    padding 60000
    talk rcvbuf=65536 open "send=GET $(url /) HTTP/1.0\\r\\n\\r\\n$PADDING" sleep=60 send=more sleep=10 end
    by_hand "(printf 'HTTP/1.0 200 OK\\r\\n\\r\\n'; seq 40000) | nc -N -l 127.0.0.1 $PORT2 &"
    by_hand "(printf 'GET $(url /) HTTP/1.0\\r\\n\\r\\n'; head -c 60000 /dev/zero) | nc -N 127.0.0.1 $PORT | wc -c"
    if ! cmp -s "$T/reply" "$TALK/a.received"; then
        fail "The client did not get the whole reply: $(stat -c %s "$TALK/a.received") of $(stat -c %s "$T/reply") bytes." "$CAUSE"
    fi
}

@test "R6.19 [2] a head of 8,000 bytes is passed on; one that never ends gets 431 or 400" {
    local line='' i
    needs R6.2
    start proxy "$PORT"
    padding 60
    for ((i = 0; i < 100; i++)); do printf -v line '%sX-%02d: %s\\r\\n' "$line" "$i" "$PADDING"; done
    padding 7900
    through "GET $(url /) HTTP/1.0\\r\\n$line\\r\\n" "GET $(url /) HTTP/1.0\\r\\nCookie: $PADDING\\r\\n\\r\\n" \
        "GET $(url "/$PADDING") HTTP/1.0\\r\\n\\r\\n"
    CAUSE='is the buffer large enough?'
    forwarded 1
    padding 60
    for i in {0..99}; do expect_field "X-$((i / 10))$((i % 10))" "$PADDING"; done
    padding 7900
    forwarded 2
    expect_field Cookie "$PADDING"
    forwarded 3
    expect_first "/$PADDING"
    by_hand "(printf 'GET http://127.0.0.1:$PORT2/'; head -c 300000 /dev/zero | tr '\\0' a) | nc 127.0.0.1 $PORT"
    CAUSE='when 16,384 bytes have come without a blank line: 431, and close.' \
        talk l.open "l.send=GET $(url /)" l.flood=300000 l.end l.close m.open "m.send=GET $(url /) HTTP/1.0\\r\\nCookie: " \
        m.flood=300000 m.end
    for i in l m; do
        SHOWN=$i
        read_answer "$TALK/$i.received"
        if [[ -z $CODE ]]; then still_serving; fi
        expect_code 431 400
    done
}

@test "R6.20 [2] an empty request, or one that ends before its blank line, gets no reply" {
    local i
    needs R6.2
    start proxy "$PORT"
    HALF_CLOSE=yes volley '' '\r\n\r\n' '\n\n' 'GE' "GET $(url /)" "GET $(url /) HTTP/1.0\\r\\n" "GET $(url /) HTTP/1.0\\r\\nHost: x\\r\\n"
    for i in {1..7}; do
        answer "$i"
        if [[ -z $CODE ]]; then still_serving; fi
        expect_ignored
    done
    serves_on
}

@test "R6.21 [3] origin servers and clients with IPv4 and IPv6 addresses, and with names" {
    needs R6.2
    ENVIRONMENT+=(RESOLV_MULTI=on) # all addresses of a name in /etc/hosts, as host.conf(5) says on most systems
    start proxy "$PORT"
    CAUSE='getaddrinfo may give several addresses for a name: try them in turn. In a URL, IPv6 addresses are in brackets.'
    story 'The origin server listened on 127.0.0.1 only.'
    HOST=127.0.0.1 origin a.accept "a.reply=$HELLO" a.close
    talk open "send=GET http://localhost:$PORT2/ HTTP/1.0\\r\\n\\r\\n" end
    fetched
    origin_done
    if ! have_ipv6; then return; fi
    STORY=() CAUSE='an IPv6 address stands in brackets in a URL, http://[::1]:8080/; getaddrinfo wants it without them.'
    story 'The origin server listened on ::1 only.'
    local requests=("GET http://[::1]:$PORT2/six HTTP/1.0\\r\\n\\r\\n" "GET http://[::1]:$PORT2 HTTP/1.0\\r\\n\\r\\n")
    local steps=(q1.accept "q1.reply=$HELLO" q1.close q2.accept "q2.reply=$HELLO" q2.close)
    if grep -qsE '^::1[[:blank:]]+(.*[[:blank:]])?localhost([[:blank:]]|$)' /etc/hosts; then
        requests+=("GET http://localhost:$PORT2/ HTTP/1.0\\r\\n\\r\\n")
        steps+=(q3.accept "q3.reply=$HELLO" q3.close)
    fi
    HOST=::1 origin "${steps[@]}"
    volley "${requests[@]}"
    if ((${#requests[@]} == 3)); then
        CAUSE='getaddrinfo may give several addresses for a name: try them in turn.'
        forwarded 3
    fi
    forwarded 1
    expect_first /six
    expect_field Host "[::1]:$PORT2"
    forwarded 2
    expect_first /
    origin_done
    STORY=()
    story 'A client came from ::1.'
    CAUSE='the proxy must listen on every address: an IPv6 socket with IPV6_V6ONLY off takes IPv4 as well.'
    origin q1.accept "q1.reply=$HELLO" q1.close
    HOST=::1 volley "GET $(url /) HTTP/1.0\\r\\n\\r\\n"
    forwarded 1
}

# ---- Many at a time ----

@test "R6.22 [3] 50 clients that send nothing, or half of a request, hold up nobody" {
    needs R6.2
    start proxy "$PORT"
    greeter
    by_hand_silent 50
    by_hand "curl -i -x http://127.0.0.1:$PORT $(url /)"
    story '50 clients connected; 25 sent nothing, 25 half of a request. After each, client quick asked the origin server.'
    CAUSE='the thread that accepts must do nothing but accept: reading from a client is for the thread of that client.'
    crowd_of h 25 ''
    local all=("${CROWD[@]}")
    crowd_of i 25 "GET $(url /) HTTP/1.0\\r\\nHost: 127"
    talk "${all[@]}" "${CROWD[@]}"
    quick_got 50
}

@test "R6.23 [3] 20 origin servers that never answer hold up nobody" {
    needs R6.2
    start proxy "$PORT"
    greeter
    silent_origin
    by_hand "for i in \$(seq 20); do curl -x http://127.0.0.1:$PORT http://127.0.0.1:$PORT3/ & done"
    by_hand "curl -i -x http://127.0.0.1:$PORT $(url /)"
    story "20 clients asked a server that takes connections and never answers. After each, client quick asked the origin server."
    CAUSE='waiting for an origin server is for the thread of that client; no lock may be held meanwhile.'
    crowd_of s 20 "GET http://127.0.0.1:$PORT3/ HTTP/1.0\\r\\n\\r\\n"
    talk "${CROWD[@]}"
    quick_got 20
}

# at_a_time COUNT STRIDE: so many clients are in the middle of their replies at the same time, and each gets its own; the
# rest of the replies comes in another order.
at_a_time() {
    local i k steps=() clients=()
    start proxy "$PORT"
    for ((i = 1; i <= $1; i++)); do
        clients+=("b$i.open" "b$i.send=GET $(url "/$i") HTTP/1.0\\r\\n\\r\\n" "b$i.recv=30" wait)
        steps+=("b$i.accept" "b$i.head" "b$i.send=HTTP/1.0 200 OK\\r\\nX-Number: $i\\r\\n\\r\\n" say=here)
    done
    for ((i = 0; i < $1; i++)); do
        k=$((i * $2 % $1 + 1))
        steps+=("b$k.send=This is reply $k.\\n" "b$k.close")
    done
    by_hand "(for i in \$(seq $1); do curl -s -x http://127.0.0.1:$PORT -o \$i.got $(url /)\$i & done; wait)"
    story "$1 clients asked one after the other; each got the head of its reply. Then all replies were completed."
    TALK_FAILURE="A client did not get its reply while others were in the middle of theirs:"
    CAUSE=$SHARED
    origin "${steps[@]}"
    for ((i = 1; i <= $1; i++)); do clients+=("b$i.end"); done
    visitor "${clients[@]}"
    for ((i = 1; i <= $1; i++)); do
        origin_says here
        go_on
    done
    visitor_done
    for ((i = 1; i <= $1; i++)); do
        if ! cmp -s "$T/peer/b$i.sent" "$TALK/b$i.received"; then
            SHOWN=b$i
            fail "Client $i of $1 did not get what the origin server sent on its connection." "$SHARED"
        fi
    done
}

@test "R6.24 [4] 100 clients are in the middle of their replies at the same time, and each gets its own" {
    needs R6.22
    at_a_time 100 37
}

threads_at_least() {
    server_threads THREADS
    ((THREADS >= $1))
}

@test "R6.25 [3] each connection has a thread of its own, all in one process" {
    local processes now
    needs R6.2
    start proxy "$PORT"
    greeter
    by_hand_silent 40
    by_hand 'ps -C proxy -o pid,nlwp,cmd'
    server_process_count processes
    crowd_of h 40 "GET $(url /) HT"
    visitor "${CROWD[@]}" say=connected wait
    visitor_says connected
    story '40 clients connected and sent half of a request each.'
    SHOWN=none
    server_process_count now
    if ((now > processes || now > 8)); then
        fail "The proxy consists of $now processes now; without clients it was $processes." \
            "fork starts a process. pthread_create starts a thread, in the same process."
    fi
    if ! within "$DEADLINE" threads_at_least 40; then
        fail "The proxy has $THREADS threads; with 40 connections open there are at least 40." \
            "the clients are served one after the other, or all by one thread."
    fi
    go_on
    visitor_done
}

# ---- Both ends do what they like ----

@test "R6.26 [3] no client ends the proxy: port scans, garbage, resets, hanging up before the reply" {
    local i garbage=''
    needs R6.2
    start proxy "$PORT"
    for i in {1..40}; do garbage+='\0\xff\x80%s%n\x01\x02 \t\r\x00'; done
    origin accept head send='HTTP/1.0 200 OK\r\n\r\n' flood=3000000 close forever
    by_hand "nc -z 127.0.0.1 $PORT; head -c 1000 /dev/urandom | nc -N 127.0.0.1 $PORT"
    by_hand "curl -s -x http://127.0.0.1:$PORT $(url /big) | head -c 1000 | wc -c"
    story 'Clients came that sent nothing, garbage or NUL bytes, reset the connection, and hung up before their reply of
3 MB came, or in the middle of it.'
    TALK_FAILURE='A client did not get what was due:'
    talk a1.open a1.close a2.open a2.reset a3.open a3.fin a3.end a3.close a4.open "a4.send=$garbage" a4.fin a4.end a4.close \
        a5.open "a5.send=GET $garbage" a5.fin a5.end a5.close a6.open "a6.send=GET $(url '/a\0b') HTTP/1.0\\r\\n\\r\\n" a6.reset \
        a7.open "a7.send=GET http://%s%n:%n/ HTTP/1.0\\r\\n\\r\\n" a7.end a7.close \
        a8.open "a8.send=GET http:// HTTP/1.0\\r\\n:\\r\\n:::\\r\\n no field\\r\\n\\r\\n" a8.end a8.close
    for i in 1 2 3; do
        talk sigstop="$SERVER" b.open "b.send=GET $(url /) HTTP/1.0\\r\\n\\r\\n" b.close sigcont="$SERVER" \
            c.open "c.send=GET $(url /) HTTP/1.0\\r\\n\\r\\n" c.recv=100000 c.reset \
            d.open "d.send=GET $(url /) HTTP/1.0\\r\\n\\r\\n" d.recv=1 d.close \
            f.open "f.send=GET $(url /) HTTP/1.0\\r\\n\\r\\n" f.recv=3000000 f.close
    done
    still_serving
}

# gone_in_mid_reply STEP: a client leaves with this step in the middle of an endless reply; then the origin server's
# connection ends, too.
gone_in_mid_reply() {
    origin accept head send='HTTP/1.0 200 OK\r\n\r\n' flood=100000000000
    talk open "send=GET $(url /endless) HTTP/1.0\\r\\n\\r\\n" recv=200000 "$1"
    SHOWN=none PEER_FAILURE='The client has gone, but the origin server still sends, and its connection is still open.' \
        origin_done
}

@test "R6.27 [4] when a client leaves in the middle of its reply, the connection to the origin server ends" {
    needs R6.2
    start proxy "$PORT"
    by_hand "(printf 'HTTP/1.0 200 OK\\r\\n\\r\\n'; cat /dev/zero) | nc -l 127.0.0.1 $PORT2 &"
    by_hand "curl -s -x http://127.0.0.1:$PORT $(url /endless) | head -c 1000 | wc -c; jobs"
    CAUSE='send tells that the client has gone (-1, EPIPE or ECONNRESET): then close the connection to the origin server.'
    story 'A client hung up in the middle of an endless reply.'
    gone_in_mid_reply close
    story 'Another one reset its connection.'
    gone_in_mid_reply reset
}

@test "R6.28 [3] an origin server that goes away ends its own exchange only" {
    local how
    needs R6.2
    start proxy "$PORT"
    by_hand "printf 'HTTP/1.0 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\nhalf' | nc -N -l 127.0.0.1 $PORT2 &"
    by_hand "curl -i -x http://127.0.0.1:$PORT $(url /)"
    CAUSE="when the origin server's connection ends, the client's ends too; recv tells it with 0, or with -1 after a reset."
    story 'Client a asked and got half of its reply. Client b asked; its origin server was the same. Then the origin server ended
the connection of a; a was closed. Then b got the rest of its reply.'
    for how in close reset; do
        origin a.accept a.head 'a.send=HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nhalf' b.accept b.head \
            'b.send=HTTP/1.0 200 OK\r\n\r\nhel' wait "a.$how" wait 'b.send=lo\n' b.close
        visitor a.open "a.send=GET $(url /a) HTTP/1.0\\r\\n\\r\\n" a.recv=44 \
            b.open "b.send=GET $(url /b) HTTP/1.0\\r\\n\\r\\n" b.recv=22 say=half a.end say=ended b.end
        visitor_says half
        origin_goes_on
        visitor_says ended
        origin_goes_on
        visitor_done
        origin_done
        SHOWN=b
        if ! cmp -s "$T/peer/b.sent" "$TALK/b.received"; then fail 'Client b did not get its whole reply.' "$CAUSE"; fi
    done
    story 'Origin servers ended the connection before they sent anything.'
    origin accept close a.accept reset accept head reset accept "reply=$HELLO" close
    talk a.open "a.send=GET $(url /) HTTP/1.0\\r\\n\\r\\n" a.end a.close b.open "b.send=GET $(url /) HTTP/1.0\\r\\n\\r\\n" b.end b.close \
        c.open "c.send=GET $(url /) HTTP/1.0\\r\\n\\r\\n" c.end d.open "d.send=GET $(url /) HTTP/1.0\\r\\n\\r\\n" d.end
    fetched d
}

# mute_origin: a server on 127.0.0.2 that closes without a word.
mute_origin() {
    "$PROBE" -t 60 -l 127.0.0.2 "$PORT2" accept head close forever >"$T/mute.out" 2>"$T/mute.err" &
    BOXES+=("$!")
    within "$DEADLINE" grep -q ready "$T/mute.out" || did_not_start "$T/mute.err"
}

@test "R6.29 [3] 300 exchanges leave nothing behind: descriptors, threads and memory are what they were" {
    local i ask steps=() threads descriptors before now replies cause
    needs R6.2
    start proxy "$PORT"
    by_hand "for i in \$(seq 300); do curl -s -o page.got -x http://127.0.0.1:$PORT $(url /); done"
    by_hand "ps -C proxy -o nlwp,rss,vsz; ls /proc/\$(pgrep proxy)/fd"
    padding 100000
    HOST=127.0.0.1 origin accept "reply=HTTP/1.0 200 OK\\r\\n\\r\\n$PADDING" close forever
    mute_origin
    padding 17000
    cause='a thread that is neither detached nor joined keeps its stack for ever; each connection, to both ends, needs its
  close and each malloc its free, on every way out.'
    server_descriptors descriptors
    server_threads threads
    ask="GET $(url /) HTTP/1.0\\r\\n\\r\\n"
    for i in {1..10}; do
        steps+=(a.open "a.send=$ask" a.end a.close b.open b.send='GET / HTTP/1.0\r\n\r\n' b.end b.close
            c.open "c.send=GET http://127.0.0.1:$PORT3/ HTTP/1.0\\r\\n\\r\\n" c.end c.close a.open "a.send=$ask" a.end a.close
            d.open "d.send=POST $(url /) HTTP/1.0\\r\\n\\r\\n" d.end d.close e.open "e.send=GET http" e.fin e.end e.close
            f.open "f.send=$ask" f.recv=100 f.reset a.open "a.send=$ask" a.end a.close g.open "g.send=$ask" g.recv=1 g.close
            a.open "a.send=$ask" a.end a.close h.open "h.send=GET http://127.0.0.2:$PORT2/ HTTP/1.0\\r\\n\\r\\n" h.end h.close
            i.open "i.send=GET $(url "/$PADDING")" i.fin i.end i.close)
    done
    story 'Again and again came 120 exchanges: good ones, 400, 431, 501, 502, half a request, clients that left early, and an
origin server that closed without a word.'
    talk "${steps[@]}"
    server_memory now
    for i in {1..5}; do
        before=$now
        talk "${steps[@]}"
        SHOWN=none
        replies=$(grep -ac 'HTTP/1\.0 200' "$TALK/a.received") || true
        if ((replies != 40)); then fail "After some hundred exchanges only $replies of 40 requests had a reply." "$cause"; fi
        back_to descriptors $((descriptors + 6)) 'The proxy has more descriptors open than before' "$cause"
        back_to threads $((threads + 6)) 'The proxy has more threads than before' 'a thread does not end with its exchange.'
        server_memory now
        if ((i > 2 && now <= before + 500)); then
            closes_by_itself "$PORT3" "$ask" proxy "$PORT3"
            return
        fi
    done
    fail "The proxy takes $now kB of memory now, and took $before kB 120 exchanges before; it grows each time." "$cause"
}

# limit_threads COUNT: from now on the system starts no thread for the proxy where it has so many or more.
limit_threads() {
    prlimit --pid "$SERVER" "--nproc=$1:" || not_graded 'The limit on threads cannot be set.'
}

@test "R6.30 [2] where no thread can be started the connection is closed, and the others go on" {
    local i allowed steps=()
    needs R6.2
    start proxy "$PORT"
    greeter
    allowed=$(prlimit --pid "$SERVER" --nproc --raw --noheadings --output SOFT)
    crowd_of b 2 "GET $(url /) HT"
    for i in {1..8}; do steps+=("c$i.open" sleep=2); done
    steps+=('b1.send=TP/1.0\r\n\r\n' b1.end)
    for i in {1..8}; do steps+=("c$i.fin" "c$i.end" "c$i.close"); done
    story 'Clients b1 and b2 connected and sent half of a request. Then the system allowed no more threads:
pthread_create fails with EAGAIN. Clients c1 to c8 connected, and b1 sent its rest. c1 to c8 finished sending, and
waited until they were closed. Then threads could be had again: b2 sent its rest, and client d1 connected and asked.'
    TALK_FAILURE=''
    CAUSE='look whether pthread_create fails (in Python: Thread.start). Where it does, close that connection and go on.'
    visitor "${CROWD[@]}" say=connected wait "${steps[@]}" say=refused wait 'b2.send=TP/1.0\r\n\r\n' b2.end \
        d1.open "d1.send=GET $(url /) HTTP/1.0\\r\\n\\r\\n" d1.end
    visitor_says connected
    limit_threads 0
    go_on
    visitor_says refused
    limit_threads "$allowed"
    go_on
    visitor_done
    for i in b1 b2 d1; do fetched "$i"; done
}

@test "R6.31 [2] SIGTERM and SIGINT end the proxy in the middle of exchanges; it can start again at once" {
    local signal usual
    needs R6.2
    for signal in TERM:143 INT:130; do
        usual=${signal#*:} signal=${signal%:*}
        start proxy "$PORT"
        story 'Three clients were connected: one silent, one with half of a request, one in the middle of its reply.'
        origin accept head send='HTTP/1.0 200 OK\r\n\r\nhalf' wait end
        visitor b.open c.open "c.send=GET $(url /) HT" d.open "d.send=GET $(url /) HTTP/1.0\\r\\n\\r\\n" d.recv=20 say=connected wait
        visitor_says connected
        stop "$signal"
        if ((STATUS != 0 && STATUS != usual)); then
            fail "The proxy ended with status $STATUS after SIG$signal; 0, or $usual (death by it), was expected." \
                "$(signal_name "$STATUS")"
        fi
        go_on
        visitor_done
        origin_goes_on
        origin_done
    done
    story 'It was started again on the same port.'
    CAUSE='connections of a server that has ended keep the port for a minute: set SO_REUSEADDR before bind.'
    start proxy "$PORT"
    serves_on
}

# deaf_origin: a server on $PORT3 that takes no more connections: its queue is full, and it accepts none. A client of it
# waits in connect(), for nobody answers.
deaf_origin() {
    "$PROBE" -t 60 -l 127.0.0.1 "$PORT3" backlog=0 wait <&"$TICK" >"$T/deaf.out" 2>"$T/deaf.err" &
    BOXES+=("$!")
    within "$DEADLINE" grep -q ready "$T/deaf.out" || did_not_start "$T/deaf.err"
    "$PROBE" -t "$DEADLINE" 127.0.0.1 "$PORT3" open 2>"$T/deaf.err" || not_graded "The queue cannot be filled: $(<"$T/deaf.err")"
}

@test "R6.32 [3] -T holds for connecting as well: an origin server that does not even take the connection gives 504" {
    needs R6.15
    start proxy -T 1 "$PORT"
    deaf_origin
    by_hand "python3 -c 'import socket, time; s = socket.create_server((\"127.0.0.1\", $PORT3), backlog=0); time.sleep(100)' &"
    by_hand "sleep 100 | nc 127.0.0.1 $PORT3 &"
    by_hand "time curl -i -x http://127.0.0.1:$PORT http://127.0.0.1:$PORT3/"
    story 'The queue of the origin server for new connections was full: it did not answer.'
    CAUSE='connect() waits two minutes by itself. With O_NONBLOCK it only begins; then poll(2) waits, with a limit.' \
        times_out "http://127.0.0.1:$PORT3/"
}

# ---- Under observation ----

@test "R6.33 [2] proxy reads and writes no memory that is not its own, and computes nothing that C does not define" {
    local request text='' steps=()
    needs R6.2
    sanitizer address proxy
    start proxy -T 1 "$PORT"
    origin accept "reply=$HELLO" close accept head close accept head reset accept reset \
        accept 'reply=HTTP/1.0 200 OK\r\nX: \0\xff\r\n\r\n' flood=300000 close accept 'reply=HTTP/1.0' close forever
    story 'It got good requests and bad ones, short and long, whole and in pieces, for origin servers that replied, hung up and
were not there; clients left early.'
    by_hand "python3 -m http.server $PORT2 &"
    by_hand "curl -i -x http://127.0.0.1:$PORT $(url /)"
    for request in / '' '?' '/?#' /index.html '/%41?a=b#c' / /; do
        poke open "send=GET $(url "$request") HTTP/1.0\\r\\n\\r\\n" end
    done
    # Several in one go: to start the probe takes longer than to ask.
    for request in http:// http:/// http://: http://:80/ http://[ http://[] 'http://[::1' http://]: http://127.0.0.1: "http://127.0.0.1:$PORT3/" \
        http://127.0.0.1:99999999999999999999/ http://127.0.0.1:-1/ http://@/ "http://a@b@127.0.0.1:$PORT3/" "HTTP://127.0.0.1:$PORT3/" https://x/ / '' '*' '\xff\0' \
        "$(url /) x y"; do
        steps+=(open "send=GET $request HTTP/1.0\\r\\n\\r\\n" fin end close open "send=GET $request" fin end close)
    done
    for request in 'GET' 'GET ' 'G' 'POST / HTTP/1.0' '' ' ' '\0\0\0' "POST $(url /)"; do
        steps+=(open "send=$request\\r\\n\\r\\n" fin end close open "send=$request" fin end close)
    done
    for request in 'Connection:' 'Connection: ,,, ,' 'connection:x,y , z\r\nx: 1\r\nz:2' ':' ': x' 'no colon' ' blank: 1' 'X:\r' 'X: \0' \
        'TE:\r\nTE' 'Host:' 'A:\r\n\tb' 'Connection: X-A\r\nConnection:\tX-B\r\nX-B:'; do
        steps+=(open "send=GET $(url /) HTTP/1.1\\r\\n$request\\r\\n\\r\\n" fin end close
            open "send=GET $(url /) HTTP/1.1\\n$request\\n\\n" fin end close)
    done
    poke "${steps[@]}"
    for request in {1..99}; do text+="Field-$request: ${text:0:50}\\r\\n"; done
    poke open "send=GET $(url /) HTTP/1.0\\r\\n$text\\r\\n" end
    padding 2000
    text=${PADDING//0/x:\\n}
    poke open "send=GET $(url /) HTTP/1.0\\n$text\\n" fin end
    for request in 255 256 300 1024 4096 7900; do
        padding "$request"
        poke open "send=GET $(url "/$PADDING") HTTP/1.0\\r\\n\\r\\n" end
        poke open "send=GET http://$PADDING/ HTTP/1.0\\r\\n\\r\\n" end
        poke open "send=GET http://127.0.0.1:$PADDING/ HTTP/1.0\\r\\n\\r\\n" end
        poke open "send=GET $(url /) HTTP/1.0\\r\\nConnection: $PADDING\\r\\n$PADDING: x\\r\\n\\r\\n" end
    done
    for request in 16300 16384 17000 40000; do
        padding "$request"
        poke open "send=GET $(url /) HTTP/1.0\\r\\nCookie: $PADDING" fin end
        poke open "send=GET $(url "/$PADDING")" fin end
    done
    poke open "drip=GET $(url /drip) HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n" end
    poke b.open "b.send=GET $(url /) HT" b.reset c.open c.close d.open "d.send=GET $(url /) HTTP/1.0\\r\\n\\r\\n" d.reset \
        e.open "e.send=GET $(url /) HTTP/1.0\\r\\n\\r\\n" e.recv=1 e.close f.open "f.send=GET $(url /) HTTP/1.0\\r\\n\\r\\n" f.end
    no_findings
}

@test "R6.34 [2] no data race: what threads share is kept apart" {
    local i round steps=() path threads
    needs R6.2
    sanitizer thread proxy
    start proxy -T 1 "$PORT"
    deaf_origin
    greeter
    story 'Four clients asked at once for a server that does not take their connections. Then, three times, twelve clients
connected, and all asked at once; some for a server that is not there, some for what is no URL, some left.'
    by_hand "for i in \$(seq 12); do curl -s -x http://127.0.0.1:$PORT $(url /) & done"
    # For the sanitizer a thread that is started or receives comes after whoever has connected or sent, wherever that was. So all
    # four threads are there before the first connects, and none sends before the last has.
    server_threads threads
    visitor b{1..4}.open say=connected wait b{1..4}.send="GET http://127.0.0.1:$PORT3/ HTTP/1.0\\r\\n\\r\\n" b{1..4}.end
    visitor_says connected
    within "$DEADLINE" threads_at_least $((threads + 4)) || true
    go_on
    wait "$VISITOR" || true # it makes no difference how that ends
    for round in 1 2 3; do
        steps=()
        for ((i = 1; i <= 12; i++)); do
            path=http://$( ((i % 2)) && echo 127.0.0.1 || echo localhost):$PORT2/$round/$i
            if ((i % 4 == 2)); then path=http://127.0.0.1:1/; fi
            if ((i % 4 == 3)); then path=/$i; fi
            steps+=("b$i.open" "b$i.send=GET $path HT")
        done
        for ((i = 1; i <= 12; i++)); do steps+=("b$i.send=TP/1.0\\r\\nX-$i: $round\\r\\nConnection: X-$i\\r\\n\\r\\n"); done
        for ((i = 1; i <= 11; i++)); do steps+=("b$i.end"); done
        poke "${steps[@]}" b12.reset
    done
    no_findings
}

@test "R6.35 [3] calls that are interrupted, or do a part of their work only, are completed" {
    needs R6.2
    under_faults
    printf 'HTTP/1.0 200 OK\r\nContent-Type: image/png\r\n\r\n' >"$T/reply"
    noise 300000 faults >>"$T/reply"
    start proxy "$PORT"
    CAUSE='a call may read or write a part only, and may end with EINTR before it has done anything: it is called again.'
    through "GET $(url /one) HTTP/1.1\\r\\nHost: 127.0.0.1:$PORT2\\r\\nX-A: b\\r\\n\\r\\n" "GET $(url /two) HTTP/1.0\\r\\n\\r\\n"
    forwarded 1
    expect_first /one
    expect_field X-A b
    forwarded 2
    refused_with 400 -- 'GET / HTTP/1.0\r\n\r\n'
    refused_with 502 -- "GET http://127.0.0.1:$PORT3/ HTTP/1.0\\r\\n\\r\\n"
    origin accept head "file=$T/reply" close
    talk open "send=GET http://127.0.0.1:$PORT2/pic" sleep=5 send='ture HTTP/1.0\r\nHost: loc' sleep=5 send='alhost\r\n\r\n' end
    if ! cmp -s "$T/reply" "$TALK/a.received"; then
        SHOWN=a
        fail "The client did not get what the origin server sent ($(stat -c %s "$TALK/a.received") of $(stat -c %s "$T/reply") bytes)." "$CAUSE"
    fi
    still_serving
    faults_fired
}
