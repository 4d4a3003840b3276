# Removes a file that we wrote, if it is still what we wrote.
# $1  path    $2  its SHA-256
set -eu
path=$1 sum=$2

if [ ! -e "$path" ]; then
    echo "$path is gone already."
elif printf '%s  %s\n' "$sum" "$path" | sha256sum --check --status; then
    rm -- "$path"
    echo "Removed $path."
else
    echo "$path was changed since; it is left as it is." >&2
    exit 1
fi
