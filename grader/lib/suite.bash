# suite.bash - what the suites are written with. A test reads as a story:
#
#     @test "R3.4 [5] a silent client holds up nobody" {
#         needs R3.2                        # not run unless that requirement holds
#         start threaded_server "$PORT" "$SITE"
#         talk a.hold=50 b.open b.send='GET /index.html HTTP/1.0\r\n\r\n' b.eof
#         expect_status 200                 # a verdict: ends the test with a report when it does not hold
#     }
#
# Three ways to end: all verdicts hold (pass), a verdict does not (fail), or a command fails by itself. The last is a
# fault of the grader or of the machine and never the student's: 'not graded'.
#
# Every test has a folder $T of its own, of which the program sees only $DIR (its current folder) and $LAID (what it is to
# serve or read, and cannot change: its replies are compared with that), and a port $PORT that nobody else uses. What it starts
# ends with it.

# shellcheck source=box.bash
source "$KIT/lib/box.bash"
# shellcheck source=/dev/null
source "$RUN/kit/binds" # what grade wrote down of this system
# shellcheck source=programs.bash
source "$KIT/lib/programs.bash"
# shellcheck source=instruments.bash
source "$KIT/lib/instruments.bash"
# shellcheck source=http.bash
source "$KIT/lib/http.bash"
# shellcheck source=webserver.bash
source "$KIT/lib/webserver.bash"

readonly DEADLINE                                # seconds that anything may take; see set_pace in grading/arena.bash
readonly PROBE=$KIT/probe BYTES=$KIT/bytes
BIN=$WORK/bin                                    # the programs of the submission
readonly SITE=${TMPDIR:-/tmp}/site               # the files that servers serve; see make_site

setup() {
    BEGAN=${EPOCHREALTIME/./}
    ID=${BATS_TEST_DESCRIPTION%% *}
    MARK=$RUN_ID.$ID # see sweep
    T=$BATS_TEST_TMPDIR DIR=$BATS_TEST_TMPDIR/home
    if [[ $MODE == namespaces ]]; then DIR=$DISK/home; fi # see make_disks in grading/tests.bash
    # Three ports for each test: requirement R3.4 is number 4, the hidden H3.2 number 62, the extra B6.1 number 81.
    local number=${ID#*.}
    if [[ $ID == H* ]]; then number=$((number + 60)); fi
    if [[ $ID == B* ]]; then number=$((number + 80)); fi
    PORT=$((PORT_BASE + 3 * number)) PORT2=$((PORT_BASE + 3 * number + 1)) PORT3=$((PORT_BASE + 3 * number + 2))
    BOXES=() STORY=() REPEAT=() TOLD=() TYPED_ALL=() SHOWN='' CHART='' SERVER='' BOX='' PEER=''
    TALK=$T/talk TALKS=0
    LAID=$T/laid
    mkdir -p "$T" "$DIR" "$LAID"
}

# Whether the program has left no room on its disk.
disk_is_full() {
    [[ $MODE == namespaces ]] && ! head -c 100000 /dev/zero 2>/dev/null >"$DISK/.room"
}

teardown() {
    local box outcome='not graded'
    for box in "${BOXES[@]}"; do
        kill -KILL "$box" 2>/dev/null || true
    done
    wait
    sweep
    if [[ -e $RESULTS/$ID.verdict ]]; then
        read -r outcome <"$RESULTS/$ID.verdict"
    elif [[ $BATS_TEST_COMPLETED == 1 ]]; then
        outcome=pass
        if [[ -n ${SHOW_ALL:-} ]]; then show_pass >"$RESULTS/$ID.report"; fi
    elif disk_is_full; then
        outcome=fail
        echo 'The program has filled its disk, 200 MB.' >"$RESULTS/$ID.report"
    elif [[ -n ${FAILED_AT:-} ]]; then
        printf 'A command of the grader failed: %s\n' "$FAILED_AT" >"$RESULTS/$ID.report"
    fi
    printf '%s %s\n' "$((${EPOCHREALTIME/./} - BEGAN))" "$outcome" >"$RESULTS/$ID.outcome"
    if ! rm -rf "$DIR" "${T:?}"/*; then # a program may print 100 MB in each test, and lock its folders
        chmod -R u+rwx "$DIR" && rm -rf "$DIR"
    fi 2>/dev/null || true
}

# noise SIZE NAME: writes so many random bytes, by the seed of this run; under another name come others.
noise() { "$BYTES" random "$1" "$SEED $2"; }

# The same in small: WORD, ten small letters, and NUMBER, from 2 to 9999. A program that knows the answers of the tests by
# heart does not know these.
WORD='' NUMBER=$((SEED % 9998 + 2))
for ((rest = SEED + 12345, i = 0; i < 10; i++, rest = rest * 31 / 26 + i)); do
    printf -v WORD '%s\\x%x' "$WORD" "$((97 + rest % 26))"
done
printf -v WORD "$WORD"
readonly WORD NUMBER
unset rest i

# ---- How a test ends ----

# outcome_is OUTCOME REPORT: ends the test with `fail`, `not run` or `not graded`, and what the student reads.
outcome_is() {
    printf '%s\n' "$2" >"$RESULTS/$ID.report"
    printf '%s\n' "$1" >"$RESULTS/$ID.verdict"
    exit 1
}

# fail WHAT_HAPPENED [LIKELY_CAUSE]: the requirement does not hold.
fail() {
    if [[ -n ${SANITIZER:-} ]]; then
        no_findings
        outcome_is pass ''
    fi
    outcome_is fail "$(report "$@")"
}

not_graded() { outcome_is 'not graded' "$1"; }

# needs ID...: goes on when these requirements hold, whose tests stand earlier in the suite and may still be running.
needs() {
    local id outcome
    for id; do
        until read -r _ outcome 2>/dev/null <"$RESULTS/$id.outcome"; do tick; done # a line that ends is whole
        if [[ $outcome != pass ]]; then
            outcome_is 'not run' "This requirement rests on $id, which does not hold yet."
        fi
    done
}

# tick [SECONDS]: a hundredth of a second, without starting a process. Only for waiting in a loop until something is true.
tick() {
    read -rt "${1:-0.01}" -u "$TICK" _ || true
}
exec {TICK}<> <(:)

# within SECONDS COMMAND...: waits until COMMAND succeeds. Fails when it has not by then.
within() {
    local end=$((${EPOCHREALTIME/./} + $1 * 1000000)) pause=0.003 round=0
    shift
    until "$@"; do
        if ((${EPOCHREALTIME/./} > end)); then return 1; fi
        if ((++round > 20)); then pause=0.01; fi # what takes milliseconds shall not take a hundredth of a second
        tick "$pause"
    done
}

# ---- What the student reads when a requirement does not hold ----

# story TEXT: a step of the test worth telling. by_hand COMMAND: a line of the commands that repeat it.
# (A test may forget a part that is done, so that a failure tells of the present one only; TOLD and TYPED_ALL keep all.)
story() { STORY+=("$*") TOLD+=("$*"); }
by_hand() { REPEAT+=("$*") TYPED_ALL+=("$*"); }

# as_typed WORD...: makes TYPED the words as one would type them in a shell.
as_typed() {
    local word
    TYPED=''
    for word; do
        if [[ $word != *[^A-Za-z0-9_./:=,@%+-]* && -n $word ]]; then TYPED+=" $word"; else TYPED+=" ${word@Q}"; fi
    done
    TYPED=${TYPED//"$SITE"/site}
    TYPED=${TYPED//"$DIR"\//}
    TYPED=${TYPED//"$LAID"\//}
    TYPED=${TYPED# }
}

# shown TITLE FILE: the bytes of a file, visible, at most 30 lines with the rest counted.
shown() {
    local size
    size=$(stat -c %s "$2" 2>/dev/null || echo 0)
    if ((size == 0)); then
        printf '%s: nothing\n' "$1"
    else
        if ((size > 2000)); then set -- "$1" "$2" 3 "$4"; fi # of what is long a few lines will do
        printf '%s (%d byte%s):\n' "$1" "$size" "$( ((size == 1)) || echo s)"
        "$BYTES" show -n "${3:-12}" -p "  $4 " "$2"
    fi
}

# connections_over_time: of the last talk, where more than one mattered. CHART names the one that failed (`all`: none in
# particular); otherwise it is the one whose bytes are shown.
connections_over_time() {
    local chart='' about=${CHART:-$SHOWN}
    if [[ $about == none || ! -s $TALK/events ]]; then return 0; fi
    chart=$(awk -v failed="$about" -f "$KIT/lib/timeline.awk" "$TALK/events")
    if [[ -n $chart ]]; then printf 'The connections over time (< from the server, > from its client):\n%s\n' "$chart"; fi
}

# account: what the server uses now, or used when a step of the talk failed, and which other processes are there.
account() {
    local used=''
    if [[ -s $TALK/account ]]; then
        used=$(<"$TALK/account")
    elif [[ -n $SERVER ]]; then
        used=$("$PROBE" -a "$SERVER") || true
    fi
    if [[ -n $used ]]; then printf 'The server then: %s\n' "$used"; fi
    left_behind
    if ((${#LEFT_BEHIND[@]} > 0)); then
        printf 'Left behind: %d process%s that the program had started (%s).\n' "${#LEFT_BEHIND[@]}" \
            "$( ((${#LEFT_BEHIND[@]} == 1)) || echo es)" "$(printf '%s\n' "${LEFT_BEHIND[@]}" | sort | uniq -c | awk '
                { printf "%s%s%s", (NR > 1 ? ", " : ""), $2, ($1 > 1 ? " " $1 " times" : "") }')"
    fi
}

# transcript FILE WHAT_HAPPENED: what went over the connection whose bytes sent are in FILE, in order. Where the words
# before show the place that differs, and of what is long, a few lines will do.
transcript() {
    local kind skip count most line folder=${1%/*} name=${1##*/}
    name=${name%.sent}
    while IFS= read -r line; do
        if [[ $line != sent\ * && $line != received\ * ]]; then
            printf '%s\n' "$line"
            continue
        fi
        read -r kind skip count <<<"$line"
        most=10
        if ((count > 2000)) || [[ $2 == *'first difference'* ]]; then most=3; fi
        printf '%s (%d byte%s):\n' "${kind^}" "$count" "$( ((count == 1)) || echo s)"
        if [[ $kind == sent ]]; then line='>'; else line='<'; fi
        "$BYTES" show -n "$most" -s "$skip" -c "$count" -p "  $line " "$folder/$name.$kind"
    done < <(awk -v name="$name" -v udp="${UDP:-}" -f "$KIT/lib/transcript.awk" "$folder/events")
}

# as_printf FILE: makes TYPED the command that prints a short file; '' where it is not short, or empty.
as_printf() {
    local line
    TYPED=''
    if [[ ! -s $1 || $(stat -c %s "$1") -gt 200 ]]; then return 0; fi
    while IFS= read -r line; do TYPED+=$line; done < <("$BYTES" show -n 200 -w 2000 "$1")
    TYPED=${TYPED//%/%%}
    TYPED="printf '${TYPED//"'"/"'\\''"}'"
}

# by_hand_client FILE: where no command but those that start the server repeats the failure: one that sends what is in FILE.
by_hand_client() {
    local line tool='nc -N'
    for line in "${REPEAT[@]}"; do
        if [[ $line != *' &' ]]; then return 0; fi
    done
    as_printf "$1"
    if [[ -n ${UDP:-} ]]; then tool='nc -u -w 1'; fi
    if [[ -n $TYPED ]]; then by_hand "$TYPED | $tool ${HOST:-127.0.0.1} $PORT"; fi
}

# by_hand_server FILE: where no command stands for the grader's own server: one that sends what is in FILE.
by_hand_server() {
    local line tool='nc -l'
    for line in "${REPEAT[@]}"; do
        if [[ $line == *nc\ *-l* || $line == *_server* || $line == *http.server* ]]; then return 0; fi
    done
    as_printf "$1"
    if [[ -n ${UDP:-} ]]; then tool='nc -u -l'; fi
    REPEAT=("${TYPED:-sleep 60} | $tool $PEER_PORT &" "${REPEAT[@]}")
}

report() {
    local line name
    if [[ -n ${1:-} ]]; then printf '%s\n' "$1"; fi
    if [[ -n ${2:-} ]]; then printf '%s\n' "Likely cause: $2"; fi
    for line in "${STORY[@]}"; do printf '%s\n' "$line"; done
    for name in "$TALK"/${SHOWN:-*}.sent; do
        if [[ -e $name ]]; then
            transcript "$name" "${1:-}"
            by_hand_client "$name"
            break
        fi
    done
    for name in "$T"/peer/${SHOWN:-*}.received; do
        if [[ -e $name ]]; then
            shown 'The grader received' "$name" 6 '>'
            shown 'The grader answered' "${name%.received}.sent" 8 '<'
            by_hand_server "${name%.received}.sent"
            break
        fi
    done
    connections_over_time
    account
    if [[ -s $T/server.err ]]; then shown 'The server wrote on stderr' "$T/server.err" 4 '|'; fi
    errors_explained "$T/server.err" "$T/err"
    if ((${#REPEAT[@]})); then
        echo 'To repeat it by hand:'
        for line in "${REPEAT[@]}"; do
            if ((${#line} > 1200)); then line="${line:0:300} ... ${line: -300}"; fi
            printf '  $ %s\n' "$line"
        done | uniq
    fi
}

# Errors that do not say what they mean here: the words of strerror(), and what to read of them.
readonly ERRORS="\
Function not implemented=is what the skeleton says where a TODO is still to be done.
Interrupted system call=is EINTR: a signal came before the call had done anything. It is made again.
Operation not supported=is EOPNOTSUPP: a UDP socket takes no listen() and no accept(); they are for TCP.
accept: Invalid argument=is EINVAL: the socket does not listen yet. listen() comes before accept().
Transport endpoint is not connected=is ENOTCONN: a server reads and writes what accept() returned, not its listener.
Bad file descriptor=is EBADF: it has been closed before, or is the -1 of a call that failed."

# errors_explained FILE...: the first of them that stands in a file.
errors_explained() {
    local error meaning
    while IFS='=' read -r error meaning; do
        if grep -qsF "$error" "$@"; then
            echo "('$error' $meaning)"
            return
        fi
    done <<<"$ERRORS"
}

# show_pass: what a test did in which all went well, and one of the conversations that it had at its end.
show_pass() {
    local names
    STORY=("${TOLD[@]}")
    mapfile -t REPEAT < <(printf '%s\n' "${TYPED_ALL[@]}" | awk 'NF && !seen[$0]++')
    if [[ ! -e $TALK && -s $T/head ]]; then story "$(shown 'Head received' "$T/head" 10 '<')"; fi
    if [[ -s $T/out ]]; then story "$(shown 'On stdout' "$T/out" 10 '|')"; fi
    mapfile -t names < <(find "$TALK" -name '*.received' -size +0 2>/dev/null | sort -V)
    SHOWN=${names[0]##*/}
    SHOWN=${SHOWN%.received}
    if ((${#names[@]} > 1)); then story "There were ${#names[@]} conversations at the end; this is that of $SHOWN:"; fi
    report ''
}
