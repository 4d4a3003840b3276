# Which processes have something open, or stand, below a mount point. $1 mount point. Only reads.
# One line each:  pid  program. At most ten. One find for all of /proc: a process per link takes minutes.
set -eu
point=$1
find /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/fd -maxdepth 1 \
    \( -lname "$point" -o -lname "$point/*" \) -printf '%p\n' 2>/dev/null |
    cut -d/ -f3 | sort -un | head -n 10 | while read -r pid; do
    program=?
    read -r program <"/proc/$pid/comm" 2>/dev/null || :
    printf '%s %s\n' "$pid" "$program"
done
