# alive ROOT: every step that runs, or is claimed and could still begin.
main() {
  root=$1
  begin_answer
  for dir in "$root"/*/*.*; do
    [ -d "$dir" ] && [ ! -e "$dir/rc" ] || continue
    case ${dir##*.} in *[!0-9]*) continue ;; esac
    look
    case $state in running | claimed) say left "$state ${dir#"$root"/}" ;; esac
  done
  end_answer
}
