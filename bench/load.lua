-- load.lua - what wrk tells in the end, for a program to read; and, with TARGET, a target that is a whole URL.
if (os.getenv("TARGET") or "") ~= "" then wrk.path = os.getenv("TARGET") end

done = function(summary, latency, requests)
    local e = summary.errors
    io.write(string.format("load %d %d %d %d %d %.3f %.3f\n", summary.requests, summary.bytes, summary.duration,
        e.connect + e.read + e.write, e.status, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
