# real.bats - the reference programs against the programs that the world uses: a browser, curl, wget, a web server.

load common

setup_file() {
    make -s -C "$BATS_TEST_DIRNAME/../.." all tools 3>&-
}

setup() {
    bin=$KIT/build/labs
    site=$BATS_TEST_TMPDIR/site
    started=()
    cp -r "$KIT/grader/lib/site" "$site"
    # A page that says what a browser made of it: the size of the picture and the colour from the style sheet.
    cat >"$site/check.html" <<'HTML'
<!DOCTYPE html>
<html>
<head><meta charset="utf-8"><link rel="stylesheet" href="style.css"></head>
<body>
<h1>Heading</h1><img src="picture.png" alt=""><pre id="seen"></pre>
<script>
onload = () => {
    const picture = document.querySelector("img");
    const colour = getComputedStyle(document.querySelector("h1")).color;
    document.querySelector("#seen").textContent = `seen: ${picture.naturalWidth}x${picture.naturalHeight} ${colour}`;
};
</script>
</body>
</html>
HTML
}

teardown() {
    local pid
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
}

# serve PROGRAM ARGUMENT...: starts a server of the reference, and sets `port` to what its ready line says.
serve() {
    coproc SERVER { exec "$bin"/0*/"$1" "${@:2}" 3>&- 2>&1; }
    started+=("$SERVER_PID")
    read -r _ _ _ port <&"${SERVER[0]}"
}

# free_port: a port that nothing listens on.
free_port() {
    coproc FREE { exec "$KIT/build/grader/probe" -l 127.0.0.1 0 accept 3>&- 2>/dev/null; }
    read -r _ port <&"${FREE[0]}"
    kill "$FREE_PID"
    wait "$FREE_PID" || true
}

# real_web_server: lighttpd, with redirects of its own, on $port.
real_web_server() {
    free_port
    cat >"$BATS_TEST_TMPDIR/lighttpd.conf" <<CONF
server.document-root = "$site"
server.bind = "127.0.0.1"
\$SERVER["socket"] == "[::1]:$port" { }
server.port = $port
server.modules = ("mod_redirect", "mod_accesslog")
accesslog.filename = "$BATS_TEST_TMPDIR/access.log"
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html", ".png" => "image/png", ".txt" => "text/plain", ".css" => "text/css")
url.redirect = ("^/old/(.*)" => "/docs/", "^/away" => "http://127.0.0.1:$port/index.html")
CONF
    PATH=$PATH:/usr/sbin lighttpd -D -f "$BATS_TEST_TMPDIR/lighttpd.conf" >"$BATS_TEST_TMPDIR/lighttpd.log" 2>&1 3>&- &
    web_server=$!
    started+=("$web_server")
    curl -s -o /dev/null --retry 50 --retry-connrefused --retry-delay 0 --retry-max-time 10 "http://127.0.0.1:$port/" 3>&-
}

shows_the_page() {
    serve "$1" 0 "$site"
    page_seen "http://127.0.0.1:$port/check.html"
}

# page_seen URL [OPTION...]: Chromium shows that page, with its picture and its style sheet.
page_seen() {
    timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --disable-dev-shm-usage --user-data-dir="$BATS_TEST_TMPDIR/profile" \
        --virtual-time-budget=10000 "${@:2}" --dump-dom "$1" \
        >"$BATS_TEST_TMPDIR/dom" 2>"$BATS_TEST_TMPDIR/chromium.log" 3>&-
    cat "$BATS_TEST_TMPDIR/dom"
    grep -q 'seen: 120x80 rgb(0, 100, 0)' "$BATS_TEST_TMPDIR/dom"
}

@test "Chromium shows a page with picture and style sheet from single_server" { shows_the_page single_server; }
@test "Chromium shows a page with picture and style sheet from threaded_server" { shows_the_page threaded_server; }
@test "Chromium shows a page with picture and style sheet from select_server" { shows_the_page select_server; }

@test "wget and curl fetch from each web server, over IPv4 and IPv6" {
    local server
    head -c 20000000 /dev/urandom >"$site/big.mp4"
    for server in single_server threaded_server select_server; do
        serve "$server" 0 "$site"
        wget -q --no-proxy -O "$BATS_TEST_TMPDIR/copy" "http://127.0.0.1:$port/big.mp4" 3>&-
        diff -q "$BATS_TEST_TMPDIR/copy" "$site/big.mp4"
        curl -sSf --noproxy '*' "http://[::1]:$port/big.mp4" 3>&- | diff -q - "$site/big.mp4"
        kill "$SERVER_PID"
        wait "$SERVER_PID" || true
    done
}

@test "curl gets the product as JSON" {
    serve dynamic_server 0
    [[ $(curl -sSf --noproxy '*' "http://127.0.0.1:$port/product?a=12&b=60&another=0.5" 3>&- | jq -c .) == \
        '{"operation":"product","operands":[12,60,0.5],"result":360}' ]]
}

@test "http_client fetches from lighttpd what curl fetches, and follows its redirects" {
    real_web_server
    local path
    for path in / /index.html /docs /old/x /away; do
        "$bin/02-single/http_client" "http://127.0.0.1:$port$path" >"$BATS_TEST_TMPDIR/page" 2>"$BATS_TEST_TMPDIR/err" 3>&-
        curl -sSL --noproxy '*' "http://127.0.0.1:$port$path" 3>&- | diff - "$BATS_TEST_TMPDIR/page"
    done
    grep -qx "Redirected to: http://127.0.0.1:$port/index.html" "$BATS_TEST_TMPDIR/err"
    local status=0
    "$bin/02-single/http_client" "http://127.0.0.1:$port/nothing.html" >"$BATS_TEST_TMPDIR/page" 2>/dev/null 3>&- || status=$?
    ((status == 1))
    grep -q 404 "$BATS_TEST_TMPDIR/page"
}

@test "web_client and threaded_client fetch from lighttpd" {
    real_web_server
    cd "$BATS_TEST_TMPDIR"
    "$bin/02-single/web_client" 127.0.0.1 "$port" picture.png 3>&- >out
    grep -q '^Content-Type: image/png' out
    cmp received-picture.png "$site/picture.png"
    "$bin/03-threaded/threaded_client" 127.0.0.1 "$port" 0 /notes.txt 3>&- | tail -n 1 | diff - "$site/notes.txt"
}

@test "nc talks to tcp_server and udp_server" {
    serve tcp_server 0
    [[ $(printf 'hello, world\n' | nc -N 127.0.0.1 "$port" 3>&-) == 'HELLO, WORLD' ]]
    serve udp_server 0
    [[ $(printf 'hello, world\n' | nc -u -w 1 127.0.0.1 "$port" 3>&-) == 'HELLO, WORLD' ]]
}

# ---- The proxy, between real clients and a real web server ----

# through_proxy [OPTION...]: lighttpd at $origin, and the proxy at $proxy, both on this machine.
through_proxy() {
    real_web_server
    origin=http://127.0.0.1:$port
    serve proxy "$@" 0
    proxy=http://127.0.0.1:$port
}

# proxied CURL_OPTION...: curl, with the proxy.
proxied() { curl -sS -q --noproxy '' -x "$proxy" "$@" 3>&-; }

@test "Chromium shows a page with picture and style sheet through the proxy" {
    through_proxy
    page_seen "$origin/check.html" --proxy-server="$proxy" --proxy-bypass-list='<-loopback>'
    kill "$web_server" # which then writes its log to the end
    wait "$web_server" || true
    # A browser asks in HTTP/1.1, the proxy in HTTP/1.0.
    for file in check.html picture.png style.css; do grep -F "GET /$file HTTP/1.0" "$BATS_TEST_TMPDIR/access.log"; done
}

@test "curl gets through the proxy what it gets without it, head and body, over IPv4 and IPv6" {
    local path six
    head -c 20971520 /dev/urandom >"$site/big.bin"
    through_proxy
    six="http://[::1]:${origin##*:}"
    for path in "$origin"/{,index.html,picture.png,nothing.html,docs,big.bin} "$six/picture.png" "$six/notes.txt?x=%20y"; do
        # HTTP/1.0 both times, since lighttpd names the version it is asked in.
        curl -sS -q --noproxy '*' -0 -i -H 'Connection: close' "$path" 3>&- | grep -av '^Date:' >"$BATS_TEST_TMPDIR/direct"
        proxied -i "$path" | grep -av '^Date:' >"$BATS_TEST_TMPDIR/through"
        cmp "$BATS_TEST_TMPDIR/direct" "$BATS_TEST_TMPDIR/through"
    done
    [[ $(proxied -L "$origin/old/x") == "$(<"$site/docs/index.html")" ]]
    [[ $(proxied -o "$BATS_TEST_TMPDIR/page" -w '%{http_code}' -d x=y "$origin/") == 501 ]]
    [[ $(proxied -o "$BATS_TEST_TMPDIR/page" -w '%{http_code}' http://localhost:1/) == 502 ]]
}

@test "wget gets a page with all that belongs to it through the proxy" {
    through_proxy
    cd "$BATS_TEST_TMPDIR"
    http_proxy=$proxy no_proxy='' wget -q -p -nH -P copy "$origin/check.html" 3>&-
    diff copy/check.html "$site/check.html"
    cmp copy/picture.png "$site/picture.png"
    cmp copy/style.css "$site/style.css"
}

@test "100 downloads at a time go through the proxy, each byte for byte" {
    local i
    through_proxy
    for i in {1..100}; do
        head -c $((i * 1000)) /dev/urandom >"$site/$i.bin"
        printf 'url = "%s/%d.bin"\noutput = "%s/%d.got"\n' "$origin" "$i" "$BATS_TEST_TMPDIR" "$i"
    done >"$BATS_TEST_TMPDIR/config"
    proxied --no-progress-meter --parallel --parallel-immediate --parallel-max 100 -K "$BATS_TEST_TMPDIR/config"
    for i in {1..100}; do cmp "$site/$i.bin" "$BATS_TEST_TMPDIR/$i.got"; done
}

@test "a web server that is killed in the middle of a reply ends that exchange, and the proxy goes on" {
    local status=0
    head -c 20971520 /dev/urandom >"$site/big.bin"
    through_proxy -T 5
    coproc FIRST { exec 3>&-; proxied -N --limit-rate 1M -o "$BATS_TEST_TMPDIR/got" "$origin/big.bin" 2>&1; }
    first=$FIRST_PID
    until [[ -s $BATS_TEST_TMPDIR/got ]]; do read -rt 0.01 -u "${FIRST[0]}" _ || true; done
    kill -KILL "$web_server"
    wait "$first" || status=$?
    ((status == 18)) # a partial file
    [[ $(proxied -o "$BATS_TEST_TMPDIR/page" -w '%{http_code}' "$origin/") == 502 ]]
}

@test "with -c the proxy has what was asked for when the web server has been killed" {
    local path
    through_proxy -c 10000000
    for path in picture.png index.html picture.png; do proxied -o "$BATS_TEST_TMPDIR/page" "$origin/$path"; done
    kill -KILL "$web_server"
    # curl goes when it has its last byte; the proxy puts the reply into the cache when the origin server has closed.
    for path in picture.png index.html; do
        for _ in {1..100}; do
            proxied -o "$BATS_TEST_TMPDIR/page" "$origin/$path"
            if cmp -s "$BATS_TEST_TMPDIR/page" "$site/$path"; then break; fi
        done
        cmp "$BATS_TEST_TMPDIR/page" "$site/$path"
    done
    [[ $(proxied -o "$BATS_TEST_TMPDIR/page" -w '%{http_code}' "$origin/notes.txt") == 502 ]]
}

@test "the proxy bears short reads and writes, signals, and failing accepts" {
    local kind
    head -c 300000 /dev/urandom >"$site/big.bin"
    make -s -C "$KIT" build/grader/faults 3>&-
    real_web_server
    origin=http://127.0.0.1:$port
    for kind in short-read short-write eintr eintr-write accept-aborted accept-emfile; do
        coproc SERVER { exec "$KIT/build/grader/faults" -s 7 -r "$BATS_TEST_TMPDIR/fired" --only "$kind" "$bin/06-proxy/proxy" 0 3>&- 2>&1; }
        started+=("$SERVER_PID")
        read -r _ _ _ port <&"${SERVER[0]}"
        proxy=http://127.0.0.1:$port
        for _ in 1 2 3 4 5; do proxied -H "X-Long: $(printf %02000d 0)" "$origin/big.bin" | cmp - "$site/big.bin"; done
        kill "$SERVER_PID"
        wait "$SERVER_PID" || true
        cat "$BATS_TEST_TMPDIR/fired"
        grep -q "^$kind [1-9]" "$BATS_TEST_TMPDIR/fired" # where no fault fired, nothing was tested
    done
}

@test "the threads of the proxy have no data race, as far as ThreadSanitizer sees" {
    local i
    make -s -C "$KIT" lab6 OUT=build/tsan CFLAGS='-O1 -g -fsanitize=thread -w' 3>&-
    "$KIT/build/tsan/06-proxy/proxy" 2>"$BATS_TEST_TMPDIR/err" 3>&- || [[ $(<"$BATS_TEST_TMPDIR/err") == usage* ]] ||
        skip "ThreadSanitizer does not run here: $(head -n 1 "$BATS_TEST_TMPDIR/err")"
    real_web_server
    origin=http://127.0.0.1:$port
    bin=$KIT/build/tsan
    serve proxy -c 40000 -T 1 0
    proxy=http://127.0.0.1:$port
    for i in {1..60}; do
        printf 'url = "%s/%s"\noutput = "/dev/null"\n' "$origin" "$(printf 'picture.png\nindex.html\nstyle.css\nnothing\n' | sed -n "$((i % 4 + 1))p")"
    done >"$BATS_TEST_TMPDIR/config"
    proxied --no-progress-meter --parallel --parallel-immediate --parallel-max 20 -K "$BATS_TEST_TMPDIR/config"
    proxied -o /dev/null http://localhost:1/
    exec {said}<&"${SERVER[0]}" # bash forgets it when the server has ended
    kill "$SERVER_PID"
    cat <&"$said" >"$BATS_TEST_TMPDIR/said"
    cat "$BATS_TEST_TMPDIR/said"
    ! grep -q ThreadSanitizer "$BATS_TEST_TMPDIR/said" || false
}
