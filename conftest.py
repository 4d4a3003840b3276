"""Fixtures that every test may use: the lab's hosts (see lab/pytest_plugin.py)."""

from __future__ import annotations

pytest_plugins = ["lab.pytest_plugin"]
