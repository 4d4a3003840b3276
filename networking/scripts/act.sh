# act GUARD: what `apply` does, as processes of its own. Standard input as for `apply`.
set -eu
[ ! -e "$guard/decided" ] || exit 1
unpack
sh -n "$guard/apply.sh"
[ ! -e "$guard/decided" ] || exit 1
say "the files are as planned; now the running host"
# A scope of its own: what the manager starts here lives on when the step's unit ends.
if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then
  systemd-run --quiet --scope --unit="$unit-apply" sh "$guard/apply.sh" "$guard"
else
  sh "$guard/apply.sh" "$guard"
fi
say "applied"
