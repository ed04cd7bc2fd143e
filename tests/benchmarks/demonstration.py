"""The demonstration, loaded and computed on a scratch installation: python -m tests.benchmarks.demonstration.

Printed, of `manage.py demo --no-serve`: seconds of the wall, held to 60 on two cores with nothing beside them, and of
the processor, which are the ones to read on a machine that has other work.
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

from tests.demonstration import told_in

HELD_TO = 60


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        begun = time.monotonic()
        told_in(Path(name))
        wall = time.monotonic() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"wall {wall:.1f} s (held to {HELD_TO}), processor {used.ru_utime + used.ru_stime:.1f} s")


if __name__ == "__main__":
    main()
