# common.bash - what the experiments share: the servers to measure, a figure and a table of what was measured.
#
# SRC, whose servers are measured, and OUT come from make. A server that is not there is taken from the finished ones of
# stage/, so that there is something to compare with. Results go to build/experiments/NAME.csv and NAME.svg.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly NAME=${0##*/} PROBE=build/grader/probe RESULTS=build/experiments
readonly CSV=$RESULTS/$NAME.csv FIGURE=$RESULTS/$NAME.svg

stop() {
    echo "experiment-$NAME: $1" >&2
    exit 1
}
need_tool() {
    command -v "$1" >/dev/null || stop "$1 is missing; make doctor says how to install it"
}

children=()
temporary=$(mktemp -d "${TMPDIR:-/tmp}/experiment.XXXXXX")
clean_up() {
    kill "${children[@]}" 2>/dev/null || true
    rm -rf "$temporary"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# begin HEADING: an empty table with these columns.
begin() {
    need_tool gnuplot
    mkdir -p "$RESULTS"
    began=$SECONDS
    ulimit -n "$(ulimit -Hn)"
    gcc -O2 -shared -fPIC -o "$temporary/shim.so" experiments/shim.c
    if [[ $SRC == labs ]]; then built=build/labs; else build_elsewhere; fi
    echo "$1" >"$CSV"
    echo "$1" | tr ',' '\t'
}
row() {
    local IFS=,
    echo "$*" >>"$CSV"
    tr ',' '\t' <<<"$*"
}

# Somebody else's work is laid over the finished modules, as the grader does.
build_elsewhere() {
    local from=$SRC
    built=$RESULTS/out
    if [[ -d $from/labs ]]; then from=$from/labs; fi
    compgen -G "$from/0*" >/dev/null || stop "$SRC has no folder such as 01-echo"
    make -s given
    rm -rf "$RESULTS/src" "$built"
    cp -r build/given "$RESULTS/src"
    cp -r "$from"/0* "$RESULTS/src"
    src=$RESULTS/src
}

# find_server NAME: sets program to its path. Fails where it is not to be had.
find_server() {
    local folder path
    folder=$(sed -n "s/^\(programs\|extras\)_\([0-9]\) :=.* \?$1\( .*\)\?$/0\2-/p" Makefile)
    [[ -n $folder ]] || return 1
    folder=$(sed -n "s/^dir_[0-9] := \($folder.*\)/\1/p" Makefile)
    if [[ -f ${src:-labs}/$folder/$1.c ]]; then
        make -s SRC="${src:-labs}" OUT="$built" CFLAGS='-O2 -w' "$built/$folder/$1" && program=$PWD/$built/$folder/$1 && return
        stop "$1.c does not compile"
    fi
    for path in "${src:-labs}/$folder/$1" "stage/$(uname -m)/$folder/$1"; do
        if [[ -x $path ]]; then
            program=$PWD/$path
            return
        fi
    done
    return 1
}

# start ARGUMENT...: starts `program` with ROOT as its last argument where it serves files; sets PORT and PID. BACKLOG and
# KEEP_SOCKETS in the environment are for experiments/shim.c, LIMIT is the number of descriptors it may have.
start() {
    local line='' fd
    rm -f "$temporary/ready"
    mkfifo "$temporary/ready"
    (
        cd "$temporary"
        for fd in /proc/"$BASHPID"/fd/*; do
            fd=${fd##*/}
            if ((fd > 2)); then exec {fd}>&-; fi
        done
        ulimit -n "${LIMIT:-$(ulimit -n)}"
        LD_PRELOAD=$temporary/shim.so exec "$program" "$@" >"$temporary/ready" 2>/dev/null </dev/null
    ) &
    PID=$!
    children+=("$PID")
    read -rt 5 line <"$temporary/ready" || true
    PORT=${line##* }
    [[ $line == 'listening on port '* ]] || stop "$program did not start; is it finished?"
}
end() {
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# draw GNUPLOT_COMMANDS: the figure.
draw() {
    gnuplot -e "set terminal svg size 900,420 background 'white'; set output '$FIGURE'; set datafile separator ','; set grid; $1"
    echo
    fold -s -w 100
    echo
    echo "Figures: $CSV, $FIGURE ($((SECONDS - began)) s)"
}
