# What tells whether this host would boot again, in one go, as root. Needs parts.lib. It only reads.
# $1  seconds that comparing packages with the disk may take
seconds=$1

part_host() {
    machine= boot= name= kernel= up= line=
    read -r machine </etc/machine-id || :
    read -r boot </proc/sys/kernel/random/boot_id || :
    read -r name </proc/sys/kernel/hostname || :
    read -r kernel </proc/sys/kernel/osrelease || :
    read -r up _ </proc/uptime || :
    read -r line </proc/cmdline || :
    printf 'machine_id=%s\nboot_id=%s\nhostname=%s\nkernel=%s\n' "$machine" "$boot" "$name" "$kernel"
    printf 'arch=%s\nuptime=%s\nnow=%s\n' "$(uname -m)" "${up%%.*}" "$(date +%s)"
    printf 'cmdline=%s\n' "$line"
    if [ -e /sys/firmware/efi ]; then echo efi=yes; fi
    if [ -e /.autorelabel ]; then echo autorelabel=yes; fi
    if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then echo reboot_required=yes; fi
    if has systemd-detect-virt; then printf 'container=%s\n' "$(systemd-detect-virt --container)"; fi
    if has getenforce; then printf 'selinux_now=%s\n' "$(getenforce)"; fi
    sed -n 's/^SELINUX=\(.*\)$/selinux_file=\1/p' /etc/selinux/config
    sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/os=\1/p' /etc/os-release
    if [ ! -e /etc/os-release ]; then sed -n '1s/^/os=/p' /etc/redhat-release; fi
    for tool in findmnt lsblk lvm timeout dpkg rpm lsinitramfs lsinitrd grub2-script-check grub-script-check systemctl; do
        if has "$tool"; then echo "tool=$tool"; fi
    done
    return 0
}

# The first bytes of what a boot cannot do without, and whether the loaders named in them are there.
part_elf() {
    for path in /sbin/init /lib/systemd/systemd /bin/sh /bin/mount /usr/sbin/lvm /sbin/lvm \
        /lib64/libc.so.6 /lib/libc.so.6 /lib/*-linux-gnu*/libc.so.6; do
        [ -e "$path" ] || [ -L "$path" ] || continue
        real=$(readlink -f -- "$path") && [ -e "$real" ] || { echo "dangling $path"; continue; }
        echo "file $path $real"
        od -An -v -tx1 -N 1024 -- "$real"
    done
    [ -e /sbin/init ] || [ -L /sbin/init ] || echo "absent /sbin/init"
    for path in /sbin/init /bin/sh /bin/mount; do
        for loader in $(head -c 4096 -- "$path" | tr '\0' '\n' | grep -a '^/[-A-Za-z0-9_./]*ld[-A-Za-z0-9_.]*\.so'); do
            if [ -e "$loader" ]; then echo "loader $loader"; else echo "no-loader $loader"; fi
        done
    done
    for path in /bin /sbin /lib /lib64 /usr/lib64; do
        [ ! -L "$path" ] || echo "link $path $(readlink -- "$path")"
        [ ! -L "$path" ] || [ -e "$path" ] || echo "dangling $path"
    done
    return 0
}

DEB='libc6 libc-bin systemd systemd-sysv sysvinit-core init udev bash dash coreutils util-linux mount lvm2 dmsetup
    kmod initramfs-tools initramfs-tools-core dracut cryptsetup-initramfs mdadm grub-pc grub-pc-bin grub-efi-amd64 grub2-common
    e2fsprogs xfsprogs linux-image-'$(uname -r)
RPM='glibc systemd systemd-udev initscripts upstart SysVinit bash coreutils util-linux util-linux-ng lvm2 device-mapper
    kmod module-init-tools dracut mkinitrd mdadm grub grubby grub2-common grub2-pc grub2-efi-x64 shim-x64 e2fsprogs xfsprogs
    kernel kernel-core kernel-modules kernel-modules-core'

# Which of the packages that a boot needs are installed: name, architecture, version.
part_packages() {
    if has dpkg-query; then
        echo "family=deb"
        dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Architecture} ${Version}\n' $DEB | sed -n 's/^ii *//p'
    elif has rpm; then
        echo "family=rpm"
        rpm -q --qf '%{NAME} %{ARCH} %{VERSION}-%{RELEASE}\n' $RPM | grep -v 'is not installed$'
    fi
    return 0
}

part_archs() {
    if has dpkg-query; then dpkg-query -W -f '${Architecture}\n' | sort | uniq -c
    elif has rpm; then rpm -qa --qf '%{ARCH}\n' | sort | uniq -c; fi
}

# Each of them against the disk; nothing is said of what is as it was packed. Ends with 124 where it took too long.
part_verify() {
    gently= said= verified=0
    if has ionice; then gently='ionice -c3'; fi
    if has dpkg-query; then
        there=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $DEB | sed -n 's/^ii *//p')
        [ -n "$there" ] || return 0
        said=$(limit "$seconds" $gently dpkg -V $there) || verified=$?
    elif has rpm; then
        there=$(rpm -q --qf '%{NAME}\n' $RPM | grep -v 'is not installed$' | sort -u)
        [ -n "$there" ] || return 0
        said=$(limit "$seconds" $gently rpm -V --nomtime --nodeps --noscripts $there) || verified=$?
    else
        return 127
    fi
    printf '%s\n' "$said" | grep -v '/usr/share/\(doc\|locale\|man\|info\|lintian\|bug\|bash-completion\)\(/\|$\)' | head -60
    case $verified in 124 | 125 | 127) return "$verified" ;; esac # anything else only says that something differs
    return 0
}

# When packages were last written, newest first: seconds and name.
part_changed() {
    if has dpkg-query; then stat -c '%Y %n' /var/lib/dpkg/info/*.list | sed 's|/var/lib/dpkg/info/||; s|\.list$||' | sort -rn | head -40
    elif has rpm; then rpm -qa --qf '%{INSTALLTIME} %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\n' | sort -rn | head -40; fi
}

# When what a boot reads was last written: seconds and path.
part_touched() {
    for path in /etc/fstab /etc/crypttab /etc/default/grub /etc/inittab /etc/lvm/lvm.conf /etc/lvm/devices/system.devices \
        /sbin/init /lib64/libc.so.6 /lib/*-linux-gnu*/libc.so.6 /boot/vmlinuz-* /boot/initr* /boot/grub/grub.cfg \
        /boot/grub2/grub.cfg /boot/grub/grub.conf /boot/loader/entries/*.conf /etc/sysconfig/selinux; do
        [ ! -e "$path" ] || stat -L -c '%Y %n' -- "$path"
    done
    return 0
}

# Kernels, initial file systems and modules: kind, size, time, path.
part_kernels() {
    for path in /boot/vmlinuz-* /boot/vmlinux-* /boot/kernel-*; do
        [ ! -f "$path" ] || stat -L -c 'kernel %s %Y %n' -- "$path"
    done
    for path in /boot/initrd* /boot/initramfs*; do
        [ ! -f "$path" ] || stat -L -c 'initramfs %s %Y %n' -- "$path"
    done
    for path in /lib/modules/*; do
        [ -d "$path" ] || continue
        dep=0
        [ ! -f "$path/modules.dep" ] || dep=$(stat -c %s "$path/modules.dep")
        stat -c "modules $dep %Y %n" -- "$path"
    done
    for path in /vmlinuz /initrd.img /boot/vmlinuz /boot/initrd.img; do
        [ ! -L "$path" ] || echo "link 0 0 $path $(readlink -f -- "$path")"
    done
    return 0
}

# Files of boot loaders, each line with a bar in front.
text() { # file, most bytes
    [ -f "$1" ] || return 0
    printf '=%s %s\n' "$(stat -L -c %s -- "$1")" "$1"
    head -c "$2" -- "$1" | tr '\0' '?' | sed '/^[[:space:]]*password/d; s/^/|/'
    echo
}
part_loader() {
    for path in /boot/grub/grub.cfg /boot/grub2/grub.cfg /boot/efi/EFI/*/grub.cfg /boot/grub/grub.conf /boot/grub/menu.lst; do
        [ -L "$path" ] || text "$path" 131072
    done
    for path in /boot/loader/entries/*.conf; do text "$path" 8192; done
    for path in /boot/grub/grubenv /boot/grub2/grubenv /boot/efi/EFI/*/grubenv; do [ -L "$path" ] || text "$path" 4096; done
    for path in /etc/default/grub /etc/kernel/cmdline /boot/loader/loader.conf /boot/extlinux/extlinux.conf; do text "$path" 16384; done
    for place in /boot/grub /boot/grub2 /boot/efi/EFI/*; do [ ! -d "$place" ] || echo "dir $place"; done
    return 0
}
part_grub_check() {
    for path in /boot/grub2/grub.cfg /boot/grub/grub.cfg; do
        [ -f "$path" ] || continue
        if has grub2-script-check; then limit 10 grub2-script-check "$path" 2>&1; return; fi
        if has grub-script-check; then limit 10 grub-script-check "$path" 2>&1; return; fi
    done
    return 127
}
part_grubby() { has grubby && limit 10 grubby --default-kernel; }

part_mounts() { cut -b -1000 /proc/self/mountinfo; } # overlays name every layer, behind all that is read here
part_swaps() { cat /proc/swaps; }
part_filesystems() { cat /proc/filesystems; }

part_fstab() { cat /etc/fstab; }
part_crypttab() { [ ! -f /etc/crypttab ] || sed 's/^\([^#]\{1,\}[[:space:]][^[:space:]]\{1,\}[[:space:]]\{1,\}\)\([^[:space:]]*\)/\1-/' /etc/crypttab; }
part_verify_fstab() {
    has findmnt && findmnt --help 2>&1 | grep -q -e --verify || return 127
    limit 20 findmnt --verify 2>&1
}
# Whether what fstab names is there: what it names and the device; nothing after it where there is none.
# Of the network nothing is looked at, and nothing that is mounted: a dead server would hold whoever looks.
part_specs() {
    mounted=$(cut -b -1000 /proc/self/mountinfo | cut -d ' ' -f 5)
    sed -e 's/#.*//' /etc/fstab | while read -r spec point type _; do
        [ -n "$point" ] || continue
        case $type in nfs | nfs4 | cifs | smb3 | smbfs | glusterfs | ceph | lustre | fuse.*) continue ;; esac
        bare=$(printf %s "$spec" | sed 's/"//g')
        found=
        case $bare in
        UUID=*) found=/dev/disk/by-uuid/${bare#UUID=} ;;
        LABEL=*) found=/dev/disk/by-label/${bare#LABEL=} ;;
        PARTUUID=*) found=/dev/disk/by-partuuid/${bare#PARTUUID=} ;;
        PARTLABEL=*) found=/dev/disk/by-partlabel/${bare#PARTLABEL=} ;;
        ID=*) found=/dev/disk/by-id/${bare#ID=} ;;
        //*) continue ;;
        /*) found=$bare ;;
        *) continue ;;
        esac
        looked=0
        case $found in
        /dev/*) [ -e "$found" ] || looked=1 ;;
        *) limit 5 test -e "$found" || looked=$? ;;
        esac
        case $looked in
        0) found=$(readlink -f -- "$found") ;;
        1)
            found=
            if has blkid && [ "$bare" = "${bare#/}" ]; then found=$(limit 10 blkid -l -o device -t "$bare" || :); fi
            ;;
        *) continue ;;
        esac
        printf '%s\t%s\t%s\t%s\n' "$spec" "$point" "$found" "$(at_point "$point")"
    done
}
at_point() { # what is there to mount on; nothing where that is not known in time
    case "
$mounted
" in *"
${1%/}
"*) echo dir; return ;; esac
    place=$(printf '%b' "$1") looked=0
    limit 5 test -d "$place" || looked=$?
    if [ "$looked" = 1 ]; then limit 5 test -e "$place" || looked=$((looked + $?)); fi
    case $looked in 0) echo dir ;; 1) echo file ;; 2) echo none ;; esac
    return 0
}

# The root file system's device, what it stands on, and the drivers of those disks from the disk upwards.
part_root() {
    number=$(awk '$5 == "/" { n = $3 } END { print n }' /proc/self/mountinfo)
    node=$(readlink -f "/sys/dev/block/$number" || :)
    echo "number=$number"
    [ -n "$node" ] && [ -d "$node" ] || return 0
    below "$node"
}
below() { # a block device of sysfs: itself and all that it stands on
    node_name=${1##*/}
    echo "block=$node_name"
    [ ! -r "$1/dm/name" ] || echo "dm=$node_name $(cat "$1/dm/uuid" | sed 's/ /_/g;s/^$/-/') $(cat "$1/dm/name")"
    [ ! -r "$1/md/level" ] || echo "md=$node_name $(cat "$1/md/level")"
    for slave in "$1"/slaves/*; do
        [ ! -e "$slave" ] || below "$(readlink -f "$slave")"
    done
    if [ -e "$1/partition" ]; then below "$(readlink -f "$1/..")"; fi
    node_name=${1##*/}
    if [ -e "$1/device" ]; then
        echo "disk=$node_name"
        above=$(readlink -f "$1/device")
        while [ "${above#/sys/devices/}" != "$above" ]; do
            if [ -e "$above/driver" ]; then
                module=-
                [ ! -e "$above/driver/module" ] || module=$(basename "$(readlink -f "$above/driver/module")")
                echo "driver=$node_name $(basename "$(readlink -f "$above/driver")") $module"
            fi
            above=${above%/*}
        done
    fi
    return 0
}
part_ids() { # names of devices that a command line may use, and where they lead
    for place in by-uuid by-label by-partuuid by-partlabel; do
        for link in /dev/disk/"$place"/*; do [ ! -e "$link" ] || echo "$link $(readlink -f "$link")"; done
    done
    for link in /dev/mapper/* /dev/disk/by-id/dm-uuid-*; do [ ! -L "$link" ] || echo "$link $(readlink -f "$link")"; done
    return 0
}

in_time() { if has timeout; then timeout 10 "$@"; else "$@"; fi; }
room() { # df's last line, with the place asked for in front
    for place in / /boot /var /boot/efi; do
        [ ! -d "$place" ] || printf '%s %s\n' "$place" "$(in_time df -P "$1" "$place" | tail -n 1)"
    done
}
part_space() { room -k; }
part_inodes() { room -i; }

lvm_report() {
    report=$1 fields=$2
    shift 2
    limit 20 "$report" "$@" --noheadings --separator '|' --units b --nosuffix --nameprefixes --unquoted \
        --config 'backup{backup=0 archive=0}' -o "$fields" 2>&1
}
part_vgs() { has vgs || return 127; lvm_report vgs vg_name,vg_uuid,vg_attr,pv_count,lv_count; }
part_pvs() { has pvs || return 127; lvm_report pvs pv_name,pv_uuid,vg_name,pv_attr; }
part_lvs() { has lvs || return 127; lvm_report lvs vg_name,lv_name,lv_attr,data_percent,metadata_percent -a; }
part_devices_file() {
    use=
    if has lvmconfig; then use=$(limit 10 lvmconfig --type full devices/use_devicesfile); fi
    echo "${use:-use_devicesfile=unknown}"
    [ ! -f /etc/lvm/devices/system.devices ] || { echo file=yes; sed 's/^/|/' /etc/lvm/devices/system.devices; }
}

part_kernel_log() {
    has dmesg || return 127
    limit 10 dmesg >/dev/null || return
    dmesg | grep -E -i 'I/O error|EXT[234]-fs (error|warning.*mounting)|XFS.*(corrupt|shutdown|I/O Error)|[Rr]emounting filesystem read-only|Buffer I/O|critical (medium|target) error|BTRFS.*error' | tail -20
    return 0
}
part_ext_errors() {
    for place in /sys/fs/ext4/*; do
        [ ! -r "$place/errors_count" ] || echo "${place##*/} $(cat "$place/errors_count")"
    done
    return 0
}

part_failed() { has systemctl || return 127; limit 10 systemctl list-units --failed --plain --no-legend --no-pager; }
part_target() {
    if has systemctl; then
        target=$(limit 10 systemctl get-default) || return
        echo "target=$target"
        limit 10 systemctl show "$target" -p LoadState
    elif [ -f /etc/inittab ]; then
        sed -n 's/^[^:#]*:\([0-9]\):initdefault:.*/runlevel=\1/p' /etc/inittab
    else
        return 127
    fi
}

part_logins() { has last || return 127; limit 10 last -n 8; }
part_boots() { has last || return 127; limit 10 last -x -n 6 reboot; }

part host part_host
part elf part_elf
part packages part_packages
part archs part_archs
part changed part_changed
part touched part_touched
part kernels part_kernels
part loader part_loader
part grub_check part_grub_check
part grubby part_grubby
part mounts part_mounts
part swaps part_swaps
part filesystems part_filesystems
part fstab part_fstab
part crypttab part_crypttab
part verify_fstab part_verify_fstab
part specs part_specs
part root part_root
part ids part_ids
part space part_space
part inodes part_inodes
part vgs part_vgs
part pvs part_pvs
part lvs part_lvs
part devices_file part_devices_file
part kernel_log part_kernel_log
part ext_errors part_ext_errors
part failed part_failed
part target part_target
part logins part_logins
part boots part_boots
part verify part_verify
