# measure.bash - one measurement: a server, a file, so many connections, so many idle ones beside. Sourced by run.

readonly HEADING=round,tool,subject,file,size,connections,idle,replies,replies_per_s,p50_ms,p99_ms,cpu_us,memory_kb,wrong,failed,note

# record TOOL VALUE...: a row of results.csv for the present cell; and what stands for nothing is `-`.
record() {
    local tool=$1 IFS=,
    shift
    echo "$round,$tool,$subject,$file,${size:--},$connections,$idle,$*" >>"$results/results.csv"
}
cannot() { record wrk -,-,-,-,-,-,0,0 "$1"; }

# aim: sets url, and what the load generators and curl need to get it through a proxy.
aim() {
    through=() target='' ab_through=()
    if [[ $file == json ]]; then url="http://127.0.0.1:$PORT/product?a=12&b=60&another=0.5"; else url=http://127.0.0.1:$PORT/$file.txt; fi
    if [[ -n $origin_port ]]; then
        target=http://127.0.0.1:$origin_port/$file.txt
        through=(--proxy "http://127.0.0.1:$PORT") ab_through=(-X "127.0.0.1:$PORT")
    fi
}

# check: fetches once with curl; sets `verdict` to right, wrong or none, and `size` to that of the content.
check() {
    local code
    if ! code=$(curl -s --noproxy '' "${through[@]}" -m 5 -o "$work/got" -w '%{http_code}' "${target:-$url}"); then
        if [[ $code == 200 ]]; then verdict=wrong; else verdict=none; fi # cut short, or nothing
        return
    fi
    verdict=wrong
    if [[ $file == json ]]; then
        if jq -e '.result == 360' "$work/got" >/dev/null 2>&1; then verdict=right; fi
    elif [[ $code == 200 ]] && cmp -s "$work/got" "$site/$file.txt"; then verdict=right; fi
    size=$(stat -c %s "$work/got")
}

hold_idle() {
    if ((idle == 0)); then return; fi
    coproc IDLE { exec build/grader/probe -t 10 127.0.0.1 "$PORT" "hold=$idle" say=ready wait 2>/dev/null; }
    idle_pid=$IDLE_PID
    running+=("$idle_pid")
    local ready=''
    read -rt 8 ready <&"${IDLE[0]}" || true
    [[ $ready == ready ]]
}

# load_wrk: `seconds` of load; sets the fields of a row. Replies are counted by the bytes that came, so that those
# under way at the end count for what they are: of 10 MiB files on 400 connections few are complete then.
load_wrk() {
    local before after middle end pid line
    before=$(cpu_ticks "$PID")
    TARGET=$target timeout -k 20 -s INT "$seconds" wrk -t1 -c"$connections" -d60s --timeout 20s -H 'Connection: close' \
        -s bench/load.lua "$url" >"$work/wrk" 2>&1 &
    pid=$!
    running+=("$pid")
    pause "$(awk -v s="$seconds" 'BEGIN { print s / 2 }')"
    middle=$(memory_kb "$PID")
    wait "$pid" || true
    after=$(cpu_ticks "$PID")
    end=$(memory_kb "$PID")
    if ! line=$(grep '^load ' "$work/wrk"); then
        row=(- - - - - - 0 0) remark='wrk did not come to its end'
        return
    fi
    read -ra row < <(awk -v size="$size" -v c="$connections" -v ticks="${after:+$((after - ${before:-after}))}" -v hz="$(getconf CLK_TCK)" \
        -v memory="$((middle > end ? middle : end))" '{
            replies = $2; reply = size + 200 # the head, about; where replies are complete, by what came
            if (replies > 10 * c) reply = $3 / replies
            amount = $3 / reply
            wrong = $6
            if ($3 < replies * size || $3 > (replies + c) * (size + 4096)) wrong = replies
            known = replies >= c && replies > 0
            print replies, sprintf("%.1f", amount / $4 * 1e6), (known ? $7 : "-"), (known ? $8 : "-"), \
                (ticks != "" && amount > 0 ? sprintf("%.1f", ticks / hz * 1e6 / amount) : "-"), memory, wrong, $5
        }' <<<"$line")
}

# load_ab: a number of requests, as far as they get in 5 s; ab compares the length of every reply with that of the first.
load_ab() {
    local number=1000
    case $file in 1k | json) number=2000 ;; 10m) number=50 ;; esac
    : >"$work/percentiles"
    timeout -k 1 -s INT 5 ab -q -r -s 10 -n "$number" -c "$connections" "${ab_through[@]}" -e "$work/percentiles" \
        "${target:-$url}" >"$work/ab" 2>&1 || true
    read -ra row < <(awk -F'[:,)]' -v number="$number" '
        FILENAME ~ /percentiles$/ { if ($1 == 50 || $1 == 99) at[$1] = $2 + 0; next }
        /^Complete requests/ { replies = $2 + 0 }
        /^Requests per second/ { rate = $2 + 0 }
        /^Non-2xx/ { wrong += $2 }
        # A connection that was closed without a byte is a wrong length to ab, and a reset an exception besides. What is in the
        # replies is looked at by curl and by the lengths that wrk counts.
        /\(Connect:/ { failed = $2 + $4 + ($6 > $8 ? $6 : $8) }
        END { print replies + 0, rate + 0, (50 in at ? at[50] : "-"), (replies >= 100 && 99 in at ? at[99] : "-"), "-", "-", wrong + 0, (replies > 0 ? failed + 0 : number) }
        ' "$work/percentiles" "$work/ab")
}

# measure TOOL...: the present cell (round, subject, file, connections, idle), with each of the load generators.
measure() {
    local tool before_wrong=0 why remark idle_pid='' origin_pid='' origin_port='' size=''
    if [[ -n ${unable[$subject $idle]:-} ]]; then
        if ((round == 1)); then cannot "${unable[$subject $idle]}"; fi
        return
    fi
    if [[ $subject == *proxy ]]; then
        launch nginx || give_up "nginx, the origin server, does not start"
        origin_pid=$PID origin_port=$PORT
    fi
    launch "$subject" || give_up "$subject does not start: $(<"$work/complaint")"
    aim
    verdict=none
    why="no reply beside $idle idle connections"
    if hold_idle; then check; else why="$idle idle connections take more than 8 s"; fi
    if [[ $verdict == none ]]; then
        unable[$subject $idle]=$why
        cannot "$why"
    else
        if [[ $verdict == wrong ]]; then before_wrong=1; fi
        for tool; do
            remark=''
            "load_$tool"
            check
            case $verdict in
            wrong) row[6]=$((row[6] + 1)) ;;
            none) row[7]=$((row[7] + 1)) ;;
            esac
            row[6]=$((row[6] + before_wrong))
            if ! kill -0 "$PID" 2>/dev/null; then remark='the server ended meanwhile'; fi
            record "$tool" "${row[@]}" "$remark"
        done
    fi
    if [[ -n $idle_pid ]]; then end_server "$idle_pid"; fi
    end_server "$PID"
    if [[ -n $origin_pid ]]; then end_server "$origin_pid"; fi
    running=()
}

# measure_growth: of the present subject, over `replies` replies after as many as fill its buffers once.
measure_growth() {
    local replies=$1 before after file=1k connections=50 idle=0 origin_pid='' origin_port=''
    if [[ $subject == dynamic_server ]]; then file=json; fi
    if [[ $subject == proxy ]]; then
        launch nginx
        origin_pid=$PID origin_port=$PORT
    fi
    launch "$subject"
    aim
    grow $((replies / 10))
    before=$(memory_kb "$PID" VmRSS)
    grow "$replies"
    after=$(memory_kb "$PID" VmRSS)
    echo "$subject,$(awk '/^Complete requests/ { print $3 }' "$work/ab"),$before,$after" >>"$results/growth.csv"
    end_server "$PID"
    if [[ -n $origin_pid ]]; then end_server "$origin_pid"; fi
    running=()
}
grow() { timeout -k 1 120 ab -q -s 10 -n "$1" -c 50 "${ab_through[@]}" "${target:-$url}" >"$work/ab" 2>&1 || true; }
