"""What is done to a guest that boots by its own loader so that it does not come back, by files alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.lab.readiness_sabotage import ALL as OF_HOSTS


@dataclass(frozen=True, slots=True)
class Sabotage:
    """Commands of root, and each check that has to be red with what it has to say."""

    name: str
    do: str = ""
    red: Mapping[str, str] = field(default_factory=dict)


def _of_hosts(name: str) -> Sabotage:
    """One that a host without a loader of its own can have as well."""
    found = next(one for one in OF_HOSTS if one.name == name)
    return Sabotage(name, found.do, {found.check: found.says})


WITHOUT_LVM = """set -e
k=$(uname -r); image=/boot/initrd.img-$k; new=/root/new; rm -rf "$new"
unmkinitramfs "$image" "$new"
[ ! -d "$new/main" ] || new=$new/main
find "$new" '(' -name 'dm-mod.ko*' -o -name 'lvm*' -o -name 'vgchange' ')' -exec rm -rf '{}' +
cd "$new" && find . | cpio -o -H newc --quiet | gzip -1 >"$image"
"""
CUT_SHORT = """k=$(uname -r); image=/boot/initrd.img-$k
cp "$image" /root/image && : >"$image" && sync
size=$(stat -c %s /root/image)
cat /dev/zero >/boot/fill 2>/dev/null
truncate -s -$((size / 2)) /boot/fill && sync
cat /root/image >"$image" 2>/dev/null
rm -f /root/image
: """

ALL = (
    Sabotage("healthy"),
    _of_hosts("32-bit init"),
    Sabotage("an initramfs without lvm and device-mapper", WITHOUT_LVM, {"initramfs": "lvm"}),
    Sabotage("a renamed root group", "vgrename RootVG OldVG", {"cmdline": "RootVG-root"}),
    _of_hosts("a broken fstab"),
    Sabotage(
        "a kernel update cut short by a full /boot", CUT_SHORT, {"initramfs": "unpack", "space": "/boot"}
    ),
    Sabotage("a removed kernel", "rm /boot/vmlinuz-$(uname -r)", {"kernel": "is not there"}),
)  # fmt: skip
