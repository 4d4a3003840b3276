"""What is judged: a host's facts, which kernel would be started, and what is in that one's initial file system."""

from __future__ import annotations

from dataclasses import dataclass

from readiness.facts.values import Contents, Entry, Facts

IMAGES = ("/boot/initrd.img-{}", "/boot/initramfs-{}.img", "/boot/initrd-{}.img", "/boot/initrd-{}")
MICROCODE = ("microcode", "ucode", "early")


@dataclass(frozen=True, slots=True)
class Boot:
    """What the next boot would start. `guessed` why it is only the kernel that runs; empty where the loader says it."""

    entry: Entry | None
    guessed: str = ""

    @property
    def image(self) -> str:
        """Path of its initial file system; empty where it has none."""
        images = [
            path for path in (self.entry.initramfs if self.entry else ()) if not any(w in path for w in MICROCODE)
        ]
        return images[-1] if images else ""


@dataclass(frozen=True, slots=True)
class Known:
    """contents is None where there was no file to look into; backup_days is since the last backup, if one is known."""

    facts: Facts
    boot: Boot
    contents: Contents | None = None
    backup_days: float | None = None


def boot_of(facts: Facts) -> Boot:
    """The loader's default entry; where there is no loader, the kernel that runs with the command line that it has.

    grubby knows more than a file that is read here, so where it names a kernel of another entry, that one counts.
    """
    loader = facts.loader
    if loader.kind:
        named = next((entry for entry in loader.entries if loader.grubby and entry.kernel == loader.grubby), None)
        return Boot(named or loader.default)
    version = facts.machine.kernel
    kernel = next(
        (one.path for one in facts.kernels.kernels if one.path.endswith(f"-{version}")), f"/boot/vmlinuz-{version}"
    )
    there = [path for path in (name.format(version) for name in IMAGES) if facts.kernels.image(path)]
    likely = IMAGES[0 if facts.packages.family == "deb" else 1].format(version)
    entry = Entry(f"the kernel that runs, {version}", kernel, tuple(there[:1]) or (likely,), facts.machine.cmdline)
    return Boot(entry, loader.why)
