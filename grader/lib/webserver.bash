# shellcheck shell=bash
# webserver.bash - what every web server of labs 2 to 4 must do, as verdicts that take the name of the program.
#
# Each function starts the server it needs; two that serve the same folder in one test share one. Together, or one at a
# time:
#
#     @test "R4.9 [5] every type of the table" {
#         needs R4.2
#         web_types select_server
#     }

# serve PROGRAM [OPTION... --] [ROOT]: starts it on ROOT (the site by default), on the next free port of this test; does
# nothing where the same one runs already.
serve() {
    local program=$1 options=()
    shift
    while [[ ${1:-} == -* ]]; do
        if [[ $1 != -- ]]; then options+=("$1" "$2") && shift; fi
        shift
    done
    if [[ ${SERVED:-} == "$program ${options[*]} ${1:-$SITE}" ]]; then return 0; fi
    if [[ -n $BOX ]]; then next_port; fi
    STORY=() REPEAT=() SHOWN=none
    start "$program" "${options[@]}" "$PORT" "${1:-$SITE}"
    SERVED="$program ${options[*]} ${1:-$SITE}"
}

# next_port: for another server beside the first. A test has three ports.
next_port() { PORT=$PORT2 PORT2=$PORT3 PORT3=''; }

# ---- Many requests, each on a connection of its own ----

# volley REQUEST...: sends them one after the other; connection q1 has the first. Then `answer N` reads what came back.
# With HALF_CLOSE=yes each client also says that it has finished sending.
volley() {
    local request n=0 steps=()
    for request; do
        n=$((n + 1))
        steps+=("q$n.open" "q$n.send=$request" ${HALF_CLOSE:+"q$n.fin"} "q$n.end" "q$n.close")
    done
    VOLLEY=("$@") STEPS=("${REPEAT[@]}")
    talk "${steps[@]}"
}

# paths PATH...: a volley of plain requests for these.
paths() {
    local path requests=()
    for path; do requests+=("GET $path HTTP/1.0\\r\\n\\r\\n"); done
    volley "${requests[@]}"
}

# answer N: the Nth answer of the volley, for the verdicts below.
answer() {
    SHOWN=q$1
    repeat_request "$1"
    read_answer "$TALK/q$1.received"
}

# repeat_request N: how to send the Nth request of the volley by hand.
repeat_request() {
    REPEAT=("${STEPS[@]}")
    printable "${VOLLEY[$1 - 1]}"
    by_hand "printf '$PRINTABLE' | nc -N ${HOST:-127.0.0.1} $PORT"
}

# printable TEXT: makes PRINTABLE the text as an argument of printf(1) between single quotes; a long one is cut.
printable() {
    PRINTABLE=${1//%/%%}
    PRINTABLE=${PRINTABLE//"'"/"'\\''"}
    if ((${#PRINTABLE} > 200)); then PRINTABLE="${PRINTABLE:0:90} ... ${PRINTABLE: -90}"; fi
}

# read_answer FILE: reads a whole reply: what read_head sets, BODY (up to its first NUL) and BODY_SIZE.
read_answer() {
    local LC_ALL=C part='' fd parts=0
    BODY='' BODY_SIZE=0
    exec {fd}<"$1"
    read_head <&"$fd"
    while IFS= read -rd '' -u "$fd" part; do
        if ((BODY_SIZE == 0)); then BODY=$part; fi
        BODY_SIZE=$((BODY_SIZE + ${#part} + 1))
        if ((++parts == 1000)); then # a server may send millions of zeros
            BODY_SIZE=$((BODY_SIZE + $(wc -c <&"$fd")))
            part=''
            break
        fi
    done
    if ((BODY_SIZE == 0)); then BODY=$part; fi
    BODY_SIZE=$((BODY_SIZE + ${#part}))
    exec {fd}<&-
}

# expect_head CODE... : one of these codes, and header fields that are right for the content.
expect_head() {
    if [[ -z $CODE ]]; then still_serving; fi
    expect_code "$@"
    expect_blank_line
    if [[ -z $TYPE ]]; then fail "The header field Content-Type is missing."; fi
    if [[ ${CLOSING,,} != close ]]; then
        fail "The header field 'Connection: close' is missing (found '$CLOSING')."
    fi
    if [[ $LENGTH != "$BODY_SIZE" ]]; then
        fail "Content-Length is '$LENGTH', and $BODY_SIZE bytes of content came." \
            "count bytes, not characters, and only those after the blank line."
    fi
}

# expect_file TYPE CONTENT: a good answer with this content, a short text.
expect_file() {
    expect_head 200
    if [[ ${TYPE,,} != "$1" && ${TYPE,,} != "$1;"* ]]; then fail "The Content-Type is '$TYPE'; '$1' was expected."; fi
    if [[ $BODY != "$2" ]]; then fail "The content is not that of the file, which is: $2"; fi
}

# expect_same FILE: a good answer whose content is that of a small text file.
expect_same() {
    local text=''
    IFS= read -rd '' text <"$1" || true
    expect_head 200
    if [[ $BODY != "$text" ]]; then
        fail "The content is not that of ${1##*/}, which is:"$'\n'"$(shown "${1##*/}" "$1" 8 '|')"
    fi
}

# expect_page CODE...: the page of an error: HTML that names its code and reason.
expect_page() {
    local usual=''
    expect_head "$@"
    if [[ ${TYPE,,} != text/html && ${TYPE,,} != text/html\;* ]]; then
        fail "The page of an error is text/html; the Content-Type is '$TYPE'."
    fi
    case $CODE in
    400) usual='Bad Request' ;;
    403) usual='Forbidden' ;;
    404) usual='Not Found' ;;
    esac
    BODY=${BODY:0:100000} # to look for words in more takes too long
    if [[ $BODY != *"$CODE"* || -z $REASON$usual ]] ||
        [[ ${BODY,,} != *"${REASON,,}"* && ${BODY,,} != *"${usual,,}"* ]]; then
        fail "The page of an error names its code and reason, such as '$CODE ${usual:-$REASON}'."
    fi
}

# expect_form: the head of the reply is written as HTTP has it: a reason behind the code, and CR LF behind each line.
expect_form() {
    if [[ -z $REASON ]]; then fail "The status line has no reason behind the code $CODE, such as 'Not Found' behind 404."; fi
    if ((BARE_LF > 0)); then
        fail "Lines in the head of the reply end in \\n alone: $BARE_LF of them. In HTTP each line ends in \\r\\n."
    fi
}

# expect_ignored: no byte came back.
expect_ignored() {
    if [[ -n $CODE || $BODY_SIZE != 0 ]]; then
        fail "A reply came; such a request is ignored: the connection is closed without one."
    fi
}

# ---- Starting ----

web_listens() {
    serve "$1"
    expect_ready_line
}

# A small file with the end of the connection behind it, and the first page as a browser gets it.
web_simple() {
    serve "$1"
    by_hand "printf 'GET /notes.txt HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' | nc -N 127.0.0.1 $PORT"
    CAUSE='accept, recv, send, close: where nothing comes, one of them is missing, or waits for what does not come; where'
    CAUSE+=' a part of the request is unread at close(2), the kernel sends a reset.'
    talk open send='GET /notes.txt HTTP/1.0\r\nHost: localhost\r\n\r\n' eof
    CAUSE=''
    read_answer "$TALK/a.received"
    SHOWN=a
    expect_same "$SITE/notes.txt"
    SHOWN=none REPEAT=("${REPEAT[0]}")
    is_fine /index.html "$SITE/index.html" text/html
    story "The site has a page that was made for this run."
    is_fine "/$WORD.txt" "$SITE/$WORD.txt" text/plain
}

# Text, a picture and 10 MiB of binary data, with curl as a browser would.
web_bytes() {
    local name
    serve "$1"
    for name in style.css:text/css picture.png:image/png big.mp4:video/mp4; do
        is_fine "/${name%:*}" "$SITE/${name%:*}" "${name#*:}"
    done
}

# Whether this machine has the address ::1.
have_ipv6() { grep -qs '^0*1 .* lo$' /proc/net/if_inet6; }

# Every address of the machine, IPv4 and IPv6.
web_addresses() {
    local HOST CAUSE
    CAUSE='the server must listen on every address: an IPv6 socket with IPV6_V6ONLY off takes IPv4 as well.'
    serve "$1"
    for HOST in 127.0.0.1 127.0.0.2 ::1; do
        if [[ $HOST == ::1 ]] && ! have_ipv6; then continue; fi
        paths /notes.txt
        answer 1
        expect_same "$SITE/notes.txt"
    done
}

# Port 0: the kernel chooses, and the ready line says which.
web_any_port() {
    launch "$1" 0 "$SITE"
    BOX=$CLIENT
    if ! within "$DEADLINE" grep -qxE 'listening on port [1-9][0-9]*' "$T/out"; then
        show_output
        fail "With port 0 the line 'listening on port N', N being the port that the kernel chose, did not appear." \
            "getsockname(2) tells which port a socket is bound to."
    fi
    PORT=$(sed -n 's/^listening on port //p' "$T/out")
    paths /notes.txt /missing.html /notes.txt
    answer 3
    expect_same "$SITE/notes.txt"
    if [[ $(<"$T/out") != "listening on port $PORT" ]]; then
        SHOWN=none
        show_output
        fail "More than the line 'listening on port N' is on stdout." "what a program was not asked for goes to stderr."
    fi
}

# ROOT is the current folder by default, and may be a relative path; one that does not exist is an error.
web_root() {
    CWD=$SITE start "$1" "$PORT"
    paths /notes.txt /
    answer 1
    expect_same "$SITE/notes.txt"
    answer 2
    expect_same "$SITE/index.html"
    next_port
    CWD=$SITE start "$1" "$PORT" ./docs/
    paths / /index.html /notes.txt
    answer 1
    expect_same "$SITE/docs/index.html"
    answer 2
    expect_same "$SITE/docs/index.html"
    answer 3
    expect_page 404
    web_no_root "$1"
}

# A folder that does not exist.
web_no_root() {
    SHOWN=none REPEAT=()
    CAUSE='look at the result of chdir(2) or stat(2) before you listen.' RUN_LIMIT=$DEADLINE \
        run "$1" "$PORT2" "$LAID/nowhere"
    if ((STATUS == 0)) || [[ ! -s $T/err ]]; then
        show_output
        fail "The folder to serve does not exist: a message on stderr and exit status 1 were expected." \
            "look at the result of chdir(2) or stat(2) before you listen."
    fi
}

# It ends at SIGTERM and SIGINT, and can be started again on the same port at once.
web_restart() {
    local signal usual cause=''
    REPEAT=() STORY=() SHOWN=none
    for signal in TERM:143 INT:130 KILL:137; do
        usual=${signal#*:} signal=${signal%:*}
        CAUSE=$cause start "$1" "$PORT" "$SITE"
        paths /notes.txt
        answer 1
        expect_same "$SITE/notes.txt"
        stop "$signal"
        by_hand "kill -$signal \$(pidof $1)"
        if ((STATUS != 0 && STATUS != usual)); then
            fail "After SIG$signal the exit status is $STATUS; 0, or death by the signal ($usual), was expected." \
                "$(signal_name "$STATUS")"
        fi
        story 'Started it again on the same port at once.'
        cause='without SO_REUSEADDR, set before bind(2), a port with recent connections stays taken for a minute.'
        BOX='' SHOWN=none
    done
    CAUSE=$cause start "$1" "$PORT" "$SITE"
}

# A port that is in use: one line on stderr and status 1.
web_port_in_use() {
    if [[ -z $BOX ]]; then serve "$1"; fi
    SHOWN=none REPEAT=() STORY=("A server listens on port $PORT already.")
    RUN_LIMIT=$DEADLINE run "$1" "$PORT" "$SITE"
    expect_complaint "$1"
}

# expect_complaint PROGRAM: of the last run: status 1, and one line `PROGRAM: what: why`.
expect_complaint() {
    expect_failure
    if [[ $(wc -l <"$T/err") -gt 1 || $(<"$T/err") != *"$1: "* ]]; then
        show_output
        fail "A failure is told in one line on stderr, '$1: what: why'."
    fi
}

# Wrong arguments.
web_usage() {
    SHOWN=none REPEAT=() STORY=()
    expect_usage "$1"
    expect_usage "$1" 65536
    expect_usage "$1" 80a
    expect_usage "$1" "$PORT" "$SITE" more
    expect_usage "$1" -x "$PORT"
    expect_usage "$1" "$PORT" "$SITE" -t
}

# ---- Types and error codes ----

readonly WEB_TYPES='html:text/html htm:text/html txt:text/plain css:text/css js:text/javascript json:application/json
    png:image/png jpg:image/jpeg jpeg:image/jpeg gif:image/gif svg:image/svg+xml ico:image/x-icon pdf:application/pdf
    mp3:audio/mpeg mp4:video/mp4'

# Each type in small letters, in capitals and mixed, and a name without a dot.
web_types() {
    local pair extension names=() n=0
    mkdir -p "$LAID/types/v1.2"
    for pair in $WEB_TYPES; do
        extension=${pair%%:*}
        names+=("/a.$extension" "/B.${extension^^}" "/c.tar.${extension^}")
    done
    for extension in "${names[@]}" /README /v1.2/NOTES; do
        printf 'This is %s.' "$extension" >"$LAID/types$extension"
    done
    serve "$1" "$LAID/types"
    story 'In the folder types are files of each type in the table, such as a.html, B.HTML and c.tar.Html.'
    paths "${names[@]}" /README /v1.2/NOTES
    for pair in $WEB_TYPES; do
        for extension in 1 2 3; do
            n=$((n + 1))
            answer "$n"
            expect_file "${pair#*:}" "This is ${names[n - 1]}."
        done
    done
    answer "$((n + 1))"
    expect_file text/plain 'This is /README.'
    answer "$((n + 2))"
    expect_file text/plain 'This is /v1.2/NOTES.'
}

# Which error for what. A file that is not there and has no type in the table is a 404: first look whether it exists.
web_errors() {
    mkdir -p "$LAID/errors/folder"
    echo secret | tee "$LAID/errors/"{private.key,archive.html.gz,closed.html} >"$LAID/errors/page.htmlx"
    chmod 000 "$LAID/errors/closed.html"
    : >"$LAID/errors/empty.txt"
    serve "$1" "$LAID/errors"
    story 'In the folder errors: private.key archive.html.gz page.htmlx closed.html (may not be read) empty.txt folder/'
    paths /private.key /archive.html.gz /page.htmlx /closed.html /missing.html /missing.key /folder/missing \
        /missing/index.html /folder /empty.txt /empty.txt/more
    local n
    for n in 1 2 3; do
        answer "$n"
        expect_page 403
    done
    answer 4
    if [[ ! -r $LAID/errors/closed.html ]]; then expect_page 403; fi
    for n in 5 6 7 8; do
        answer "$n"
        expect_page 404
    done
    answer 9
    expect_page 404 403
    expect_form
    answer 10
    expect_file text/plain ''
    expect_form
    answer 11
    expect_page 404
}

# What is malformed gets 400.
web_malformed() {
    serve "$1"
    local n requests=('GET \r\n\r\n' 'GET \r\nHost: localhost\r\n\r\n' 'GET /notes.txt%00.html HTTP/1.0\r\n\r\n'
        'GET /%00 HTTP/1.0\r\n\r\n' 'GET /%zz HTTP/1.0\r\n\r\n' 'GET /notes.txt%4 HTTP/1.0\r\n\r\n'
        'GET /notes.txt% HTTP/1.0\r\n\r\n'
        'GET /%-1notes.txt HTTP/1.0\r\n\r\n')
    volley "${requests[@]}"
    for ((n = 1; n <= ${#requests[@]}; n++)); do
        answer "$n"
        expect_page 400
    done
}

# web_narrowed PROGRAM [OPTION...]: -t narrows the table to the extensions it lists, and to no others that look like them;
# also where another option stands beside it.
web_narrowed() {
    local name
    mkdir -p "$LAID/narrow"
    for name in page.html page.htm PAGE.HTML data.json code.js plain.txt; do echo "$name" >"$LAID/narrow/$name"; done
    serve "$@" -t html,json -- "$LAID/narrow"
    story 'In the folder narrow: page.html page.htm PAGE.HTML data.json code.js plain.txt'
    paths /page.html /PAGE.HTML /data.json /page.htm /code.js /plain.txt /missing.html /missing.txt
    answer 1
    expect_file text/html $'page.html\n'
    answer 2
    expect_file text/html $'PAGE.HTML\n'
    answer 3
    expect_file application/json $'data.json\n'
    for name in 4 5 6; do
        answer "$name"
        expect_page 403
    done
    for name in 7 8; do
        answer "$name"
        expect_page 404
    done
}

# web_not_widened PROGRAM: what is not in the table -t does not put there. A server may refuse such a list.
web_not_widened() {
    mkdir -p "$LAID/wide"
    echo secret >"$LAID/wide/private.key"
    STORY=() REPEAT=() SHOWN=none
    launch "$1" -t html,key 0 "$LAID/wide"
    BOX=$CLIENT
    if ! within "$DEADLINE" said_or_ended "$BOX"; then fail "It neither listens nor ends."; fi
    if ended "$BOX"; then return 0; fi
    PORT=$(sed -n 's/^listening on port //p' "$T/out")
    paths /private.key
    answer 1
    if [[ $CODE == 200 ]]; then
        fail "The file private.key was sent, whose extension is not in the table; 403 was expected." \
            '-t chooses from the table; it adds nothing.'
    fi
    expect_page 403
}

# ---- How a request may be written, and how it may arrive ----

# Escapes, query and fragment, a missing leading slash, folders.
web_targets() {
    local n name targets=() names=('with space.txt' '100%.txt' '%41.txt' 'what?.txt' 'part#2.txt' 'café.txt' a+b.txt)
    mkdir -p "$LAID/targets/folder"
    for name in "${names[@]}" plain.txt Alpha.txt folder/index.html; do
        printf 'This is %s.' "$name" >"$LAID/targets/$name"
    done
    printf 'The front page.' >"$LAID/targets/index.html"
    targets=(/with%20space.txt /100%25.txt /%2541.txt /what%3F.txt /part%232.txt /caf%C3%a9.txt /a+b.txt
        '/plain.txt?x=1' '/plain.txt#end' '/plain.txt?a=/../b&c=d.html#e?f' plain.txt %70lain.txt
        /%41lpha.txt /Alph%61%2etxt 'Alpha.txt?q' /folder '/folder?x')
    names+=(plain.txt plain.txt plain.txt plain.txt plain.txt Alpha.txt Alpha.txt Alpha.txt)
    names+=(folder/index.html folder/index.html)
    serve "$1" "$LAID/targets"
    story "In the folder targets: ${names[*]@Q}"
    paths "${targets[@]}" / '/?x=y'
    for ((n = 1; n <= ${#targets[@]}; n++)); do
        answer "$n"
        expect_head 200
        if [[ $BODY != "This is ${names[n - 1]}." ]]; then
            fail "The target '${targets[n - 1]}' means the file '${names[n - 1]}', but the content is another one."
        fi
    done
    for n in 1 2; do
        answer "$((${#targets[@]} + n))"
        expect_file text/html 'The front page.'
    done
}

# Files outside ROOT exist, and nothing gets them out. One folder has a name that only begins like ROOT.
web_traversal() {
    local n path
    mkdir -p "$LAID/www/docs" "$LAID/www-private" "$LAID/sub"
    echo inside >"$LAID/www/index.html"
    for path in secret.txt index.html www-private/secret.txt www-private/index.html sub/secret.txt; do
        echo TOP-SECRET >"$LAID/$path"
    done
    serve "$1" "$LAID/www"
    story 'Beside the folder www, outside it, are secret.txt, index.html, www-private/secret.txt and sub/secret.txt.'
    paths /../secret.txt ../secret.txt /docs/../../secret.txt /%2e%2e/secret.txt /..%2fsecret.txt /.%2E%2Fsecret.txt \
        /%2e%2e%2f%2e%2e%2fhome/secret.txt /docs/..%2f..%2fsecret.txt /../www-private/secret.txt /.. /docs/../.. \
        "/$LAID/secret.txt" "//$LAID/secret.txt" "%2f$LAID/secret.txt" "/docs/..//$LAID/secret.txt" //etc/passwd \
        /etc/passwd /....//secret.txt /..././secret.txt /./../secret.txt /%252e%252e/secret.txt \
        /docs/../../sub/secret.txt '/../secret.txt?x' ../../../../../../../../etc/passwd \
        "/docs/../..//$LAID/secret.txt" /../home/../secret.txt
    for ((n = 1; n <= ${#VOLLEY[@]}; n++)); do
        answer "$n"
        # To stop at ROOT and send what is there, as RFC 3986 does with too many dots, gives nothing away either.
        if [[ $CODE == 200 && $BODY == $'inside\n' ]]; then continue; fi
        if [[ $BODY == *TOP-SECRET* || $CODE == 200 ]]; then
            fail "A file outside ROOT was sent; 403, 404 or 400 was expected." \
                "judge the path after its escapes are decoded, and as a whole; searching it for '../' is not enough."
        fi
        expect_page 403 404 400
    done
}

# A request may arrive in pieces; it ends at its blank line, wherever the pieces end; lines may end in a bare LF.
web_pieces() {
    local n request='GET /notes.txt HTTP/1.0\r\nHost: localhost\r\n\r\n'
    serve "$1"
    by_hand "(printf 'GET /no'; sleep 1; printf 'tes.txt HTTP/1.0\\r\\n\\r\\n') | nc -N 127.0.0.1 $PORT"
    VOLLEY=("$request" "$request" "$request" 'GET /notes.txt HTTP/1.0\r\n\r\n' "${request}more bytes, unasked for"
        "${request}GET /index.html HTTP/1.0\\r\\n\\r\\n" 'GET /notes.txt HTTP/1.0\n\n'
        'GET /notes.txt HTTP/1.1\nHost: localhost\nAccept: */*\n\n'
        'GET /notes.txt HTTP/1.0\r\nHost: localhost\r\n\n' 'GET /notes.txt HTTP/1.0\nHost: localhost\n\r\n')
    STEPS=("${REPEAT[@]}")
    CAUSE='one read is not one request: go on reading until the blank line has come, and no longer.' \
        talk q1.open "q1.drip=${VOLLEY[0]}" q1.end q1.close \
        q2.open q2.send='GET /no' q2.quiet=20 q2.send='tes.txt HTTP/1.0\r\nHost: loc' q2.quiet=20 \
        q2.send='alhost\r\n\r\n' q2.end q2.close \
        q3.open q3.send='GET /notes.txt HTTP/1.0\r\nHost: localhost\r\n\r' q3.quiet=20 q3.send='\n' q3.end q3.close \
        q4.open q4.send='GET /notes.txt HTTP/1.0\r\n' q4.quiet=20 q4.send='\r\n' q4.end q4.close \
        q5.open "q5.send=${VOLLEY[4]}" q5.end q5.close q6.open "q6.send=${VOLLEY[5]}" q6.end q6.close \
        q7.open "q7.send=${VOLLEY[6]}" q7.end q7.close q8.open "q8.send=${VOLLEY[7]}" q8.end q8.close \
        q9.open "q9.send=${VOLLEY[8]}" q9.end q9.close q10.open "q10.send=${VOLLEY[9]}" q10.end q10.close
    for n in {1..10}; do
        answer "$n"
        expect_same "$SITE/notes.txt"
    done
}

# padding N: sets PADDING to that many characters.
padding() { printf -v PADDING '%0*d' "$1" 0; }

# A head of 8,000 bytes is served; after 16,384 without a blank line the server need not listen any longer.
web_long_heads() {
    local line='' n request='GET /notes.txt HTTP/1.0\r\n'
    serve "$1"
    padding 66
    for ((n = 0; n < 99; n++)); do printf -v line '%sField-%02d: %s\\r\\n' "$line" "$n" "$PADDING"; done
    padding $((8000 - 25 - 99 * 78 - 14))
    line+="Cookie: a=$PADDING\\r\\n\\r\\n"
    padding $((8000 - 25 - 12))
    local single="Cookie: $PADDING\\r\\n\\r\\n"
    padding $((8000 - 28))
    volley "$request$line" "$request$single" "GET /notes.txt?$PADDING HTTP/1.0\\r\\n\\r\\n"
    for n in 1 2 3; do
        answer "$n"
        if [[ -z $CODE ]]; then still_serving; fi
        [[ $CODE == 200 ]] || fail "A head of 8,000 bytes is to be served; the status code is '$CODE'." \
            "is the buffer for the request large enough?"
        expect_same "$SITE/notes.txt"
    done
    padding $((16385 - 25 - 8))
    line="${request}Cookie: $PADDING"
    padding $((16385 - 5))
    CAUSE='when more than 16,384 bytes have come without a blank line: 431, and close.' \
        volley "$line" "GET /$PADDING"
    for n in 1 2; do
        answer "$n"
        expect_page 431 400
    done
    paths /notes.txt
    answer 1
    expect_same "$SITE/notes.txt"
}

# What is no GET request, or ends before its blank line, gets no reply; the next client gets one.
web_ignored() {
    local n
    serve "$1"
    volley 'POST /notes.txt HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello' 'HEAD /notes.txt HTTP/1.0\r\n\r\n' '\r\n\r\n' \
        'get /notes.txt HTTP/1.0\r\n\r\n' 'DELETE /notes.txt HTTP/1.1\r\nHost: localhost\r\n\r\n' 'hello\r\n\r\n' \
        ' GET /notes.txt HTTP/1.0\r\n\r\n' 'GET /notes.txt HTTP/1.0\r\n\r\n'
    for n in {1..7}; do
        answer "$n"
        expect_ignored
    done
    answer 8
    expect_same "$SITE/notes.txt"
    HALF_CLOSE=yes volley '' 'GE' 'GET /note' 'GET /notes.txt HTTP/1.0\r\n' \
        'GET /notes.txt HTTP/1.0\r\nHost: localhost\r\n'
    for n in {1..5}; do
        answer "$n"
        expect_ignored
    done
    paths /notes.txt
    answer 1
    expect_same "$SITE/notes.txt"
}

# ---- What clients do to servers ----

# Port scans, resets, NUL bytes and garbage: whatever comes, the next client is served.
web_survives() {
    local n garbage='' more='' longest=''
    serve "$1"
    for n in {1..40}; do garbage+='\0\xff\x80%s%n\x01\x02 \t\r\x00'; done
    for n in {1..120}; do more+='X-%s%n%s: \xfe\0\r\n'; done
    for n in {1..700}; do longest+='%41%73%6e/'; done
    padding 7000
    # After each that leaves at once comes one that waits for its reply: a backlog may be short.
    local good=(s.open s.send='GET /notes.txt HTTP/1.0\r\n\r\n' s.end s.close)
    talk s.open s.close "${good[@]}" s.open s.reset s.open s.fin s.end s.close \
        s.open s.send='GET /notes.txt HTTP/1.0\r\n\r\n' s.reset "${good[@]}" \
        s.open "s.send=$garbage" s.fin s.end s.close s.open "s.send=GET $garbage" s.fin s.end s.close \
        s.open s.send='GET /note\0file HTTP/1.0\r\n\r\n' s.end s.close s.open s.send='\0\0\0\0\r\n\r\n' s.end s.close \
        s.open "s.send=GET /notes.txt HTTP/1.0\\r\\n$more\\r\\n" s.end s.close s.open s.send='GET /te' s.reset
    story 'Clients came that sent nothing, hung up early, reset the connection, or sent NUL bytes and garbage.'
    paths /notes.txt '/%25s%25n%25s%25n%25s.html' "/$PADDING" "/$longest" /notes.txt
    answer 1
    expect_same "$SITE/notes.txt"
    answer 2
    expect_page 404
    for n in 3 4; do
        answer "$n"
        expect_page 404 403 400 414
    done
    answer 5
    expect_same "$SITE/notes.txt"
}

# Clients that go in the middle of a reply: in order, so that a second write meets SIGPIPE for certain (the server is
# stopped while the client comes and goes), by a reset, and by closing without reading.
web_hangups() {
    local request='GET /big.mp4 HTTP/1.0\r\n\r\n'
    serve "$1"
    story 'Clients asked for a large file and hung up before, or while, it was sent. Then one asked for a small one.'
    by_hand "curl -s http://127.0.0.1:$PORT/big.mp4 | head -c 100000 | wc -c"
    talk sigstop="$SERVER" g.open "g.send=$request" g.close sigcont="$SERVER" \
        h.open "h.send=$request" h.recv=100000 h.reset i.open "i.send=$request" i.recv=1 i.close
    paths /notes.txt
    answer 1
    expect_same "$SITE/notes.txt"
}

# A client that reads slowly still gets all of a file that no buffer of the kernel holds.
web_slow_reader() {
    local CAUSE='a write may take only a part of the bytes: go on with the rest.'
    serve "$1"
    REPEAT=("${REPEAT[0]}")
    by_hand "curl --limit-rate 20M -o big.mp4 http://127.0.0.1:$PORT/big.mp4"
    talk rcvbuf=262144 open send='GET /big.mp4 HTTP/1.0\r\n\r\n' slow=400000,2
    take_apart a
    SHOWN=a
    expect_code 200
    expect_body "$SITE/big.mp4" "$CAUSE"
}

# The reply reaches a client that sends more than its request, although the server leaves the rest alone: closing with
# unread input makes the kernel send a reset, which throws away what the client has not received yet. So does input that
# comes after that. (Nobody waits for the pauses: they give a server that closes too early the time to do so.)
web_unread_input() {
    local CAUSE='the server closed while input was still unread. The kernel then sends a reset, and throws away what it
  has not sent yet. Before close(2): shutdown(2) for writing; read and drop what comes, until the client has closed.'
    serve "$1"
    REPEAT=("${REPEAT[0]}")
    by_hand "(printf 'GET /second.jpg HTTP/1.0\\r\\n\\r\\n'; head -c 60000 /dev/zero) | nc -N 127.0.0.1 $PORT | wc -c"
    padding 60000
    talk rcvbuf=65536 open "send=GET /second.jpg HTTP/1.0\\r\\n\\r\\n$PADDING" sleep=30 send=more sleep=10 end
    take_apart a
    SHOWN=a
    expect_code 200
    expect_body "$SITE/second.jpg" "$CAUSE"
}

# closes_by_itself PORT REQUEST PROGRAM ARGUMENT...: clients that have their replies and stay cost the server nothing for long:
# it closes. How long it waits for them first is its own affair, so time is hurried.
closes_by_itself() {
    local PORT=$1 request=$2 descriptors TALK_FAILURE CAUSE
    if ! can_trace; then return 0; fi
    STORY=() REPEAT=() SHOWN=none
    TALK_FAILURE='A client had its reply and stayed connected. Then the next one was not served:'
    CAUSE='after the reply the server waits until the client closes, and that may never happen. Wait for a second or two,
  then close.'
    HURRY=20 start "${@:3}"
    printable "$request"
    by_hand "(printf '$PRINTABLE'; sleep 60) | nc 127.0.0.1 $PORT &     # several times"
    by_hand 'ls -l /proc/$!/fd'
    story 'Time passed 20 times as fast for the server. Three clients had their replies and stayed connected.'
    talk open "send=$request" end
    server_descriptors descriptors
    visitor b.open "b.send=$request" b.end c.open "c.send=$request" c.end d.open "d.send=$request" d.end say=replied wait
    visitor_says replied
    back_to descriptors "$descriptors" 'The server has more files and connections open than before' "$CAUSE"
    go_on
    visitor_done
}

# web_leaks PROGRAM: 300 connections of all kinds leave no descriptor and no memory behind.
web_leaks() {
    local cycle=() all=() request long descriptors memory now
    serve "$1"
    padding 16400
    long="GET /$PADDING"
    padding 7000
    for request in 'GET /second.jpg HTTP/1.0\r\n\r\n' 'GET /missing.html HTTP/1.0\r\n\r\n' \
        'GET /secret.xyz HTTP/1.0\r\n\r\n' 'POST / HTTP/1.0\r\n\r\n' 'GET /%zz HTTP/1.0\r\n\r\n' \
        'GET /bare HTTP/1.0\r\n\r\n' "$long" "GET /docs HTTP/1.0\\r\\nCookie: $PADDING\\r\\n\\r\\n"; do
        cycle+=(open "send=$request" end close)
        case $request in # never two in a row that leave at once: a backlog may be short
        *second*) cycle+=(open close) ;;
        *missing*) cycle+=(open send='GET /notes.txt HTTP/1.0\r\n\r\n' reset) ;;
        *secret*) cycle+=(open send='GET /notes' fin end close) ;;
        *zz*) cycle+=(open "send=$LARGE" recv=1000 reset) ;;
        esac
    done
    for _ in {1..6}; do all+=("${cycle[@]}"); done
    talk "${all[@]}"
    server_descriptors descriptors
    server_memory now
    story 'Connections came by the hundred: files, errors (403, 404, 400, 431), a folder without index.html, requests that are
ignored, and clients that hung up, also in the middle of a reply.'
    by_hand "for i in \$(seq 50); do curl -s -o answer http://127.0.0.1:$PORT/missing.html; done"
    by_hand "for i in \$(seq 50); do curl -s http://127.0.0.1:$PORT/big.mp4 | head -c 1000 | wc -c; done"
    by_hand "ls -l /proc/\$(pidof $1)/fd"
    # A leak grows each time. What only grows at first (a thread that has its first large file) is none.
    for _ in {1..4}; do
        memory=$now
        talk "${all[@]}" "${all[@]}" "${all[@]}"
        rm -rf "$TALK"
        back_to descriptors "$((descriptors + 2))" 'The server has more files and connections open than before' \
            'each accepted connection and each opened file needs its close, also where an error ends the work early.'
        server_memory now
        if ((now <= memory + 700)); then return; fi
    done
    fail "The server takes $now kB of memory now, and took $memory kB 216 connections before; it grows each time." \
        'each malloc needs its free, on every way out.'
}

# web_delay PROGRAM: -d waits between reading the request and answering it. The clock starts before the request is sent
# and after the connection is made. It is more than a second, which not every function that waits can do at once.
web_delay() {
    local asked answered _
    start "$1" -d 1010 "$PORT" "$SITE"
    talk open sleep=150 mark.open send='GET /notes.txt HTTP/1.0\r\n\r\n' head
    read -r asked _ < <(grep ' mark connect' "$TALK/events")
    read -r answered _ < <(grep ' a recv' "$TALK/events")
    SHOWN=a
    asked=${asked%.*} answered=${answered%.*}
    if ((answered - asked < 1005)); then
        fail "The reply began $((answered - asked)) ms after the request; -d 1010 says that at least 1010 ms pass." \
            "the delay comes after the whole request has been read and before the reply is sent; and tv_nsec and usleep()
  take less than a second: tv_sec is for the rest."
    fi
}

# web_memory PROGRAM: requests of every kind, and clients that leave. Call `sanitizer` before it.
web_memory() {
    local request text=''
    start "$1" "$PORT" "$SITE"
    story 'It was sent good requests and bad ones, short and long, whole and in pieces; clients left early.'
    by_hand_quick
    for request in testfile docs docs/ '' photo.jpg secret.xyz plan.as-it-was-before-the-summer-holidays missing . .. // docs//index.html %74estfile 'testfile?a=%41#b'; do
        poke open "send=GET /$request HTTP/1.0\\r\\n\\r\\n" end
    done
    for request in % %4 %zz %00 a%2 '../../%2e%2e/' '?' '#'; do poke open "send=GET /$request HTTP/1.0\\r\\n\\r\\n" fin end; done
    for request in 'GET' 'GET ' 'GET /' 'GET  HTTP/1.0' 'GET /testfile' 'G' 'POST / HTTP/1.0' '' ' ' '\0\0\0' '\xff\xfe' 'GET /\xff\0 HTTP/1.0'; do
        poke open "send=$request\\r\\n\\r\\n" fin end
        poke open "send=$request" fin end
    done
    for request in {1..99}; do text+="Field-$request: ${text:0:50}\\r\\n"; done
    poke open "send=GET /testfile HTTP/1.0\\r\\n$text\\r\\n" end
    padding 7900
    poke open "send=GET /$PADDING HTTP/1.0\\r\\n\\r\\n" end
    for request in 16300 16384 17000 40000; do
        padding "$request"
        poke open "send=GET /testfile HTTP/1.0\\r\\nCookie: $PADDING" fin end
        poke open "send=GET /${PADDING//0/%41}" fin end
    done
    padding 10000
    poke open "send=GET /testfile HTTP/1.0\\r\\nCookie: $PADDING" sleep=20 "send=$PADDING$PADDING$PADDING" fin end
    poke open 'drip=GET /docs/index.html HTTP/1.0\r\nHost: localhost\r\n\r\n' end
    early_leavers 1
    poke "${EARLY[@]}"
    poke open "send=$LARGE" recv=1000 reset
    poke open "send=$QUICK" end
    no_findings
}

# web_faults PROGRAM: requests whose calls are interrupted and cut.
web_faults() {
    under_faults
    start "$1" "$PORT" "$SITE"
    CAUSE='a call may read or write a part only, and may end with EINTR before it has done anything: it is called again.'
    paths /testfile /docs /style.css /missing.html /testfile
    for n in 1 5; do
        answer "$n"
        expect_same "$SITE/testfile"
    done
    answer 2
    expect_same "$SITE/docs/index.html"
    answer 4
    expect_page 404
    talk open 'send=GET /sec' sleep=5 send='ond.jpg HTTP/1.0\r\nHost: loc' sleep=5 send='alhost\r\n\r\n' end
    expect_whole a "$SITE/second.jpg" "$CAUSE"
    still_serving
    faults_fired
}
