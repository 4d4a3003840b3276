"""The services of docker-compose.yml, started with its own commands as processes: PostgreSQL, Redis, and every part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest

from tests.config.conftest import until
from tests.config.test_up import WAIT
from tests.production.site import COMPOSE, Site, composed

PASSWORD = "a long password to type"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Everything up, with secrets in files alone."""
    with composed(tmp_path_factory.mktemp("site")) as site:
        yield site


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


def test_what_is_written_is_sealed_by_itself(site: Site) -> None:
    assert "sealed: True" in site.run("python", "manage.py", "shell", text=WAIT).stdout


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
