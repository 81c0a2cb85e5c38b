# class.bats - grading a whole class: what is taken in, what is graded again, and that nothing gets lost.

bats_require_minimum_version 1.5.0
load common
load class

setup_file() {
    COPY=$BATS_FILE_TMPDIR/kit
    export COPY
    copy_kit "$COPY"
}

setup() {
    CLASS=$BATS_TEST_TMPDIR/class OUT=$BATS_TEST_TMPDIR/out
    export LOG=$BATS_TEST_TMPDIR/log GO=$BATS_TEST_TMPDIR/go
    mkdir "$CLASS"
    : >"$LOG"
    cd "$BATS_TEST_TMPDIR" || return
}

intake() { "$KIT/build/grader/intake" "$CLASS" submissions >class.json; }
# told FILTER: what class.json says, with jq.
told() { jq -r "$1" class.json; }

# ---- Taking in ----

@test "an export of Canvas: late marks, numbered uploads, two of one name, the newest counts" {
    echo old >"$CLASS/doejane_11_100_server.c"
    echo new >"$CLASS/doejane_11_101_server-1.c"
    echo other >"$CLASS/doejane_LATE_12_102_server.c"
    touch "$CLASS/readme"
    intake
    [[ $(told .form) == canvas && $(told '.notes[]') == 'readme: not a submission; left alone' ]]
    [[ $(told '.students[] | "\(.name) \(.id) \(.late)"') == $'doejane_11 11 false\ndoejane_12 12 true' ]]
    [[ $(cat submissions/doejane_11/server.c) == new && $(cat submissions/doejane_12/server.c) == other ]]
}

@test "an export of Moodle: folders, and files beside one another" {
    mkdir "$CLASS/Zoë Ångström_7_assignsubmission_file_" "$CLASS/Ann_8_assignsubmission_onlinetext_"
    echo a >"$CLASS/Zoë Ångström_7_assignsubmission_file_/a.c"
    echo b >"$CLASS/Bob Ray_9_assignsubmission_file_b.c"
    intake
    [[ $(told .form) == moodle ]]
    [[ $(told '.students[] | "\(.student) \(.id)"') == $'Bob Ray 9\nZoë Ångström 7' ]]
    [[ $(cat 'submissions/Zoë Ångström_7/a.c' 'submissions/Bob Ray_9/b.c') == $'a\nb' ]]
}

@test "an export of Gradescope: a group of two, and the later of two submissions, in a zip with a folder around" {
    local top=$BATS_TEST_TMPDIR/assignment_1_export
    mkdir -p "$top"/submission_{1,2,3}
    for i in 1 2 3; do echo "$i" >"$top/submission_$i/a.c"; done
    cat >"$top/submission_metadata.yml" <<'END'
---
submission_1:
  :submitters:
  - :name: Jane Doe
    :sid: '31'
    :email: jane@example.edu
  - :name: Joe O'Neill
    :sid: '32'
    :email: joe@example.edu
  :created_at: 2026-01-01 10:00:00.000000000 Z
submission_2:
  :submitters:
  - :name: Jane Doe
    :sid: '31'
    :email: jane@example.edu
  :created_at: 2026-01-02 09:00:00.000000000 Z
submission_3:
  :submitters:
  - :name: Jane Doe
    :sid: '31'
    :email: jane@example.edu
  :created_at: 2026-01-01 11:00:00.000000000 Z
END
    zip -qr all.zip assignment_1_export
    CLASS=all.zip intake
    [[ $(told .form) == gradescope ]]
    [[ $(told '.students[] | "\(.student) \(.id) \(.email)"') == $'Jane Doe 31 jane@example.edu\nJoe O\'Neill 32 joe@example.edu' ]]
    [[ $(cat "submissions/Jane Doe_31/a.c" "submissions/Joe O'Neill_32/a.c") == $'2\n1' ]]
}

@test "clones of GitHub Classroom, named by the roster; who handed in nothing is missing" {
    mkdir -p "$CLASS"/lab3-{ada,max-planck}/.git
    echo a | tee "$CLASS/lab3-ada/a.c" "$CLASS/lab3-ada/.git/config" >"$CLASS/lab3-max-planck/a.c"
    printf '"identifier","github_username"\r\n"Lovelace, Ada","ada"\r\n"Curie, Marie","marie"\r\n' >"$CLASS/classroom_roster.csv"
    intake
    [[ $(told .form) == classroom && ! -e submissions/ada/.git ]]
    [[ $(told '.students[] | "\(.name)/\(.student)/\(.missing)"') == $'ada/Lovelace, Ada/null\nmax-planck/max-planck/null\nCurie, Marie/Curie, Marie/true' ]]
}

@test "folders and archives of every kind, with whatever names" {
    local name
    for name in plain -dash 'two words' $'new\nline' "O'Hara \"x\" \$(touch no)" Zoë; do
        mkdir "$CLASS/$name"
        echo "$name" >"$CLASS/$name/a.c"
    done
    (cd "$CLASS/plain" && zip -q ../zip.zip a.c && tar cf ../tar.tar a.c && tar czf ../tgz.tgz a.c && tar cJf ../xz.tar.xz a.c)
    (cd "$CLASS" && zip -q ../inner.zip zip.zip && cd .. && zip -q class/nested.zip inner.zip)
    intake
    [[ $(told '.students | length') == 11 && $(told '.students[] | select(.problem)') == '' && ! -e no ]]
    for name in plain zip tar tgz xz nested; do [[ $(cat "submissions/$name/a.c") == plain ]]; done
    [[ $(cat submissions/$'new\nline'/a.c) == $'new\nline' && -e ./submissions/-dash/a.c ]]
}

@test "nothing leaves the folder, no link is followed, limits hold; what is bad is told and the rest goes on" {
    echo secret >secret
    mkdir "$CLASS/good" "$CLASS/links"
    echo a >"$CLASS/good/a.c"
    ln -s "$PWD/secret" "$CLASS/links/a.c"
    ln -s / "$CLASS/links/root"
    ln -s /etc "$CLASS/etc"
    zip -q "$BATS_TEST_TMPDIR/elsewhere.zip" secret
    ln -s "$BATS_TEST_TMPDIR/elsewhere.zip" "$CLASS/linked.zip"
    mkfifo "$CLASS/waits.zip" "$CLASS/good/waits"
    head -c 2000 /dev/urandom >"$CLASS/junk.zip"
    : >"$CLASS/empty.tar.gz"
    tar -czf "$CLASS/climbs.tar.gz" --transform 's,^,../../,' -P secret
    tar -czf "$CLASS/absolute.tar.gz" -P "$PWD/secret"
    ln -s "$PWD" through
    tar -cf "$CLASS/through.tar" through
    tar -rf "$CLASS/through.tar" --transform 's,^,through/,' secret
    python3 - "$CLASS" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + '/bomb.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    for i in range(15):
        z.writestr('f%d.c' % i, b'\0' * 9000000)
with zipfile.ZipFile(sys.argv[1] + '/many.zip', 'w') as z:
    for i in range(6000):
        z.writestr('f%d.c' % i, b'')
with zipfile.ZipFile(sys.argv[1] + '/large.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    z.writestr('core', b'\0' * 11000000)
    z.writestr('a.c', b'a\n')
END
    intake
    [[ $(told '.students[] | select(.problem) | .name' | tr '\n' ' ') == 'bomb junk many ' ]]
    [[ -z $(find submissions -type l) && $(cat secret) == secret && $(cat submissions/good/a.c) == a ]]
    [[ $(told '.notes | map(split(":")[0]) | join(" ")') == 'etc linked.zip waits.zip' && ! -e submissions/linked ]]
    [[ -z $(ls submissions/links) && ! -e submissions/secret && -e submissions/large/a.c && ! -e submissions/large/core ]]
    [[ $(told '.students[] | select(.name == "climbs") | .notes[]') == *'leads out of the folder'* ]]
    [[ $(ls) == *secret* && ! -e ../secret ]]
}

@test "what systems leave behind is left out in silence, what else is hidden is told; archives in archives have an end" {
    mkdir -p "$CLASS"/{ada,deep,eve,.git,.idea,__MACOSX}
    touch "$CLASS"/{.DS_Store,._ada,.env}
    (
        cd "$CLASS/ada"
        echo a | tee a.c >.hidden.h
        for i in 1 2 3 4; do
            zip -qm "$((i + 1)).zip" ./*
            if ((i == 3)); then cp 4.zip ../eve; fi
        done
        mv 5.zip ../deep
        echo a | tee a.c >.hidden.h
    )
    intake
    [[ $(told '.notes[]') == $'.env: not a submission; left alone\n.idea: not a submission; left alone' ]]
    [[ $(told '.students[] | "\(.name) \(.problem)"') == $'ada null\ndeep 3.zip: archives in archives, more than 3 deep\neve null' ]]
    [[ -e submissions/eve/a.c && -e submissions/ada/.hidden.h ]]
    told '.students[0].digest' >digest
    echo b >"$CLASS/ada/.hidden.h"
    intake
    [[ $(told '.students[0].digest') != "$(<digest)" ]]
}

@test "a roster beside the archive; nobody gets a row that may be another's, and a row twice is one" {
    local name
    for name in 'Ann Lee_7' 'Ann Lee_8' 'Jane Doe_9'; do
        mkdir "$CLASS/${name}_assignsubmission_file_"
        echo a >"$CLASS/${name}_assignsubmission_file_/a.c"
    done
    (cd "$CLASS" && zip -qr ../all.zip .)
    printf '%s\n' 'Student,ID,SIS Login ID' '    Points Possible,,' '"Lee, Ann",7,al' '"Student, Test",3,t' '"Roe, Max",5,mr' >roster.csv
    CLASS=all.zip intake
    [[ $(told '.students[] | "\(.name) \(.student)"') == $'Ann Lee_7 Lee, Ann\nAnn Lee_8 Ann Lee\nJane Doe_9 Jane Doe\n5 Roe, Max' ]]
    printf '%s\n' 'First name,Last name,Email,Group' Ann,Lee,ann1@x,9 Ann,Lee,ann2@x,B Jane,Doe,jane@x,A Jane,Doe,jane@x,B \
        No,One,no1@x,C No,One,no2@x,C >roster.csv
    CLASS=all.zip intake
    [[ $(told '.roster, .notes[]') == "roster.csv
Ann Lee: a row of the roster that may be more than one student's; left alone
Ann Lee: a row of the roster that may be more than one student's; left alone" ]]
    [[ $(told '.students[] | "\(.name) \(.email) \(.missing)"') == \
        $'Ann Lee_7  null\nAnn Lee_8  null\nJane Doe_9 jane@x null\nno1@x no1@x true\nno2@x no2@x true' ]]
}

# ---- Grading ----

@test "all is graded once; then only what has changed: a submission, the tests, the kit" {
    hand_in ada 100
    hand_in "O'Hara, Zoë" 40
    hand_in $'new\nline' 0
    hand_in -dash 10
    run -0 grade_class
    [[ $output == *'4 to grade'* ]]
    [[ $(graded | wc -l) == 6 ]]
    [[ $(jq -r '"\(.submission) \(.score) \(.status)"' "$OUT/results/O'Hara, Zoë/lab3.json") == "O'Hara, Zoë 40 graded" ]]
    [[ $(jq .score "$OUT"/results/$'new\nline'/lab3.json) == 0 && -s $OUT/students/-dash.html && -s $OUT/index.html ]]
    run -0 grade_class
    [[ $output == *'0 to grade'* && -z $(graded) ]]
    hand_in ada 90
    run -0 grade_class
    [[ $(graded) == submission || $(jq .score "$OUT/results/ada/lab3.json") == 90 ]]
    run -0 make -s -C "$COPY" grade-all SUBMISSIONS="$CLASS" LABS=3 JOBS=2 OUT="$OUT" 3>&-
    [[ $output == *'0 to grade'* ]]
    cp "$COPY/grader/suites/lab3.bats" suite
    echo '# changed' >>"$COPY/grader/suites/lab3.bats"
    run -0 grade_class
    [[ $output == *'4 to grade'* ]]
    cp suite "$COPY/grader/suites/lab3.bats"
}

@test "unless the reference has all points and the skeleton none, nothing is graded" {
    hand_in ada 100
    export REFERENCE=99
    run -3 grade_class
    [[ $output == *'lab 3: the reference has 99 of 100 points, and 100 are due'* && $output == *'R3.1 fail'* ]]
    [[ ! -e $OUT/results && ! -e $OUT/index.html ]]
}

@test "what the machine could not grade is tried again, listed, and blank; the next run tries once more" {
    hand_in ada 100
    hand_in bob machine
    head -c 900 /dev/urandom >"$CLASS/eve.zip"
    run -3 grade_class
    [[ $output == *'2 could not be graded'* ]]
    [[ $(jq -r .status "$OUT/results/bob/lab3.json") == 'not graded' ]]
    grep -qx 'bob,bob,bob,,3,,100,not graded,,grade: the disk is full.*' "$OUT/grades.csv"
    grep -q '^eve,eve,eve,,3,,100,not graded,,eve.zip: ' "$OUT/grades.csv"
    hand_in bob 60
    run -3 grade_class
    [[ $(jq .score "$OUT/results/bob/lab3.json") == 60 && $output == *'1 could not be graded'* ]]
}

@test "interrupted and killed at any moment, it goes on where it was; a result is whole or absent" {
    local signal pid status
    for signal in INT TERM KILL; do
        rm -rf "$OUT" "$GO" "$LOG.waiting"
        hand_in a 10
        hand_in b wait
        hand_in c 30
        hand_in d wait
        # A job that a script starts in the background ignores SIGINT, unless it is told otherwise.
        env --default-signal=INT "$COPY/grader/grade-class" --labs 3 --jobs 3 --out "$OUT" "$CLASS" 3>&- >run.log 2>&1 &
        pid=$!
        until_there "$OUT"/results/{a,c}/lab3.json
        kill -"$signal" "$pid"
        status=0
        wait "$pid" || status=$?
        if [[ $signal != KILL ]]; then [[ $status == 130 && $(<run.log) == *'interrupted; the same command goes on'* ]]; fi
        [[ ! -e $OUT/results/b/lab3.json && ! -e $OUT/results/d/lab3.json ]]
        : >"$LOG"
        touch "$GO"
        # After SIGKILL the jobs that were running end by themselves, or come to their end.
        run -0 grade_class
        [[ $(jq -s -c 'map(.score)' "$OUT"/results/{a,b,c,d}/lab3.json) == '[10,70,30,70]' ]]
        [[ $(grep -c . "$LOG") -le 4 ]]
        [[ -z $(find "$OUT/results" -type f ! -name lab3.json) ]]
    done
}

@test "killed at random moments, again and again: its jobs end with it, and no result is ever wrong" {
    local i pid tick left
    exec {tick}<> <(:)
    for i in {1..12}; do hand_in "student $i" "$((i + 10))"; done
    run -0 env SLOW=0 "$COPY/grader/grade-class" --labs 3 --out "$OUT" "$CLASS" 3>&- # the reference is graded once
    for _ in {1..6}; do
        rm -rf "$OUT/results/student "{1,4,7,8,9,12}
        SLOW=0.1 "$COPY/grader/grade-class" --labs 3 --jobs 4 --out "$OUT" "$CLASS" >>killed.log 2>&1 3>&- &
        pid=$!
        read -rt "0.$((RANDOM % 900 + 100))" -u "$tick" _ || true
        kill -KILL "$pid" || true # which may be done by now
        wait "$pid" || true
        SLOW=0.1 run -0 grade_class --jobs 4
        [[ $(find "$OUT/results" -name lab3.json -print0 | xargs -0 jq .score | sort -n | tr '\n' ' ') == '11 12 13 14 15 16 17 18 19 20 21 22 ' ]]
        flock -n "$OUT/.jobs" true # nothing of either run is left
        left=$(find "$OUT" -name '.*' -type f ! -name .jobs ! -name .lock)
        [[ -z $left && ! -e $OUT/.work ]]
    done
}

@test "a result that a disk has damaged is graded anew; a damaged gradebook is one line; two at a time are one too many" {
    local pid
    hand_in ada 100
    hand_in bob 40
    hand_in carl 50
    run -0 grade_class
    : >"$LOG"
    truncate -s 50 "$OUT/results/ada/lab3.json"
    : >"$OUT/results/bob/lab3.json"
    run -0 grade_class
    [[ $output == *"results/ada/lab3.json is damaged, and is graded anew"* && $output == *'2 to grade'* ]]
    [[ $(jq -c .score "$OUT"/results/{ada,bob}/lab3.json) == $'100\n40' ]]
    printf 'no database at all, but as long as the head of one: %064d' 0 >"$OUT/gradebook.db"
    run -3 grade_class
    [[ ${lines[-2]} == *'gradebook.db: file is not a database; move it away, and '* && ${lines[-1]} == *'every result is in '* ]]
    rm "$OUT/gradebook.db"
    hand_in carl wait
    grade_class >first.log &
    pid=$!
    until_there "$LOG.waiting"
    run -2 grade_class
    [[ $output == "grade-class: another grade-class is at work in $OUT" ]]
    touch "$GO"
    wait "$pid"
    [[ $(jq -c .score "$OUT/results/carl/lab3.json") == 70 ]]
}

@test "wrong usage: status 2 and one line" {
    local grade_class=$COPY/grader/grade-class arguments
    for arguments in '' '--labs' '--frobnicate x' 'a b' '--hosts x --slurm y'; do
        # shellcheck disable=SC2086
        run -2 "$grade_class" $arguments
        [[ ${#lines[@]} == 1 && $output == usage:* ]]
    done
    run -2 "$grade_class" --labs 9 "$CLASS"
    [[ $output == "grade-class: there is no lab '9'" ]]
    run -2 "$grade_class" --jobs 0 "$CLASS"
    run -2 "$grade_class" nowhere
    [[ $output == "grade-class: there is no 'nowhere'" ]]
    run -2 "$grade_class" --out "$CLASS/out" "$CLASS"
    run -2 "$grade_class" --out "$BATS_TEST_TMPDIR" "$CLASS"
    [[ $output == *'--out must lie outside'* ]]
    run -2 "$grade_class" --labs , "$CLASS"
    [[ $output == "grade-class: --labs takes numbers, such as 1,3, and not ','" ]]
    echo '# none yet' >hosts
    run -2 "$grade_class" --hosts hosts "$CLASS"
    [[ $output == "grade-class: there is no host in 'hosts'" ]]
    run -2 "$grade_class" --out /proc/nowhere "$CLASS"
    [[ $output == "grade-class: cannot write to '/proc/nowhere'" ]]
}

@test "submissions that cannot be read, or are none: one line, and what was there stays" {
    hand_in ada 10
    run -0 grade_class --labs 3,3
    find "$OUT" -type f ! -name '.*' -exec md5sum {} + | sort >before
    run -1 "$COPY/grader/grade-class" --labs 3 --out "$OUT" "$COPY/grader/grade-class" 3>&-
    [[ $output == 'grade-class: cannot unpack: grade-class: Unrecognized archive format' ]]
    mkdir empty
    run -1 "$COPY/grader/grade-class" --labs 3 --out "$OUT" empty 3>&-
    [[ $output == "grade-class: there is no submission in '"*"/empty'" ]]
    : >empty.zip
    run -1 "$COPY/grader/grade-class" --labs 3 --out "$OUT" empty.zip 3>&-
    find "$OUT" -type f ! -name '.*' -exec md5sum {} + | sort | cmp before -
    [[ -z $(find "$OUT" -name '*.whole') && ! -e $OUT/.work ]]
}

@test "similar submissions are found; what the kit gave to everyone does not count" {
    local name
    for name in copied original third skeleton1 skeleton2; do hand_in "$name" 100; done
    cp "$KIT/grader/tests/submissions/other-c/03-threaded/threaded_server.c" "$CLASS/original"
    sed 's/\bfd\b/sock/g; s/\bi\b/index/g' "$CLASS/original/threaded_server.c" >"$CLASS/copied/threaded_server.c"
    sed 's/\bfd\b/s/g; s/\bbuf\b/text/g' "$CLASS/original/threaded_server.c" >"$CLASS/third/server.c"
    cp "$KIT"/skeletons/03-threaded/* "$CLASS/skeleton1"
    cp "$KIT"/skeletons/03-threaded/* "$CLASS/skeleton2"
    run -0 grade_class
    [[ $(jq -c 'map([.a, .b, .share >= 90]) | sort' "$OUT/similarity/lab3/pairs.json") == \
        '[["copied","original",true],["copied","third",true],["original","third",true]]' ]]
    grep -q 'href="similarity/lab3-[123].html">copied and original' "$OUT/index.html"
    grep -q '<mark>' "$OUT/similarity/lab3-1.html"
}

# ---- For real ----

@test "the sample class has the grades that are expected" {
    [[ -n ${WHOLE_CLASS:-} ]] || skip 'takes some minutes; WHOLE_CLASS=1 grader/tests/run grader/tests/class.bats runs it'
    "$KIT/grader/class/make" "$BATS_TEST_TMPDIR/sample"
    run -3 "$KIT/grader/grade-class" --labs 5 --out "$OUT" "$BATS_TEST_TMPDIR/sample" 3>&-
    awk -F, '{ print $1 "," $6 "," $8 }' <(sed -E 's/"[^"]*"/x/' "$OUT/grades.csv") | diff - "$KIT/grader/class/expected.csv"
}
