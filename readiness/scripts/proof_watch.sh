# Watches the clone's consoles and asks its agent, until there is a sign of life or death or the time is over.
# further words: seconds, the file for the result, signs of death, sign of life, bytes of console to show at most
seconds=$1 result=$2 death=$3 life=$4 most=$5
console=$folder/console.log
began=$(cat -- "$folder/started" 2>/dev/null) || began=$(date +%s)
shown=0 left=$most deaf=0 ticks=0 screen= by=

# A screen in text mode stands in memory, a letter in each second byte: what no serial console shows is read there.
screen() {
    v qemu-monitor-command --hmp "$clone" 'xp /2000xh 0xb8000' 2>/dev/null | awk '
        BEGIN { for (n = 0; n < 256; n++) letter[sprintf("%02x", n)] = n > 31 && n < 127 ? sprintf("%c", n) : " " }
        { for (n = 2; n <= NF; n++) { line = line letter[substr($n, 5, 2)]; if (++at % 80 == 0) { sub(/ +$/, "", line); if (line != "") print line; line = "" } } }'
}

# A guest may write without end: of more than 64 KiB at once only the last are shown, and signs are looked for in a MiB.
# The log is kept for good, so there is an end to what of the console goes into it.
follow() {
    size=$(stat -c %s -- "$console" 2>/dev/null) || size=0
    [ "$size" -ge "$shown" ] || shown=0
    [ $((size - shown)) -le 65536 ] || shown=$((size - 65536))
    if [ "$left" -gt 0 ] && [ "$size" != "$shown" ]; then
        more=$((size - shown))
        [ "$more" -le "$left" ] || more=$left
        tail -c "+$((shown + 1))" -- "$console" | head -c "$more"
        left=$((left - more))
        [ "$left" -gt 0 ] || printf '\nNo more of the console is shown: %s bytes are. Signs are still looked for.\n' "$most"
    fi
    shown=$size
}

find_sign() { { tail -c 1048576 -- "$console" 2>/dev/null; printf '\n%s\n' "$screen"; } | tr '\r' '\n' | grep -a -q -E -e "$1"; }

while [ -z "$by" ]; do
    state=$(v domstate "$clone" --reason 2>&1) && deaf=0 || deaf=$((deaf + 1))
    follow
    [ $((ticks % 5)) != 0 ] || screen=$(screen) || :
    if [ $((ticks % 5)) = 0 ] && [ "$(df -Pk -- "$folder" | awk 'NR == 2 { print $4 }')" -lt 524288 ]; then
        echo "The hypervisor's disk is nearly full, so the clone is switched off: nothing is proven." >&2
        switch_off
        exit 1
    fi
    ticks=$((ticks + 1))
    seen=$(($(date +%s) - began))
    if find_sign "$death"; then
        by=death
    elif [ "$deaf" -gt 30 ]; then
        echo "libvirt does not answer: $state" >&2
        exit 1
    elif [ "$deaf" -gt 0 ]; then
        sleep 1
    else
        case $state in
        running* | idle* | "in shutdown"* | "paused (starting up)")
            if v qemu-agent-command "$clone" --timeout 2 '{"execute":"guest-ping"}' >/dev/null 2>&1; then
                by=agent
            elif find_sign "$life"; then
                by=login
            elif [ "$seen" -ge "$seconds" ]; then
                by=time
                [ -n "$screen" ] || grep -a -q '[[:graph:]]' "$console" 2>/dev/null || by=silence
            else
                sleep 1
            fi
            ;;
        "shut off (shutdown)" | "shut off (crashed)" | crashed* | "paused (crashed)") by=off ;;
        *)
            echo "The clone is $state, which is not its own doing: nothing is proven." >&2
            exit 1
            ;;
        esac
    fi
done
sleep 1
follow
{
    printf 'by=%s\nseconds=%s\n' "$by" "$seen"
    { tail -c 16384 -- "$console" 2>/dev/null || :; } | tr -d '\000'
    [ -z "$screen" ] || printf '\n%s\n' "$screen"
} >"$result.part"
mv -T -- "$result.part" "$result"
echo
echo "Watched for $seen s: $by."
