# cluster.bats - grading a class on several machines: sshd as two hosts, and a whole cluster of Slurm, on this one.

bats_require_minimum_version 1.5.0
load common
load class

setup_file() {
    COPY=$BATS_FILE_TMPDIR/kit
    export COPY
    copy_kit "$COPY"
}

setup() {
    CLASS=$BATS_TEST_TMPDIR/class OUT=$BATS_TEST_TMPDIR/out
    export LOG=$BATS_TEST_TMPDIR/log GO=$BATS_TEST_TMPDIR/go
    export TMPDIR=$BATS_TEST_TMPDIR/tmp # for what a job that is killed leaves behind
    mkdir "$CLASS" "$TMPDIR"
    : >"$LOG"
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    local pid
    for pid in "${SSHD[@]}" "${SLURM[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "${SLURM_FILES:-}"
}

# Two hosts: sshd on two ports of the loopback.
start_sshd() {
    local port
    command -v rsync >/dev/null && [[ -x /usr/sbin/sshd ]] || skip 'sshd or rsync is not installed'
    ssh-keygen -q -t ed25519 -N '' -f key
    cp key.pub authorized
    mkdir -p /run/sshd 2>/dev/null || true
    mkdir home
    : >hosts
    for port in 1 2; do
        port=$((20000 + (BASHPID * 2 + port) % 12000))
        cat >"sshd.$port" <<END
ListenAddress 127.0.0.1:$port
HostKey $PWD/key
AuthorizedKeysFile $PWD/authorized
StrictModes no
UsePAM no
PidFile none
PermitRootLogin yes
ForceCommand cd $PWD/home && exec env HOME=$PWD/home TMPDIR=$TMPDIR LOG=$LOG GO=$GO bash -c "\$SSH_ORIGINAL_COMMAND"
END
        /usr/sbin/sshd -D -f "$PWD/sshd.$port" -E "$PWD/sshd.log" 3>&- &
        SSHD+=("$!")
        printf '2/ssh -p %d -i %s -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR 127.0.0.1\n' \
            "$port" "$PWD/key" >>hosts
        until (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do kill -0 "${SSHD[-1]}"; done
    done
    truncate -s -1 hosts # an editor may not end the last line
}

@test "two hosts by ssh share the work; a worker killed in the middle loses nothing" {
    local i pid
    start_sshd
    for i in {1..6}; do hand_in "student $i" "$i"; done
    hand_in $'odd\nname' wait
    grade_class --hosts hosts >run.log &
    pid=$!
    until_there "$LOG.waiting"
    kill -KILL "$(head -n 1 "$LOG.waiting")" # grade-one, on that host
    touch "$GO"
    wait "$pid" || { cat run.log && false; }
    [[ $(find "$OUT/results" -name lab3.json -print0 | xargs -0 jq .score | sort -n | tr '\n' ' ') == '1 2 3 4 5 6 70 ' ]]
    [[ $(jq -r .submission "$OUT"/results/$'odd\nname'/lab3.json) == $'odd\nname' && ! -e $OUT/transfer ]]
    [[ $(grep -c submission "$LOG") == 8 ]] # the killed one twice, the others once
    [[ -x $(echo home/.cache/netkit/*/grader/grade-one) && -z $(ls home/.cache/netkit/jobs) ]]
}

@test "a host that dies in the middle: its job is given to the other one" {
    local pid at sessions
    start_sshd
    hand_in a 10
    hand_in b wait
    grade_class --hosts hosts >run.log &
    pid=$!
    until_there "$LOG.waiting"
    at=$(head -n 1 "$LOG.waiting")
    until [[ " ${SSHD[*]} " == *" $at "* ]]; do at=$(ps -o ppid= -p "$at" | tr -d ' '); done
    mapfile -t sessions < <(ps -o pid= --ppid "$at" | tr -d ' ')
    kill "$at" "${sessions[@]}"
    touch "$GO"
    wait "$pid" || { cat run.log && false; }
    [[ $(jq -c .score "$OUT"/results/{a,b}/lab3.json) == $'10\n70' ]]
}

# killed_and_again OPTION...: grade-class, ended by each signal while a job waits on another machine. That job must end
# with it; what was done must not be done again, and nothing is half-written.
killed_and_again() {
    local signal pid worker status tick i
    exec {tick}<> <(:)
    for signal in INT KILL; do
        rm -rf "$OUT/results" "$GO" "$LOG.waiting"
        hand_in a 10
        hand_in $'odd\nname' wait
        hand_in c 30
        env --default-signal=INT "$COPY/grader/grade-class" --labs 3 --out "$OUT" "$@" "$CLASS" >"run.$signal" 2>&1 3>&- &
        pid=$!
        until_there "$LOG.waiting"
        worker=$(head -n 1 "$LOG.waiting") # grade-one
        until (($(find "$OUT/results" "$OUT/transfer" -name '*.json' 2>/dev/null | wc -l) == 2)); do
            read -rt 0.05 -u "$tick" _ || true
        done
        kill -"$signal" "$pid"
        status=0
        wait "$pid" || status=$?
        if [[ $signal == INT ]]; then [[ $status == 130 && $(<"run.$signal") == *'interrupted; the same command goes on'* ]]; fi
        for ((i = 0; i < 600; i++)); do
            if ! kill -0 "$worker" 2>/dev/null; then break; fi
            read -rt 0.05 -u "$tick" _ || true
        done
        ((i < 600)) || { echo "$signal: the job goes on" && ps -ef && false; }
        [[ ! -e $OUT/results/$'odd\nname'/lab3.json ]]
        touch "$GO"
        run -0 grade_class "$@"
        [[ $output == *'1 to grade;'* ]]
        [[ $(find "$OUT/results" -name 'lab3.json' -print0 | xargs -0 jq .score | sort -n | tr '\n' ' ') == '10 30 70 ' ]]
        [[ -z $(find "$OUT/results" -type f ! -name lab3.json) && ! -e $OUT/transfer ]]
    done
}

@test "on two hosts, interrupted and killed: its jobs end there, and the next run goes on" {
    start_sshd
    killed_and_again --hosts hosts
}

# One machine as a cluster: munged, slurmctld and slurmd, with all their files in folders of the test.
start_slurm() {
    local host S
    command -v slurmctld munged sbatch >/dev/null || skip 'slurm-wlm and munge are not installed'
    ((EUID == 0)) || skip 'slurmd needs root'
    host=$(uname -n)
    SLURM_FILES=$(mktemp -d /tmp/slurm.XXXXXX) # where the user munge may go
    S=$SLURM_FILES
    mkdir -p "$S"/{munge,state,spool}
    head -c 1024 /dev/urandom >"$S/munge/key"
    chown -R munge "$S/munge"
    chmod -R go= "$S/munge/key"
    chmod 755 "$S" "$S/munge"
    setpriv --reuid=munge --regid=munge --clear-groups munged -F --force --key-file="$S/munge/key" --socket="$S/munge/socket" \
        --pid-file="$S/munge/pid" --log-file="$S/munge/log" --seed-file="$S/munge/seed" >"$S/munge.out" 2>&1 3>&- &
    SLURM+=("$!")
    export SLURM_CONF=$S/slurm.conf
    cat >"$SLURM_CONF" <<END
ClusterName=test
SlurmUser=root
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$((20000 + BASHPID * 2 % 12000))
SlurmdPort=$((20001 + BASHPID * 2 % 12000))
AuthType=auth/munge
AuthInfo=socket=$S/munge/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
ReturnToService=2
MpiDefault=none
StateSaveLocation=$S/state
SlurmdSpoolDir=$S/spool
SlurmctldPidFile=$S/slurmctld.pid
SlurmdPidFile=$S/slurmd.pid
NodeName=$host NodeAddr=127.0.0.1 CPUs=2
PartitionName=all Nodes=$host Default=YES State=UP
END
    until [[ -S $S/munge/socket ]]; do kill -0 "${SLURM[@]}"; done
    slurmctld -D -f "$SLURM_CONF" >"$S/slurmctld.out" 2>&1 3>&- &
    SLURM+=("$!")
    slurmd -D -f "$SLURM_CONF" >"$S/slurmd.out" 2>&1 3>&- &
    SLURM+=("$!")
    until [[ $(sinfo -h -o %T 2>/dev/null) == idle ]]; do kill -0 "${SLURM[@]}"; done
}

@test "Slurm takes the jobs as an array; a worker killed in the middle loses nothing" {
    local i pid
    start_slurm
    for i in {1..4}; do hand_in "student $i" "$i"; done
    hand_in $'odd\nname' wait
    grade_class --slurm >run.log &
    pid=$!
    until_there "$LOG.waiting"
    kill -KILL "$(head -n 1 "$LOG.waiting")" # grade-one, on that node
    touch "$GO"
    wait "$pid" || { cat run.log && false; }
    [[ $(find "$OUT/results" -name lab3.json -print0 | xargs -0 jq .score | sort -n | tr '\n' ' ') == '1 2 3 4 70 ' ]]
}

@test "on Slurm, interrupted and killed: its jobs end there, and the next run goes on" {
    start_slurm
    killed_and_again --slurm
    [[ -z $(squeue -h) ]]
}
