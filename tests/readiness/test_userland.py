"""Init and libc against the kernel: the article's 32-bit userland on a 64-bit kernel."""

from __future__ import annotations

from dataclasses import replace

from readiness.facts.elf import elf_of
from readiness.lights import Light
from tests.lab.readiness_sabotage import elf32
from tests.readiness.answers import app01, machine, points


def userland(facts, **changes):
    return replace(facts, userland=replace(facts.userland, **changes))


def test_a_32_bit_head_is_read_with_the_loader_that_it_names():
    file = elf_of("/sbin/init", "/sbin/init", elf32())
    assert (file.bits, file.machine, file.loader) == (32, "x86", "/lib/ld-linux.so.2")


def test_what_is_no_elf_file_and_a_head_that_is_cut_off_are_no_guess():
    assert elf_of("/x", "/x", b"#!/bin/sh\n").bits == 0
    assert elf_of("/x", "/x", elf32()[:60]).loader == ""


def test_a_loader_that_is_not_there_is_red():
    found = points(userland(app01(), loaders={"/lib64/ld-linux-x86-64.so.2": False}), "userland")
    assert {point.light for point in found} == {Light.RED}
    assert "needs /lib64/ld-linux-x86-64.so.2, which is not there" in found[0].sentence


def test_a_libc_of_another_width_alone_is_red():
    facts = app01()
    path = "/lib/x86_64-linux-gnu/libc.so.6"
    files = {**facts.userland.files, path: replace(facts.userland.files[path], bits=32, machine="x86")}
    (found,) = points(userland(facts, files=files), "userland")
    assert found.light is Light.RED and found.sentence == "No libc is 64-bit x86-64."
    assert f"{path} is /usr/lib/x86_64-linux-gnu/libc.so.6: 32-bit x86" in found.evidence


def test_a_32_bit_system_under_a_64_bit_kernel_is_well_where_its_packages_say_the_same():
    facts = app01()
    files = {path: replace(file, bits=32, machine="x86") for path, file in facts.userland.files.items()}
    core = tuple(replace(one, arch="i386") for one in facts.packages.core)
    facts = replace(userland(facts, files=files), packages=replace(facts.packages, core=core))
    assert {point.light for point in points(facts, "userland")} == {Light.GREEN}


def test_a_link_that_leads_nowhere_is_red_and_an_absolute_one_amber():
    found = points(userland(app01(), dangling=("/lib64",), links={"/bin": "/usr/bin"}), "userland")
    assert [(point.light, point.sentence.split()[0]) for point in found] == [
        (Light.RED, "/lib64"),
        (Light.AMBER, "/bin"),
    ]


def test_a_kernel_of_a_machine_that_nobody_told_us_of_is_unknown():
    (found,) = points(machine(app01(), arch="vax"), "userland")
    assert found.light is Light.UNKNOWN
