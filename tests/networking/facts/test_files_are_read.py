"""Configuration files come with modes and exact text; secrets never leave the host."""

from __future__ import annotations

from networking.facts.files import parse_files
from tests.networking.facts.answers import ANSWERS, network


def files(name="plain"):
    return {file.path: file for file in network(name).files}


def test_text_and_mode_are_exact():
    found = files()["/etc/network/interfaces"]
    assert found.text.startswith("# interfaces(5) file")
    assert found.text.endswith("source /etc/network/interfaces.d/*\n")
    assert (found.mode, found.whole) == ("0644", True)


def test_an_empty_file_is_there_and_empty():
    found = files()["/etc/network/interfaces.d/empty"]
    assert (found.text, found.mode, found.whole) == ("", "0600", True)


def test_secrets_are_masked_on_the_host_and_such_a_file_is_never_to_be_written():
    for path in ("/etc/NetworkManager/system-connections/attic.nmconnection", "/etc/netplan/50-wifi.yaml"):
        assert "••••" in files()[path].text
        assert not files()[path].whole
    assert b"to-the-attic" not in (ANSWERS / "plain.network.txt").read_bytes()
    assert "key-mgmt=wpa-psk\n" in files()["/etc/NetworkManager/system-connections/attic.nmconnection"].text


def test_a_last_line_without_an_end_stays_without():
    found = parse_files(
        "#644 9 /etc/modprobe.conf\n=/etc/modprobe.conf\n|one\n|two\n\n".replace("9", "7").strip(), "test"
    )
    assert (found[0].text, found[0].whole) == ("one\ntwo", True)


def test_what_is_cut_off_or_no_text_is_not_whole():
    cut = parse_files("#644 90000 /etc/modprobe.conf\n=/etc/modprobe.conf\n|one\n!", "test")[0]
    assert (cut.text, cut.whole) == ("one\n", False)
    odd = parse_files("#644 5 /etc/modprobe.conf\n=/etc/modprobe.conf\n|a\udcffb\0", "test")[0]
    assert (odd.text, odd.whole) == ("a\ufffdb\ufffd\n", False)


def test_lines_that_look_like_our_marks_are_only_lines():
    text = "#644 23 /etc/modprobe.conf\n=/etc/modprobe.conf\n|=/etc/passwd\n|@@end files"
    assert parse_files(text, "test")[0].text == "=/etc/passwd\n@@end files\n"
