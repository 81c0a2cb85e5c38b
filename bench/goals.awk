# goals.awk - what was to be reached, what was measured, and whether it was: from medians.csv, growth.csv and kit.csv.
# A ratio is given for 1, 50 and 400 connections; `in part` means that not all of them reach the goal.
function rate(s, f, c, i) { return ("wrk" FS s FS f FS c FS i) in rates ? rates["wrk" FS s FS f FS c FS i] : "-" }
# goal WORDS NUMBER MOST: at least NUMBER, or at most, of the values in v[1..n].
function goal(words, number, most,   i, good, known, line) {
    for (i = 1; i <= n; i++) {
        line = line (i > 1 ? " / " : "") (v[i] == "-" ? "-" : sprintf("%.2f", v[i]))
        if (v[i] != "-") { known++; good += most ? v[i] <= number : v[i] >= number }
    }
    if (known) print "| " words " | " (most ? "at most " : "at least ") number " | " line " | " (good == known ? "yes" : good ? "in part" : "no") " |"
}
function ratios(s, f, peer,   i, a, b) {
    n = 3
    for (i = 1; i <= 3; i++) {
        a = rate(s, f, counts[i], 0); b = rate(peer, f, counts[i], 0)
        v[i] = a == "-" || b == "-" || b <= 0 ? "-" : a / b
    }
}
function size_name(f) { sub(/k$/, " KiB", f); sub(/m$/, " MiB", f); sub(/json/, "JSON", f); return f }
BEGIN { FS = ","; split("1 50 400", counts, " "); split("1k 100k 10m", files, " "); own_count = split(ours, own, " ") }
FILENAME ~ /medians/ && FNR > 1 { rates[$1 FS $2 FS $3 FS $5 FS $6] = $7; late[$2, $3, $5, $6, $1] = $9; wrong[$2] += $12; failed[$2] += $13; measured[$2] = 1 }
FILENAME ~ /growth/ && FNR > 1 { grown[$1] = ($4 - $3) * 1024 / ($2 > 0 ? $2 : 1); replies[$1] = $2 }
FILENAME ~ /kit/ && FNR > 1 { kit[++kits] = $1; value[kits] = $2; unit[kits] = $3; aim[kits] = $4 }
END {
    print "| goal | wanted | measured | reached |"
    print "|---|--:|--:|---|"
    for (p = split("lighttpd nginx", peers, " "); p > 0; p--) for (f = 1; f <= 3; f += 2) {
        ratios("select_server", files[f], peers[p])
        goal("select_server against " peers[p] ", " size_name(files[f]), 1)
    }
    for (p = split("python busybox mini_httpd", peers, " "); p > 0; p--) for (f = 1; f <= 3; f++) {
        ratios("threaded_server", files[f], peers[p])
        goal("threaded_server against " peers[p] ", " size_name(files[f]), 1)
    }
    for (f = 1; f <= 3; f++) { ratios("threaded_server", files[f], "select_server"); goal("threaded_server against select_server, " size_name(files[f]), 0.8) }
    for (f = 1; f <= 3; f++) { ratios("proxy", files[f], "tinyproxy"); goal("proxy against tinyproxy, " size_name(files[f]), 1) }
    for (o = 1; o <= own_count; o++) {
        file = own[o] == "dynamic_server" ? "json" : "1k"
        n = 3
        for (i = 1; i <= 3; i++) {
            a = late[own[o], file, counts[i], 400, "wrk"]; b = late[own[o], file, counts[i], 0, "wrk"]
            v[i] = a == "" || a == "-" || b == "" || b == "-" || b <= 0 ? "-" : a / b
        }
        goal(own[o] ": 99th percentile with 400 idle connections against none, " size_name(file), 1.5, 1)
    }
    # The smallest block that malloc() gives has 32 bytes: a block lost with each reply would show.
    for (o = 1; o <= own_count; o++) if (own[o] in grown)
        print "| " own[o] ": memory after " replies[own[o]] " replies, against before | under 10 bytes a reply | " sprintf("%+.2f", grown[own[o]]) " bytes | " (grown[own[o]] < 10 && replies[own[o]] >= 100000 ? "yes" : "no") " |"
    for (o = 1; o <= own_count; o++) if (own[o] in measured) { all++; bad += wrong[own[o]]; lost += failed[own[o]] }
    if (all) print "| wrong replies of all our servers together | 0 | " bad + 0 " | " (bad ? "no" : "yes") " |"
    if (all) print "| requests to all our servers together that ended without a whole reply | 0 | " lost + 0 " | " (lost ? "no" : "yes") " |"
    for (k = 1; k <= kits; k++) if (aim[k] != "")
        print "| " kit[k] " | at most " aim[k] " " unit[k] " | " value[k] " " unit[k] " | " (value[k] + 0 <= aim[k] + 0 ? "yes" : "no") " |"
}
