# Whether a backup is one whole file, and what qemu-img says of it. Nothing that it names is opened, no device is.
# $1 its format  $2 its path
form=$1 path=$2
bytes() { od -A n -t x1 -j "$1" -N "$2" -- "$path" 2>/dev/null | tr -d ' \n'; }
[ -e "$path" ] || { echo absent; exit 0; }
[ -f "$path" ] || { echo device; exit 0; }
if [ "$form" = qcow2 ] && [ "$(bytes 0 4)" = 514649fb ]; then
    # Older qemu-img open the data file that a header names even to tell of it, so the header is read first.
    case $(bytes 8 8) in *[!0]*) echo more; exit 0 ;; esac
    if [ "$(bytes 4 4)" != 00000002 ]; then
        case $(bytes 72 8) in *[4567cdef]) echo more; exit 0 ;; esac
    fi
fi
qemu-img info --output=json -U -f "$form" -- "$path" || echo unreadable
