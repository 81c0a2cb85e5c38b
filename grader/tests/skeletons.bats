# skeletons.bats - what students start from: derived, free of solutions, and worth nothing yet.

load common

@test "skeletons/ is what is derived from labs/" {
    make -s -C "$KIT" skeletons SKELETONS="$BATS_TEST_TMPDIR/derived"
    diff -r "$BATS_TEST_TMPDIR/derived" "$KIT/skeletons"
}

@test "no line of a solution shows up in the skeletons" {
    # Lines long enough to say something, which do not stand in the part that is given anyway.
    local file
    for file in "$KIT"/labs/0*/*.[ch]; do
        awk '/^#ifdef SOLUTION/ { part = 1; next } part && /^#else/ { part = 2; next } part && /^#endif/ { part = 0; next }
            { sub(/^ */, "") } length < 20 { next }
            part == 0 { given[$0] } part == 1 { solution[$0] } part == 2 { stub[$0] }
            END { for (line in stub) if (line in solution && !(line in given)) print FILENAME ": " line }' "$file"
    done >"$BATS_TEST_TMPDIR/leaks"
    cat "$BATS_TEST_TMPDIR/leaks"
    [[ ! -s $BATS_TEST_TMPDIR/leaks ]]
    ! grep -rn SOLUTION "$KIT/skeletons" || false
}

@test "the skeletons compile without a warning" {
    make -s -C "$KIT" all OUT="$BATS_TEST_TMPDIR/out" SRC=skeletons CFLAGS='-O2 -Wall -Wextra -Wpedantic -Werror' 3>&-
    make -s -C "$KIT" all OUT="$BATS_TEST_TMPDIR/out-clang" SRC=skeletons CC=clang \
        CFLAGS='-O2 -Wall -Wextra -Wpedantic -Werror' 3>&-
}

@test "a program of the skeletons says that it is not done yet, and ends with status 1" {
    local program status
    make -s -C "$KIT" all SRC=skeletons 3>&-
    for program in "$KIT"/build/skeletons/0*/{*_{server,client},proxy}; do
        case ${program##*/} in
        *server | proxy) set -- 0 ;;
        http_client) set -- http://localhost/ ;;
        tcp_client | udp_client) set -- localhost 9 ;;
        web_client) set -- localhost 9 x ;;
        threaded_client) set -- localhost 9 0 ;;
        mail_client) set -- localhost 9 alice@example.org bob@example.org ;;
        esac
        status=0
        timeout 5 "$program" "$@" </dev/null 2>"$BATS_TEST_TMPDIR/err" 3>&- || status=$?
        echo "${program##*/}: status $status: $(<"$BATS_TEST_TMPDIR/err")"
        ((status == 1))
        [[ $(wc -l <"$BATS_TEST_TMPDIR/err") == 1 ]]
    done
}

@test "the skeletons have no points, in any lab" {
    local lab
    for lab in "${LABS[@]}"; do
        grade "$lab" "$KIT/skeletons"
        expect_score 0
    done
}

@test "every program and module has 3 to 6 numbered TODOs, each with its four parts" {
    local file count
    for file in "$KIT"/skeletons/0*/*.c; do
        [[ $file != */test_* ]] || continue
        count=$(grep -c '/\* TODO [1-9] (about [0-9]* lines\?): ' "$file")
        echo "$file: $count"
        ((count >= 3 && count <= 6))
        [[ $(grep -c '^ *\* Read: ' "$file") == "$count" && $(grep -c '^ *\* Think: ' "$file") == "$count" ]]
        [[ $(grep -c '^ *\* Checked by: [RB]' "$file") == "$count" ]]
    done
}

@test "every requirement that a TODO names is one of its lab" {
    local file lab id
    for file in "$KIT"/skeletons/0*/*.c; do
        lab=${file%/*} lab=${lab##*/0} lab=${lab%%-*}
        for id in $(grep -o 'Checked by: [^*]*' "$file" | grep -o '[RB][0-9]*\.[0-9]*'); do
            grep -qhs "^@test \"$id \[" "$KIT/grader/suites/lab$lab.bats" "$KIT/grader/bonus/lab$lab.bats" || {
                echo "$file: $id"
                false
            }
        done
    done
}

@test "the first points come after the first TODO" {
    local first lab file tree=$BATS_TEST_TMPDIR/tree
    for first in 1:01-echo/net.c 2:02-single/single_server.c 3:03-threaded/threaded_server.c 4:04-select/select_server.c \
        5:05-dynamic/dynamic_server.c 6:06-proxy/proxy.c 7:07-mail/smtp.c; do
        lab=${first%%:*} file=${first#*:}
        rm -rf "$tree"
        cp -r "$KIT/skeletons" "$tree"
        # The solution of the part that TODO 1 stands in, and nothing more.
        awk '/^#ifdef SOLUTION/ { held = other = ""; part = 1; next }
            part && /^#else/ { part = 2; next }
            part && /^#endif/ { printf "%s", (other ~ /TODO 1 /) ? held : other; part = 0; next }
            part == 1 { held = held $0 "\n"; next }
            part == 2 { other = other $0 "\n"; next }
            { print }' "$KIT/labs/$file" >"$tree/$file"
        grade "$lab" "$tree"
        echo "lab $lab: $(jq .score "$RESULT") points after TODO 1 of $file"
        (($(jq .score "$RESULT") > 0))
    done
}
