# mounts: /proc/self/mountinfo, with the device's own number also where the kernel shows another one.
# btrfs may lie on several devices, so it makes up a number (0:42) for itself; the first device is named as the source.
mounts() {
    while read -r line; do
        case $line in
        *' - btrfs /dev/'*)
            source=${line##* - btrfs }
            number=$(lsblk -d -n -o MAJ:MIN -- "${source%% *}" | tr -d ' ')
            rest=${line#* * * }
            first=${line%" $rest"}
            line="${first% *} ${number:-${first##* }} $rest"
            ;;
        esac
        printf '%s\n' "$line"
    done </proc/self/mountinfo
}
