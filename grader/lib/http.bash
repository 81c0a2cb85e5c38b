# http.bash - requests to the student's web servers, and verdicts on their replies.
#
# `get` asks with curl, `ask` with the bytes given. Both leave $T/head and $T/body; CODE is the status code, '' where
# there was no reply.

# make_site: the files that servers serve, once for the whole run, at $SITE. Call it in setup_file.
make_site() {
    cp -r "$KIT/lib/site" "$SITE"
    head -c 10485760 /dev/urandom >"$SITE/big.mp4"
    head -c 3000000 /dev/urandom >"$SITE/photo.jpg"
    head -c 200000 /dev/urandom >"$SITE/second.jpg"
}

# get PATH [CURL_OPTION...]: with curl, as a browser would.
get() {
    local path=$1 status=0 url
    shift
    url=http://${HOST:-127.0.0.1}:$PORT$path
    by_hand "curl -i --path-as-is $(as_typed "$@" "$url")"
    story "Asked: curl $(as_typed "$@" "$url")"
    rm -rf "$T/head" "$T/body" "$T/talk"
    curl -sS -q --noproxy '*' --path-as-is -m "$((2 * DEADLINE))" -D "$T/head" -o "$T/body" "$@" "$url" 2>"$T/curl.err" 3>&- || status=$?
    touch "$T/head" "$T/body"
    read_code
    ((status == 0)) || fail_curl "$status"
}

fail_curl() {
    local cause=''
    case $1 in
    7) cause='nothing listens on the port any more: has the server ended?' ;;
    18) cause='the server closed before it had sent as many bytes as its Content-Length says.' ;;
    28) cause='the server kept the connection open without sending what was due. Does it close after the reply?' ;;
    52) cause='the server closed the connection without a reply.' ;;
    56) cause='the server closed while a part of the request was still unread; the kernel then sends a reset, and the client may lose the reply.' ;;
    esac
    story "$(shown 'Head received' "$T/head" 10 '<')"
    still_serving
    fail "curl could not complete the request: $(sed 's/^curl: //' "$T/curl.err")" "$cause"
}

# ask REQUEST [STEP...]: sends these bytes (escapes as in probe/README.md), and reads to the end of the connection.
ask() {
    local request=$1
    shift
    by_hand "printf '$(printf '%s' "$request" | sed "s/'/'\\\\''/g; s/%/%%/g")' | nc -N ${HOST:-127.0.0.1} $PORT"
    CAUSE=${CAUSE:-} talk open "send=$request" "$@" end
    take_apart a
}

# take_apart NAME: makes head and body of what connection NAME of the last talk received.
take_apart() {
    local size received=$T/talk/$1.received
    touch "$received"
    size=$(LC_ALL=C awk 'BEGIN { RS = "\n" } { n += length($0) + 1 } /^\r?$/ { print n; exit }' "$received")
    head -c "${size:-0}" "$received" >"$T/head"
    tail -c "+$((${size:-0} + 1))" "$received" >"$T/body"
    read_code
}

read_code() {
    local version
    CODE=''
    if IFS=' ' read -r version CODE _ <"$T/head" && [[ $version != HTTP/1.[01] ]]; then CODE="?"; fi
    CODE=${CODE%$'\r'}
}

# header NAME: the value of a header field of the reply, whatever its letter case; nothing where it is missing.
header() {
    LC_ALL=C awk -v name="$1" 'BEGIN { FS = ":" } { sub(/\r$/, "") }
        NR > 1 && tolower($1) == tolower(name) { sub(/^[^:]*:[ \t]*/, ""); sub(/[ \t]+$/, ""); print; exit }' "$T/head"
}

# expect_code CODE...: the reply has one of these status codes.
expect_code() {
    local code
    for code; do
        if [[ $CODE == "$code" ]]; then return 0; fi
    done
    show_head
    if [[ -z $CODE ]]; then fail "No HTTP reply came; $(join_or "$@") was expected."; fi
    fail "The status code is $CODE; $(join_or "$@") was expected."
}

join_or() {
    local text=$1
    shift
    while (($#)); do
        text+=" or $1"
        shift
    done
    printf '%s' "$text"
}

show_head() {
    if [[ ! -e $T/talk ]]; then story "$(shown 'Head received' "$T/head" 10 '<')"; fi
}

# expect_type TYPE: the media type; a `; charset=` behind it is as good.
expect_type() {
    local type
    type=$(header Content-Type)
    if [[ ${type,,} != "$1" && ${type,,} != "$1;"* ]]; then
        show_head
        fail "The Content-Type is '$type'; '$1' was expected."
    fi
}

# expect_body FILE: the content is that file, byte for byte, and Content-Length says how long it is.
expect_body() {
    local difference
    if ! difference=$("$BYTES" diff "$1" "$T/body"); then
        show_head
        fail "The content is not the file $(basename "$1"):"$'\n'"$difference" "${2:-}"
    fi
    expect_length
}

expect_length() {
    local length size
    length=$(header Content-Length)
    size=$(stat -c %s "$T/body")
    if [[ $length != "$size" ]]; then
        show_head
        fail "Content-Length is '$length', and $size bytes of content came." \
            "count bytes, not characters, and only those after the blank line."
    fi
}

# expect_error CODE...: an error reply: one of these codes, an HTML page that names it, exact headers.
expect_error() {
    expect_code "$@"
    expect_type text/html
    expect_length
    expect_close
    if ! grep -qF "$CODE" "$T/body"; then
        story "$(shown 'Content' "$T/body" 10 '<')"
        fail "The page of an error names its code, $CODE, and its reason."
    fi
}

expect_close() {
    local value
    value=$(header Connection)
    if [[ ${value,,} != close ]]; then
        show_head
        fail "The header field 'Connection: close' is missing (found '$value')."
    fi
}

# expect_silence: the connection was closed without a reply, in order or by a reset.
expect_silence() {
    if [[ -s $T/talk/a.received ]]; then
        fail "A reply came; such a request is ignored: the connection is closed without one."
    fi
}

# is_fine PATH FILE [TYPE]: a good reply in every respect.
is_fine() {
    get "$1"
    expect_code 200
    if [[ -n ${3:-} ]]; then expect_type "$3"; fi
    expect_body "$2"
    expect_close
}
