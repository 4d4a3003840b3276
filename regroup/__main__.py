"""`python -m regroup recover …`, `bond …`, and the other rooms."""

from __future__ import annotations

import sys

from regroup.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
