# gradebook.bats - from results to tables, pages and the files of learning platforms, on made-up results.

bats_require_minimum_version 1.5.0
load common

setup_file() { make -s -C "$KIT" class-tools; }

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    NOTES=[] DIR=$BATS_TEST_TMPDIR/dir
    mkdir -p "$DIR"
}

gradebook() { "$KIT/build/grader/gradebook" "$@"; }

# class NAME:ID:STUDENT...: the class.json of these students. With a fourth field it is what was wrong with the archive.
class() {
    printf '%s\n' "$@" | jq -R 'split(":") | {name: .[0], id: .[1], student: .[2], email: "\(.[1])@example.edu", late: false,
        digest: "", notes: []} + (if .[3] then {problem: .[3]} else {} end)' | jq -s '{form: "x", notes: [], students: .}' >"$DIR/class.json"
}

# result NAME SCORE [WHEN [MESSAGE]]: of a lab 3 with two requirements, of which the first is worth 40.
result() {
    mkdir -p "$DIR/results/$1"
    jq -n --arg name "$1" --argjson score "$2" --arg when "${3:-1}" --arg message "${4:-nothing listens on port 8003}" '
        {lab: 3, submission: $name, score: $score, max: 100, status: "graded", mode: "namespaces", seconds: 1.5, receipt: "r",
         graded: $when, machine: "m", notes: [], tests: [
            {id: "R3.1", title: "it <listens>", max: 40, seconds: 0.1} + (if $score >= 40 then {outcome: "pass", points: 40, output: ""}
                else {outcome: "fail", points: 0, output: $message} end),
            {id: "R3.2", title: "it \"serves\"", max: 60, seconds: 0.2} + (if $score >= 100 then {outcome: "pass", points: 60, output: ""}
                else {outcome: "not run", points: 0, output: "It rests on R3.1."} end)]}' >"$DIR/results/$1/lab3.json"
}

not_graded() {
    mkdir -p "$DIR/results/$1"
    printf '{"lab":3,"submission":"x","score":null,"max":100,"status":"not graded","reason":"the disk is full","graded":"1","receipt":"","tests":[]}' \
        >"$DIR/results/$1/lab3.json"
}

score_of() { awk -F, -v name="$1" '$1 == name { print $6 "/" $8 }' "$DIR/grades.csv"; }

@test "collect keeps every run; a grade set by hand survives, and can be taken back" {
    class ada:1:Ada bob:2:Bob
    result ada 40
    result bob 100
    gradebook collect "$DIR"
    gradebook collect "$DIR"
    gradebook adjust "$DIR" ada 3 55.5 'her port was taken, see mail'
    gradebook report "$DIR"
    [[ $(score_of ada) == 55.5/adjusted && $(score_of bob) == 100/graded ]]
    result ada 0 2
    gradebook collect "$DIR"
    gradebook report "$DIR"
    [[ $(score_of ada) == 55.5/adjusted ]]
    grep -q 'set by hand: her port was taken, see mail' "$DIR/students/ada.txt"
    gradebook adjust "$DIR" ada 3 - 'a mistake'
    gradebook report "$DIR"
    [[ $(score_of ada) == 0/graded ]]
    [[ $(sqlite3 "$DIR/gradebook.db" 'SELECT count(*) FROM runs; SELECT count(*) FROM results; SELECT count(*) FROM adjustments') == $'2\n3\n2' ]]
    run -1 gradebook adjust "$DIR" carl 3 5 why
    run -1 gradebook adjust "$DIR" ada 3 many why
    run -1 gradebook adjust "$DIR" ada 3 5 ''
    run -1 gradebook adjust "$DIR" ada 4 5 why
    run -1 gradebook adjust "$DIR" ada 3 nan why
    run -1 gradebook adjust "$DIR" ada 3x 5 why
    run -1 gradebook adjust "$DIR" ada 3 5 '  '
    # By whatever is hers alone.
    run -0 gradebook adjust "$DIR" 1@Example.edu 3 7 why
    [[ $output == 'ada, lab 3: 7 of 100; '* ]]
    jq '.students[0].keys = ["1", "al7"] | .students[1].keys = ["2", "br9"]' "$DIR/class.json" >new && mv new "$DIR/class.json"
    gradebook collect "$DIR"
    [[ $(gradebook adjust "$DIR" BR9 3 99 why) == 'bob, lab 3: 99 of 100; '* ]] # by what the roster says
    [[ $(gradebook adjust "$DIR" 1 3 - why) == 'ada, lab 3: as graded; '* ]]
    class ada:1:Ada bob:2:Ada
    gradebook collect "$DIR"
    run -1 gradebook adjust "$DIR" Ada 3 7 why
    [[ $output == 'gradebook: Ada: more than one student'* ]]
}

@test "compare: whose verdicts change, test by test, between two folders and between two runs" {
    class ada:1:Ada bob:2:Bob
    result ada 40
    result bob 100
    gradebook collect "$DIR"
    cp -r "$DIR" old
    result ada 100 2
    gradebook collect "$DIR"
    run -0 gradebook compare old "$DIR"
    [[ $output == $'ada, lab 3: 40.0 -> 100.0\n  R3.2   not run -> pass (+60)  it "serves"\n1 of 2 results change' ]]
    run -0 gradebook compare "$DIR@2" "$DIR@1"
    [[ $output == *'R3.2   pass -> not run (-60)'* ]]
    run -0 gradebook compare "$DIR" "$DIR"
    [[ $output == '0 of 2 results change' ]]
    run -1 gradebook compare nowhere "$DIR"
    for which in 9 x ''; do
        run -1 gradebook compare "$DIR@$which" "$DIR"
        [[ $output == "gradebook: $DIR@$which: there is no such run; the last one is 2" ]]
    done
}

@test "what could not be graded is listed, blank everywhere, and stops exports" {
    class ada:1:Ada bob:2:Bob 'eve:3:Eve:lab3.zip, damaged'
    result ada 40
    not_graded bob
    gradebook collect "$DIR"
    gradebook report "$DIR"
    [[ $(gradebook left "$DIR") == $'bob, lab 3: the disk is full\neve, lab 3: lab3.zip, damaged' ]]
    grep -q '^bob,Bob,2,2@example.edu,3,,100,not graded,,the disk is full$' "$DIR/grades.csv"
    grep -q '^eve,.*,,100,not graded,,"lab3.zip, damaged"$' "$DIR/grades.csv"
    printf 'Student,ID,SIS User ID,SIS Login ID,Section,Lab 3 (9)\nAda,1,,,,\nBob,2,,,,\nEve,3,,,,\n' >canvas.csv
    run -3 --separate-stderr gradebook export canvas "$DIR" 3 canvas.csv
    [[ -z $output && $stderr == *'bob, lab 3: the disk is full'* && $stderr == *'2 could not be graded'* ]]
    run -0 --separate-stderr gradebook export --force canvas "$DIR" 3 canvas.csv
    [[ ${lines[1]} == 'Ada,1,,,,40' && ${lines[2]} == 'Bob,2,,,,' && ${lines[3]} == 'Eve,3,,,,' ]]
    gradebook adjust "$DIR" bob 3 0 'agreed upon'
    gradebook adjust "$DIR" eve 3 80 'read by hand'
    run -0 gradebook export canvas "$DIR" 3 canvas.csv
    [[ ${lines[2]} == 'Bob,2,,,,0' && ${lines[3]} == 'Eve,3,,,,80' ]]
}

@test "Canvas: one column is filled, every other byte stays" {
    class smith_7:7:smith smith_8:8:smith zoe_9:9:zoe
    result smith_7 100
    result smith_8 40
    result zoe_9 0
    gradebook collect "$DIR"
    printf '\xef\xbb\xbfStudent,ID,SIS User ID,SIS Login ID,Section,"Lab 3 (12345)",Lab 30 (6)\r\n    Points Possible,,,,,50,100\r\n"Smith, ""Sam""",8,s8,ssmith,"a\nb",EX,7\r\n"Smith, Sam",7,s7,sam,"x",  ,"8"\r\nNobody,99,,,,12.5,9\r\n"Zoë",9,,,,,9' >canvas.csv
    gradebook export canvas "$DIR" 3 canvas.csv >filled.csv
    printf '\xef\xbb\xbfStudent,ID,SIS User ID,SIS Login ID,Section,"Lab 3 (12345)",Lab 30 (6)\r\n    Points Possible,,,,,50,100\r\n"Smith, ""Sam""",8,s8,ssmith,"a\nb",EX,7\r\n"Smith, Sam",7,s7,sam,"x",50,"8"\r\nNobody,99,,,,12.5,9\r\n"Zoë",9,,,,0,9' >wanted.csv
    cmp filled.csv wanted.csv
    gradebook export canvas "$DIR" 3 canvas.csv 'Lab 30 (6)' >filled.csv
    grep -q $'"x",  ,100\r' filled.csv
    run -1 gradebook export canvas "$DIR" 3 canvas.csv 'Lab 4'
    [[ $output == "gradebook: no column 'Lab 4'; name one of: Student, ID,"* ]]
}

@test "Moodle: the worksheet in any language is filled by its identifiers" {
    class 'Ann_7:7:Ann' 'Ann_8:8:Ann'
    result Ann_7 100
    result Ann_8 40
    gradebook collect "$DIR"
    printf 'Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade),Feedback comments\nParticipant 8,Ann,,Submitted,,"10,00",-,"say ""hi"""\nParticipant 7,Ann,,Submitted,-,10.00,-,\n' >sheet.csv
    gradebook export moodle "$DIR" 3 sheet.csv >filled.csv
    [[ $(cat filled.csv) == $'Identifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade),Feedback comments\nParticipant 8,Ann,,Submitted,4,"10,00",-,"say ""hi"""\nParticipant 7,Ann,,Submitted,10,10.00,-,' ]]
    printf 'ID;Name;Bewertung\nTeilnehmer/in 8;Ann;\n' >sheet.csv
    run -0 --separate-stderr gradebook export moodle "$DIR" 3 sheet.csv Bewertung
    [[ ${lines[1]} == 'Teilnehmer/in 8;Ann;40' && $stderr == *'Ann_7: no row'* ]]
}

@test "no grade goes to a row that may be another's: sections, numbers, rows cut short, an excuse; decimal commas" {
    class ann:7:Ann bob:1:Bob cleo:3:Cleo dan:4:Dan eve:5:Eve
    # Ann and Bob are the only ones of their sections whom the file has, and Bob's number is Ann's section.
    jq '.students[0].keys = ["7", "Ann", "1", "evening"] | .students[2].keys = ["3", "Cleo", "evening"] |
        .students[3].keys = ["4", "Dan", "noon"]' "$DIR/class.json" >new && mv new "$DIR/class.json"
    result ann 100
    result bob 40
    result cleo 0
    result dan 40
    result eve 40
    gradebook collect "$DIR"
    printf '\xef\xbb\xbfStudent,ID,SIS User ID,SIS Login ID,Section,Lab 3 (9),Lab 3 old\n   Points Possible,,,,,"12,5",1\nAnn,7,,,1,,\nZed,70,,,evening,,\nDan,4,,,noon,EX,\nEve,5\n"Student, Test",99,,,1,,\n' >canvas.csv
    gradebook export canvas "$DIR" 3 canvas.csv 'Lab 3 (9)' >filled.csv 2>told
    sed 's/^Ann,7,,,1,,/Ann,7,,,1,12.50,/' canvas.csv | cmp - filled.csv
    [[ $(sort told) == 'gradebook: bob: no row of canvas.csv is certain to be this student'\''s
gradebook: cleo: no row of canvas.csv is certain to be this student'\''s
gradebook: dan: excused (EX) in canvas.csv, and left so
gradebook: eve: the row in canvas.csv ends before the column' ]]
    # Of two who claim one row it goes to the one whose number it is; of two alike to neither.
    printf 'Name,Grade\r\nAnn,\r\n' >sheet.csv
    class 'Ann:7:x' 'b:8:Ann'
    result Ann 100
    result b 100
    gradebook collect "$DIR"
    gradebook export moodle "$DIR" 3 sheet.csv >filled.csv 2>told
    cmp filled.csv sheet.csv
    [[ $(wc -l <told) == 2 ]]
}

@test "an export has nothing left of an earlier one; a full disk is an error" {
    class ada:1:Ada bob:2:Bob
    result ada 40
    result bob 100
    gradebook collect "$DIR"
    gradebook report "$DIR"
    gradebook export gradescope "$DIR" 3
    class ada:1:Ada carl:3:Carl
    not_graded ada
    result carl 40
    gradebook collect "$DIR"
    gradebook report "$DIR"
    run -0 gradebook export --force gradescope "$DIR" 3
    [[ $(ls "$DIR/export") == gradescope-lab3 && $(ls "$DIR/export/gradescope-lab3") == carl.json ]]
    [[ $(ls "$DIR/students") == $'ada.html\nada.txt\ncarl.html\ncarl.txt' ]]
    run -1 bash -c '"$1" export --force junit "$2" 3 2>&1 >/dev/full' - "$KIT/build/grader/gradebook" "$DIR"
    [[ ${lines[-1]} == 'gradebook: stdout: '* ]]
}

@test "a file for each student: Gradescope, Autolab, Classroom 50; and JUnit" {
    class "O'Hara/x:1:Zoë" bob:2:Bob
    sed -i 's,/x,,' "$DIR/class.json"
    result "O'Hara" 40
    result bob 100
    gradebook collect "$DIR"
    cd "$(gradebook export gradescope "$DIR" 3)"
    [[ $(jq -c '.tests[1].output, del(.tests[])' "O'Hara.json") == '"Not run. It rests on R3.1."
{"score":40,"execution_time":1.5,"output":"Mode: namespaces","output_format":"text","visibility":"visible","stdout_visibility":"hidden","tests":[]}' ]]
    [[ $(jq -c '.tests[0]' "O'Hara.json") == '{"number":"R3.1","name":"it <listens>","score":40,"max_score":40,"status":"passed","output":"","output_format":"text","visibility":"visible"}' ]]
    cd "$(gradebook export autolab "$DIR" 3)"
    [[ $(<bob.json) == '{"scores": {"Lab 3": 100}}' ]]
    cd "$(gradebook export classroom50 "$DIR" 3)"
    [[ $(jq -c '[.schema, .score, ."max-score", .tests[0]."test-name"]' bob.json) == '["classroom50/result/v1",100,100,"R3.1 it <listens>"]' ]]
    gradebook export junit "$DIR" 3 >junit.xml
    python3 -c 'import sys, xml.etree.ElementTree as t; r = t.parse("junit.xml").getroot()
assert [(s.get("name"), s.get("failures"), s.get("skipped")) for s in r] == [("O\x27Hara", "0", "1"), ("bob", "0", "0")]'
    run -1 gradebook export sheet "$DIR" 3
    run -1 gradebook export junit "$DIR" 4
}

@test "the page: names are text, messages are grouped without their numbers, links lead to the requirement" {
    class "<b>&'x:1:<script>alert(1)</script>" bob:2:Bob carl:3:Carl
    result "<b>&'x" 0 1 $'nothing listens on port 8003\n<i>'
    result bob 0 1 $'nothing listens on port 9999\nmore'
    result carl 100
    gradebook collect "$DIR"
    gradebook report "$DIR"
    grep -q '<b>2</b> nothing listens on port N' "$DIR/index.html"
    run ! grep -q 'alert(1)</script>' "$DIR/index.html" "$DIR"/students/*.html
    grep -qF 'href="students/%3Cb%3E%26%27x.html#R3.1"' "$DIR/index.html"
    grep -qF '&lt;i&gt;' "$DIR/students/<b>&'x.html"
    grep -q '1 of 3' "$DIR/index.html"
    run ! grep -qE '(src|href)="?https?:' "$DIR/index.html"
}

@test "a wrong call: status 2, or 1 and one line" {
    run -2 gradebook
    run -2 gradebook report
    run -2 gradebook adjust "$DIR" ada
    run -1 gradebook collect nowhere
    [[ $output == 'gradebook: nowhere: there is no such folder' ]]
    run -1 gradebook collect "$DIR"
    [[ ${#lines[@]} == 1 && $output == *class.json* ]]
    run -1 gradebook report "$DIR"
    [[ ${#lines[@]} == 1 && $output == *'there is no gradebook'* && -z $(ls "$DIR") ]]
    class ada:1:Ada
    result ada 40
    gradebook collect "$DIR"
    : >none.csv
    cp "$KIT/build/grader/gradebook" binary.csv
    for file in none.csv binary.csv; do
        run -1 gradebook export canvas "$DIR" 3 "$file"
        [[ $output == "gradebook: $file: there is no table in it" ]]
    done
    run -1 gradebook export canvas "$DIR" 3x none.csv
    [[ $output == 'gradebook: 3x: no number of a lab' ]]
}

# In a browser: clicks, keys and searches, told by what the page then holds.
@test "in Chromium: searching, filtering, sorting, the arrow keys, a click that leads to the student; 1,000 students are quick" {
    command -v chromium >/dev/null || skip 'chromium is not installed'
    local i
    for i in {0..19}; do class_lines+=("s$i:$i:Student $i"); done
    class "${class_lines[@]}"
    for i in {0..19}; do result "s$i" $((i % 3 == 0 ? 0 : i % 3 == 1 ? 40 : 100)); done
    gradebook collect "$DIR"
    gradebook report "$DIR"
    cat >test.js <<'END'
addEventListener("load", function () {
    const said = [], say = (text) => said.push(text);
    const body = document.querySelector("table.map").tBodies[0];
    const shown = () => Array.from(body.rows).filter((row) => !row.hidden);
    const search = document.getElementById("search"), filter = document.getElementById("filter");
    const type = (text) => { search.value = text; search.dispatchEvent(new Event("input")); };
    const key = (name) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
    type("student 1"); say(shown().length); type("13@EXAMPLE"); say(shown().length);
    if (location.hash === "#find") return search.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    type("");
    filter.value = "lost"; filter.dispatchEvent(new Event("change")); say(shown().length);
    filter.value = ""; filter.dispatchEvent(new Event("change")); say(shown().length);
    const heads = document.querySelectorAll("table.map thead button");
    heads[1].click(); say(body.rows[0].cells[1].textContent);
    heads[1].click(); say(body.rows[0].cells[1].textContent + heads[1].parentNode.getAttribute("aria-sort"));
    heads[3].click(); heads[3].click(); say(body.rows[0].cells[3].textContent);
    say(document.querySelectorAll("table.map [tabindex='0']").length); // one stop of the Tab key, then the arrows
    heads[0].focus(); key("ArrowDown"); say(document.activeElement.tagName);
    key("ArrowDown"); key("ArrowRight"); key("ArrowRight"); key("ArrowRight");
    say(document.activeElement.parentNode.rowIndex + "," + document.activeElement.cellIndex);
    if (location.hash === "#go") return key("Enter");
    key("ArrowUp"); key("ArrowUp"); key("ArrowUp"); say(document.activeElement.tagName);
    say(performance.getEntriesByType("resource").length); // nothing is fetched
    document.title = "said " + said.join(" ");
});
END
    cat >many.js <<'END'
addEventListener("load", function () {
    const body = document.querySelector("table.map").tBodies[0], said = [];
    const search = document.getElementById("search"), filter = document.getElementById("filter");
    const time = (what, act) => {
        const began = performance.now();
        act();
        document.body.offsetHeight;
        const took = performance.now() - began;
        said.push(what + (took < 1000 ? " quick" : " " + took + " ms"));
    };
    time("sort", () => document.querySelectorAll("table.map thead button")[1].click());
    time("search", () => { search.value = "student 1"; search.dispatchEvent(new Event("input")); });
    time("clear", () => { search.value = ""; search.dispatchEvent(new Event("input")); });
    time("filter", () => { filter.value = "lost"; filter.dispatchEvent(new Event("change")); });
    document.title = body.rows.length + " " + said.join(", ");
});
END
    # behind SCRIPT: the page itself, with the clicks behind it.
    behind() { sed '/^<\/body>/d; /^<\/html>/d' "$DIR/index.html" && printf '<script>%s</script></body></html>\n' "$(<"$1")"; }
    browse() {
        timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$BATS_TEST_TMPDIR/profile" \
            "${@:2}" --dump-dom "$1" 2>/dev/null 3>&-
    }
    behind test.js >"$DIR/test.html"
    run -0 browse "file://$DIR/test.html"
    grep -o '<title>[^<]*' <<<"$output"
    [[ $output == *'<title>said 11 1 14 20 0 100descending ✗ 1 A 2,3 BUTTON 0</title>'* ]]
    run -0 browse "file://$DIR/test.html#find" --virtual-time-budget=9000
    [[ $output == *'<h1>Student 13</h1>'* ]]
    run -0 browse "file://$DIR/test.html#go" --virtual-time-budget=9000
    [[ $output == *'<h1>Student '* && $output == *'id="R3.1"'* ]]
    for i in {20..999}; do class_lines+=("s$i:$i:Student $i"); done
    class "${class_lines[@]}"
    gradebook collect "$DIR"
    gradebook report "$DIR"
    behind many.js >"$DIR/test.html"
    run -0 browse "file://$DIR/test.html" # in real time
    grep -o '<title>[^<]*' <<<"$output"
    [[ $output == *'<title>1000 sort quick, search quick, clear quick, filter quick</title>'* ]]
}
