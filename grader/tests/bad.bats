# bad.bats - whatever is handed in gets a result with a clear reason, within 30 s, and leaves nothing behind; and whatever
# is typed wrong gets one line.
#
# setup_file grades all submissions of bad-submissions/, a few at a time; the tests look at what came of it.

load common

# grade_case NAME MODE ONLY LAB: grades this submission, of which only these requirements. Leaves NAME.MODE.* in $RUNS: the result,
# the report, the status, the time and what was left behind.
grade_case() {
    local name=$1 mode=$2 only=$3 lab=$4 run=$RUNS/$1.$2 began=$SECONDS status=0
    mkdir -m 711 "$run"
    TMPDIR=$run timeout -k 5 100 "$KIT/grader/grade" --mode "$mode" ${only:+--only "$only"} --json "$run.json" "$lab" \
        "$SUBMISSIONS/$name" >"$run.report" 2>&1 3>&- </dev/null || status=$?
    echo "$status" >"$run.status"
    echo "$((SECONDS - began))" >"$run.seconds"
    ls -A "$run" >"$run.files"
    processes_of "$run" >"$run.processes"
}

# processes_of FOLDER: the processes whose command, program or current folder lies in it.
processes_of() {
    {
        grep -laF "$1/" /proc/[0-9]*/cmdline
        find /proc/[0-9]*/exe /proc/[0-9]*/cwd -maxdepth 0 -lname "$1/*"
    } 2>/dev/null || true
}

setup_file() {
    local name only modes lab
    export RUNS SUBMISSIONS=$BATS_FILE_TMPDIR/submissions NAMESPACES='' DEADLINE=3
    RUNS=$(mktemp -d /tmp/bad.XXXXXX)
    chmod 711 "$RUNS"
    cp -r "$KIT/grader/tests/bad-submissions" "$SUBMISSIONS"
    cp "$KIT/labs/05-dynamic/product.h" "$SUBMISSIONS/forges-unit-tests"
    generate
    if "$KIT/grader/grade" --mode namespaces --only R5.1 5 "$SUBMISSIONS/no-program" >/dev/null 2>&1; then NAMESPACES=yes; fi
    while read -r name only modes; do
        lab=5
        if [[ $only == all ]]; then only=''; else lab=${only:1:1}; fi
        for mode in $modes; do
            if [[ $mode == namespaces && -z $NAMESPACES ]]; then continue; fi
            while (($(jobs -rp | wc -l) >= 4)); do wait -n || true; done
            grade_case "$name" "$mode" "$only" "$lab" 3>&- &
        done
    done <<'END'
hangs all namespaces plain
prints all namespaces
fork-bomb R5.1,R5.2 namespaces
includes-dev-zero R5.1,R5.2 namespaces
uses-up-memory R5.1,R5.2 namespaces
fills-the-disk R5.1,R5.2 namespaces
ignores-signals R5.1,R5.2 namespaces plain
kills-all R5.1,R5.2 namespaces
own-tools R5.1,R5.2 namespaces plain
does-not-compile all namespaces plain
nothing R5.1,R5.2 namespaces
no-program R5.1,R5.2 plain
empty-source R5.1,R5.2 namespaces
lacks-a-module R5.1,R5.2 namespaces
crashes R5.1,R5.2 namespaces plain
daemonises R5.1,R5.2 namespaces plain
binary R5.1,R5.2 namespaces plain
binary-as-source R5.1,R5.2 namespaces
includes-passwd R5.1,R5.2 namespaces
includes-itself R5.1,R5.2 namespaces
includes-the-solution R5.1,R5.2 namespaces
links-to-the-solution R5.1,R5.2 namespaces plain
forges R5.1,R5.2 namespaces
no-interpreter R5.1,R5.2 namespaces
odd-names R5.1,R5.2 namespaces plain
forges-records R5.1,R5.2 namespaces
sends-without-end R5.1,R5.2 namespaces plain
drips-without-end R5.1,R5.2 namespaces
locks-its-folder R5.1,R5.2,R5.14,R5.19,R5.20,R5.31 namespaces
changes-its-input R1.16,R1.19 namespaces
changes-what-it-serves R2.3,R2.8,H2.1 namespaces
is-not-watched R5.2,R5.31 namespaces
silences-the-sanitizer R5.2,R5.31 namespaces
forges-unit-tests R5.3,R5.10 namespaces
looks-for-a-way-out R5.1 namespaces
links-to-another R5.1 plain
expands-without-end R5.1,R5.2 namespaces
lays-traps R2.2,R2.19,R2.23 namespaces
passes-the-tracer-by R1.1,R1.2,R1.22,R1.32 namespaces
sends-blanks R5.1,R5.2,R5.3 namespaces
stays R5.1 namespaces plain
takes-ports R1.1,R1.16,R1.17,R1.18 namespaces
END
    wait
}

# The submissions that no repository should hold.
generate() {
    local folder
    for folder in nothing binary binary-as-source includes-the-solution links-to-the-solution odd-names forges-records links-to-another lays-traps; do
        mkdir "$SUBMISSIONS/$folder"
    done
    cp "$(type -P true)" "$SUBMISSIONS/binary/dynamic_server"
    cp "$(type -P true)" "$SUBMISSIONS/binary-as-source/dynamic_server.c"
    echo "#include \"../../../../../../../../../..$KIT/labs/05-dynamic/dynamic_server.c\"" \
        >"$SUBMISSIONS/includes-the-solution/dynamic_server.c"
    ln -s "$KIT/labs/05-dynamic/dynamic_server.c" "$SUBMISSIONS/links-to-the-solution"
    ln -s "$KIT/labs/05-dynamic/product.c" "$SUBMISSIONS/links-to-the-solution"
    ln -s "$SUBMISSIONS/drips-without-end" "$SUBMISSIONS/links-to-another/05-dynamic"
    cp "$SUBMISSIONS/crashes/dynamic_server.c" "$SUBMISSIONS/odd-names"
    # shellcheck disable=SC2016
    (cd "$SUBMISSIONS/odd-names" && touch -- 'two words.c' '$(touch PICKED-UP).c' -o.c $'new\nline.h' '*.h' "a'b\".c")
    mkdir "$SUBMISSIONS/odd-names/folder.c"
    lay_traps
    # What parts the records of a run, and what clears a terminal.
    printf '#error \x1eR9.9 [90] forged\x1fpass\x1f1\x1f\x1eR9.8 [-90] x\x1ffail\x1f1\x1f\x1b[2J Score: \xc2\x9b2J \xe2\x80\xae\n' \
        >"$SUBMISSIONS/forges-records/dynamic_server.c"
}

# A right server, which lays things where the test will lay what the next one is to serve: a file, and a link to the outcomes.
lay_traps() {
    local file
    for file in "$KIT"/labs/02-single/*.[ch]; do
        if [[ ${file##*/} != test_* ]]; then unifdef -DSOLUTION -o "$SUBMISSIONS/lays-traps/${file##*/}" "$file" || (($? == 1)); fi
    done
    cat >>"$SUBMISSIONS/lays-traps/single_server.c" <<'END'
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
__attribute__((constructor)) static void lay(void)
{
    static char path[5000], name[5100];
    close(open("narrow", O_CREAT | O_WRONLY, 0600));
    mkdir("targets", 0700);
    if (readlink("/proc/self/exe", path, sizeof path - 1) > 0) {
        snprintf(name, sizeof name, "%s/results/R2.2.outcome", dirname(dirname(dirname(path))));
        symlink(name, "targets/plain.txt");
    }
}
END
}

teardown_file() { rm -rf "$RUNS"; }

# verdict NAME SCORE REASON...: in each mode in which it was graded, the submission has this score, and the report has
# these words; and it left nothing behind.
verdict() {
    local name=$1 score=$2 run reason found=''
    shift 2
    for run in "$RUNS/$name".*.status; do
        if [[ ! -e $run ]]; then skip 'this system has no namespaces for it'; fi
        run=${run%.status} found=yes
        echo "${run##*/}: status $(<"$run.status"), $(<"$run.seconds") s"
        cut -c -150 "$run.report" | sed '/ not run /d' | head -n 60
        [[ $(<"$run.status") == 0 ]]
        [[ $(jq -r '"\(.status) \(.score)"' "$run.json") == "graded $score" ]]
        for reason; do grep -qF -- "$reason" <(jq -r '.tests[].output' "$run.json"); done
        (($(<"$run.seconds") <= 30))
        [[ ! -s $run.files && ! -s $run.processes ]]
        run ! grep -q PICKED-UP "$run.report" "$run.json"
    done
    [[ -n $found ]]
}

@test "one that does not compile: what the compiler says" {
    verdict does-not-compile 0 'dynamic_server.c does not compile' "error: expected ‘;’ before ‘return’"
}
@test "one with a module missing: what the linker says" {
    verdict lacks-a-module 0 'dynamic_server.c does not compile' "undefined reference to \`serve'"
}
@test "an empty source" { verdict empty-source 0 "undefined reference to \`main'"; }
@test "an empty folder, and one with other files: what was looked for" {
    verdict nothing 0 'It was looked for as dynamic_server.c, and as a script named dynamic_server.'
    verdict no-program 0 'It was looked for as dynamic_server.c'
}
@test "a compiled program" {
    verdict binary 0 'compiled programs are not taken'
    verdict binary-as-source 0 'does not compile'
}
@test "a script whose interpreter is not there" { verdict no-interpreter 0 'is there such an interpreter'; }
@test "one that hangs in every test" { verdict hangs 3 'nothing came for'; }
@test "one that crashes at once" { verdict crashes 0 'it used memory that is not its own (SIGSEGV)'; }
@test "one that prints without end" { verdict prints 3 'more bytes'; }
@test "one that forks without end" { verdict fork-bomb 0 'The program starts more and more processes'; }
@test "one that serves on as a daemon" { verdict daemonises 0 'The server ended at once, with status 0'; }
@test "one that fills every disk" {
    verdict fills-the-disk 3 'nothing came for'
    [[ ! -e /tmp/filled-0 && ! -e /var/tmp/filled-0 && ! -e /dev/shm/filled-0 ]]
}
@test "one that takes all memory" { verdict uses-up-memory 3; }
@test "one that ignores every signal" { verdict ignores-signals 3 'nothing came for'; }
@test "one that kills whatever it may" { verdict kills-all 3; }
@test "one that includes files of the system, or itself" {
    verdict includes-passwd 0 'does not compile' 'etc/shadow: '
    verdict includes-itself 0 'does not compile' 'nested depth'
    verdict includes-dev-zero 0 'does not compile'
    verdict expands-without-end 0 'does not compile'
}
@test "one that includes the solution, or links to it" {
    verdict links-to-the-solution 0 'It was looked for as dynamic_server.c'
    verdict includes-the-solution 0 'does not compile' 'No such file or directory'
    verdict links-to-another 0 'It was looked for as dynamic_server.c'
}
@test "one with a Makefile, a .bashrc, a conftest.py, a libfaults.so and a suite of its own" {
    verdict own-tools 3
    [[ ! -e /tmp/PICKED-UP ]]
}
@test "one with odd names of files" { verdict odd-names 0 'it used memory that is not its own (SIGSEGV)'; }
@test "one that forges results" { verdict forges 0 'The server ended at once, with status 0'; }
@test "one that forges the records of a run in what the compiler says" {
    verdict forges-records 0 '#error R9.9 [90] forgedpass1'
    [[ $(jq -r '"\(.max) \([.tests[].id] | join(" "))"' "$RUNS/forges-records.namespaces.json") == '7 R5.1 R5.2' ]]
    run ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2\x9b|\xe2\x80\xae' "$RUNS/forges-records.namespaces.report"
}
@test "one that sends without end, at once or drop by drop" {
    verdict sends-without-end 3 'too much came, and no end of it'
    verdict drips-without-end 3 'bytes still came, and no end of them'
}
@test "one that changes what it is given to read or to serve, or finds it where it shall fetch it" {
    verdict changes-its-input 4 'The output on stdout is not what was expected'
    verdict changes-what-it-serves 3 'There is no file received-picture.png'
    [[ $(jq -r '.tests[] | select(.id == "H2.1").outcome' "$RUNS/changes-what-it-serves.namespaces.json") == fail ]]
}
@test "one that takes the ports of the grader's servers" {
    local score
    score=$(jq .score "$RUNS/takes-ports.namespaces.json" || echo 0) # of four requirements, as many as are done before
    ((score <= 7))
    verdict takes-ports "$score" 'a program of the submission has taken its port'
}
@test "one that keeps a function from the sanitizer, and one that makes it say nothing" {
    verdict is-not-watched 4 'attempt to use poisoned "no_sanitize"'
    verdict silences-the-sanitizer 4 'The program has to do with the sanitizer itself: __asan_default_options'
}
@test "one whose module lets its unit tests say that they pass" {
    verdict forges-unit-tests 4 'is there an array of a fixed size for the operands'
}
@test "one that tries the doors of its box" {
    grep -qF -e --disable-userns <(bwrap --help 2>&1) || skip 'this bubblewrap cannot forbid user namespaces'
    verdict looks-for-a-way-out 3
}
@test "one that lays traps where tests lay their files" { verdict lays-traps 11; }
@test "one that passes by the tracer that injects faults" {
    [[ $(uname -m) == x86_64 ]] || skip 'it is written for another processor'
    verdict passes-the-tracer-by 10 'The server ended at once'
}
@test "one that sends megabytes of blanks and zeros" { verdict sends-blanks 7 'The reply has more than 10000000 bytes'; }
@test "one that stays, and nothing tells whose it is" { verdict stays 3; }
@test "one that locks its folder, and lays pipes and links where the grader looks" { verdict locks-its-folder 3; }

# complains STATUS WORDS COMMAND...: the command ends with this status and one line on stderr that has these words.
complains() {
    local wanted=$1 words=$2
    shift 2
    run --separate-stderr "$@"
    echo "status $status: $output / $stderr"
    [[ $status == "$wanted" && -z $output && ${#stderr_lines[@]} == 1 && $stderr == *"$words"* ]]
}

bats_require_minimum_version 1.5.0

@test "in plain mode, one that ends the suite: not graded, and why" {
    cd "$BATS_TEST_TMPDIR"
    ((EUID == 0)) || skip 'it would end what else this user runs'
    local status=0
    "$KIT/grader/grade" --mode plain --only R5.1 5 "$SUBMISSIONS/kills-all" >report 2>&1 3>&- || status=$?
    cat report
    [[ $status == 3 ]]
    grep -qF 'The suite was killed' report
}

@test "wrong usage: status 2 and one line" {
    mkdir "$BATS_TEST_TMPDIR/here"
    cd "$BATS_TEST_TMPDIR/here"
    local grade=$KIT/grader/grade wrong
    complains 2 'usage: ' "$grade"
    complains 2 'usage: ' "$grade" 5 . more
    complains 2 'usage: ' "$grade" --frobnicate 5
    complains 2 "there is no folder '--only'" "$grade" 5 --only
    complains 2 'usage: ' "$grade" --mode jail 5
    for wrong in 9 0 '' x 5x ../5 '*'; do complains 2 "there is no lab '$wrong'" "$grade" "$wrong"; done
    complains 2 "there is no folder 'nowhere'" "$grade" 5 nowhere
    complains 2 "no requirement 'R5.99'" "$grade" --only R5.1,R5.99 5
    complains 2 "no requirement 'R4.1'" "$grade" --only R4.1 5
    complains 2 "there is no folder for 'nowhere/result.json'" "$grade" --json nowhere/result.json 5
    complains 2 'usage: ' "$grade" --json
    [[ -z $(ls -A) ]]
}

@test "make: a lab that is not there, and a submission that is not there" {
    cd "$KIT"
    run make -s grade-lab9
    [[ $status != 0 && ${#lines[@]} == 1 && $output == *'no lab 9'* ]]
    run make -s lab9
    [[ $status != 0 && ${#lines[@]} == 1 && $output == *'no lab 9'* ]]
    run make -s grade-lab5 SRC=nowhere
    [[ $status != 0 && ${lines[0]} == "grade: there is no folder 'nowhere'" && ${#lines[@]} -le 2 ]]
}

@test "a missing tool is a fault of the machine: status 3, one line, no result" {
    local tool path=$BATS_TEST_TMPDIR/bin
    mkdir "$path"
    ln -s /bin/* /usr/bin/* /usr/local/bin/* "$path" 2>/dev/null || true
    for tool in curl jq gcc; do
        mv "$path/$tool" "$BATS_TEST_TMPDIR"
        complains 3 "$tool is missing" env PATH="$path" "$KIT/grader/grade" --json "$RESULT" 5
        mv "$BATS_TEST_TMPDIR/$tool" "$path"
        [[ ! -e $RESULT ]]
    done
}

@test "a score of 0 is a result: status 0; SRC may be relative, end in a slash or have blanks in its name" {
    cd "$BATS_TEST_TMPDIR"
    mkdir 'two words'
    cp "$SUBMISSIONS/crashes/dynamic_server.c" 'two words'
    grade --only R5.1 5 'two words/'
    expect_score 0
    [[ $(jq -r .submission "$RESULT") == 'two words' ]]
    [[ $(ls -A) == $'report\nresult.json\ntwo words' ]]
}
