# Renames a volume group by its UUID and makes the backup files again that vgrename deletes by name.
# $1 group UUID  $2 new name  $3 old name, which a running group may have too
set -eu
export LVM_SUPPRESS_FD_WARNINGS=1
uuid=$1 new=$2 old=$3
vgrename "$uuid" "$new" || status=$?
# vgrename's exit code is no proof of anything; what LVM reports decides. But the running group's backup is
# gone by now whatever happened.
if vgs --noheadings -o vg_name | awk -v name="$old" '$1 == name { found = 1 } END { exit !found }'; then
    vgcfgbackup "$old"
fi
exit "${status:-0}"
