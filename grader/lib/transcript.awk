# transcript.awk - what went over one connection, in order, from what the probe recorded:
#
#   awk -v name=NAME -f transcript.awk EVENTS
#
# One line for each run of bytes in one direction, `sent SKIP COUNT` or `received SKIP COUNT`, which are COUNT bytes of
# NAME.sent or NAME.received behind the first SKIP; and a sentence for what else happened. Where a name was used several
# times, the last connection counts; of a long conversation, its end.

$2 != name { next }
$3 == "connect" || $3 == "accept" {
    lines = 0
    open = 1
}
$3 == "send" { run("sent", $4) }
$3 == "recv" { run("received", $4) }
$3 == "fin-sent" { tell("The grader finished sending (FIN).") }
$3 == "fin" { tell("Then the connection was closed in order (FIN).") }
$3 == "reset" { tell("Then the connection was reset (RST).") }
$3 == "close" && open { tell("The grader closed the connection.") }
$3 == "reset-sent" { tell("The grader reset the connection (RST).") }
$3 == "fin" || $3 == "reset" || $3 == "close" || $3 == "reset-sent" { open = 0 }

function run(direction, count) {
    if (kind[lines] != direction || !lines) {
        kind[++lines] = direction
        skip[lines] = at[direction] + 0
        size[lines] = 0
    }
    size[lines] += count
    at[direction] += count
}

function tell(text) {
    kind[++lines] = "="
    words[lines] = text
}

function nothing() {
    if (!udp) print "Received: nothing"
    got = 1
}

END {
    first = lines > 7 ? lines - 5 : 1
    if (first > 1) print "... what came before is not shown."
    for (i = first; i <= lines; i++) if (kind[i] == "received") got = 1
    for (i = first; i <= lines; i++) {
        if (!got && words[i] ~ /^Then/) nothing()
        if (kind[i] == "=") print words[i]
        else print kind[i], skip[i], size[i]
    }
    if (!got) nothing()
    if (open && !udp) print "The connection was still open."
}
