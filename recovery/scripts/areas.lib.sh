# Reading and writing byte ranges of a disk around the page cache. A range is "start:length",
# several are joined by commas: "0:1048576,20401094656:1048576".

# The largest block that divides both numbers: whole blocks only, as direct I/O demands.
block_size() {
    for bs in 1048576 65536 4096 512; do
        if [ $(($1 % bs)) -eq 0 ] && [ $(($2 % bs)) -eq 0 ]; then
            echo "$bs"
            return
        fi
    done
    echo "Range $1:$2 is not in whole sectors." >&2
    return 1
}

# read_range device start length
read_range() {
    bs=$(block_size "$2" "$3") || return 1
    dd if="$1" bs="$bs" skip=$(($2 / bs)) count=$(($3 / bs)) iflag=direct status=none
}

# write_range file device start length: returns when it is on the disk.
write_range() {
    bs=$(block_size "$3" "$4") || return 1
    dd if="$1" of="$2" bs="$bs" seek=$(($3 / bs)) oflag=direct conv=notrunc,fsync status=none
}

# read_ranges device ranges: all of them, one after the other
read_ranges() {
    for range in $(printf %s "$2" | tr , ' '); do
        read_range "$1" "${range%:*}" "${range#*:}" || return 1
    done
}

# hash_ranges device ranges: one SHA-256 over all of them
hash_ranges() { read_ranges "$1" "$2" | sha256sum | cut -d' ' -f1; }
