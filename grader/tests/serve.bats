# serve.bats - the packages for Gradescope, Autolab and GitHub Classroom, each run as that service runs it.

bats_require_minimum_version 1.5.0
load common
load class

setup_file() {
    COPY=$BATS_FILE_TMPDIR/kit
    export COPY
    copy_kit "$COPY"
    # The submission says which grade it gets; nothing is installed.
    printf '#!/bin/sh\ntouch set-up\n' >"$COPY/setup"
    chmod +x "$COPY/setup"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    mkdir submission
    touch go
    export GO=$PWD/go AUTOGRADER=$PWD
}

# as_gradescope: unpacks the zip where Gradescope does, and calls what it calls.
as_gradescope() {
    make -s -C "$COPY" gradescope LAB=3 >path
    unzip -qo "$COPY/build/gradescope-lab3.zip" -d source
    bash source/setup.sh
    cp source/run_autograder .
    ./run_autograder 3>&-
}

@test "Gradescope: the zip sets itself up, and writes results.json" {
    echo 40 >submission/verdict
    as_gradescope
    [[ -e source/kit/set-up && ! -e source/kit/grader/tests && ! -e source/kit/build/out ]]
    [[ $(jq -c '[.score, .tests[0].score, .tests[0].max_score, .tests[0].status, .tests[0].visibility]' results/results.json) == \
        '[40,40,100,"failed","visible"]' ]]
    mkdir 'submission/my work'
    touch 'submission/my work/threaded_server.c'
    echo 100 >'submission/my work/verdict'
    ./run_autograder 3>&-
    [[ $(jq -c '[.score, .tests[0].status, .output]' results/results.json) == \
        "[100,\"passed\",\"Mode: namespaces\\nThe programs were found in the folder 'my work'.\"]" ]]
}

@test "Gradescope: a fault of the machine is no zero, and who is stopped early leaves something to read" {
    echo machine >submission/verdict
    run -1 as_gradescope
    [[ $output == *'the disk is full'* && ! -e results/results.json ]]
    echo wait >submission/verdict
    rm go
    ./run_autograder 3>&- &
    until [[ -s results/results.json ]]; do kill -0 "$!"; done
    until jq -e '.score == 0 and (.output | contains("stopped"))' results/results.json >/dev/null 2>&1; do kill -0 "$!"; done
    touch go
    wait "$!"
    [[ $(jq .score results/results.json) == 70 ]]
}

@test "Autolab: the last line is the score; a fault of the machine has none" {
    local dir=$BATS_TEST_TMPDIR/grading
    make -s -C "$COPY" autolab LAB=3
    mkdir "$dir"
    cp "$COPY"/build/autolab-lab3/autograde.tar "$dir"
    cp "$COPY"/build/autolab-lab3/autograde-Makefile "$dir/Makefile"
    echo 85 >submission/verdict
    tar -cf "$dir/handin.tar" -C submission .
    run -0 make -s -C "$dir"
    [[ ${lines[-1]} == '{"scores":{"Lab 3":85}}' ]]
    rm -rf "$dir/kit" "$dir/submission"
    echo machine >submission/verdict
    tar -cf "$dir/handin.tar" -C submission .
    run -2 make -s -C "$dir"
    [[ $output != *scores* ]]
}

@test "GitHub Classroom: the steps of the workflow have 100 points, and give each requirement its own" {
    python3 -c 'import yaml' 2>/dev/null || skip 'python3-yaml is not installed'
    make -s -C "$COPY" classroom LAB=3 KIT=owner/kit
    ln -s "$COPY" kit
    echo 100 >submission/verdict
    cat >steps.py <<'END'
import json, subprocess, sys, yaml
steps = yaml.safe_load(open(sys.argv[1]))['jobs']['grade']['steps']
graded = [s for s in steps if 'command-grader' in s.get('uses', '')]
assert sum(s['with']['max-score'] for s in graded) == 100
reporter = steps[-1]
assert reporter['with']['runners'] == ','.join(s['id'] for s in graded)
assert all('-' not in s['id'] and f"{s['id']}_RESULTS".upper() in [k.upper() for k in reporter['env']] for s in graded)
run = [s for s in steps if 'run' in s]
output = subprocess.run(['bash', '-e', '-c', run[-1]['run']], check=True, capture_output=True, text=True).stdout.splitlines()
assert output[0].startswith('::stop-commands::') and output[-1] == '::' + output[0].split('::')[2] + '::'
command = lambda id: [s['with']['command'] for s in graded if s['id'] == id][0]
assert subprocess.run(command('R3_1'), shell=True).returncode == 0, command('R3_1')
assert subprocess.run(command('R3_2'), shell=True).returncode != 0
END
    python3 steps.py "$COPY/build/classroom-lab3.yml"
    # In a handout the kit and the student's work are one repository.
    "$COPY/grader/serve/classroom" 3 3 >own.yml
    ln -s "$COPY/grader" grader
    ln -s submission labs
    rm kit submission/verdict lab3.json
    echo 100 >submission/verdict
    python3 steps.py own.yml
}

@test "a package for no lab, or a workflow for no kit: one line, and nothing is made" {
    local verb
    for verb in gradescope autolab classroom; do
        run -2 make -s -C "$COPY" "$verb" KIT=a/b
        [[ $output == *"which lab? make $verb LAB=3"* && ${#lines[@]} == 1 ]]
        run -2 make -s -C "$COPY" "$verb" LAB=9 KIT=a/b
    done
    run -2 make -s -C "$COPY" classroom LAB=3
    [[ $output == *'where is the kit?'* ]]
    run -2 make -s -C "$COPY" classroom LAB=3 KIT=nothing
    [[ ${lines[0]} == 'usage: classroom FIRST LAST [OWNER/REPOSITORY]' && ! -e $COPY/build/gradescope-lab ]]
    run -2 "$COPY/grader/serve/classroom" 9 9
    [[ $output == 'classroom: there is no lab 9' ]]
}
