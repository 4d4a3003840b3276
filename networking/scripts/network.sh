# Everything that a bond is planned from, in one go, as root. Needs network.lib and files.lib.

# The connection that we are asked over. sudo drops SSH_CONNECTION, but the processes above us were started with it:
# sshd gives it to the login shell. Where none has it, the socket that one of them holds tells.
part_session() {
    connection=${SSH_CONNECTION:-} pid=$$ pids=
    set --
    while [ -r "/proc/$pid/status" ] && [ "$pid" -gt 1 ]; do
        pids="$pids $pid"
        set -- "$@" "/proc/$pid/environ"
        parent=0
        while read -r key value; do
            if [ "$key" = PPid: ]; then parent=$value; fi
        done <"/proc/$pid/status"
        pid=$parent
    done
    [ -n "$connection" ] || connection=$(cat "$@" | tr '\0' '\n' | sed -n 's/^SSH_CONNECTION=//p')
    connection=${connection%%
*}
    if [ -n "$connection" ]; then
        echo "connection=$connection"
    elif has ss; then
        ss -tnp | while read -r _ _ _ here there users; do
            for pid in $pids; do
                case $users in *"pid=$pid,"* | *",$pid,"*) echo "socket=$here $there" && break ;; esac
            done
        done
    fi
    peer=${connection%% *}
    [ -z "$peer" ] || echo "route=$(ip -o route get "${peer#::ffff:}")"
}

part host part_host
part values part_values
part links part_links
part addresses part_addresses
part routes part_routes
part routes6 part_routes6
part ethtool part_ethtool
part lldp part_lldp
part dns part_dns
part managers part_managers
part tools part_tools
part session part_session
part files part_files
