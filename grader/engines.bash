# engines.bash - who does the jobs of grade-class: this machine, several by ssh, or Slurm. Sourced by it.
#
# A job is five strings, the arguments of grade-one, in a file with a NUL behind each. An engine takes such a file and
# prints a line for each job that has ended, `graded` or not. Results appear in $out/results, or are brought there by gather.
# shellcheck shell=bash disable=SC2154 # $kit, $here, $out, $work, $jobs, $labs, $hosts, $receipts are of grade-class

count_jobs() { echo $(($(tr -dc '\0' <"$1" | wc -c) / 5)); }

# run_engine KIND JOBS: one of those below, with a progress bar. It is ended when this script is.
run_engine() {
    { exec 6>&- 9>&- && "engine_$1" "$2"; } > >(exec 6>&- 9>&- && show_progress "$(count_jobs "$2")") &
    engine=$!
    { exec 6>&- 8>&- 9>&- && { read -ru 7 _ || kill -TERM "$engine" && kill -TERM "$engine"; }; } 2>/dev/null &
    watcher=$!
    wait "$engine" || true
    kill "$watcher"
    wait "$watcher" || true
    engine=''
}

# parallel ends what it runs at the second signal.
interrupted() {
    trap '' INT TERM HUP
    if [[ -n ${engine:-} ]]; then
        kill -TERM "$engine" && kill -TERM "$engine" || true
        wait "$engine" || true
    fi 2>/dev/null
    gather
    echo >&2
    stop 130 'interrupted; the same command goes on from here'
}

engine_local() { ALIVE=7 exec parallel --will-cite -0 -N5 -j "$jobs" --termseq TERM,9000,KILL,100 --line-buffer "$here/grade-one" <"$1"; }

# Several machines: the kit goes to each once, and must be fit to grade there; then each submission goes as one file,
# and its result comes back as one. Both have plain names, whatever the student is called, and no other run has the same.
engine_hosts() {
    local number=0 lab submission name receipt result digest host pids=() run=$EPOCHSECONDS-$$
    digest=$(sha256sum <<<"${receipts[*]}" | cut -c -16)
    rm -f "$work/hosts" "$work/transfers"
    mkdir -p "$out/transfer"
    while IFS= read -rd '' lab && IFS= read -rd '' submission && IFS= read -rd '' name && IFS= read -rd '' receipt && IFS= read -rd '' result; do
        number=$((number + 1))
        tar -cf "$out/transfer/$run-$number.tar" -C "$submission" .
        printf '%s\0' "$lab" "$run-$number.tar" "$name" "$receipt" "$run-$number.json" >>"$work/transfers"
    done <"$1"
    tar -cf "$out/transfer/kit.tar" -C "$kit" Makefile grader labs skeletons
    cd "$out/transfer" || return
    while read -r host || [[ -n $host ]]; do
        host=${host%$'\r'}
        if [[ -z $host || $host == '#'* ]]; then continue; fi
        { prepare_host "$host" "$digest" && printf '%s\n' "$host" >>"$work/hosts"; } </dev/null >/dev/null &
        pids+=("$!")
    done <"$hosts"
    wait "${pids[@]}" || true
    [[ -s $work/hosts ]] || { say 'no host is fit to grade' && return 1; }
    exec parallel --will-cite -0 -N5 --sshloginfile "$work/hosts" --retries 3 --line-buffer --workdir .cache/netkit/jobs \
        --transferfile '{2}' --return '{5}' --cleanup "../$digest/grader/grade-one {1} {2} {3} {4} {5}" <"$work/transfers"
}

# prepare_host HOST DIGEST: the kit is there, built, and gives the reference all points and the skeleton none. What a killed
# run left behind a day ago is removed.
prepare_host() {
    local lab command="mkdir -p $2 jobs && find jobs -type f -mtime +1 -delete && tar -xf kit.tar -C $2 && cd $2 && mkdir -p build && make -s tools given"
    for lab in $labs; do
        command+=" && { test -e build/fit-$lab || { grader/grade --json build/ref.json $lab labs && grader/grade --json build/none.json $lab skeletons"
        command+=" && jq -se '.[0].score == 100 and .[1].score == 0' build/ref.json build/none.json && touch build/fit-$lab; }; }"
    done
    if ! parallel --will-cite -S "$1" --nonall --basefile kit.tar --workdir .cache/netkit "flock kit.lock sh -c ${command@Q}" >"$work/host.$BASHPID" 2>&1; then
        say "$1 is left out: $(grep -v '^$' "$work/host.$BASHPID" | tail -n 1)"
        return 1
    fi
}

# gather: what came back from other machines, to its place.
gather() {
    local file name lab
    for file in "$out"/transfer/*.json; do
        [[ -e $file ]] || continue
        { IFS= read -rd '' name && IFS= read -rd '' lab; } < <(jq -j '.submission, "\u0000", .lab, "\u0000"' "$file")
        mkdir -p "$out/results/$name"
        mv "$file" "$out/results/$name/lab$lab.json"
    done
    rm -rf "$out/transfer"
}

# Slurm: one array of at most 1,000 tasks, each with its share of the jobs. `tasks/array` is its number, by which the next
# run ends what one that died with its machine has left behind.
engine_slurm() {
    local number=0 count tasks field script job='' waiting
    trap '[[ -z $job ]] || scancel "$job"; exit' TERM # which comes also when grade-class is killed
    if [[ -s $out/tasks/array ]]; then scancel --quiet "$(<"$out/tasks/array")" || true; fi
    count=$(count_jobs "$1")
    tasks=$((count < 1000 ? count : 1000))
    rm -rf "$out/tasks"
    mkdir "$out/tasks"
    while IFS= read -rd '' field; do
        printf '%s\0' "$field" >>"$out/tasks/$((number / 5 % tasks + 1))"
        number=$((number + 1))
    done <"$1"
    for ((number = 1; number <= tasks; number++)); do : >"$out/tasks/$number.log"; done
    printf -v script 'exec xargs -0 -n 5 %q <%q/$SLURM_ARRAY_TASK_ID' "$here/grade-one" "$out/tasks"
    job=$(sbatch --parsable --requeue --job-name=grade-class --array="1-$tasks" --open-mode=append --chdir="$out/tasks" \
        --output="$out/tasks/%a.log" --wrap="$script") || return
    echo "$job" >"$out/tasks/array"
    # Waits for the array; `sbatch --wait` would ask twice a minute only.
    srun --quiet --dependency="afterany:$job" --ntasks=1 --chdir=/ true &
    waiting=$!
    tail -q -n +1 -f --pid="$waiting" "$out"/tasks/*.log | grep --line-buffered graded &
    wait "$waiting" "$!" || true
    : >"$out/tasks/array"
}

# A bar: done, total, time left, failures of the machine. Where stderr is no terminal, a line for each tenth.
show_progress() {
    local total=$1 began=$SECONDS done=0 failed=0 left line bar
    while IFS= read -r line; do
        done=$((done + 1))
        if [[ $line != graded ]]; then failed=$((failed + 1)); fi
        left=$(((SECONDS - began) * (total - done) / done))
        printf -v bar '%*s' $((30 * done / total)) ''
        printf -v line '[%-30s] %d of %d, %d:%02d left, %d failures of the machine' "${bar// /#}" "$done" "$total" \
            $((left / 60)) $((left % 60)) "$failed"
        if [[ -t 2 ]]; then
            printf '\r%s  ' "$line" >&2
            if ((done == total)); then echo >&2; fi
        elif ((done == total || done * 10 / total > (done - 1) * 10 / total)); then
            say "$line"
        fi
    done
}
