# common.bash - what the verbs of the loop share. They are called by make, from the top folder, with the number of the lab;
# SRC, OUT, TEST, FILE and WITH come in the environment.
set -euo pipefail

# stop MESSAGE: ends the verb, as its own fault or the user's.
stop() {
    echo "${0##*/}: $1" >&2
    exit 2
}

# Colours on a terminal only, and never alone: the words say the same.
bold='' red='' green='' grey='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    # shellcheck disable=SC2034 # the verbs use them
    bold=$'\e[1m' red=$'\e[1;31m' green=$'\e[32m' grey=$'\e[90m' plain=$'\e[0m'
fi

# set_lab N: sets LAB, its FOLDER, its PROGRAMS, and WORK, the folder with the student's files of it.
set_lab() {
    local candidate
    LAB=$1
    FOLDER=$(cd skeletons && echo "0$LAB"-*)
    read -ra PROGRAMS <<<"$(sed -n "s/^\(programs\|extras\)_$LAB := //p" Makefile | tr '\n' ' ')"
    for candidate in "$SRC/labs/$FOLDER" "$SRC/$FOLDER" "$SRC"; do
        if [[ -d $candidate ]]; then
            WORK=$candidate
            return
        fi
    done
    stop "there is no folder '$SRC'"
}

# need_tool TOOL: where it is missing, make doctor says how to install it.
need_tool() {
    command -v "$1" >/dev/null || stop "$1 is missing; make doctor says how to install it"
}

# need_test: TEST must name a requirement of this lab.
need_test() {
    [[ -n $TEST ]] || stop "which requirement? make ${0##*/}-lab$LAB TEST=R$LAB.2"
    grep -q "^@test \"$TEST \[" "grader/suites/lab$LAB.bats" || stop "lab $LAB has no requirement '$TEST'"
}

title_of() { sed -n "s/^@test \"$1 \[[^]]*\] \(.*\)\" {\$/\1/p" "grader/suites/lab${LAB}.bats"; }

# todos_of ID: the TODOs that name this requirement: "net.c: TODO 1, 2; tcp_server.c: TODO 1".
todos_of() {
    local file list=''
    for file in skeletons/"$FOLDER"/*.c; do
        list+=$(awk -v id="$1" -v file="${file##*/}" '
            /\* TODO [1-9]/ { split($0, part, "TODO "); number = part[2] + 0; text = "" }
            number { text = text $0 }
            number && /\*\/$/ {
                sub(/.*Checked by:/, "", text)
                if (text ~ "[ ]" id "[,.]") named[number]
                number = 0
            }
            END {
                for (i = 1; i <= 9; i++) if (i in named) list = list (list ? ", " : "") i
                if (list) printf "%s: TODO %s; ", file, list
            }' "$file")
    done
    echo "${list%;*}"
}
