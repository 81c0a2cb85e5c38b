# shellcheck shell=bash disable=SC2034,SC2154 # grade and the other files of this folder set and use the variables
# submission.bash - finds the submission and lays its files over the kit's own tree, in $work.
# Sourced by grade.

# is_within FOLDER: whether it is there, and in SRC also where links are followed: they may lead to the solutions, or to others.
is_within() { [[ -d $1 && $(cd -P -- "$1" && pwd)/ == "$(cd -P -- "$src" && pwd)"/* ]]; }

# The folder with this lab's programs: NN-name in it, or in its labs/, or itself.
find_submission() {
    local candidate program
    for candidate in "$src/labs/$folder" "$src/$folder" "$src"; do
        is_within "$candidate" || continue
        for program in "${programs[@]}"; do
            if [[ -f $candidate/$program.c || -f $candidate/$program ]]; then
                submission=$candidate
                return
            fi
        done
    done
    submission=$src
}

is_program() { is_one_of "$1" "${all_programs[@]}"; }

# copy_source FROM TO: takes a source file of the submission, if it is a plain file of sensible size and has a name that make
# can bear (a stray `net copy.c` is no module). Links lead elsewhere.
copy_source() {
    local from=$1 to=$2
    [[ ${to##*/} =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]*$ ]] || return 0
    [[ -f $from && ! -L $from && -r $from && $(stat -c %s "$from") -le 2000000 ]] || return 0
    if [[ $src == "$kit/labs" ]]; then
        unifdef -DSOLUTION -o "$to" "$from" || (($? == 1))
    else
        cp -- "$from" "$to"
    fi
    taken+=("${to#"$work/"}")
}

# The kit's own tree, with the submission's files for this lab laid over it.
make_workspace() {
    local earlier file name program
    taken=()
    cp -r "$kit/build/given/common" "$work/labs"
    for earlier in "${folders[@]}"; do
        [[ $earlier < $folder ]] || continue
        mkdir -p "$work/labs/$earlier"
        if [[ -d $kit/build/given/$earlier ]]; then cp "$kit/build/given/$earlier/"* "$work/labs/$earlier"; fi
    done
    mkdir -p "$work/labs/$folder"
    for file in "$submission"/*.[ch]; do
        name=${file##*/}
        if is_program "${name%.c}" && ! is_one_of "${name%.c}" "${programs[@]}"; then continue; fi
        if [[ $name == test_* || -n $(compgen -G "$work/labs/*/$name") ]]; then continue; fi
        copy_source "$file" "$work/labs/$folder/$name"
    done
    for file in "$kit/labs/$folder"/test_*.c; do
        if [[ -f $file ]]; then cp "$file" "$work/labs/$folder"; fi
    done
    modules=${BASE:-ref}
    if [[ $modules == own ]]; then use_own_modules || true; fi
    for program in "${programs[@]}"; do
        [[ -e $work/labs/$folder/$program.c ]] || take_script "$program"
    done
}

# Lays the submission's modules of earlier labs over the reference's. Fails when it has none.
use_own_modules() {
    local earlier file name found=1
    for earlier in "${folders[@]}"; do
        [[ $earlier < $folder ]] || continue
        for file in "$src/labs/$earlier"/*.[ch] "$src/$earlier"/*.[ch] "$submission"/*.[ch]; do
            is_within "${file%/*}" || continue
            name=${file##*/}
            if [[ ! -f $file || $name == test_* ]] || is_program "${name%.c}"; then continue; fi
            [[ $file != "$submission"/* || -e $work/labs/$earlier/$name ]] || continue
            copy_source "$file" "$work/labs/$earlier/$name"
            found=0
        done
    done
    return "$found"
}

# A script in place of C. Anything else that bears the program's name is not taken.
take_script() {
    local file=$submission/$1 first
    if [[ ! -e $file ]]; then
        echo "It was looked for as $1.c, and as a script named $1." >"$work/bin/$1.why"
    elif [[ ! -f $file || -L $file || ! -r $file ]]; then
        echo "$1 is not a plain file that can be read." >"$work/bin/$1.why"
    elif ! IFS= read -rn 2 -d '' first <"$file" || [[ $first != '#!' ]]; then
        echo "$1 is not a source and not a script that begins with #!; compiled programs are not taken." >"$work/bin/$1.why"
    elif [[ -n $c_only ]]; then
        echo "$1 is a script; this course takes C only." >"$work/bin/$1.why"
    else
        install -m 755 -- "$file" "$work/bin/$1"
        taken+=("bin/$1")
    fi
}
