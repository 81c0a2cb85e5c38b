# lab2.bats - what lab 2 is graded for. 100 points.

source "$KIT/lib/suite.bash"

setup_file() {
    make_site
}

# Seconds that a client may take; it has nothing to wait for but the grader's own answers.
RUN_LIMIT=$DEADLINE

# ---- The web server that the clients meet ----

# origin REPLY...: the grader's own web server. It answers the first connection, c1, with the first of these replies
# once a whole request has come, then closes; and so on. With KEEP=yes it waits until the client has closed, with KEEP=3 for
# the first three. With HOLD=yes the connections stay open until it has answered the last one.
origin() {
    local reply n=0 steps=()
    for reply; do
        n=$((n + 1))
        steps+=("c$n.accept" "c$n.reply=$reply")
        if [[ ${KEEP:-0} == yes || ${KEEP:-0} -ge $n ]]; then steps+=("c$n.end"); fi
        if [[ -z ${HOLD:-} ]]; then steps+=("c$n.close"); fi
    done
    peer "${steps[@]}"
    REPLIES=("$@") STEPS=("${REPEAT[@]}") SHOWN=c1
}

# meets N: what follows is about connection N of `origin`.
meets() {
    SHOWN=c$1 REPEAT=("${STEPS[@]}")
    printable "${REPLIES[$1 - 1]}"
    by_hand "printf '$PRINTABLE' | nc -l -N $PORT &"
}

page() { printf 'HTTP/1.0 200 OK\\r\\nContent-Type: text/html\\r\\nContent-Length: %d\\r\\n\\r\\n%s' "${#1}" "$1"; }
fetch() { run http_client "http://127.0.0.1:$PORT$1"; }

# fetches N PATH TEXT: http_client asks connection N of `origin` for PATH; that ends well and prints just TEXT.
fetches() {
    meets "$1"
    fetch "$2"
    expect_success "${CAUSE:-}"
    expect_text "$3" "${CAUSE:-}"
}

# fetches_in_vain N PATH [TEXT]: the same, but it ends with an error. It prints TEXT; anything where that is missing.
fetches_in_vain() {
    meets "$1"
    fetch "$2"
    expect_error_status
    if (($# > 2)); then expect_text "$3"; fi
}

# expect_text TEXT: stdout is that, with the escapes of printf(1) decoded.
expect_text() {
    printf '%b' "$1" >"$T/expected"
    expect_output "$T/expected" "${2:-}"
}

# Not every mistake has a status of its own: any but 0 will do, with a message.
expect_error_status() {
    if ((STATUS == 0)); then
        show_output
        fail "The exit status is 0, as after a success; another one was expected." "${CAUSE:-}"
    fi
    if ((STATUS > 128)); then
        show_output
        fail "The program ended with status $STATUS." "$(signal_name "$STATUS")"
    fi
    if [[ ! -s $T/err ]]; then fail "Nothing on stderr says what went wrong."; fi
}

# asked N: sets REQUEST_LINE, HOST_FIELD (every Host line) and BARE (lines that do not end in CRLF) of what connection N
# received.
asked() {
    local line
    REQUEST_LINE='' HOST_FIELD='' BARE=0
    while IFS= read -r line; do
        if [[ $line != *$'\r' ]]; then BARE=$((BARE + 1)); fi
        line=${line%$'\r'}
        if [[ -z $REQUEST_LINE ]]; then REQUEST_LINE=$line; fi
        if [[ ${line,,} =~ ^host:[[:blank:]]*(.*)$ ]]; then HOST_FIELD+="${HOST_FIELD:+, }${BASH_REMATCH[1]}"; fi
    done <"$T/peer/c$1.received"
}

# without_dots TEXT: makes PLAIN the text with its /../ taken out. A client may leave that to the server.
without_dots() {
    PLAIN=$1
    while [[ $PLAIN =~ ^(.*[^/:])?/[^/?]+/\.\./(.*)$ ]]; do PLAIN=${BASH_REMATCH[1]}/${BASH_REMATCH[2]}; done
}

# expect_request N TARGET HOST: connection N was asked for that, by HTTP/1.0.
expect_request() {
    asked "$1"
    SHOWN=c$1
    without_dots "$REQUEST_LINE"
    if [[ $PLAIN != "GET $2 HTTP/1.0" ]]; then
        fail "The request line is '$REQUEST_LINE'; 'GET $2 HTTP/1.0' was expected."
    fi
    if [[ $HOST_FIELD != "$3" ]]; then fail "The header field Host is '$HOST_FIELD'; '$3' was expected."; fi
    if ((BARE > 0)); then fail "The lines of a request end in CRLF (\\r\\n)."; fi
}

# expect_long_target N TARGET: connection N was asked for this target, which is longer than many an array.
expect_long_target() {
    asked "$1"
    SHOWN=c$1
    if [[ $REQUEST_LINE != *"${2#/}"* ]]; then
        fail "The target has ${#2} bytes, and is not whole in the request line, which has ${#REQUEST_LINE}." \
            'an array of a fixed size is too short for it.'
    fi
}

# ---- The first steps of each program ----

@test "R2.1 [3] single_server listens, and says on which port" {
    web_listens single_server
}

@test "R2.2 [3] single_server answers a simple request: status line, header fields, the file, and closes" {
    needs R2.1
    web_simple single_server
}

@test "R2.3 [3] web_client reports each step of an exchange, line for line" {
    peer accept "reply=HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\nContent-Length: 17\\r\\n\\r\\nhello $WORD\\n" close
    run web_client 127.0.0.1 "$PORT" hello.txt
    expect_success
    expect_text "Connection: OK\\nRequest message sent.\\nServer HTTP Response: HTTP/1.1 200 OK
Content-Type: text/plain\\nhello $WORD\\nSocket closed.\\n"
    peer_done
}

@test "R2.4 [2] web_client gives up when the server says nothing for TIMEOUT seconds" {
    local began
    needs R2.3
    peer accept end close accept end
    began=${EPOCHREALTIME/./}
    CAUSE='a read waits for ever where nothing limits it: see SO_RCVTIMEO, poll(2) or alarm(2).' \
        run web_client 127.0.0.1 "$PORT" silence.txt 1
    expect_time_out "$began"
    if ! can_trace; then return 0; fi
    STORY=() REPEAT=()
    story 'Then it ran without TIMEOUT, and time passed 20 times as fast for it.'
    began=${EPOCHREALTIME/./}
    CAUSE='without TIMEOUT it waits 5 s.' HURRY=20 run web_client 127.0.0.1 "$PORT" silence.txt
    expect_time_out "$began" 'without TIMEOUT it waits 5 s.' 5 20
}

@test "R2.5 [3] the TIMEOUT of web_client is for the whole exchange, not for each read" {
    local began steps=()
    needs R2.3
    for _ in {1..12}; do steps+=(send=x sleep=350); done
    peer accept reply='HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\n' "${steps[@]}" end
    story 'The server sends one byte every 350 ms, 12 in all; after 1 s that must be over.'
    CAUSE='each byte starts the clock of the next read anew: before each read, compute what is left of the time.'
    began=${EPOCHREALTIME/./}
    run web_client 127.0.0.1 "$PORT" drip.txt 1
    expect_time_out "$began" "$CAUSE"
}

# expect_time_out BEGAN [CAUSE [SECONDS TIMES]]: the run that began then ended because 1 s was over, and not before. Or so many
# seconds, where time has passed so many times as fast.
expect_time_out() {
    local took=$(((${EPOCHREALTIME/./} - $1) * ${4:-1})) seconds=${3:-1}
    expect_failure "${2:-}"
    if [[ $(<"$T/err") != *"timed out after $seconds s"* ]]; then
        show_output
        fail "The line 'web_client: ...: timed out after $seconds s' was expected on stderr." "${2:-}"
    fi
    if ((took < seconds * 990000)); then fail "It gave up after $((took / 1000)) ms; the time is over after $seconds s."; fi
}

@test "R2.6 [3] http_client asks for a page by HTTP/1.0 and prints it, and nothing else" {
    local text="<h1>It works</h1>\\nwithout a newline at the end: $WORD"
    origin "HTTP/1.0 200 OK\\r\\nContent-Type: text/html\\r\\nContent-Length: 58\\r\\n\\r\\n$text"
    fetches 1 /page.html "$text"
    peer_done
    asked 1
    if [[ $REQUEST_LINE != 'GET /page.html HTTP/1.0' ]]; then
        fail "The request line is '$REQUEST_LINE'; 'GET /page.html HTTP/1.0' was expected."
    fi
}

# ---- web_client ----

@test "R2.7 [3] web_client prints any text: without a last newline, in pieces, of a server that stays connected" {
    local head='Connection: OK\nRequest message sent.\nServer HTTP Response: HTTP/1.0 200 OK\nContent-Type: text/html\n'
    local ok='HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n' n text
    needs R2.3
    printf -v text '%0*d' 60000 7
    padding 3000
    REPLIES=("${ok}Content-Length: 9\\r\\n\\r\\nno\\nend..." "${ok}\\r\\nuntil the end\\n"
        "HTTP/1.0 200 OK\\r\\nServer: x\\r\\ncontent-type:text/html\\r\\nCONTENT-LENGTH: 6\\r\\n\\r\\ndrops\\n"
        "${ok}Content-Length: 4\\r\\n\\r\\nkept, and more" "${ok}Content-Length: 60000\\r\\n\\r\\n$text"
        "HTTP/1.0 200 OK\\r\\nContent-Type: text/css; charset=utf-8\\r\\nX-Policy: $PADDING\\r\\nContent-Length: 7\\r\\n\\r\\nstyled\\n"
        "${ok}Content-Length: 0\\r\\n\\r\\n")
    peer c1.accept "c1.reply=${REPLIES[0]}" c1.close c2.accept "c2.reply=${REPLIES[1]}" c2.close \
        c3.accept c3.head "c3.drip=${REPLIES[2]}" c3.close c4.accept "c4.reply=${REPLIES[3]}" c4.end c4.close \
        c5.accept "c5.reply=${REPLIES[4]}" c5.end c5.close c6.accept "c6.reply=${REPLIES[5]}" c6.close \
        c7.accept "c7.reply=${REPLIES[6]}" c7.end c7.close
    STEPS=() n=0
    for text in 'no\nend...\n' 'until the end\n' 'drops\n' 'kept\n' "$text\\n"; do
        n=$((n + 1))
        meets "$n"
        CAUSE='where there is a Content-Length, the content ends there, whether the server closes or not.' \
            run web_client localhost "$PORT" "page$n.html"
        expect_success
        expect_text "$head${text}Socket closed.\\n"
    done
    meets 6
    run web_client localhost "$PORT" page.css
    expect_success
    expect_last_lines 'styled' 'any text/... is text, whatever stands behind the type.'
    meets 7
    run web_client localhost "$PORT" empty.html
    expect_success
    expect_last_lines '' 'a content of 0 bytes has come as soon as the head has.'
    peer_done
}

# expect_last_lines CONTENT CAUSE: the output ends with the content and 'Socket closed.', and nothing was saved.
expect_last_lines() {
    local text=''
    IFS= read -rd '' text <"$T/out" || true
    if [[ $text != *$'\n'"$1"*$'\n''Socket closed.'$'\n' || $text == *Saved* ]]; then
        show_output
        fail "At its end the output must have the content ('$1') and the line 'Socket closed.'." "$2"
    fi
}

@test "R2.8 [3] web_client saves what is no text as received-NAME in the current folder" {
    local ok='HTTP/1.0 200 OK\r\nContent-Type: image/png\r\n' lines difference
    needs R2.3
    lines='Connection: OK\nRequest message sent.\nServer HTTP Response: HTTP/1.0 200 OK\nContent-Type: '
    cp "$SITE/second.jpg" "$DIR/received-picture.png"
    peer c1.accept "c1.reply=${ok}Content-Length: 20175\\r\\n\\r\\n" c1.file="$SITE/picture.png" c1.end c1.close \
        c2.accept c2.reply='HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n' c2.file="$SITE/second.jpg" c2.close \
        c3.accept c3.reply='HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}' c3.end c3.close \
        c4.accept "c4.reply=${ok}Content-Length: 3\\r\\n\\r\\nabc" c4.end c4.close \
        c5.accept "c5.reply=${ok}Content-Length: 3\\r\\n\\r\\nabc" c5.end c5.close
    SHOWN=c1
    by_hand "(printf '${ok}Content-Length: 20175\\r\\n\\r\\n'; cat site/picture.png) | nc -l -N $PORT &"
    run web_client 127.0.0.1 "$PORT" picture.png
    expect_success
    expect_text "${lines}image/png\\nSaved received-picture.png (20175 bytes).\\nSocket closed.\\n"
    expect_saved picture.png "$SITE/picture.png"
    SHOWN=c2 REPEAT=()
    by_hand "(printf 'HTTP/1.0 200 OK\\r\\nContent-Type: audio/mpeg\\r\\n\\r\\n'; cat site/second.jpg) |
      nc -l -N $PORT &"
    run web_client 127.0.0.1 "$PORT" music/2024/song.mp3
    expect_success
    expect_text "${lines}audio/mpeg\\nSaved received-song.mp3 (200000 bytes).\\nSocket closed.\\n" \
        "NAME is what follows the last '/' of FILENAME."
    expect_saved song.mp3 "$SITE/second.jpg"
    SHOWN=c3 REPEAT=()
    run web_client 127.0.0.1 "$PORT" data.json
    expect_success
    expect_text "${lines}application/json\\nSaved received-data.json (2 bytes).\\nSocket closed.\\n" \
        "only what is text/... goes to the terminal."
    SHOWN=c4 REPEAT=()
    mkdir "$DIR/received-taken.png"
    story 'In the current folder received-taken.png was there already: a folder.'
    by_hand 'mkdir received-taken.png'
    run web_client 127.0.0.1 "$PORT" taken.png
    expect_complaint web_client
    SHOWN=c5 REPEAT=() STORY=()
    padding 600
    run web_client 127.0.0.1 "$PORT" "folder/$PADDING/deep.png"
    expect_success
    expect_text "${lines}image/png\\nSaved received-deep.png (3 bytes).\\nSocket closed.\\n"
    peer_done
    expect_long_target 5 "folder/$PADDING/deep.png"
    asked 2
    if [[ ! $REQUEST_LINE =~ ^GET\ /?music/2024/song.mp3\ HTTP/1.[01]$ ]]; then
        fail "The request line is '$REQUEST_LINE'; 'GET /music/2024/song.mp3 HTTP/1.0' was expected."
    fi
}

# expect_saved NAME FILE: received-NAME in the current folder is that file, byte for byte.
expect_saved() {
    local difference
    if [[ ! -f $DIR/received-$1 || -L $DIR/received-$1 ]]; then fail "There is no file received-$1 in the current folder."; fi
    if ! difference=$("$BYTES" diff "$2" "$DIR/received-$1"); then
        fail "The file received-$1 is not what was sent:"$'\n'"$difference" \
            "binary data is no C string: it has NUL bytes in it; and an older, longer file must be cut."
    fi
}

@test "R2.9 [3] web_client reports errors: 404, 403, a server that is silent or absent, wrong arguments" {
    local status
    needs R2.3
    KEEP=3 origin 'HTTP/1.0 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<p>missing</p>' \
        'HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\n<p>denied\n\n\n' \
        'HTTP/1.0 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nsorry\n' ''
    for status in '1:HTTP/1.0 404 Not Found' '2:HTTP/1.1 403 Forbidden' '3:HTTP/1.0 500 Internal Server Error'; do
        meets "${status%%:*}"
        CAUSE='an error is one as soon as its head has come: do not wait for the server to close.' run web_client 127.0.0.1 "$PORT" missing.html
        if ((STATUS != 1)); then
            show_output
            fail "The exit status is $STATUS; 1 was expected, because the file did not come."
        fi
        grep -v '^Content-Type: ' "$T/out" >"$T/out.new" || true
        mv "$T/out.new" "$T/out"
        expect_text "Connection: OK\\nRequest message sent.
Server HTTP Response: ${status#*:}\\n${status#* }\\nSocket closed.\\n"
    done
    meets 4
    run web_client 127.0.0.1 "$PORT" closed.html
    expect_complaint web_client
    peer_done
    run web_client 127.0.0.1 "$PORT2" refused.html
    expect_complaint web_client
    if grep -q '^Connection: OK' "$T/out"; then
        show_output
        fail "It says 'Connection: OK', but nobody listens on that port."
    fi
    afresh
    RUN_LIMIT=30 run web_client no-such-host.invalid "$PORT2" file.html
    expect_complaint web_client
    afresh
    expect_usage web_client 127.0.0.1 "$PORT"
    expect_usage web_client 127.0.0.1 port file.html
    expect_usage web_client 127.0.0.1 80x file.html
    expect_usage web_client 127.0.0.1 "$PORT" file.html soon
    expect_usage web_client 127.0.0.1 "$PORT" file.html 2x
    expect_usage web_client 127.0.0.1 "$PORT" file.html 1 more
}

# ---- http_client ----

@test "R2.10 [4] http_client takes as many bytes as Content-Length says, though the server stays connected" {
    needs R2.6
    KEEP=yes origin \
        'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 7\r\nConnection: keep-alive\r\n\r\n<p>1234' \
        'HTTP/1.0 200 OK\r\nContent-Length: 5\r\nContent-Type: text/html\r\n\r\nfirst, and no more' \
        'HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n' \
        'HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\ntwo\r\n\r\nblank\n'
    CAUSE='it waits for the server to close, although Content-Length says where the content ends.'
    fetches 1 /kept.html '<p>1234'
    fetches 2 /longer.html first
    fetches 3 /empty.html ''
    fetches 4 /blank.html 'two\r\n\r\nblank\n'
    peer_done
}

@test "R2.11 [3] without Content-Length the page ends where the server closes; any size, byte for byte, in any pieces" {
    local ok='HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n' long
    needs R2.6
    padding 3000
    long="HTTP/1.0 200 OK\\r\\nX-Policy: $PADDING\\r\\nContent-Type: text/html\\r\\nContent-Length: 4\\r\\n\\r\\nlong"
    peer c1.accept "c1.reply=${ok}\\r\\nto the end\\n\\n" c1.close \
        c2.accept c2.head "c2.drip=${ok}Content-Length: 8\\r\\n\\r\\nin drips" c2.close \
        c3.accept "c3.reply=${ok}Content-Length: 10485760\\r\\n\\r\\n" c3.file="$SITE/big.mp4" c3.close \
        c4.accept "c4.reply=${ok}\\r\\n" c4.file="$SITE/second.jpg" c4.close \
        c5.accept "c5.reply=HTTP/1.0 200 OK\\r\\nContent-Type: te" c5.sleep=10 c5.send='xt/html\r\n\r' c5.sleep=10 \
        c5.send='\nseg' c5.sleep=600 c5.send='ments' c5.close \
        c6.accept "c6.reply=$long" c6.close c7.accept "c7.reply=${ok}\\r\\n" c7.sleep=20 c7.send='half of ' c7.sleep=600 \
        c7.send='a page' c7.close
    REPLIES=("${ok}\\r\\nto the end\\n\\n" "${ok}Content-Length: 8\\r\\n\\r\\nin drips" '' '' "${ok}\\r\\nsegments" "$long"
        "${ok}\\r\\nhalf of a page")
    STEPS=()
    fetches 1 /open.html 'to the end\n\n'
    fetches 2 /drips.html 'in drips'
    SHOWN=c3
    fetch /big.html
    expect_success
    expect_output "$SITE/big.mp4" 'a page is bytes, no C string: a NUL does not end it. And one read is not all of it.'
    SHOWN=c4
    fetch /second.html
    expect_success
    expect_output "$SITE/second.jpg"
    fetches 5 /segments.html segments
    CAUSE='a head of 3,000 bytes is nothing unusual: is the buffer large enough?' fetches 6 /long.html long
    late_half
    peer_done
}

# late_half: the second half of the page comes 12 s after the first, by the clock of the client. It may say that this is
# too long, but must not take half of a page for all of it.
late_half() {
    meets 7
    CAUSE='a time-out does not tell that a page is complete. Without Content-Length only the end of the connection does.'
    if can_trace; then
        story 'Time passed 20 times as fast for it, and the second half of the page came 12 s after the first.'
        HURRY=20 fetch /late.html
    else
        fetch /late.html
    fi
    if ((STATUS == 0)); then expect_text 'half of a page' "$CAUSE"; fi
    CAUSE=''
}

# redirect CODE LOCATION: the reply that sends a client there.
redirect() {
    printf 'HTTP/1.0 %d Moved\\r\\nLocation: %s\\r\\nContent-Type: text/html\\r\\n' "$1" "$2"
    printf 'Content-Length: 7\\r\\n\\r\\n<p>gone'
}

# expect_redirects LOCATION[|ABSOLUTE]...: stderr tells these redirects, in this order.
expect_redirects() {
    local told=() n=0 location
    mapfile -t told < <(sed -n 's/^Redirected to: *//p' "$T/err")
    for location; do
        without_dots "${told[n]:-}"
        if [[ ${told[n]:-} != "${location%|*}" && $PLAIN != "${location#*|}" ]]; then
            show_output
            fail "Redirect $((n + 1)) is to be told on stderr as 'Redirected to: ${location#*|}'; found '${told[n]:-}'."
        fi
        n=$((n + 1))
    done
    if ((${#told[@]} != n)); then
        show_output
        fail "There were $n redirects, and ${#told[@]} lines 'Redirected to: ...' on stderr."
    fi
}

@test "R2.12 [4] http_client follows 301 and 302, to absolute and to relative locations, and says so on stderr" {
    local here=http://127.0.0.1:$PORT there=http://localhost:$PORT
    needs R2.6
    HOLD=yes origin "$(redirect 301 "$there/second/page.html?a=1")" "$(redirect 302 /third/part/page.html)" \
        "$(redirect 301 next.html)" "$(redirect 302 ../up.html?b=2)" "$(page '<p>found')" \
        "$(redirect 302 "$here/other")" "$(page 'other')" "$(redirect 302 "http://127.0.0.1:$PORT2/port")"
    meets 1
    CAUSE='after a redirect close the connection and open one to the new place; its content is not for the user.' \
        fetch /first.html
    expect_success
    expect_text '<p>found' 'only the last page is printed.'
    meets 1
    expect_redirects "$there/second/page.html?a=1" "/third/part/page.html|$there/third/part/page.html" \
        "next.html|$there/third/part/next.html" "../up.html?b=2|$there/third/up.html?b=2"
    fetches 6 / other
    expect_redirects "$here/other"
    page_server "$PORT2" 'another port'
    fetches 8 / 'another port'
    peer_done
    expect_request 2 '/second/page.html?a=1' "localhost:$PORT"
    expect_request 3 /third/part/page.html "localhost:$PORT"
    expect_request 4 /third/part/next.html "localhost:$PORT"
    expect_request 5 '/third/up.html?b=2' "localhost:$PORT"
    expect_request 7 /other "127.0.0.1:$PORT"
    from_anywhere
}

# Where a relative location leads from a URL with slashes in its query, and from one without a path. And what is known of a
# redirect says nothing of the page behind it.
from_anywhere() {
    local ok='HTTP/1.0 200 OK\r\n' html='Content-Type: text/html\r\n'
    padding 600
    afresh
    PORT=$PORT3
    origin "$(redirect 302 next.html)" "$(page 'from a query')" "$(redirect 302 first.html)" "$(page 'from the root')" \
        "$(redirect 301 /open.html)" "$ok$html\\r\\nas long as it is" \
        "$(redirect 301 /bare)" "${ok}Content-Length: 7\\r\\n\\r\\nno type" \
        "$(redirect 302 /again)" "HTTP/1.0 301 Moved\\r\\n${html}Content-Length: 0\\r\\n\\r\\n" \
        "$(redirect 302 "/long?$PADDING")" "$(page 'the last')"
    CAUSE='a query belongs to no folder: look for the last slash in front of the question mark.' \
        fetches 1 '/part/page.html?from=/a/b.html' 'from a query'
    CAUSE='a URL without a path means the path /.' fetches 3 '' 'from the root'
    CAUSE='the header fields of a redirect do not count for the page behind it: begin anew with each reply.'
    fetches 5 /length 'as long as it is'
    fetches_in_vain 7 /type ''
    fetches_in_vain 9 /location
    CAUSE=''
    fetches 11 /last.html 'the last'
    peer_done
    expect_long_target 12 "/long?$PADDING"
    expect_request 2 /part/next.html "127.0.0.1:$PORT"
    expect_request 4 /first.html "127.0.0.1:$PORT"
}

# afresh: what came before is of no interest to one who reads about what comes now.
afresh() {
    rm -rf "$T/peer"
    STORY=() REPEAT=() SHOWN=none
}

@test "R2.13 [3] http_client follows 10 redirects in a row, and gives up at the eleventh" {
    local n replies=()
    needs R2.6
    for n in {1..10}; do replies+=("$(redirect 302 "http://127.0.0.1:$PORT/step$n")"); done
    origin "${replies[@]}" "$(page 'the end')"
    fetches 1 / 'the end'
    peer_done
    rm -rf "$T/peer"
    next_port
    REPLIES=("$(redirect 301 "http://127.0.0.1:$PORT/loop")") STEPS=()
    peer c1.accept "c1.reply=${REPLIES[0]}" c1.close forever
    CAUSE='count the redirects: this one leads to itself for ever.' fetches_in_vain 1 /loop ''
    n=$(grep -c '^GET ' "$T/peer/c1.received") || true
    if ((n > 11)); then fail "It asked $n times; after the first request and 10 redirects it gives up."; fi
}

@test "R2.14 [3] http_client asks as the URL says, and knows header names in any letter case" {
    needs R2.6
    origin "$(page '<p>root')" "$(page '<p>query')" \
        'HTTP/1.1 302 Found\r\nServer: x\r\nLOCATION:/lower\r\n\r\n' \
        'HTTP/1.0 200 OK\r\nDate: today\r\ncontent-type:   text/html; charset=x\r\nCONTENT-length:4\r\n\r\ncase, cut' \
        'HTTP/1.1 200 OK\r\nX-Content-Type: image/png\r\nX-Content-Length: 2\r\ncOnTeNt-TyPe: text/html\r\n\r\nmixed' \
        "$(page '<p>long')" "$(page '<p>eighty')"
    fetches 1 '' '<p>root'
    meets 2
    run http_client "http://localhost:$PORT/a/b.cgi?x=1&y=%20z/"
    expect_success
    expect_text '<p>query'
    CAUSE='the names of header fields match in any letter case, and as a whole.'
    fetches 3 /upper 'case'
    fetches 5 /mixed 'mixed'
    CAUSE=''
    padding 600
    fetches 6 "/folder/$PADDING?q=x" '<p>long'
    expect_long_target 6 "/folder/$PADDING?q=x"
    if can_trace; then by_default_port; else kill "$PEER"; fi
    expect_request 1 / "127.0.0.1:$PORT"
    expect_request 2 '/a/b.cgi?x=1&y=%20z/' "localhost:$PORT"
    expect_request 4 /lower "127.0.0.1:$PORT"
}

# by_default_port: a URL without a port means port 80. What the client sends there goes to the origin server on $PORT.
by_default_port() {
    SHOWN=c7 REPEAT=()
    by_hand "python3 -m http.server $PORT &"
    story "Port 80 led to the grader's server."
    CAUSE='a URL without a port means port 80.' PORTS=80=$PORT run http_client http://127.0.0.1/eighty
    CAUSE='a URL without a port means port 80.'
    expect_success "$CAUSE"
    expect_text '<p>eighty'
    CAUSE=''
    peer_done
    asked 7
    if [[ $HOST_FIELD == 127.0.0.1:80 ]]; then return 0; fi # not asked for, but as good
    expect_request 7 /eighty 127.0.0.1
}

# page_server PORT TEXT: another web server, which answers every request with this page, as often as it is asked.
page_server() {
    local ready
    exec {ready}< <(exec "$PROBE" -l '*' "$1" accept "reply=$(page "$2")" close forever 2>"$T/page.err")
    BOXES+=("$!")
    read -r _ <&"$ready" || did_not_start "$T/page.err"
}

@test "R2.15 [3] http_client refuses https, asked for or redirected to, and what does not begin with http://" {
    local url
    needs R2.6
    page_server "$PORT2" '<p>not over this protocol'
    origin "$(redirect 301 "https://127.0.0.1:$PORT2/secure")" "$(redirect 302 "ftp://127.0.0.1:$PORT2/file")"
    fetches_in_vain 1 /to-https ''
    fetches_in_vain 2 /to-ftp ''
    peer_done
    SHOWN=none REPEAT=()
    for url in "https://127.0.0.1:$PORT2/" "127.0.0.1:$PORT2/page.html" "ftp://127.0.0.1:$PORT2/" localhost; do
        run http_client "$url"
        expect_error_status
        expect_text ''
    done
}

@test "R2.16 [3] http_client ends with 0 for a 200 with text/html only; the page of an error is printed as well" {
    local html='Content-Type: text/html' text='Content-Type: text/plain' status n
    needs R2.6
    KEEP=1 origin "HTTP/1.0 404 Not Found\\r\\n$html\\r\\nContent-Length: 11\\r\\n\\r\\n<p>no page\\n" \
        "HTTP/1.1 500 Internal Server Error\\r\\n$html; charset=utf-8\\r\\n\\r\\n<p>broken" \
        "HTTP/1.0 403 Forbidden\\r\\n$html\\r\\nContent-Length: 3\\r\\n\\r\\nno!" \
        "HTTP/1.0 200 OK\\r\\n$text\\r\\nContent-Length: 5\\r\\n\\r\\nplain" \
        "HTTP/1.0 200 OK\\r\\nContent-Type: image/png\\r\\nContent-Length: 5\\r\\n\\r\\nimage" \
        "HTTP/1.0 200 OK\\r\\nContent-Length: 7\\r\\n\\r\\nno type" \
        "HTTP/1.0 404 Not Found\\r\\n$text\\r\\nContent-Length: 5\\r\\n\\r\\nplain" \
        "HTTP/1.1 204 No Content\\r\\n\\r\\n" "HTTP/1.0 301 Moved\\r\\n$html\\r\\nContent-Length: 4\\r\\n\\r\\nlost" \
        'HTTP/1.0 307 Temporary Redirect\r\nLocation: /charset\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n' \
        'HTTP/1.0 303 See Other\r\nLocation: /charset\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n' \
        'HTTP/1.1 308 Permanent Redirect\r\nLocation: /charset\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n' \
        "HTTP/1.1 206 Partial Content\\r\\n$html\\r\\nContent-Length: 4\\r\\n\\r\\npart" \
        "HTTP/1.0 200 OK\\r\\n$html;charset=utf-8\\r\\nContent-Length: 4\\r\\n\\r\\nfine"
    CAUSE='the page of an error ends at its Content-Length, too.' fetches_in_vain 1 /404 '<p>no page\n'
    fetches_in_vain 2 /500 '<p>broken'
    fetches_in_vain 3 /403 'no!'
    fetches_in_vain 4 /plain ''
    fetches_in_vain 5 /image ''
    fetches_in_vain 6 /no-type ''
    fetches_in_vain 7 /plain-404
    fetches_in_vain 8 /204
    fetches_in_vain 9 /301-without-location
    CAUSE='301 and 302 are followed, and no other status.'
    fetches_in_vain 10 /307
    fetches_in_vain 11 /303
    fetches_in_vain 12 /308
    CAUSE='of all that is not an error, only 200 is a success.' fetches_in_vain 13 /206
    CAUSE=''
    fetches 14 /charset fine
    peer_done
}

@test "R2.17 [3] http_client says so when a page is cut short, the server is absent or answers nothing" {
    needs R2.6
    origin 'HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\nonly this' '' \
        'what is this?\r\n\r\n'
    CAUSE='the server closed before it had sent as many bytes as Content-Length says.'
    fetches_in_vain 1 /cut
    CAUSE=''
    fetches_in_vain 2 /nothing ''
    fetches_in_vain 3 /garbage
    peer_done
    SHOWN=none REPEAT=()
    run http_client "http://127.0.0.1:$PORT2/refused"
    expect_complaint http_client
    expect_text ''
    RUN_LIMIT=30 run http_client http://no-such-host.invalid/
    expect_complaint http_client
    expect_usage http_client
    expect_usage http_client "http://127.0.0.1:$PORT/" more
}

# ---- single_server ----

@test "R2.18 [3] text, a picture and 10 MiB of binary data arrive byte for byte" {
    needs R2.2
    web_bytes single_server
}

@test "R2.19 [4] every file is sent with its type, in any letter case, or only those that -t lists" {
    needs R2.2
    web_types single_server
    web_narrowed single_server -d 1
    web_not_widened single_server
    if unit test_reply; then :; fi
}

@test "R2.20 [3] errors are small HTML pages: 403, 404 and 400, each where it is due" {
    needs R2.2
    web_errors single_server
    web_malformed single_server
}

@test "R2.21 [2] a head of 8,000 bytes is served, and one that does not end is refused with 431" {
    needs R2.2
    web_long_heads single_server
}

@test "R2.22 [4] nothing outside ROOT is ever sent" {
    needs R2.2
    web_traversal single_server
}

@test "R2.23 [4] percent-escapes, query and fragment, a missing leading slash, folders" {
    needs R2.2
    web_targets single_server
    if unit test_url; then :; fi
}

@test "R2.24 [4] a request ends at its blank line, in whatever pieces it comes and whatever follows it" {
    needs R2.2
    web_pieces single_server
    if unit test_http; then :; fi
}

@test "R2.25 [4] what is no GET request gets no reply, and garbage does no harm" {
    needs R2.2
    web_ignored single_server
    web_survives single_server
}

@test "R2.26 [3] clients that hang up in mid-reply, read slowly, or send more than the request" {
    needs R2.2
    web_hangups single_server
    web_unread_input single_server
    web_slow_reader single_server
    closes_by_itself "$PORT2" "$QUICK" single_server "$PORT2" "$SITE"
}

@test "R2.27 [3] 300 connections leave no descriptor and no memory behind" {
    needs R2.2
    web_leaks single_server
}

@test "R2.28 [3] one connection at a time: the next one waits until this one is closed; -d delays each reply" {
    needs R2.2
    serve single_server
    story 'Client a sent half of its request, then client b a whole one. b has to wait until a has its reply.'
    by_hand "(printf 'GET /notes.txt HTTP/1.0\\r\\n'; sleep 5; printf '\\r\\n') | nc -N 127.0.0.1 $PORT &"
    by_hand "printf 'GET /docs HTTP/1.0\\r\\n\\r\\n' | nc -N 127.0.0.1 $PORT"
    CAUSE='a server without threads accepts the next connection only after it has served and closed this one.' \
        talk a.open a.send='GET /notes.txt HTTP/1.0\r\n' b.open b.send='GET /docs HTTP/1.0\r\n\r\n' b.quiet=100 \
        a.send='\r\n' a.end a.close b.end
    SHOWN=a
    read_answer "$TALK/a.received"
    expect_same "$SITE/notes.txt"
    SHOWN=b
    read_answer "$TALK/b.received"
    expect_same "$SITE/docs/index.html"
    PORT=$PORT2 web_delay single_server
}

@test "R2.29 [3] the command line: ROOT and its default, port 0, a port in use, and wrong arguments" {
    needs R2.2
    web_root single_server
    web_port_in_use single_server
    web_any_port single_server
    web_usage single_server
    expect_usage single_server -d soon "$PORT"
    expect_usage single_server ''
}

@test "R2.30 [3] it listens on IPv4 and IPv6, ends at a signal, and can be started again at once" {
    needs R2.2
    web_addresses single_server
    PORT=$PORT2 web_restart single_server
    PORT=$PORT3 ends_while_serving single_server
}

# ends_while_serving PROGRAM: signals end the server also while it waits for the rest of a request.
ends_while_serving() {
    local signal usual
    for signal in TERM:143 INT:130; do
        usual=${signal#*:} signal=${signal%:*}
        STORY=() REPEAT=() SHOWN=none
        start "$1" "$PORT" "$SITE"
        story 'A client was connected that had sent half of a request.'
        by_hand "(printf 'GET /test'; sleep 60) | nc 127.0.0.1 $PORT &     # then send the signal: kill -$signal %1"
        visitor b.open "b.send=$HALF" sleep=50 say=connected wait
        visitor_says connected
        stop "$signal"
        if ((STATUS != 0 && STATUS != usual)); then
            fail "After SIG$signal the exit status is $STATUS; 0, or death by the signal ($usual), was expected." \
                "$(signal_name "$STATUS")"
        fi
        go_on
        visitor_done
    done
}

@test "R2.31 [2] no program reads or writes memory that is not its own, or computes what C does not define" {
    local program reply replies=() ok='HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n'
    needs R2.2 R2.3 R2.6
    for reply in "${ok}Content-Length: 4\\r\\n\\r\\npage" "${ok}Content-Length: 9999999999999999999\\r\\n\\r\\npage" \
        "${ok}Content-Length: -1\\r\\n\\r\\npage" "${ok}Content-Length:\\r\\n: x\\r\\nno colon\\r\\n\\r\\n" "$ok" '' \
        'HTTP/1.0 301 Moved\r\nLocation: /a/../b\r\n\r\n' 'HTTP/1.0 302 Found\r\nLocation:\r\n\r\n' \
        'HTTP/1.0 302 Found\r\nLocation: http://localhost\r\n\r\n' 'HTTP/1.0 2' 'HTTP/1.0\r\n\r\n' '\r\n\r\n' '\0\xff\r\n'; do
        replies+=(accept "reply=$reply" close)
    done
    padding 20000
    replies+=(accept "reply=${ok}X: $PADDING\\r\\n\\r\\npage" close accept "reply=$ok\\r\\n$PADDING" close)
    story 'http_client and web_client met replies of every kind: short and long, cut off, with wrong numbers and without head.'
    for program in http_client web_client; do
        sanitizer address "$program"
        peer "${replies[@]}" forever
        for _ in {1..15}; do
            case $program in
            http_client) poke_client http_client "http://127.0.0.1:$PORT/some/page.html?a=b" ;;
            web_client) poke_client web_client 127.0.0.1 "$PORT" some/page.html 2 ;;
            esac
        done
        case $program in
        http_client) poke_client http_client "http://127.0.0.1:$PORT/$PADDING" ;;
        web_client) poke_client web_client 127.0.0.1 "$PORT" "$PADDING" 2 ;;
        esac
        kill "$PEER" && wait "$PEER" || true
    done
    no_findings
    PORT=$PORT2
    sanitizer address single_server
    web_memory single_server
}

@test "R2.32 [3] single_server: calls that are interrupted, or do a part of their work only, are completed" {
    needs R2.2
    web_faults single_server
}
