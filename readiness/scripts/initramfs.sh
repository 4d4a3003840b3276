# What is in an initial file system, as far as a root file system needs it. Needs parts.lib. It only reads.
# $1  the file  $2  kernel version, empty if none is known  $3  seconds that unpacking it may take
part_list() {
    [ -f "$1" ] || return 2
    gently=
    if has ionice; then gently='ionice -c3'; fi
    if has lsinitramfs; then tool=lsinitramfs; elif has lsinitrd; then tool=lsinitrd; else return 127; fi
    echo "tool=$tool"
    listed=0
    {
        limit "$2" $gently "$tool" "$1" || listed=$?
        echo "status=$listed"
    } | awk '
        /^status=[0-9]+$/ { print; next }
        { count++ }
        /\.ko(\.(gz|xz|zst))?$/ { print "|" $NF; next }
        /(bin\/(lvm|mdadm|cryptsetup|busybox|dmsetup)|lib\/systemd\/systemd|^(\.\/)?init)$/ { print "|" $NF; next }
        /etc\/lvm\/devices\/system\.devices$/ { print "|" $NF }
        END { print "count=" count + 0 }'
}
part_builtin() {
    [ -n "$1" ] || return 0
    sed 's|.*/||; s|\.ko.*||' "/lib/modules/$1/modules.builtin"
}
part list part_list "$1" "$3"
part builtin part_builtin "$2"
