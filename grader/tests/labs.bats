# labs.bats - the handouts, the hints and the suites say the same; a hint gives no code away.

load common

# Every lab that has both a suite and a handout with requirements.
labs() {
    local readme
    for readme in "$KIT"/labs/0*/README.md; do
        grep -q '^| number | points | requirement |$' "$readme" && basename "$(dirname "$readme")"
    done
}

@test "the requirements of a handout are the titles of the suite, one to one, with their points" {
    local lab
    (($(labs | wc -l) >= 5))
    for lab in $(labs); do
        sed -n 's/^| \(R[0-9]*\.[0-9]*\) | \([0-9]*\) | \(.*\) |$/\1 [\2] \3/p' "$KIT/labs/$lab/README.md" >"$BATS_TEST_TMPDIR/handout"
        sed -n 's/^@test "\(R.*\)" {$/\1/p' "$KIT/grader/suites/lab${lab:1:1}.bats" >"$BATS_TEST_TMPDIR/suite"
        diff "$BATS_TEST_TMPDIR/handout" "$BATS_TEST_TMPDIR/suite" || { echo 'make requirements brings them up to date'; false; }
    done
}

@test "every handout has its parts, and its figures are those of their sources" {
    local lab part figure
    for lab in $(labs); do
        for part in 'The ideas' 'What the programs\? must do' 'The way through' 'Try it by hand' 'When it does not work' Experiments \
            Questions 'What to hand in' Points 'Going further'; do
            grep -q "^## $part\$" "$KIT/labs/$lab/README.md" || { echo "$lab: $part"; false; }
        done
        grep -q '^!\[.*\](.*\.svg)$' "$KIT/labs/$lab/README.md"
    done
    cp -r "$KIT/Makefile" "$KIT/labs" "$BATS_TEST_TMPDIR"
    make -s -C "$BATS_TEST_TMPDIR" figures 3>&-
    for figure in "$BATS_TEST_TMPDIR"/labs/0*/*.svg; do diff "$figure" "$KIT/${figure#"$BATS_TEST_TMPDIR"/}"; done
}

@test "every TODO of a lab is named in its way through" {
    local file lab name
    for file in "$KIT"/skeletons/0*/*.c; do
        lab=$(basename "$(dirname "$file")") name=$(basename "$file")
        [[ $name != test_* ]] || continue
        grep -qx "$lab" <(labs) || continue
        grep -q "\`$name\`" <(sed -n '/^## The way through/,/^## Try/p' "$KIT/labs/$lab/README.md") || { echo "$lab: $name"; false; }
    done
}

@test "every requirement has three hints, and none of them is code" {
    local lab id file
    for file in "$KIT"/labs/0*/hints.txt; do
        lab=$(basename "$(dirname "$file")")
        grep '^R' "$file" | grep -o '^R[0-9.]*$' | diff - <(sed -n 's/^@test "\(R[^ ]*\) .*/\1/p' "$KIT/grader/suites/lab${lab:1:1}.bats")
        awk -v RS= -F'\n' 'NF != 4 || $2 !~ /\?/ { print FILENAME ": " $1; bad = 1 } END { exit bad }' "$file"
        # A line of code ends in a semicolon or a brace.
        ! grep -nE '[;{}]$' "$file" || false
        awk '/^#ifdef SOLUTION/ { on = 1; next } /^#(else|endif)/ { on = 0 } on { sub(/^ */, ""); if (length >= 20) print }' \
            "$KIT/labs/$lab"/*.c | sort -u >"$BATS_TEST_TMPDIR/solution"
        ! grep -nFf "$BATS_TEST_TMPDIR/solution" "$file" || false
    done
}

# numbered LAB PART: the numbers of the list in that part of a handout.
numbered() { sed -n "/^## $2\$/,/^## /p" "$KIT"/labs/0"$1"-*/README.md | grep -o '^[0-9]*\. ' | tr -d '. '; }

@test "every question of a handout has its answer in the notes, and the usual questions have the places that are named" {
    local lab place part
    for lab in 1 2 3 4 5 6 7; do
        echo "lab $lab"
        diff <(numbered "$lab" Questions) <(awk '/^## / { exit } /^!\[|^## / { next } { print }' "$KIT/instructor/lab$lab.md" |
            grep -o '^[0-9]*\. ' | tr -d '. ')
    done
    grep -o 'lab [1-7], [a-z ]*[0-9]*' <(sed -n '/usual questions/,$p' "$KIT/instructor/README.md") >"$BATS_TEST_TMPDIR/places"
    (($(wc -l <"$BATS_TEST_TMPDIR/places") > 30))
    while IFS= read -r place; do
        lab=${place:4:1} part=${place:7}
        case $part in
        question*) grep -qx "${part##* }" < <(numbered "$lab" Questions) ;;
        experiment*) grep -qx "${part##* }" < <(numbered "$lab" Experiments) ;;
        *) [[ $part == 'try it by hand'* ]] ;;
        esac || { echo "there is no $place"; false; }
    done <"$BATS_TEST_TMPDIR/places"
}

@test "labs 1 to 5 and 7 need nothing that only Linux has" {
    # What is said to be Linux's own by its name; poll and epoll are compared in programs of their own.
    ! grep -nE '<(linux/|sys/(epoll|sendfile|eventfd|signalfd|timerfd|prctl)\.h)|_GNU_SOURCE|accept4|pipe2|SOCK_(CLOEXEC|NONBLOCK)|sendfile' \
        "$KIT"/labs/common/*.[ch] "$KIT"/labs/0[1-57]*/*.[ch] | grep -v epoll || false
    make -s -C "$KIT" lab1 lab2 lab3 lab4 lab5 lab7 OUT="$BATS_TEST_TMPDIR/out" CFLAGS='-O2 -Wall -Wextra -Werror' \
        CONTRACT='-std=c11 -D_POSIX_C_SOURCE=200809L -pthread' 3>&-
}

@test "the common mistakes in the instructor's notes are those of the mutants" {
    "$KIT/instructor/mistakes-of" | diff "$KIT/instructor/mistakes.md" - || { echo 'make mistakes brings them up to date'; false; }
}
