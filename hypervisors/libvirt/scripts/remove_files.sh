# remove_files PATH…: images that this change made, and what is left of them where the making was cut short.
for path in "$@"; do
    rm -f -- "$path" "$path.part" || exit
    sync "$(dirname "$path")"
    echo "$path is gone."
done
