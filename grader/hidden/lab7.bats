# lab7.bats - the rules of the suite on other data.

@test "H7.1 [R7.4] other recipients" {
    needs R7.4
    text 'Hello\n'
    smtpd
    deliver localhost "$PORT" root@mail.example one@example.com two@example.com
    expect_body
    [[ $(sort "$T/mail/$MAIL.rcpt") == $'from root@mail.example\none@example.com\ntwo@example.com' ]] ||
        lost 'The envelope does not name the sender and both recipients.'
}

@test "H7.2 [R7.8] other dots" {
    local text
    needs R7.8
    for text in '.' '.\n' '\n.\n' '..' '. \n.\n' 'x\n.\n.\n\n..x\n.x.\n....................\n'; do
        afresh
        text "$text"
        smtpd
        deliver
        expect_body "$DOTS"
    done
    # Dots at every place where a buffer might end.
    MADE="yes '..' | head -c 150000 >input"
    head -c 150000 <(yes .. 2>/dev/null) >"$T/input"
    arrives_as_it_is
    smtpd
    deliver
    expect_body "$DOTS"
    MADE="yes .x. | head -c 150001 >input"
    head -c 150001 <(yes .x. 2>/dev/null) >"$T/input"
    arrives_as_it_is
    smtpd
    deliver
    expect_body "$DOTS"
}

@test "H7.3 [R7.11] another 6 MB" {
    needs R7.11
    MADE="seq -f '%.0f ist eine Zahl für sich.' 300000 | head -c 6000000 >input"
    head -c 6000000 <(seq -f '%.0f ist eine Zahl für sich.' 300000 2>/dev/null) >"$T/input"
    printf '\nEnde' >>"$T/input"
    arrives_as_it_is
    smtpd
    deliver
    expect_body
}

@test "H7.4 [R7.12] other replies of several lines, in pieces" {
    needs R7.12
    text 'Hello\n'
    rules 'greeting=220-554 is not my code\r\n220 neither-is 421' 'EHLO=250-a\r\n250-b\r\n250-c\r\n250-d\r\n250-e\r\n250 f' \
        'MAIL=drip:250-\r\n250-\r\n250 ' 'RCPT=251-will\r\n251 forward' 'DATA=drip:354-x\r\n354 y' 'text=drip:250-z\r\n250 z'
    smtpd
    several_lines
}

@test "H7.5 [R7.14] other refusals before the message" {
    needs R7.14
    text 'Hello\n'
    refused 'greeting=421-closing\r\n421 the shutters' 'the shutters' QUIT
    refused 'MAIL=553-a\r\n553-b\r\n553 unheard of' 'unheard of' EHLO MAIL QUIT
    refused 'MAIL=drip:421 one moment' 'one moment' EHLO MAIL QUIT
}

@test "H7.6 [R7.16] other refusals behind the message" {
    needs R7.16
    text 'Hello\n250 fine\n'
    refused 'text=550-250 would be nice\r\n550 but no' 'but no' EHLO MAIL RCPT DATA QUIT
    refused 'text=421 out of time' 'out of time' EHLO MAIL RCPT DATA QUIT
    refused 'text=drip:552 too much' 'too much' EHLO MAIL RCPT DATA QUIT
}

@test "H7.7 [R7.18] hang-ups at other moments" {
    local rule
    needs R7.18
    text 'Hello\n'
    for rule in greeting=reset EHLO=reset 'MAIL=cut:25' 'RCPT=cut:250-fine\r\n' 'DATA=cut:354' 'text=cut:250-taken\r\n'; do
        afresh
        rules "$rule"
        smtpd
        deliver
        CAUSE='no reply is no consent.' expect_error
    done
}

@test "H7.8 [R7.21] other passwords" {
    needs R7.21
    logs_in bob x
    logs_in bob@mail.example 'a:b=c/d+e"f\g'
    logs_in b '  blanks around  '
    logs_in b "$(printf '%0190d' 7)"
}

@test "H7.9 [R7.25] a certificate for a neighbour" {
    needs R7.25
    certificates
    text 'Hello\n'
    trusted
    password 'open sesame'
    OPTIONS=(-T -u alice)
    distrusts neighbour 'is for localhost.example, not for localhost'
    afresh
    distrusts nobody 'is one that the server has signed itself'
}

@test "H7.10 [R7.19] silence at other moments" {
    local rule
    needs R7.1
    if ! can_trace; then return 0; fi
    text 'Hello\n'
    for rule in greeting=hang text=hang; do # whether it gives up too early, R7.19 has seen
        afresh
        story "The server did not say anything ($rule). Time passed 200 times as fast for mail_client."
        rules "$rule"
        smtpd
        CAUSE='the limit is needed for every reply: from the greeting, before which nothing is sent, to the one to the message.' \
            RUN_LIMIT=$DEADLINE HURRY=200 deliver
        expect_error
    done
}
