# prepare ROOT KIB
main() {
  root=$1
  missing=
  for tool in flock sha256sum timeout setsid dd head tail wc grep sed cut tr date df env ln mv; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
  done
  [ -z "$missing" ] || refuse tools "${missing# }"
  [ -r /proc/sys/kernel/random/boot_id ] || refuse tools /proc
  [ ! -L "$root" ] || refuse root "$root is a symbolic link"
  mkdir -p "$root" || disk_error
  chmod 0700 "$root" && [ -d "$root" ] || refuse root "$root cannot be made private"
  df=$(df -Pk "$root") || disk_error
  set -- "$1" "$2" ${df##*
}
  [ "$6" -ge "$2" ] || refuse space "$6"
  boot_now
  known=
  [ ! -e "$root/boot" ] || read -r known <"$root/boot" || :
  [ "$known" = "$boot_id" ] || printf '%s\n' "$boot_id" | write_sync "$root/boot" || disk_error
  begin_answer
  say boot "$boot_id"
  end_answer
}
