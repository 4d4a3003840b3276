#!/bin/sh
# Debian packages that Python's package index cannot give.
#   scripts/debian.sh need test browser …   install what these parts miss (root), or name the command (others)
#   scripts/debian.sh install PACKAGE …    install packages (root)
set -eu
say() { printf '%s\n' "$*" >&2; }
PATH=$PATH:/usr/sbin:/sbin

# The lab names its own (python -m lab build). One line per need: part, what must be there (a command or an absolute path), the package that brings it.
needs='
test sshd openssh-server
test vgcfgrestore lvm2
test visudo sudo
ldap gcc gcc
ldap /usr/include/ldap.h libldap-dev
ldap /usr/include/sasl/sasl.h libsasl2-dev
directory slapd slapd
servers /usr/share/postgresql-common postgresql
servers redis-check-rdb redis-tools
hypervisor libvirtd libvirt-daemon
hypervisor virsh libvirt-clients
hypervisor /usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so libvirt-daemon-driver-qemu
hypervisor sshd openssh-server
hypervisor sudo sudo
browser chromium chromium
browser /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf fonts-dejavu-core
'

there() {
    case $1 in
        /*) [ -e "$1" ] ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

missing() {
    for part in "$@"; do
        printf '%s' "$needs" | while read -r need thing package; do
            [ "$need" = "$part" ] || continue
            there "$thing" || printf '%s\n' "$package"
        done
    done | sort -u | tr '\n' ' '
}

# Lists may be empty on a fresh image: apt-get update then, and once more where a package is not found.
install() {
    say "Installing Debian packages: $*"
    export DEBIAN_FRONTEND=noninteractive
    ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || apt-get update -q >/dev/null
    apt_install "$@" || { apt-get update -q >/dev/null && apt_install "$@"; }
}
apt_install() { apt-get install -y -q --no-install-recommends "$@" >/dev/null; }

action=$1
shift
case $action in
    install) install "$@" ;;
    need)
        packages=$(missing "$@")
        [ -n "$packages" ] || exit 0
        if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
            # shellcheck disable=SC2086 # the names are words, one package each
            install $packages
        else
            say "Programs are missing on this machine. As root run this, then try again:"
            say "    sudo apt-get install -y --no-install-recommends ${packages% }"
            exit 1
        fi
        ;;
    *) say "usage: scripts/debian.sh need PART … | install PACKAGE …"; exit 2 ;;
esac
