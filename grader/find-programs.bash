# find-programs.bash - where in what was handed in the programs are. Sourced, with $kit set.
# shellcheck shell=bash disable=SC2034,SC2154 # $kit is given, $src and $note are for those who source this

# find_programs LAB FOLDER: sets $src. The grader looks in the folder, in its NN-name and in its labs/NN-name. Where a
# student has put the programs into one other folder, that one is meant, and $note says so.
find_programs() {
    local names=() program folders given
    given=$(cd "$kit/labs" && echo "0$1"-*)
    for program in $(sed -n "s/^\(programs\|extras\)_$1 := //p" "$kit/Makefile"); do names+=(-o -name "$program" -o -name "$program.c"); done
    mapfile -d '' folders < <(find -H "$2" -type f \( "${names[@]:1}" \) -printf '%h\0' 2>/dev/null | sort -zu)
    src=$2 note=''
    if ((${#folders[@]} != 1)); then return; fi
    case ${folders[0]#"$2"} in
    '' | "/$given" | "/labs/$given") ;;
    *)
        src=${folders[0]}
        note="The programs were found in the folder '${src#"$2/"}'."
        ;;
    esac
}
