# tables.awk - medians.csv to Markdown: a table for each cell, each server with its ratio to each peer. `ours` are the names
# of the programs of the kit; `cells`, a pattern of "FILE CONNECTIONS IDLE", leaves out the others.
function kind(subject, file) { return subject ~ /proxy$/ ? "through a proxy" : file == "json" ? "computed" : "" }
function shown(value, format) { return value == "-" || value == "" ? "-" : sprintf(format, value) }
function file_name(f) { sub(/k$/, " KiB", f); sub(/m$/, " MiB", f); sub(/json/, "JSON", f); return f }
BEGIN { FS = ","; n = split(ours, list, " "); for (i = 1; i <= n; i++) own[list[i]] = 1 }
NR == 1 || $3 " " $5 " " $6 !~ cells { next }
$1 == "ab" { ab_rate[$2, $3, $5, $6] = $7; ab_p99[$2, $3, $5, $6] = $9; wrong[$2, $3, $5, $6] += $12; failed[$2, $3, $5, $6] += $13; next }
{
    group = $3 SUBSEP $5 SUBSEP $6 SUBSEP kind($2, $3)
    if (!(group in count)) groups[++number] = group
    row[group, ++count[group]] = $2
    rate[$2, $3, $5, $6] = $7; p50[$2, $3, $5, $6] = $8; p99[$2, $3, $5, $6] = $9; cpu[$2, $3, $5, $6] = $10; memory[$2, $3, $5, $6] = $11
    wrong[$2, $3, $5, $6] += $12; failed[$2, $3, $5, $6] += $13; note[$2, $3, $5, $6] = $14
}
END {
    for (g = 1; g <= number; g++) {
        group = groups[g]
        split(group, part, SUBSEP)
        at = part[1] SUBSEP part[2] SUBSEP part[3]
        printf "\n### %s%s, %s connection%s, %s idle\n\n", file_name(part[1]), part[4] == "" ? "" : " " part[4], part[2], part[2] == 1 ? "" : "s", part[3] == 0 ? "none" : part[3]
        peers = 0
        head = "| server | replies/s | p50 ms | p99 ms | CPU us | memory MB | wrong | failed | ab: replies/s | ab: p99 ms |"
        rule = "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
        for (r = 1; r <= count[group]; r++) if (!(row[group, r] in own)) {
            peer[++peers] = row[group, r]
            head = head " / " row[group, r] " |"
            rule = rule "--:|"
        }
        print head; print rule
        for (r = 1; r <= count[group]; r++) {
            s = row[group, r]; k = s SUBSEP at
            if (note[k] != "") rest[s] = note[k]
            line = "| " s " | " shown(rate[k], "%.0f") " | " shown(p50[k], "%.2f") " | " shown(p99[k], "%.2f") " | " shown(cpu[k], "%.1f") " | " \
                (memory[k] == "-" ? "-" : sprintf("%.1f", memory[k] / 1024)) " | " wrong[k] " | " failed[k] " | " shown(ab_rate[k], "%.0f") " | " shown(ab_p99[k], "%.2f") " |"
            for (p = 1; p <= peers; p++) {
                base = rate[peer[p] SUBSEP at]
                line = line " " (rate[k] != "-" && base != "-" && base > 0 ? sprintf("%.2f", rate[k] / base) : "-") " |"
            }
            print line
        }
        some = 0
        for (s in rest) { printf "%s%s: %s.\n", some++ ? "" : "\n", s, rest[s]; delete rest[s] }
    }
}
