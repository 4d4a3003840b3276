"""What is done to a lab host so that it would not come back, by files alone: nothing here reboots it."""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass

KERNEL = "$(uname -r)"
GRUB = """set default="0"
menuentry 'Debian GNU/Linux' --class debian {
        linux   /boot/vmlinuz-VERSION root=/dev/mapper/GROUP-root ro quiet
        initrd  /boot/initrd.img-VERSION
}
"""


@dataclass(frozen=True, slots=True)
class Sabotage:
    """Commands of root that break one thing and mend it, the check that has to be red, and what it has to say."""

    name: str
    check: str
    says: str
    do: str
    undo: str


def elf32() -> bytes:
    """The head of a 32-bit program for x86 that names the 32-bit loader."""
    loader = b"/lib/ld-linux.so.2\0"
    head = b"\x7fELF\x01\x01\x01" + bytes(9) + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    return head + struct.pack("<IIIIIIII", 3, 84, 0, 0, len(loader), len(loader), 4, 1) + loader


def grub(group: str) -> str:
    text = GRUB.replace("VERSION", KERNEL).replace("GROUP", group)
    return f"mkdir /boot/grub; cat >/boot/grub/grub.cfg <<END\n{text}END"


INIT = f"echo {base64.b64encode(elf32()).decode()} | base64 -d >/usr/sbin/init32; chmod 755 /usr/sbin/init32"
BARE_IMAGE = f"""k={KERNEL}; image=/boot/initrd.img-$k
mv "$image" /root/image && mkdir -p /root/bare/usr/bin "/root/bare/usr/lib/modules/$k" && cd /root/bare || exit 1
for module in virtio_scsi sd_mod virtio_pci ext4; do
    find "/lib/modules/$k" -name "$module.ko" -exec cp '{{}}' "usr/lib/modules/$k/" ';'
done
head -c 2000000 /dev/urandom >usr/bin/padding; for n in 0 1 2 3 4 5 6 7 8 9; do : >"$n"; done; : >init
find . | cpio -o -H newc --quiet | gzip -1 >"$image"; rm -r /root/bare"""

ALL = (
    Sabotage(
        "32-bit init",
        "userland",
        "/sbin/init is 32-bit x86",
        f"{INIT}; mv /usr/sbin/init /usr/sbin/init.real; ln -s init32 /usr/sbin/init",
        "mv -f /usr/sbin/init.real /usr/sbin/init; rm -f /usr/sbin/init32",
    ),
    Sabotage(
        "an initramfs without lvm",
        "initramfs",
        "has no lvm",
        BARE_IMAGE,
        f"mv -f /root/image /boot/initrd.img-{KERNEL}",
    ),
    Sabotage(
        "a renamed root group in grub.cfg",
        "cmdline",
        "root=/dev/mapper/OldVG-root is not what is mounted on /",
        grub("OldVG"),
        "rm -r /boot/grub",
    ),
    Sabotage(
        "a removed kernel",
        "kernel",
        "is not there",
        f"mv /boot/vmlinuz-{KERNEL} /root/kernel",
        f"mv /root/kernel /boot/vmlinuz-{KERNEL}",
    ),
    Sabotage(
        "a broken fstab",
        "fstab",
        "UUID=00000000-dead-beef-0000-000000000000, to be mounted on /srv/data, is not there",
        "cp -p /etc/fstab /root/fstab; echo UUID=00000000-dead-beef-0000-000000000000 /srv/data ext4 defaults 0 2"
        " >>/etc/fstab",
        "mv /root/fstab /etc/fstab",
    ),
    Sabotage(
        "a changed program",
        "packages",
        "not as installed",
        "cp -p /usr/bin/mount /root/mount; printf x >>/usr/bin/mount",
        "mv /root/mount /usr/bin/mount",
    ),
    Sabotage(
        "a full /boot",
        "space",
        "/boot, which is part of /, is full",
        "fallocate -l $(($(df -Pk / | awk 'NR == 2 { print $4 }') - 200))K /fill",
        "rm /fill",
    ),
)  # fmt: skip
"""In an order in which each can be done after those before it; they are taken back from the end."""

NO_IMAGE = Sabotage(
    "a removed initramfs",
    "initramfs",
    "is not there",
    f"mv /boot/initrd.img-{KERNEL} /root/image",
    f"mv /root/image /boot/initrd.img-{KERNEL}",
)
GOOD_GRUB = Sabotage(
    "a grub.cfg that is true",
    "",
    "",
    grub("RootVG"),
    "rm -r /boot/grub",
)
