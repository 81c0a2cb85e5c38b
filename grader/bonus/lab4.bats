# The extra parts of lab 4: poll_server and epoll_server, the same connections in other loops. Points apart from the 100.

# same_service PROGRAM: it serves files as select_server does.
same_service() {
    tried "$1"
    web_simple "$1"
    web_bytes "$1"
    web_errors "$1"
    web_pieces "$1"
    web_ignored "$1"
    SHOWN=none
    expect_usage "$1"
    expect_usage "$1" -x "$PORT3"
}

# holds_up_nobody PROGRAM: silent clients, half requests, and one that reads a large file slowly.
holds_up_nobody() {
    local i steps
    start "$1" "$PORT" "$SITE"
    story '20 clients connected and sent nothing, 20 more sent half of a request, and client b read a large file slowly. All
the time client quick asked for testfile.'
    by_hand_silent 40
    by_hand_quick
    by_hand "curl -s --limit-rate 1M -o big.got http://127.0.0.1:$PORT/big.mp4 &"
    crowd h 20
    steps=("${CROWD[@]}")
    crowd c 20 "$HALF"
    steps+=("${CROWD[@]}" rcvbuf=30000 b.open "b.send=$LARGE" b.recv=1000)
    for i in {1..6}; do steps+=("${ASK_QUICK[@]}" b.recv=1500000); done
    CAUSE='no call but the one that waits for all may wait for one; and a connection that is writing is waited for until it
  can be written to.'
    talk "${steps[@]}" b.end
    expect_answers 46
    expect_whole b "$SITE/big.mp4" "$CAUSE"
}

# serves_crowd PROGRAM: 1,500 clients at the same time, more than FD_SETSIZE.
serves_crowd() {
    local i steps=()
    start "$1" "$PORT" "$SITE"
    story '1,500 clients connected and sent half of a request each; another one was served; then they sent the other half.'
    by_hand "ulimit -n 4096; ./$1 $PORT site &"
    by_hand_silent 1500
    by_hand_quick
    CAUSE='FD_SETSIZE is a limit of select only; the table of connections must grow with them.'
    for i in {1..1500}; do
        steps+=("b$i.open" "b$i.send=$HALF")
        if ((i % 50 == 0)); then steps+=("${ASK_QUICK[@]}"); fi
    done
    for i in {1..1500}; do steps+=("b$i.send=$REST"); done
    for i in {1..1500}; do steps+=("b$i.end"); done
    talk "${steps[@]}"
    expect_answers 30
    if (($(good_replies "$TALK/"b*.received) != 1500)); then expect_each b 1500 "$SITE/testfile"; fi
}

# stays_calm PROGRAM: no processor time while nothing happens; also where no descriptor is left for those who wait.
stays_calm() {
    local steps=()
    start "$1" "$PORT" "$SITE"
    talk open "send=$QUICK" end
    story '20 clients connected and sent half of a request; b has its reply and stays. Then c and d asked, and do not read.'
    by_hand_silent 20
    by_hand "curl -s --limit-rate 1k -o big.got http://127.0.0.1:$PORT/big.mp4 &"
    crowd h 20 "$HALF"
    visitor "${CROWD[@]}" b.open "b.send=$QUICK" b.head say=connected wait rcvbuf=4096 c.open "c.send=$LARGE" c.recv=1000 \
        d.open "d.send=${LARGE}more" d.fin d.recv=1000 say=asked wait
    visitor_says connected
    expect_calm 400 'clients had sent half of a request, and one stayed after its reply'
    go_on
    visitor_says asked
    # It may still be busy with filling the buffers of the kernel. One that spins never comes to rest.
    if ! within "$DEADLINE" is_calm 300; then fail_busy 'two clients did not read their replies'; fi
    server_descriptors descriptors
    prlimit --pid "$SERVER" "--nofile=$descriptors:" || not_graded 'The limit on descriptors cannot be set.'
    go_on
    visitor_done
    story 'Then it was allowed no more descriptors than it had, and 60 clients connected and stayed.'
    for i in {1..60}; do steps+=("e$i.open"); done
    visitor "${steps[@]}" say=waiting wait
    visitor_says waiting
    expect_calm 400 'no descriptor was left for clients that waited'
    go_on
    visitor_done
    talk open "send=$QUICK" end
    expect_got a "$SITE/testfile"
}

# leaves_nothing PROGRAM: clients that leave early, and one that never closes.
leaves_nothing() {
    local descriptors
    start "$1" "$PORT" "$SITE"
    talk open "send=$QUICK" end
    server_descriptors descriptors
    early_leavers 10
    talk "${EARLY[@]}"
    expect_answers 50
    story 'Then 20 clients had their replies, and did not close their connections.'
    crowd b 20 "$QUICK"
    visitor "${CROWD[@]}" say=stayed wait
    visitor_says stayed
    back_to descriptors $((descriptors + 2)) 'More descriptors are open than before' \
        'a connection that is closing ends at its deadline, also where nothing is heard of the client any more.'
    go_on
    visitor_done
    web_leaks "$1"
}

@test "B4.1 [2] poll_server serves files as select_server does" {
    needs R4.2
    same_service poll_server
}

@test "B4.2 [1] poll_server: clients that send nothing, half of a request, or read slowly hold up nobody" {
    needs B4.1
    holds_up_nobody poll_server
}

@test "B4.3 [1] poll_server serves 1,500 clients at the same time: there is no FD_SETSIZE" {
    needs B4.1
    serves_crowd poll_server
}

@test "B4.4 [1] poll_server takes no processor time while nothing happens, also where no descriptor is left" {
    needs B4.1
    stays_calm poll_server
}

@test "B4.5 [1] poll_server: clients that leave early, or never close, leave nothing behind" {
    needs B4.1
    leaves_nothing poll_server
}

@test "B4.6 [2] epoll_server serves files as select_server does" {
    needs R4.2
    same_service epoll_server
}

@test "B4.7 [1] epoll_server: clients that send nothing, half of a request, or read slowly hold up nobody" {
    needs B4.6
    holds_up_nobody epoll_server
}

@test "B4.8 [1] epoll_server serves 1,500 clients at the same time: there is no FD_SETSIZE" {
    needs B4.6
    serves_crowd epoll_server
}

@test "B4.9 [1] epoll_server takes no processor time while nothing happens, also where no descriptor is left" {
    needs B4.6
    stays_calm epoll_server
}

@test "B4.10 [1] epoll_server: clients that leave early, or never close, leave nothing behind" {
    needs B4.6
    leaves_nothing epoll_server
}
