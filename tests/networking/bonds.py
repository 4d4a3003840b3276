"""Generated bonds: every one that can be made, with ports in the order in which managers enslave them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_interface

from hypothesis import strategies as st

from networking.bonding.model import (
    BETTER,
    DHCP,
    FAIL_OVER_MAC,
    NOTHING,
    RESELECT,
    STATIC,
    Addressing,
    Bond,
    Options,
    Port,
    Route,
)

_words = ("eth", "enp3s", "ens4f", "En-", "b_", "x.", "no", "y", "null", "bond", "e1e")
names = st.tuples(st.sampled_from(_words), st.integers(0, 9999)).map(lambda part: f"{part[0]}{part[1] or ''}")
macs = st.integers(0, 2**40 - 1).map(
    lambda number: ":".join(f"{number + (2 << 40):012x}"[at : at + 2] for at in range(0, 12, 2))
)
_search = st.lists(st.sampled_from(("example.com", "lab", "a.b.example")), max_size=2, unique=True)
_old = st.integers(10 << 24, (11 << 24) - 1).map(lambda number: str(IPv4Address(number)))
_new = st.integers(1, 2**90).map(lambda number: str(IPv6Address((0x20010DB8 << 96) + number)))


@st.composite
def options(draw: st.DrawFn, ports: tuple[str, ...]) -> Options:
    miimon = draw(st.sampled_from((0, 1, 50, 100, 1000)))
    delays = st.integers(0, 50).map(lambda times: times * miimon)
    rarely = st.sampled_from((0, 0, 0, miimon))
    targets = draw(st.lists(_old, min_size=1, max_size=3, unique=True))
    return Options(
        miimon=miimon,
        primary=draw(st.sampled_from(("", *ports))),
        primary_reselect=draw(st.sampled_from(RESELECT)),
        updelay=draw(delays),
        downdelay=draw(delays),
        fail_over_mac=draw(st.sampled_from(FAIL_OVER_MAC)),
        num_grat_arp=draw(st.sampled_from((0, 1, 2, 255))),
        peer_notif_delay=draw(rarely),
        arp_interval=0 if miimon else draw(st.integers(1, 5000)),
        arp_ip_targets=() if miimon else tuple(targets),
        arp_validate="none" if miimon else draw(st.sampled_from(("none", "active", "backup", "all"))),
        resend_igmp=draw(st.sampled_from((0, 1, 2, 255))),
        all_slaves_active=draw(st.booleans()),
        min_links=draw(st.integers(0, 2)),
    )


@st.composite
def addressings(draw: st.DrawFn) -> Addressing:
    method = draw(st.sampled_from((STATIC, DHCP, NOTHING)))
    if method == NOTHING:
        return Addressing()
    if method == DHCP:
        return Addressing(DHCP)
    old = draw(st.lists(st.tuples(_old, st.integers(8, 30)), max_size=3))
    new = draw(st.lists(st.tuples(_new, st.integers(32, 126)), max_size=2))
    chosen = [*dict.fromkeys(f"{host}/{size}" for host, size in old), *dict.fromkeys(f"{h}/{s}" for h, s in new)]
    chosen = chosen or ["10.0.2.15/24"]
    gateways = []
    for version in (4, 6):
        first = next((one for one in map(ip_interface, chosen) if one.version == version), None)
        if first and draw(st.booleans()):
            gateways.append(str(first.network[1]))
    versions = {ip_interface(text).version for text in chosen}
    servers = [hosts for version, hosts in ((4, _old), (6, _new)) if version in versions]
    dns = draw(st.lists(st.one_of(servers), max_size=3, unique=True))
    search = draw(_search) if dns else []
    return Addressing(
        STATIC,
        tuple(chosen),
        tuple(gateways),
        tuple(draw(_routes(chosen))),
        tuple(sorted(dns, key=lambda server: ":" in server)),
        tuple(search),
    )


def _routes(chosen: list[str]) -> st.SearchStrategy[list[Route]]:
    versions = {ip_interface(text).version for text in chosen}
    old = st.integers(0, 255).map(lambda n: str(IPv4Network(f"192.168.{n}.0/24")))
    new = st.integers(0, 255).map(lambda n: str(IPv6Network(f"2001:db8:{n:x}::/48")))
    metric = st.one_of(st.none(), st.integers(1, 1000))

    def routes(
        to: st.SearchStrategy[str], host: st.SearchStrategy[str], version: int
    ) -> st.SearchStrategy[list[Route]]:
        many = st.lists(
            st.builds(Route, to, st.one_of(st.just(""), host), metric), max_size=2, unique_by=lambda one: one.to
        )
        return many if version in versions else st.just([])

    return st.tuples(routes(old, _old, 4), routes(new, _new, 6)).map(lambda both: both[0] + both[1])


@st.composite
def bonds(draw: st.DrawFn) -> Bond:
    """Ports: the first as it comes, the rest by name; without permanent addresses all by name."""
    chosen = draw(st.lists(names, min_size=3, max_size=4, unique_by=str.lower))
    own, ports = chosen[0], chosen[1:]
    if draw(st.booleans()):
        addresses = draw(st.lists(macs, min_size=len(ports), max_size=len(ports), unique=True))
        wanted = draw(options(tuple(ports)))
        order = ports if wanted.fail_over_mac == "none" else sorted(ports)
        members = [Port(name, mac) for name, mac in zip(order, addresses, strict=True)]
        members[1:] = sorted(members[1:], key=lambda port: port.name)
    else:
        wanted = draw(options(tuple(ports)))
        members = [Port(name) for name in sorted(ports)]
    mtu = draw(st.one_of(st.none(), st.integers(1280, 9000)))
    return Bond(own, tuple(members), wanted, draw(addressings()), mtu)


ASYMMETRIC = Bond(
    "bond0",
    (Port("eth0", "52:54:00:a0:01:00"), Port("eth1", "52:54:00:a0:01:01")),
    Options(miimon=100, primary="eth0", primary_reselect=BETTER),
    Addressing(STATIC, ("10.0.2.15/24",), ("10.0.2.2",), (), ("10.0.2.3",)),
)
"""The bond of the article: eth0 is the fast port."""
