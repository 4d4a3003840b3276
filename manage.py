#!/usr/bin/env python3
"""Operators' commands: `manage.py regroup …`, `manage.py lab …`, and Django's own."""

import os
import sys


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - people do run it with whatever python3 is
        sys.exit(f"Regroup needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable}).")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError as error:
        sys.exit(f"{error}. Use the project's own Python: make base, then .venv/bin/python manage.py …")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Regroup does not start: {error}")


if __name__ == "__main__":
    main()
