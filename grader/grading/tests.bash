# shellcheck shell=bash disable=SC2034,SC2154 # grade and the other files of this folder set and use the variables
# tests.bash - chooses the tests and runs them.
# Sourced by grade.

# Makes `ids` the requirements to try, `kinds` the sanitizers that they ask for, and `targets` what is to be built for them.
choose() {
    mapfile -t ids < <(chosen)
    mapfile -t kinds < <(said_by_chosen sanitizer | sort -u)
    targets=("lab$lab")
    if [[ -n $(said_by_chosen unit) ]]; then targets+=("unit$lab"); fi
}

# said_by_chosen COMMAND: what stands behind this command, wherever it stands in the requirements to try.
said_by_chosen() {
    printf '%s\n' "${ids[@]}" | awk -v command="$1" 'FILENAME == "-" { chosen["\"" $1]; next } /^@test/ { on = $2 in chosen }
        on { for (i = 1; i < NF && i < 3; i++) if ($i == command) print $(i + 1) }' - "${suites[@]}"
}

# The requirements that were asked for, and all that any of them rests on.
chosen() {
    local wanted=${only//,/ } id more
    if [[ -z $only ]]; then
        printf '%s\n' "${titles[@]%% *}"
        return
    fi
    while :; do
        more=$wanted
        for id in $wanted; do
            more+=" $(awk -v id="$id" '$0 ~ "^@test \"" id " " { on = 1 } on && /^ *needs / { $1 = ""; print } /^}/ { on = 0 }' \
                "${suites[@]}")"
        done
        more=$(tr -s ' ' '\n' <<<"$more" | sort -u | tr '\n' ' ')
        [[ $more != "$wanted" ]] || break
        wanted=$more
    done
    printf '%s\n' "${titles[@]%% *}" | grep -xF "$(tr -s ' ' '\n' <<<"$wanted" | sed '/^$/d')"
}

# free_ports: makes `ports` the first of 300 on which nothing listens, and which no other run of this kit has taken.
free_ports() {
    local i lock used
    # All of them at once: the kernel takes milliseconds to write one of these files.
    mapfile -t used < <(awk '$4 == "0A" || $4 == "07" { sub(/.*:/, "", $2); print $2 }' /dev/null /proc/net/{tcp,udp}*)
    for ((i = seed; ; i++)); do
        ports=$((10000 + i % 60 * 300))
        exec {lock}>"$kit/build/.ports$ports" # locked as long as this run lasts
        if flock -n "$lock" && ! within_ports; then return; fi
        exec {lock}>&-
    done
}

# Whether one of `used` is among the 300 ports.
within_ports() {
    local port
    for port in "${used[@]}"; do
        if ((16#$port >= ports && 16#$port < ports + 300)); then return 0; fi
    done
    return 1
}

# What programs write goes to disks of their own, /tmp/disk1 ..., one for each test that runs at a time: whoever fills his
# disk stops nobody.
make_disks() {
    local i
    HOMES=()
    for ((i = 1; i <= jobs; i++)); do HOMES+=(--size 200000000 --tmpfs "/tmp/disk$i"); done
}

run_suite() {
    local ports=8000 scratch=/tmp jobs=${NETKIT_JOBS:-$(($(nproc) * 3))} # they wait more than they work
    make_disks
    if [[ $MODE == plain ]]; then
        free_ports
        scratch=$RUN/scratch
    fi
    if [[ -z $capture ]]; then
        try "${ids[@]}"
    else
        # First what it rests on, unwatched; the suites have it in front.
        if ((${#ids[@]} > 1)); then try "${ids[@]:0:${#ids[@]}-1}"; fi
        # A network whose owner has one right, to read packets; the arena in it has none.
        WATCHED=(bwrap --unshare-user --unshare-net --die-with-parent --dev-bind / / --cap-add CAP_NET_RAW
            "$RUN/kit/lib/capture" "$RUN/results/packets.pcap") NETWORK=(--share-net)
        try "$only"
    fi
}

# try ID...: runs these tests.
try() {
    local status=0 before=$SECONDS
    # An environment of its own: this script may itself run within bats.
    (
        arena env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/opt/homebrew/bin LC_ALL=C TMPDIR="$scratch" \
            KIT="$RUN/kit" WORK="$work" RESULTS="$RUN/results" RUN="$RUN" RUN_ID="$RUN_ID" MODE="$MODE" \
            SEED="$seed" SHOW_ALL="$only" PORT_BASE="$ports" DEADLINE="$DEADLINE" \
            timeout -k 2 "$SUITE_SECONDS" "$RUN/kit/lib/run-tests" "$jobs" "$@"
    ) >>"$RUN/suite.log" 2>&1 </dev/null &
    suite=$! # waited for, not run in the foreground: a signal then ends this script at once
    wait "$suite" || status=$?
    suite_status=$status suite_seconds=$((SECONDS - before))
}
