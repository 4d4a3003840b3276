# apply GUARD: writes the files, then makes the running host be what they say. Standard input: `apply.sh`, which does
# the latter, and the files, as `unpack` reads them.
# What goes wrong here sends the host back at once. Whoever reverts meanwhile ends this first.
[ ! -e "$guard/decided" ] || {
  echo "It was decided already: $(decided_by). Nothing was written." >&2
  exit 1
}
[ -s "$guard/armed" ] && [ "$(value boot "$guard/armed")" = "$(boot_now)" ] || {
  echo "No revert is armed. Nothing was written." >&2
  exit 1
}
[ ! -e "$guard/applying" ] || {
  echo "An apply was begun here before; it is not begun twice." >&2
  exit 1
}
cat >"$guard/applying.in"
echo "pid=$$ birth=$(birth_of $$) boot=$(boot_now)" | note_down applying

# In the environment of all that is started from here: by it the revert knows what to end.
REGROUP_GUARD=$guard/
export REGROUP_GUARD
status=0
sh "$guard/act.sh" "$guard" <"$guard/applying.in" || status=$?
echo "status=$status ended=$(seconds_up) boot=$(boot_now)" | note_down applied
[ "$status" -ne 0 ] || exit 0
echo "The apply ended with $status; the host goes back now." >&2
sh "$guard/revert.sh" "$guard" apply
exit "$status"
