#!/bin/sh
# start.sh FOLDER PORT: first process of the lab's hypervisor, in mount, process and UTS namespaces of its own.
# What is written to /etc, /var and /run is in memory and gone with it; the machine's own files are under it, unchanged.
set -eu
folder=$1 port=$2
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C

mkdir -p "$folder/private"
mount -t tmpfs -o mode=0755 tmpfs "$folder/private"
for top in etc var; do
    mkdir "$folder/private/$top" "$folder/private/$top.work"
    mount -t overlay overlay -o "lowerdir=/$top,upperdir=$folder/private/$top,workdir=$folder/private/$top.work" "/$top"
done
qemu=$(command -v qemu-system-x86_64)
cp "$folder/host/qemu" "$folder/private/qemu"
chmod 0755 "$folder/private/qemu"
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/lock /run/sshd /run/lab/home /run/lab/usr/bin
# QEMU finds its firmware and modules by where its program lies.
ln -s /usr/share /usr/lib /usr/libexec /run/lab/usr/
: > /run/lab/usr/bin/qemu-system-x86_64
mount --bind "$qemu" /run/lab/usr/bin/qemu-system-x86_64
mount --bind "$folder/private/qemu" "$qemu"
for path in /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt /var/lib/regroup; do
    mkdir -p "$path"
    mount -t tmpfs -o mode=0755 tmpfs "$path"
done
mkdir /var/lib/libvirt/images
mount --bind "$folder/images" /var/lib/libvirt/images

hostname hv01
cp "$folder/host/machine-id" /etc/machine-id
echo hv01 > /etc/hostname
printf "127.0.0.1 localhost\n127.0.1.1 hv01\n" > /etc/hosts
for file in passwd shadow group; do
    sed -i -e '/^regroup:/d' -e '/^libvirt-qemu:/d' "/etc/$file"
    cat "$folder/host/$file" >> "/etc/$file"
done
install -m 0440 "$folder/host/sudoers" /etc/sudoers
cp "$folder/host/qemu.conf" "$folder/host/libvirtd.conf" /etc/libvirt/
install -m 0644 "$folder/host/authorized_keys" /run/lab/authorized_keys
install -m 0600 "$folder/host/host_key" /run/lab/host_key
install -m 0600 "$folder/host/sshd_config" /run/lab/sshd_config
chown regroup:regroup /run/lab/home

# It inherits the QEMUs, which libvirtd starts as daemons: a shell that waits takes note of their end.
libvirtd &
/usr/sbin/sshd -D -e -p "$port" -f /run/lab/sshd_config &
wait
