# shellcheck shell=bash disable=SC2034,SC2154 # grade and the other files of this folder set and use the variables
# arena.bash - the folder of a run: RUN/kit (what the suite needs), RUN/work (the submission), RUN/results; and the arena,
# where the suite runs.
# Sourced by grade.

make_run() {
    RUN=$(mktemp -d "${TMPDIR:-/tmp}/netkit.XXXXXX") RUN_ID=${RUN##*.}
    trap end_run EXIT
    trap 'exit 130' INT TERM HUP
    work=$RUN/work
    mkdir -p "$RUN/kit" "$RUN/results" "$RUN/scratch" "$work"/{labs,bin/{address,thread}}
    cp -r "$kit/grader/lib" "$kit/build/grader/"{probe,bytes,faults,judge} "$kit/build/grader"/runs-* "$kit/Makefile" "$RUN/kit"
    cat "${suites[@]}" >"$RUN/kit/suite.bats"
    hand_over "$RUN"
    system_binds
    printf 'BINDS=(%s) LOCKS=(%s)\n' "${BINDS[*]@Q}" "${LOCKS[*]@Q}" >"$RUN/kit/binds"
}

# hand_over FOLDER: gives it to the user that everything in a run runs as.
hand_over() {
    if ((EUID == 0)); then chown -R "$RUNNER:$RUNNER" "$1"; fi
}

end_run() {
    trap '' INT TERM HUP # a second signal must not stop the cleaning up
    if [[ -n ${suite:-} ]]; then kill -KILL -- "-$suite" "$suite" "-$builder" 2>/dev/null || true; fi
    MODE=${MODE:-namespaces} sweep
    outlive_arena
    rm -rf "$RUN" || true # in plain mode something may still write there, and the grade stands
}

# Waits until the last process of the arena has gone: bubblewrap ends with the command that it runs, and what else there was
# in its namespace (thousands, after a fork bomb) still has to be ended by the kernel.
outlive_arena() {
    local pid stat i
    pid=$(sed -n 's/.*"child-pid": \([0-9]*\).*/\1/p' "$RUN/arena" 2>/dev/null) || true
    for ((i = 0; i < 500; i++)); do
        if [[ -z $pid ]] || ! { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || [[ ${stat##*) } == Z* ]]; then return 0; fi
        read -rt 0.02 <> <(:) || true
    done
}

# Sets the limits on time, in seconds, by how long this machine takes to open boxes: a hundredth of a second where it is quick
# and has little else to do, and up to four times the usual limits where it is slow or busy.
set_pace() {
    local before=${EPOCHREALTIME/./} slower
    choose_mode
    slower=$((1 + (${EPOCHREALTIME/./} - before) / 100000))
    if ((slower > 4)); then slower=4; fi
    DEADLINE=${DEADLINE:-$((5 * slower))} BUILD_SECONDS=$((15 * slower)) SUITE_SECONDS=${SUITE_SECONDS:-$((60 * slower))}
}

# Whether boxes within a box work here: it takes user namespaces, and a /proc that nothing covers.
choose_mode() {
    MODE=namespaces HOMES=() WATCHED=() NETWORK=()
    if [[ $mode == plain ]]; then
        MODE=plain reason='as asked for'
    elif ! command -v bwrap >/dev/null; then
        MODE=plain reason='bubblewrap is not installed'
    elif ! (arena bwrap --unshare-user --unshare-pid "${BINDS[@]}" --proc /proc --dev /dev true) 2>/dev/null; then
        [[ -z $mode ]] || machine_fault "this system does not allow user namespaces"
        MODE=plain reason='this system does not allow user namespaces'
    fi
    if [[ -n $capture && $MODE == plain ]]; then machine_fault "packets can be captured in namespaces only, and the mode is plain: $reason"; fi
}

# arena COMMAND...: becomes it, where the suite runs: a network, processes and files apart, in which boxes can be opened.
arena() {
    if [[ $MODE == plain ]]; then
        cd "$RUN" || exit # the current folder may be one that this user must not enter, such as /root
        exec "${AS_RUNNER[@]}" setsid "$@"
    else
        exec "${AS_RUNNER[@]}" "${WATCHED[@]}" bwrap --unshare-all "${NETWORK[@]}" --die-with-parent --new-session "${BINDS[@]}" --proc /proc --dev /dev \
            --size "$((900000000 + ${jobs:-1} * 400000000))" --tmpfs /tmp "${HOMES[@]}" --ro-bind "$RUN/kit" "$RUN/kit" --ro-bind "$work" "$work" \
            --bind "$RUN/results" "$RUN/results" --chdir /tmp --info-fd 9 "$@" 9>"$RUN/arena"
    fi
}
