# Prints "device sha256" for each pair of arguments: device, ranges. Only reads.
set -eu
while [ $# -gt 0 ]; do
    printf '%s %s\n' "$1" "$(hash_ranges "$1" "$2")"
    shift 2
done
