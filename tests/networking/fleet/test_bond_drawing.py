"""The drawing says the same in strokes, in words and for those who do not see it."""

from dataclasses import replace

from networking.drawing import kind_of, small, tall, told, wide, width_of
from networking.seen import PortSeen

FAST = PortSeen("eno1", mii_status="up", speed_mbps=10_000, nominal_mbps=10_000, active=True, primary=True)
SLOW = PortSeen("eno2", mii_status="up", speed_mbps=1000, nominal_mbps=1000, switch="sw1", switch_port="Gi1/0/7")


def test_solid_is_active_dashed_stands_by_and_red_is_dead():
    assert [kind_of(port) for port in (FAST, SLOW, replace(SLOW, mii_status="down"))] == ["active", "standby", "dead"]


def test_a_faster_line_is_thicker():
    speeds = (None, 100, 1000, 2500, 10_000, 25_000, 100_000)
    widths = [width_of(replace(FAST, speed_mbps=speed)) for speed in speeds]
    assert widths == sorted(widths) and len(set(widths)) == len(widths) - 1


def test_a_dead_line_is_cut_and_marked():
    line = wide("bond0", [replace(FAST, mii_status="down", active=False)], []).lines[0]
    assert len(line.pieces) == 2 and line.cross


def test_the_primary_and_nobody_else_has_a_flag():
    assert [len(made.flags) for made in (small("bond0", [FAST, SLOW]), wide("bond0", [FAST, SLOW], []))] == [1, 1]


def test_it_is_told_in_words():
    assert told("bond0", [FAST, SLOW]) == (
        "bond0: eno1 (primary) is active at 10 Gb/s; eno2 is standing by at 1 Gb/s, at sw1 Gi1/0/7."
    )


def test_a_slow_port_says_what_it_could_do():
    assert "1 Gb/s of 10 Gb/s" in told("bond0", [replace(FAST, speed_mbps=1000)])


def test_a_bond_without_ports_is_drawn_too():
    for made in (small("bond0", []), wide("bond0", [], []), tall("bond0", [], ["10.0.0.1/24"])):
        assert made.title == "bond0: it has no ports."


def test_all_words_stay_inside_the_picture():
    long = replace(SLOW, switch="a-switch-with-a-very-long-name.example.net", switch_port="HundredGigE1/0/48")
    for made in (wide("bond0", [FAST, long], ["2001:db8::1/64"] * 3), tall("bond0", [FAST, long], ["10.0.0.1/24"] * 2)):
        assert all(0 <= word.x <= made.width and 0 <= word.y <= made.height for word in made.words)
