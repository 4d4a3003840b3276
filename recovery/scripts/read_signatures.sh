# What stands at each place on a disk, as far as its magic number tells. Only reads; nothing is woken for it.
# For each three arguments, device, first byte and length in bytes, one line: device, first byte, type.
# The type is `-` where nothing is known of, `?` where blkid finds several.
while [ $# -gt 0 ]; do
    type=$(blkid -p -O "$2" -S "$3" -s TYPE -o value -- "$1" 2>/dev/null)
    case $? in
    0) : "${type:=-}" ;;
    2) type=- ;;
    *) type='?' ;;
    esac
    printf '%s %s %s\n' "$1" "$2" "$type"
    shift 3
done
