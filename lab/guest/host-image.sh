#!/bin/sh
# host-image.sh ROOTFS.TAR OVERLAY WORK ROOT.IMG ROOT_MIB VAR.IMG VAR_MIB
# Unpacks the root file system, lays one host's own files over it and makes its two ext4 images.
# Runs as root, or as an ordinary user under fakeroot (owners are then fakeroot's).
set -eu
rootfs=$1 overlay=$2 work=$3 root_image=$4 root_mib=$5 var_image=$6 var_mib=$7

mkdir -p "$work/tree" "$work/var"
tar -C "$work/tree" --numeric-owner --exclude='./dev/*' -xf "$rootfs"
cp -r --preserve=mode "$overlay/." "$work/tree/"
find "$overlay" -mindepth 1 -printf '%P\n' | while read -r path; do
    case $path in
        home/regroup | home/regroup/*) chown 1000:1000 "$work/tree/$path" ;;
        *) chown 0:0 "$work/tree/$path" ;;
    esac
done
if [ "$var_mib" -gt 0 ]; then
    rmdir "$work/var"
    mv "$work/tree/var" "$work/var"
    mkdir "$work/tree/var"
    mkfs.ext4 -q -F -d "$work/var" "$var_image" "${var_mib}M"
fi
mkfs.ext4 -q -F -d "$work/tree" "$root_image" "${root_mib}M"
rm -rf "$work"
