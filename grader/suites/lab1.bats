# lab1.bats - what lab 1 is graded for. 100 points.

source "$KIT/lib/suite.bash"

@test "R1.1 [3] tcp_server listens, and says on which port" {
    start tcp_server "$PORT"
    expect_ready_line
    story "fds $(server_descriptors) threads $(server_threads) mem $(server_memory) ticks $(server_ticks) procs $(server_process_count)"
    stop TERM
    story "status $STATUS"
    fail look
}

@test "R1.2 [3] tcp_client" {
    peer accept line send='HELLO\n' eof
    printf 'hello\n' >"$T/input"
    run -i "$T/input" tcp_client 127.0.0.1 "$PORT"
    expect_success
    printf 'From Server: HELLO\n' >"$T/expected"
    expect_output "$T/expected"
    peer_done
}
@test "R1.3 [3] udp" {
    UDP=1
    start_udp udp_server "$PORT"
    expect_ready_line
    talk open send=hello expect=HELLO send= expect= a.quiet=50
    peer2=1
}
@test "R1.4 [3] udp client" {
    UDP=1 peer recv stranger=XXX upper
    printf 'hello' >"$T/input"
    run -i "$T/input" udp_client 127.0.0.1 "$PORT"
    expect_success
    printf 'From Server: HELLO\n' >"$T/expected"
    expect_output "$T/expected"
    peer_done
    expect_usage udp_client
    run udp_client 127.0.0.1 "$PORT2" 1 
    fail look
}
