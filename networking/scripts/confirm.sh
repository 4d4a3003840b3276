# confirm GUARD: the new network stays. Competes with the revert; whoever comes first has decided.
if decide confirm || [ -e "$guard/decided/confirm" ]; then
  say "confirmed: the network stays as it is now"
  exit 0
fi
echo "Too late: the host has gone back, or is on its way." >&2
exit 1
