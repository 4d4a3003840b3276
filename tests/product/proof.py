"""The acts around a recovery: whose machine it is, who has to approve, when it may start, and what proves it later."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.config.conftest import until
from tests.mailbox import Mailbox
from tests.product.dashboard import Dashboard
from tests.product.seat import SLOW, Seat

RULE, WINDOW = "Critical: its owner and an operator", "When the ledger sleeps"
ASK = "from inventory.asking import ask_owners; ask_owners()"
LINK = re.compile(r"vm42\b.*\s+http://[^/\s]+(/confirm/\S+/)")
SOON = timedelta(seconds=50)
"""At least so far away is the window that is opened: time to see that nothing starts before it."""


def owner_confirms(dashboard: Dashboard, browser: Browser, box: Mailbox) -> None:
    """The hour's mails go out; whoever reads the owner's opens its link, without an account, and says so."""
    dashboard.manage("shell", "-v", "0", "-c", ASK)
    assert until(lambda: any(map(LINK.search, bodies(box))), 60)
    (found,) = filter(None, map(LINK.search, bodies(box)))
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{dashboard.url}{found[1]}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Is vm42 still yours?")
    page.get_by_role("button", name="Yes, still mine").click()
    expect(page.get_by_role("status").first).to_contain_text("vm42 is Payments team's, as of today.")
    context.close()


def bodies(box: Mailbox) -> list[str]:
    return [bytes(mail.get_payload(decode=True)).decode() for mail in box.mails]  # type: ignore[arg-type]  # of one part


def add_person(ada: Seat, name: str, password: str, role: str) -> None:
    page = ada.open("/people/new/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_label(re.compile(f"^{role}:")).check()
    ada.press("Add this person")
    ada.sees(f"{name}")


def add_owner(ada: Seat, owner: str, person: str) -> None:
    """Somebody who signs in belongs to the owner from now on."""
    page = ada.open("/owners/")
    page.get_by_role("link", name=owner).click()
    page.get_by_label("Person").select_option(label=person)
    ada.press("Add this person")
    ada.sees("belongs to")


def write_rule(ada: Seat) -> None:
    page = ada.open("/policies/new")
    page.get_by_label("Name").fill(RULE)
    page.get_by_label("Recover a volume group").check()
    page.get_by_label("critical", exact=True).check()
    page.get_by_label("Of the role").select_option("operator")
    page.get_by_label("How many owners beside them").fill("1")
    ada.press("Add this rule")
    expect(page.get_by_role("link", name=RULE)).to_be_visible()


def write_window(ada: Seat, host: str) -> datetime:
    """One that opens at the next full minute that is not too near; when."""
    opens = (datetime.now(UTC) + SOON).replace(second=0, microsecond=0) + timedelta(minutes=1)
    page = ada.open("/windows/new")
    page.get_by_label("Name").fill(WINDOW)
    page.get_by_label("Counts for").select_option("hosts")
    page.locator("textarea[name=hosts]").fill(host)
    page.get_by_label("Comes by").fill("FREQ=DAILY")
    page.get_by_label("From day").fill(opens.date().isoformat())
    page.get_by_label("Opens at").fill(opens.strftime("%H:%M"))
    page.get_by_label("Open for").fill("60")
    page.get_by_label("Time zone").fill("UTC")
    ada.press("Add this window")
    expect(page.get_by_role("link", name=WINDOW)).to_be_visible()
    return opens


def pick_slot(rosa: Seat, address: str) -> None:
    """The first of those that the windows leave."""
    page = rosa.open(address)
    page.get_by_role("link", name="Pick a slot").click()
    page.get_by_role("button", name=re.compile("^Pick [0-9A-Z]")).first.click()
    expect(page.get_by_role("status").first).to_contain_text("Its slot is")


def approve(seat: Seat, address: str, words: str) -> None:
    page = seat.open(address)
    page.get_by_label("Comment").fill(words)
    seat.press("Approve these")
    expect(page.get_by_text("Approved.", exact=True).first).to_be_visible(timeout=SLOW)


def switch_off(ada: Seat, path: str, name: str) -> None:
    """What the story wrote counts for no other test."""
    ada.open(path).get_by_role("button", name=f"Switch off {name}").click()
    expect(ada.page.get_by_role("button", name=f"Switch on {name}")).to_be_visible()


def evidence(olu: Seat, folder: Path) -> Path:
    """The archive, as the page gives it."""
    with olu.page.expect_download() as download:
        olu.page.get_by_role("link", name="Download it, signed").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def public_key(ada: Seat) -> str:
    """That of the dashboard, as its own page has it."""
    keys = ada.open("/audit/").get_by_role("region", name="Keys that sign evidence")
    return keys.get_by_role("definition").first.inner_text()


def verified(archive: Path, key: str) -> tuple[int, str]:
    """How its own script ends, away from Regroup: no packages, no environment, no network asked for."""
    with zipfile.ZipFile(archive) as pack:
        script = archive.parent / "verify.py"
        script.write_bytes(pack.read(next(name for name in pack.namelist() if name.endswith("/verify.py"))))
    words = [sys.executable, "-I", "-S", str(script), str(archive), "--key", key]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def tampered(archive: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """The same archive with one file of it changed."""
    data, path = io.BytesIO(), archive.with_name(f"tampered-{name}.zip")
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(data, "w") as new:
        for each in old.namelist():
            content = old.read(each)
            new.writestr(each, change(content) if each.endswith(f"/{name}") else content)
    path.write_bytes(data.getvalue())
    return path


def done(archive: Path) -> list[str]:
    """The acts of the audit that it holds, oldest first."""
    with zipfile.ZipFile(archive) as pack:
        lines = pack.read(next(name for name in pack.namelist() if name.endswith("/audit.jsonl"))).splitlines()
    return [json.loads(line)["action"] for line in lines]
