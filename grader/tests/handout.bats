# handout.bats - what a student gets: packed, unpacked elsewhere, built, solved, graded and handed in.

load common

setup_file() {
    # Two packages of each, made at different times, to be compared.
    cd "$BATS_TEST_DIRNAME/../.." || return
    make -s handout LAB=3 3>&-
    cp build/handout/lab3.* "$BATS_FILE_TMPDIR"
    make -s handout LABS=1-5 3>&-
    tar -C "$BATS_FILE_TMPDIR" -xzf build/handout/lab3.tar.gz
    tar -C "$BATS_FILE_TMPDIR" -xzf build/handout/labs1-5.tar.gz
}

setup() {
    ONE=$BATS_FILE_TMPDIR/lab3 ALL=$BATS_FILE_TMPDIR/labs1-5
    unset MAKEFLAGS MAKELEVEL MFLAGS
}

@test "the same tree gives the same archives, byte for byte, in any folder, time zone and umask" {
    local file other="$BATS_TEST_TMPDIR/another kit"
    mkdir "$other"
    (cd "$KIT" && git ls-files -z --cached --others --exclude-standard | xargs -0 tar -cf - --ignore-failed-read 2>/dev/null) | tar -xf - -C "$other"
    find "$other" -exec touch -d '2001-02-03 04:05:06' {} +
    (umask 077 && TZ=Asia/Tokyo make -s -C "$other" handout LAB=3 3>&-)
    for file in lab3.tar.gz lab3.zip; do
        cmp "$other/build/handout/$file" "$BATS_FILE_TMPDIR/$file"
    done
    unzip -qd "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR/lab3.zip"
    diff -r "$BATS_TEST_TMPDIR/lab3" "$ONE"
}

@test "a lab that is not there, or no lab, is one clear line" {
    run make -s -C "$KIT" handout LAB=8
    [[ $status == 2 && $output == *'handout: there is no lab 8'* ]]
    run make -s -C "$KIT" handout
    [[ $status == 2 && $output == *'usage: make handout LAB=N, or LABS=N-M'* ]]
}

@test "a handout has nothing that a student must not see" {
    local tree file secrets
    # Nothing of what is graded in secret, of the answers, of the class, of the history.
    secrets=$(cd "$KIT" && find grader/hidden grader/mutants grader/tests grader/class instructor .git -type f -size +40c \
        -exec md5sum {} + 2>/dev/null | cut -d ' ' -f 1 | sort -u)
    for tree in "$ONE" "$ALL"; do
        find "$tree" -type f -exec md5sum {} + | cut -d ' ' -f 1 | sort -u >"$BATS_TEST_TMPDIR/sums"
        [[ -z $(comm -12 "$BATS_TEST_TMPDIR/sums" - <<<"$secrets") ]]
        [[ -z $(find "$tree" -name '*hidden*' -o -name '*mutant*' -o -name '*instructor*' -o -name .git) ]]
        [[ -z $(find "$tree" -type l) ]]
        ! grep -rn '@test "H' "$tree" || false
        ! grep -rn 'SOLUTION' "$tree/labs" "$tree/skeletons" || false
    done
    # What is to be written is what skeletons/ has; a module of the lab shows up nowhere else.
    diff -r "$KIT/skeletons/03-threaded" "$ONE/skeletons/03-threaded"
    for file in "$ALL"/labs/0*/*.[ch]; do cmp "$file" "$KIT/skeletons/${file#"$ALL"/labs/}"; done
    [[ -z $(find "$ALL" -name '*.[ch]' | sed 's|.*/||' | grep -v '^main.c$' | sort | uniq -c | awk '$1 > 2 && $2 != "net.c"') ]]
    # The finished programs say nothing of their sources.
    for file in "$ONE"/stage/*/*/*; do
        ! readelf -SW "$file" | grep -E '\.debug|\.symtab' || false
        ! strings "$file" | grep -E '\.c$|/labs/' || false
    done
}

@test "no line of a solution is anywhere in the handout of its lab" {
    local lab file tree solved=$BATS_TEST_TMPDIR/solved
    # What some skeleton shows anyway, or a tool of the grader has as well.
    find "$KIT"/skeletons "$KIT"/grader/{probe,faults,judge} -name '*.[ch]' -exec cat {} + | sed 's/^[ \t]*//; s/[ \t]*$//' |
        sort -u >"$BATS_TEST_TMPDIR/shown"
    for tree in "$ONE" "$ALL"; do
        # All its lines without the blanks around them, and those of the solutions that no skeleton has.
        find "$tree" -type f -exec grep -hIv '^$' {} + | sed 's/^[ \t]*//; s/[ \t]*$//' | sort -u >"$BATS_TEST_TMPDIR/lines"
        for lab in "$tree"/skeletons/0*; do
            for file in "$KIT/labs/${lab##*/}"/*.[ch]; do
                unifdef -DSOLUTION "$file" | sed 's/^[ \t]*//; s/[ \t]*$//' | awk 'length >= 20' | sort -u >"$solved" || true
                comm -13 "$BATS_TEST_TMPDIR/shown" "$solved" |
                    comm -12 - "$BATS_TEST_TMPDIR/lines" | sed "s|^|${tree##*/} ${file##*/}: |"
            done
        done
    done >"$BATS_TEST_TMPDIR/leaks"
    cat "$BATS_TEST_TMPDIR/leaks"
    [[ ! -s $BATS_TEST_TMPDIR/leaks ]]
}

@test "the insides of the grader are the kit's own files, and nothing that lay about" {
    local tree
    for tree in "$ONE" "$ALL"; do
        diff <(cd "$tree" && find grader/{lib,probe,faults} -type f | sort) \
            <(cd "$KIT" && git ls-files --cached --others --exclude-standard grader/{lib,probe,faults} | sort)
    done
}

@test "earlier modules are given, solved and marked" {
    local file
    for file in "$ONE"/labs/{common,01-echo,02-single}/*.[ch]; do
        grep -q '^/\* Given, and finished' "$file"
        ! grep -n 'TODO' "$file" || false
        diff <(sed 1d "$file") "$KIT/build/given/${file#"$ONE"/labs/}"
    done
}

@test "every verb that a handout offers is there, and those of the kit are not" {
    run make -s -C "$ONE" help
    echo "$output"
    [[ $output == *'make watch-labN'* && $output != *skeletons/* && $output != *mutants* && $output != *handout* ]]
    run make -s -C "$ONE" lab1
    [[ $status == 2 && $output == *'there is no lab 1; the labs are 3'* ]]
    make -s -C "$ONE" compile_commands.json
    jq -e 'length == 8 and all(.[]; .directory and .file and (.command | contains("-std=c11")))' "$ONE/compile_commands.json"
    jq empty "$ONE"/.vscode/*.json "$ONE/.devcontainer/devcontainer.json"
    python3 -c 'import json, re, sys
steps = re.findall(r"max-score: (\d+)", open(sys.argv[1]).read())
assert sum(map(int, steps)) == 100, steps' "$ONE/.github/workflows/classroom.yml"
}

@test "lab 3 from its handout alone: it builds, has no points, is solved, handed in, and graded by the kit" {
    local file
    make -s -C "$ONE" lab3 CFLAGS='-O2 -Wall -Wextra -Wpedantic -Werror' 3>&-
    make -s -C "$ONE" grade-lab3 TEST=R3.1,R3.2 3>&- | grep '^Score: 0/5'
    for file in threaded_server.c threaded_client.c; do
        unifdef -DSOLUTION -o "$ONE/labs/03-threaded/$file" "$KIT/labs/03-threaded/$file" || (($? == 1))
    done
    make -s -C "$ONE" submit-lab3 3>&- >"$BATS_TEST_TMPDIR/out"
    cat "$BATS_TEST_TMPDIR/out"
    grep -q '^Graded from the archive: 100/100' "$BATS_TEST_TMPDIR/out"
    [[ $(tar -tzf "$ONE/build/labs/lab3-submission.tar.gz" | grep '[^/]$' | sort | paste -sd ' ') == \
        './03-threaded/pool_server.c ./03-threaded/threaded_client.c ./03-threaded/threaded_server.c' ]]
    # As one of a class of one.
    mkdir "$BATS_TEST_TMPDIR/class"
    cp "$ONE/build/labs/lab3-submission.tar.gz" "$BATS_TEST_TMPDIR/class/ada.tar.gz"
    "$KIT/grader/grade-class" --labs 3 --out "$BATS_TEST_TMPDIR/graded" "$BATS_TEST_TMPDIR/class" 3>&-
    [[ $(jq -c '[.submission, .score]' "$BATS_TEST_TMPDIR/graded/results/ada/lab3.json") == '["ada",100]' ]]
}

@test "labs 1 to 5 in one handout: each builds, and a student's own net.c serves the later labs" {
    local lab
    make -s -C "$ALL" all CFLAGS='-O2 -Wall -Wextra -Wpedantic -Werror' 3>&-
    cp -r "$KIT/build/given/01-echo" "$KIT/build/given/02-single" "$ALL/labs"
    unifdef -DSOLUTION -o "$ALL/labs/03-threaded/threaded_server.c" "$KIT/labs/03-threaded/threaded_server.c" || (($? == 1))
    make -s -C "$ALL" grade-lab3 TEST=R3.2 3>&- | grep '^Score: 3/3'
    # A mistake in it is the student's, not the machine's.
    echo 'int broken(void) { return nothing; }' >>"$ALL/labs/01-echo/net.c"
    for lab in 1 3; do
        run make -s -C "$ALL" grade-lab$lab TEST=R$lab.1 3>&-
        echo "$output"
        [[ $status == 0 && $output == *'does not compile'*nothing*undeclared* && $output == *'Score: 0/'* ]]
    done
}

# ---- The loop ----

# on_a_terminal WORD COMMAND...: runs it on a terminal, types Ctrl-C when WORD shows there, or when there is a file of
# that name (with * in it) where WORD begins with a slash, and waits for its end.
on_a_terminal() {
    local word=$1
    shift
    python3 - "$word" "$@" <<'END'
import glob, os, pty, select, sys, time
word, command = sys.argv[1].encode(), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen, typed, end = b"", False, time.time() + 60
while time.time() < end:
    if select.select([fd], [], [], 0.02)[0]:
        try:
            seen += os.read(fd, 65536)
        except OSError:
            break
    if not typed and (glob.glob(word.decode()) if word[:1] == b"/" else word in seen):
        os.write(fd, b"\x03")
        typed = True
os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
sys.exit(not typed)
END
}

@test "the finished programs are tried from the handout alone, and Ctrl-C ends them" {
    run on_a_terminal 'Ctrl-C ends it' make -s -C "$ONE" try-lab3 3>&-
    echo "$output"
    [[ $status == 0 && $output =~ listening\ on\ port\ ([0-9]+) ]]
    [[ $output == *"http://127.0.0.1:${BASH_REMATCH[1]}/testfile"* ]]
    [[ -z $(grep -lz "$ONE" /proc/[0-9]*/cmdline 2>/dev/null) ]]
    # On another processor the handout says so.
    mv "$ONE/stage/$(uname -m)" "$ONE/stage/other"
    run make -s -C "$ONE" try-lab3
    mv "$ONE/stage/other" "$ONE/stage/$(uname -m)"
    [[ $status != 0 && $output == *'the finished programs were built for other, and this machine is'* ]]
}

@test "watch grades at a save, the first failure first, in colour on a terminal only, and Ctrl-C leaves nothing" {
    cp "$KIT/skeletons/03-threaded/threaded_server.c" "$ONE/labs/03-threaded"
    mkdir -p "$ONE/build/labs"
    # As if all had been graded before; so only this one is now.
    jq -n '{score: 0, max: 2, tests: [{id: "R3.1", outcome: "fail", title: "", output: ""}]}' >"$ONE/build/labs/lab3.json"
    run on_a_terminal 'Score when all was graded' make -s -C "$ONE" watch-lab3 3>&-
    echo "$output"
    [[ $status == 0 && $output == *$'\e[1;31mR3.1\e[0m'*'does not hold'*'TODO is still to be done'*'threaded_server.c: TODO 1'* ]]
    NO_COLOR=1 run on_a_terminal 'Score when all was graded' make -s -C "$ONE" watch-lab3 3>&-
    [[ $status == 0 && $output != *$'\e['3* && $output != *$'\e['9* ]]
    [[ -z $(grep -lz "$ONE" /proc/[0-9]*/cmdline 2>/dev/null) ]]
}

# interrupted WORD ARGUMENT...: Ctrl-C during `make ARGUMENT...`, at WORD; nothing of it is left then.
interrupted() {
    local i left word=$1
    shift
    rm -rf "$ONE/build/labs/debug" "$ONE/build/experiments"
    TMPDIR=$temporary run on_a_terminal "$word" make -s -C "$ONE" "$@" 3>&-
    echo "make $*, Ctrl-C at $word: status $status"
    echo "$output"
    ((status == 0))
    for ((i = 0; i < 100; i++)); do # what was killed may take a moment to go
        left=$(find "$temporary" -mindepth 1; grep -laz "[/]${temporary#/}" /proc/[0-9]*/{cmdline,environ} 2>/dev/null || true)
        if [[ -z $left ]]; then return; fi
        read -rt 0.1 <> <(:) || true
    done
    echo "left: $left"
    for i in $left; do tr '\0' ' ' <"${i%environ}" 2>/dev/null || true; done
    false
}


@test "Ctrl-C leaves nothing behind, whatever runs: no process, no file" {
    local temporary solved="SRC=$KIT/grader/tests/submissions/other-c"
    temporary=$(mktemp -d /tmp/interrupted.XXXXXX)
    chmod 1777 "$temporary" # the grader has users of its own
    interrupted "$temporary/netkit.*/work" grade-lab3 "$solved"
    interrupted "$temporary/netkit.*/results/R3.2.outcome" grade-lab3 "$solved"
    interrupted "$ONE/build/other-c/debug/all" debug-lab3 TEST=R3.9 "$solved"
    interrupted "$temporary/netkit.*/results/R3.2.outcome" capture-lab3 TEST=R3.9 "$solved"
    interrupted "$temporary/submit.*/check" submit-lab3 "$solved"
    interrupted "$temporary/netkit.*/work" watch-lab3 "$solved"
    interrupted "$temporary/experiment.*/shim.so" experiment-close
    interrupted "$ONE/build/experiments/chunk.csv" experiment-chunk
    interrupted "$ONE/build/experiments/servers.csv" experiment-servers
    interrupted "$ONE/build/experiments/backlog.csv" experiment-backlog
    rmdir "$temporary"
}

@test "hints come one at a time, and stop at the third" {
    local step
    for step in 1 2 3 3; do
        run make -s -C "$ONE" hint-lab3 TEST=R3.6
        [[ $status == 0 && $(grep -cE '^(A question|Where to look|A sketch): ' <<<"$output") == "$step" ]]
    done
    run make -s -C "$ONE" hint-lab3 TEST=R3.99
    [[ $status != 0 && $output == *"lab 3 has no requirement 'R3.99'"* ]]
}

@test "reset gives the skeleton back and keeps the old file; a solution in the kit is not touched" {
    echo '/* mine */' >"$ONE/labs/03-threaded/threaded_client.c"
    make -s -C "$ONE" reset-lab3 FILE=threaded_client.c
    cmp "$ONE/labs/03-threaded/threaded_client.c" "$ONE/skeletons/03-threaded/threaded_client.c"
    [[ $(cat "$ONE/labs/03-threaded/threaded_client.c.1") == '/* mine */' ]]
    run make -s -C "$KIT" reset-lab3 FILE=threaded_client.c
    [[ $status != 0 && $output == *'holds the solution'* ]]
}

@test "progress shows the points of each lab, and what is next" {
    jq -n '{score: 50, max: 100, tests: [{id: "R3.1", outcome: "pass"}, {id: "R3.2", outcome: "fail"}]}' >"$ALL/build/labs/lab3.json"
    rm -f "$ALL"/build/labs/lab[1245].json
    run make -s -C "$ALL" progress
    echo "$output"
    [[ $output == *'not graded yet: make grade-lab1'* && $output == *'03-threaded  #####-----   50/100 points, 1 of 2'* ]]
    [[ $output == *'Next: make grade-lab1' && $output != *$'\e'* ]]
}

@test "debug shows the system calls of the program in the test that fails" {
    printf '#include <unistd.h>\nint main(void)\n{\n    return (int)write(1, "not a server\\n", 13) - 10;\n}\n' >"$ONE/labs/03-threaded/threaded_server.c"
    run make -s -C "$ONE" debug-lab3 TEST=R3.1 3>&-
    echo "$output"
    [[ $output == *'R3.1 threaded_server listens, and says on which port: fail'* ]]
    [[ $output == *'write(1, "not a server\n", 13)'*'exit_group(3)'* ]]
}

@test "doctor lists every tool, and the exact line that installs what is missing" {
    local bin=$BATS_TEST_TMPDIR/bin tool
    mkdir "$bin"
    for tool in "$(type -P bash)" /usr/bin/{env,sed,awk,grep,apt-get,readlink,dirname,cat,true,test,uname}; do ln -s "$tool" "$bin"; done
    run env PATH="$bin" "$ONE/loop/doctor"
    echo "$output"
    [[ $status == 1 && $output =~ 'missing'\ +'entr' && $output == *'To install what is missing: sudo apt-get install -y '*' entr '* ]]
}

@test "an experiment measures somebody's own server, draws, and says what is seen" {
    run make -s -C "$KIT" experiment-backlog SRC=grader/tests/submissions/other-c 3>&-
    echo "$output"
    [[ $status == 0 && $output == *'with a backlog of 0'* && $output == *'build/experiments/backlog.csv'* ]]
    [[ $(sed -n 's/^tcp_server,16,//p' "$KIT/build/experiments/backlog.csv") == 17 ]]
    grep -q '</svg>' "$KIT/build/experiments/backlog.svg"
}
