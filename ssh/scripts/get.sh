# get FILE LIMIT
main() {
  [ -f "$1" ] || refuse no-file "$1"
  size=$(($(wc -c <"$1")))
  [ "$size" -le "$2" ] || refuse too-large "$size"
  begin_answer
  say size "$size"
  end_answer
  cat "$1"
}
