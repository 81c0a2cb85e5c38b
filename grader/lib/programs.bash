# programs.bash - starting, watching and ending the student's programs, and the peers that the grader sets against them.

# exists PROGRAM: fails the test where the submission has no such program, or it did not compile.
exists() {
    if [[ ! -e $BIN/$1 ]]; then
        fail "There is no program $1." "$(cat "$BIN/$1.why" 2>/dev/null)"
    fi
}

# tried SERVER: goes on where the extra program is there and is more than its skeleton, which says that it is not done.
tried() {
    local try
    if [[ ! -e $BIN/$1 ]]; then
        if compgen -G "$WORK/labs/*/$1.c" >/dev/null; then exists "$1"; fi
        outcome_is 'not run' "The extra part was not tried: there is no program $1."
    fi
    (program_box 0 "$1" 0) </dev/null >"$T/out" 2>"$T/err" &
    try=$!
    BOXES+=("$try")
    within "$DEADLINE" said_or_ended "$try" || true
    if ended "$try" && grep -q 'Function not implemented' "$T/err"; then
        outcome_is 'not run' "The extra part was not tried: $1 says that it is not done yet."
    fi
}
said_or_ended() { [[ -s $T/out ]] || ended "$1"; }

# program_box SECONDS PROGRAM ARGUMENT...: becomes the program, in its box, in the folder ${CWD:-$DIR}. It sees the site only
# where it is told of it: a client must not find there what it shall fetch.
program_box() {
    local seconds=$1 program=$2 cwd=${CWD:-$DIR} room=(--ro-bind "$BIN" "$BIN" --bind "$DIR" "$DIR" --ro-bind "$LAID" "$LAID") tracer=()
    shift 2
    if [[ -d $SITE && "$* $cwd" == *"$SITE"* ]]; then room+=(--ro-bind "$SITE" "$SITE"); fi
    if is_traced; then
        room+=(--ro-bind "$KIT/faults" "$KIT/faults")
        exec {KEPT_FD}>"$T/faults"
        tracer=("$KIT/faults" -s "${SEED:-1}" -f "$KEPT_FD" ${FAULTS:+--only "$FAULTS"} ${HURRY:+--hurry "$HURRY"} ${PORTS:+--port "$PORTS"} --)
    fi
    cd "$cwd" || exit 126
    enter "$seconds" "${room[@]}" --chdir "$cwd" -- "${tracer[@]}" "$BIN/$program" "$@"
}

is_traced() { [[ -n ${FAULTS:-}${HURRY:-}${PORTS:-} ]]; }

# tracer_typed: the tracer of program_box, as it is typed in front of a program.
tracer_typed() {
    if [[ -n ${FAULTS:-} ]]; then printf '../../grader/faults -s %s --only %s ' "${SEED:-1}" "$FAULTS"; fi
    if [[ -n ${HURRY:-} ]]; then printf '../../grader/faults --hurry %s ' "$HURRY"; fi
    if [[ -n ${PORTS:-} ]]; then printf '../../grader/faults --port %s ' "$PORTS"; fi
}

# ---- Programs that end by themselves ----

# run [-i INPUT] PROGRAM ARGUMENT...: runs it to its end, with the file INPUT (nothing by default) as its input.
# Sets STATUS, and leaves $T/out and $T/err. One that has not ended by `in_time`, RUN_LIMIT seconds, fails the test.
RUN_LIMIT=$DEADLINE
run() {
    local input=/dev/null typed='' CLIENT
    if [[ $1 == -i ]]; then
        input=$2 typed=" < ${2##*/}"
        shift 2
    fi
    exists "$1"
    as_typed "$@"
    by_hand "$(tracer_typed)./$TYPED$typed"
    story "Ran: ./$TYPED$typed"
    run_box "$input" "$@"
    if ((STATUS == 124)); then
        story 'The grader ended it.'
        fail "${1} had not ended after $(limit)." "${CAUSE:-it waits for something that does not come, or loops for ever.}"
    fi
    story "It ended with status $STATUS."
}

# run_box INPUT PROGRAM ARGUMENT...: runs it, and sets STATUS: 124 where it has not ended in time.
run_box() {
    local input=$1
    shift
    given "$input"
    (program_box 0 "$@") <"$GIVEN" >"$T/out" 2>"$T/err" &
    CLIENT=$!
    BOXES+=("$CLIENT")
    STATUS=124
    if ! in_time "$RUN_LIMIT" "$CLIENT" ended "$CLIENT"; then return 0; fi
    ended_with
    unset 'BOXES[-1]'
}

# ended_with: sets STATUS, with which $CLIENT has ended.
ended_with() {
    STATUS=0
    wait "$CLIENT" || STATUS=$?
    if ((STATUS == 1)) && box_failed "$CLIENT"; then not_graded "The box did not open: $(tail -n 1 "$T/err")"; fi
}

# limit: RUN_LIMIT in words, by the clock of a program whose time is hurried.
limit() {
    echo "$((RUN_LIMIT * ${HURRY:-1})) s${HURRY:+ by its own clock, which ran $HURRY times as fast as others}"
}

# given FILE: makes GIVEN what a program gets as its input: a copy, since it can open that for writing (/proc/self/fd/0).
GIVENS=0
given() {
    GIVEN=$1
    if [[ -f $1 ]]; then
        GIVEN=$T/given.$((GIVENS += 1))
        cp -- "$1" "$GIVEN"
    fi
}

# launch PROGRAM ARGUMENT...: like run, but goes on at once; `finish` waits for the end. Input comes from the file INPUT.
launch() {
    local typed=''
    exists "$1"
    if [[ -f ${INPUT:-} ]]; then typed=" < ${INPUT##*/}"; fi
    as_typed "$@"
    by_hand "$(tracer_typed)./$TYPED$typed"
    story "Started: ./$TYPED$typed"
    : >"$T/out"
    : >"$T/err"
    given "${INPUT:-/dev/null}"
    (program_box 0 "$@") <"$GIVEN" >"$T/out" 2>"$T/err" &
    CLIENT=$!
    BOXES+=("$CLIENT")
}

# finish: waits for the end of what `launch` started, and sets STATUS.
finish() {
    if ! in_time "$RUN_LIMIT" "$CLIENT" ended "$CLIENT"; then
        fail "The program had not ended after $(limit)." "it waits for something that does not come."
    fi
    ended_with
    story "It ended with status $STATUS."
}

# in_time SECONDS PID COMMAND...: like `within SECONDS COMMAND...`, but on a busy machine it is waited up to four times as long,
# as long as the process PID ('' for none), what it has started, or a server of the grader's for it does more than sleep. Those
# that have had SECONDS of processor time have had their turn. Whoever starts more and more processes fails the test.
in_time() {
    local round used looks=0 PROCESSES_NOW=() seconds=$1 busy=(${2:+"$2"} ${PEER:+"$PEER"} ${SMTPD:+"$SMTPD"})
    shift 2
    for ((round = 1; round <= 4 * seconds; round++)); do
        if within 1 over_or_swarms "$@"; then
            if ((${#PROCESSES_NOW[@]} <= 500)); then return 0; fi
            kill -KILL "${BOXES[@]}" 2>/dev/null || true # they leave little time to the grader
            REPEAT=('ulimit -u 3000     # first: the shell and what it starts may then not stop your machine' "${REPEAT[@]}")
            fail "The program starts more and more processes: ${#PROCESSES_NOW[@]} so far." \
                'is there a fork() in a loop that each child goes on with as well?'
        fi
        if ((round < seconds)); then continue; fi
        if ! within 1 awake_or "$@"; then return 1; fi
        ticks_of_processes used
        if ((used > 100 * seconds)); then return 1; fi
    done
    return 1
}

# Whether COMMAND succeeds, or `busy` have started more than 500 processes, which is looked for a few times a second.
over_or_swarms() {
    if "$@"; then return 0; fi
    if ((++looks % 10 > 0)); then return 1; fi
    descendants "${busy[@]}"
    ((${#PROCESSES_NOW[@]} > 500))
}

# Whether COMMAND succeeds, or any thread of `busy` and what these have started runs, or waits for its turn or for a disk.
awake_or() {
    local pid file stat
    if "$@"; then return 0; fi
    descendants "${busy[@]}"
    PROCESSES_NOW+=("${busy[@]}")
    for pid in "${PROCESSES_NOW[@]}"; do
        for file in "/proc/$pid/task/"*/stat; do
            if { read -r stat <"$file"; } 2>/dev/null && [[ ${stat##*) } == [RD]* ]]; then return 0; fi
        done
    done
    return 1
}

# ended PID: whether this process has ended. (bash may overlook the end of one of its children while it deals with that of another,
# until a third ends: the child is then still there, as a zombie.)
ended() {
    local stat
    if ! kill -0 "$1" 2>/dev/null; then return 0; fi
    read_stat "$1" && [[ ${stat[0]} == Z ]]
}

# expect_success, expect_failure: of the last `run` or `finish`. A failure is status 1 and a line on stderr.
expect_success() {
    if ((STATUS != 0)); then
        show_output
        fail "The exit status is $STATUS; 0 was expected, because all went well." "${1:-}"
    fi
}

expect_failure() {
    if ((STATUS != 1)); then
        show_output
        fail "The exit status is $STATUS; 1 was expected, because something went wrong." "${1:-}"
    fi
    if [[ ! -s $T/err ]]; then
        show_output
        fail "Nothing on stderr says what went wrong."
    fi
}

# expect_usage PROGRAM ARGUMENT...: with these arguments it prints one line `usage: ...` on stderr and ends with 2. Beside
# it may stand what getopt() or argparse says by itself.
expect_usage() {
    run "$@"
    if ((STATUS != 2)); then
        show_output
        fail "The exit status is $STATUS; 2 was expected, because the arguments are wrong."
    fi
    if [[ $(grep -c '^usage:' "$T/err") != 1 || -s $T/out ]]; then
        show_output
        fail "Wrong arguments get one line on stderr that begins with 'usage: ', and nothing on stdout."
    fi
}

show_output() {
    story "$(shown 'On stdout' "$T/out" 10 '|')"
    story "$(shown 'On stderr' "$T/err" 5 '|')"
}

# expect_output FILE: stdout is this, byte for byte.
expect_output() {
    local difference
    if ! difference=$("$BYTES" diff "$1" "$T/out"); then
        story "$(shown 'On stderr' "$T/err" 5 '|')"
        fail "The output on stdout is not what was expected:"$'\n'"$difference" "${2:-}"
    fi
}

# ---- Servers ----

# start PROGRAM ARGUMENT...: starts a server in its box and waits until it listens on $PORT. Sets BOX and SERVER, the
# process of the program. start_udp is the same for UDP.
start() { start_server tcp "$@"; }
start_udp() { start_server udp "$@"; }

start_server() {
    local protocol=$1
    shift
    exists "$1"
    as_typed "$@"
    by_hand "$(tracer_typed)./$TYPED &"
    story "Started: ./$TYPED"
    : >"$T/server.out" # the box may take its time, and what an earlier server said must not be taken for this one's
    (program_box 0 "$@") </dev/null >"$T/server.out" 2>"$T/server.err" &
    BOX=$!
    BOXES+=("$BOX")
    if ! in_time "$DEADLINE" "$BOX" listening_or_ended "$protocol"; then
        fail "After $DEADLINE s nothing listens on port $PORT." "the calls are socket, bind, listen, in this order."
    fi
    wait_for_announcement
    find_server
    if [[ -n $SERVER && -e /proc/self/stat ]]; then wait_until_at_rest; fi
    if [[ -z $SERVER ]] && within "$DEADLINE" ended "$BOX"; then
        STATUS=0
        wait "$BOX" || STATUS=$?
        if ((STATUS == 1)) && box_failed "$BOX"; then not_graded "The box did not open: $(tail -n 1 "$T/server.err")"; fi
        if ((STATUS == 0)); then CAUSE=${CAUSE:-'a server runs on until SIGINT or SIGTERM, and does not go into the background.'}; fi
        fail "The server ended at once, with status $STATUS." "${CAUSE:-$(signal_name "$STATUS")}"
    fi
    if [[ -z $SERVER ]]; then not_graded "The server's process is not to be found."; fi
}

# A server with a socket for IPv6 and one for IPv4 opens one after the other: it is ready when it says so. One that never
# says so is waited for once only, by the first requirement, which is about that.
wait_for_announcement() {
    if [[ ! -e $RESULTS/unannounced ]] && ! within 2 announced_or_ended; then : >"$RESULTS/unannounced"; fi
}

announced_or_ended() {
    local text=''
    IFS= read -rd '' -n 10000 text <"$T/server.out" || true # a program may print without end
    [[ $text == *"listening on port "* ]] || ended "$BOX"
}

# To look for a socket takes the kernel milliseconds: what the server says comes first, and where it says nothing, every
# thirtieth time is often enough.
listening_or_ended() {
    LOOKS=$((${LOOKS:-0} + 1))
    announced_or_ended || ((LOOKS % 30 == 0)) || return 1
    listening "$1" "$PORT" || ended "$BOX"
}

# find_server: sets SERVER to the process of the program itself; in a box, two generations below bubblewrap, and one more
# below a tracer. '' where it has ended.
find_server() {
    CHILDREN=$BOX
    if ended "$BOX"; then CHILDREN=''; fi
    if [[ $MODE == namespaces ]]; then
        children "$CHILDREN"
        children "$CHILDREN"
        if ! is_program "${CHILDREN%% *}"; then CHILDREN=''; fi
    fi
    TRACER=''
    if is_traced; then
        TRACER=${CHILDREN%% *}
        children "$TRACER"
    fi
    SERVER=${CHILDREN%% *} # behind it those that it has started, and whose parent has ended
}

# Whether this process is the program that a box was opened for, and none that a program which has just ended leaves behind:
# bubblewrap is process 1 of a box, the program process 2. (Where the system does not tell, it is.)
is_program() {
    local status=''
    { IFS= read -rd '' status <"/proc/$1/status"; } 2>/dev/null || true
    [[ $status != *NSpid:* || $status =~ NSpid:[0-9[:space:]]*[[:space:]]2$'\n' ]]
}

# A server that is ready waits for something; one that goes into the background at this moment ends instead, and SERVER is then
# ''. On a busy machine that takes until it gets a turn. One that spins never comes to rest: it uses processor time.
wait_until_at_rest() {
    local began stat
    read_stat "$SERVER" || true
    began=$((stat[11] + stat[12]))
    within "$DEADLINE" rests_or_spins || true
    if [[ ${stat[*]} == '' || ${stat[0]} == Z ]]; then SERVER=''; fi
}
rests_or_spins() {
    ! read_stat "$SERVER" || [[ ${stat[0]} != R ]] || ((stat[11] + stat[12] - began > 10)) # a tenth of a second
}

# read_stat PID: makes the array `stat` what /proc/PID/stat has behind the name: the state, ..., at 11 and 12 the processor time
# in ticks. Fails where there is no such process, and leaves `stat` empty.
read_stat() {
    local line=''
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || true
    read -ra stat <<<"${line##*) }"
    ((${#stat[@]}))
}

# children PID: makes CHILDREN its child processes, whichever of its threads started them.
children() {
    local file line
    CHILDREN=''
    for file in "/proc/$1/task/"*/children; do
        line=''
        { IFS= read -r line <"$file"; } 2>/dev/null || true
        CHILDREN+=$line
    done
    CHILDREN=${CHILDREN% }
}

# signal_name STATUS: what it means that a program ended with this status, for people.
signal_name() {
    case $1 in
    126 | 127) echo 'it could not be started: is there such an interpreter as the #! line of the script names?' ;;
    134) echo 'it was aborted (SIGABRT): a failed assertion, or memory that was damaged.' ;;
    136) echo 'an arithmetic error (SIGFPE), such as a division by zero.' ;;
    139) echo 'it used memory that is not its own (SIGSEGV): a wrong pointer or index.' ;;
    141) echo 'SIGPIPE: it wrote to a connection that the client had closed.' ;;
    152 | 137) echo 'it used too much processor time or memory, and was ended.' ;;
    esac
}

# still_serving: fails the test when the server has ended.
still_serving() {
    local status=0
    if ended "$BOX"; then
        wait "$BOX" || status=$?
        fail "The server has ended, with status $status." "$(signal_name "$status")"
    fi
}

# stop SIGNAL: sends a signal to the server and waits for its end. Sets STATUS.
stop() {
    story "Sent SIG$1 to the server."
    kill "-$1" "$SERVER"
    if ! within "$DEADLINE" ended "$BOX"; then
        fail "The server still ran $DEADLINE s after SIG$1." \
            'does a handler only set a flag? Then every call that waits must come back at a signal, and the flag be looked at.'
    fi
    STATUS=0
    wait "$BOX" || STATUS=$?
}

# ---- What a server uses ----

# Makes PROCESSES_NOW the server and all that it has started.
server_processes() {
    descendants "$SERVER"
    PROCESSES_NOW=("$SERVER" "${PROCESSES_NOW[@]}")
}

# descendants PID...: makes PROCESSES_NOW those that these have started, and those that they have: the first thousand or so.
descendants() {
    local i more
    PROCESSES_NOW=("$@")
    for ((i = 0; i < ${#PROCESSES_NOW[@]} && ${#PROCESSES_NOW[@]} < 1000; i++)); do
        children "${PROCESSES_NOW[i]}"
        if [[ -n $CHILDREN ]]; then
            read -ra more <<<"$CHILDREN"
            PROCESSES_NOW+=("${more[@]}")
        fi
    done
    PROCESSES_NOW=("${PROCESSES_NOW[@]:$#}")
}

# Makes LEFT_BEHIND the names of the processes that the program has started and that still run, the program apart: in a
# box all but the first, in plain mode also those that have left their parent and bear the mark of this test.
left_behind() {
    local pid name stat
    LEFT_BEHIND=()
    if [[ $MODE == plain ]]; then
        marked
    elif [[ -n $BOX ]]; then
        children "$BOX"
        descendants "$CHILDREN"
    else
        return 0
    fi
    for pid in "${PROCESSES_NOW[@]}"; do
        if [[ $pid == "$SERVER" || $pid == "${CLIENT:-}" || $pid == "${TRACER:-}" ]] || ! read -r name 2>/dev/null <"/proc/$pid/comm"; then continue; fi
        if read_stat "$pid" && [[ ${stat[0]} != Z ]]; then LEFT_BEHIND+=("$name"); fi
    done
}

# Each of these sets the variable NAME.
server_process_count() { # NAME
    server_processes
    printf -v "$1" '%d' "${#PROCESSES_NOW[@]}"
}
server_threads() { # NAME
    count_entries task
    printf -v "$1" '%d' "$ENTRIES"
}
server_descriptors() { # NAME
    count_entries fd
    printf -v "$1" '%d' "$ENTRIES"
}
# count_entries FOLDER: makes ENTRIES how many /proc/PID/FOLDER has, over all processes of the server.
count_entries() {
    local pid entries
    ENTRIES=0
    server_processes
    for pid in "${PROCESSES_NOW[@]}"; do
        entries=("/proc/$pid/$1/"*)
        ENTRIES=$((ENTRIES + ${#entries[@]}))
    done
}
# Resident memory of the server's own process, in kB.
server_memory() { # NAME
    printf -v "$1" '%d' "$(sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$SERVER/status")"
}
# Processor time of all its processes so far, in ticks of 10 ms.
server_ticks() { # NAME
    server_processes
    ticks_of_processes "$1"
}
# That of PROCESSES_NOW.
ticks_of_processes() { # NAME
    local pid total=0 stat
    for pid in "${PROCESSES_NOW[@]}"; do
        if read_stat "$pid"; then total=$((total + stat[11] + stat[12])); fi
    done
    printf -v "$1" '%d' "$total"
}

# back_to WHAT BASELINE: waits until the server again uses no more than BASELINE of WHAT (threads, descriptors,
# process_count).
back_to() {
    if ! within "$DEADLINE" at_most "$1" "$2"; then
        SHOWN=none
        fail "$3: $USED now; $2 or fewer were expected." "${4:-}"
    fi
}
at_most() {
    "server_$1" USED
    ((USED <= $2))
}

# ---- Peers ----

# talk STEP...: the grader's client talks to 127.0.0.1 port $PORT; see probe/README.md. Fails the test when a step does
# not succeed. Recordings are in $TALK; the reply on connection `a` is taken apart for the verdicts of http.bash.
talk() {
    local status=0 why
    new_talk
    why=$("$PROBE" ${UDP:+-u} ${SERVER:+-w "$SERVER"} -t "$DEADLINE" -o "$TALK" "${HOST:-127.0.0.1}" "$PORT" "$@" 2>&1) || status=$?
    if ((status == 2)); then not_graded "probe: $why"; fi
    if ((status != 0)); then talk_failed "$why"; fi
}

# new_talk: makes TALK a folder that is not there yet; the probe makes it.
new_talk() {
    TALKS=$((TALKS + 1))
    TALK=$T/talk.$TALKS
}

# talk_failed WHY: a step did not succeed.
talk_failed() {
    local why=$1 cause=${CAUSE:-}
    if [[ -e $TALK/${why%%:*}.sent ]]; then SHOWN=${why%%:*} CHART=$SHOWN; fi
    if [[ $SHOWN == q[0-9]* && $why == "$SHOWN: "* && -n ${VOLLEY[*]:-} ]]; then
        why=${why#*: }
        repeat_request "${SHOWN#q}"
    fi
    if [[ $SHOWN == quick ]]; then SHOWN=none; fi # many connections, one after the other
    if [[ $why == *': byte '*' is "'*'", expected "'* ]]; then
        cause=${WRONG_BYTES:-$cause} # and whether the server has ended by now says nothing about them
    elif server_has_ended; then
        cause="the server has ended, with status $STATUS. $(signal_name "$STATUS")"
    fi
    cause=${cause% }
    fail "${TALK_FAILURE:-The conversation did not go as it must.}"$'\n'"  ${why//$'\n'/$'\n'  }" "$cause"
}

# server_has_ended: whether it has, or does within a moment; its last client may see the end first. Sets STATUS.
server_has_ended() {
    local i
    [[ -n $BOX ]] || return 1
    for ((i = 0; i < 20; i++)); do
        if ended "$BOX"; then
            STATUS=0
            wait "$BOX" || STATUS=$?
            return 0
        fi
        tick
    done
    return 1
}

# did_not_start FILE...: a server of the grader did not, and this is what it said. In namespaces nobody but the grader and the
# programs of the submission can have taken its port.
did_not_start() {
    if [[ $MODE == namespaces ]] && grep -qs 'Address already in use' "$@"; then
        fail "The grader's own server did not start: a program of the submission has taken its port." \
            'a program listens on the port that it is told, and on no other.'
    fi
    not_graded "The grader's own server did not start: $(tail -qn 1 "$@")"
}

# peer STEP...: the grader's server, for clients: listens on port $PORT and follows the steps while the test goes on.
# Its recordings are in $T/peer. `peer_done` waits until it has followed them all. (It is as patient as in_time.)
peer() {
    coproc PEER_IO { exec "$PROBE" ${UDP:+-u} -l -t "$((4 * RUN_LIMIT))" -o "$T/peer" "${HOST:-*}" "$PORT" "$@" 2>"$T/peer.err"; }
    PEER=$PEER_IO_PID PEER_PORT=$PORT
    BOXES+=("$PEER")
    read -r _ <&"${PEER_IO[0]}" || did_not_start "$T/peer.err"
}

peer_done() {
    if ! in_time "$RUN_LIMIT" '' ended "$PEER"; then fail "The exchange had not come to its end after $RUN_LIMIT s."; fi
    local status=0
    wait "$PEER" || status=$?
    if ((status != 0)); then
        if [[ -s $T/err ]]; then story "$(shown 'On stderr' "$T/err" 5 '|')"; fi
        fail "${PEER_FAILURE:-The client did not do its part.}"$'\n'"  $(cat "$T/peer.err")" "${CAUSE:-}"
    fi
}


# expect_ready_line: the server has printed `listening on port N` on stdout.
expect_ready_line() {
    if ! within "$DEADLINE" grep -qx "listening on port $PORT" "$T/server.out"; then
        story "$(shown 'The server wrote on stdout' "$T/server.out" 5 '|')"
        fail "The line 'listening on port $PORT' did not appear on stdout." \
            "stdout is a file or a pipe here, not a terminal: is it flushed after the line?"
    fi
}

# ---- Unit tests ----

# unit TEST: runs the unit tests TEST of the submission's module, which must all pass. Returns 1 where the submission
# has no such module (a self-contained program, a script, a module with other functions). In any case the rest of the test
# looks at the same requirement from outside: a module can forge what these tests say, whose process it shares.
unit() {
    local total why folder CLIENT
    if [[ ! -x $BIN/$1 ]]; then return 1; fi
    total=$(<"$BIN/$1.total")
    run_box /dev/null "$1"
    if ((STATUS == 0)) && grep -qxF "[  PASSED  ] $total test(s)." "$T/err" "$T/out" -h; then return 0; fi
    folder=$(cd "$WORK/labs" && echo */"$1.c")
    why=$(awk -f "$KIT/lib/unit.awk" "$WORK/labs/$folder" "$T/err" "$T/out")
    by_hand "make unit${ID:1:1} && build/labs/${folder%.c}"
    fail "The unit tests of the module, labs/$folder, do not all pass. These fail:"$'\n'"$why" "$(unit_cause "$WORK/labs/${folder/test_/}")"
}

# unit_cause MODULE: what the way they ended, or a part that is still to be written, says about it.
unit_cause() {
    if grep -qs ENOSYS "$1"; then
        echo "a TODO of ${1##*/} is still to be done: ENOSYS stands there. What calls that function fails as well."
    elif ((STATUS == 124)); then
        echo "they had not ended after $RUN_LIMIT s: something waits for ever, or tries again and again."
    else
        signal_name "$STATUS"
    fi
}

# ---- Clients that stay ----

# visitor STEP...: like `talk`, but the steps go on beside the test. The steps `say=WORD wait` tell the test how far they
# are, and keep all connections as they are until the test calls `go_on`. With UNRECORDED=yes nothing is recorded, which
# costs less for a thousand connections.
visitor() {
    local record
    new_talk
    record=(-o "$TALK")
    if [[ -n ${UNRECORDED:-} ]]; then record=(); fi
    rm -f "$T"/visitor.*
    mkfifo "$T/visitor.in" "$T/visitor.out"
    exec {VISITOR_IN}<>"$T/visitor.in"
    "$PROBE" ${SERVER:+-w "$SERVER"} -t "$DEADLINE" "${record[@]}" "${HOST:-127.0.0.1}" "$PORT" "$@" \
        <"$T/visitor.in" >"$T/visitor.out" 2>"$T/visitor.err" &
    VISITOR=$!
    BOXES+=("$VISITOR")
    exec {VISITOR_OUT}<"$T/visitor.out" # comes to its end when the visitor has ended
}

# visitor_says WORD: waits until the visitor has said so. Fails the test when one of its steps has failed.
visitor_says() {
    local said=''
    if ! read -r said <&"$VISITOR_OUT"; then visitor_done; fi
    if [[ $said != "$1" ]]; then not_graded "The grader's own client said '$said' instead of '$1'."; fi
}

# go_on: lets the visitor pass its `wait`. visitor_done: waits until it has followed all its steps.
go_on() { echo >&"$VISITOR_IN"; }
visitor_done() {
    local status=0
    wait "$VISITOR" || status=$?
    if ((status == 2)); then not_graded "probe: $(<"$T/visitor.err")"; fi
    if ((status != 0)); then talk_failed "$(<"$T/visitor.err")"; fi
}
