# put PART FILE SIZE SUM MODE: the uploaded part becomes the file, whole or not at all.
main() {
  part=$1 file=$2
  trap 'rm -f "$part"' EXIT
  [ "$(($(wc -c <"$part")))" -eq "$3" ] || refuse damaged size
  found=$(sha256sum <"$part")
  [ "${found%% *}" = "$4" ] || refuse damaged sha256
  [ ! -d "$file" ] || refuse file "$file is a directory"
  chmod "$5" "$part" && dd if=/dev/null of="$part" conv=notrunc,fsync && mv -f "$part" "$file" || refuse disk "$file"
  dd if=/dev/null of="$file" conv=notrunc,fsync
  begin_answer
  end_answer
}
