"""What a host says costs no more than reading it, and shows no more than a page can hold; no secret is among it."""

from __future__ import annotations

import re
import time

import pytest

from readiness.facts.elf import elf_of
from readiness.facts.loader import parse_loader, read_cfg
from readiness.facts.look import MOST_BYTES, AskContents, AskReadiness
from readiness.facts.values import Told
from readiness.judges.finding import Check, blanked, found, red
from readiness.judges.lvm import DUPLICATE
from readiness.lights import Light
from ssh.facts import FactError
from ssh.session import Result
from tests.readiness.answers import app01, facts_of, judged, points, text_of, with_part

FSTAB = "UUID=84e3 / ext4 defaults 0 1\n"


def loader(inside: str) -> str:
    return f"=131072 /boot/grub/grub.cfg\n{inside}"


HOSTILE = {
    "empty lines": lambda size: parse_loader(loader("|\n" * (size // 2)), Told(), Told(), False, "it"),
    "names without an end": lambda size: read_cfg("${" * (size // 2)),
    "names of groups": lambda size: DUPLICATE.search("VG name " * (size // 8)),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_eight_times_as_much_takes_about_eight_times_as_long(make):
    """Where it was quadratic it took sixty-four times as long."""

    def taken(size: int) -> float:
        begun = time.process_time()
        make(size)
        return time.process_time() - begun

    least = min(taken(4 << 10) for _ in range(5))
    assert min(taken(32 << 10) for _ in range(3)) < 24 * least + 0.02


def test_a_whole_part_of_empty_lines_is_read():
    text = with_part(text_of("app01-healthy-look"), "loader", loader("|\n" * 40_000))
    assert judged(facts_of(text))["loader"].light is Light.RED


@pytest.mark.parametrize("fact", [AskReadiness(), AskContents("/boot/initrd", "6.1")])
def test_an_answer_that_is_too_long_is_refused_before_it_is_read(fact):
    with pytest.raises(FactError, match="more than 524,288 are not read"):
        fact.parse(Result(0, b"@" * (MOST_BYTES + 1), b""))


@pytest.mark.parametrize("name", ["fstab", "vgs", "mounts", "ids", "elf"])
def test_a_part_of_too_many_lines_is_refused(name):
    with pytest.raises(FactError, match=f"part '{name}' of the answer has too many lines"):
        app01(**{name: "x y\n" * 5_001})


def test_a_names_value_is_not_repeated_without_end():
    entry = "=9 /boot/loader/entries/a.conf\n|linux /vmlinuz\n|options " + "$a" * 4_000
    text = f"{loader('|set a=' + 'x' * 60_000)}\n|blscfg\n{entry}"
    (made,) = parse_loader(text, Told(), Told(), False, "it").entries
    assert len(made.options) <= 8_192


def test_headers_of_no_size_are_not_walked_65535_times(monkeypatch):
    asked = []
    head = bytearray(b"\x7fELF\x02\x01" + bytes(1018))
    head[54:58] = b"\x00\x00\xff\xff"
    monkeypatch.setattr("readiness.facts.elf.struct.unpack_from", counted(asked))
    elf_of("/sbin/init", "/sbin/init", bytes(head))
    assert len(asked) < 100


def counted(asked):
    from struct import unpack_from

    def unpack(*words):
        asked.append(words)
        return unpack_from(*words)

    return unpack


@pytest.mark.parametrize(
    "line", ["uptime=100000000000000", "uptime=-5", "uptime=", "now=99999999999", "now=" + "9" * 5000]
)
def test_a_clock_that_no_date_can_show_is_refused(line):
    name = line.partition("=")[0]
    text = re.sub(rf"^{name}=.*$", line, text_of("app01-healthy-look"), count=1, flags=re.M)
    with pytest.raises(FactError, match="does not say what it is"):
        facts_of(text)


def test_times_that_no_date_can_show_are_passed_over():
    facts = app01(touched=f"{'9' * 30} /etc/fstab", changed="99999999999999 libc6")
    assert not facts.touched and not facts.packages.recent and judged(facts)["changes"].light is Light.GREEN


def test_sentences_what_to_do_and_the_number_of_points_have_limits():
    check = Check("x", "X", "why", lambda known: [red("a" * 9_000, "b" * 9_000, todo="c" * 9_000)] * 50)
    finding = found(check, None)
    assert len(finding.points) == 21 and finding.light is Light.RED
    assert finding.points[-1].sentence.startswith("There are 30 more")
    (first, *_) = finding.points
    assert (len(first.sentence), len(first.todo), len(first.evidence[0])) == (500, 500, 300)


def test_many_mounts_are_told_by_the_first_few():
    one = "27 1 254:0 / {} rw shared:1 - ext4 /dev/sda1 rw\n"
    facts = app01(mounts=one.format("/") + "".join(one.format(f"/srv/{at}") for at in range(900)), fstab=FSTAB)
    sentence = points(facts, "mounted")[0].sentence
    assert sentence.endswith("/srv/5 and 894 more.") and len(sentence) < 200


NAS = "//nas/share /srv/share cifs username=app,password=geheim,nofail,x-systemd.automount 0 0\n"


def test_a_network_share_is_never_missing_and_no_option_of_it_is_shown():
    facts = app01(fstab=FSTAB + NAS.replace(",nofail", ""), specs="//nas/share\t/srv/share\t\tdir")
    told = judged(facts)
    assert told["fstab"].light is not Light.RED and "geheim" not in repr(told)


def test_of_a_lines_options_only_those_are_shown_that_matter():
    line = "/dev/gone /srv ext4 password=geheim,ro,x-systemd.device-timeout=5 0 0\n"
    (bad,) = [
        one
        for one in points(app01(fstab=FSTAB + line, specs="/dev/gone\t/srv\t\tdir"), "fstab")
        if one.light is Light.RED
    ]
    assert "options: ro,x-systemd.device-timeout=5" in bad.evidence and "geheim" not in repr(bad)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("root=/dev/sda1 ks.password=geheim quiet", "root=/dev/sda1 ks.password=••• quiet"),
        ("luks.key=/geheim:x token=geheim", "luks.key=••• token=•••"),
        ('API_SECRET="geheim und mehr" ro', "API_SECRET=••• ro"),
        ("user=a,pass=geheim,more", "user=a,pass=•••"),
        ("//app:geheim@nas/share on /srv", "//•••@nas/share on /srv"),
        ("root=UUID=84e3 ro", "root=UUID=84e3 ro"),
    ],
)
def test_values_of_words_that_speak_of_a_secret_are_blanked(text, shown):
    assert blanked(text) == shown


def test_a_secret_of_a_kernels_command_line_is_on_no_page():
    text = re.sub(
        r"^cmdline=.*$", "cmdline=root=/dev/x ks.password=geheim single", text_of("app01-healthy-look"), flags=re.M
    )
    told = repr(judged(facts_of(text)))
    assert "ks.password=•••" in told and "geheim" not in told


def test_grubs_passwords_are_not_kept():
    lines = loader("|password_pbkdf2 root geheim\n|  password geheim\n|menuentry 'a' {\n|linux /vmlinuz\n|}")
    text = with_part(text_of("app01-healthy-look"), "loader", lines)
    facts = facts_of(with_part(text, "grub_check", "line 3: password_pbkdf2 root geheim\nline 3: a mistake", 1))
    told = repr(judged(facts)["loader"])
    assert "line 3: a mistake" in told and "geheim" not in told
