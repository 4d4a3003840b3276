"""Whatever a bond says, it is judged: at least one finding, worst first, OK only alone, each a whole sentence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from networking.bonding.health import assess
from networking.bonding.model import MODES, RESELECT, Options
from networking.bonding.states import WORST_FIRST, HealthState
from networking.bonding.status import BondStatus, PortStatus

names = st.sampled_from(["eth0", "eth1", "eth2"])
maybe_names = st.none() | names
speeds = st.none() | st.sampled_from([10, 100, 1000, 10000])
counts = st.none() | st.integers(0, 1000)
ports = st.builds(
    PortStatus,
    name=names,
    mii_status=st.sampled_from(["", "up", "down", "going down", "going back", "odd"]),
    speed_mbps=speeds,
    duplex=st.sampled_from([None, "full", "half"]),
    link_failure_count=counts,
    queue_id=st.none() | st.just(0),
)
statuses = st.builds(
    BondStatus,
    driver=st.sampled_from(["", "v6.1.0"]),
    mode=st.sampled_from(["", *MODES, "odd"]),
    primary=maybe_names,
    primary_reselect=st.sampled_from([None, *RESELECT, "odd"]),
    active=maybe_names,
    mii_status=st.sampled_from(["", "up", "down"]),
    miimon=counts,
    arp_interval=counts,
    ports=st.lists(ports, max_size=3, unique_by=lambda port: port.name).map(tuple),
)
wishes = st.none() | st.builds(
    Options, primary=st.sampled_from(["", "eth0"]), primary_reselect=st.sampled_from(RESELECT)
)


@given(
    status=statuses,
    nominal=st.dictionaries(names, speeds),
    options=st.dictionaries(
        st.sampled_from(["primary", "primary_reselect", "miimon", "arp_interval"]), st.text(max_size=9)
    ),
    wanted=wishes,
    drift=st.lists(st.text(min_size=1, max_size=9), max_size=2),
    failures_window=st.dictionaries(names, st.integers(0, 9)),
    seen_age=st.none() | st.floats(0, 1e7),
    switches=st.dictionaries(names, st.sampled_from(["", "leaf01", "leaf02"])),
    speeds=st.dictionaries(names, speeds),
)
def test_every_bond_is_judged_worst_first(status, **more):
    health = assess(status, **more)
    order = [WORST_FIRST.index(finding.state) for finding in health.findings]
    assert order == sorted(order)
    assert health.findings
    assert len(health.findings) == 1 or HealthState.OK not in {finding.state for finding in health.findings}
    assert all(finding.sentence.endswith(".") for finding in health.findings)
