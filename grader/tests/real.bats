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
server.port = $port
server.modules = ("mod_redirect")
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html", ".png" => "image/png", ".txt" => "text/plain")
url.redirect = ("^/old/(.*)" => "/docs/", "^/away" => "http://127.0.0.1:$port/index.html")
CONF
    PATH=$PATH:/usr/sbin lighttpd -D -f "$BATS_TEST_TMPDIR/lighttpd.conf" >"$BATS_TEST_TMPDIR/lighttpd.log" 2>&1 3>&- &
    started+=("$!")
    curl -s -o /dev/null --retry 50 --retry-connrefused --retry-delay 0 --retry-max-time 10 "http://127.0.0.1:$port/" 3>&-
}

shows_the_page() {
    serve "$1" 0 "$site"
    timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --disable-dev-shm-usage --user-data-dir="$BATS_TEST_TMPDIR/profile" \
        --virtual-time-budget=10000 --dump-dom "http://127.0.0.1:$port/check.html" \
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
