# Prints an LVM metadata text that lies somewhere on this host. $1  path, $2  most bytes. Only reads.
# One line: a word, and for `file` its bytes in base64. Nothing but LVM's text ever leaves the host this way.
path=$1 most=$2
if [ ! -e "$path" ] && [ ! -L "$path" ]; then echo absent; exit; fi
if [ "$(readlink -f -- "$path")" != "$path" ]; then echo link; exit; fi
if [ ! -f "$path" ]; then echo other; exit; fi
exec 3<"$path" || { echo unreadable; exit; }
# From here on only the opened file is asked: the name may mean another one by now.
if [ "$(readlink /proc/self/fd/3)" != "$path" ]; then echo link; exit; fi
size=$(stat -L -c %s /proc/self/fd/3)
if [ "$size" -gt "$most" ]; then echo "large $size"; exit; fi
text=$(head -c "$most" <&3 | base64 -w 0)
if printf %s "$text" | base64 -d | grep -aq '^contents = "Text Format Volume Group"'; then
    printf 'file %s\n' "$text"
else
    echo foreign
fi
