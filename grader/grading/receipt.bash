# shellcheck shell=bash disable=SC2034,SC2154 # grade and the other files of this folder set and use the variables
# receipt.bash - what a run was, in one line that is enough to repeat it.
# Sourced by grade.

# Takes from the receipt what a run can be told; repeats_receipt looks at the rest.
read_receipt() {
    local hash='[0-9a-f]{16}'
    [[ ${replay#Receipt: } =~ ^lab=([0-9]+),kit=([0-9.]+-$hash),tests=($hash),submission=($hash),seed=([0-9]{1,10}),compiler=([^,]+),mode=([a-z]+)(,only=([A-Z0-9.+]+))?(,base=(own))?(,c-only)?$ ]] ||
        mistake "this is no receipt: '$replay'"
    lab=${BASH_REMATCH[1]} then_kit=${BASH_REMATCH[2]} then_tests=${BASH_REMATCH[3]} then_submission=${BASH_REMATCH[4]}
    seed=${BASH_REMATCH[5]} then_compiler=${BASH_REMATCH[6]} mode=${BASH_REMATCH[7]} only=${BASH_REMATCH[9]//+/,}
    BASE=${BASH_REMATCH[11]:-ref} c_only=${BASH_REMATCH[12]}
}

# ---- The receipt: what this run was, in one line that is enough to repeat it ----

# hash_of FOLDER FILE...: makes HASH that of the names, from FOLDER on, and the contents of these files in it.
hash_of() {
    local folder=$1
    shift
    HASH=$(cd "$folder" && if (($#)); then printf '%s\0' "${@#"$folder/"}"; fi | LC_ALL=C sort -zu | xargs -0r sha256sum | sha256sum)
    HASH=${HASH:0:16}
}

make_receipt() {
    local kit_hash tests_hash files given=("$kit"/build/given/common/*) earlier
    for earlier in "${folders[@]}"; do
        if [[ $earlier < $folder ]]; then given+=("$kit/build/given/$earlier"/*); fi
    done
    hash_of "$kit" "$kit"/{Makefile,grader/grade} "$kit"/grader/grading/* "$kit"/grader/{probe,faults,judge}/*.[ch] "${given[@]}"
    kit_hash=$(sed -n 's/^VERSION := //p' "$kit/Makefile")-$HASH
    mapfile -d '' files < <(find "$kit/grader/lib" -type f -print0)
    hash_of "$kit" "${suites[@]}" "${files[@]}" "$kit/labs/$folder"/test_*.c
    tests_hash=$HASH
    hash_of "$work" "${taken[@]}"
    receipt="lab=$lab,kit=$kit_hash,tests=$tests_hash,submission=$HASH,seed=$seed,compiler=gcc-$(gcc -dumpfullversion),mode=$MODE"
    receipt+="${only:+,only=${only//,/+}}"
    if [[ ${BASE:-ref} == own ]]; then receipt+=',base=own'; fi
    receipt+="${c_only:+,c-only}"
    if [[ -n $replay ]]; then repeats_receipt "$kit_hash" "$tests_hash" "$HASH"; fi
}

# repeats_receipt KIT TESTS SUBMISSION: says where these are not what they were.
repeats_receipt() {
    local different=''
    if [[ $1 != "$then_kit" ]]; then different+=" kit ($then_kit then, $1 now)"; fi
    if [[ $2 != "$then_tests" ]]; then different+=" tests ($then_tests then, $2 now)"; fi
    if [[ $3 != "$then_submission" ]]; then different+=" submission ($then_submission then, $3 now)"; fi
    [[ -z $different ]] || mistake "this cannot repeat that run; different:$different"
    if [[ $receipt != *",compiler=$then_compiler,"* ]]; then echo "grade: the compiler was $then_compiler then" >&2; fi
}
