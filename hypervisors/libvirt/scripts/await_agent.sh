# await_agent URI UUID SECONDS: until the agent in the guest answers.
uri=$1 uuid=$2 left=$3
v() { virsh -q -c "$uri" "$@"; }
until v qemu-agent-command --timeout 5 "$uuid" '{"execute":"guest-ping"}' 2>/dev/null; do
    [ "$left" -gt 0 ] || { echo "No agent has answered within $3 seconds."; v domstate "$uuid"; exit 75; }
    sleep 2
    left=$((left - 2))
done
echo "The agent answers."
