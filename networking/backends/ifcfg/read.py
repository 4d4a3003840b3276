"""Reads /etc/sysconfig/network-scripts: ifcfg-*, route-*, route6-*, and what is left in modprobe's files.

What Red Hat's initscripts make of each key: network-scripts/ifup-eth and network-functions (install_bonding_driver
splits BONDING_OPTS at blanks; ports are found by a grep for MASTER= in every ifcfg-* file). NetworkManager's ifcfg-rh
plug-in reads the same files with TYPE=Bond, BONDING_MASTER and a MASTER without SLAVE.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from networking.backends.addresses import family, in_order, network, with_prefix
from networking.backends.options import KERNEL, read_options
from networking.backends.protocol import Configured, Files, Flaw
from networking.backends.shelltext import Assignment, ShellText, read_shell
from networking.bonding.model import DHCP, NOTHING, STATIC, Addressing, Bond, Options, Port, Route

FOLDER = "/etc/sysconfig/network-scripts"
GLOBAL = "/etc/sysconfig/network"
PATTERNS = (
    f"{FOLDER}/ifcfg-*",
    f"{FOLDER}/route-*",
    f"{FOLDER}/route6-*",
    GLOBAL,
    "/etc/modprobe.conf",
    "/etc/modprobe.d/*.conf",
)

COPY = re.compile(r".*(~|\.bak|\.orig|\.rpmnew|\.rpmorig|\.rpmsave)")
"""What the `network` service leaves out; other copies it takes for interfaces."""

KEYS = re.compile(
    "DEVICE|HWADDR|MACADDR|ONBOOT|BOOTPROTO|TYPE|MASTER|SLAVE|BONDING_OPTS|BONDING_MASTER|IPADDR|NETMASK|PREFIX|GATEWAY|"
    "DNS[123]|DOMAIN|SEARCH|MTU|NM_CONTROLLED|IPV6INIT|IPV6ADDR|IPV6ADDR_SECONDARIES|IPV6_DEFAULTGW|BRIDGE|VLAN|UUID|NAME|"
    "USERCTL|PEERDNS|DEFROUTE"
)
GREPPED = re.compile(r"^[ \t]*MASTER=\"?[^\"'#\s]+\"?([ \t#]|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class File:
    """One ifcfg file. `device` is its interface; the MAC address where only that is named."""

    path: str
    shell: ShellText
    values: dict[str, str]
    device: str

    def flaw(self, key: str, sentence: str) -> Flaw:
        return Flaw(self.path, self.shell.line(key), sentence)


def ifcfg_files(files: Files) -> tuple[File, ...]:
    """What initscripts take for interfaces, by path; lo and copies left out."""
    found = []
    for path, text in sorted(files.items()):
        folder, _, name = path.rpartition("/")
        if not name.startswith("ifcfg-") or COPY.fullmatch(name) or name == "ifcfg-lo" or not folder:
            continue
        shell = read_shell(text)
        values = shell.values()
        mac = values.get("HWADDR", "").lower()
        named = name.removeprefix("ifcfg-")
        device = values.get("DEVICE") or (mac if mac and "BONDING_OPTS" not in values else named)
        found.append(File(path, shell, values, device))
    return tuple(found)


def read(files: Files) -> Configured:
    """Everything that the files say; never raises."""
    found = ifcfg_files(files)
    flaws = [*_shell_flaws(found), *_copy_flaws(files), *_double_flaws(found)]
    modules = _modprobe(files)
    masters = {file.values["MASTER"] for file in found if _is_port(file)}
    bonds, plain, owner = [], dict[str, Addressing](), dict[str, str]()
    for file in found:
        owner.setdefault(file.device, file.path)
        if _is_port(file):
            flaws += _port_flaws(file)
        elif _is_bond(file) or file.device in masters or file.device in modules:
            bond, said = _bond(file, found, files, modules)
            bonds.append(bond)
            flaws += said
        elif ":" not in file.device or re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", file.device):
            addressing, said = _addressing(file, files)
            plain[file.device] = addressing
            flaws += said
    for name in sorted(masters - {bond.name for bond in bonds}):
        bonds.append(Bond(name, _ports(name, found, ""), KERNEL))
        first = next(file for file in found if _is_port(file) and file.values["MASTER"] == name)
        flaws.append(first.flaw("MASTER", f"{name} has no ifcfg-{name}; its ports have nothing to join."))
    flaws += _module_flaws(files, found)
    return Configured(
        tuple(sorted(bonds, key=lambda bond: bond.name)),
        plain,
        owner,
        tuple(sorted(flaws, key=lambda flaw: (flaw.path, flaw.line))),
    )


def _is_port(file: File) -> bool:
    """MASTER=yes stands in the article's bond file and names nobody, since SLAVE is not yes there."""
    return bool(file.values.get("MASTER")) and (
        file.values.get("SLAVE") == "yes" or (file.values["MASTER"] != "yes" and not _is_bond(file))
    )


def _is_bond(file: File) -> bool:
    keys = {"BONDING_OPTS", "BONDING_MODULE_OPTS"} & file.values.keys()
    return bool(keys) or file.values.get("BONDING_MASTER") == "yes" or file.values.get("TYPE") in ("Bond", "Bonding")


def _bond(
    file: File, found: tuple[File, ...], files: Files, modules: dict[str, list[tuple[str, str]]]
) -> tuple[Bond, list[Flaw]]:
    addressing, flaws = _addressing(file, files)
    options, said = _options(file, modules)
    ports = _ports(file.device, found, file.values.get("MACADDR", "").lower())
    flaws += [*said, *_slaven_flaws(file, ports)]
    mtu = file.values.get("MTU", "")
    return Bond(file.device, ports, options, addressing, int(mtu) if mtu.isdigit() else None), flaws


def _ports(bond: str, found: tuple[File, ...], pinned: str) -> tuple[Port, ...]:
    """initscripts enslave in the order of the files' names."""
    members = [file for file in found if _is_port(file) and file.values["MASTER"] == bond]
    return in_order((Port(file.device, file.values.get("HWADDR", "").lower()) for file in members), pinned)


def _options(file: File, modules: dict[str, list[tuple[str, str]]]) -> tuple[Options, list[Flaw]]:
    if "BONDING_OPTS" not in file.values:
        pairs = [*modules.get("", ()), *modules.get(file.device, ())]
        result = read_options(pairs)
        return result.options, []
    pairs, flaws = option_words(file)
    result = read_options(pairs)
    return result.options, [*flaws, *(file.flaw("BONDING_OPTS", problem) for problem in result.problems)]


def option_words(file: File) -> tuple[list[tuple[str, str]], list[Flaw]]:
    """BONDING_OPTS split as initscripts split it: at blanks, then at “=”."""
    pairs, broken = [], []
    for word in file.values.get("BONDING_OPTS", "").split():
        name, sign, value = word.partition("=")
        if name and sign and value:
            pairs.append((name, value))
        else:
            broken.append(word)
    if not broken:
        return pairs, []
    return pairs, [
        file.flaw(
            "BONDING_OPTS",
            f"BONDING_OPTS is split at blanks, so {' and '.join(map(repr, broken))}"
            f" {'is' if len(broken) == 1 else 'are'} no option: write name=value without a blank around “=”.",
        )
    ]


def _addressing(file: File, files: Files) -> tuple[Addressing, list[Flaw]]:
    values, flaws = file.values, list[Flaw]()
    addresses = list[str]()
    for suffix in ("", *map(str, range(256))):
        if values.get(f"IPADDR{suffix}"):
            mask = values.get(f"PREFIX{suffix}") or values.get(f"NETMASK{suffix}") or ""
            try:
                addresses.append(with_prefix(values[f"IPADDR{suffix}"], mask))
            except ValueError as error:
                flaws.append(file.flaw(f"IPADDR{suffix}", f"IPADDR{suffix} cannot be an address: {error}."))
    for text in (*values.get("IPV6ADDR", "").split(), *values.get("IPV6ADDR_SECONDARIES", "").split()):
        try:
            addresses.append(with_prefix(text, "" if "/" in text else "64"))
        except ValueError as error:
            flaws.append(file.flaw("IPV6ADDR", f"IPV6ADDR cannot be an address: {error}."))
    routes, gateways, said = _routes(file.device, files)
    flaws += said
    gateways = [values[key] for key in ("GATEWAY", "IPV6_DEFAULTGW") if values.get(key)] or gateways
    dns = tuple(values[f"DNS{n}"] for n in range(1, 10) if values.get(f"DNS{n}"))
    by_server = values.get("BOOTPROTO", "").lower() in ("dhcp", "bootp")
    method = DHCP if by_server else STATIC if addresses else NOTHING
    search = tuple((values.get("DOMAIN") or values.get("SEARCH") or "").split())
    unique = tuple(dict.fromkeys(addresses))
    return _with_global_gateway(Addressing(method, unique, tuple(gateways), tuple(routes), dns, search), files), flaws


def _routes(device: str, files: Files) -> tuple[list[Route], list[str], list[Flaw]]:
    """route-<if> and route6-<if>: `ip route` arguments, or ADDRESS0, NETMASK0, GATEWAY0."""
    routes, gateways, flaws = list[Route](), list[str](), list[Flaw]()
    for path in (f"{FOLDER}/route-{device}", f"{FOLDER}/route6-{device}"):
        text = files.get(path, "")
        if re.search(r"^[ \t]*ADDRESS[0-9]+=", text, re.MULTILINE):
            routes += _numbered(read_shell(text).values())
            continue
        for number, line in enumerate(text.split("\n"), 1):
            words = line.partition("#")[0].split()
            if not words:
                continue
            named = dict(zip(words[1::2], words[2::2], strict=False))
            try:
                if words[0] in ("default", "0.0.0.0/0", "::/0"):
                    gateways.append(named["via"])
                else:
                    metric = int(named["metric"]) if "metric" in named else None
                    routes.append(Route(network(words[0]), named.get("via", ""), metric))
            except (ValueError, KeyError):
                flaws.append(Flaw(path, number, f"{line.strip()!r} is no route that `ip route add` would take."))
    return routes, gateways, flaws


def _numbered(values: dict[str, str]) -> Iterator[Route]:
    for n in count():
        if f"ADDRESS{n}" not in values:
            return
        to = network(values[f"ADDRESS{n}"], values.get(f"NETMASK{n}", "32"))
        yield Route(to, values.get(f"GATEWAY{n}", ""))


def _modprobe(files: Files) -> dict[str, list[tuple[str, str]]]:
    """Bond → its options in modprobe's files; "" is the module itself."""
    found: dict[str, list[tuple[str, str]]] = {}
    for _path, _number, words in modprobe_lines(files):
        if words[0] == "alias":
            found.setdefault(words[1], [])
        else:
            name = "" if words[1] == "bonding" else words[1]
            found.setdefault(name, []).extend((k, v) for k, _, v in (word.partition("=") for word in words[2:]))
    return found


def modprobe_lines(files: Files) -> Iterator[tuple[str, int, list[str]]]:
    """Lines about bonds: (path, line, words), as `alias bond0 bonding` and `options bond0 mode=1`."""
    aliases = set[str]()
    for wanted in ("alias", "options"):
        for path, text in sorted(files.items()):
            if not path.startswith("/etc/modprobe"):
                continue
            for number, line in enumerate(text.split("\n"), 1):
                words = line.partition("#")[0].split()
                if len(words) < 3 or words[0] != wanted:
                    continue
                if wanted == "alias" and words[2] == "bonding":
                    aliases.add(words[1])
                    yield path, number, words
                elif wanted == "options" and words[1] in aliases | {"bonding"}:
                    yield path, number, words


def _module_flaws(files: Files, found: tuple[File, ...]) -> list[Flaw]:
    named = {file.device: file for file in found if "BONDING_OPTS" in file.values}
    flaws = []
    for path, number, words in modprobe_lines(files):
        if words[0] != "options":
            continue
        sentence = f"The options of {words[1]} stand in modprobe's file; from RHEL 6 on they are not read there."
        if words[1] in named:
            sentence = f"{words[1]} has BONDING_OPTS as well; take this line out, so that one place says it."
        elif words[1] == "bonding":
            sentence = (
                "These options are the module's, for every bond; move them into BONDING_OPTS of the one they mean."
            )
        flaws.append(Flaw(path, number, sentence))
    return flaws


def _shell_flaws(found: tuple[File, ...]) -> Iterator[Flaw]:
    for file in found:
        yield from (Flaw(file.path, line, sentence) for line, sentence in file.shell.flaws)
        seen: dict[str, Assignment] = {}
        for item in file.shell.assignments:
            if not KEYS.fullmatch(item.key) and KEYS.fullmatch(item.key.upper()):
                sentence = f"{item.key} is read as nothing: keys are in capitals, {item.key.upper()}."
                yield Flaw(file.path, item.first, sentence)
            if item.key in seen and seen[item.key].value != item.value:
                first = seen[item.key]
                sentence = f"{item.key} stands in line {first.first} already ({first.value!r}); the last one wins."
                yield Flaw(file.path, item.first, sentence)
            seen[item.key] = item
        if "BONDING_MODULE_OPTS" in file.values:
            sentence = "BONDING_MODULE_OPTS is SUSE's key; Red Hat's scripts read BONDING_OPTS."
            yield file.flaw("BONDING_MODULE_OPTS", sentence)


def _copy_flaws(files: Files) -> Iterator[Flaw]:
    for path, text in sorted(files.items()):
        name = path.rpartition("/")[2]
        match = GREPPED.search(text)
        if name.startswith("ifcfg-") and COPY.fullmatch(name) and match:
            yield Flaw(
                path,
                text.count("\n", 0, match.start()) + 1,
                "This copy lies where older initscripts look for a bond's ports (by MASTER= in every ifcfg-* file) and"
                " would be brought up as one. Move it out of the folder.",
            )


def _double_flaws(found: tuple[File, ...]) -> Iterator[Flaw]:
    first: dict[str, str] = {}
    for file in found:
        if file.device in first:
            yield file.flaw(
                "DEVICE",
                f"{file.device} is configured in {first[file.device]} too; which one counts is left to chance.",
            )
        first.setdefault(file.device, file.path)


def _port_flaws(file: File) -> Iterator[Flaw]:
    if file.values.get("SLAVE") != "yes":
        yield file.flaw(
            "MASTER",
            f"MASTER without SLAVE=yes: NetworkManager takes {file.device} for a port, initscripts do not. Add it.",
        )
    elif not GREPPED.search(file.shell.text):
        yield file.flaw(
            "MASTER",
            "initscripts look for MASTER= at the start of a line, bare or in double quotes; as it is written here they"
            f" do not find {file.device} when the bond comes up.",
        )


def _slaven_flaws(file: File, ports: tuple[Port, ...]) -> Iterator[Flaw]:
    names = {port.name for port in ports}
    for key, value in file.values.items():
        if re.fullmatch(r"BONDING_SLAVE_?[0-9]+", key) and value not in names:
            yield file.flaw(
                key,
                f"{value} is a port by {key} only, which Red Hat's scripts and NetworkManager do not read: it belongs"
                f" to {file.device} when its own file says MASTER={file.device} and SLAVE=yes.",
            )


def _with_global_gateway(addressing: Addressing, files: Files) -> Addressing:
    """With /etc/sysconfig/network's gateway, where it lies in a network of the interface and none is named there."""
    gateway = read_shell(files.get(GLOBAL, "")).values().get("GATEWAY", "")
    if not gateway or any(family(one) == 4 for one in addressing.gateways):
        return addressing
    nets = [str(one.network) for one in addressing.interfaces()]
    inside = any(network(f"{gateway}/{net.partition('/')[2]}") == net for net in nets if family(net) == family(gateway))
    return replace(addressing, gateways=(gateway, *addressing.gateways)) if inside else addressing
