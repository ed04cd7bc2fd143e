#!/usr/bin/env python
"""The way into the server's commands: `up`, `demo`, `dispatch`, `migrate`, `verify`, `evaluate`."""

import os
import sys
from contextlib import suppress

SUPPORTED = ((3, 11), (3, 13))


def main() -> None:
    """Run the command named on the command line; refuse an unsupported Python in one line."""
    if not SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1]:
        raise SystemExit(f"kpiplatform runs on Python 3.11 to 3.13; this is {sys.version.split()[0]}.")
    if sys.argv[1:2] == ["evaluate"]:
        evaluate(sys.argv[2:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpiplatform.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as missing:
        raise SystemExit("Django is not installed here: run `make install`, then use .venv/bin/python.") from missing
    execute_from_command_line(sys.argv)


def evaluate(line: list[str]) -> None:
    """Evaluate a file without Django, which takes as long to set up as the rows; return where the line is unusual."""
    from kpiplatform import process

    process.one_of_several()
    process.keep_memory()
    from metrics.management import evaluating

    with suppress(evaluating.Unusual):
        raise SystemExit(evaluating.main(line))


if __name__ == "__main__":
    main()
