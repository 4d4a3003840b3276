# Counts what is on each mounted volume: entries by type, bytes, what could not be read. Reads the volumes only; the
# answer is kept in the run's directory, since a count may outlive the connection.
# $1 the run's directory  $2 seconds for all volumes together  then pairs: step key, mount point
set -u
umask 077
export LC_ALL=C # find then quotes odd names in its complaints, so that each is one line
run=$1 end=$(($(date +%s) + $2))
shift 2
: >"$run/counts" || exit 1

# A file with several names is counted once for each, its bytes once: each name gets its share.
tally() {
    awk '
        $1 == "status" { print; next }
        { types[$1]++ }
        $1 == "f" { bytes += $2 / $3; if ($4 + 0 > newest) newest = $4 + 0 }
        END {
            for (type in types) printf "type %s %.0f\n", type, types[type]
            printf "bytes %.0f\nnewest %.0f\n", bytes, newest
        }'
}
complaints() { awk 'NR <= 10 { print "error " substr($0, 1, 300) } END { print "errors " NR }'; }

while [ $# -gt 0 ]; do
    key=$1 point=$2
    shift 2
    awk -v p="$point" '$5 == p { found = 1 } END { exit !found }' /proc/self/mountinfo || continue # swap space
    left=$((end - $(date +%s)))
    if [ "$left" -le 0 ]; then echo "No time is left for $point." && continue; fi
    echo "Counting what is on $point …"
    {
        echo "volume $point"
        if [ -e "$run/made/$key.journal" ]; then echo "journal $(cat "$run/made/$key.journal")"; fi
        echo "inodes $(stat -f -c '%c %d' -- "$point" || echo 0 0)"
        {
            {
                nice timeout --foreground -k 5 "$left" find "$point" -mindepth 1 -xdev -printf '%y %s %n %T@\n' 2>&3
                echo "status $?"
            } | tally >&4
        } 3>&1 | complaints >&4
        echo end
    } 4>>"$run/counts" >&4
done
cat "$run/counts"
