# bury ROOT DIR SCOPE FENCE: a step that has not begun never will.
main() {
  root=$1 dir=$2
  lock
  fence "$3" "$4"
  look
  case $state in absent | claimed) bury ;; esac
  look
  answer
}
