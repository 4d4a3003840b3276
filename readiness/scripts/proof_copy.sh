# Makes the clone's disks: overlays of images that nobody writes to, and a copy of one moment of a VM that runs.
# further words: this run's directory, the VM's firmware variables or "", the VM's first image, then for each disk:
# overlay or copy, its place, the image's format, the image. Standard input: the backup that libvirt makes, empty where
# there is none
run=$1 nvram=$2 first=$3
shift 3
input=$(cat)

if [ "$(cat -- "$mark" 2>/dev/null)" != "$run" ]; then
    stop_copying
    undefine
    remove_files
    mkdir -m 0711 -- "$folder"
    printf '%s\n' "$run" >"$mark"
fi
# Where libvirt gives no file to QEMU's user, that is whose the VM's images are. The folder and what we write stay root's.
# The image may be gone, and a backup be all that is left of it.
give() { [ ! -e "$first" ] || chown --reference="$first" -- "$1"; }
if [ -n "$nvram" ]; then
    cp -- "$nvram" "$folder/nvram.fd"
    give "$folder/nvram.fd"
fi

parts=
while [ $# -gt 0 ]; do
    file=$folder/disk-$2.qcow2
    if [ -e "$file" ]; then
        echo "$file is there already."
    elif [ "$1" = overlay ]; then
        qemu-img create -q -f qcow2 -b "$4" -F "$3" -- "$file.part"
        give "$file.part"
        mv -T -- "$file.part" "$file"
        echo "$file is an overlay of $4."
    else
        parts="$parts $2"
    fi
    shift 4
done
[ -n "$parts" ] || exit 0

# The copy belongs to QEMU, which goes on with it while nobody asks; the VM's own disks stay what they are.
if ! copying; then
    rm -f -- "$folder"/disk-*.qcow2.part
    if v backup-dumpxml "$vm" >/dev/null 2>&1; then
        echo "Somebody else is making a backup of the VM. Resume when that is done." >&2
        exit 1
    fi
    printf '%s\n' "$input" >"$folder/backup.xml"
    v backup-begin "$vm" "$folder/backup.xml"
fi
ticks=0
while copying; do
    [ $((ticks % 10)) != 0 ] || v domjobinfo "$vm" | grep -E '^File (processed|total)' || :
    ticks=$((ticks + 1))
    sleep 1
done
if ! v domjobinfo "$vm" --completed | grep -E '^Job type: +Completed'; then
    v domjobinfo "$vm" --completed || :
    echo "The copy was not completed." >&2
    exit 1
fi
sync
for place in $parts; do
    give "$folder/disk-$place.qcow2.part"
    mv -T -- "$folder/disk-$place.qcow2.part" "$folder/disk-$place.qcow2"
    echo "$folder/disk-$place.qcow2 is a copy of one moment."
done
