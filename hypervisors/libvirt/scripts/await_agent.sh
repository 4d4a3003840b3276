# await_agent URI UUID SECONDS: until the agent in the guest answers, and the guest has made its SSH host keys.
uri=$1 uuid=$2 left=$3
v() { virsh -q -c "$uri" "$@"; }
until v qemu-agent-command --timeout 5 "$uuid" '{"execute":"guest-ping"}' 2>/dev/null; do
    [ "$left" -gt 0 ] || { echo "No agent has answered within $3 seconds."; v domstate "$uuid"; exit 75; }
    sleep 2
    left=$((left - 2))
done
echo "The agent answers."
open='{"execute":"guest-file-open","arguments":{"path":"/etc/ssh/ssh_host_ed25519_key.pub","mode":"r"}}'
until said=$(v qemu-agent-command --timeout 5 "$uuid" "$open" 2>&1); do
    case $said in *disabled* | *"not allowed"* | *"not been found"*) echo "It reads no files."; exit 0 ;; esac
    [ "$left" -gt 0 ] || { echo "No SSH host key has been made within $3 seconds: $said"; exit 75; }
    sleep 2
    left=$((left - 2))
done
number=${said#*:}
v qemu-agent-command "$uuid" '{"execute":"guest-file-close","arguments":{"handle":'"${number%\}*}"'}}'
echo "Its SSH host keys are there."
