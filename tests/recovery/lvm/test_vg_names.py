import pytest

from recovery.lvm import InvalidName, validate_vg_name


@pytest.mark.parametrize("name", ["RootVG", "vm42_RootVG", "a", "0", "_x", ".hidden", "+a", "a-b.c+d_e", "x" * 121])
def test_a_name_lvm_takes_is_taken(name: str) -> None:
    assert validate_vg_name(name) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "The volume group name is empty; give it one."),
        ("-a", "A volume group name may not begin with a hyphen"),
        (".", 'A volume group may not be called "."'),
        ("..", 'A volume group may not be called ".."'),
        ("a b", "A volume group name may not contain a space"),
        ("a/b", "A volume group name may not contain a slash"),
        ("a\n", "A volume group name may not contain a line break"),
        ("a;b", 'A volume group name may not contain ";"'),
        ("é", 'A volume group name may not contain "é"'),
        ("a\u200b", "A volume group name may not contain the character U+200B"),
        ("٣", 'A volume group name may not contain "٣"'),
        ("x" * 122, "The volume group name has 122 characters; LVM allows 121."),
        ("x" * 128, "The volume group name has 128 characters; LVM allows 127."),
    ],
)
def test_a_name_lvm_refuses_is_refused_with_the_rule_it_breaks(name: str, said: str) -> None:
    with pytest.raises(InvalidName) as caught:
        validate_vg_name(name)

    assert str(caught.value).startswith(said)
