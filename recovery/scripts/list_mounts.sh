# For each pair of arguments, device and mount point: size, use, and the first 200 entries. Only reads.
# Records end with NUL, since names may hold anything else: "mount <point>", "df …", "entry …".
set -eu
while [ $# -gt 0 ]; do
    point=$2
    shift 2
    [ -d "$point" ] || continue # swap space, which is not mounted
    printf 'mount %s\0' "$point"
    awk -v p="$point" '$5 == p { printf "info %s%c", $0, 0 }' /proc/self/mountinfo
    printf 'df %s\0' "$(df -P -k -- "$point" | awk 'NR == 2 { print $2, $3, $4 }')"
    find "$point" -mindepth 1 -maxdepth 1 -printf 'entry %y %s %T@ %f\0' | head -z -n 200
done
