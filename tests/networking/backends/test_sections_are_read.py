"""Sections of key=value lines in systemd's and NetworkManager's way."""

from networking.backends.inifile import read_ini

TEXT = "; first\n[A]\nkey = one \\\n  two\n# said\nkey=\nkey=three\n[B]\n[A]\nother=x # no remark\n"


def test_systemd_joins_lines_and_adds_values_up_until_an_empty_one() -> None:
    ini = read_ini(TEXT)

    assert ini.values("A", "key") == ["three"]
    assert ini.get("A", "other") == "x # no remark"
    assert [section.name for section in ini.sections] == ["", "A", "B", "A"]
    assert ini.flaws == ()


def test_network_manager_joins_nothing_and_knows_no_semicolon_remarks() -> None:
    ini = read_ini(TEXT, comments="#", continued=False)

    assert next(ini.entries("A", "key")).value == "one \\"
    assert [line for line, _ in ini.flaws] == [1, 4]


def test_a_keys_line_is_known_and_a_sections_where_there_is_no_key() -> None:
    ini = read_ini(TEXT)

    assert (ini.line("A", "other"), ini.line("B", "none"), ini.line("C", "none")) == (10, 8, 1)
