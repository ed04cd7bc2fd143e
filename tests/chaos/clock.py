"""`python -m tests.chaos.clock SECONDS MODULE ARGUMENTS`: a module run with its clock off by so many seconds.

What the program asks for the time is moved: `time.time` and Django's `now`. The machine's own clock is not.
"""

import runpy
import sys
import time
from datetime import timedelta

from django.utils import timezone

MOVED = (sys.executable, "-m", "tests.chaos.clock")


def moved(seconds: float) -> None:
    real, now = time.time, timezone.now
    time.time = lambda: real() + seconds
    timezone.now = lambda: now() + timedelta(seconds=seconds)


if __name__ == "__main__":
    moved(float(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
