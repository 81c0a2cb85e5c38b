# The extra part of lab 3: pool_server, a fixed number of threads fed by a queue. Points apart from the 100.

@test "B3.1 [2] pool_server serves files as threaded_server does" {
    needs R3.2
    tried pool_server
    web_simple pool_server
    web_bytes pool_server
    web_ignored pool_server
    next_port
    web_delay pool_server
    SHOWN=none
    expect_usage pool_server
    expect_usage pool_server -x "$PORT2"
}

@test "B3.2 [1] it has as many threads with 20 clients as with none, all in one process" {
    local threads now
    needs B3.1
    start pool_server "$PORT" "$SITE"
    talk open "send=$QUICK" end
    server_threads threads
    crowd h 20 "$HALF"
    visitor "${CROWD[@]}" say=connected wait
    visitor_says connected
    story '20 clients connected and sent half of a request each. After each, client quick asked for testfile.'
    by_hand_silent 20
    by_hand 'ps -C pool_server -o pid,nlwp,cmd'
    server_threads now
    SHOWN=none
    if ((now != threads || threads < 2)); then
        fail "The server has $now threads with these clients; it had $threads before." \
            'all threads are started at the beginning, before the first client comes.'
    fi
    go_on
    visitor_done
}

@test "B3.3 [1] 20 clients that send nothing, or half of a request, hold up nobody" {
    local steps
    needs B3.1
    start pool_server "$PORT" "$SITE"
    story '10 clients connected and sent nothing, 10 more sent half of a request. After each, client quick asked for
testfile.'
    by_hand_silent 20
    by_hand_quick
    CAUSE='a thread that waits for its client must not hold the lock of the queue.'
    crowd h 10
    steps=("${CROWD[@]}")
    crowd b 10 "$HALF"
    talk "${steps[@]}" "${CROWD[@]}"
    expect_answers 20
}

@test "B3.4 [2] 400 clients, more than threads and places in the queue, are all served, the first first" {
    local i steps=()
    needs B3.3
    start pool_server "$PORT" "$SITE"
    story '400 clients connected and sent half of a request each. Then they sent the other half, in the order in which they
had connected, each after the reply before.'
    by_hand_silent 400
    by_hand_quick
    for i in {1..400}; do steps+=("b$i.open" "b$i.send=$HALF"); done
    for i in {1..400}; do steps+=("b$i.send=$REST" "b$i.end" "b$i.close"); done
    CAUSE='a full queue: whoever puts a client in waits until there is room, and the thread that takes one out wakes him; or
  clients are taken out in another order than they were put in; or a thread ends with its client.'
    talk "${steps[@]}"
    expect_each b 400 "$SITE/testfile"
}

@test "B3.5 [1] no data race: the queue is used under its lock only" {
    local i round steps
    needs B3.1
    sanitizer thread pool_server
    start pool_server "$PORT" "$SITE"
    story 'Three times, twelve clients connected, and all asked at once; one left.'
    by_hand "for i in \$(seq 12); do curl -s http://127.0.0.1:$PORT/testfile & done"
    for round in 1 2 3; do
        steps=()
        for i in {1..12}; do steps+=("b$i.open" "b$i.send=$HALF"); done
        for i in {1..12}; do steps+=("b$i.send=$REST"); done
        for i in {1..11}; do steps+=("b$i.end"); done
        poke "${steps[@]}" b12.reset
    done
    no_findings
}

@test "B3.6 [1] clients of all kinds leave nothing behind: descriptors and memory are what they were" {
    local descriptors
    needs B3.1
    web_leaks pool_server
    server_descriptors descriptors
    early_leavers 10
    talk "${EARLY[@]}"
    expect_answers 50
    back_to descriptors $((descriptors + 2)) 'All clients have gone, but more descriptors are open than before' \
        'each connection is closed once, however its client leaves.'
}
