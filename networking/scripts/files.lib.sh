# What a host comes up with: the files of the network managers, and which managers are there. Needs network.lib.

# The configuration files of the network managers: modes and sizes, then the texts, each line marked by its first
# letter: "=" a file begins, "|" a line, "*" a line whose secret is masked, "!" the rest is left out.
part_files() {
    set --
    for file in /etc/sysconfig/network /etc/sysconfig/network-scripts/ifcfg-* \
        /etc/sysconfig/network-scripts/route-* /etc/sysconfig/network-scripts/route6-* \
        /etc/sysconfig/network-scripts/rule-* /etc/modprobe.conf /etc/modprobe.d/*bond* \
        /etc/NetworkManager/NetworkManager.conf /etc/NetworkManager/conf.d/* \
        /etc/NetworkManager/system-connections/* /run/NetworkManager/system-connections/* /etc/netplan/*.yaml \
        /etc/systemd/network/* /etc/systemd/network/*.d/* /run/systemd/network/* \
        /etc/network/interfaces /etc/network/interfaces.d/*; do
        [ ! -f "$file" ] || set -- "$@" "$file"
    done
    [ $# -gt 0 ] || return 0
    stat -L -c '#%a %s %n' "$@" || return 1
    awk '
        BEGIN {
            words = "(psk|password|passphrase|secret|private[-_]?key|preshared[-_]?key|wep[-_]?key[0-9]*|community)"
            named = words "[\"'\'']?[ \t]*[:=]"
            bare = "^[ \t]*(wpa|wireless)[-_0-9a-z]*(psk|key|password|passphrase|passwd)[0-9]*[ \t]"
            short = "^[ \t]*(key[0-9]*=|private[ \t]*:|pin=)"
        }
        FNR == 1 { print "=" FILENAME; size = 0 }
        {
            size += length($0) + 1
            if (size > 65536) { if (size - length($0) - 1 <= 65536) print "!"; next }
            lower = tolower($0)
            if (match(lower, named) || match(lower, bare) || match(lower, short))
                print "*" substr($0, 1, RSTART + RLENGTH - 1) "••••"
            else print "|" $0
        }' "$@"
}

part_managers() {
    if has systemctl; then
        systemctl is-active NetworkManager systemd-networkd networking network | tr '\n' ' '
        echo
    else
        nm=inactive networking=inactive network=inactive
        for file in /var/run/NetworkManager/NetworkManager.pid /var/run/NetworkManager.pid; do
            [ -r "$file" ] && read -r pid <"$file" && kill -0 "$pid" && nm=active
        done
        [ ! -e /var/lock/subsys/network ] || network=active
        [ ! -e /run/network/ifstate ] || networking=active
        echo "$nm inactive $networking $network"
    fi
    for file in /usr/lib*/NetworkManager/libnm-settings-plugin-ifcfg-rh.so \
        /usr/lib*/NetworkManager/*/libnm-settings-plugin-ifcfg-rh.so; do
        [ ! -e "$file" ] || echo ifcfg-rh
    done
    [ ! -e /etc/sysconfig/network-scripts/network-functions ] || echo initscripts
}

part_tools() {
    for tool in ip ss ethtool nmcli networkctl netplan ifup ifdown ifreload ifenslave systemctl systemd-run at setsid \
        flock lldpctl arping ping resolvectl udevadm; do
        if has "$tool"; then echo "$tool"; fi
    done
    # Debian's package is hooks of ifup alone from 2.13 on.
    if ! has ifenslave && [ -x /etc/network/if-pre-up.d/ifenslave ]; then echo ifenslave; fi
    # NetworkManager runs its hook through this script, and the hook takes any port out of its bond.
    for script in /etc/NetworkManager/dispatcher.d/01-ifupdown /usr/lib/NetworkManager/dispatcher.d/01-ifupdown; do
        if [ -x "$script" ] && [ -x /etc/network/if-post-down.d/ifenslave ]; then echo ifenslave-dispatched; fi
    done
}
