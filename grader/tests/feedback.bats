# feedback.bats - what a student reads about a requirement that does not hold: real wrong programs, which are mutants, and
# the drawings alone.
#
# setup_file grades them, two at a time; the tests look at the reports.

load common

# wrong LAB MUTANT ID [MODE]: grades this requirement of the mutant. Leaves $REPORTS/MUTANT.
wrong() {
    local tree=$REPORTS/tree.$2
    cp -r "$REPORTS/solved" "$tree"
    patch -p1 -s -d "$tree" <"$KIT/grader/mutants/lab$1/$2.patch"
    BASE=own "$KIT/grader/grade" ${4:+--mode "$4"} --only "$3" "$1" "$tree" >"$REPORTS/$2" 2>&1 3>&-
}

setup_file() {
    local file lab name id mode
    export REPORTS=$BATS_FILE_TMPDIR
    for file in "$KIT"/labs/*/*.[ch]; do
        mkdir -p "$REPORTS/solved/$(basename "$(dirname "$file")")"
        unifdef -DSOLUTION -o "$REPORTS/solved/${file#"$KIT"/labs/}" "$file" || (($? == 1))
    done
    while read -r lab name id mode; do
        while (($(jobs -rp | wc -l) >= 2)); do wait -n || true; done
        wrong "$lab" "$name" "$id" "$mode" 3>&- &
    done <<'END'
3 ten-threads R3.6
3 lock-around-delay R3.4
3 fork R3.10
5 one-after-the-other R5.23 plain
1 one_recv_is_one_message R1.3
1 every_byte_from_a_on R1.4
1 one_send_only R1.15
1 sends_whole_buffer R1.3
1 waits_for_newline R1.3
2 close-with-unread-input R2.26
1 no_listen R1.1
END
    wait
}

# says MUTANT TEXT...: its report has these texts, in this order; each may have several lines.
says() {
    local report text
    report=$(<"$REPORTS/$1")
    shift
    echo "$report"
    for text; do
        if [[ $report != *"$text"* ]]; then
            echo "missing, or not in this order: $text"
            return 1
        fi
        report=${report#*"$text"}
    done
}

# draws FAILED, with the events as input: what timeline.awk makes of them.
draws() { awk -v failed="$1" -f "$KIT/grader/lib/timeline.awk" /dev/stdin; }

@test "a failure has the requirement, the exchange in order, the likely cause, and commands that repeat it" {
    says one_recv_is_one_message 'R1.3 many texts on one connection' \
        ' after 15 bytes, 30 were expected' \
        'Likely cause: after the first reply the server closes' \
        'Sent (15 bytes):
      > this is line 1\n
    Received (15 bytes):
      < THIS IS LINE 1\n
    Sent (15 bytes):
      > this is line 2\n
    Then the connection was ' 'To repeat it by hand:' './tcp_server ' '$ nc 127.0.0.1 '
}

@test "an error on stderr that does not say what it means here is explained" {
    says no_listen 'The server ended at once, with status 1.' '| tcp_server: accept: Invalid argument' \
        'the socket does not listen yet. listen() comes before accept().'
}

@test "a caret stands under the first wrong byte" {
    says every_byte_from_a_on 'first difference: byte 124' '
      expected: ...`ABCDEFGHIJKLMNOPQRSTUVWXYZ{|}~\x7f\x80\x81\x82\x83...
      actual:   ...`ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_\x80\x81\x82\x83\x84...
                                              ^
' 'Then the connection was closed in order (FIN).' 'To repeat it by hand:' ' | nc -N 127.0.0.1 '
}

@test "unit tests that fail are told in words, with the line of the assertion, and how to run them" {
    says one_send_only 'The unit tests of the module, labs/01-echo/test_net.c, do not all pass. These fail:
      short and interrupted calls are made again
        test_net.c, line ' ': assert_' 'To repeat it by hand:' '$ make unit1 && build/labs/01-echo/test_net'
}

@test "wrong bytes are not laid to the end of the server, which came later" {
    says sends_whole_buffer 'byte 1 is "' 'Likely cause: send back what recv() stored, in capitals, and as many bytes as it returned'
}

@test "a reset is shown, and why it came" {
    says close-with-unread-input 'Likely cause: the server closed while input was still unread. The kernel then sends a reset' \
        'Received (' 'Then the connection was reset (RST).' '| nc -N 127.0.0.1 '
}

@test "a hang says what the server did last" {
    says waits_for_newline 'a: nothing came for ' 'The server accepted this connection, read all 6 bytes, and sent nothing for '
    says ten-threads 'The server accepted this connection, read none of its 26 bytes, and sent nothing for '
    says one-after-the-other 'mode: plain' 'The server has not accepted this connection; 50 bytes wait in it.'
}

@test "a concurrency failure draws the connections over time" {
    says ten-threads 'The connections over time' '
      h1    |--connect----' '  accepted' '
      h10            |--connect--' '  accepted' '
      quick           |--connect--request........timeout  26 bytes unread
'
    says one-after-the-other '
      a (20) |--connect--------------------------------------
      q1      |--connect--send 16----------------------------  not accepted
      q2                   |--connect--request........timeout  not accepted
'
    says lock-around-delay '|-connect-request-' '|  served only after b' '
      and '
    if grep -q 'over time' "$REPORTS/one_recv_is_one_message" "$REPORTS/fork"; then return 1; fi
}

@test "a failure says what the server used, and what it left behind" {
    says ten-threads 'The server then: 1 process, 11 threads, ' ' descriptors, ' ' MB of memory; ' ' s of processor time in '
    says fork 'The server then: 41 processes, ' 'Left behind: 40 processes that the program had started (threaded_server 40 times).'
}

@test "the drawing: one after the other, by a reset, by a close, and none where there was one connection only" {
    [ "$(draws b <<'END'
1 a connect
2 a send 30 whole
3 b connect
4 b send 14
5 b send 16 whole
200 a recv 90
201 a reset
400 b recv 90
401 b fin
402 b close
END
)" = '  a |--connect--request----------------reply--<RST|
  b              |--connect--send 14--request........reply--<FIN|  served only after a' ]
    [ -z "$(draws a <<<$'1 a connect\n2 a send 5\n3 a timeout')" ]
    [ -z "$(draws a <<<$'1 a connect\n2 a fin\n3 a close\n4 b connect\n5 b fin\n6 a connect\n7 a timeout')" ]
    [ "$(draws c <<<$'1 a connect 20\n2 c connect\n3 c fin-sent\n4 c close\n5 d connect\n6 d reset-sent')" = \
        '  a (20) |--connect---------------
  c       |--connect--FIN>--close|  <- this one' ]
}

@test "the drawing: replies that come together were not waiting for one another" {
    local i
    run draws all < <(
        for i in {1..8}; do printf '%s b%s connect\n%s b%s send 30 whole\n' "$i" "$i" "$i" "$i"; done |
            { cat && for i in {1..8}; do printf '30%s b%s recv 50\n30%s b%s fin\n' "$i" "$i" "$i" "$i"; done; }
    )
    [[ $output == *reply* && $output != *'only after'* ]]
}

@test "the drawing: of a hundred connections it has some, in a hundred columns, and counts the rest" {
    local i
    for i in {1..100}; do printf '%s b%s connect\n%s b%s send 14\n' "$i" "$i" "$i" "$i"; done >"$BATS_TEST_TMPDIR/events"
    printf '2000 b60 timeout\n2001 b60 stands waiting 14\n' >>"$BATS_TEST_TMPDIR/events"
    run draws b60 <"$BATS_TEST_TMPDIR/events"
    echo "$output"
    ((${#lines[@]} <= 13))
    for i in "${lines[@]}"; do ((${#i} <= 100)); done
    [[ $output == *'  b60  '*'timeout  not accepted'* ]]
    [[ ${lines[-1]} =~ ^\ \ and\ [0-9]+\ more\ connections\ at\ the\ same\ time$ ]]
}

@test "the exchange: the last connection of a name, and of a long one its end" {
    transcript() { awk -v name=a -f "$KIT/grader/lib/transcript.awk" /dev/stdin; }
    [ "$(transcript <<<$'1 a connect\n2 a send 5\n3 a recv 4\n4 a close\n5 a connect\n6 a send 2\n7 a send 3\n8 a fin-sent')" = \
        $'sent 5 5\nThe grader finished sending (FIN).\nReceived: nothing\nThe connection was still open.' ]
    [ "$({ echo 0 a connect; for _ in {1..9}; do printf '1 a send 5\n1 a recv 5\n'; done; echo 1 a fin; } | transcript)" = \
        '... what came before is not shown.
received 30 5
sent 35 5
received 35 5
sent 40 5
received 40 5
Then the connection was closed in order (FIN).' ]
}

# finding NAME LINE...: the report of R3.30 for a server whose threads begin with these lines.
finding() {
    local tree=$BATS_TEST_TMPDIR/$1 lines
    mkdir -p "$tree"
    cp -r "$REPORTS/solved/03-threaded" "$tree"
    printf -v lines '%s\\n' "${@:2}"
    sed -i "/^static void \*serve/,/^{/s|^{|{\n$lines|; 1i #include <stdlib.h>" "$tree/03-threaded/threaded_server.c"
    "$KIT/grader/grade" --only R3.30 3 "$tree" >"$REPORTS/$1" 2>&1 3>&-
}

@test "what a sanitizer finds is told where the program has closed its stderr, and known where all is lost" {
    # Once only: the next connection may get the descriptor that has become free.
    local silent='static int closed; if (!closed++) close(2);' freed='volatile char *block = malloc(4); free((void *)block); *block = 0;'
    finding silent "$silent" "$freed"
    says silent '03-threaded/threaded_server.c:' 'heap-use-after-free' 'The sanitizer says'
    # As a sanitizer ends it whose words have found no place.
    finding lost 'char name[] = "-SAN_OPTIONS"; *(volatile char *)name = 65; if (getenv(name)) _exit(99);'
    says lost 'R3.30  0/' 'The sanitizer has ended the program (exit status 99), and what it said is lost.'
    finding undefined 'volatile int most = 2147483647; most++;'
    says undefined '03-threaded/threaded_server.c:' 'signed integer overflow'
    finding undefined-silent "$silent" 'volatile int most = 2147483647; most++;'
    says undefined-silent 'R3.30  0/'
}
