# Takes a group's block of lines out of /etc/fstab; owner, mode and label stay, and every other byte.
# $1 the group
set -eu
path=/etc/fstab
part=/etc/.fstab.regroup

if [ -L "$path" ]; then
    echo "$path is a symbolic link; it is left as it is." >&2
    exit 1
fi
# Whole blocks only: one comment without the other is somebody's edit.
if [ "$(grep -c -x -F -e "# begin Regroup $1" "$path")" != 1 ] || [ "$(grep -c -x -F -e "# end Regroup $1" "$path")" != 1 ]; then
    echo "The lines of $1 are not whole in $path; it is left as it is." >&2
    exit 1
fi
rm -f -- "$part"
cp -a -- "$path" "$part"
awk -v group="$1" '
    $0 == "# begin Regroup " group { skip = 1 }
    !skip { print }
    $0 == "# end Regroup " group { skip = 0 }' "$path" >"$part"
diff -- "$path" "$part" || :
sync
mv -- "$part" "$path"
sync
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
