from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import Lab
from tests.product.dashboard import QUICK, Dashboard, demo


@pytest.fixture(scope="module")
def dashboard(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A whole Regroup with its demo, for one module of tests; the session's own lab hosts sleep meanwhile."""
    lab.stop()
    state: Path = tmp_path_factory.mktemp("regroup") / "var"
    with demo(state, QUICK) as running:
        yield running
