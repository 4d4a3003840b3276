"""A lab host is the machine it claims to be."""

from __future__ import annotations

import subprocess
import time

from lab import Host
from tests.config.conftest import until


def test_its_root_var_and_swap_are_on_the_volume_group_rootvg(module_app01: Host) -> None:
    sources = module_app01.run(
        "findmnt -no SOURCE /; findmnt -no SOURCE /var; swapon --show=NAME --noheadings", sudo=True
    )
    swap = module_app01.run("readlink -f /dev/mapper/RootVG-swap").strip()
    assert sources.split() == ["/dev/mapper/RootVG-root", "/dev/mapper/RootVG-var", swap]


def test_it_answers_to_its_name_and_machine_id(module_app01: Host) -> None:
    assert module_app01.run("hostname; cat /etc/machine-id").split() == ["app01", module_app01.machine_id]


def test_its_clock_is_right_although_it_was_frozen_earlier(module_app01: Host) -> None:
    before = time.time()
    inside = float(module_app01.run("date +%s.%N"))
    assert before - 1 < inside < time.time() + 1


def test_its_user_becomes_root_without_a_password_and_root_cannot_log_in(module_app01: Host) -> None:
    assert module_app01.run("id -u", sudo=True).strip() == "0"
    words = [word.replace("regroup@", "root@") for word in module_app01.door.words()]
    refused = subprocess.run([*words, "true"], capture_output=True, text=True)
    assert "Permission denied" in refused.stderr


def test_its_ports_are_ten_and_one_gigabit(module_app01: Host) -> None:
    module_app01.run("ip link set eth0 up; ip link set eth1 up", sudo=True)
    assert module_app01.run("cat /sys/class/net/eth0/speed /sys/class/net/eth1/speed").split() == ["10000", "1000"]


def test_a_pulled_cable_takes_the_carrier_away(module_app01: Host) -> None:
    module_app01.run("ip link set eth1 up", sudo=True)
    module_app01.set_link("eth1", up=False)
    gone = until(lambda: module_app01.run("cat /sys/class/net/eth1/carrier").strip() == "0")
    module_app01.set_link("eth1", up=True)
    assert gone
