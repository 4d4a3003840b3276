# Replaces the text of /etc/fstab by standard input, whole or not at all; owner, mode and label stay.
# $1 SHA-256 that it must have now  $2 SHA-256 of the new text
set -eu
path=/etc/fstab
part=/etc/.fstab.regroup

has_sum() { printf '%s  %s\n' "$2" "$1" | sha256sum --check --status; }

if has_sum "$path" "$2"; then
    echo "$path has that text already."
    exit 0
fi
if [ -L "$path" ] || ! has_sum "$path" "$1"; then
    echo "$path was changed since; it is left as it is." >&2
    exit 1
fi
rm -f -- "$part"
cp -a -- "$path" "$part"
cat >"$part"
if ! has_sum "$part" "$2"; then
    rm -f -- "$part"
    echo "What arrived is not what was approved: its SHA-256 differs." >&2
    exit 1
fi
diff -- "$path" "$part" || :
sync
mv -- "$part" "$path"
sync
# systemd makes its units from this file; it reads it anew only when told to.
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
