"""The lines for a new host do what they say, under a real shell."""

import subprocess

from inventory.setup import host_commands, sudoers

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB it's"


def test_the_lines_are_a_shell_script():
    text = host_commands("regroup", KEY, sudo=True)
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)


def test_the_sudoers_lines_are_accepted_by_visudo(tmp_path):
    path = tmp_path / "regroup"
    path.write_text("\n".join(sudoers("regroup")) + "\n")
    subprocess.run(["/usr/sbin/visudo", "-cf", str(path)], check=True, capture_output=True)


def test_root_needs_neither_account_nor_sudo():
    text = host_commands("root", KEY, sudo=True)
    assert "useradd" not in text and "sudoers" not in text and "authorized_keys" in text


def test_without_a_key_only_the_account_is_made():
    assert "authorized_keys" not in host_commands("regroup", "", sudo=True)
