# make_directories path: makes the directories that are missing, and remembers in the file $made which: an undo
# removes only those.
make_directories() {
    [ -d "$1" ] && return
    make_directories "$(dirname -- "$1")"
    mkdir -- "$1"
    printf '%s\n' "$1" >>"$made"
}
