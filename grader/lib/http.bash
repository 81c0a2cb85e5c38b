# http.bash - requests to the student's web servers, and verdicts on their replies.
#
# `get` asks with curl, `ask` with the bytes given. Both leave $T/head and $T/body; CODE is the status code, '' where
# there was no reply.

# make_site: the files that servers serve, once for the whole run, at $SITE. Call it in setup_file.
make_site() {
    cp -r "$KIT/lib/site" "$SITE"
    noise 10485760 big.mp4 >"$SITE/big.mp4"
    noise 3000000 photo.jpg >"$SITE/photo.jpg"
    noise 200000 second.jpg >"$SITE/second.jpg"
    printf 'This is page %s.\n' "$NUMBER" >"$SITE/$WORD.txt"
    echo secret >"$SITE/plan.as-it-was-before-the-summer-holidays"
    mkdir "$SITE/bare"
}

# get PATH [CURL_OPTION...]: with curl, as a browser would.
get() {
    local path=$1 status=0 url
    shift
    url=http://${HOST:-127.0.0.1}:$PORT$path
    as_typed "$@" "$url"
    by_hand "curl -i --path-as-is $TYPED"
    story "Asked: curl $TYPED"
    new_talk
    : >"$T/head"
    : >"$T/body"
    (
        ulimit -f 150000 # kB: a server may send for ever
        exec curl -sS -q --noproxy '*' --path-as-is -m "$((2 * DEADLINE))" -D "$T/head" -o "$T/body" "$@" "$url" 2>"$T/curl.err"
    ) || status=$?
    read_head <"$T/head"
    ((status == 0)) || fail_curl "$status"
}

fail_curl() {
    local cause=''
    case $1 in
    7) cause='nothing listens on the port any more: has the server ended?' ;;
    18) cause='the server closed before it had sent as many bytes as its Content-Length says.' ;;
    28) cause='the server kept the connection open without sending what was due. Does it close after the reply?' ;;
    52) cause='the server closed the connection without a reply.' ;;
    153) cause='too much came, and no end of it.' ;;
    56) cause='the server closed while a part of the request was still unread; the kernel then sends a reset, and the client may lose the reply.' ;;
    esac
    story "$(shown 'Head received' "$T/head" 10 '<')"
    still_serving
    fail "curl could not complete the request: $(sed 's/^curl: //' "$T/curl.err")" "$cause"
}

# ask REQUEST [STEP...]: sends these bytes (escapes as in probe/README.md), and reads to the end of the connection.
ask() {
    local request=$1
    shift
    by_hand "printf '$(printf '%s' "$request" | sed "s/'/'\\\\''/g; s/%/%%/g")' | nc -N ${HOST:-127.0.0.1} $PORT"
    CAUSE=${CAUSE:-} talk open "send=$request" "$@" end
    take_apart a
}

# take_apart NAME: makes head and body of what connection NAME of the last talk received.
take_apart() {
    local received=$TALK/$1.received
    : >>"$received"
    read_head <"$received"
    head -c "$HEAD_SIZE" "$received" >"$T/head"
    tail -c "+$((HEAD_SIZE + 1))" "$received" >"$T/body"
}

# A line that is longer is read in parts: to trim a megabyte of blanks takes a shell for ever.
readonly LONGEST=10000

# read_head: reads a reply's head from standard input, up to its blank line or the end, with the shell's own means, since
# starting a process costs more than a reply. Sets CODE ('' where nothing came, '?' for no status line), REASON, and the
# values of header fields: TYPE, LENGTH, CLOSING; BLANK_LINE where the head ends in one; HEAD_SIZE is its size in bytes;
# BARE_LF is how many of its lines end without a CR.
read_head() {
    local LC_ALL=C line='' name value
    CODE='' REASON='' TYPE='' LENGTH='' CLOSING='' HEAD_SIZE=0 BLANK_LINE='' BARE_LF=0
    if IFS= read -rn "$LONGEST" line; then
        if [[ $line != *$'\r' ]]; then BARE_LF=1; fi
        CODE='?' HEAD_SIZE=$((${#line} + 1))
        if [[ ${line%$'\r'} =~ ^HTTP/1\.[01]\ ([1-9][0-9][0-9])(\ (.*))?$ ]]; then
            CODE=${BASH_REMATCH[1]} REASON=${BASH_REMATCH[3]:0:200}
        fi
    else
        HEAD_SIZE=${#line}
    fi
    while [[ -n $CODE ]] && IFS= read -rn "$LONGEST" line; do
        HEAD_SIZE=$((HEAD_SIZE + ${#line} + (${#line} < LONGEST)))
        if [[ $line != *$'\r' ]]; then BARE_LF=$((BARE_LF + 1)); fi
        line=${line%$'\r'}
        if [[ -z $line ]]; then
            BLANK_LINE=yes
            break
        fi
        line=${line:0:500} # of more, only that it is there matters
        name=${line%%:*} value=${line#*:}
        value=${value#"${value%%[![:blank:]]*}"} value=${value%"${value##*[![:blank:]]}"}
        case ${name,,} in
        content-type) TYPE=$value ;;
        content-length) LENGTH=$value ;;
        connection) CLOSING=$value ;;
        esac
    done
}

# expect_code CODE...: the reply has one of these status codes.
expect_code() {
    local code
    for code; do
        if [[ $CODE == "$code" ]]; then return 0; fi
    done
    show_head
    if [[ -z $CODE ]]; then fail "No HTTP reply came; $(join_or "$@") was expected."; fi
    fail "The status code is $CODE; $(join_or "$@") was expected."
}

join_or() {
    local text=$1
    shift
    while (($#)); do
        text+=" or $1"
        shift
    done
    printf '%s' "$text"
}

show_head() {
    if [[ ! -e $TALK ]]; then story "$(shown 'Head received' "$T/head" 10 '<')"; fi
}

# expect_type TYPE: the media type; a `; charset=` behind it is as good.
expect_type() {
    if [[ ${TYPE,,} != "$1" && ${TYPE,,} != "$1;"* ]]; then
        show_head
        fail "The Content-Type is '$TYPE'; '$1' was expected."
    fi
}

# expect_body FILE: the content is that file, byte for byte, and Content-Length says how long it is.
expect_body() {
    local difference
    if ! difference=$("$BYTES" diff "$1" "$T/body"); then
        show_head
        fail "The content is not the file $(basename "$1"):"$'\n'"$difference" "${2:-}"
    fi
    expect_length
}

expect_blank_line() {
    if [[ -z $BLANK_LINE ]]; then
        show_head
        fail 'The head of the reply does not end: there is no blank line (\r\n alone) between it and the content.'
    fi
}

expect_length() {
    local size
    expect_blank_line
    size=$(stat -c %s "$T/body")
    if [[ $LENGTH != "$size" ]]; then
        show_head
        fail "Content-Length is '$LENGTH', and $size bytes of content came." \
            "count bytes, not characters, and only those after the blank line."
    fi
}

# expect_error CODE...: an error reply: one of these codes, an HTML page that names it, exact headers.
expect_error() {
    expect_code "$@"
    expect_type text/html
    expect_length
    expect_close
    if ! grep -qF "$CODE" "$T/body"; then
        story "$(shown 'Content' "$T/body" 10 '<')"
        fail "The page of an error names its code, $CODE, and its reason."
    fi
}

expect_close() {
    if [[ ${CLOSING,,} != close ]]; then
        show_head
        fail "The header field 'Connection: close' is missing (found '$CLOSING')."
    fi
}

# expect_silence: the connection was closed without a reply, in order or by a reset.
expect_silence() {
    if [[ -s $TALK/a.received ]]; then
        fail "A reply came; such a request is ignored: the connection is closed without one."
    fi
}

# is_fine PATH FILE [TYPE]: a good reply in every respect.
is_fine() {
    get "$1"
    expect_code 200
    if [[ -n ${3:-} ]]; then expect_type "$3"; fi
    expect_body "$2"
    expect_close
}

# ---- Many clients at a time ----

# A request, and its two halves: when only the first has come, the connection is under way and nothing can be answered.
readonly QUICK='GET /testfile HTTP/1.0\r\n\r\n' HALF='GET /testfile HT' REST='TP/1.0\r\n\r\n'
readonly LARGE='GET /big.mp4 HTTP/1.0\r\n\r\n' # more than the kernel keeps for a client that does not read
# The steps of a client that has nothing to do with the others.
readonly ASK_QUICK=(quick.open "quick.send=$QUICK" quick.end quick.close)

# by_hand_silent COUNT: the command that opens so many connections and sends nothing. by_hand_quick: a client beside.
by_hand_silent() { by_hand "for i in \$(seq $1); do sleep 60 | nc 127.0.0.1 $PORT & done"; }
by_hand_quick() { by_hand "curl -i http://127.0.0.1:$PORT/testfile"; }

# crowd NAME COUNT [BYTES]: makes CROWD the steps that open the connections NAME1 to NAMECOUNT and send BYTES on each.
# After each, connection `quick` asks for a page and waits for it. So the server has accepted them all at the end, and a
# short backlog is never full.
crowd() {
    local i
    CROWD=() TALK_FAILURE='While other clients were connected, one (quick) that asked for testfile did not get it:'
    for ((i = 1; i <= $2; i++)); do
        CROWD+=("$1$i.open")
        if [[ -n ${3:-} ]]; then CROWD+=("$1$i.send=$3"); fi
        CROWD+=("${ASK_QUICK[@]}")
    done
}

# expect_answers COUNT: on connection `quick` of the last talk so many good replies came in all.
expect_answers() {
    local count
    count=$(awk '/HTTP\/1\.[01] 200/ { heads++ } /^Its second line/ { bodies++ }
        END { print heads < bodies ? heads + 0 : bodies + 0 }' "$TALK/quick.received")
    if ((count != $1)); then
        SHOWN=none
        fail "Client quick asked for testfile $1 times and got it $count times."
    fi
}

# expect_got NAME FILE: connection NAME got 200 and this text file.
# expect_each NAME COUNT FILE: so did the connections NAME1 to NAMECOUNT.
expect_got() {
    local text
    IFS= read -rd '' text <"$2" || true
    read_answer "$TALK/$1.received"
    if [[ $CODE != 200 || $BODY != "$text" ]]; then
        SHOWN=$1
        fail "${3:-Client $1} did not get the file ${2##*/} (status code: ${CODE:-none})." "${CAUSE:-}"
    fi
}
expect_each() {
    local i
    for ((i = 1; i <= $2; i++)); do expect_got "$1$i" "$3" "Client $i of $2"; done
}

# expect_whole NAME FILE: the reply on connection NAME ends with this file, byte for byte. For large files.
expect_whole() {
    local received=$TALK/$1.received size total
    { read -r size && read -r total; } < <(stat -c %s "$2" "$received")
    if ((total <= size)) || ! cmp -s -i "0:$((total - size))" "$2" "$received"; then
        SHOWN=$1
        take_apart "$1"
        expect_code 200
        expect_body "$2" "${3:-}"
    fi
}

# early_leavers ROUNDS: makes EARLY the steps in which clients leave early, seven of them in each round: without a word,
# with half of a request, in the middle of a reply, with no request; in order or by a reset. Client quick asks between.
early_leavers() {
    local photo='GET /photo.jpg HTTP/1.0\r\n\r\n' round i
    round=(b.open b.close "${ASK_QUICK[@]}" b.open b.reset "${ASK_QUICK[@]}"
        b.open "b.send=$HALF" b.fin b.end b.close b.open "b.send=$HALF" b.reset "${ASK_QUICK[@]}"
        b.open "b.send=$photo" b.recv=1000 b.reset "${ASK_QUICK[@]}" b.open "b.send=$photo" b.close "${ASK_QUICK[@]}"
        b.open 'b.send=no request\r\n\r\n' b.fin b.end b.close)
    EARLY=()
    for ((i = 0; i < $1; i++)); do EARLY+=("${round[@]}"); done
    story "$((7 * $1)) clients left early, $1 each in seven ways. Between them client quick asked for testfile."
}

# any_order PROGRAM FILE NUMBER...: as many clients as there are numbers connect one after the other; those with an even
# number send half of their request. Then they ask for the file in the order given, each after the reply before.
any_order() {
    local i program=$1 file=$2 steps=()
    shift 2
    start "$program" "$PORT" "$SITE"
    story "Clients b1 to b$# connected in this order. They asked for $file in the order $*, each after the last reply."
    by_hand "(sleep 5; printf 'GET /$file HTTP/1.0\\r\\n\\r\\n') | nc -N 127.0.0.1 $PORT &"
    by_hand_quick
    for ((i = 1; i <= $#; i++)); do
        steps+=("b$i.open")
        if ((i % 2 == 0)); then steps+=("b$i.send=GET /$file HT"); fi
        steps+=(sleep=1)
    done
    for i; do
        if ((i % 2 == 1)); then steps+=("b$i.send=GET /$file HT"); fi
        steps+=("b$i.send=TP/1.0\\r\\n\\r\\n" "b$i.end")
    done
    CAUSE="the server waits for the first client before it looks at the next one${MIX_UP:-}."
    talk "${steps[@]}"
    expect_each b "$#" "$SITE/$file"
}

# slow_readers PROGRAM SIZE...: as many clients, which read slowly and in turn, get different files of these sizes byte
# for byte. A size above 3 MB is more than the kernel keeps for a client that does not read.
slow_readers() {
    local i program=$1 steps=(rcvbuf=20000)
    shift
    mkdir "$LAID/large"
    start "$program" "$PORT" "$LAID/large"
    for ((i = 1; i <= $#; i++)); do
        tail -c "${!i}" "$SITE/big.mp4" >"$LAID/large/$i.mp4"
        steps+=("b$i.open" "b$i.send=GET /$i.mp4 HTTP/1.0\\r\\n\\r\\n" "b$i.recv=1000")
        by_hand "curl -s --limit-rate 2M -o $i.got http://127.0.0.1:$PORT/$i.mp4 &"
    done
    by_hand 'wait'
    for _ in {1..8}; do
        for ((i = $#; i > 0; i--)); do steps+=("b$i.recv=$((${!i} / 9))"); done
    done
    for ((i = 1; i <= $#; i++)); do steps+=("b$i.end"); done
    CAUSE=$SHARED
    talk "${steps[@]}"
    for ((i = 1; i <= $#; i++)); do expect_whole "b$i" "$LAID/large/$i.mp4" "$SHARED"; done
}
readonly SHARED='connections share a variable that each needs for itself: a global or static buffer, the memory inside a
  function such as strtok, or a variable of main that the next connection overwrites.'

# ends_with_clients PROGRAM: signals end the server while clients are connected, and it can be started again at once.
ends_with_clients() {
    local signal status
    for signal in TERM:143 INT:130; do
        status=${signal#*:} signal=${signal%:*}
        start "$1" "$PORT" "$SITE"
        story 'Three clients were connected: one silent, one that had sent half of a request, one that did not read.'
        visitor b.open c.open "c.send=$HALF" rcvbuf=4096 d.open "d.send=$LARGE" d.recv=1000 say=connected wait
        visitor_says connected
        stop "$signal"
        if ((STATUS != 0 && STATUS != status)); then
            fail "The server ended with status $STATUS after SIG$signal; 0, or $status (death by it), was expected." \
                "$(signal_name "$STATUS")"
        fi
        go_on
        visitor_done
    done
    story 'It was started again on the same port.'
    CAUSE='connections of the server that has ended keep the port for a minute: set SO_REUSEADDR before bind.'
    start "$1" "$PORT" "$SITE"
    talk open "send=$QUICK" end
    expect_got a "$SITE/testfile"
}
