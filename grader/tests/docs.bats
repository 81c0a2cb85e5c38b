# docs.bats - every command that the documentation gives is run: those of the README in a fresh clone, those of the
# handouts in a box with a network of its own; and what the handouts show is what comes.

load common

# commands FILE: the lines of its `sh` blocks.
commands() {
    awk '/^```sh$/ { on = 1; next } /^```/ { on = 0 } on' "$1"
}

@test "the commands of the README work in a fresh clone" {
    local line
    git clone -q "$KIT" "$BATS_TEST_TMPDIR/clone"
    cd "$BATS_TEST_TMPDIR/clone"
    while IFS= read -r line; do
        if [[ $line == *'make test'* ]]; then continue; fi # that is what is running now
        echo "+ $line"
        bash -ec "$line" </dev/null 3>&-
    done < <(commands README.md)
}

@test "every make verb that a text names is one of the Makefile" {
    local file verb
    for file in README.md CONTRIBUTING.md grader/README.md labs/0*/README.md instructor/*.md; do
        while IFS= read -r verb; do
            make -s -C "$KIT" -n "${verb#make }" TEST=R3.1 LAB=3 FILE=x SUBMISSIONS=x KIT=a/b >/dev/null 2>"$BATS_TEST_TMPDIR/err" 3>&- || {
                echo "$file names '$verb': $(<"$BATS_TEST_TMPDIR/err")"
                false
            }
        done < <(sed 's/labN/lab3/g; s/experiment-X/experiment-chunk/g' "$KIT/$file" | grep -oE '(^|`|\$ |&& )make [a-z][a-z-]*[0-9]?\b' |
            sed 's/^.*make/make/; s/-lab$/-lab3/; s/ lab$/ lab3/' | sort -u)
    done
}

# ---- The examples of the handouts ----

# blocks LAB: the blocks with commands in a handout, each as a file in $BLOCKS, named after its first line.
blocks() {
    BLOCKS=$BATS_TEST_TMPDIR/blocks
    mkdir -p "$BLOCKS"
    awk -v folder="$BLOCKS" '/^```/ { on = !on; file = ""; next }
        on && /^(\$|#) / && file == "" { file = folder "/" NR }
        on && file != "" { print >file }' "$KIT"/labs/0"$1"-*/README.md
}

# as_script BLOCK: its commands: `$ ...` and `# ...` lines without the prompt; what is typed at (gdb) becomes -ex.
as_script() {
    awk '/^[$#] / || more { sub(/^[$#] /, ""); sub(/  +# .*/, ""); more = /\\$/; line[++n] = $0; next }
        /^\(gdb\) / { sub(/^\(gdb\) /, ""); typed[n] = typed[n] " -ex \047" $0 "\047" }
        END { for (i = 1; i <= n; i++) { sub(/^gdb /, "gdb -q -batch" typed[i] " ", line[i]); print line[i] } }' "$1"
}

# shows BLOCK OUTPUT: each line that the block shows came, in any order. What `...` stands for may differ, and numbers in
# what strace, gdb, ss and time say; what stands behind two blanks and more is a remark.
shows() {
    python3 - "$1" "$2" <<'END'
import re, sys
def flat(text): return re.sub(r'\s+', ' ', text).strip()
out = [flat(l) for l in open(sys.argv[2], errors='replace')]
varies = re.search(r'^. (.*\| )?(strace|gdb|ss|time) ', open(sys.argv[1]).read(), re.M)
bad = continued = False
for line in open(sys.argv[1]):
    was, continued = continued, line.startswith('$ ') and line.rstrip().endswith('\\') or continued and line.rstrip().endswith('\\')
    if was or re.match(r'[$#] |\(gdb\) ', line) or not line.strip() or line.strip() == '...': continue
    line = re.sub(r'(?<=[^ ])  +[a-zA-Z(].*$', '', line.rstrip()) if not re.match(r'[A-Z]', line) else line.rstrip()
    pattern = re.escape(flat(line)).replace(r'\.\.\.', '.*').replace(', .*', '.*')
    if varies or 'User-Agent' in line:
        pattern = re.sub(r'(0x)?[0-9a-f]*[0-9][0-9a-f]*', r'(\\w+@entry=)?(0x)?[0-9a-f]+', pattern)
    if pattern.startswith('\\#'): pattern = pattern.replace('\\ ', '\\ (0x[0-9a-f]+ in )?', 1)
    if not any(re.search(pattern, o) for o in out):
        print('not shown:', line); bad = True
if bad:
    print('what came:'); print('\n'.join(out))
sys.exit(bad)
END
}

# example LAB WORDS [BEFORE [AFTER [INPUT]]]: runs the block that has WORDS in it, with commands BEFORE and AFTER its own.
example() {
    local block
    block=$(grep -lF -- "$2" "$BATS_TEST_TMPDIR"/blocks/*)
    { echo "${3:-}" && as_script "$block" && echo "${4:-}"; } >"$BATS_TEST_TMPDIR/script"
    ran+=("$block")
    printf '%b' "${5:-}" | timeout 60 bwrap --unshare-net --unshare-pid --die-with-parent --dev-bind / / --proc /proc --tmpfs "$KIT/build/docs" \
        --chdir "$KIT" bash "$BATS_TEST_TMPDIR/script" >"$BATS_TEST_TMPDIR/output" 2>"$BATS_TEST_TMPDIR/errors" 3>&- || true
    cat "$BATS_TEST_TMPDIR/errors" >>"$BATS_TEST_TMPDIR/output"
    shows "$block" "$BATS_TEST_TMPDIR/output"
}

# Waits until something listens on this TCP port.
# shellcheck disable=SC2016 # for the script of an example
readonly UNTIL='until_listening() { until [[ -n $(ss -Htln "sport = :$1") ]]; do read -rt 0.05 <> <(:); done; }'

# all_ran: every block of the lab was an example.
all_ran() { diff <(printf '%s\n' "$BATS_TEST_TMPDIR"/blocks/* | sort) <(printf '%s\n' "${ran[@]}" | sort); }

setup() {
    ran=()
    mkdir -p "$KIT/build/docs"
}

@test "the examples of lab 1 show what comes" {
    local work=build/labs/01-echo
    blocks 1
    # Two terminals side by side: the left one, then the right one.
    sed -i 's/^\(\$ [^$]*[^ ]\)  *\(\$ .*\)/\1 \&\n\2/; s/^\(listening on port 8000\)  */\1\n/' "$BATS_TEST_TMPDIR/blocks/"*
    sed -i 's/^hello$//' "$(grep -lF '$ nc 127.0.0.1 8000' "$BATS_TEST_TMPDIR"/blocks/*)"
    example 1 '$ nc 127.0.0.1 8000' "$UNTIL
        nc() { until_listening 8000; command nc -N \"\$@\"; }" '' 'hello\n' || return
    # What is typed on a terminal shows there before the prompt when it is there already.
    sed -i 's/^\(Input lowercase sentence:\) hello$/\1/' "$BATS_TEST_TMPDIR/blocks/"*
    if unshare -n true 2>/dev/null; then
        example 1 'ip netns add left' "$UNTIL
            mount -t tmpfs tmpfs /run
            ip() {
                if [[ \$3 != left || \$1 != netns || \$2 != exec ]]; then command ip \"\$@\"; return; fi
                until [[ \$(command ip netns exec right ss -Htln) == *:8000* ]]; do :; done
                command ip netns exec left script -qc \"\${*:4}\" /dev/null # a terminal
            }" '' 'hello\n' || return
    else
        ran+=("$(grep -lF 'ip netns add' "$BATS_TEST_TMPDIR"/blocks/*)")
    fi
    example 1 'strace -e trace=network,read' "$UNTIL
        { until_listening 8123; echo hello | nc -N 127.0.0.1 8123; kill \$(pgrep -f ^$work/tcp_server); } &"
    example 1 'gdb --args' "$UNTIL
        { until_listening 8126; echo hello | nc -N 127.0.0.1 8126; } &"
    all_ran
}

@test "the examples of lab 2 show what comes" {
    local work=build/labs/02-single
    blocks 2
    example 2 'curl -v' "$UNTIL
        curl() { until_listening 8000; command curl \"\$@\"; }"
    example 2 "ss -tln 'sport" "$UNTIL
        $work/single_server 8131 grader/lib/site & until_listening 8131
        sleep 5 | nc 127.0.0.1 8131 &
        until [[ \$(ss -Htn 'sport = :8131') == *ESTAB* ]]; do :; done
        (printf 'GET /testfile HTTP/1.1\r\nHost: 127.0.0.1:8131\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n') | nc -N 127.0.0.1 8131 &
        until [[ \$(ss -Htn 'sport = :8131') == *CLOSE-WAIT* ]]; do :; done"
    all_ran
}

@test "the examples of lab 3 show what comes" {
    local work=build/labs/03-threaded
    blocks 3
    example 3 'threaded_server -d 3000' "$UNTIL
        curl() { until_listening 8000; command curl \"\$@\"; }"
    example 3 'gdb -p' "$UNTIL
        $work/threaded_server 8000 grader/lib/site & until_listening 8000
        for i in 1 2; do sleep 9 | nc 127.0.0.1 8000 & done
        until [[ \$(ls /proc/\$(pgrep threaded_server)/task | wc -l) == 3 ]]; do :; done"
    all_ran
}

@test "the examples of labs 5, 6 and 7 show what comes" {
    blocks 5
    example 5 'curl -i' "$UNTIL
        curl() { until_listening 8000; command curl \"\$@\"; }"
    all_ran
    rm -r "$BLOCKS"
    ran=()
    blocks 6
    example 6 'curl -i -x' "$UNTIL
        curl() { until_listening 8000; until_listening 8080; command curl \"\$@\"; }"
    example 6 'gdb -p' "$UNTIL
        nc -l 8001 >/dev/null & build/labs/06-proxy/proxy 8080 & until_listening 8080; until_listening 8001
        curl -s -x http://127.0.0.1:8080 http://127.0.0.1:8001/ &
        until [[ \$(ls /proc/\$(pgrep proxy)/task | wc -l) == 2 ]]; do :; done
        until [[ \$(ss -Htn 'dport = :8001') == *ESTAB* ]]; do :; done"
    all_ran
}

@test "the examples of lab 7 show what comes" {
    local smtpd="$UNTIL
        mkdir build/docs/mail; python3 grader/lib/smtpd.py build/docs/mail 8025 >/dev/null 2>&1 & until_listening 8025"
    blocks 7
    # The folder of the mails, and the keys, are not to be left in the kit.
    sed -i 's|mkdir -p mail; python3 grader/lib/smtpd.py mail|mkdir -p build/docs/mail; python3 grader/lib/smtpd.py build/docs/mail|
        s|-c server.pem|-c build/docs/server.pem|; s| mail 8025| build/docs/mail 8025|
        s#\(key\|ca\|server\)\.pem#build/docs/\1.pem#g; s#build/docs/build/docs#build/docs#g' "$BLOCKS"/*
    # What is typed there is the input here.
    sed -i '/^\(EHLO me\|MAIL FROM:.*\|RCPT TO:.*\|DATA\|Subject: typed\|Hello\|\.\|QUIT\)$/d' "$BLOCKS"/*
    example 7 'nc -C 127.0.0.1 8025' "$UNTIL
        nc() { until_listening 8025; command nc -N \"\$@\"; }" '' \
        'EHLO me\nMAIL FROM:<alice@example.org>\nRCPT TO:<bob@example.org>\nDATA\nSubject: typed\n\nHello\n.\nQUIT\n'
    example 7 'openssl req' '' 'ls build/docs/mail'
    example 7 "printf 'Hello Bob" "$smtpd"
    example 7 'gdb -p' "$UNTIL
        { printf '220 hello\r\n250 hello\r\n'; sleep 9; } | nc -l 8025 >build/docs/got & until_listening 8025
        echo hello | build/labs/07-mail/mail_client 127.0.0.1 8025 alice@example.org bob@example.org &
        until grep -q 'MAIL FROM' build/docs/got; do :; done"
    all_ran
}

@test "the files that the documentation names are there" {
    local file name
    for file in README.md CONTRIBUTING.md grader/README.md labs/0*/README.md instructor/*.md; do
        while IFS= read -r name; do
            [[ -e $KIT/$(dirname "$file")/$name || -e $KIT/$name ]] || {
                echo "$file names $name"
                false
            }
        done < <(cd "$KIT" && grep -o '](\([^)#]*\))' "$file" | tr -d ']()' | grep -v '^http')
    done
}
