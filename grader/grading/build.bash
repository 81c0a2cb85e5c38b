# shellcheck shell=bash disable=SC2034,SC2154 # grade and the other files of this folder set and use the variables
# build.bash - builds the programs of the submission, in a box.
# Sourced by grade.

# make_out KIND: makes $work/KIND to build in. The reference's modules of earlier labs are compiled already. (Copied last,
# they are newer than their sources.)
make_out() {
    local earlier
    mkdir "$work/$1"
    for earlier in common "${folders[@]}"; do
        if [[ $modules == ref && -d $kit/build/objects/$1/$earlier && ($earlier == common || $earlier < $folder) ]]; then
            mkdir "$work/$1/$earlier"
            cp "$kit/build/objects/$1/$earlier/"*.o "$work/$1/$earlier"
        fi
    done
    hand_over "$work/$1"
}

# boxed_make KIND TARGET...: make with the kit's own Makefile, in a box that holds the workspace and nothing else, into
# $work/KIND with the flags of that kind. make ends with 2 when something does not compile, and is ended with 124 or 137 when
# its time is over; all else is no fault of the submission.
boxed_make() {
    local status=0 kind=$1 watched=''
    shift
    if [[ $kind != plain ]]; then watched="-U__SANITIZE_ADDRESS__ -U__SANITIZE_THREAD__ -include $RUN/kit/lib/watched.h"; fi
    (
        cd "$work"
        BUILDING=10 # seconds of processor time for each compiler
        MEMORY_KB=1000000 # a compiler takes whatever `#include "/dev/zero"` has
        enter "$BUILD_SECONDS" --unshare-net --ro-bind "$RUN/kit/Makefile" "$RUN/kit/Makefile" \
            --ro-bind "$RUN/kit/lib/watched.h" "$RUN/kit/lib/watched.h" --ro-bind "$work/labs" "$work/labs" \
            --bind "$work/$kind" "$work/$kind" --chdir "$work" -- \
            make -k -s -f "$RUN/kit/Makefile" SRC=labs OUT="$kind" CPPFLAGS= CFLAGS="\$(flags_$kind) $watched -w -fmax-errors=3" "$@"
    ) >"$RUN/make.log" 2>&1 </dev/null || status=$?
    case $status in
    0 | 2) ;;
    124 | 137)
        if ((BUILD_SECONDS > 15)); then machine_fault "it was not compiled within $BUILD_SECONDS s, and this machine is busy or slow"; fi
        echo "The time for compiling, $BUILD_SECONDS s, was over." >>"$RUN/make.log"
        ;;
    *) machine_fault "cannot build (status $status): $(tail -n 1 "$RUN/make.log")" ;;
    esac
    if grep "^$RUN/kit/Makefile:[0-9]*: \*\*\* " "$RUN/make.log"; then machine_fault 'the Makefile of the kit does not work here'; fi >&2
}

build() {
    local program
    make_out plain
    hand_over "$work/labs"
    boxed_make plain "${targets[@]}"
    if ! all_built && [[ $modules == ref ]] && use_own_modules; then
        modules=own
        rm -rf "$work/plain"
        make_out plain
        hand_over "$work/labs"
        boxed_make plain "${targets[@]}"
    fi
    for program in "${programs[@]}"; do
        if [[ -e $work/labs/$folder/$program.c ]]; then take_program "$program"; fi
    done
    for program in "$work/plain/$folder"/test_*; do
        if [[ ${program##*/} == *.* || ! -f $program || -L $program ]]; then continue; fi
        cp "$program" "$work/bin"
        grep -c 'cmocka_unit_test' "$kit/labs/$folder/${program##*/}.c" >"$work/bin/${program##*/}.total"
    done
}

all_built() {
    local program
    for program in "${programs[@]}"; do
        [[ ! -e $work/labs/$folder/$program.c || -f $work/plain/$folder/$program ]] || return 1
    done
}

take_program() {
    local built=$work/plain/$folder/$1
    if [[ -f $built && ! -L $built ]]; then
        cp "$built" "$work/bin/$1"
    else
        boxed_make plain "plain/$folder/$1"
        {
            echo "$1.c does not compile. The compiler says:"
            compiler_says
        } >"$work/bin/$1.why"
    fi
}

compiler_says() {
    { grep -v -e '^make' -e '^ *from ' "$RUN/make.log" || true; } | cut -c -200 | sed -n 1,15p # not head: nobody may die of SIGPIPE here
}

# What a program names that changes what a sanitizer sees and says; the compiler names no such thing by itself.
readonly MEDDLING='__(asan|lsan|tsan|ubsan|sanitizer)_(default_|on_|set_|get_|(un)?poison_memory|ignore|disable)[a-z_]*|(A|L|T|UB)SAN_OPTIONS'

# Builds the programs with the sanitizers that the tests ask for, while the others run. A script has no such build. Why there
# is none, where it compiled without, is in PROGRAM.why; after a fault of the machine that is missing as well.
build_sanitized() {
    local kind program meddling
    for kind in "${kinds[@]}"; do
        if ! (make_out "$kind" && boxed_make "$kind" "lab$lab"); then
            : >"$work/bin/$kind/.built"
            continue
        fi
        meddling=$(cat "$work/$kind"/*/*.o </dev/null | LC_ALL=C grep -aoE "$MEDDLING" | sed -n 1p) || true
        for program in "${programs[@]}"; do
            if [[ -n $meddling ]]; then
                echo "The program has to do with the sanitizer itself: $meddling" >"$work/bin/$kind/$program.why"
            elif [[ -f $work/$kind/$folder/$program && ! -L $work/$kind/$folder/$program ]]; then
                cp "$work/$kind/$folder/$program" "$work/bin/$kind"
            else
                { echo 'The compiler says:' && compiler_says; } >"$work/bin/$kind/$program.why"
            fi
        done
        : >"$work/bin/$kind/.built"
    done
}
