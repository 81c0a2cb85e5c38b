# exponents.awk - medians.csv to how cost grows: b in cost = a * x^b, by least squares on the logarithms, without idle
# connections. Costs are the CPU time of a reply and the time from one reply to the next; x is the number of connections
# or the size of the file.
function add(name, x, y,   lx, ly) {
    if (y == "-" || y <= 0 || x <= 0) return
    if (!(name in n)) order[++names] = name
    lx = log(x); ly = log(y)
    n[name]++; sx[name] += lx; sy[name] += ly; sxx[name] += lx * lx; sxy[name] += lx * ly
}
BEGIN { FS = OFS = ","; print "subject", "cost", "over", "at", "exponent", "points" }
$1 == "wrk" && $6 == 0 {
    time = $7 == "-" || $7 <= 0 ? "-" : 1000 / $7
    add($2 FS "cpu_us" FS "connections" FS $3, $5, $10)
    add($2 FS "ms_per_reply" FS "connections" FS $3, $5, time)
    add($2 FS "cpu_us" FS "size" FS "c" $5, $4, $10)
    add($2 FS "ms_per_reply" FS "size" FS "c" $5, $4, time)
}
END {
    for (i = 1; i <= names; i++) {
        k = order[i]
        d = n[k] * sxx[k] - sx[k] * sx[k]
        if (n[k] > 1 && d > 1e-9) print k, sprintf("%.2f", (n[k] * sxy[k] - sx[k] * sy[k]) / d), n[k]
    }
}
