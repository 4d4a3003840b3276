# What there is of a clone. $1 libvirt's URI  $2 the clone's UUID  $3 the folder  $4 the result of the watch
part() { name=$1; shift; printf '@@begin %s\n' "$name"; "$@" </dev/null 2>&1; printf '\n@@end %s %s\n' "$name" $?; }
list() { virsh -q -c "$1" list --all --uuid; }
files() { [ ! -d "$1" ] || ls -A -- "$1"; }
mark() { [ ! -e "$1/made-by-regroup" ] || cat -- "$1/made-by-regroup"; }
# What a guest wrote stands in it: no line of it may look like one of ours.
told() { [ ! -e "$1" ] || sed 's/^/ /' -- "$1"; }
part list list "$1"
part xml virsh -q -c "$1" dumpxml "$2" --inactive
part state virsh -q -c "$1" domstate "$2" --reason
part files files "$3"
part mark mark "$3"
part told told "$4"
