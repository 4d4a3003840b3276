# copy_disk overlay|copy FORMAT SOURCE TARGET [BYTES]: an overlay of an image, or a whole copy of it, of so many bytes.
# It is made under another name, flushed and renamed: what is called TARGET is whole.
way=$1 form=$2 source=$3 target=$4 bytes=$5
[ -e "$target" ] && { echo "$target is there already."; exit 0; }
umask 077
rm -f -- "$target.part" || exit
if [ "$way" = overlay ]; then
    qemu-img create -q -f qcow2 -b "$source" -F "$form" -- "$target.part" || exit
else
    qemu-img convert -q -t writeback -f "$form" -O qcow2 -- "$source" "$target.part" || exit
fi
[ -z "$bytes" ] || qemu-img resize -q -f qcow2 -- "$target.part" "$bytes" || exit
# The folder's owner is who may open images there.
chown --reference="$source" -- "$target.part"
sync "$target.part" && mv -T -- "$target.part" "$target" && sync "$(dirname "$target")" && ls -ln -- "$target"
