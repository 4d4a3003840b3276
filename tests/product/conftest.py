from collections.abc import Iterator

import pytest

from lab import Lab
from tests.product.dashboard import QUICK, Composed, Embedded, demo, production


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
