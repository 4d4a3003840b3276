# Gives a copied volume group UUIDs and a name of its own.
# $1 new name  then all devices of the group
set -eu
export LVM_SUPPRESS_FD_WARNINGS=1
new=$1
shift
# It takes any name, and appends a number if the name is taken; the caller has checked both. A deadlock of
# LVM before 2.03.19 (name equal to the old one) is no danger with a new name; the step's timeout ends any other.
vgimportclone -n "$new" "$@" </dev/null
vgs -o vg_name,vg_uuid,vg_seqno,pv_name,pv_uuid "$new"
