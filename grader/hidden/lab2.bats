# hidden/lab2.bats - the rules of suites/lab2.bats on other data.

@test "H2.1 [R2.18] a large text with every byte value, and a picture of another size" {
    needs R2.2
    mkdir "$LAID/files"
    LC_ALL=C awk 'BEGIN { for (i = 0; i < 256000; i++) printf "%c", i % 256 }' >"$LAID/files/all bytes.pdf"
    noise 123457 odd.gif >"$LAID/files/odd.gif"
    noise 65536 even.ICO >"$LAID/files/even.ICO"
    serve single_server "$LAID/files"
    is_fine '/all%20bytes.pdf' "$LAID/files/all bytes.pdf" application/pdf
    is_fine /odd.gif "$LAID/files/odd.gif" image/gif
    is_fine /even.ICO "$LAID/files/even.ICO" image/x-icon
}

@test "H2.2 [R2.22] other ways to climb out of ROOT" {
    local n
    needs R2.2
    mkdir -p "$LAID/a/b/c" "$LAID/a/bc"
    echo TOP-SECRET >"$LAID/a/plan.html"
    cp "$LAID/a/plan.html" "$LAID/a/bc"
    echo inside >"$LAID/a/b/c/plan.html"
    serve single_server "$LAID/a/b"
    story 'Outside the folder a/b, which is ROOT, are a/plan.html and a/bc/plan.html.'
    paths /%2E./plan.html /c/../../plan.html /c/%2e%2e/%2e%2e/plan.html /c/..%2F../plan.html ../bc/plan.html \
        /c/../../bc/plan.html "///$LAID/a/plan.html" "/c//../..//plan.html" /.%2e/bc/plan.html /c/./../.././plan.html \
        /..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd '/..#x' /c/....//....//plan.html
    for ((n = 1; n <= ${#VOLLEY[@]}; n++)); do
        answer "$n"
        if [[ $BODY == *TOP-SECRET* || $CODE == 200 ]]; then fail "A file outside ROOT was sent."; fi
        expect_page 403 404 400
    done
    paths /c/plan.html
    answer 1
    expect_file text/html $'inside\n'
}

@test "H2.3 [R2.12] redirects to other places" {
    local there=http://localhost:$PORT
    needs R2.6
    origin "$(redirect 302 "$there/a/b/c/d.html")" "$(redirect 301 ../e/f.html)" "$(redirect 302 /?q=a/b)" \
        "$(page 'here')"
    fetches 1 /start.html here
    expect_redirects "$there/a/b/c/d.html" "../e/f.html|$there/a/b/e/f.html" "/?q=a/b|$there/?q=a/b"
    peer_done
    expect_request 3 /a/b/e/f.html "localhost:$PORT"
    expect_request 4 '/?q=a/b' "localhost:$PORT"
}

@test "H2.4 [R2.5] the TIMEOUT is over while the head drips in" {
    local began steps=() letter
    needs R2.3
    for letter in {1..12}; do steps+=(send=H sleep=350); done
    peer accept head "${steps[@]}" end
    story 'The server sends one byte of its head every 350 ms; after 1 s that must be over.'
    began=${EPOCHREALTIME/./}
    run web_client localhost "$PORT" head.txt 1
    expect_time_out "$began"
}

@test "H2.5 [R2.8] another picture, larger than a buffer, in a folder with a dot" {
    needs R2.3
    peer accept reply='HTTP/1.1 200 OK\r\ncontent-length: 200000\r\ncontent-type: image/jpeg\r\n\r\n' \
        file="$SITE/second.jpg" end
    run web_client 127.0.0.1 "$PORT" /v1.0/my.holidays/beach.jpg
    expect_success
    expect_text 'Connection: OK\nRequest message sent.\nServer HTTP Response: HTTP/1.1 200 OK
Content-Type: image/jpeg\nSaved received-beach.jpg (200000 bytes).\nSocket closed.\n'
    expect_saved beach.jpg "$SITE/second.jpg"
    peer_done
}

@test "H2.6 [R2.10] other lengths, and a server that never closes" {
    local text
    needs R2.6
    printf -v text '%0*d' 70001 9
    KEEP=yes origin "$(page "$text")" "$(page x)" \
        'HTTP/1.1 200 OK\r\nContent-Length:   3\r\nContent-Type: text/html\r\n\r\nyes\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'
    fetches 1 /long.html "$text"
    fetches 2 /short.html x
    fetches 3 /three.html yes
    peer_done
}

@test "H2.7 [R2.23] other names, escapes and queries" {
    local n names=('a&b=c.html' "it's.css" '~tilde' 'two  blanks.json' 'äöü.svg' 'index.html' 'sub dir/index.html')
    needs R2.2
    mkdir -p "$LAID/names/sub dir"
    for n in "${names[@]}"; do printf 'Here is %s.' "$n" >"$LAID/names/$n"; done
    serve single_server "$LAID/names"
    paths '/a&b=c.html' '/it%27s.css?v=1.2' %7etilde '/two%20%20blanks%2Ejson#top' /%C3%A4%c3%B6%C3%bc.svg / \
        '/sub%20dir'
    for ((n = 1; n <= ${#names[@]}; n++)); do
        answer "$n"
        expect_head 200
        if [[ $BODY != "Here is ${names[n - 1]}." ]]; then
            fail "The content is not that of the file '${names[n - 1]}'."
        fi
    done
}

@test "H2.8 [R2.19] other names and extensions" {
    local n name types=(text/html application/json image/svg+xml text/plain image/jpeg)
    local names=(a.html.html x.png.JSON .hidden.svg CHANGELOG A.B.C.JPeg)
    needs R2.2
    mkdir "$LAID/other"
    for name in "${names[@]}" page.html.bak; do printf '%s' "$name" >"$LAID/other/$name"; done
    serve single_server "$LAID/other"
    paths "${names[@]/#//}" /page.html.bak
    for ((n = 1; n <= ${#names[@]}; n++)); do
        answer "$n"
        expect_file "${types[n - 1]}" "${names[n - 1]}"
    done
    answer "$n"
    expect_page 403
}
