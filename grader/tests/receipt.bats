# receipt.bats - a run can be repeated from its last line, looked at packet by packet, and counted a thousand times.

load common

PYTHON=$BATS_TEST_DIRNAME/submissions/python

receipt() { jq -r .receipt "$RESULT"; }

# refused WHAT ARGUMENT...: `grade ARGUMENT...` ends with status 2 and one line that has WHAT in it.
refused() {
    local what=$1 status=0
    shift
    "$KIT/grader/grade" "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- || status=$?
    cat "$BATS_TEST_TMPDIR/err"
    [[ $status == 2 && ! -s $BATS_TEST_TMPDIR/out && $(wc -l <"$BATS_TEST_TMPDIR/err") == 1 ]]
    [[ $(<"$BATS_TEST_TMPDIR/err") == "grade: "*"$what"* ]]
}

# own_kit: makes OWN a copy of the kit, which a test may change.
own_kit() {
    OWN=$BATS_TEST_TMPDIR/kit
    mkdir "$OWN"
    (cd "$KIT" && git ls-files -co --exclude-standard -z | tar -c --null -T - --ignore-failed-read) | tar -xC "$OWN"
}

@test "the last line of a run is its receipt, also in the result; it can be repeated from that" {
    local first
    grade --mode plain --only R3.1,R3.26 3 "$PYTHON"
    first=$(receipt)
    [[ $first =~ ^lab=3,kit=[0-9.]+-[0-9a-f]{16},tests=[0-9a-f]{16},submission=[0-9a-f]{16},seed=[0-9]+,compiler=gcc-[0-9.]+,mode=plain,only=R3\.1\+R3\.26$ ]]
    [[ $(tail -n 1 "$BATS_TEST_TMPDIR/report") == "Receipt: $first" ]]
    grade --replay "$first" "$PYTHON"
    [[ $(receipt) == "$first" ]]
    [[ $(jq -c '[.mode, .tests[].id]' "$RESULT") == '["plain","R3.1","R3.26"]' ]]
    # As it stands there, and where the copy of the submission lies flat and has other files besides.
    mkdir "$BATS_TEST_TMPDIR/flat"
    cp "$PYTHON"/03-threaded/* "$BATS_TEST_TMPDIR/flat"
    echo 'no part of it' >"$BATS_TEST_TMPDIR/flat/notes.txt"
    grade --replay "Receipt: $first" "$BATS_TEST_TMPDIR/flat"
    [[ $(receipt) == "$first" ]]
}

@test "two runs differ in their seed, and take what else was asked for into the receipt" {
    local first
    grade --only R1.1 1
    first=$(receipt)
    BASE=own grade --c-only --only R1.1 1
    [[ $(seed_of "$first") != "$(seed_of "$(receipt)")" ]]
    [[ $(receipt) == *,only=R1.1,base=own,c-only ]]
    grade --replay "$(receipt)"
    [[ $(receipt) == *,base=own,c-only ]]
}
seed_of() { sed 's/.*,seed=\([0-9]*\),.*/\1/' <<<"$1"; }

@test "a submission that has changed is refused, and so is what is no receipt" {
    local tree=$BATS_TEST_TMPDIR/tree line
    cp -r "$PYTHON/03-threaded" "$tree"
    grade --only R3.1 3 "$tree"
    line=$(receipt)
    echo '# more' >>"$tree/threaded_server"
    refused 'different: submission (' --replay "$line" "$tree"
    refused 'different: submission (' --replay "$line"
    refused 'this is no receipt' --replay "${line/kit=/kat=}" "$tree"
    refused 'this is no receipt' --replay "$line,only=\$(date)" "$tree"
}

@test "a kit that has changed is refused, and tests that have; what is not used is not looked at" {
    local line
    own_kit
    "$OWN/grader/grade" --json "$RESULT" --only R3.1 3 "$PYTHON" 3>&-
    line=$(receipt)
    echo >>"$OWN/README.md"
    echo '# more' >>"$OWN/grader/suites/lab4.bats"
    "$OWN/grader/grade" --replay "$line" "$PYTHON" 3>&-
    echo '# more' >>"$OWN/grader/hidden/lab3.bats"
    KIT=$OWN refused 'different: tests (' --replay "$line" "$PYTHON"
    echo '# more' >>"$OWN/Makefile"
    KIT=$OWN refused 'different: kit (' --replay "$line" "$PYTHON"
}

@test "random files depend on the seed of the run, on their name, and on nothing else" {
    local seed bytes=$KIT/build/grader/bytes
    make -s -C "$KIT" tools
    cd "$BATS_TEST_TMPDIR"
    "$bytes" random 100000 '1 big' >a
    "$bytes" random 100000 '1 big' | cmp - a
    "$bytes" random 5 '1 big' | cmp - <(head -c 5 a)
    "$bytes" random 0 '1 big' | cmp - /dev/null
    for seed in '1 small' '2 big' 2 ''; do
        "$bytes" random 100000 "$seed" >b
        [[ $(cmp -l a b | wc -l) -gt 99000 ]]
    done
    (($(gzip -c a | wc -c) > 99000))
    [[ $("$bytes" random -1 x 2>&1) == usage:* ]]
    # Nothing else is random in the suites, but what stands in the commands of a report, and the keys of certificates.
    [[ -z $(grep -h 'urandom\|RANDOM' "$KIT"/grader/{suites,hidden,bonus,lib}/*.ba* | grep -v 'by_hand\|openssl') ]]
}

@test "the same seed serves the same files, another one others" {
    local line first tree=$BATS_TEST_TMPDIR/tree
    # A server that says in its failure what a random file has in it.
    mkdir "$tree"
    cat >"$tree/threaded_server" <<'END'
#!/usr/bin/python3
import hashlib, sys
sys.exit(hashlib.sha256(open(sys.argv[-1] + "/photo.jpg", "rb").read()).digest()[0] % 50 + 50)
END
    grade --only R3.1 3 "$tree"
    line=$(receipt) first=$(said)
    grade --replay "$line" "$tree"
    [[ $first == *'with status'* && $(said) == "$first" ]]
    grade --replay "${line/,seed=*,comp/,seed=$(($(seed_of "$line") + 1)),comp}" "$tree"
    grade --replay "${line/,seed=*,comp/,seed=1,comp}" "$tree"
    [[ $(receipt) == *,seed=1,* ]]
    first=$(said)
    grade --replay "${line/,seed=*,comp/,seed=2,comp}" "$tree"
    [[ $(said) != "$first" ]]
}
said() { jq -r '.tests[0].output' "$RESULT"; }

@test "one requirement shows what it did, also where it holds" {
    local report=$BATS_TEST_TMPDIR/report
    make -s -C "$KIT" grade-lab3 TEST=R3.4 >"$report" 3>&-
    cat "$report"
    grep -q '^R3.4 .*: holds\.$' "$report"
    grep -q 'Started: ./threaded_server -d 300 8012 site' "$report"
    grep -q '12 clients asked for testfile at the same time' "$report"
    grep -q '> GET /testfile HTTP/1.0\\r\\n' "$report"
    grep -q '< HTTP/1.. 200 ' "$report"
    grep -q '\$ ./threaded_server -d 300 8012 site &' "$report"
    # All parts of it, of which a failure would show the last one.
    make -s -C "$KIT" grade-lab3 TEST=R3.20 >"$report" 3>&-
    grep -q '\$ ./threaded_server 8060 errors &' "$report"
    grep -q '\$ ./threaded_server -d 1 -t html,json 8062 narrow &' "$report"
}

# packets FILTER: how many packets of the capture $FILE there are that the filter takes.
packets() { tcpdump -nr "$FILE" "$@" 2>/dev/null | wc -l; }

@test "the packets of one requirement are captured, without root, and those of no other" {
    grade --only R3.1 3
    if [[ $(jq -r .mode "$RESULT") == plain ]]; then skip 'no namespaces here'; fi
    make -s -C "$KIT" capture-lab3 TEST=R3.4 3>&- | tail -n 4
    FILE=$KIT/build/capture/R3.4.pcap
    (($(packets) > 100 && $(packets) == $(packets tcp port 8012)))
    (($(packets 'tcp[tcpflags] = tcp-syn') == 12))
    # A whole conversation has an end from each side.
    (($(packets 'tcp[tcpflags] & tcp-fin != 0') == 24))
    make -s -C "$KIT" capture-lab1 TEST=R1.23 3>&- | tail -n 4
    FILE=$KIT/build/capture/R1.23.pcap
    (($(packets udp) > 10 && $(packets) == $(packets udp port 8069)))
}

@test "where packets cannot be captured one line says why" {
    local status=0 tool bin=$BATS_TEST_TMPDIR/bin
    "$KIT/grader/grade" --mode plain --only R3.4 --capture "$BATS_TEST_TMPDIR/x.pcap" 3 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- || status=$?
    [[ $status == 3 && $(<"$BATS_TEST_TMPDIR/out") == 'grade: packets can be captured in namespaces only, and the mode is plain: as asked for' ]]
    mkdir "$bin"
    for tool in bash bats gcc make jq curl nc timeout awk flock dirname sed tr grep; do ln -s "$(command -v "$tool")" "$bin"; done
    status=0
    PATH=$bin "$KIT/grader/grade" --only R3.4 --capture "$BATS_TEST_TMPDIR/x.pcap" 3 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- || status=$?
    cat "$BATS_TEST_TMPDIR/out"
    [[ $status == 3 && $(<"$BATS_TEST_TMPDIR/out") == 'grade: tcpdump is missing; ./setup installs it' ]]
    refused 'needs one requirement' --capture "$BATS_TEST_TMPDIR/x.pcap" 3
    refused 'needs one requirement' --capture "$BATS_TEST_TMPDIR/x.pcap" --only R3.1,R3.2 3
}

# ---- make flakes: here on a grader that takes no time ----

# quick_kit BODY: own_kit with a grader that does this, with $json, $lab, $src and $mode.
quick_kit() {
    own_kit
    {
        printf '#!/usr/bin/env bash\nmode=$2 json=$4 lab=$5 src=$6\n'
        echo "answer() { echo '{\"score\": '\$1', \"max\": 100, \"tests\": [{\"id\": \"R9.9\", \"outcome\": \"fail\"}]}' >\"\$json\"; }"
        echo "$1"
    } >"$OWN/grader/grade"
}

flakes() {
    local status=0
    make -s -C "$OWN" flakes N="$1" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- || status=$?
    cat "$BATS_TEST_TMPDIR/out"
    return "$status"
}

@test "make flakes: all kinds of runs, and the bound that no false failure gives" {
    quick_kit 'echo "$NETKIT_JOBS $mode $lab $src" >>runs; answer 100'
    flakes 168
    [[ $(sort "$OWN/runs" | uniq -c | awk '{ print $1 }' | sort | uniq -c) =~ ^\ *84\ 2$ ]]
    [[ $(tail -n 1 "$BATS_TEST_TMPDIR/out") =~ ^all\ +168\ runs,\ 0\ false\ failures\;\ 95\ %\ sure:\ at\ most\ 1.77\ %$ ]]
    [[ $(grep -c '^\(plain\|namespaces\), [14] at a time  *42 runs, 0 ' "$BATS_TEST_TMPDIR/out") == 4 ]]
    [[ $(ls "$OWN/build/flakes") == runs ]]
}

@test "make flakes: false failures are counted, and their reports kept" {
    local status=0
    quick_kit 'echo "the report of $lab $mode"
        case "$lab $mode ${src##*/}" in
        "3 plain python") answer 95 ;;
        "5 namespaces labs") answer 0; exit 3 ;;
        *) answer 100 ;;
        esac'
    flakes 84 || status=$?
    ((status != 0))
    grep -q '^all  *84 runs, 4 false failures (2 of them not graded); 95 % sure: at most 10\.57 %$' "$BATS_TEST_TMPDIR/out"
    [[ $(ls "$OWN/build/flakes" | wc -l) == 9 ]]
    [[ $(<"$OWN"/build/flakes/29-lab3-python-plain.report) == 'the report of 3 plain' ]]
    grep -q '^wrong: R9.9 (build/flakes/29-lab3-python-plain.report)$' "$BATS_TEST_TMPDIR/out"
    grep -q '^not graded: ' "$BATS_TEST_TMPDIR/out"
}

@test "make flakes: interrupted, it says what it had" {
    local flakes status=0
    # The run that is under way when the signal comes counts.
    quick_kit 'if [[ -e build/flakes/runs && $(wc -l <build/flakes/runs) == 7 ]]; then kill -TERM "$(<flakes.pid)"; fi; answer 100'
    (cd "$OWN" && echo "$BASHPID" >flakes.pid && exec grader/tests/flakes 1000) >"$BATS_TEST_TMPDIR/out" 3>&- || status=$?
    cat "$BATS_TEST_TMPDIR/out"
    ((status == 0))
    grep -q '^all, of 1000 that were asked for  *8 runs, 0 false failures' "$BATS_TEST_TMPDIR/out"
    status=0
    (cd "$OWN" && grader/tests/flakes many 2>/dev/null) || status=$?
    ((status == 2))
}
