# servers.bash - the servers that are measured, and how each is started and looked at. Sourced by run.
#
# Programs of the labs come from OUT. A peer gets what makes it comparable: the foreground, no log, one worker, and as many
# connections as are asked for. Those that cannot take port 0 get one that the kernel has just chosen.

readonly OURS=(single_server threaded_server pool_server select_server poll_server epoll_server dynamic_server proxy)
readonly PEERS=(nginx lighttpd webfs mini_httpd busybox python tinyproxy)
readonly TOO_LONG=10 # s: a server that is not ready by then does not come

pause() { read -rt "$1" -u "$tick" _ || true; }
exec {tick}<> <(:)

# find_server NAME: sets `program`. Fails where it is not here.
find_server() {
    case $1 in
    *_server | proxy) program=$(compgen -G "$OUT/0*/$1") ;;
    mini_httpd | lighttpd | nginx | tinyproxy | busybox) program=$(PATH=$PATH:/usr/sbin type -P "$1") ;;
    webfs) program=$(type -P webfsd) ;;
    python) program=$(type -P python3) ;;
    esac
}

free_port() {
    coproc FREE { exec build/grader/probe -l 127.0.0.1 0 accept 2>/dev/null; }
    local pid=$FREE_PID
    read -r _ PORT <&"${FREE[0]}"
    kill "$pid"
    wait "$pid" || true
}

# start COMMAND...: in the background, on $site, without our descriptors; sets PID.
start() {
    (
        local fd
        for fd in /proc/"$BASHPID"/fd/*; do
            fd=${fd##*/}
            if ((fd > 2)); then exec {fd}>&-; fi
        done
        cd "$site" && exec "$@" >"$work/said" 2>"$work/complaint" </dev/null
    ) &
    PID=$!
    running+=("$PID")
}

# Waits for `listening on port N`, as all programs of the labs say it, or what python says; sets PORT.
read_port() {
    local line='' until=$((SECONDS + TOO_LONG))
    until [[ $line == *' port '[0-9]*$'\n' ]]; do
        kill -0 "$PID" && ((SECONDS < until)) || return
        pause 0.005
        line=$(<"$work/said")$'\n'
    done 2>/dev/null
    line=${line##* port }
    PORT=${line%%[!0-9]*}
}

connects() { (exec {fd}<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; }
await_port() {
    local until=$((SECONDS + TOO_LONG))
    until connects; do
        kill -0 "$PID" 2>/dev/null && ((SECONDS < until)) || return
        pause 0.005
    done
}

# launch NAME: starts that server; sets PID and PORT.
launch() {
    local try
    find_server "$1"
    : >"$work/said"
    case $1 in
    dynamic_server | proxy) start "$program" 0 && read_port ;;
    *_server) start "$program" 0 "$site" && read_port ;;
    python) start "$program" -u -m http.server --bind 127.0.0.1 0 && read_port ;;
    *)
        for try in 1 2 3; do # another program may have been given the port meanwhile
            free_port
            "launch_$1"
            if await_port; then return; fi
            end_server "$PID"
        done
        return 1
        ;;
    esac
}
launch_busybox() { start "$program" httpd -f -p "127.0.0.1:$PORT" -h "$site"; }
launch_mini_httpd() { start "$program" -D -h 127.0.0.1 -p "$PORT" -d "$site" -l /dev/null -i "$work/pid"; }
launch_webfs() { start "$program" -F -4 -i 127.0.0.1 -p "$PORT" -r "$site" -c 4096; }
launch_lighttpd() {
    cat >"$work/lighttpd.conf" <<CONF
server.document-root = "$site"
server.bind = "127.0.0.1"
server.port = $PORT
server.max-connections = 2048
server.max-fds = 8192
server.listen-backlog = 1024
mimetype.assign = (".txt" => "text/plain")
CONF
    start "$program" -D -f "$work/lighttpd.conf"
}
launch_nginx() {
    local kind
    {
        echo 'daemon off; worker_processes 1; pid pid; error_log stderr crit;'
        if ((EUID == 0)); then echo 'user root;'; fi
        echo "events { worker_connections 4096; } http { access_log off; sendfile on; default_type text/plain;"
        for kind in client_body proxy fastcgi uwsgi scgi; do echo "${kind}_temp_path $kind;"; done
        echo "server { listen 127.0.0.1:$PORT backlog=1024; root $site; } }"
    } >"$work/nginx.conf"
    start "$program" -p "$work" -c "$work/nginx.conf"
}
launch_tinyproxy() {
    printf '%s\n' "Port $PORT" 'Listen 127.0.0.1' 'Allow 127.0.0.1' 'MaxClients 2048' 'LogLevel Critical' \
        "PidFile \"$work/tinyproxy.pid\"" 'Timeout 600' >"$work/tinyproxy.conf"
    start "$program" -d -c "$work/tinyproxy.conf"
}

# end_server PID: and all that it started.
end_server() {
    local family
    read -ra family <<<"$(family "$1")"
    kill "${family[@]}" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# family PID: that process and its descendants.
family() {
    local pid=$1 children child
    printf '%s ' "$pid"
    for child in $(cat "/proc/$pid/task"/*/children 2>/dev/null); do family "$child"; done
}

# cpu_ticks PID: of the family and of those that it has waited for; nothing where it lets the kernel forget them (as one
# that ignores SIGCHLD does), so that nobody can know. webfs ignores it too, but starts no processes.
cpu_ticks() {
    local pid files=() ignored
    ignored=$(awk '/^SigIgn/ { print $2 }' "/proc/$1/status" 2>/dev/null) || return 0 # it has ended
    if (((16#${ignored:-0} >> 16) & 1)) && [[ $subject != webfs ]]; then return; fi
    for pid in $(family "$1"); do files+=("/proc/$pid/stat"); done
    { cat "${files[@]}" 2>/dev/null || true; } | awk '{ sub(/.*\) /, ""); sum += $12 + $13 + $14 + $15 } END { print sum }'
}

# memory_kb PID [FIELD]: the sum of VmHWM (or VmRSS) over the family.
memory_kb() {
    local pid files=()
    for pid in $(family "$1"); do files+=("/proc/$pid/status"); done
    { cat "${files[@]}" 2>/dev/null || true; } | awk -v field="${2:-VmHWM}:" '$1 == field { sum += $2 } END { print sum + 0 }'
}
