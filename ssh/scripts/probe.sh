# probe DIR [OFFSET LIMIT]: the state, then bytes of the log. The state is taken first, so a log
# read after "ended" is complete.
main() {
  dir=$1
  look
  answer
  [ "$#" -lt 3 ] || log_from "$2" "$3"
}
