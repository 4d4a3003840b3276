"""The bonding driver's options by the kernel's own names, as ifcfg, keyfile and ifupdown write them.

Source: the kernel's drivers/net/bonding/bond_options.c for names, numbers and defaults.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from networking.bonding.model import ALWAYS, FAIL_OVER_MAC, MODES, RESELECT, Options

KERNEL = Options(mode=MODES[0], miimon=0, primary_reselect=ALWAYS)
"""What the kernel does where nothing is said."""

ARP_VALIDATE = ("none", "active", "backup", "all", "filter", "filter_active", "filter_backup")

WORDS = {
    "mode": MODES,
    "primary_reselect": RESELECT,
    "fail_over_mac": FAIL_OVER_MAC,
    "arp_validate": ARP_VALIDATE,
    "all_slaves_active": ("0", "1"),
}
"""Options that take a word or its number."""

NUMBERS = (
    "miimon",
    "updelay",
    "downdelay",
    "num_grat_arp",
    "peer_notif_delay",
    "arp_interval",
    "resend_igmp",
    "min_links",
)

ALIASES = {"num_unsol_na": "num_grat_arp"}
"""Two names of one value, since kernel 3.0."""

ORDER = (
    "mode",
    "miimon",
    "primary",
    "primary_reselect",
    "updelay",
    "downdelay",
    "arp_interval",
    "arp_ip_target",
    "arp_validate",
    "fail_over_mac",
    "num_grat_arp",
    "peer_notif_delay",
    "resend_igmp",
    "all_slaves_active",
    "min_links",
)
KNOWN = frozenset((*ORDER, *ALIASES))


@dataclass(frozen=True, slots=True)
class OptionsRead:
    """`unknown` are options that the model has no word for (xmit_hash_policy …); `problems` are whole sentences."""

    options: Options
    unknown: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()


def read_options(pairs: Iterable[tuple[str, str]], default: Options = KERNEL) -> OptionsRead:
    """Options from (kernel's name, text); the last of two wins, ARP targets add up. Never raises."""
    values: dict[str, object] = {}
    unknown, problems, targets = dict[str, str](), list[str](), list[str]()
    for name, text in pairs:
        name = ALIASES.get(name, name)
        if name not in KNOWN:
            unknown[name] = text
        elif name == "arp_ip_target":
            targets += [word.lstrip("+") for word in text.replace(",", " ").split() if word.lstrip("+") not in targets]
        elif name == "primary":
            values["primary"] = text
        elif name in WORDS:
            word = _word(name, text)
            if word is None:
                problems.append(f"{name}={text} is no value that the kernel knows ({', '.join(WORDS[name])}).")
                if name != "mode":
                    continue
            values[name] = (word == "1") if name == "all_slaves_active" else word or text
        elif text.isascii() and text.isdigit():
            values[name] = int(text)
        else:
            problems.append(f"{name}={text} is no number; the kernel refuses it.")
    options = replace(default, **values)  # type: ignore[arg-type]  # each by its own rule above
    if targets:
        options = replace(options, arp_ip_targets=tuple(targets))
    return OptionsRead(options, tuple(unknown.items()), tuple(problems))


def _word(name: str, text: str) -> str | None:
    words = WORDS[name]
    if text in words:
        return text
    return words[int(text)] if text.isascii() and text.isdigit() and int(text) < len(words) else None


def option_pairs(options: Options) -> tuple[tuple[str, str], ...]:
    """(kernel's name, text) of what has to be written, in the kernel's words and in the order of the docs.

    Mode, monitor and policy are always there; the rest only where it is not the kernel's default.
    """
    said = []
    for name in ORDER:
        value = options.arp_ip_targets if name == "arp_ip_target" else getattr(options, name)
        standard = KERNEL.arp_ip_targets if name == "arp_ip_target" else getattr(KERNEL, name)
        if value != standard or name in ("mode", "primary_reselect"):
            said.append((name, _text(value)))
    return tuple(said)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    return ",".join(value) if isinstance(value, tuple) else str(value)
