# shellcheck shell=bash
# Hidden tests of lab 1: the requirements of the suite on other data.

@test "H1.1 [R1.3] other texts, with no newline at all" {
    local text steps=()
    needs R1.3
    start tcp_server "$PORT"
    for text in q 'zz top' 'a-b-c' '{abc}~' '0' ' ' 'Mixed Case'; do steps+=("send=$text" "expect=${text^^}"); done
    talk open "${steps[@]}" "${steps[@]}"
}

@test "H1.2 [R1.4] all byte values backwards, several times" {
    local i byte text=''
    needs R1.4
    for ((i = 1279; i >= 0; i--)); do
        printf -v byte '\\x%02x' $((i % 256))
        text+=$byte
    done
    printf '%b' "$text" >"$T/bytes"
    start tcp_server "$PORT"
    comes_back "$T/bytes"
}

@test "H1.3 [R1.9] another delay" {
    needs R1.9
    start tcp_server -d 170 "$PORT"
    delayed_replies 170
}

@test "H1.4 [R1.5] 777777 bytes that are no text" {
    needs R1.5
    noise 777777 data >"$T/data"
    start tcp_server "$PORT"
    comes_back "$T/data"
}

@test "H1.5 [R1.18] other replies in other pieces" {
    needs R1.18
    input 'abcdefghijklmnopqrstuvwxyz\n'
    printf 'From Server: 7 dwarfs and 101 dalmatian\n' >"$T/expected"
    peer accept line 'send=7 dwar' sleep=20 'send=f' sleep=20 'drip=s and 10' sleep=20 'send=1 dalmatian\n' end
    run -i "$T/input" tcp_client 127.0.0.1 "$PORT"
    expect_printed
}

@test "H1.6 [R1.19] a line of 300000 bytes between two short ones" {
    needs R1.19
    letters 300000 "$T/long"
    { printf 'a\n' && cat "$T/long" && printf '\nb\n'; } >"$T/input"
    printed
    peer accept upper
    run -i "$T/input" tcp_client 127.0.0.1 "$PORT"
    expect_printed
}

@test "H1.7 [R1.23] datagrams of other sizes" {
    needs R1.23
    UDP=1
    start_udp udp_server "$PORT"
    echoes 3 1025 60001 65506
}

@test "H1.8 [R1.27] other lines" {
    needs R1.27
    letters 9001 "$T/long"
    { printf 'first of all\n\n\nx\n\303\244\303\266\n' && cat "$T/long" && printf '\nend'; } >"$T/input"
    udp_lines 7
}
