# Bytes free where the clone's files go, bytes that the images hold, KiB of memory that is free. $1 folder, $2… images
at=$1
shift
used=0
for image; do
    set -- $(stat -L -c '%b %B' -- "$image")
    used=$((used + $1 * $2))
done
printf 'free=%s\n' "$(($(df -Pk -- "$at" | awk 'NR == 2 { print $4 }') * 1024))"
printf 'used=%s\n' "$used"
printf 'memory=%s\n' "$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)"
