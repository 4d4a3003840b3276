"""The services of docker-compose.yml, started with its own commands as processes: PostgreSQL, Redis, and every part."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest
import yaml

from tests.config.conftest import PROJECT, free_port, until
from tests.production.servers import postgres, redis, why_not

COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
PASSWORD = "a long password to type"
EVERYWHERE = "0.0.0.0"  # noqa: S104  # what the container listens on; here it is never used


class Site:
    """The services that run, by name, and the environment that they share."""

    def __init__(self, folder: Path, environment: dict[str, str], port: int) -> None:
        self.folder, self.environment, self.port = folder, environment, port
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def words(self, text: list[str]) -> list[str]:
        """Words of the compose file for this machine: our interpreter, our port, loopback."""
        own = {"python": [sys.executable], "celery": [sys.executable, "-m", "celery"]}
        words = [word.replace("8420", str(self.port)).replace(EVERYWHERE, "127.0.0.1") for word in text]
        return [*own.get(words[0], words[:1]), *words[1:]]

    def command(self, service: str) -> list[str]:
        return self.words(COMPOSE[service]["command"])

    def run(self, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return self._run(self.words(list(words)), text)

    def _run(self, words: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(words, env=self.environment, cwd=PROJECT, capture_output=True, text=True, input=text)

    def start(self, service: str, name: str = "") -> None:
        """`name` is the container's host name, which the node is called after; beat and web have none."""
        words = [word.replace("%h", name or service) for word in self.command(service)]
        with (self.folder / f"{name or service}.log").open("wb") as log:
            process = subprocess.Popen(words, env=self.environment, cwd=PROJECT, stdout=log, stderr=log)
        self.processes[name or service] = process

    def is_well(self, service: str, name: str = "") -> bool:
        """What the service's own health check says."""
        kind, *words = COMPOSE[service]["healthcheck"]["test"]
        if kind == "CMD":
            return self.run(*words).returncode == 0
        assert kind == "CMD-SHELL"
        line = words[0].replace("$$(hostname)", name or service).replace("celery ", f"{sys.executable} -m celery ", 1)
        return self._run(["sh", "-c", line]).returncode == 0

    def kill(self, name: str) -> None:
        """kill -9 of a service and all its processes."""
        process = self.processes.pop(name)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        process.wait()

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()


@contextlib.contextmanager
def passable() -> Iterator[Path]:
    """A directory for PostgreSQL's own user too; pytest's are closed to others whenever a pytest starts."""
    with tempfile.TemporaryDirectory(prefix="site") as made:
        folder = Path(made)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Everything up but the workers' second one, with secrets in files alone."""
    if reason := why_not():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with passable() as folder, postgres(folder / "postgres") as database, redis(folder / "redis") as queue:
        secrets = {"SECRET_KEY": "k" * 40, "DATABASE_URL": database, "REDIS_URL": queue}
        for name, value in secrets.items():
            (folder / name).write_text(value + "\n")
        given = {f"REGROUP_{name}_FILE": str(folder / name) for name in secrets}
        given |= {"REGROUP_STATE": str(folder / "state"), "REGROUP_HOSTS": "regroup.example.org,127.0.0.1"}
        given |= {"REGROUP_HTTPS": "1", "REGROUP_SWEEP": "1", "REGROUP_ORIGINS": "https://regroup.example.org"}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("REGROUP_")}
        site = Site(folder, {**inherited, **given}, free_port())
        try:
            done = site.run(*COMPOSE["migrate"]["command"])
            assert done.returncode == 0, done.stderr
            assert site.run("python", "manage.py", "collectstatic", "--noinput", "-v0").returncode == 0
            for service in ("web", "sweeps", "fleet", "beat"):
                site.start(service)
            site.start("runs", "first")
            site.start("runs", "second")
            yield site
        finally:
            for name in list(site.processes):
                site.kill(name)


def test_every_service_has_a_command_or_an_image_and_a_health_check() -> None:
    for name, service in COMPOSE.items():
        assert "healthcheck" in service or name == "migrate"
        assert "command" in service or name == "postgres"


def test_no_secret_stands_in_the_environment_of_a_service() -> None:
    for service in COMPOSE.values():
        for name, value in service.get("environment", {}).items():
            assert not re.search("SECRET|PASSWORD|DATABASE|KEYS", name) or str(value).startswith("/run/secrets/")


def test_all_health_checks_say_well(site: Site) -> None:
    single = [(service, "") for service in ("web", "beat", "sweeps", "fleet")]
    for service, name in (*single, ("runs", "first"), ("runs", "second")):
        assert until(lambda service=service, name=name: site.is_well(service, name), 120), site.said(name or service)


def test_somebody_signs_in_over_http_as_through_the_proxy(site: Site) -> None:
    made = site.run(
        *("python", "manage.py", "shell"),
        text="from people.services import user_create\nfrom people.roles import Role\n"
        f"user_create('ada', password={PASSWORD!r}, display_name='Ada', roles=[Role.ADMINISTRATOR])\n",
    )
    assert made.returncode == 0, made.stderr
    browser = Browser(site.port)
    page = browser.ask("/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token, page[:500]
    page = browser.ask("/login/", {"username": "ada", "password": PASSWORD, "csrfmiddlewaretoken": token[1]})
    assert "<h1>Home</h1>" in page, re.findall(r"<main.*", page, re.DOTALL)
    assert "People" in browser.ask("/people/")


def test_the_doctor_finds_database_queue_and_workers_well(site: Site) -> None:
    # A worker is seen from the first thing that it does, seconds after its start.
    for worker in ("runs", "sweeps", "fleet"):
        seen = ("python", "manage.py", "regroup", "pulse", worker)
        assert until(lambda seen=seen: site.run(*seen).returncode == 0, 120), worker
    said = site.run("python", "manage.py", "regroup", "doctor").stdout
    for line in ("Database: postgresql answers", "Queue", "Worker runs", "Worker sweeps", "Worker fleet"):
        assert re.search(rf"^✓ {line}", said, re.MULTILINE), said


def test_a_killed_worker_is_not_missed_and_what_comes_after_goes_to_the_other(site: Site) -> None:
    assert until(lambda: site.is_well("runs", "second"), 120)
    site.kill("first")
    assert not site.is_well("runs", "first")
    before = site.said("second").count("Task execution.tasks")
    sent = site.run("python", "manage.py", "shell", text="from execution.tasks import look\nlook.delay(4711)\n")
    assert sent.returncode == 0, sent.stderr
    assert until(lambda: site.said("second").count("Task execution.tasks") > before, 120), site.said("second")
    site.start("runs", "first")


class Browser:
    """As the proxy asks: for the public name, saying that the browser spoke HTTPS. Keeps its cookies."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies = port, SimpleCookie()

    def ask(self, path: str, form: dict[str, str] | None = None) -> str:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Host": "regroup.example.org", "X-Forwarded-Proto": "https"}
        headers["Cookie"] = "; ".join(f"{name}={cookie.value}" for name, cookie in self.cookies.items())
        if form:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": "https://regroup.example.org/"}
        connection.request("POST" if form else "GET", path, urlencode(form) if form else None, headers)
        answer = connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self.cookies.load(value)
        text = answer.read().decode()
        connection.close()
        return self.ask(answer.headers["Location"]) if answer.status == 302 else text
