# Each part stands between "@@begin name" and "@@end name status", so that nothing is taken for something else.
# Everything only reads. Any program but sh, cat, ls, od and readlink may be missing: its part then says so by 127.
export LVM_SUPPRESS_FD_WARNINGS=1

part() {
    part_name=$1
    shift
    printf '@@begin %s\n' "$part_name"
    part_status=0
    "$@" </dev/null 2>/dev/null || part_status=$?
    printf '\n@@end %s %d\n' "$part_name" "$part_status"
}

has() { command -v "$1" >/dev/null 2>&1; }

# limit SECONDS words: 124 where that was too short, 125 where this host has nothing to limit it with.
limit() {
    if has timeout; then timeout "$@"; else return 125; fi
}
