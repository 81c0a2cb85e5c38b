# bench.bats - the harness that measures servers, in its smallest form: that all comes out, and that what is wrong is counted.

load common

setup_file() {
    make -s -C "$BATS_TEST_DIRNAME/../.." all tools 3>&-
    cd "$BATS_FILE_TMPDIR" || return
    export BENCH_KIT=$BATS_FILE_TMPDIR/kit
    mkdir -p kit/build/labs/0{2-single,4-select} kit/grader tmp
    cp -r "$BATS_TEST_DIRNAME/../../bench" kit
    ln -s "$(realpath "$BATS_TEST_DIRNAME/../../build/grader")" kit/build/grader
    cp "$BATS_TEST_DIRNAME/../../build/labs/04-select/select_server" kit/build/labs/04-select
    # One byte of 1,024 is wrong, and the length is right.
    cat >kit/build/labs/02-single/single_server <<'END'
#!/usr/bin/env python3
import http.server, sys
class Liar(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        content = bytearray(open(sys.argv[2] + self.path, 'rb').read())
        content[500] ^= 1
        self.send_response(200)
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)
    def log_message(self, *arguments): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Liar)
print('listening on port', server.server_port, flush=True)
server.serve_forever()
END
    chmod +x kit/build/labs/02-single/single_server
    status=0
    TMPDIR=$PWD/tmp ONLY=1k,c8,i0,r1,single_server,select_server,pool_server kit/bench/run >said 2>&1 3>&- || status=$?
    echo "$status" >status
}

setup() {
    cd "$BENCH_KIT/build/bench/only" || { cat "$BATS_FILE_TMPDIR/said" && false; }
}

@test "a short round gives a CSV, tables, figures and exponents; who is not here is named" {
    cat "$BATS_FILE_TMPDIR/said"
    [[ $(<"$BATS_FILE_TMPDIR/status") == 0 ]]
    grep -qx 'bench: pool_server is not here; left out' "$BATS_FILE_TMPDIR/said"
    [[ $(awk -F, 'NR > 1 { print $2, $3, $4, $6, $7 }' results.csv | sort) == \
        "$(printf '%s\n' {ab,wrk}' '{select,single}'_server 1k 8 0' | sort)" ]]
    # On a busy machine few replies come in so short a time, and one of them may take less than a tick of CPU time.
    awk -F, 'NR > 1 && $3 == "select_server" && !($14 == 0 && $15 == 0 && $9 ~ /^[0-9.]+$/ && ($2 == "wrk" ? $13 > 0 : $8 > 0 && $11 > 0)) { print; bad = 1 }
        END { exit bad }' results.csv
    grep -q '^| *select_server *| *[0-9]' table.md
    grep -q '^select_server *[0-9]' table.txt
    [[ $(head -n 1 exponents.csv) == subject,cost,over,at,exponent,points ]]
    grep -q '</svg>' servers.svg
}

@test "a server that sends a wrong byte is counted as wrong, whichever way it is asked" {
    awk -F, 'NR > 1 && $3 == "single_server" && !($14 > 0) { print; bad = 1 } END { exit bad }' results.csv
}

@test "exponents and medians are what they are by hand" {
    cd "$BATS_TEST_TMPDIR"
    {
        sed -n "s/^readonly HEADING=//p" "$KIT/bench/measure.bash"
        for round in 1 2 3; do
            for connections in 1 10 100; do
                echo "$round,wrk,select_server,1k,1024,$connections,0,9,$((100000 / connections + round)),1,2,$((connections * connections * (round == 2 ? 5 : round))),10,0,$((round == 3)),"
            done
        done
    } >results.csv
    awk -f "$KIT/bench/medians.awk" results.csv >medians.csv
    grep -qx 'wrk,select_server,1k,1024,10,0,10002,1,2,300,10,0,1,' medians.csv
    awk -f "$KIT/bench/exponents.awk" medians.csv >exponents.csv
    grep -qx 'select_server,cpu_us,connections,1k,2.00,3' exponents.csv
    grep -qx 'select_server,ms_per_reply,connections,1k,1.00,3' exponents.csv
    echo 'rounds,3' >machine.csv
    "$KIT/bench/evaluate" "$PWD"
    grep -q '</svg>' cost.svg
}

@test "nothing is left running, and no file" {
    local left
    left=$(grep -lsF "$BENCH_KIT" /proc/[0-9]*/cmdline || true)
    [[ -z $left ]] || { echo "$left" && false; }
    [[ -z $(ls "$BATS_FILE_TMPDIR/tmp") ]]
}

@test "a word that means nothing is refused" {
    run env ONLY=1k,frobnicate "$KIT/bench/run"
    [[ $status == 1 && $output == "bench: ONLY knows no 'frobnicate'" ]]
}
