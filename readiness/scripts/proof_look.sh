# The hypervisor itself. $1 libvirt's URI
part() { name=$1; shift; printf '@@begin %s\n' "$name"; "$@" </dev/null 2>&1; printf '\n@@end %s %s\n' "$name" $?; }
part machine cat /etc/machine-id
part version virsh -q -c "$1" version
