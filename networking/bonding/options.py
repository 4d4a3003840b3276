"""How each option of active-backup is explained to a person. What does not apply in that mode is not here.

Not here: lacp_rate, ad_select, lacp_active, xmit_hash_policy, tlb_dynamic_lb, packets_per_slave and lp_interval are for
other modes, and min_links counts in 802.3ad only; use_carrier has gone from new kernels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

AT_ONCE = "at once"
WITHOUT_PORTS = "only while the bond has no ports: an outage"


@dataclass(frozen=True, slots=True)
class Explained:
    """An option in a person's words.

    name     field of `model.Options`
    title    its label
    meaning  one line: what it does
    values   what may stand there, with the unit
    since    the driver or kernel that first has it; empty where any kernel has that Regroup still meets
    live     when a change takes effect on a bond that runs
    leave    when to leave it as it is
    """

    name: str
    title: str
    meaning: str
    values: str
    since: str
    live: str
    leave: str


EXPLAINED: tuple[Explained, ...] = (
    Explained(
        "primary",
        "Primary port",
        "The port that carries the traffic whenever it is fit to: the faster one.",
        "one of the ports, or none",
        "",
        "at once, and the traffic moves to it, whatever the policy",
        "Always set it: without a primary, which port carries the traffic after a boot is chance.",
    ),
    Explained(
        "primary_reselect",
        "Return to the primary",
        "When the traffic goes back to a primary that has come up again.",
        "better: if it is faster than the active port · always: whenever it is up · failure: when the active one fails",
        "bonding 3.6.0 (RHEL 6; RHEL 5 has it backported)",
        "at once: the kernel chooses again by the new policy",
        "better suits ports of different speed: a primary that comes back slowed down does not get the traffic. It"
        " never goes back to an equal port, and takes an unknown speed for the fastest.",
    ),
    Explained(
        "miimon",
        "Look at links every",
        "How often the kernel looks whether the links are up; 0 means never.",
        "ms; 100 is usual",
        "",
        AT_ONCE,
        "100 ms suits nearly everywhere. The kernel's own default is 0, which notices no dead link at all.",
    ),
    Explained(
        "updelay",
        "Wait before using a port again",
        "How long a link must be up before its port counts as up.",
        "ms, a multiple of miimon (the kernel rounds down)",
        "",
        AT_ONCE,
        "Leave it 0 where switch ports forward at once. Where a switch takes its time (spanning tree: 30 to 50 s) or a"
        " link comes and goes, set more. It is skipped while no port is active.",
    ),
    Explained(
        "downdelay",
        "Wait before leaving a port",
        "How long a link must be down before its port counts as down.",
        "ms, a multiple of miimon (the kernel rounds down)",
        "",
        AT_ONCE,
        "Leave it 0: every ms here is an ms of outage when a port fails.",
    ),
    Explained(
        "num_grat_arp",
        "Announcements after a move",
        "How often the bond tells switches and neighbours by ARP (IPv6: advertisements) that its address has moved.",
        "0 to 255; the same value as num_unsol_na",
        "bonding 3.3.0",
        "at the next move",
        "1 is enough on a quiet network; 3 to 5 where announcements get lost.",
    ),
    Explained(
        "peer_notif_delay",
        "Time between announcements",
        "How long to wait between the announcements after a move.",
        "ms, a multiple of miimon; 0 for one at each look",
        "Linux 5.3",
        "at the next move",
        "Leave it 0, unless the switch still blocks the port while they are sent.",
    ),
    Explained(
        "fail_over_mac",
        "MAC address on a move",
        "Whether all ports carry the bond's MAC address, or the bond takes that of the active port.",
        "none: all ports the same · active: the bond takes the active port's · follow: the active port gets the bond's",
        "bonding 3.2.0; follow 3.3.0",
        WITHOUT_PORTS,
        "none, unless a port cannot change its address or what it is plugged into does not allow it: InfiniBand, some"
        " virtual switches, Wi-Fi.",
    ),
    Explained(
        "arp_interval",
        "Ask by ARP every",
        "Watch by asking addresses beyond the switch, which sees farther than the link; excludes miimon.",
        "ms; 0 for never",
        "",
        "at once, and sets miimon to 0",
        "Leave it 0 and use miimon, unless links stay up while the switch behind them is dead. Asked too often, it sees"
        " failures that are none.",
    ),
    Explained(
        "arp_ip_targets",
        "Addresses to ask",
        "Who is asked by ARP: one address behind each switch that always answers.",
        "up to 16 IPv4 addresses",
        "",
        AT_ONCE,
        "Only with the interval above.",
    ),
    Explained(
        "arp_validate",
        "Which answers count",
        "Whether only true answers to our own questions count as life.",
        "none, active, backup, all, filter, filter_active, filter_backup",
        "bonding 3.1.0",
        AT_ONCE,
        "Only with the interval above: leave it none, unless the traffic of other hosts that ask the same address"
        " keeps a dead port alive.",
    ),
    Explained(
        "resend_igmp",
        "Group reports after a move",
        "How often memberships of multicast groups are reported again, so that the new port gets their traffic.",
        "0 to 255",
        "bonding 3.7.0",
        "at the next move",
        "1; more where reports get lost.",
    ),
    Explained(
        "all_slaves_active",
        "Take what arrives on standby ports",
        "Whether frames that arrive on a port that stands by are taken as well, not dropped as duplicates.",
        "no or yes",
        "",
        AT_ONCE,
        "Leave it no: otherwise broadcasts arrive twice.",
    ),
)

BY_NAME: Mapping[str, Explained] = {explained.name: explained for explained in EXPLAINED}
