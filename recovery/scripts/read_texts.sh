# Prints the header of LVM metadata areas and the text in them. Only reads.
# For each pair of arguments, device and the area's first byte, one line:
#   device  start  header in base64  where  bytes in base64  bytes after the wrap in base64 or -
# The header (little-endian) tells at byte 32 the area's size, at 40 where its current text is, at 48
# how long that is. A text that reaches the area's end goes on in the area's second sector.
set -eu
sectors() { dd if="$1" bs=512 skip="$2" count="$3" status=none | base64 -w 0; }

while [ $# -gt 0 ]; do
    device=$1 start=$2
    shift 2
    numbers=$(dd if="$device" bs=8 skip=$((start / 8 + 4)) count=3 status=none | od -An -v -t u8)
    size=$(echo $numbers | cut -d' ' -f1)
    offset=$(echo $numbers | cut -d' ' -f2)
    length=$(echo $numbers | cut -d' ' -f3)
    first=$((offset / 512))
    end=$(((offset + length + 511) / 512))
    rest=0
    if [ "$end" -gt $((size / 512)) ]; then
        rest=$((end - size / 512))
        end=$((size / 512))
    fi
    # Nonsense where no area is: more than LVM's text ever is, or none.
    if [ "$length" -eq 0 ] || [ "$length" -gt 16777216 ] || [ "$end" -le "$first" ]; then
        end=$first rest=0
    fi
    after=-
    [ "$rest" -eq 0 ] || after=$(sectors "$device" $((start / 512 + 1)) $((rest + 1)))
    text=-
    [ "$end" -eq "$first" ] || text=$(sectors "$device" $((start / 512 + first)) $((end - first)))
    printf '%s %s %s %s %s %s\n' "$device" "$start" "$(sectors "$device" $((start / 512)) 1)" \
        $((first * 512)) "$text" "$after"
done
