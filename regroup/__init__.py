"""Regroup from a shell: a client of the HTTP API, with nothing of the dashboard in it. See docs/command_line.md."""
