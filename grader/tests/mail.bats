# mail.bats - mail_client against the mail servers that the world uses, and against one that says nothing any more.

load common

setup_file() {
    make -s -C "$BATS_TEST_DIRNAME/../.." lab7 3>&-
}

setup() {
    mail_client=$KIT/build/labs/07-mail/mail_client
    cd "$BATS_TEST_TMPDIR" || return
    started=()
    # What may go wrong on the way: dots, long lines, UTF-8, blank lines, no newline at the end.
    {
        printf '.\n..\n.hidden\n\nGrüße, 你好 \n\tFrom here on: \n'
        for n in 998 999 3000 60000; do
            head -c "$n" < <(seq -s . 99999 2>/dev/null)
            echo
        done
        printf '.the end.'
    } >text
    head -c 5242880 < <(seq 900000 2>/dev/null | sed 's/00$/./; s/^1.*5$/.&/') >much
    : >nothing
}

teardown() {
    local pid
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
}

# complete FILE: with a newline at its end, where one was missing.
complete() {
    cat "$1"
    if [[ -s $1 && $(tail -c 1 "$1") ]]; then echo; fi
}

# text_of FILE: what stands behind the first blank line of a message, with LF.
text_of() { tr -d '\r' <"$1" | sed '1,/^$/d'; }

# a_certificate: server.pem, for localhost, and who vouches for it.
a_certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -keyout key.pem -out ca.pem 2>/dev/null
    cat ca.pem key.pem >server.pem
}

real_aiosmtpd() {
    a_certificate
    coproc AIOSMTPD { exec "$KIT/grader/tests/aiosmtpd_server.py" server.pem taken 2>aiosmtpd.log 3>&-; }
    started+=("$AIOSMTPD_PID")
    read -r port <&"${AIOSMTPD[0]}"
}

@test "aiosmtpd gets every text byte for byte, over TLS, after a login" {
    local file
    real_aiosmtpd
    for file in text much nothing; do
        SSL_CERT_FILE=ca.pem MAIL_PASSWORD='open sesame' "$mail_client" -T -u alice -s 'Grüße' localhost "$port" \
            alice@example.org bob@example.org carol@example.org <"$file" 2>dialogue 3>&-
        cat dialogue
        grep -q '^S: 250 taken from alice@example.org for bob@example.org carol@example.org$' dialogue
        text_of taken | cmp - <(complete "$file")
        ! grep -q sesame dialogue || false
    done
    /usr/bin/python3 -c 'import email, email.policy, sys
mail = email.message_from_binary_file(open("taken", "rb"), policy=email.policy.SMTPUTF8)
assert not mail.defects and mail["from"].addresses[0].addr_spec == "alice@example.org", mail.defects
assert [to.addr_spec for to in mail["to"].addresses] == ["bob@example.org", "carol@example.org"], mail["to"]
assert mail["date"].datetime.tzinfo and mail["message-id"]'
}

# expect_refusal TEXT ARGUMENT...: with these, up to HOST, mail_client ends with status 1 and these words on stderr.
expect_refusal() {
    local status=0
    "$mail_client" "${@:2}" "$port" alice@example.org "${to:-bob@example.org}" <text 2>dialogue 3>&- || status=$?
    cat dialogue
    ((status == 1))
    grep -q "$1" dialogue
}

@test "aiosmtpd refuses mail without TLS and a wrong password; its certificate is refused where nobody vouches for it" {
    real_aiosmtpd
    export SSL_CERT_FILE=ca.pem MAIL_PASSWORD='open sesame'
    expect_refusal '^S: 530 .*STARTTLS' localhost
    expect_refusal '^S: 530 .*Authentication required' -T localhost
    expect_refusal '^mail_client: 127.0.0.1: IP address mismatch' -T -u alice 127.0.0.1
    MAIL_PASSWORD=other expect_refusal '^S: 535 ' -T -u alice localhost
    unset SSL_CERT_FILE
    expect_refusal '^mail_client: localhost: self.signed certificate' -T -u alice localhost
    [[ ! -e taken ]]
}

# real_opensmtpd: OpenSMTPD on $port, with a mailbox for everybody at example.org. It belongs to root, has files of its own
# in /run and /var/spool, and delivers as somebody else.
real_opensmtpd() {
    PATH=$PATH:/usr/sbin
    if ! grep -q '^usage: smtpd .*-D' <(smtpd -h 2>&1); then skip 'OpenSMTPD is not installed'; fi
    if ! unshare -m mount -t tmpfs none /run 2>/dev/null; then skip 'only root may run a mail server here'; fi
    mkdir mailbox
    chown nobody mailbox
    chmod o+x "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
    local pid
    coproc FREE { exec "$KIT/build/grader/probe" -l 127.0.0.1 0 accept 3>&- 2>/dev/null; }
    pid=$FREE_PID
    read -r _ port <&"${FREE[0]}"
    kill "$pid"
    wait "$pid" || true
    cat >smtpd.conf <<CONF
listen on 127.0.0.1 port $port hostname mail.example
action "keep" maildir "$BATS_TEST_TMPDIR/mailbox/Maildir" user nobody virtual { "@" = nobody }
match from any for domain "example.org" action "keep"
CONF
    unshare -m sh -c 'mount -t tmpfs none /run && mount -t tmpfs -o mode=755 none /var/spool && mkdir -m 711 /var/spool/smtpd &&
        exec smtpd -d -f smtpd.conf' >smtpd.log 2>&1 3>&- &
    started+=("$!")
    until (exec 4<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        kill -0 "${started[-1]}" 2>/dev/null || {
            cat smtpd.log
            return 1
        }
    done
}

@test "OpenSMTPD delivers every text byte for byte to a mailbox" {
    local file delivered
    real_opensmtpd
    for file in text much nothing; do
        "$mail_client" -s 'Grüße' 127.0.0.1 "$port" alice@example.org bob@example.org <"$file" 2>dialogue 3>&-
        until delivered=$(find mailbox -path '*/new/*' -type f -print -quit) && [[ -n $delivered ]]; do
            kill -0 "${started[-1]}"
            ! grep -E 'stat=(Temp|Perm)' smtpd.log || false
        done
        text_of "$delivered" | cmp - <(complete "$file")
        grep -qx 'Subject: Grüße' "$delivered"
        rm "$delivered"
    done
    to=bob@example.com expect_refusal '^S: 550 Invalid recipient' 127.0.0.1
}

@test "a server that is silent at whatever step is given up after the time that channel.h says" {
    local step status pid
    # The same program with one second in place of 60.
    cp -r "$KIT/labs" tree
    sed -i 's/CHANNEL_SILENCE_S = 60/CHANNEL_SILENCE_S = 1/' tree/07-mail/channel.h
    make -s -C "$KIT" lab7 SRC="$PWD/tree" OUT="$PWD/out" CPPFLAGS=-DSOLUTION 3>&-
    for step in greeting EHLO MAIL RCPT DATA text QUIT; do
        mkdir "at-$step"
        coproc SILENT { exec python3 "$KIT/grader/lib/smtpd.py" "at-$step" 0 "$step=hang" 3>&-; }
        pid=$SILENT_PID
        started+=("$pid")
        read -r _ port <&"${SILENT[0]}"
        status=0
        out/07-mail/mail_client 127.0.0.1 "$port" alice@example.org bob@example.org <text 2>dialogue 3>&- || status=$?
        cat dialogue
        wait "$pid" || true
        if [[ $step == QUIT ]]; then
            ((status == 0)) # the message had been taken
        else
            ((status == 1))
            grep -q '^mail_client: 127.0.0.1: the server was silent' dialogue
        fi
    done
}

@test "the sanitizers of gcc find nothing in a mail over TLS, nor in one that breaks off" {
    make -s -C "$KIT" lab7 OUT=build/asan CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -w' 3>&-
    mail_client=$KIT/build/asan/07-mail/mail_client
    real_aiosmtpd
    export SSL_CERT_FILE=ca.pem MAIL_PASSWORD='open sesame'
    "$mail_client" -T -u alice localhost "$port" alice@example.org bob@example.org <much 2>dialogue 3>&-
    text_of taken | cmp - <(complete much)
    expect_refusal '^mail_client: 127.0.0.1: IP address mismatch' -T -u alice 127.0.0.1
    MAIL_PASSWORD=other expect_refusal '^S: 535 ' -T -u alice localhost
}
