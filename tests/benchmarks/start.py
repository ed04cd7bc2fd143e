"""Processor time of manage.py check beside that of another checkout: python -m tests.benchmarks.start OTHER.

OTHER is a checkout of the house, such as `git worktree add OTHER COMMIT` makes. Both take turns, with this interpreter
and with compiled modules kept in one folder of their own, which a first run of each fills. Printed: medians of user and
system time, and our share of the other's; it fails above --most.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.places import ROOT

MOST = 0.6


def processor_seconds(checkout: Path, compiled: str) -> float:
    """User and system time of one start."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=checkout,
        env=kept | {"PYTHONPYCACHEPREFIX": compiled},
        capture_output=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--most", type=float, default=MOST)
    given = parser.parse_args()
    ours: list[float] = []
    others: list[float] = []
    with tempfile.TemporaryDirectory() as compiled:
        for checkout in (ROOT, given.other):
            processor_seconds(checkout, compiled)
        for _ in range(given.runs):
            ours.append(processor_seconds(ROOT, compiled))
            others.append(processor_seconds(given.other, compiled))
    share = median(ours) / median(others)
    print(f"manage.py check, processor time, medians of {given.runs}")
    print(f"  ours {median(ours):.2f} s, other {median(others):.2f} s, share {share:.2f} (at most {given.most})")
    return 0 if share <= given.most else 1


if __name__ == "__main__":
    sys.exit(main())
