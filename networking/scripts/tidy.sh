# tidy GUARD: takes the timer and the boot guard away. Harmless at any time once it is decided.
[ -e "$guard/applying" ] || decide confirm || : # nothing to go back from, and nothing is applied from now on
[ -e "$guard/decided" ] || [ ! -s "$guard/armed" ] || {
  echo "It is not decided yet; the revert stays armed." >&2
  exit 1
}
if [ -e "$guard/decided/revert" ] && [ ! -e "$guard/reverted" ]; then
  echo "The host is still on its way back." >&2
  exit 1
fi
case $(value how "$guard/armed") in
  systemd) systemctl stop "$unit.timer" 2>/dev/null || : ;;
  at) atrm "$(value job "$guard/armed")" 2>/dev/null || : ;;
  setsid)
    pid=$(value pid "$guard/armed")
    [ "$(birth_of "$pid")" != "$(value birth "$guard/armed")" ] || kill "$pid" 2>/dev/null || :
    ;;
esac
no_boot_guard
[ ! -d /etc/systemd/system ] || sync -f /etc/systemd/system 2>/dev/null || sync
: >"$guard/tidied"
on_disk "$guard/tidied"
echo "No revert is armed any more, neither by time nor by boot."
