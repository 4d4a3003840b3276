"""Whether the boot loader's own files are whole, and agree on what is started."""

from __future__ import annotations

from collections.abc import Iterator

from readiness.judges.finding import Point, amber, green, red, unknown
from readiness.judges.kernel import IN_A_CONTAINER
from readiness.judges.known import Known

ENV_SIZE = 1024
ESP = ("/boot/efi", "/efi", "/boot")


def judge(known: Known) -> Iterator[Point]:
    loader, machine = known.facts.loader, known.facts.machine
    if machine.container:
        yield unknown(IN_A_CONTAINER)
        return
    if not loader.kind:
        yield unknown(
            f"{loader.why} The checks of the kernel go by the one that runs.",
            f"runs: {machine.kernel}",
            f"command line: {machine.cmdline}",
            todo="See in the hypervisor or firmware what starts this host.",
        )
        return
    problems = [*_files(known), *_next(known)]
    yield from problems
    if not any(point.light in ("red", "amber") for point in problems):
        title = known.boot.entry.title if known.boot.entry else ""
        yield green(
            f"{loader.file} is whole and starts “{title}”.",
            *(f"{path}, {size:,} bytes" for path, size in loader.files.items()),
        )


def _files(known: Known) -> Iterator[Point]:
    loader, machine = known.facts.loader, known.facts.machine
    if loader.default is None:
        yield red(
            f"The loader has no entry that it could start. {loader.why}",
            loader.file,
            *(entry.title for entry in loader.entries),
            todo="Make its file anew: grub-mkconfig -o, or grub2-mkconfig -o.",
        )
    if loader.check.status == 1:
        yield red(
            f"{loader.file} has a mistake in it, so GRUB would stop at its prompt.",
            *(line for line in loader.check.lines if "password" not in line.lower()),
            todo="Make it anew: grub-mkconfig -o, or grub2-mkconfig -o.",
        )
    if loader.env_size is not None and loader.env_size != ENV_SIZE:
        yield red(
            f"{loader.env_file} has {loader.env_size} bytes and must have {ENV_SIZE}: GRUB cannot read it.",
            f"{loader.env_file}, {loader.env_size} bytes",
            todo=f"grub-editenv {loader.env_file} create, then set the default anew.",
        )
    if machine.efi and not any(known.facts.mount(point) for point in ESP):
        yield amber(
            "The EFI system partition is not mounted, so nobody can tell whether the firmware finds a loader.",
            todo="Mount it (mount /boot/efi) and have the host asked again.",
        )


def _next(known: Known) -> Iterator[Point]:
    loader = known.facts.loader
    if loader.once:
        yield amber(
            f"The next boot alone would start another entry: {loader.once}.",
            f"next_entry={loader.once}",
            todo=f"grub-editenv {loader.env_file} unset next_entry, unless somebody wants it.",
        )
    saved = loader.env.get("saved_entry", "")
    named = {word for entry in loader.entries for word in (entry.ident, entry.title)}
    if saved and loader.default and not saved.isdecimal() and ">" not in saved and saved not in named:
        yield amber(
            "The saved default is none of the entries, so GRUB takes its first.",
            f"saved_entry={saved}",
            *(entry.ident or entry.title for entry in loader.entries),
            todo="Set the default: grub2-set-default, or grubby.",
        )
    if loader.grubby and loader.default and loader.grubby != loader.default.kernel:
        yield amber(
            "grubby and the loader's file name different kernels as the default.",
            f"grubby: {loader.grubby}",
            f"{loader.file}: {loader.default.kernel}",
            todo="Set the default anew: grubby --set-default.",
        )
