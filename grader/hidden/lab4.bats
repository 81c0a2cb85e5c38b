# The rules of lab 4 on other data.

@test "H4.1 [R4.4] no processor time is used with 13 clients that have sent a part of their request" {
    needs R4.4
    start select_server "$PORT" "$SITE"
    crowd h 13 'GET /index.html HTTP/1.0\r\nHost: '
    visitor "${CROWD[@]}" say=connected wait
    visitor_says connected
    story '13 clients connected and sent a part of a request.'
    expect_calm 300 '13 clients had sent a part of a request'
    go_on
    visitor_done
}

@test "H4.2 [R4.6] more clients, another order" {
    needs R4.6
    any_order select_server notes.txt 5 2 7 1 6 3 4
}

@test "H4.3 [R4.9] another request byte by byte, with header fields and bare line feeds" {
    needs R4.9
    local i request=$'GET /docs/ HTTP/1.1\nHost: a\n\n' byte steps=(b.open)
    start select_server "$PORT" "$SITE"
    story 'Client b sends a request byte by byte. After each byte client quick connects, asks, and waits for its reply.'
    for ((i = 0; i < ${#request}; i++)); do
        byte=${request:i:1}
        steps+=("b.send=${byte/$'\n'/\\n}" "${ASK_QUICK[@]}")
    done
    talk "${steps[@]}" b.end
    expect_answers "${#request}"
    expect_got b "$SITE/docs/index.html"
}

@test "H4.4 [R4.10] other files, parts that end elsewhere" {
    needs R4.10
    local i
    start select_server "$PORT" "$SITE"
    story 'Four clients asked for data.json, picture.png, docs/index.html and notes.txt in parts, which came in turn.'
    CAUSE='what has come of a request must be kept for each connection apart until its blank line has come.'
    talk b1.open b1.send=G sleep=2 b2.open b2.send='GET /picture.png HTTP/1.0' sleep=2 b3.open \
        b3.send='GET ' sleep=2 b4.open b4.send='GET /notes.txt HTTP/1.0\r\n\r' \
        "${ASK_QUICK[@]}" b2.send='\r\n' b1.send='ET /data.json HTTP/1.0\r\nAccept:' b3.send='/docs/index.html' \
        "${ASK_QUICK[@]}" b4.send='\n' b4.end b3.send=' HTTP/1.0\n' b2.send='\r\n' b2.end \
        "${ASK_QUICK[@]}" b3.send='\n' b3.end b1.send=' */*\r\n\r\n' b1.end
    for i in 1:data.json 2:picture.png 3:docs/index.html 4:notes.txt; do
        expect_whole "b${i%:*}" "$SITE/${i#*:}" "$CAUSE"
    done
}

@test "H4.5 [R4.12] other files of other sizes" {
    needs R4.12
    slow_readers select_server 6123457 4194305
}

@test "H4.6 [R4.16] clients that leave in other moments" {
    needs R4.16
    local i descriptors steps=()
    start select_server "$PORT" "$SITE"
    server_descriptors descriptors
    for i in {1..20}; do
        steps+=(b.open b.send=G b.close "${ASK_QUICK[@]}" b.open "b.send=$QUICK" b.close "${ASK_QUICK[@]}"
            b.open "b.send=$QUICK" b.reset "${ASK_QUICK[@]}"
            b.open "b.send=$LARGE" b.fin "b.recv=$((1 + i * 10000))" b.close
            "${ASK_QUICK[@]}" b.open 'b.send=GET /missing HTTP/1.0\r\n\r\n' b.fin b.end b.close)
    done
    talk "${steps[@]}"
    expect_answers 80
    story '100 clients came that left early: 20 each in five ways.'
    back_to descriptors $((descriptors + 8)) 'All clients have gone, but more descriptors are open than before' \
        'when recv returns 0, or any call fails: close the connection, close its file, and forget its state.'
}
