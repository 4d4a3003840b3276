# Deactivates a volume group that the system activated by itself when its disk appeared.
# $1  UUID of the volume group: by UUID, since the running system may have a group of the same name.
# Needs settle.lib.
set -eu
uuid=$1
export LVM_SUPPRESS_FD_WARNINGS=1
prefix=LVM-$(printf %s "$uuid" | tr -d -)

settle
if dmsetup info -c --noheadings -o uuid | grep -q "^$prefix"; then
    vgchange -an --config 'backup{backup=0}' --select "vg_uuid=$uuid"
else
    echo "None of the group's volumes is active."
fi
