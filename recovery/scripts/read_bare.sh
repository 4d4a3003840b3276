# What stands on devices that have no LVM label. Only reads.
# For each two arguments, device and bytes before the first extent:
#   bare <device> <type>     what blkid knows the whole device for: `-` nothing, `?` several
#   text <device> <group UUID> <sequence number>     of each metadata text of which a beginning is left there
while [ $# -gt 0 ]; do
    device=$1 head=$2
    shift 2
    type=$(blkid -p -s TYPE -s PTTYPE -o value -- "$device" 2>/dev/null)
    case $? in
    0) type=$(echo $type | tr ' ' +) ;;
    2) type=- ;;
    *) type='?' ;;
    esac
    printf 'bare %s %s\n' "$device" "${type:-?}"
    dd if="$device" bs=512 count=$((head / 512)) status=none | tr '\000' '\n' | LC_ALL=C awk -v device="$device" '
        /^id = "[A-Za-z0-9-]+"$/ && opened { id = substr($3, 2, length($3) - 2); opened = 0; next }
        /^seqno = [0-9]+$/ && id != "" { print "text", device, id, $3 }
        { opened = ($0 ~ /\{$/); id = "" }' | sort -u
done
