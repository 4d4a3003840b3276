# Functions shared by the scripts that run on a host. POSIX sh: dash, bash, busybox ash.
# A script arrives on standard input as functions with one call at its very end, so a
# script cut in half by a lost connection is a syntax error and does nothing.
umask 077

begin_answer() { printf 'regroup-answer\n'; }
say() { printf '%s=%s\n' "$1" "$2"; }
end_answer() { printf 'regroup-end\n'; }
refuse() { begin_answer; say refused "$1"; say detail "$2"; end_answer; exit 0; }

# Where one process costs 25 ms (an emulated host) forty of them are a second: what the shell can do, it does.
boot_now() { read -r boot_id </proc/sys/kernel/random/boot_id; }

# Standard input becomes file $1, whole or not at all, and is on disk when this returns.
# The second dd: fsync after the rename also commits the rename (ext4, xfs), and unlike
# `sync FILE` it exists on coreutils 8.22 and never waits for other, broken disks.
write_sync() {
  dd of="$1.part.$$" conv=fsync && mv -f "$1.part.$$" "$1" && dd if=/dev/null of="$1" conv=notrunc,fsync
}

# One script at a time may claim, bury or raise the fence. Children never get descriptor 9:
# a step that inherited it would hold the lock for as long as it runs.
lock() {
  true >>"$root/lock" || disk_error # a failing exec would end the script without an answer
  exec 9>>"$root/lock"
  tries=0
  until flock -n 9; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || refuse busy "$root/lock"
    sleep 0.2 2>/dev/null || sleep 1
  done
}
unlock() { exec 9>&-; }

# fence SCOPE NUMBER: refuses a number lower than the one this host has seen, remembers a higher one.
fence() {
  known=0
  [ ! -e "$root/$1.fence" ] || read -r known <"$root/$1.fence" || known=
  case $known in '' | *[!0-9]*) refuse fence-damaged "$root/$1.fence" ;; esac
  [ "$2" -ge "$known" ] || refuse fence "$known"
  [ "$2" -eq "$known" ] || printf '%s\n' "$2" | write_sync "$root/$1.fence" || disk_error
}
# What failed has said why on standard error.
disk_error() { refuse disk "$root"; }

# Sets `born` to the start time of process $1 (field 22 of stat, counted after the name's last parenthesis);
# to nothing for a process that is gone or a zombie. A pid alone may belong to somebody else by now.
birth_of() {
  born=
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  set -- ${stat##*) }
  [ "$1" = Z ] || born=${20}
}

# Pids of a step's processes: the runner marks their environment, not its own.
# The slash ends the name: step.1 is not step.10.
# Where grep cannot take lines that end in NUL (busybox), each process is asked by itself.
marked() {
  if printf 'a\0b' | grep -qzxF b 2>/dev/null; then
    grep -lszxF "REGROUP_STEP=$dir/" /proc/[0-9]*/environ 2>/dev/null | sed 's,^/proc/\([0-9]*\)/.*,\1,'
  else
    for environ in /proc/[0-9]*/environ; do
      tr '\0' '\n' 2>/dev/null <"$environ" | grep -qxF "REGROUP_STEP=$dir/" || continue
      environ=${environ#/proc/}
      echo "${environ%/environ}"
    done 2>/dev/null
  fi
}

# Alive: the runner itself; or, where it was killed, what it had started; or anybody left in its session.
alive() {
  birth_of "$pid"
  [ -n "$birth" ] && [ "$born" = "$birth" ] && return 0
  [ -n "$(marked)" ] && return 0
  [ ! -e "/proc/$pid" ] && [ -n "$(grep -ls "^[0-9]* (.*) [^Z] [0-9]* [0-9]* $pid " /proc/[0-9]*/stat 2>/dev/null)" ]
}

# Sets one variable per word `name=value` of the first line of file $1; only names we know.
load() {
  line=
  [ -e "$1" ] && read -r line <"$1" 2>/dev/null
  [ -n "$line" ] || return 1
  for item in $line; do
    case $item in
      launcher=*) launcher=${item#*=} ;;
      pid=*) pid=${item#*=} ;;
      birth=*) birth=${item#*=} ;;
      boot=*) boot=${item#*=} ;;
      at=*) at=${item#*=} ;;
      rc=*) rc=${item#*=} ;;
      word=*) word=${item#*=} ;;
      ended=*) ended=${item#*=} ;;
    esac
  done
}

# What is in $dir: sets state and the variables of `load`.
look() {
  launcher= pid= birth= boot= at= rc= word= ended=
  if [ ! -d "$dir" ]; then
    state=absent
  elif ! load "$dir/started"; then
    state=claimed
  elif [ "$launcher" = tombstone ]; then
    state=tombstone
  elif load "$dir/rc"; then
    state=ended
  elif boot_now && [ "$boot" != "$boot_id" ]; then
    state=other_boot
  elif alive; then
    state=running
  elif load "$dir/rc"; then # it ended between the two looks
    state=ended
  else
    state=dead
  fi
}

answer() {
  size=0
  [ ! -s "$dir/log" ] || size=$(wc -c <"$dir/log")
  boot_now
  begin_answer
  say state "$state"
  say launcher "$launcher"
  say rc "$rc"
  say word "$word"
  say at "$at"
  say ended "$ended"
  say boot "$boot_id"
  say now "$(date +%s)"
  say size "$((size))"
  end_answer
}

# Takes the place of a step that has not begun: whoever links `started` first wins, for good.
bury() {
  [ -d "$dir" ] || mkdir -p "${dir%/*}" && mkdir -p "$dir" || disk_error
  boot_now
  printf 'launcher=tombstone boot=%s at=%s\n' "$boot_id" "$(date +%s)" |
    write_sync "$dir/tombstone.$$" || disk_error
  ln "$dir/tombstone.$$" "$dir/started" 2>/dev/null
  rm -f "$dir/tombstone.$$"
}

# At most $2 bytes of the log from byte $1 on, after the answer; its size was taken before.
log_from() {
  [ "$size" -gt "$1" ] || return 0
  if [ "$1" -eq 0 ]; then
    head -c "$2" "$dir/log" 2>/dev/null
  else
    tail -c "+$(($1 + 1))" "$dir/log" 2>/dev/null | head -c "$2"
  fi
}
