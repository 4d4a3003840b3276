"""What a person puts on a new host, as text to copy. Pure."""

from __future__ import annotations

from shlex import quote


def sudoers(login: str) -> tuple[str, ...]:
    """Lines for /etc/sudoers.d/regroup. They make the account equal to root, and the page says so."""
    return (f"Defaults:{login} !requiretty", f"{login} ALL=(root) NOPASSWD: ALL")


def host_commands(login: str, public_key: str, sudo: bool) -> str:
    """Shell lines for root on the new host: the account, its key, sudo without a password.

    login       the account's name, checked by the login grammar
    public_key  OpenSSH line, or empty where no key is used
    """
    lines = [f"login={quote(login)}"]
    if login != "root":
        lines.append('id -u "$login" >/dev/null 2>&1 || useradd -m -s /bin/sh "$login"')
    if public_key:
        lines += [
            'home=$(getent passwd "$login" | cut -d: -f6)',
            'install -d -m 0700 -o "$login" "$home/.ssh"',
            f'echo {quote(public_key)} >> "$home/.ssh/authorized_keys"',
            'chown "$login" "$home/.ssh/authorized_keys" && chmod 0600 "$home/.ssh/authorized_keys"',
        ]
    if sudo and login != "root":
        words = " ".join(map(quote, sudoers(login)))
        lines += [
            f"printf '%s\\n' {words} > /etc/sudoers.d/regroup",
            "chmod 0440 /etc/sudoers.d/regroup && visudo -cf /etc/sudoers.d/regroup",
        ]
    return "\n".join(lines)
