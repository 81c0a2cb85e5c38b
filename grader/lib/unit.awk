# unit.awk - what cmocka said about the unit tests of a module, as a student reads it: each test that failed, in words,
# with the line of the assertion and the two values that differ.
#
#   awk -f unit.awk SOURCE STDERR STDOUT      SOURCE is the test_*.c

BEGIN { source = ARGV[1]; name = source; sub(/.*\//, "", name) }

FILENAME == source { text[FNR] = $0; next }

# stderr has one error for each test that failed, in their order, mostly with the line it stands in.
/^\[ *ERROR *\]/ { errors++; why[errors] = value($0); next }
/^\[ *LINE *\]/ { match($0, /:[0-9]+:/); line[errors] = substr($0, RSTART + 1, RLENGTH - 2) + 0; next }

/^\[ RUN/ { running = $NF; next }
/^\[ *OK / { running = ""; next }
/^\[ *FAILED *\] [a-z0-9_]+$/ && $NF == running { failed[++count] = $NF; running = "" }

END {
    for (i = 1; i <= count; i++) {
        print "  " words(failed[i])
        if (line[i]) printf "    %s, line %d: %s\n", name, line[i], trimmed(text[line[i]])
        if (why[i] != "" && index(text[line[i]], why[i]) == 0) print "    " why[i]
    }
    if (running != "") print "  " words(running) "\n    The program ended in this test."
}

# cmocka writes -1 as a number without a sign, and needs a few words less.
function value(message) {
    sub(/^\[ *ERROR *\] --- /, "", message)
    gsub(/0xffffffffffffffff/, "-1", message)
    return message
}
function words(test) { gsub(/_/, " ", test); return test }
function trimmed(code) { sub(/^ */, "", code); return code }
