from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from lab import Lab
from tests.product.dashboard import QUICK, Composed, Dashboard, Embedded, demo, production
from tests.product.seat import Seat


@pytest.fixture(scope="module")
def dashboard(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A whole Regroup with its demo, for one module of tests; the session's own lab hosts sleep meanwhile."""
    lab.stop()
    with demo(tmp_path_factory.mktemp("regroup") / "var", QUICK) as running:
        yield running


@pytest.fixture(scope="module")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    """Production's services on PostgreSQL and Redis, with app01 of the session's own lab, for one module of tests."""
    lab.stop()
    with production(tmp_path_factory.mktemp("site"), lab, "app01", **QUICK) as running:
        yield running


@pytest.fixture
def seats(browser: Browser, dashboard: Dashboard) -> Iterator[Callable[..., Seat]]:
    """`seats("rosa")`: that person at a browser of their own; with a password, if the demo does not know them."""
    taken: list[Seat] = []

    def take(name: str, password: str = "") -> Seat:
        taken.append(Seat(browser, dashboard, name, password))
        return taken[-1]

    yield take
    for seat in taken:
        seat.context.close()
