# instruments.bash - programs under observation: built with the sanitizers of the compiler, or with calls that do what a
# kernel may do and seldom does.

# ---- Sanitizers ----

# sanitizer KIND PROGRAM: from here on this program is the one built with -fsanitize=KIND (address, with undefined;
# thread). A finding is then all that the test fails for: what else goes wrong, other requirements look at. A script has
# no such build, and the requirement holds.
sanitizer() {
    exists "$2"
    if ! compgen -G "$WORK/labs/*/$2.c" >/dev/null; then return; fi
    until [[ -e $WORK/bin/$1/.built ]]; do tick; done # it is built while other tests run
    if ! (BIN=$KIT MEMORY_KB=unlimited program_box "$DEADLINE" "runs-$1") &>/dev/null; then
        not_graded "Programs built with -fsanitize=$1 do not run on this machine."
    fi
    if [[ -e $WORK/bin/$1/$2.why ]]; then fail "$2 cannot be built with -fsanitize=$1. $(<"$WORK/bin/$1/$2.why")"; fi
    if [[ ! -e $WORK/bin/$1/$2 ]]; then not_graded "$2 does not compile with -fsanitize=$1."; fi
    SANITIZER=$1 BIN=$WORK/bin/$1 MEMORY_KB=unlimited
    # What it finds goes to files: a program may have closed its stderr, or sent it elsewhere.
    ENVIRONMENT+=(
        "ASAN_OPTIONS=detect_leaks=0:exitcode=$FOUND:hard_rss_limit_mb=3000:detect_stack_use_after_return=1:log_path=$DIR/.finding"
        "UBSAN_OPTIONS=print_stacktrace=1:exitcode=$FOUND:log_path=$DIR/.finding"
        "TSAN_OPTIONS=exitcode=$FOUND:halt_on_error=1:report_signal_unsafe=0:log_path=$DIR/.finding"
    )
    by_hand "make clean && make lab${ID:1:1} CFLAGS='-g -fsanitize=$1' LDFLAGS=-fsanitize=$1"
}

# poke STEP...: like talk, but it makes no difference how it ends.
poke() {
    if ! ended "$BOX"; then
        "$PROBE" ${UDP:+-u} -w "$SERVER" -t "$DEADLINE" 127.0.0.1 "$PORT" "$@" &>/dev/null || true
    fi
}

# poke_client PROGRAM ARGUMENT...: runs a client; it makes no difference how it ends, but by a finding.
poke_client() {
    run "$@"
    if ((STATUS >= FOUND)); then no_findings; fi
}

# no_findings: the verdict of such a test: the sanitizer has had nothing to say so far. Where a program has lost what it
# said, the exit status tells still.
no_findings() {
    local file found='' kind place words findings=()
    if [[ -z ${SANITIZER:-} ]]; then return; fi
    for file in "$DIR"/.finding.*; do
        if [[ -f $file && ! -L $file ]]; then findings+=("$file"); fi # the program may have made other things of that name
    done
    if ((${#findings[@]} == 0)) && ! ended_by_finding && ! grep -qsE "$FINDING" "$T/server.err" "$T/err"; then return; fi
    if [[ -n $BOX ]]; then within "$DEADLINE" ended "$BOX" || true; fi # it writes until then
    for file in "${findings[@]}" "$T/server.err" "$T/err"; do
        if grep -qsE "$FINDING" "$file"; then
            found=$file
            break
        fi
    done
    TALK='' SANITIZER=''
    if [[ -z $found ]]; then
        if ! ended_by_finding; then return; fi
        fail "The sanitizer has ended the program (exit status $FOUND), and what it said is lost." \
            'the program has closed its stderr, or a file that is not its own; in the build below the sanitizer writes to stderr.'
    fi
    kind=$(sed -nE "s/.*$FINDING.*/\\2/p" "$found" | head -n 1)
    place=$(grep -oE 'labs/[A-Za-z0-9_./-]+\.[ch]:[0-9]+' "$found" | head -n 1) || true
    words=$(meaning "$kind")
    mv "$found" "$T/findings"
    story "$(shown 'The sanitizer says' "$T/findings" 24 '|')"
    fail "${place:+${place#labs/}: }$kind" "$words"
}

# ended_by_finding: whether a sanitizer has ended the server, or the last client.
ended_by_finding() {
    local status=${STATUS:-0}
    if ((status == FOUND)); then return 0; fi
    [[ -n $BOX ]] && ended "$BOX" || return 1
    status=0
    wait "$BOX" || status=$?
    ((status == FOUND))
}
readonly FOUND=99 # no program of the labs ends with this status by itself
readonly FINDING='(ERROR: AddressSanitizer: |WARNING: ThreadSanitizer: |: runtime error: )([^(]*[a-z])'

# meaning KIND: what the sanitizer means, in plain words.
meaning() {
    case $1 in
    heap-buffer-overflow*) echo 'it reads or writes outside a block of memory from malloc(): behind its end, or before its beginning.' ;;
    stack-buffer-overflow* | stack-buffer-underflow* | dynamic-stack-buffer-overflow*) echo 'it reads or writes outside a local array.' ;;
    global-buffer-overflow*) echo 'it reads or writes outside a global or static array, or a string.' ;;
    heap-use-after-free*) echo 'it uses memory that it has given to free() before.' ;;
    stack-use-after*) echo 'it uses a local variable whose function or block has ended.' ;;
    *double-free*) echo 'it gives the same memory to free() twice.' ;;
    *'not malloc'* | bad-free*) echo 'it gives something to free() that did not come from malloc().' ;;
    *param-overlap*) echo 'source and destination overlap; memmove() may be what is meant.' ;;
    negative-size-param*) echo 'a size is negative: the -1 of an error, perhaps, which was not looked at.' ;;
    allocation-size-too-big*) echo 'malloc() is asked for far too much: a size that comes from outside must be checked first.' ;;
    SEGV* | DEADLYSIGNAL*) echo 'it uses a pointer that leads nowhere: NULL, or one that was never set.' ;;
    'data race'*) echo 'two threads use the same variable at the same time, and one of them changes it; nothing keeps them apart.' ;;
    *lock-order-inversion*) echo 'two threads lock the same two mutexes in different order: each may wait for the other for ever.' ;;
    *'overflow'*) echo 'a result does not fit into its type.' ;;
    *'null pointer'*) echo 'it uses a pointer that is NULL.' ;;
    *'misaligned'*) echo 'a pointer to bytes is used as one to a larger type; memcpy() can copy such bytes.' ;;
    *'out of bounds'*) echo 'an index is outside its array.' ;;
    esac
}

# ---- Faults ----

# under_faults: from here on servers meet short reads and writes, interrupted calls and connections that are gone before
# accept() has them (see faults/README.md).
under_faults() {
    FAULTS=short-read,short-write,eintr,eagain,accept-aborted
    story 'The calls of the server read and wrote a part only, or were interrupted, as a kernel may have them do.'
}

# faults_fired: void unless a call has met a fault.
faults_fired() {
    if ! grep -q ' [1-9]' "$T/faults"; then not_graded "No call of the server met a fault: $(tr '\n' ' ' <"$T/faults" "$T/server.err")"; fi
}

# ---- Time and ports ----

# HURRY=60 in front of `run`, `launch` or `start`: time passes 60 times as fast for that program, which waits for a minute in a
# second. It is never over too early, but may be late by as much as this machine is busy. PORTS=80=8080: its connections to port
# 80 go to port 8080, for nobody may listen on the first. See faults/README.md.
# can_trace: whether that can be done here; it takes the same means as faults. Found out once in a run.
can_trace() {
    local answer=no
    if [[ ! -e $RESULTS/traces ]]; then
        if (HURRY=2 BIN=/usr/bin program_box "$DEADLINE" true) &>/dev/null; then answer=yes; fi
        echo "$answer" >"$RESULTS/traces.$ID"
        mv "$RESULTS/traces.$ID" "$RESULTS/traces"
    fi
    [[ $(<"$RESULTS/traces") == yes ]]
}
