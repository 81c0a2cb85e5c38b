# lab3.bats - what lab 3 is graded for. 100 points.

source "$KIT/lib/suite.bash"

setup_file() {
    make_site
}

@test "R3.1 [3] threaded_server listens, and says on which port" {
    start threaded_server "$PORT" "$SITE"
    expect_ready_line
}

@test "R3.2 [6] a file comes back byte for byte" {
    needs R3.1
    start threaded_server "$PORT" "$SITE"
    is_fine /index.html "$SITE/index.html" text/html
    is_fine /big.mp4 "$SITE/big.mp4" video/mp4
}

@test "R3.3 [6] 50 silent connections hold up nobody" {
    needs R3.2
    start threaded_server "$PORT" "$SITE"
    talk h.hold=50 open 'send=GET /testfile HTTP/1.0\r\n\r\n' eof
    take_apart a
    expect_code 200
    expect_body "$SITE/testfile"
}

@test "R3.4 [6] always fails" {
    needs R3.2
    start threaded_server "$PORT" "$SITE"
    ask 'GET /nothing.html HTTP/1.0\r\n\r\n'
    expect_code 200
}

@test "R3.5 [6] rests" {
    needs R3.4
    true
}

@test "R3.6 [6] internal" {
    needs R3.2
    false
}
