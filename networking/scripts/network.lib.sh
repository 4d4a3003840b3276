# What a host's network is like. It only reads, and starts few processes: hosts may be slow, and there are many.
# Each part stands between "@@begin name" and "@@end name status", so that nothing is taken for something else.
# Any program but sh, grep and ls may be missing; what is not there is not told.

part() {
    part_name=$1
    shift
    printf '@@begin %s\n' "$part_name"
    "$@" </dev/null 2>/dev/null
    printf '\n@@end %s %d\n' "$part_name" $?
}

has() { command -v "$1" >/dev/null 2>&1; }

part_host() {
    machine= boot= name= kernel=
    read -r machine </etc/machine-id || :
    read -r boot </proc/sys/kernel/random/boot_id || :
    read -r name </proc/sys/kernel/hostname || :
    read -r kernel </proc/sys/kernel/osrelease || :
    printf 'machine_id=%s\nboot_id=%s\nhostname=%s\nkernel=%s\n' "$machine" "$boot" "$name" "$kernel"
}

# Every line of many small files with the file's name in front, by one process. A file of sysfs that cannot be read
# (the speed of a port that is down) is left out: exit code 2.
part_values() {
    set -- /proc/net/bonding/* /proc/net/vlan/config /sys/class/net/bonding_masters /sys/class/net/*/bonding/*
    for name in address addr_assign_type carrier duplex flags ifindex iflink mtu operstate speed type uevent \
        device/uevent bonding_slave/perm_hwaddr; do
        set -- "$@" /sys/class/net/*/"$name"
    done
    grep -saH '' "$@" || [ $? -le 2 ]
}

# Where links of sysfs lead: the device and its driver, the bond or bridge above, VLANs on it.
part_links() {
    set -- /sys/class/net/*
    for name in device device/driver master 'upper_*' 'brif/*'; do
        set -- "$@" /sys/class/net/*/$name
    done
    ls -ld "$@" || :
}

# JSON where ip can, else a line for each. Some versions take -j and print text all the same. Not with -o: ip 6.15
# then leaves the interfaces out and tells addresses alone.
ask_ip() {
    told=$(ip -d -j "$@")
    case $told in '['*) printf '%s\n' "$told" ;; *) ip -o "$@" ;; esac
}
part_addresses() { ask_ip addr show; }
part_routes() { ask_ip route show table main; }
part_routes6() { ask_ip -6 route show table main || :; }

# The modes that a port supports, and its permanent address where the one that it has is not.
part_ethtool() {
    has ethtool || return 0
    for nic in /sys/class/net/*; do
        [ -e "$nic/device" ] || continue
        printf 'nic=%s\n' "${nic##*/}"
        ethtool "${nic##*/}" || :
        assigned=
        [ ! -r "$nic/addr_assign_type" ] || read -r assigned <"$nic/addr_assign_type"
        [ "$assigned" = 0 ] || ethtool -P "${nic##*/}" || :
    done
}

# json0 always holds lists; lldpctl before 0.9.9 does not know it.
part_lldp() {
    if has lldpctl; then
        heard=$(lldpctl -f json0)
        case $heard in '{'*) ;; *) heard=$(lldpctl -f json) ;; esac
        case $heard in '{'*) printf 'by=lldpctl\n%s\n' "$heard" && return 0 ;; esac
        echo 'silent=lldpctl is there but does not answer; is lldpd running?'
    fi
    has networkctl || return 0
    heard=$(COLUMNS=500 networkctl lldp --json=short --no-pager) && printf 'by=networkctl\n%s\n' "$heard"
    return 0
}

part_dns() { grep -saH '^nameserver' /etc/resolv.conf /run/systemd/resolve/resolv.conf || [ $? -le 2 ]; }
