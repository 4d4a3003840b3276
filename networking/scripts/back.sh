# back GUARD HOW: the files as they were, then the running host as they say. Goes on whatever fails on the way.
guard=$1 how=$2 status=0 changed=
while read -r kind number path; do
  if [ "$kind" = none ]; then
    [ -e "$path" ] || continue
    rm -f -- "$path" && say "removed $path" || status=1
  elif ! cmp -s -- "$guard/before/$number" "$path"; then
    part=$(part_of "$path")
    cp -a -- "$guard/before/$number" "$part" && into_place "$part" "$path" && say "gave back $path" || status=1
  else
    continue
  fi
  changed="$changed $path"
done <"$guard/before/list"
if [ "$how" = boot ]; then
  # netplan's own generator ran before this, from the files as they were then.
  case $changed in */etc/netplan/*) netplan generate && say "netplan generated again" || status=1 ;; esac
  exit "$status"
fi
sh "$guard/kernel.sh" clear || :
if command -v timeout >/dev/null; then limit='timeout -k 5 60'; else limit=; fi
$limit sh "$guard/reload.sh" || { say "the network manager said no: $?"; status=1; }
sh "$guard/kernel.sh" mend || status=1
ip -o addr show scope global
ip route
exit "$status"
