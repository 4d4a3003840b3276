# Activates a volume group, or some of its volumes, under LVM's own read-only rule.
# $1 group    $2 what stays read-only: the group, or group/volume names separated by blanks; or nothing
# then the volumes, if it is not to be all of them
# Needs settle.lib.
set -eu
export LVM_SUPPRESS_FD_WARNINGS=1
group=$1 read_only=$2
shift 2

# With event activation, udev may be activating the same group for writing. Let it end first: a volume
# that is active for writing is reloaded read-only by the same command, but one after us would undo that.
settle
list=
for name in $read_only; do list="$list${list:+, }\"$name\""; done

command=vgchange
[ "$#" -eq 0 ] || command=lvchange
for volume in "$@"; do
    shift
    set -- "$@" "$group/$volume"
done
[ "$command" = lvchange ] || set -- "$group"
[ -z "$list" ] || set -- --config "activation{read_only_volume_list=[$list]}" "$@"
echo "$command -ay $*"
"$command" -ay "$@"
settle
