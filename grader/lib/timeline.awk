# timeline.awk - the connections of a talk over time, from what the probe recorded (see probe/README.md):
#
#   awk -v failed=NAME -f timeline.awk EVENTS
#
#   client  1 |--connect--request------reply--<FIN|
#   client  2    |--connect--request...............reply--<FIN|   served only after client 1
#
# A row is a connection, each column what happened at that moment, in order and not to scale. `failed` names the
# connection that matters; those that were there at the same time are shown with it. Nothing is printed where there was
# no other.

BEGIN { WIDTH = 100 }

# A connection begins. hold and try make several in one event.
$3 == "connect" || $3 == "accept" || !($2 in row) || (ended[row[$2]] && $3 != "close" && $3 != "stands") {
    r = row[$2] = ++rows
    name[r] = $2 ($4 > 1 && $3 == "connect" ? " (" $4 ")" : "")
    began[r] = NR
    reply[r] = ""
    if ($3 == "connect" || $3 == "accept") {
        happened(r, $3)
        next
    }
}
{ r = row[$2] }
$3 == "send" {
    sent[r] += $4
    if ($5 == "whole") {
        asked[r] = $1
        happened(r, "request")
    } else if (last[r] ~ /^send/) {
        part[r] += $4
        label[event[r]] = "send " part[r]
    } else {
        part[r] = $4
        happened(r, "send " $4)
    }
}
$3 == "recv" {
    if (reply[r] == "" && asked[r] != "") reply[r] = $1
    if (last[r] != "reply") happened(r, "reply")
    replied[r] = $1
}
$3 == "fin" { finish(r, "<FIN") }
$3 == "reset" { finish(r, "<RST") }
$3 == "fin-sent" { happened(r, "FIN>") }
$3 == "reset-sent" { finish(r, "RST>") }
$3 == "close" && !ended[r] { finish(r, "close") }
$3 == "refused" { finish(r, "refused") }
$3 == "timeout" {
    happened(r, "timeout")
    late[r] = 1
}
$3 == "stands" {
    words[r] = $4 == "waiting" ? "not accepted" : $5 > 0 ? $5 " byte" ($5 > 1 ? "s" : "") " unread" : \
        late[r] && sent[r] > 0 ? "all read, no answer" : "accepted"
}

function happened(r, what) {
    event[r] = ++events
    of[events] = r
    label[events] = last[r] = what
}

function finish(r, what) {
    happened(r, what)
    ended[r] = NR
}

function together(a, b) {
    return (!ended[a] || ended[a] > began[b]) && (!ended[b] || ended[b] > began[a])
}

# Which rows to show: the one that failed and those beside it, or all that were not alone; the first ones, the ones
# around it, and the last ones, `most` at the most. Returns how many there are in all.
function choose(most,   r, s, n, at) {
    shown = n = 0
    split("", show)
    if (failed in row) {
        at = row[failed]
        for (r = 1; r <= rows; r++)
            if (r == at || together(r, at)) candidate[++n] = r
    } else {
        for (r = 1; r <= rows; r++)
            for (s = 1; s <= rows; s++)
                if (r != s && together(r, s)) {
                    candidate[++n] = r
                    break
                }
    }
    for (r = 1; r <= n; r++) if (candidate[r] == at) at = -r
    at = at < 0 ? -at : n
    for (r = 1; r <= n; r++)
        if (n <= most || r <= most / 2 - 2 || (r > at - 2 && r < at + 2) || r > n - 2) show[candidate[r]] = ++shown
    return n
}

# Who was served only when another one had been: its reply began, much later than it was due, behind the end of that one.
function wait_words(   r, q, base) {
    for (r = 1; r <= rows; r++)
        if (reply[r] != "" && (base == "" || reply[r] - asked[r] < base)) base = reply[r] - asked[r]
    if (base < 20) return
    for (r = 1; r <= rows; r++) {
        if (reply[r] == "" || !show[r]) continue
        before = 0
        for (q = 1; q <= rows; q++)
            if (q != r && reply[q] != "" && replied[q] <= reply[r] && (!before || replied[q] > replied[before])) before = q
        if (before && replied[before] > asked[r] && reply[r] - replied[before] >= base / 2) {
            words[r] = "served only after " name[before]
            late[r] = 1
        }
    }
}

function times(text, n,   out) {
    while (n-- > 0) out = out text
    return out
}

# What stands for an event. In small, only the first row has whole words.
function word(e, small,   text) {
    text = label[e]
    if (!small || show[of[e]] == 1) return text
    if (text == "connect") return ""
    if (text == "request") return "req"
    if (text == "reply") return "rep"
    if (text == "<FIN") return ""
    sub(/^send /, "", text)
    return text
}

# Gives each event of a shown row its column. Returns the width.
function place(gap, small,   e, r, at, text) {
    at = -1
    for (r = 1; r <= rows; r++) line[r] = filled[r] = ""
    for (e = 1; e <= events; e++) {
        r = of[e]
        if (!show[r]) continue
        at++
        text = word(e, small)
        fill = late[r] && (label[e] == "reply" || label[e] == "timeout") ? "." : "-"
        least = fill == "." && !small ? 4 * gap : gap
        if (line[r] == "") {
            line[r] = times(" ", at) "|"
        } else if (length(line[r]) + least > at) {
            at = length(line[r]) + least
        }
        line[r] = line[r] times(fill, at - length(line[r])) (label[e] == "connect" && text != "" ? times("-", gap) : "") text
        if (ended[r] && e == event[r]) line[r] = line[r] "|"
    }
    widest = 0
    for (r = 1; r <= rows; r++) if (length(line[r]) > widest) widest = length(line[r])
    return widest
}

# Sets total, names, room for the chart, and cut, which is how much of it does not fit.
function lay_out(most,   r, longest) {
    total = choose(most)
    names = longest = 0
    for (r = 1; r <= rows; r++) {
        if (!show[r]) continue
        if (length(name[r]) > names) names = length(name[r])
        if (length(words[r]) > longest) longest = length(words[r])
    }
    room = WIDTH - names - 3 - (longest ? longest + 2 : 0)
    if (place(2) > room && place(1) > room) place(1, 1)
    cut = widest > room ? widest - room + 3 : 0
}

END {
    if (choose(rows) < 2) exit
    wait_words()
    if (failed in row && words[row[failed]] == "" && !late[row[failed]]) words[row[failed]] = "<- this one"
    for (r = 1; r <= rows; r++)
        if (asked[r] != "" && reply[r] == "" && last[r] ~ /^</) words[r] = "closed without a reply"
    most = 14
    do {
        most -= 2
        lay_out(most)
    } while (cut && most > 6)
    for (r = 1; r <= rows; r++) {
        if (!show[r]) continue
        if (!ended[r]) line[r] = line[r] times(late[r] ? "" : "-", widest - length(line[r]))
        text = cut ? (substr(line[r], cut, 1) == " " ? "   " : "...") substr(line[r], cut + 1) : line[r]
        text = sprintf("  %-" names "s %s", name[r], text)
        if (words[r] != "") text = sprintf("%-" names + 3 + (cut ? room : widest) "s  %s", text, words[r])
        sub(/ +$/, "", text)
        print text
    }
    if (total > shown) printf "  and %d more connections at the same time\n", total - shown
}
