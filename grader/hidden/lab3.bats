# The rules of lab 3 on other data.

@test "H3.1 [R3.4] with -d, more clients and another delay" {
    needs R3.4
    expect_overlap 20 190
}

@test "H3.2 [R3.5] with -d, other files" {
    needs R3.5
    expect_own_files 170 docs/index.html photo.jpg style.css data.json notes.txt
}

@test "H3.3 [R3.7] more clients, another order" {
    needs R3.7
    any_order threaded_server notes.txt 5 2 7 1 6 3 4
}

@test "H3.4 [R3.6] 27 clients that have sent the first lines of a request hold up nobody" {
    needs R3.6
    start threaded_server "$PORT" "$SITE"
    story '27 clients connected and sent the first lines of a request. After each, client quick asked for testfile.'
    by_hand_silent 27
    by_hand_quick
    crowd h 27 'GET /index.html HTTP/1.1\r\nHost: localhost\r\n'
    CAUSE='the thread that accepts must do nothing but accept: reading from a client is for the thread of that client.'
    talk "${CROWD[@]}"
    expect_answers 27
}

@test "H3.5 [R3.12] other files of other sizes" {
    needs R3.12
    slow_readers threaded_server 6123457 4194305
}

@test "H3.6 [R3.28] a response of another size" {
    needs R3.28
    prints_binary 333333
}

@test "H3.7 [R3.26] another FILE, and a response that is an error" {
    needs R3.26
    printf 'HTTP/1.0 404 Not Found\r\nContent-Type: text/html\r\n\r\n<h1>404</h1>' >"$T/response"
    answer_with "$T/response"
    run threaded_client localhost "$PORT" 0 a/b.c/d-e_f.txt
    peer_done
    expect_request a/b.c/d-e_f.txt
    expect_success
    expect_output "$T/response"
}
