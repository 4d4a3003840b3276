# Runs one step on the host, detached. The lines above set launcher, dir, limit, secret and the words.
umask 077
PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export PATH LC_ALL
cd /
exec </dev/null >/dev/null 2>&1
trap : TERM HUP INT # not '': the command must get its own defaults; we stay to write the exit code

seconds_up() { read -r up rest </proc/uptime; printf '%s' "${up%%.*}"; }
on_disk() { dd if=/dev/null of="$1" conv=notrunc,fsync; }

read -r boot </proc/sys/kernel/random/boot_id
read -r stat <"/proc/$$/stat"
birth_is() { birth=${20}; } # after the name's last parenthesis: the start time is field 22 of all
birth_is ${stat##*) }
printf 'launcher=%s pid=%s birth=%s boot=%s at=%s\n' "$launcher" "$$" "$birth" "$boot" "$(date +%s)" |
  dd of="$dir/started.$$" conv=fsync || exit 0
# The gate: link(2) succeeds for one only. A buried step, or a second runner, ends here.
ln "$dir/started.$$" "$dir/started" || exit 0
on_disk "$dir/started" || exit 0

exec 3<"$dir/stdin"
[ "$secret" = 0 ] || rm -f "$dir/stdin"
begin=$(seconds_up)
REGROUP_STEP=$dir/
export REGROUP_STEP # in the command's environment and not in this shell's: so its processes can be told
timeout -k 10 "$limit" "$@" <&3 3<&- >>"$dir/log" 2>&1
rc=$?
end=$(seconds_up)

word=exit
case $rc in
  124 | 137 | 143) [ "$((end - begin))" -lt "$limit" ] || { rc=124 word=timeout; } ;;
esac
[ ! -e "$dir/stopping" ] || word=stopped
on_disk "$dir/log"
# over the reserved block, in place: needs no space
printf 'rc=%s word=%s ended=%s\n' "$rc" "$word" "$(date +%s)" |
  dd of="$dir/rc.part" conv=notrunc,fsync && mv -f "$dir/rc.part" "$dir/rc" && on_disk "$dir/rc"
rm -f "$dir/started.$$"
exit 0
