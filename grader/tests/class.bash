# class.bash - a copy of the kit whose `grader/grade` takes its verdict from the submission: what grades a whole class is
# then tested in seconds. Sourced after common.bash.

# copy_kit DIR: as make, git and all that is slow would leave it.
copy_kit() {
    mkdir -p "$1/build"
    make -s -C "$KIT" class-tools tools given
    cp -a "$KIT/Makefile" "$KIT/grader" "$KIT/labs" "$KIT/skeletons" "$1"
    cp -a "$KIT/build/grader" "$KIT/build/given" "$1/build"
    cat >"$1/grader/grade" <<'STUB'
#!/usr/bin/env bash
# The file `verdict` of the submission holds the score; or `machine`; or `wait`, until $GO is there. $SLOW is how many
# seconds pass before it is read.
while [[ $1 == --* ]]; do
    json=$2
    shift 2
done
lab=$1 src=$(realpath "$2") verdict=50
if [[ -n ${SLOW:-} ]]; then
    exec {tick}<> <(:)
    read -rt "$SLOW" -u "$tick" _
fi
case $src in */labs) verdict=${REFERENCE:-100} ;; */skeletons) verdict=0 ;; esac
if [[ -f $src/verdict ]]; then verdict=$(<"$src/verdict"); fi
printf '%q\n' "${src##*/}" >>"${LOG:-/dev/null}"
if [[ $verdict == machine ]]; then echo 'grade: the disk is full' >&2 && exit 3; fi
if [[ $verdict == wait ]]; then
    echo "$PPID" >>"$LOG.waiting"
    exec {tick}<> <(:)
    until [[ -e $GO ]]; do read -rt 0.02 -u "$tick" _; done
    verdict=70
fi
jq -n --argjson lab "$lab" --argjson score "$verdict" '{lab: $lab, submission: "x", score: $score, max: 100,
    status: "graded", mode: "namespaces", seconds: 0.1, tests: [
        {id: "R\($lab).1", title: "it listens", points: $score, max: 100, seconds: 0.1,
         outcome: (if $score == 100 then "pass" else "fail" end),
         output: (if $score == 100 then "" else "nothing listens on port 8003\nfor \($score) s" end)}]}' >"$json"
STUB
    chmod +x "$1/grader/grade"
}

# hand_in NAME VERDICT: a submission in $CLASS.
hand_in() {
    mkdir -p "$CLASS/$1"
    printf '%s' "$2" >"$CLASS/$1/verdict"
}

# graded: what the stub was asked to grade since the last call, sorted.
graded() {
    sort "$LOG"
    : >"$LOG"
}

# grade_class ARGUMENT...: the copy's grade-class, on $CLASS.
grade_class() { "$COPY/grader/grade-class" --labs 3 --out "$OUT" "$@" "$CLASS" 3>&- 2>&1; }

# until_there FILE...: waits for results.
until_there() {
    local file tick
    exec {tick}<> <(:)
    for file; do until [[ -e $file ]]; do read -rt 0.02 -u "$tick" _ || true; done; done
}
