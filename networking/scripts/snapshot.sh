# snapshot GUARD [PATH SHA256|absent]…: saves what the revert goes back to, and puts the revert in place.
# Standard input: its scripts, as `unpack` reads them.
set -eu
shift
save() {
  mkdir -p -- "$guard/before"
  unpack
  number=0
  : >"$guard/before/list.part"
  while [ $# -gt 0 ]; do
    path=$1 sum=$2 number=$((number + 1))
    shift 2
    if [ "$sum" = absent ]; then
      if [ -e "$path" ] || [ -L "$path" ]; then
        echo "$path is there by now; the plan was made without it. Nothing was changed." >&2
        exit 1
      fi
      echo "none $number $path" >>"$guard/before/list.part"
    else
      if [ -L "$path" ] || ! printf '%s  %s\n' "$sum" "$path" | sha256sum --check --status 2>/dev/null; then
        echo "$path is not as it was planned from. Nothing was changed." >&2
        exit 1
      fi
      cp -a -- "$path" "$guard/before/$number"
      on_disk "$guard/before/$number"
      echo "file $number $path" >>"$guard/before/list.part"
    fi
  done
  {
    for what in addr route 'route show table all' rule; do
      echo "# ip $what"
      ip $what || :
    done
    echo "# ip -6 route"
    ip -6 route || :
    echo "# resolver"
    cat /etc/resolv.conf 2>/dev/null || :
    for file in /sys/class/net/*/bonding/*; do
      [ ! -f "$file" ] || printf '%s: %s\n' "$file" "$(cat "$file" 2>/dev/null)"
    done
  } >"$guard/before/kernel.txt" 2>&1
  for each in "$guard"/*.sh; do
    sh -n "$each"
  done
  on_disk "$guard/before/kernel.txt"
  into_place "$guard/before/list.part" "$guard/before/list"
  echo "Saved $number file names and the kernel's view in $guard/before; every script of the way back can be read."
}
if [ -e "$guard/before/list" ]; then
  echo "The snapshot was taken already; it is kept."
else
  save "$@"
fi
