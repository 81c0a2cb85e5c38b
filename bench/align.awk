# align.awk - gives the columns of Markdown tables the same width, so that they can be read as they are.
function dashes(n,   line) { line = sprintf("%*s", n, ""); gsub(/ /, "-", line); return line }
function flush_table(   r, c, cell, line) {
    for (r = 1; r <= rows; r++) {
        line = "|"
        for (c = 1; c <= columns; c++) {
            cell = table[r, c]
            if (cell ~ /^---*:?$/) line = line sprintf("%s%s|", dashes(width[c] + 1), cell ~ /:$/ ? ":" : "-")
            else line = line sprintf(c == 1 ? " %-" width[c] "s |" : " %" width[c] "s |", cell)
        }
        print line
    }
    rows = columns = 0
    split("", width)
}
/^\|/ {
    n = split($0, cells, "|")
    rows++
    if (n - 2 > columns) columns = n - 2
    for (c = 1; c <= n - 2; c++) {
        cell = cells[c + 1]
        gsub(/^ +| +$/, "", cell)
        table[rows, c] = cell
        if (length(cell) > width[c]) width[c] = length(cell)
    }
    next
}
{ flush_table(); print }
END { flush_table() }
