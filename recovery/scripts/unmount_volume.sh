# Unmounts one volume and removes the directories that we made for it.
# $1 device  $2 mount point  $3 file that lists the directories we made
set -eu
device=$1 point=$2 made=$3

number=$(lsblk -d -n -o MAJ:MIN -- "$device" | tr -d ' ')
if mounts | awk -v n="$number" -v p="$point" '$3 == n && $5 == p { found = 1 } END { exit !found }'; then
    umount -- "$point"
    echo "Unmounted $point."
else
    echo "$device is not mounted on $point."
fi

# Last made, first removed; rmdir takes only empty ones.
if [ -e "$made" ]; then
    sed '1!G;h;$!d' "$made" | while IFS= read -r directory; do
        if rmdir -- "$directory" 2>/dev/null; then
            echo "Removed the empty directory $directory."
        fi
    done
    rm -- "$made"
fi
