# medians.awk - results.csv to one row for each cell: the median over the rounds; wrong and failed are added up.
function median(key, column,   n, i, j, x, values) {
    n = split(seen[key, column], values, " ")
    if (n == 0) return "-"
    for (i = 2; i <= n; i++) {
        x = values[i]
        for (j = i - 1; j > 0 && values[j] + 0 > x + 0; j--) values[j + 1] = values[j]
        values[j + 1] = x
    }
    return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
}
BEGIN { FS = OFS = "," }
NR == 1 { print "tool", "subject", "file", "size", "connections", "idle", $9, $10, $11, $12, $13, "wrong", "failed", "note"; next }
{
    key = $2 FS $3 FS $4
    place = $6 FS $7
    cell = key FS place
    if (!(cell in note)) { order[++cells] = cell; front[cell] = key; back[cell] = place; note[cell] = "" }
    if ($5 != "-") size[$4] = $5
    file[cell] = $4
    for (c = 9; c <= 13; c++) if ($c != "-") seen[cell, c] = seen[cell, c] " " $c
    wrong[cell] += $14
    failed[cell] += $15
    if ($16 != "") note[cell] = $16
}
END {
    for (i = 1; i <= cells; i++) {
        cell = order[i]
        line = front[cell] FS size[file[cell]] FS back[cell]
        for (c = 9; c <= 13; c++) line = line FS median(cell, c)
        print line, wrong[cell], failed[cell], note[cell]
    }
}
