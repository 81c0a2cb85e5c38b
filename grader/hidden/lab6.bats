# The rules of lab 6 on other data.

@test "H6.1 [R6.3] other targets" {
    needs R6.3
    padding 1234
    targets '' / /images/a%20b.png /images/a%20b.png '/?' '/?' "/x/$PADDING?y=$PADDING" "/x/$PADDING?y=$PADDING" \
        '/a;b=c,d/e@f:g' '/a;b=c,d/e@f:g' '?a=/b/../c' '/?a=/b/../c' //double //double
}

@test "H6.2 [R6.5] other header fields" {
    needs R6.5
    passes_on 'Accept: image/png' 'DNT: 1' 'cookie: session="x y"; t=1' 'If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT' \
        'X-Long: 0123456789012345678901234567890123456789012345678901234567890123456789' 'Trail: 1' 'Upgrade-Insecure-Requests: 1' \
        'Cache-Control: no-cache' 'Pragma: no-cache'
}

@test "H6.3 [R6.6] hop-by-hop fields in other letter cases" {
    needs R6.6
    connection_only 'proxy-connection: close' 'KEEP-ALIVE: max=3' 'te: trailers' 'upgrade: h2c' 'connection: Keep-Alive' \
        'proxy-authorization: Bearer x'
}

@test "H6.4 [R6.7] other fields that Connection names" {
    needs R6.7
    start proxy "$PORT"
    through "GET $(url /) HTTP/1.0\\r\\nHTTP2-Settings: x\\r\\nX-Kept: 1\\r\\nCONNECTION: upgrade,http2-settings,close\\r\\n\\r\\n" \
        "GET $(url /) HTTP/1.0\\r\\nConnection: X-A\\r\\nConnection: X-B\\r\\nX-A: 1\\r\\nX-AB: 2\\r\\nX-B: 3\\r\\n\\r\\n"
    forwarded 1
    expect_no_field HTTP2-Settings
    expect_field X-Kept 1
    forwarded 2
    expect_no_field X-A X-B
    expect_field X-AB 2
}

@test "H6.5 [R6.8] other replies" {
    needs R6.8
    replies 'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n' 'HTTP/1.0 200 Fine\r\nContent-Length: 3\r\n\r\n\0\0\0' \
        'HTTP/1.1 403 No\r\nProxy-Authenticate: Basic\r\nTrailer: x\r\n\r\nno' \
        'HTTP/1.0 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\n\r\nab'
}

@test "H6.6 [R6.9] a reply of another size" {
    needs R6.9
    whole_reply 7654321
}

@test "H6.7 [R6.10] the head of the reply goes on at once as well, and a single byte" {
    needs R6.10
    as_it_comes 'HTTP/1.1 200 OK\r\nServer: slow\r\n\r\n' 'x'
}

@test "H6.8 [R6.12] other targets that are no http:// URL" {
    needs R6.12
    start proxy "$PORT"
    refused_with 400 -- 'GET index.html HTTP/1.0\r\n\r\n' "GET //127.0.0.1:$PORT2/ HTTP/1.0\\r\\n\\r\\n" \
        'GET file:///etc/passwd HTTP/1.0\r\n\r\n' 'GET * HTTP/1.1\r\n\r\n'
    serves_on
}

@test "H6.9 [R6.24] another number of clients, in another order" {
    needs R6.24
    at_a_time 64 11
}
