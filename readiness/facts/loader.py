"""Which kernel a boot loader would start: GRUB 2 (with and without BLS entries), and GRUB of RHEL 5 and 6.

GRUB's files are a programming language; only what distributions' own generators write is read. What decides at boot
time (a hidden key, a saved entry that is no longer there) is told as it stands, and what cannot be told is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from readiness.facts.values import Entry, Loader, Told
from readiness.facts.versions import newest_first
from ssh.facts import FactError

HEAD = re.compile(r"=([0-9]{1,18}) (/.*)")
SET = re.compile(r"[ \t]*set (\w+)=\"?([^\"]*)\"?")
BLSCFG = re.compile(r"[ \t]*blscfg\b")
PASSWORD = re.compile(r"[ \t]*password", re.I)
LINUX = ("linux", "linux16", "linuxefi")
INITRD = ("initrd", "initrd16", "initrdefi")
CFG = re.compile(r"/boot/(grub2?|efi/EFI/[^/]+)/grub\.cfg")
LEGACY = ("/boot/grub/grub.conf", "/boot/grub/menu.lst")
LONGEST_VALUE, LONGEST_LINE = 1024, 8192
"""Of a variable and of a line that it is put into; a kernel takes 4,096 characters at most."""


@dataclass(frozen=True, slots=True)
class _Files:
    sizes: Mapping[str, int]
    texts: Mapping[str, str]
    folders: tuple[str, ...] = ()


@dataclass(slots=True)
class _Menu:
    """An entry or a submenu of grub.cfg while it is read."""

    title: str
    ident: str = ""
    inside: list[_Menu] = field(default_factory=list)
    submenu: bool = False
    kernel: str = ""
    options: str = ""
    initramfs: tuple[str, ...] = ()

    def entry(self) -> Entry:
        return Entry(self.title, self.kernel, self.initramfs, self.options, self.ident)


def parse_loader(text: str, check: Told, grubby: Told, boot_apart: bool, what: str) -> Loader:
    """Raises FactError naming the line that belongs to no file.

    boot_apart  /boot is a file system of its own: then its files are named without `/boot`

    A real answer, shortened:

        =1024 /boot/grub2/grubenv
        |# GRUB Environment Block
        |saved_entry=ab29…-5.14.0-503.el9.x86_64
    """
    files = _files(text, what)
    env_file, env, env_size = _env(files)
    by_grubby = grubby.lines[0].strip() if grubby.lines and not grubby.status else ""
    made = _grub2(files, env, boot_apart) or _legacy(files, boot_apart) or _none(files)
    return Loader(
        kind=made.kind,
        file=made.file,
        default=made.default,
        why=made.why,
        entries=made.entries,
        once=made.once,
        env=env,
        env_size=env_size,
        env_file=env_file,
        check=check,
        grubby=by_grubby,
        files=files.sizes,
    )


@dataclass(frozen=True, slots=True)
class _Made:
    kind: str
    file: str
    default: Entry | None
    why: str
    entries: tuple[Entry, ...] = ()
    once: str = ""


def _files(text: str, what: str) -> _Files:
    sizes, texts, folders = dict[str, int](), dict[str, list[str]](), list[str]()
    path = ""
    for line in text.splitlines():
        head = HEAD.fullmatch(line)
        if head:
            path = head[2]
            sizes[path], texts[path] = int(head[1]), []
        elif line.startswith("dir "):
            folders.append(line.removeprefix("dir "))
        elif line.startswith("|") and path:
            if not PASSWORD.match(line, 1):
                texts[path].append(line[1:])
        elif line:
            raise FactError(f"{what}: the line {line!r} stands in no file of a boot loader.")
    return _Files(sizes, {path: "\n".join(lines) for path, lines in texts.items()}, tuple(folders))


def _env(files: _Files) -> tuple[str, dict[str, str], int | None]:
    found = [path for path in files.texts if path.endswith("/grubenv")]
    if not found:
        return "", {}, None
    path = max(found, key=lambda each: ("/efi/" in each, files.sizes[each]))
    pairs = (line.partition("=") for line in files.texts[path].splitlines() if "=" in line and line[:1] != "#")
    return path, {name: value for name, _, value in pairs}, files.sizes[path]


def _none(files: _Files) -> _Made:
    other = next((path for path in files.texts if path.endswith(("loader.conf", "extlinux.conf"))), "")
    if other:
        return _Made("", other, None, f"{other} is of a boot loader whose files Regroup does not read.")
    why = "There is no configuration of GRUB on this host: it has no boot loader of its own, or one that is not known."
    return _Made("", "", None, why)


def _grub2(files: _Files, env: Mapping[str, str], apart: bool) -> _Made | None:
    paths = [path for path in files.texts if CFG.fullmatch(path)]
    if not paths:
        return None
    # A grub.cfg of the EFI partition that only leads to another one (`configfile`) has no entries.
    path = max(paths, key=lambda each: ("menuentry " in files.texts[each], "blscfg" in files.texts[each], each))
    text = files.texts[path]
    menus, default = read_cfg(text)
    lines = text.splitlines()  # by line and from its beginning: over the whole text such patterns are quadratic
    variables = {match[1]: match[2] for match in map(SET.fullmatch, lines) if match} | dict(env)
    if any(map(BLSCFG.match, lines)):
        entries = _bls(files, variables, apart)
        if entries:
            wanted = env.get("saved_entry", "") if "saved_entry" in default else default
            chosen, why = _of_bls(entries, wanted)
            return _Made("bls", path, chosen, why, entries, env.get("next_entry", ""))
        if not menus:
            return _Made("bls", path, None, f"{path} wants entries in /boot/loader/entries, and there are none.")
    wanted = env.get("saved_entry", "") if "saved_entry" in default else default
    flat = tuple(_prefixed(menu, apart) for menu in _flat(menus))
    if not menus:
        return _Made("grub", path, None, f"{path} has no entry.", (), env.get("next_entry", ""))
    menu, why = _of_menu(menus, wanted or "0")
    if menu is None:
        first, _ = _of_menu(menus, "0")  # as GRUB does where it does not find the default
        menu, why = first, why
    return _Made(
        "grub",
        path,
        _prefixed(menu, apart) if menu else None,
        why if menu is None else "",
        flat,
        env.get("next_entry", ""),
    )


def read_cfg(text: str) -> tuple[list[_Menu], str]:
    """Menu entries and submenus in order, and what `set default=` says last outside of them."""
    top: list[_Menu] = []
    stack: list[_Menu] = []
    depths: list[int] = []
    depth, default = 0, ""
    for line in text.splitlines():
        bare = line.strip()
        opened = re.match(r"(menuentry|submenu)\s+(?:'([^']*)'|\"([^\"]*)\"|(\S+))", bare)
        if opened:
            ident = re.search(r"(?:--id[= ]|\$menuentry_id_option )\s*'?([^'\s{]+)'?", bare)
            made = _Menu(
                opened[2] or opened[3] or opened[4] or "", ident[1] if ident else "", submenu=opened[1] == "submenu"
            )
            (stack[-1].inside if stack else top).append(made)
            stack.append(made)
            depths.append(depth)
        elif stack:
            _fill(stack[-1], bare)
        elif bare.startswith("set default="):
            value = bare.removeprefix("set default=").strip("\"'")
            default = value if value not in ("${next_entry}",) else default
        depth += _braces(bare)
        while depths and depth <= depths[-1]:
            stack.pop()
            depths.pop()
    return top, default


def _braces(line: str) -> int:
    """How many blocks a line opens and closes; `${name}` and quoted ones are none."""
    bare = re.sub(r"\$\{[^{}]*\}|'[^']*'|\"[^\"]*\"|#.*", "", line)
    return bare.count("{") - bare.count("}")


def _fill(menu: _Menu, line: str) -> None:
    words = line.split()
    if len(words) > 1 and words[0] in LINUX:
        menu.kernel, menu.options = words[1], " ".join(words[2:])
    elif words and words[0] in INITRD:
        menu.initramfs = tuple(words[1:])


def _flat(menus: list[_Menu]) -> Iterator[_Menu]:
    for menu in menus:
        if menu.kernel:
            yield menu
        yield from _flat(menu.inside)


def _of_menu(menus: list[_Menu], wanted: str) -> tuple[_Menu | None, str]:
    """The entry of `0`, `1>2`, a title or an id; a submenu means its first."""
    first, _, rest = wanted.partition(">")
    found = None
    if first.isdecimal():
        found = menus[int(first)] if int(first) < len(menus) else None
    else:
        found = next((menu for menu in menus if first in (menu.title, menu.ident)), None)
    if found is None:
        return None, f"The default entry {wanted!r} is none of the menu's."
    if found.submenu:
        return _of_menu(found.inside, rest or "0") if found.inside else (None, f"The submenu {found.title!r} is empty.")
    return (found, "") if found.kernel else (None, f"The entry {found.title!r} starts no kernel of this host.")


def _prefixed(menu: _Menu, apart: bool) -> Entry:
    entry = menu.entry()
    return Entry(
        entry.title,
        own_path(entry.kernel, apart),
        tuple(own_path(each, apart) for each in entry.initramfs),
        entry.options,
        entry.ident,
    )


def own_path(path: str, apart: bool) -> str:
    """A loader's path as the host has it: relative to /boot where that is a file system of its own.

    btrfs subvolumes and `($root)` stand in front; a path that names /boot already stays.
    """
    path = re.sub(r"^\([^)]*\)|^\$\{?root\}?", "", path)
    if path.startswith(("/boot/", "$", "${")) or not path.startswith("/"):
        return path
    return f"/boot{path}" if apart else path


def _bls(files: _Files, variables: Mapping[str, str], apart: bool) -> tuple[Entry, ...]:
    """As blscfg sorts them: newest version first."""
    found = []
    for path, text in files.texts.items():
        if not path.startswith("/boot/loader/entries/"):
            continue
        lines = [line.split(None, 1) for line in text.splitlines() if line.strip() and line[:1] != "#"]
        keys = {words[0]: words[1].strip() for words in lines if len(words) == 2}
        options = _expanded(" ".join(w[1] for w in lines if len(w) == 2 and w[0] == "options"), variables)
        images = tuple(
            own_path(each, apart)
            for w in lines
            if len(w) == 2 and w[0] == "initrd"
            for each in _expanded(w[1], variables).split()
        )
        ident = path.rsplit("/", 1)[-1].removesuffix(".conf")
        kernel = own_path(keys.get("linux", ""), apart)
        found.append((ident, Entry(keys.get("title", ident), kernel, images, options, ident)))
    return tuple(entry for _, entry in newest_first(found))


def _expanded(text: str, variables: Mapping[str, str]) -> str:
    """No more than a kernel would take: a host says both how often a name stands there and how long it is."""
    made = re.sub(r"\$\{?(\w+)\}?", lambda match: variables.get(match[1], "")[:LONGEST_VALUE], text[:LONGEST_LINE])
    return made[:LONGEST_LINE].strip()


def _of_bls(entries: tuple[Entry, ...], wanted: str) -> tuple[Entry, str]:
    """GRUB takes the first where the default is not found."""
    if wanted.isdecimal() and int(wanted) < len(entries):
        return entries[int(wanted)], ""
    found = next((entry for entry in entries if wanted in (entry.ident, entry.title)), None)
    return found or entries[0], ""


def _legacy(files: _Files, apart: bool) -> _Made | None:
    path = next((path for path in LEGACY if path in files.texts), "")
    if not path:
        return None
    default, menus = "0", list[_Menu]()
    for line in files.texts[path].splitlines():
        words = line.split()
        if line.startswith("default"):
            default = re.split(r"[=\s]+", line.strip(), maxsplit=1)[-1]
        elif words[:1] == ["title"]:
            menus.append(_Menu(line.split(None, 1)[1] if len(words) > 1 else ""))
        elif menus and len(words) > 1 and words[0] == "kernel":
            menus[-1].kernel, menus[-1].options = words[1], " ".join(words[2:])
        elif menus and len(words) > 1 and words[0] == "initrd":
            menus[-1].initramfs = tuple(words[1:])
    entries = tuple(_prefixed(menu, apart) for menu in menus)
    if default.isdecimal() and int(default) < len(entries):
        return _Made("grub-legacy", path, entries[int(default)], "", entries)
    why = f"default={default} of {path} is none of its {len(entries)} entries."
    return _Made("grub-legacy", path, None, why, entries)
