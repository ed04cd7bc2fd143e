#!/usr/bin/env python
"""The way into the server's commands: `up`, `demo`, `dispatch`, `migrate`, `verify`, `evaluate`."""

import os
import sys

SUPPORTED = ((3, 11), (3, 13))


def main() -> None:
    """Run the command named on the command line; refuse an unsupported Python in one line."""
    if not SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1]:
        raise SystemExit(f"kpiplatform runs on Python 3.11 to 3.13; this is {sys.version.split()[0]}.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpiplatform.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as missing:
        raise SystemExit("Django is not installed here: run `make install`, then use .venv/bin/python.") from missing
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
