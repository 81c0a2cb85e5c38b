# The extra part of lab 6: proxy -c BYTES keeps replies and gives them to the next one who asks. Points apart from the 100.

# Where the proxy does not take -c, this part was not tried.
@test "B6.1 [1] proxy -c BYTES does what it does without a cache" {
    needs R6.2
    exists proxy
    (program_box 0 proxy -c 100000 "$PORT") </dev/null >"$T/server.out" 2>"$T/server.err" &
    BOX=$!
    within "$DEADLINE" listening_or_ended tcp || true
    STATUS=0
    if ended "$BOX"; then wait "$BOX" || STATUS=$?; fi
    if ((STATUS == 2)); then
        outcome_is 'not run' 'The extra part was not tried: the program does not take -c.'
    fi
    kill -KILL "$BOX" 2>/dev/null || true
    wait "$BOX" || true
    BOX=''
    start proxy -c 100000 "$PORT"
    through "GET $(url /greeting.txt) HTTP/1.0\\r\\n\\r\\n" "GET $(url '/other?x') HTTP/1.1\\r\\nHost: 127.0.0.1:$PORT2\\r\\n\\r\\n"
    forwarded 1
    forwarded 2
    SHOWN=none
    expect_usage proxy -c "$PORT2"
    expect_usage proxy -c much "$PORT2"
}

# content NAME SIZE: a reply with this name in it and so much content, $T/NAME.
content() {
    printf 'HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\nX-Name: %s\r\nContent-Length: %d\r\n\r\n' "$1" "$2" >"$T/$1"
    noise "$2" "$1" >>"$T/$1"
}

# from_origin NAME...: clients ask for /NAME one after the other, and the origin server answers with $T/NAME.
# With -NAME the client asks, and the reply must come without the origin server.
from_origin() {
    local name i=0 steps=() requests=()
    for name; do
        i=$((i + 1))
        if [[ $name != -* ]]; then steps+=("q$i.accept" "q$i.head" "q$i.file=$T/$name" "q$i.close"); fi
        requests+=("GET $(url "/${name#-}") HTTP/1.0\\r\\n\\r\\n")
    done
    by_hand "python3 -m http.server $PORT2 &"
    origin "${steps[@]}"
    volley "${requests[@]}"
    i=0
    for name; do
        i=$((i + 1))
        answer "$i"
        if ! cmp -s "$T/${name#-}" "$TALK/q$i.received"; then
            fail "The reply to request $i, for /${name#-}, is not what the origin server sends." "${CAUSE:-}"
        fi
    done
    origin_done # and it listens no more
    STORY=() SHOWN=none
    story "Clients asked for $*, in this order, and got it. Then the origin server ended."
}

# is_kept NAME, is_not_kept NAME: what a client gets for /NAME now that there is no origin server. A thread may still be
# about to put a reply into the cache when its client has it already.
is_kept() {
    if ! within 2 same_again "$1"; then
        fail "The reply to /$1 is not kept: the client got ${CODE:-nothing} (or other bytes)." "${2:-}"
    fi
}
same_again() {
    paths_again "$1"
    cmp -s "$T/$1" "$TALK/q1.received"
}
is_not_kept() {
    paths_again "$1"
    if [[ $CODE != 502 ]]; then fail "For /$1 the client got ${CODE:-nothing}; without an origin server, 502 was expected." "${2:-}"; fi
}
paths_again() {
    REPEAT=("${REPEAT[0]}")
    volley "GET $(url "/$1") HTTP/1.0\\r\\n\\r\\n"
    answer 1
}

@test "B6.2 [3] what has been asked for before is there when the origin server has ended, byte for byte" {
    needs B6.1
    content small 6
    content large 300000
    printf 'HTTP/1.1 200 OK\r\nETag: "x"\r\n\r\nno length, \0 NUL\n' >"$T/plain"
    start proxy -c 1000000 "$PORT"
    from_origin small large plain -small
    for name in small large plain large small; do is_kept "$name"; done
    is_not_kept other
}

@test "B6.3 [2] where there is no room, the reply that was asked for least recently goes first" {
    local name
    needs B6.2
    for name in a b c d; do content "$name" 30000; done
    start proxy -c 100000 "$PORT"
    story 'The cache has 100,000 bytes; each reply has 30,000.'
    from_origin a b c -a d
    for name in a c d; do is_kept "$name" 'a reply that is asked for again becomes the newest; the oldest one goes.'; done
    is_not_kept b 'three replies fit; the fourth takes the place of the one that was asked for least recently.'
}

@test "B6.4 [1] a reply that is larger than the cache is passed on whole, and drives out nothing" {
    needs B6.2
    content first 20000
    content large 2000000
    start proxy -c 50000 "$PORT"
    story 'The cache has 50,000 bytes.'
    from_origin first large large
    is_kept first
    is_not_kept large
}

@test "B6.5 [1] errors, replies that were cut short, and those that are not for everybody are not kept" {
    needs B6.2
    content good 10
    printf 'HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n' >"$T/missing"
    printf 'HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it' >"$T/cut"
    printf 'HTTP/1.0 200 OK\r\ncache-control: private, no-store\r\nContent-Length: 4\r\n\r\nmine' >"$T/private"
    printf 'HTTP/1.0 200 OK\r\nContent-Length: 4\r\nSet-Cookie: id=1\r\n\r\nmine' >"$T/cookie"
    start proxy -c 1000000 "$PORT"
    from_origin missing cut private cookie good
    for name in missing cut private cookie; do is_not_kept "$name"; done
    is_kept good
}

@test "B6.6 [2] 50 clients at a time are served from the cache, while it changes" {
    local i steps=() finish=() others=()
    needs B6.2
    content a 20000
    start proxy -c 30000 "$PORT"
    from_origin a
    is_kept a
    for i in {1..10}; do others+=(c.accept "c.reply=$HELLO" c.close); done
    origin "${others[@]}"
    story '50 clients connected and sent half of a request for what is in the cache; then the other halves. Between them others
asked the origin server for something else.'
    for i in {1..50}; do
        steps+=("b$i.open" "b$i.send=GET $(url /a) HT")
        finish+=("b$i.send=TP/1.0\\r\\n\\r\\n")
        if ((i % 5 == 0)); then finish+=("c.open" "c.send=GET $(url "/$i") HTTP/1.0\\r\\n\\r\\n" c.end c.close); fi
    done
    for i in {1..50}; do finish+=("b$i.end"); done
    talk "${steps[@]}" "${finish[@]}"
    for i in {1..50}; do
        if ! cmp -s "$T/a" "$TALK/b$i.received"; then
            SHOWN=b$i
            fail "Client $i of 50 did not get the reply that is in the cache." 'a copy under the lock, and nothing else under it.'
        fi
    done
    unit test_cache || true
}
