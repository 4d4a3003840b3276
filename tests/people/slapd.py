"""A real OpenLDAP server from Debian's package, on loopback, with a directory of its own that dies with it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ldap
from ldap.modlist import addModlist

BASE = "dc=example,dc=org"
ROOT, ROOT_PASSWORD = f"cn=root,{BASE}", "the directory's own"
PASSWORD = "what zoe types anywhere"

CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {state}/pid
database mdb
suffix "{base}"
rootdn "{root}"
rootpw "{password}"
directory {state}/data
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
"""


class Directory:
    """What is in it; `uri` is where it listens."""

    def __init__(self, port: int) -> None:
        self.uri = f"ldap://127.0.0.1:{port}"

    def fill(self) -> None:
        self.add(BASE, objectClass=["dcObject", "organization"], dc="example", o="Example")
        for branch in ("people", "groups"):
            self.add(f"ou={branch},{BASE}", objectClass="organizationalUnit", ou=branch)
        self.person("reader")
        for group in ("linux-ops", "board", "superuser"):
            self.add(f"cn={group},ou=groups,{BASE}", objectClass="groupOfNames", cn=group, member=self.dn("reader"))

    def person(self, uid: str, name: str = "") -> None:
        name = name or uid.capitalize()
        words = {"uid": uid, "cn": name, "sn": name, "displayName": name, "mail": f"{uid}@example.org"}
        self.add(self.dn(uid), objectClass="inetOrgPerson", userPassword=PASSWORD, **words)

    def dn(self, uid: str) -> str:
        return f"uid={uid},ou=people,{BASE}"

    def add(self, dn: str, **entry: str | list[str]) -> None:
        listed = {name: value if isinstance(value, list) else [value] for name, value in entry.items()}
        coded = {name: [value.encode() for value in values] for name, values in listed.items()}
        self._as_root(lambda there: there.add_s(dn, addModlist(coded)))

    def remove(self, uid: str) -> None:
        self._as_root(lambda there: there.delete_s(self.dn(uid)))

    def join(self, group: str, uid: str) -> None:
        self._member(ldap.MOD_ADD, group, uid)

    def leave(self, group: str, uid: str) -> None:
        self._member(ldap.MOD_DELETE, group, uid)

    def _member(self, how: int, group: str, uid: str) -> None:
        change = [(how, "member", self.dn(uid).encode())]
        self._as_root(lambda there: there.modify_s(f"cn={group},ou=groups,{BASE}", change))

    def _as_root(self, act) -> None:
        there = ldap.initialize(self.uri)
        there.simple_bind_s(ROOT, ROOT_PASSWORD)
        act(there)
        there.unbind_s()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def running(state: Path) -> Iterator[Directory]:
    """Ended by its own pid, whatever happened."""
    (state / "data").mkdir()
    config = state / "slapd.conf"
    config.write_text(CONFIG.format(state=state, base=BASE, root=ROOT, password=ROOT_PASSWORD))
    directory = Directory(free_port())
    program = shutil.which("slapd", path="/usr/sbin:/usr/local/sbin:/usr/bin") or "slapd is missing"
    words = [program, "-f", str(config), "-h", f"{directory.uri}/", "-d", "0"]
    with (state / "log").open("w") as log:
        server = subprocess.Popen(words, stdout=log, stderr=log)
        try:
            _wait(directory, server, state / "log")
            directory.fill()
            yield directory
        finally:
            server.terminate()
            server.wait(30)


def _wait(directory: Directory, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            ldap.initialize(directory.uri).simple_bind_s(ROOT, ROOT_PASSWORD)
            return
        except ldap.SERVER_DOWN:
            if server.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"slapd did not start: {log.read_text()}") from None
            time.sleep(0.05)
