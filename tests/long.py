"""Random cases, each a sibling of the others: a fifth of them in each run of the suite, all of them by `make long`."""

from __future__ import annotations

import os

WHOLE = os.environ.get("KPI_LONG") == "1"


def cases(start: int, stop: int) -> range:
    """Seeds of the cases that are tried; every fifth, so that what alternates with them is met in each kind."""
    return range(start, stop, 1 if WHOLE else 5)
