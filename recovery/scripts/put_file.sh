# Writes standard input to a file of our own, whole or not at all.
# $1  path    $2  its SHA-256
set -eu
umask 077
path=$1 sum=$2

has_sum() { [ -e "$1" ] && printf '%s  %s\n' "$sum" "$1" | sha256sum --check --status; }

if has_sum "$path"; then
    echo "$path is there already, with the same content."
    exit 0
fi
if [ -e "$path" ]; then
    echo "$path exists with other content. It is left as it is." >&2
    exit 1
fi
mkdir -p -- "$(dirname -- "$path")"
cat >"$path.part"
if ! has_sum "$path.part"; then
    rm -f -- "$path.part"
    echo "What arrived is not what was approved: its SHA-256 differs." >&2
    exit 1
fi
sync
mv -- "$path.part" "$path"
sync
echo "Wrote $path ($(wc -c <"$path") bytes)."
