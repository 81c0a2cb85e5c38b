# box.bash - where programs that nobody has reason to trust are built and run.
#
# Two modes. `namespaces`: bubblewrap gives each program its own processes, users and files, and the whole run its own
# network. `plain`, where that cannot be had: process groups and the machine's own loopback. MODE says which it is.
# Sourced by grade and by the suites; expects MODE and RUN (the folder of this run) to be set.

# Limits that hold in both modes. Threads need address space, so memory is limited by what is written to (-d).
readonly CPU_SECONDS=20 DATA_KB=4000000 FILE_KB=131072 OPEN_FILES=4096

# What bubblewrap forbids in a box; see system_binds.
LOCKS=()

# What a test adds to the environment of its programs: NAME=VALUE.
ENVIRONMENT=()

# A superuser would pass limits and permissions by, so nothing of a submission runs as one. Each run has a user of its
# own, RUNNER: what one run does counts for nobody else's limits.
AS_RUNNER=()
if ((EUID == 0)); then AS_RUNNER=(setpriv --reuid="$RUNNER" --regid="$RUNNER" --clear-groups); fi

# A job in the background is started with SIGINT ignored, and so is all that it starts: a program has no such past.
USUAL_SIGNALS=()
if [[ $OSTYPE == linux-gnu* ]]; then USUAL_SIGNALS=(--default-signal); fi

# Closes every descriptor above 2, so that none of the grader's reaches the program; KEPT_FD is for its tracer. (Redirecting the loop would keep
# the old stderr in one of them.)
close_descriptors() {
    local fd
    [[ -d /proc/self/fd ]] || return 0
    for fd in /proc/"$BASHPID"/fd/*; do
        fd=${fd##*/}
        if ((fd > 2 && fd != ${KEPT_FD:-2})); then exec {fd}>&-; fi
    done
}

set_limits() {
    ulimit -c 0 -t "${BUILDING:-$CPU_SECONDS}" -d "${MEMORY_KB:-$DATA_KB}" -f "$FILE_KB" -n "$OPEN_FILES"
    # Of all tests that run at a time: two servers with a pool of more than a hundred threads each. Not for a build: where the
    # user is the one who grades, his own processes would count.
    if [[ $MODE == namespaces && -z ${BUILDING:-} ]]; then ulimit -u $((400 + 300 * jobs)); fi
} 2>/dev/null

# The system as a box shows it: programs, libraries and a few files of /etc. Nothing of this machine's user.
system_binds() {
    local path
    BINDS=(--ro-bind /usr /usr)
    for path in /bin /sbin /lib /lib32 /lib64; do
        if [[ -L $path && $path -ef /usr$path ]]; then
            BINDS+=(--symlink "usr$path" "$path")
        elif [[ -d $path ]]; then
            BINDS+=(--ro-bind "$path" "$path")
        fi
    done
    for path in /etc/alternatives /etc/ssl; do
        if [[ -e $path ]]; then BINDS+=(--ro-bind "$path" "$path"); fi
    done
    # A copy: where software is installed meanwhile, ldconfig replaces this file, and bubblewrap fails in that moment.
    if cp /etc/ld.so.cache "$RUN/kit/ld.so.cache" 2>/dev/null; then BINDS+=(--ro-bind "$RUN/kit/ld.so.cache" /etc/ld.so.cache); fi
    for path in "$RUN"/kit/lib/etc/*; do
        BINDS+=(--ro-bind "$path" "/etc/${path##*/}")
    done
    # In a user namespace of its own a program could mount, without limits on size. (bubblewrap before 0.8 cannot forbid it.)
    LOCKS=()
    if grep -qsF -e --disable-userns <(bwrap --help 2>/dev/null); then LOCKS=(--disable-userns); fi
}

# enter SECONDS ROOM... -- COMMAND...: replaces this shell by COMMAND, shut in with the folders that the bubblewrap
# options ROOM name, and ends it after SECONDS (0: never), with status 124. Call it in a subshell. In a test, the file
# $T/box.PID says whether the box was opened; see box_failed.
enter() {
    local watch=() told=/dev/null
    if [[ -n ${T:-} ]]; then told=$T/box.$BASHPID; fi
    if (($1 > 0)); then watch=(timeout -k 1 "$1"); fi
    shift
    local room=()
    while [[ $1 != -- ]]; do
        room+=("$1")
        shift
    done
    shift
    close_descriptors
    set_limits
    # Where memory is short, the kernel ends what is in a box, not what runs beside it.
    { echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null || true
    local environment=(PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 HOME=/tmp NETKIT="${MARK:-$RUN_ID}" "${ENVIRONMENT[@]}")
    if [[ $MODE == namespaces ]]; then
        exec "${watch[@]}" "${AS_RUNNER[@]}" bwrap --unshare-user --unshare-pid --unshare-ipc --unshare-uts "${LOCKS[@]}" --uid 1000 --gid 1000 --die-with-parent \
            --json-status-fd 3 --new-session "${BINDS[@]}" --proc /proc --dev /dev --size 50000000 --tmpfs /dev/shm --remount-ro /dev \
            --size 100000000 --tmpfs /tmp "${room[@]}" --remount-ro / \
            -- env -i "${USUAL_SIGNALS[@]}" "${environment[@]}" "$@" 3>"$told"
    fi
    exec "${watch[@]}" "${AS_RUNNER[@]}" setsid env -i "${USUAL_SIGNALS[@]}" "${environment[@]}" "$@"
}

# box_failed PID: of a box that has ended with status 1: whether bubblewrap could not open it. Then it has not written down
# how the program ended, for there was none.
box_failed() {
    [[ -e $T/box.$1 ]] && ! grep -q exit-code "$T/box.$1"
}

# marked: makes PROCESSES_NOW those whose environment bears the mark of this test; without MARK, of any test of this run.
marked() {
    local mark=${MARK:-$RUN_ID.*}
    mapfile -t PROCESSES_NOW < <(grep -lzsx "NETKIT=$mark" /proc/[0-9]*/environ)
    PROCESSES_NOW=("${PROCESSES_NOW[@]#/proc/}")
    PROCESSES_NOW=("${PROCESSES_NOW[@]%/environ}")
}

# Ends what a program left behind in plain mode; see marked. At the end of the run also what has taken off its mark, but is a
# program of the submission or works in its folder; and run by a superuser, all that its user still runs.
sweep() {
    local places round
    [[ $MODE == plain ]] || return 0
    for ((round = 0; round < 10; round++)); do # one may start others meanwhile
        marked
        if [[ -z ${MARK:-} ]]; then
            mapfile -t places < <(find /proc/[0-9]*/exe /proc/[0-9]*/cwd -maxdepth 0 -lname "$RUN/*" 2>/dev/null | cut -d / -f 3)
            PROCESSES_NOW+=("${places[@]}")
        fi
        if ((${#PROCESSES_NOW[@]} == 0)); then break; fi
        kill -KILL "${PROCESSES_NOW[@]}" 2>/dev/null || true
    done
    if ((EUID == 0)); then "${AS_RUNNER[@]}" bash -c 'kill -KILL -1' 2>/dev/null || true; fi
}

# listening PROTOCOL PORT: whether a socket listens there, seen without touching it. (Read in one go: the kernel writes
# these files anew for every line that is asked for one by one.)
listening() {
    local state=0A port file lines
    if [[ $1 == udp ]]; then state=07; fi
    printf -v port '%04X' "$2"
    for file in "/proc/net/${1}6" "/proc/net/$1"; do # most listen in the first one
        [[ -r $file ]] || continue
        mapfile -n 500 lines <"$file" # listening sockets come first; closed connections can be thousands
        if [[ ${lines[*]} =~ :$port\ [0-9A-F]+:[0-9A-F]{4}\ $state\  ]]; then return 0; fi
    done
    return 1
}
