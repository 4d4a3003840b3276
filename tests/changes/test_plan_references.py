import pytest

from changes.plan import Call, ReferenceUnresolved, resolve_references


def test_references_are_found_once_and_in_order():
    assert Call(("a", "{run_dir}/x", "{pv:A-b}", "{run_dir}")).references() == ("run_dir", "pv:A-b")


def test_a_reference_becomes_its_value_inside_a_word():
    command = Call(("cp", "{run_dir}/x")).resolve({"run_dir": "/var/lib/r/1"})
    assert command.argv == ("cp", "/var/lib/r/1/x")


def test_a_script_gets_its_words_as_arguments():
    assert Call(("{run_dir}",), script='ls "$1"').resolve({"run_dir": "/r"}).argv == (
        "sh",
        "-c",
        'ls "$1"',
        "regroup",
        "/r",
    )


def test_braces_of_a_script_are_left_alone():
    assert Call(("x",), script="echo ${run_dir}").resolve({}).argv[2] == "echo ${run_dir}"


def test_a_command_always_runs_as_root():
    assert Call(("id",)).resolve({}).sudo


def test_an_unknown_reference_stops():
    with pytest.raises(ReferenceUnresolved, match="pv:A"):
        Call(("{pv:A}",)).resolve({})


@pytest.mark.parametrize("matches", [[], ["/dev/sdb", "/dev/sdc"]])
def test_anything_but_one_match_stops(matches):
    with pytest.raises(ReferenceUnresolved, match="exactly one"):
        resolve_references(["pv:A"], lambda name: matches)


def test_one_match_is_the_value():
    assert resolve_references(["pv:A"], lambda name: ["/dev/sdb"]) == {"pv:A": "/dev/sdb"}
