# look GUARD: how the guarded change stands, as lines of name=value; then the log of the way back.
saved=no
if [ -e "$guard/before/list" ]; then
  saved=yes
  for each in "$guard"/*.sh; do sh -n "$each" 2>/dev/null || saved=no; done
fi
boot_guard=no
[ ! -e "/etc/systemd/system/sysinit.target.wants/$unit-boot.service" ] || boot_guard=yes
echo "up=$(seconds_up)"
echo "boot=$(boot_now)"
echo "saved=$saved"
echo "boot_guard=$boot_guard"
echo "alive=$(armed_alive)"
echo "decided=$(decided_by)"
[ -e "$guard/tidied" ] && echo "tidied=yes" || echo "tidied=no"
for each in armed applying applied reverted; do
  echo "$each=$(cat "$guard/$each" 2>/dev/null)"
done
echo "log="
tail -n 60 "$guard/revert.log" 2>/dev/null || :
