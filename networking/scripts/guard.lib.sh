# Shared by the scripts of a guarded change. $guard is the change's directory on the host, <run>/<guard>:
#   revert.sh    goes back, and says so in revert.log; `reverted` is written when it is through
#   before/      what goes back        armed     how and until when the revert was armed
#   decided/     the winner's name: confirm or revert        applied  how the apply ended
umask 077
run=${guard%/*}
unit=regroup-${run##*/}-${guard##*/}

seconds_up() { read -r up _ </proc/uptime && printf '%s' "${up%%.*}"; }
boot_now() { read -r boot </proc/sys/kernel/random/boot_id && printf '%s' "$boot"; }
say() { printf '%s up %s: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(seconds_up)" "$*"; }

# fsync of a file; on ext4 and xfs it also commits the rename that gave it its name.
on_disk() { dd if=/dev/null of="$1" conv=notrunc,fsync 2>/dev/null; }

# into_place PART FILE: a whole file takes the place of another, or of none, and stays over a power cut.
into_place() {
  on_disk "$1" && mv -f -- "$1" "$2" && on_disk "$2"
  if command -v restorecon >/dev/null; then restorecon "$2" 2>/dev/null || :; fi
}

# A name beside a file that no network manager reads.
part_of() { printf '%s/.regroup.%s' "${1%/*}" "$$"; }

note_down() { cat >"$guard/.part.$$" && into_place "$guard/.part.$$" "$guard/$1"; }

# decide WHO: true for the one who comes first. The directory appears with the name inside or not at all: rename(2)
# never replaces a directory that is not empty.
decide() {
  claim=$(mktemp -d "$guard/.decided.XXXXXX") && : >"$claim/$1" || return 1
  if mv -T -- "$claim" "$guard/decided" 2>/dev/null; then
    on_disk "$guard/decided/$1"
    return 0
  fi
  rm -rf -- "$claim"
  return 1
}
decided_by() { ls "$guard/decided" 2>/dev/null || :; }

# The start time of process $1; nothing for one that is gone or a zombie.
birth_of() {
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  set -- ${stat##*) }
  [ "$1" != Z ] && printf '%s' "${20}"
}

# value NAME FILE: what stands after NAME= in the file's one line.
value() { sed -n "s/^.*\\b$1=\\([^ ]*\\).*\$/\\1/p" "$2" 2>/dev/null; }

# Whether the revert is armed in this very moment: yes or no.
armed_alive() {
  alive=no
  if [ -s "$guard/armed" ] && [ "$(value boot "$guard/armed")" = "$(boot_now)" ]; then
    case $(value how "$guard/armed") in
      systemd) ! systemctl is-active --quiet "$unit.timer" || alive=yes ;;
      at) ! atq 2>/dev/null | grep -q "^$(value job "$guard/armed")[[:space:]]" || alive=yes ;;
      setsid) [ "$(birth_of "$(value pid "$guard/armed")")" != "$(value birth "$guard/armed")" ] || alive=yes ;;
    esac
  fi
  echo "$alive"
}

no_boot_guard() {
  rm -f -- "/etc/systemd/system/sysinit.target.wants/$unit-boot.service" "/etc/systemd/system/$unit-boot.service"
}

# unpack: files from standard input, each a line `file MODE BYTES SHA256 PATH` and that many bytes, or a line
# `gone - - - PATH`. Plain names belong to the guard's directory. Each is written whole or not at all.
unpack() {
  while read -r kind mode bytes sum path; do
    case $path in /*) target=$path ;; *) target=$guard/$path ;; esac
    if [ "$kind" = gone ]; then
      rm -f -- "$target"
      say "removed $target"
      continue
    fi
    [ -d "${target%/*}" ] || (umask 022 && mkdir -p -- "${target%/*}")
    part=$(part_of "$target")
    head -c "$bytes" >"$part"
    if ! printf '%s  %s\n' "$sum" "$part" | sha256sum --check --status; then
      rm -f -- "$part"
      say "what arrived for $target is not what was approved" >&2
      return 1
    fi
    chmod "$mode" "$part"
    into_place "$part" "$target"
    say "wrote $target ($bytes bytes, $mode)"
  done
}
