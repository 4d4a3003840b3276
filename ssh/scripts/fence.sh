# fence ROOT SCOPE FENCE
main() {
  root=$1
  lock
  fence "$2" "$3"
  begin_answer
  end_answer
}
