# shellcheck shell=bash
# lab7.bats - what lab 7 is graded for: mail_client. 100 points. The server that it talks to is grader/lib/smtpd.py.

source "$KIT/lib/suite.bash"
RUN_LIMIT=$((2 * DEADLINE)) # some things take a client longer

# ---- The server ----

# smtpd [OPTION...] [RULE...]: a mail server on $PORT; see smtpd.py. MAIL counts the connections that it has served.
smtpd() {
    if [[ -n ${SMTPD:-} ]]; then
        kill "$SMTPD" 2>/dev/null || true
        until ended "$SMTPD"; do tick; done
        rm -f "$T/mail"/*
    else
        mkdir "$T/mail"
        mkfifo "$T/smtpd.ready"
        exec {SMTPD_READY}<>"$T/smtpd.ready"
        smtpds
    fi
    MAIL=0
    as_typed "${@//"$CERTIFICATES"\//}" mail "$PORT" "${RULES[@]}"
    by_hand "mkdir -p mail; python3 grader/lib/smtpd.py $TYPED &"
    printf '%s\0' "$@" "$T/mail" "$PORT" "${RULES[@]}" >"$T/smtpd.args"
    echo "$T" >&"$SMTPDS_IN"
    if ! read -rt 30 -u "$SMTPD_READY" SMTPD || [[ -z $SMTPD ]]; then
        did_not_start "$T/smtpd.err" "$SMTPDS.err"
    fi
    BOXES+=("$SMTPD")
    RULES=()
}

# smtpds: the program that starts them all, and that the first test starts.
readonly SMTPDS=${TMPDIR:-/tmp}/smtpds
smtpds() {
    if mkdir "$SMTPDS" 2>/dev/null; then
        mkfifo "$SMTPDS.fifo"
        (exec python3 -I -S -B "$KIT/lib/smtpds.py" "$SMTPDS.fifo" </dev/null >"$SMTPDS.err" 2>&1 &) # nobody's child
    fi
    until [[ -p $SMTPDS.fifo ]]; do tick; done
    exec {SMTPDS_IN}<>"$SMTPDS.fifo" # for reading too: what is written stays there until it is read
}

# rules RULE...: what the next server does. A list of rules for each connection, with `next` between them.
rules() { RULES=("$@"); }
RULES=()

# certificates: makes them, once for the whole run: good.pem for localhost, other.pem and neighbour.pem for other names,
# expired.pem, all vouched for by ca.pem; and nobody.pem, which vouches for itself.
readonly CERTIFICATES=${TMPDIR:-/tmp}/certificates
certificates() {
    command -v openssl >/dev/null || not_graded 'openssl is missing; ./setup installs it'
    by_hand "# ca.pem and a certificate of its own for the server: the handout says how, in 'Try it by hand'"
    if ! mkdir "$CERTIFICATES.begun" 2>/dev/null; then
        until [[ -d $CERTIFICATES ]]; do tick; done
        return
    fi
    mkdir "$CERTIFICATES.new"
    (
        cd "$CERTIFICATES.new"
        cat >ca.conf <<'CONF'
[req]
distinguished_name = name
prompt = no
[name]
CN = The authority of a test
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
CONF
        openssl req -x509 "${NEW_KEY[@]}" -days 30 -config ca.conf -extensions ca -keyout ca.key -out ca.pem
        certificate good localhost 'DNS:localhost,IP:127.0.0.1,IP:::1' 30
        certificate other mail.example 'DNS:mail.example,DNS:*.localhost' 30
        certificate neighbour localhost.example 'DNS:localhost.example,DNS:xlocalhost' 30
        openssl req -x509 "${NEW_KEY[@]}" -days 30 -config ca.conf -subj /CN=localhost -addext subjectAltName=DNS:localhost \
            -keyout nobody.key -out nobody.crt
        cat nobody.crt nobody.key >nobody.pem
        certificate expired localhost 'DNS:localhost,IP:127.0.0.1,IP:::1' -1
    ) 2>"$T/openssl.log" || not_graded "$(tail -n 1 "$T/openssl.log")"
    mv "$CERTIFICATES.new" "$CERTIFICATES"
}
readonly NEW_KEY=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)

# certificate FILE NAME ALTERNATIVES DAYS: makes one in the current folder.
certificate() {
    printf '%s\n' "basicConstraints = critical,CA:FALSE" "keyUsage = critical,digitalSignature" \
        "extendedKeyUsage = serverAuth" "subjectKeyIdentifier = hash" "authorityKeyIdentifier = keyid" \
        "subjectAltName = $3" >"$1.ext"
    openssl req -new "${NEW_KEY[@]}" -subj "/CN=$2" -keyout "$1.key" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -set_serial "$RANDOM" -days "$4" -extfile "$1.ext" -out "$1.crt"
    cat "$1.crt" "$1.key" >"$1.pem"
}

# trusted: the program trusts the authority of the certificates.
trusted() {
    cp "$CERTIFICATES/ca.pem" "$LAID"
    ENVIRONMENT+=("SSL_CERT_FILE=$LAID/ca.pem")
}

# password TEXT: in the environment of the program.
password() {
    ENVIRONMENT+=("MAIL_PASSWORD=$1")
}

# ---- The program ----

# text TEXT: what is to be sent (escapes as in printf), in $T/input; and $T/expected, what is to arrive.
text() {
    MADE="printf '${1//%/%%}' >input"
    printf '%b' "$1" >"$T/input"
    if [[ $1 == *'\n' ]]; then printf '%b' "$1" >"$T/expected"; else arrives_as_it_is; fi
}
# A missing last newline is added.
arrives_as_it_is() {
    cp "$T/input" "$T/expected"
    if [[ -s $T/input && $(tail -c 1 "$T/input" && echo .) != $'\n.' ]]; then echo >>"$T/expected"; fi
}

# deliver [ARGUMENT...]: runs mail_client with $T/input to its end, and waits until the server has seen that (see in_time). Without
# ARGUMENTs: from alice@example.org to bob@example.org. Options go into OPTIONS.
deliver() {
    (($#)) || set -- 127.0.0.1 "$PORT" alice@example.org bob@example.org
    local variable
    MAIL=$((MAIL + 1))
    by_hand_once "$MADE"
    for variable in "${ENVIRONMENT[@]}"; do
        as_typed "$variable"
        by_hand_once "export $TYPED"
    done
    INPUT=$T/input launch mail_client "${OPTIONS[@]}" "$@"
    if ! in_time "$RUN_LIMIT" "$CLIENT" ended "$CLIENT"; then
        lost "mail_client had not ended after $(limit)." "${CAUSE:-it waits for something that does not come.}"
    fi
    ended_with
    story "It ended with status $STATUS."
    if ! in_time "$DEADLINE" "$CLIENT" served; then lost "mail_client did not connect to port $PORT."; fi
}
OPTIONS=()
served() { seen 'done'; }
seen() { [[ -e $T/mail/$MAIL.$1 ]]; }

by_hand_once() {
    local line
    for line in "${REPEAT[@]}"; do
        if [[ $line == "$1" ]]; then return 0; fi
    done
    by_hand "$1"
}

# lost WHAT_HAPPENED [LIKELY_CAUSE]: `fail`, with the dialogue.
lost() {
    if seen log; then story "$(shown 'The dialogue, as the server saw it' "$T/mail/$MAIL.log" 40 '|')"; fi
    story "$(shown 'On stderr' "$T/err" 40 '|')"
    fail "$1" "${2:-${CAUSE:-}}"
}

# afresh: what came before is of no interest to one who reads about what comes now.
afresh() { STORY=() REPEAT=(); }

# ---- Verdicts ----

# expect_taken: the server has taken a message, and the program says so by its exit status.
expect_taken() {
    if ! seen message; then lost 'The server has not got a message.'; fi
    if ((STATUS != 0)); then
        lost "The exit status is $STATUS; 0 was expected, because the server has taken the message." \
            "$(signal_name "$STATUS")"
    fi
}

# expect_body: the text that arrived, as a mail program shows it, is $T/expected, byte for byte.
expect_body() {
    local difference
    expect_taken
    : >>"$T/mail/$MAIL.body"
    if ! difference=$("$BYTES" diff "$T/expected" "$T/mail/$MAIL.body"); then
        story "$(shown 'The message that arrived' "$T/mail/$MAIL.message" 20 '|')"
        lost "The text that arrived is not the text that was sent:"$'\n'"$difference" "${1:-}"
    fi
}

# expect_error [TEXT]: the program says that it failed, and has TEXT, what the server said, on stderr.
expect_error() {
    if ((STATUS == 0)); then
        lost 'The exit status is 0, as if the server had taken the message.' "${CAUSE:-look at the code of every reply.}"
    fi
    if ((STATUS != 1)); then
        lost "The exit status is $STATUS; 1 was expected." "$(signal_name "$STATUS")"
    fi
    if [[ ! -s $T/err ]]; then lost 'Nothing on stderr says what went wrong.'; fi
    if [[ -n ${1:-} ]] && ! grep -qF -- "$1" "$T/err"; then
        lost "What the server said, '$1', is not on stderr."
    fi
}

# verbs: makes VERBS the commands that the server got, in capitals. (RSET and NOOP are nobody's business.)
verbs() {
    local line verb
    VERBS=''
    while IFS= read -r line; do
        line=${line#tls }
        verb=${line%%[ :]*}
        if [[ ! ${verb^^} =~ ^(RSET|NOOP)$ ]]; then VERBS+="${verb^^} "; fi
    done <"$T/mail/$MAIL.commands"
}

# expect_verbs VERB...: exactly these commands came.
expect_verbs() {
    verbs
    if [[ ${VERBS% } != "$*" ]]; then
        lost "The commands were: ${VERBS:-none}"$'\n'"These were expected: $*" "${CAUSE:-}"
    fi
}

# never VERB...: none of these commands came.
never() {
    local verb
    verbs
    for verb; do
        if [[ " $VERBS" == *" $verb "* ]]; then lost "The command $verb should not have been sent any more." "${CAUSE:-}"; fi
    done
}

# without_fault KIND [CAUSE]: the server has noted nothing of that kind.
without_fault() {
    if grep -q "^$1" "$T/mail/$MAIL.faults"; then
        story "$(shown 'The server noted' <(grep "^$1" "$T/mail/$MAIL.faults") 5 '|')"
        lost "${3:-Not as SMTP demands}: $(grep -m 1 "^$1" "$T/mail/$MAIL.faults")" "${2:-}"
    fi
}

# field NAME: its value, decoded; how_many NAME.
field() { sed -n "s/^$1: *//p" "$T/mail/$MAIL.head"; }
how_many() { grep -c "^$1:" "$T/mail/$MAIL.head" || true; }

# refused RULE TEXT VERB...: where the server does this, the program ends with status 1 and TEXT on stderr, after
# exactly these commands.
refused() {
    local text=$2
    afresh
    rules "$1"
    smtpd
    deliver
    expect_error "$text"
    CAUSE='after a refusal nothing is left to say but QUIT.' expect_verbs "${@:3}"
}

# ---- A message ----

@test "R7.1 [3] a text arrives: EHLO, MAIL FROM, RCPT TO, DATA, the message, QUIT; exit status 0" {
    text 'Hello Bob,\nthis is a mail\n'
    smtpd
    deliver
    expect_body
    expect_verbs EHLO MAIL RCPT DATA QUIT
    if [[ $(<"$T/mail/$MAIL.rcpt") != $'from alice@example.org\nbob@example.org' ]]; then
        lost "The envelope is wrong: MAIL FROM names alice@example.org, RCPT TO names bob@example.org."
    fi
}

@test "R7.2 [3] every command ends with CRLF, addresses stand in angle brackets, EHLO names this machine" {
    needs R7.1
    text 'Hello\n'
    smtpd
    deliver
    expect_taken
    without_fault 'line end' 'a command ends with \r\n; QUIT too.' 'A command without CRLF'
    without_fault path 'MAIL FROM:<a@b>, not MAIL FROM:a@b.' 'No address in angle brackets'
    if ! grep -qiE '^(tls )?EHLO [^ ]+$' "$T/mail/$MAIL.commands"; then
        lost 'EHLO wants one word behind it: the name of this machine.'
    fi
}

@test "R7.3 [4] mail_client says nothing before the greeting, and nothing before the reply to its last command" {
    needs R7.1
    text 'Hello\n'
    rules 'greeting=slow:220 here I am'
    smtpd -w
    deliver
    expect_taken
    without_fault early 'read the reply before you send the next command.' 'It did not wait'
}

@test "R7.4 [3] each recipient gets a RCPT TO of its own, and stands in the field To" {
    local recipients=(bob@example.org carol@example.net dave@mail.example eve+list@example.org "o'neil@example.org" f@x.example)
    needs R7.1
    text 'Hello all\n'
    smtpd -f
    deliver localhost "$PORT" alice@example.org "${recipients[@]}"
    expect_body
    if [[ $(tail -n +2 "$T/mail/$MAIL.rcpt" | sort) != "$(printf '%s\n' "${recipients[@]}" | sort)" ]]; then
        lost 'Not every recipient has got the message exactly once.'
    fi
    if [[ $(field 'address to' | sort) != "$(printf '%s\n' "${recipients[@]}" | sort)" ]]; then
        story "$(shown 'The message that arrived' "$T/mail/$MAIL.message" 12 '|')"
        lost 'The field To does not name every recipient once.' 'with commas between them.'
    fi
}

@test "R7.5 [3] the message has From, To, Subject, Date and Message-ID, once each, and a blank line behind them" {
    local name off
    needs R7.1
    text 'Hello\n'
    evening
    OPTIONS=(-s 'A greeting')
    smtpd -f
    deliver
    expect_body 'a blank line ends the head of the message.'
    story "$(shown 'The message that arrived' "$T/mail/$MAIL.message" 12 '|')"
    for name in from to subject date message-id; do
        if (($(how_many "$name") != 1)); then
            lost "The field '$name' stands $(how_many "$name") times in the head of the message."
        fi
    done
    if [[ $(field 'address from') != alice@example.org ]]; then lost 'The field From does not name alice@example.org.'; fi
    if [[ ! $(field message-id) =~ ^\<[^\<\>\ @]+@[^\<\>\ @]+\>$ ]]; then
        lost 'The Message-ID has not the form <something@somewhere>.'
    fi
    if (($(how_many seconds) != 1)) || [[ ! $(field date) =~ $DATE ]]; then
        lost 'The Date is none that mail programs read.' 'like this: Mon, 05 Jan 2026 13:05:00 +0100 (strftime).'
    fi
    off=$((EPOCHSECONDS - $(field seconds)))
    if ((off < -60 || off > 60)); then
        lost "The Date is $off s off." 'is the time zone that of the time? %z goes with localtime(). Do the hours go up to 23?'
    fi
    name=$(field date)
    if [[ $name == *,* && ${name%%,*} != "$(field weekday)" ]]; then
        lost "The Date says '${name%%,*}', but that day is a $(field weekday)." 'in tm_wday Sunday is 0.'
    fi
}

# evening: for the program it is between six and eight in the evening, in a zone half an hour off: hours behind twelve, and a
# zone that is not UTC.
evening() {
    local hour
    TZ=UTC0 printf -v hour '%(%k)T' -1
    hour=$((18 - hour))
    if ((hour > 12)); then hour=$((hour - 24)); fi
    ENVIRONMENT+=("TZ=KIT$( ((hour < 0)) && echo "+$((-hour)):30" || echo "-$hour:30")")
}

# RFC 5322, section 3.3.
readonly DATE='^([A-Z][a-z]{2}, *)?[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}(:[0-9]{2})? ([+-][0-9]{4}|[A-Z]+)'

@test "R7.6 [3] the subject is that of -s, in UTF-8 too, or empty; every message has a Message-ID of its own" {
    local subject id last
    needs R7.5
    text 'Hello\n'
    rules next next next
    smtpd -f
    for subject in 'Lunch at 12: really? 100%! %s%n%d' 'Grüße aus Köln, 寿司' \
        'a long one, a long one, a long one, a long one, a long one, a long one, a long one, a long one, a long one.'; do
        OPTIONS=(-s "$subject")
        deliver
        expect_body
        if [[ $(field subject) != "$subject" ]]; then
            story "$(shown 'The message that arrived' "$T/mail/$MAIL.message" 12 '|')"
            lost "The subject is '$(field subject)'; '$subject' was expected."
        fi
    done
    id=$(field message-id)
    # Time and process number make a good Message-ID; in a box of its own every program has the same number.
    last=$EPOCHSECONDS
    until ((EPOCHSECONDS > last)); do tick; done
    OPTIONS=()
    deliver
    expect_body
    if [[ -n $(field subject) ]]; then lost 'Without -s the subject should be empty.'; fi
    if [[ $(field message-id) == "$id" ]]; then lost 'Two messages have the same Message-ID.'; fi
}

@test "R7.7 [4] every line of the message ends with CRLF" {
    needs R7.1
    text 'one\n\ntwo\nthree\n\n'
    smtpd
    deliver
    expect_body
    without_fault text 'printf("...\n") writes a bare LF; the head of the message counts too.' 'A bare LF'
}

readonly DOTS='a line that begins with a dot gets another one in front, and the server takes it away; a line with nothing but
  a dot ends the message.'

@test "R7.8 [4] a line that begins with a dot arrives as it was, and one dot alone does not end the message" {
    needs R7.7
    text '.\n..\n...\n.hidden file\n a . in the middle.\n.\n\n.\nthe end\n.'
    smtpd
    deliver
    expect_body "$DOTS"
    expect_verbs EHLO MAIL RCPT DATA QUIT
}

@test "R7.9 [3] a missing last newline is added; no text at all is a message too" {
    local text
    needs R7.7
    for text in 'no newline' '' 'x' '\n' '\n\n\nfour lines, the last one open'; do
        afresh
        text "$text"
        smtpd
        deliver
        # An empty message may well be a blank line.
        if [[ -z $text && $(od -An -tx1 "$T/mail/$MAIL.body" 2>/dev/null) == ' 0a' ]]; then continue; fi
        expect_body 'the dot that ends the message stands on a line of its own; no other line is added.'
    done
}

@test "R7.10 [3] umlauts, tabs, blanks at the ends of lines, blank lines and lines of 100,000 characters arrive as they are" {
    needs R7.7
    text '\n\n  Grüße, Ćao, 你好, 🙂\n\ttab\t\nblank at the end \nFrom: nobody\nFrom the fields\n%s%d%n\n-- \n\n'
    smtpd
    deliver
    expect_body
    story 'Then lines of 70, 998, 999, 1,024, 4,096, 8,192 and 100,000 characters.'
    MADE="for n in 70 998 999 1024 4096 8192 100000; do seq -s . 99999 | head -c \$n; echo; done >input"
    for n in 70 998 999 1024 4096 8192 100000; do
        head -c "$n" <(seq -s . 99999 2>/dev/null)
        echo
    done >"$T/input"
    arrives_as_it_is
    smtpd
    deliver
    expect_body 'a line is longer than the buffer for it.'
}

@test "R7.11 [3] 5 MiB arrive byte for byte" {
    needs R7.8
    MADE="seq 900000 | sed 's/00\$/./; s/^1.*5\$/.&/' | head -c 5242880 >input"
    head -c 5242880 <(seq 900000 2>/dev/null | sed 's/00$/./; s/^1.*5$/.&/') >"$T/input"
    arrives_as_it_is
    smtpd
    deliver
    expect_body "$DOTS"
}

# ---- Replies ----

@test "R7.12 [4] replies of several lines are understood, and replies that come byte by byte" {
    local many
    needs R7.1
    if unit test_smtp; then afresh; fi
    text 'Hello\n'
    story 'Every reply had several lines.'
    printf -v many '250-EXTENSION-%s with a long name and parameters\\r\\n' {1..15} # more than 512 bytes in all
    rules 'greeting=220-mail.example\r\n220-is pleased\r\n220 to meet you' \
        'EHLO=250-mail.example\r\n'"$many"'250-SIZE 99999999\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-X-550 4\r\n250 HELP' \
        'MAIL=250-the sender\r\n250 is fine' 'RCPT=250-the recipient\r\n250-is\r\n250-fine\r\n250 too' \
        'DATA=354-go\r\n354 ahead' 'text=250-\r\n250 taken' 'QUIT=221-good\r\n221 bye' \
        next 'greeting=drip:220-slow\r\n220 and steady' 'EHLO=drip:250-one\r\n250-two\r\n250 three' \
        'MAIL=drip:250 fine' 'RCPT=drip:250-fine\r\n250 too' 'DATA=drip:354 go' 'text=drip:250-yes\r\n250 taken' \
        next 'greeting=220' 'EHLO=250' 'MAIL=250 ' 'RCPT=251 forwarded' 'DATA=354' text=250 QUIT=221
    smtpd
    CAUSE='a reply goes on as long as its code is followed by a hyphen.' several_lines
    story 'Then every reply came byte by byte.'
    CAUSE='recv() returns what has come, which may be a part of a line.' several_lines
    story 'Then the replies had a code and no text.'
    several_lines
}

several_lines() {
    deliver
    expect_body
    expect_verbs EHLO MAIL RCPT DATA QUIT
}

@test "R7.13 [3] a server that refuses EHLO gets HELO" {
    local reply
    needs R7.1
    text 'Hello\n'
    for reply in '500 what?' '502-not\r\n502 here'; do
        afresh
        rules "EHLO=$reply"
        smtpd
        deliver
        expect_body
        expect_verbs EHLO HELO MAIL RCPT DATA QUIT
    done
}

@test "R7.14 [4] refused at the greeting, at EHLO and HELO, or at MAIL FROM: the server's words on stderr, QUIT, status 1" {
    needs R7.1
    text 'Hello\n'
    refused 'greeting=554 no service for you' 'no service for you' QUIT
    refused 'MAIL=451 my disk is full' 'my disk is full' EHLO MAIL QUIT
    refused 'MAIL=550-I know you.\r\n550 Go away.' 'Go away.' EHLO MAIL QUIT
    afresh
    rules 'EHLO=550 not today' 'HELO=550 nor with HELO'
    smtpd
    deliver
    expect_error 'not today'
    expect_verbs EHLO HELO QUIT
}

@test "R7.15 [4] a recipient or DATA refused: the server's words on stderr, QUIT, status 1, and no message" {
    needs R7.14
    text 'QUIT\nNOOP\nHello\n'
    refused 'RCPT=550 nobody of that name' 'nobody of that name' EHLO MAIL RCPT QUIT
    refused 'RCPT=450 the mailbox is busy' 'the mailbox is busy' EHLO MAIL RCPT QUIT
    refused 'DATA=452 no room left' 'no room left' EHLO MAIL RCPT DATA QUIT
    refused 'DATA=554-no\r\n554 valid recipients' 'valid recipients' EHLO MAIL RCPT DATA QUIT
    afresh
    story 'The second of three recipients was refused.'
    rules 'RCPT2=553 carol has moved'
    smtpd
    deliver 127.0.0.1 "$PORT" alice@example.org bob@example.org carol@example.org dave@example.org
    expect_error 'carol has moved'
}

@test "R7.16 [4] success is what the server says behind the message: a message refused there is an error" {
    needs R7.14
    text 'Hello\n'
    refused 'text=554 this is spam' 'this is spam' EHLO MAIL RCPT DATA QUIT
    refused 'text=452-come\r\n452 back tomorrow' 'back tomorrow' EHLO MAIL RCPT DATA QUIT
}

# nonsense RULE...: each of these replies makes no sense, and is an error.
nonsense() {
    local rule
    for rule; do
        afresh
        rules "$rule"
        smtpd
        deliver
        expect_error
        if seen message; then lost 'After a reply that makes no sense, the message was sent all the same.'; fi
    done
}

@test "R7.17 [3] a reply that makes no sense is an error: no code, an unknown one, one that belongs elsewhere" {
    needs R7.14
    text 'Hello\n'
    nonsense 'greeting=SSH-2.0-OpenSSH_9.2' 'greeting=HTTP/1.0 400 Bad Request' 'MAIL=fine' 'MAIL=999 fine' \
        'RCPT=25 fine' 'MAIL=354 go ahead' 'RCPT=100 wait' 'DATA=250 fine'
    afresh
    rules 'text=354 and more'
    smtpd
    deliver
    expect_error
}

@test "R7.18 [4] a server that hangs up, at whatever step, is an error, also in the middle of the message or behind it" {
    local rule
    needs R7.1
    MADE='yes | head -c 3000000 >input'
    head -c 3000000 <(yes 2>/dev/null) >"$T/input"
    for rule in greeting=close greeting=cut:220-mail 'EHLO=cut:250-half a reply\r\n' MAIL=close RCPT=reset DATA=close \
        data=leave data=reset text=close 'text=cut:250-ta' text=reset; do
        afresh
        rules "$rule"
        smtpd
        CAUSE='check what every recv() and send() returns, and ignore SIGPIPE.' deliver
        CAUSE='no reply is no consent.' expect_error
    done
}

# thinks: the server thinks for three quarters of a second before each of three replies. For a program that is hurried these are 67 s in
# all, and 22 s each. Where this machine is so busy that one of them becomes a minute, it is tried again.
thinks() {
    local i
    for i in 1 2 3; do
        afresh
        story "The server took three quarters of a second to reply to MAIL, RCPT and DATA.${HURRY:+ Time passed $HURRY times as fast for mail_client.}"
        rules 'MAIL=slow:250 fine' 'RCPT=slow:250 fine' 'DATA=slow:354 go ahead'
        smtpd
        CAUSE='the server may take 60 s for each of its replies.' deliver
        if ((STATUS == 0)); then break; fi
    done
    CAUSE='the server may take 60 s for each of its replies.' expect_body
}

@test "R7.19 [3] a server may think for a while; one that is silent for 60 s is an error" {
    # long
    local began took HURRY=''
    needs R7.1
    if unit test_channel; then afresh; fi
    if can_trace; then HURRY=30; fi
    text 'Hello\n'
    thinks
    if [[ -z $HURRY ]]; then return 0; fi
    HURRY=''
    afresh
    story 'The server said nothing more after MAIL FROM. Time passed 60 times as fast for mail_client.'
    rules MAIL=hang
    smtpd
    began=${EPOCHREALTIME/./}
    CAUSE='nothing limits how long it waits for a reply: see SO_RCVTIMEO in socket(7), poll(2), or alarm(2).' RUN_LIMIT=$DEADLINE HURRY=60 deliver
    expect_error
    took=$((60 * (${EPOCHREALTIME/./} - began) / 1000000))
    if ((took < 55)); then lost "By its own clock it gave up after $took s or less." 'the server may take 60 s to reply.'; fi
}

@test "R7.20 [3] the dialogue is on stderr, C: and S: before each line; nothing is on stdout" {
    local line
    needs R7.1
    text 'Hello\n'
    rules 'greeting=220-mail.example\r\n220 is pleased' 'EHLO=250-mail.example\r\n250-8BITMIME\r\n250 HELP' \
        'MAIL=250 the sender is fine' 'text=250 taken as number 4711'
    smtpd
    deliver 127.0.0.1 "$PORT" alice@example.org bob@example.org carol@example.org
    expect_taken
    tr -d '\r' <"$T/err" >"$T/shown"
    while IFS= read -r line; do
        if [[ $line != 'C: (a message'* ]] && ! grep -qxF -- "$line" "$T/shown"; then
            lost "This line of the dialogue is not on stderr: $line"
        fi
    done <"$T/mail/$MAIL.log"
    if [[ -s $T/out ]]; then
        story "$(shown 'On stdout' "$T/out" 5 '|')"
        lost 'Something is on stdout.'
    fi
}

# ---- AUTH ----

# logs_in USER PASSWORD: with -u USER the server accepts the password, and only then the message.
logs_in() {
    afresh
    text 'Hello\n'
    ENVIRONMENT=()
    password "$2"
    OPTIONS=(-u "$1")
    smtpd -f -u "$1" -p "$2"
    deliver
    if ! seen auth || [[ $(<"$T/mail/$MAIL.auth") != right* ]]; then
        lost "The server did not get the right user and password by AUTH." \
            'AUTH PLAIN wants the base64 of \0user\0password, in one line; AUTH LOGIN asks for the two one by one.'
    fi
    expect_body
    expect_verbs EHLO AUTH MAIL RCPT DATA QUIT
    if [[ $(head -n 1 "$T/mail/$MAIL.rcpt") != 'from alice@example.org' || $(field 'address from') != alice@example.org ]]; then
        story "$(shown 'The message that arrived' "$T/mail/$MAIL.message" 12 '|')"
        lost 'The sender is FROM, whoever logs in: alice@example.org in MAIL FROM and in the field From.'
    fi
}

@test "R7.21 [4] with -u the program logs in by AUTH before MAIL FROM, whatever characters the password has" {
    needs R7.1
    logs_in alice secret
    logs_in alice@example.org 'four words, two commas, %s'
    logs_in jürgen 'pässwörd'
    logs_in a 12
    logs_in alice "$(seq -s - 100 140)"
}

@test "R7.22 [3] a login that is refused is an error, and so is a server that knows no AUTH: no MAIL FROM after that" {
    needs R7.21
    text 'Hello\n'
    password 'not the right one'
    OPTIONS=(-u alice)
    smtpd -u alice -p secret
    deliver
    expect_error 'wrong user or password'
    never MAIL DATA
    verbs
    if [[ $VERBS != *' QUIT ' ]]; then lost 'QUIT should have been the last command.'; fi
    afresh
    story 'The server was too busy to look up the password.'
    rules 'AUTH=454 ask me later'
    smtpd -u alice -p 'not the right one'
    deliver
    expect_error 'ask me later'
    never MAIL DATA
    afresh
    story 'The server knew no AUTH.'
    rules 'AUTH=502 not here'
    smtpd
    deliver
    expect_error
    never MAIL DATA
}

# hidden_from_all SECRET...: none of these, nor its base64, is anywhere but in the AUTH exchange.
hidden_from_all() {
    local secret place
    for secret; do
        for place in "$T/err" "$T/out" "$T/mail/$MAIL.message"; do
            if [[ -e $place ]] && grep -qF -- "$secret" "$place"; then
                lost "The password is in ${place##*/} ($secret)." 'base64 hides nothing: anybody can decode it.'
            fi
        done
        if grep -qF -- "$secret" <(grep -vi '^\(tls \)\?AUTH ' "$T/mail/$MAIL.commands"); then
            lost 'The password is in another command than AUTH.'
        fi
        if grep -qrF -- "$secret" "$DIR"; then lost 'The password is in a file that the program has written.'; fi
    done
}

@test "R7.23 [4] the password is nowhere but in the AUTH exchange, neither plainly nor in base64" {
    local secret='open sesame 4711'
    needs R7.21
    text 'Hello\n'
    password "$secret"
    OPTIONS=(-u alice -s Hello)
    rules next 'AUTH=535 no'
    smtpd -u alice -p "$secret"
    deliver
    expect_taken
    hidden_from_all "$secret" "$(printf %s "$secret" | base64)" "$(printf '\0alice\0%s' "$secret" | base64)"
    deliver
    expect_error
    hidden_from_all "$secret" "$(printf %s "$secret" | base64)" "$(printf '\0alice\0%s' "$secret" | base64)"
}

# ---- TLS ----

# in_the_clear: the commands that the server got before TLS.
in_the_clear() { grep -v '^tls ' "$T/mail/$MAIL.commands" | sed 's/[ :].*//' | tr '[:lower:]\n' '[:upper:] '; }

@test "R7.24 [4] with -T: STARTTLS, then EHLO again, AUTH and all the rest encrypted; a server that hangs up is an error there too" {
    needs R7.21
    certificates
    text 'Hello\n.\n'
    trusted
    password 'open sesame'
    OPTIONS=(-T -u alice)
    rules next next data=leave
    smtpd -c "$CERTIFICATES/good.pem" -u alice -p 'open sesame'
    deliver localhost "$PORT" alice@example.org bob@example.org
    expect_body
    expect_verbs EHLO STARTTLS EHLO AUTH MAIL RCPT DATA QUIT
    if [[ $(in_the_clear) != 'EHLO STARTTLS ' ]]; then lost "Not encrypted was: $(in_the_clear)"; fi
    story 'Then 5 MB, without -u.'
    OPTIONS=(-T)
    MADE='seq 900000 | head -c 5000000 >input'
    head -c 5000000 <(seq 900000 2>/dev/null) >"$T/input"
    arrives_as_it_is
    deliver localhost "$PORT" alice@example.org bob@example.org
    expect_body
    expect_verbs EHLO STARTTLS EHLO MAIL RCPT DATA QUIT
    story 'Then the server hung up in the middle of the message.'
    CAUSE='SSL_write() may get SIGPIPE: ignore it. And check what it returns.'
    deliver localhost "$PORT" alice@example.org bob@example.org
    expect_error
}

# distrusts CERTIFICATE WHAT_IT_IS: with -T, a server with this certificate is told nothing.
distrusts() {
    story "The certificate of the server $2."
    smtpd -c "$CERTIFICATES/$1.pem" -u alice -p 'open sesame'
    deliver localhost "$PORT" alice@example.org bob@example.org
    expect_error
    if grep -q '^tls ' "$T/mail/$MAIL.commands"; then
        lost "The program talked to a server whose certificate $2." \
            'SSL_VERIFY_PEER, SSL_CTX_set_default_verify_paths() and SSL_set1_host() are all needed.'
    fi
    never AUTH MAIL DATA
}

@test "R7.25 [4] a certificate that nobody vouches for, has expired or is for another host: status 1, and nothing is said" {
    needs R7.24
    certificates
    text 'Hello\n'
    password 'open sesame'
    OPTIONS=(-T -u alice)
    distrusts good 'is from an authority that this system does not know'
    afresh
    trusted
    distrusts other 'is for mail.example, not for localhost'
    afresh
    distrusts expired 'has expired'
}

@test "R7.26 [3] with -T, a server that does not do STARTTLS gets neither password nor message" {
    local rule
    needs R7.24
    certificates
    text 'Hello\n'
    trusted
    password 'open sesame'
    OPTIONS=(-T -u alice)
    story 'The server knew no STARTTLS, but AUTH.'
    smtpd -u alice -p 'open sesame'
    deliver localhost "$PORT" alice@example.org bob@example.org
    expect_error
    never AUTH MAIL DATA
    for rule in 'STARTTLS=454 not now' STARTTLS=close; do
        afresh
        rules "$rule"
        smtpd -c "$CERTIFICATES/good.pem" -u alice -p 'open sesame'
        deliver localhost "$PORT" alice@example.org bob@example.org
        expect_error
        never AUTH MAIL DATA
    done
}

@test "R7.27 [2] what comes in the clear behind the reply to STARTTLS is not taken for the replies to what follows" {
    needs R7.24
    certificates
    text 'Hello\n'
    trusted
    password 'open sesame'
    OPTIONS=(-T -u alice)
    rules 'STARTTLS=220 go ahead\r\n250 hello\r\n235 welcome\r\n250 fine\r\n250 fine\r\n354 go on\r\n250 taken\r\n221 bye' \
        'tls.MAIL=550 not from you'
    smtpd -c "$CERTIFICATES/good.pem" -u alice -p 'open sesame'
    CAUSE='drop what your buffer holds when TLS begins: anybody may have put it there.'
    deliver localhost "$PORT" alice@example.org bob@example.org
    expect_error
    never DATA
}

# ---- The command line ----

# no_usage ARGUMENT...: with these, a usage line, and nothing is sent.
no_usage() {
    afresh
    smtpd
    CAUSE='check every argument before you connect.' expect_usage mail_client "$@"
    MAIL=1
    if [[ -s $T/mail/1.commands ]]; then lost 'Something was sent in spite of the usage error.'; fi
}

@test "R7.28 [3] wrong arguments, an address or subject that would smuggle in a command: usage, and nothing is sent" {
    story "Nobody listens on port $PORT2."
    run mail_client 127.0.0.1 "$PORT2" alice@example.org bob@example.org
    expect_failure 'these arguments are right.'
    no_usage
    no_usage 127.0.0.1 "$PORT" alice@example.org
    no_usage 127.0.0.1 smtp alice@example.org bob@example.org
    no_usage -x 127.0.0.1 "$PORT" alice@example.org bob@example.org
    no_usage 127.0.0.1 "$PORT" $'alice@example.org\r\nRCPT TO:<eve@example.org' bob@example.org
    no_usage 127.0.0.1 "$PORT" alice@example.org $'bob@example.org\nBcc: eve@example.org'
    no_usage 127.0.0.1 "$PORT" alice@example.org bob@example.org 'carol@example.org>'
    no_usage 127.0.0.1 "$PORT" 'Alice <alice@example.org>' bob@example.org
    no_usage 127.0.0.1 "$PORT" '<alice@example.org' bob@example.org
    no_usage 127.0.0.1 "$PORT" alice@example.org $'bob@example.org\rRSET'
    no_usage -s $'Hello\r\nBcc: eve@example.org' 127.0.0.1 "$PORT" alice@example.org bob@example.org
    no_usage -s $'Hello\rthere' 127.0.0.1 "$PORT" alice@example.org bob@example.org
    no_usage -s $'Hello\nthere' 127.0.0.1 "$PORT" alice@example.org bob@example.org
}

@test "R7.29 [3] HOST may be a name or an IPv6 address; where there is no such host or no server, a line says so, status 1" {
    local host
    needs R7.1
    text 'Hello\n'
    for host in localhost ::1; do
        if [[ $host == *:* ]] && ! grep -qs '^0*1 .* lo$' /proc/net/if_inet6; then continue; fi
        afresh
        smtpd
        CAUSE='getaddrinfo() takes names and addresses of all kinds.' deliver "$host" "$PORT" alice@example.org bob@example.org
        expect_body
    done
    afresh
    story "Nobody listens on port $PORT2."
    run -i "$T/input" mail_client 127.0.0.1 "$PORT2" alice@example.org bob@example.org
    expect_failure
    if [[ $MODE != namespaces ]]; then return 0; fi # a machine whose name server does not answer cannot tell
    afresh
    run -i "$T/input" mail_client host.invalid "$PORT2" alice@example.org bob@example.org
    expect_failure
}

# ---- Under observation ----

@test "R7.30 [2] mail_client reads and writes no memory that is not its own, and computes nothing that C does not define" {
    local reply replies=() long to=()
    needs R7.1
    sanitizer address mail_client
    printf -v long '%03000d' 0
    for reply in greeting=220 'greeting=\r\n' greeting=22 greeting=cut:220 greeting=cut:220-x 'greeting=cut:220-\r\n22' \
        "greeting=220 $long" "greeting=cut:220-$long$long$long$long$long$long" 'EHLO=250-\r\n250-x\r\n250 ' 'EHLO=cut:250-SIZE\r\n250' \
        'EHLO=250 \x00\xff' 'MAIL=550 %s%n%s%n' 'RCPT=0000' 'DATA=-1' 'data=reset' 'text=cut:2'; do
        replies+=("$reply" next)
    done
    printf '.\n..\na\r\nb\rc\n\n%s\n.%s' "$long" "$long$long$long" >"$T/input"
    printf '\0\0\n.\0' >>"$T/input"
    story 'It met replies of every kind, short and long, cut off and without sense.'
    rules "${replies[@]}"
    smtpd
    for reply in "${replies[@]}"; do
        if [[ $reply != next ]]; then
            poke_client -i "$T/input" mail_client 127.0.0.1 "$PORT" alice@example.org bob@example.org
        fi
    done
    story 'Then it got long arguments, empty ones, and many.'
    password "${long:0:900}"
    for reply in {1..60}; do to+=("${long:0:60}$reply@example.org"); done
    rules next next next next next
    smtpd -u alice -p "${long:0:900}"
    poke_client -i "$T/input" mail_client -s "$long" -u alice 127.0.0.1 "$PORT" alice@example.org "${to[@]}"
    poke_client mail_client -s 'ü' -u "$long" 127.0.0.1 "$PORT" alice@example.org "$long@example.org"
    poke_client mail_client -s '' -u '' 127.0.0.1 "$PORT" a b
    for reply in '' '@' '<' $'\r\n'; do poke_client mail_client 127.0.0.1 "$PORT" "$reply" "$reply"; done
    certificates
    trusted
    story 'Then it used TLS, with a server that hung up in the middle, and one whose certificate is for another host.'
    rules next data=reset next STARTTLS=cut:220
    smtpd -c "$CERTIFICATES/good.pem"
    for reply in 1 2 3; do
        poke_client -i "$T/input" mail_client -T localhost "$PORT" alice@example.org bob@example.org
    done
    smtpd -c "$CERTIFICATES/other.pem"
    poke_client mail_client -T localhost "$PORT" alice@example.org bob@example.org
    no_findings
}
