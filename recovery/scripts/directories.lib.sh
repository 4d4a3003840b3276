# make_directories path: makes the directories that are missing, and remembers in the file $made which: an undo
# removes only those. The list is on disk before anything is mounted: the host may be reset in that moment.
make_directories() {
    [ -d "$1" ] && return
    make_directories "$(dirname -- "$1")"
    mkdir -- "$1"
    printf '%s\n' "$1" >>"$made"
    dd if=/dev/null of="$made" conv=notrunc,fsync status=none
}
