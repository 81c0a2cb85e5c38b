# shellcheck shell=bash disable=SC2034,SC2154 # grade and the other files of this folder set and use the variables
# result.bash - makes of the outcomes one JSON object and a report.
# Sourced by grade.

time_was_over() { (((suite_status == 124 || suite_status == 137) && suite_seconds >= SUITE_SECONDS)); }

# Whether the time for the suite was over because of the submission: then what failed took a good part of it.
used_up_time() {
    local micros outcome file failing=0
    time_was_over || return 1
    for file in "$RUN/results/"*.outcome; do
        read -r micros outcome <"$file" || true
        if [[ $outcome == fail ]]; then failing=$((failing + micros)); fi
    done
    ((failing > SUITE_SECONDS * 500000))
}

# harmless FILE: its beginning, without the control characters that would part the records below, or deceive a terminal: what a
# program or its compiler has said may be in it.
harmless() { head -c 30000 "$1" | LC_ALL=C tr -d '\000-\010\013-\037\177'; }

# One JSON object of all that happened. A requirement that left no outcome was not run; one that left a wrong one, or
# none although the submission left time for it, is the fault of the grader or of the machine.
collect() {
    local title id outcome micros report
    for title in "${titles[@]}"; do
        id=${title%% *} outcome='' micros=0 report=''
        if [[ -n $only && ,$only, != *",$id,"* ]]; then continue; fi
        if [[ -f $RUN/results/$id.outcome ]]; then
            read -r micros outcome <"$RUN/results/$id.outcome" || micros=0 outcome='' # ended while it wrote that
            if [[ -f $RUN/results/$id.report ]]; then report=$(harmless "$RUN/results/$id.report"); fi
        fi
        case $outcome in
        pass | fail | 'not run') ;;
        '')
            outcome='not graded'
            if used_up_time; then
                outcome='not run' report="The time for the whole suite, $SUITE_SECONDS s, was over before this was done."
            elif time_was_over; then
                report="The time for the whole suite, $SUITE_SECONDS s, was over: this machine is slow, or has much else to do."
            elif ((suite_status == 137)); then
                report='The suite was killed: by the system, where memory is short; or in plain mode by a program of the submission.'
            fi
            ;;
        *) outcome='not graded' ;;
        esac
        if [[ $outcome == 'not graded' && -z $report ]]; then report=$(harmless <(tail -qn 20 "$RUN/suite.log" "$RUN/results/$id.log" 2>/dev/null)); fi
        printf '%s\x1f%s\x1f%s\x1f%s\x1e' "$title" "$outcome" "$micros" "$report"
    done | jq -Rs --argjson lab "$lab" --arg submission "$(basename -- "$src")" --arg mode "$MODE" --arg receipt "$receipt" \
        --argjson micros "$((${EPOCHREALTIME/./} - began))" -f "$kit/grader/lib/result.jq" >"$RUN/result.json"
}

write_json() {
    [[ -n $json ]] || return 0
    if ! { cp -- "$RUN/result.json" "$json.new.$$" && mv -f -- "$json.new.$$" "$json"; } then
        machine_fault "cannot write '$json'"
    fi
}

# The packets are there even where the requirement was not run: then there are none.
write_capture() {
    [[ -n $capture ]] || return 0
    [[ -s $RUN/results/packets.pcap ]] || machine_fault "nothing was captured: $(tail -n 1 "$RUN/suite.log")"
    cp -- "$RUN/results/packets.pcap" "$capture" || machine_fault "cannot write '$capture'"
    captured="$(tcpdump -r "$capture" 2>/dev/null | wc -l) packets in $capture"
}

print_report() {
    local colours=false
    if [[ -t 1 && -z ${NO_COLOR:-} ]]; then colours=true; fi
    jq -r --argjson colours "$colours" --arg src "$src" --arg reason "${reason:-}" --arg only "$only" --arg captured "${captured:-}" -f "$kit/grader/lib/report.jq" "$RUN/result.json"
}
