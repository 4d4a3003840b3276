"""The web server that the benches look at, with this process's own environment."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.product.dashboard import PROJECT, free_port


@contextmanager
def serving() -> Iterator[str]:
    """uvicorn as the embedded default runs it."""
    port = free_port()
    words = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [*words, "--lifespan", "off", "--no-server-header", "--log-level", "warning"], cwd=PROJECT, env=os.environ
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/healthz", timeout=5).close()  # noqa: S310 - our own loopback URL
                break
            except urllib.error.HTTPError:
                break  # it answers: without workers it is not well, which is true
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)
