"""Settings from the environment: names `REGROUP_…`; a bad value stops the start with one sentence."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import sqlite3
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from people.group_roles import parse as parse_group_roles
from people.roles import Role

BASE = Path(__file__).resolve().parent.parent
env = environ.Env()

WAL_IS_SAFE = (3, 51, 3)
"""SQLite before this version may corrupt a WAL database on a rare race (fixed 2026-03-13)."""


def number(name: str, default: int, *, least: int, most: int) -> int:
    """An integer setting within bounds, both included."""
    text = env.str(name, default=str(default))
    if not text.isdigit() or not least <= int(text) <= most:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}; it is {text!r}.")
    return int(text)


def price(name: str) -> tuple[Decimal | None, str]:
    """An amount with its unit in free text, such as `120 EUR a year`; None and nothing where it is not set."""
    amount, _, unit = env.str(name, default="").strip().partition(" ")
    if not amount:
        return None, ""
    if not re.fullmatch(r"[0-9]{1,9}([.][0-9]{1,2})?", amount):
        raise ImproperlyConfigured(
            f"{name} must begin with an amount, as in '120 EUR a year'; it begins with {amount!r}."
        )
    return Decimal(amount), unit.strip()


def switch(name: str, default: bool) -> bool:
    text = env.str(name, default="1" if default else "0").lower()
    if text not in {"0", "1", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} must be 1 or 0; it is {text!r}.")
    return text in {"1", "true", "yes"}


def secret(name: str) -> str:
    """A setting that nobody should read in a process list: its value, or the content of the file in NAME_FILE."""
    given: str = env.str(name, default="")
    path: str = env.str(f"{name}_FILE", default="")
    if not path:
        return given
    if given:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one of them.")
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {why}.") from error
    if not text:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which is empty; write the value into it.")
    return text


def one_of(name: str, default: str, *others: str) -> str:
    """A setting that is one of a few words."""
    words = (default, *others)
    text: str = env.str(name, default=default).lower()
    if text not in words:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(words)}; it is {text!r}.")
    return text


def words_among(name: str, allowed: Iterable[str]) -> frozenset[str]:
    """Words with spaces or commas between them, each one of those allowed; none where it is not set."""
    given, known = set(re.split(r"[,\s]+", env.str(name, default="").lower())) - {""}, [str(word) for word in allowed]
    for word in sorted(given - set(known)):
        raise ImproperlyConfigured(f"{name} takes the words {', '.join(known)}; it has {word!r}.")
    return frozenset(given)


def group_roles(name: str) -> dict[str, frozenset[Role]]:
    """`group=role` with commas between: which roles a directory's groups give."""
    try:
        return parse_group_roles(env.str(name, default=""))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must look like linux-ops=operator, audit=viewer; {error}.") from None


def oidc_provider(name: str) -> tuple[str, str, str]:
    """Issuer, client id and secret of a sign-in provider; empty where there is none."""
    issuer: str = env.str(f"{name}_ISSUER", default="")
    client, shared = env.str(f"{name}_CLIENT_ID", default=""), secret(f"{name}_CLIENT_SECRET")
    if not issuer and not client:
        return "", "", ""
    parts = urlsplit(issuer)
    here = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not (parts.scheme == "https" or here) or not parts.hostname or not client or not shared:
        raise ImproperlyConfigured(
            f"{name}_ISSUER must be an https address, and {name}_CLIENT_ID and {name}_CLIENT_SECRET (or _FILE) must be "
            "set with it."
        )
    return issuer, client, shared


def token(name: str) -> str:
    """A secret that a program sends as its bearer token; empty where it is not set."""
    text = secret(name)
    if text and not re.fullmatch(r"[\x21-\x7e]{16,}", text):
        raise ImproperlyConfigured(
            f"{name} must have at least 16 characters, letters, digits and signs without spaces."
        )
    return text


def networks(name: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Networks with spaces or commas between; a single address is a network of one."""
    words = re.split(r"[,\s]+", env.str(name, default="").strip())
    try:
        return tuple(ipaddress.ip_network(word) for word in words if word)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be networks such as 10.20.0.0/16, fd00:20::/64; {error}.") from error


def own_url(name: str, default: str) -> str:
    """Where people reach the dashboard, for links in mails: scheme and host, no slash at the end."""
    text: str = env.str(name, default=default).rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise ImproperlyConfigured(f"{name} must look like https://regroup.example.org; it is {text!r}.")
    return text


def mail_settings(name: str) -> dict[str, Any]:
    """Django's settings of a mail server, from an address such as smtp+tls://user:password@host:587; {} without one."""
    url = secret(name)
    if not url:
        return {}
    sentence = f"{name} must look like smtp+tls://user:password@host:587, smtp+ssl://… or smtp://…."
    try:
        if urlsplit(url).scheme not in ("smtp", "smtp+tls", "smtp+ssl", "consolemail"):
            raise ImproperlyConfigured(sentence)
        found: dict[str, Any] = env.email_url_config(url)
    except (ValueError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(sentence) from error
    if "smtp" in urlsplit(url).scheme and not found.get("EMAIL_HOST"):
        raise ImproperlyConfigured(sentence)
    kept = {key: value for key, value in found.items() if key.startswith("EMAIL_") and value}
    return {**kept, "EMAIL_PORT": found.get("EMAIL_PORT") or 25, "EMAIL_TIMEOUT": 20}


def password_of(url: str) -> str:
    """The password in an address; empty where it has none."""
    return unquote(urlsplit(url).password or "")


def state_dir() -> Path:
    """The directory of everything that Regroup keeps: 0700, made when it is missing."""
    path = Path(env.str("REGROUP_STATE", default=str(BASE / "var"))).absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"REGROUP_STATE names {path}, which cannot be made: {error.strerror}. Name a directory you may write."
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(
            f"The state directory {path} cannot be written by this user. Give it to the user who runs Regroup "
            "(chown -R), or name another in REGROUP_STATE."
        )
    return path


def anchor_place(state: Path) -> str:
    """Where the audit's end is written down: a file's path, or `syslog:` and the path of syslog's socket."""
    text: str = env.str("REGROUP_AUDIT_ANCHOR", default=str(state / "audit_anchors"))
    if text == "syslog:":
        return "syslog:/dev/log"
    path = Path(text.removeprefix("syslog:"))
    if not path.is_absolute() or path.is_dir() or len(text) > 255:
        raise ImproperlyConfigured(
            "REGROUP_AUDIT_ANCHOR must be the whole path of a file, or syslog: (with another socket than /dev/log: "
            f"syslog:/path); it is {text!r}."
        )
    return text


def secret_key(state: Path) -> str:
    """Django's signing key: REGROUP_SECRET_KEY, else one made once and kept in the state directory."""
    given = secret("REGROUP_SECRET_KEY")
    if given:
        if len(given) < 50 or len(set(given)) < 5:
            raise ImproperlyConfigured(
                "REGROUP_SECRET_KEY must have at least 50 characters, and five different ones."
                " openssl rand -hex 32 makes one."
            )
        return given
    path = state / "secret_key"
    if not path.exists():
        fresh = path.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass  # another process of the same first start was quicker; its key counts
        finally:
            fresh.unlink()
    return path.read_text()


def database(state: Path) -> dict[str, Any]:
    """SQLite in the state directory, or what REGROUP_DATABASE_URL names."""
    url = secret("REGROUP_DATABASE_URL")
    if url:
        try:
            if not url.startswith(("postgres://", "postgresql://", "sqlite:////")):
                raise ValueError(url)
            config: dict[str, Any] = env.db_url_config(url)
        except (ValueError, ImproperlyConfigured) as error:
            raise ImproperlyConfigured(
                "REGROUP_DATABASE_URL must look like postgres://user:password@host:5432/name."
            ) from error
        if "postgresql" in config.get("ENGINE", ""):
            return {**config, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    else:
        config = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(state / "regroup.sqlite3")}
    journal = "WAL" if sqlite3.sqlite_version_info >= WAL_IS_SAFE else "TRUNCATE"
    return {
        **config,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": f"PRAGMA journal_mode={journal};PRAGMA synchronous=NORMAL;",
        },
    }


def broker(state: Path) -> tuple[str, dict[str, Any]]:
    """Where hints travel: REGROUP_REDIS_URL, else a queue of files in the state directory."""
    url = secret("REGROUP_REDIS_URL")
    if url:
        if not url.startswith(("redis://", "rediss://", "redis+socket://", "unix://")):
            raise ImproperlyConfigured("REGROUP_REDIS_URL must begin with redis://, rediss:// or redis+socket://.")
        return url.replace("unix://", "redis+socket://", 1), {"visibility_timeout": 3600}
    queue = state / "queue"
    done = queue / "processed"
    for folder in (queue, done):
        folder.mkdir(mode=0o700, exist_ok=True)
    return "filesystem://", {
        "data_folder_in": str(queue),
        "data_folder_out": str(queue),
        "processed_folder": str(done),
        "control_folder": str(queue),
        "store_processed": True,
        "polling_interval": 0.05,
    }
