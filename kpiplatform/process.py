"""What a process of the house sets for itself, before anything numeric is loaded."""

import ctypes
import gc
import os
import sys
from pathlib import Path

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
MMAP_THRESHOLD, TRIM_THRESHOLD, ARENAS = -3, -1, -8  # of mallopt(3)
KEPT = 1 << 30
COUNTED_IN = "PROMETHEUS_MULTIPROC_DIR"  # the folder in which the processes of one `manage.py web` count together


def one_of_several() -> None:
    """Take one thread for numeric libraries, for other processes run beside this one; look for rubbish less often.

    Starting makes many objects and no rubbish; with the default of 700, a fifth of a start went into looking for some.
    """
    for name in THREADS:
        os.environ.setdefault(name, "1")
    gc.set_threshold(50_000)


def private(folder: Path) -> None:
    """What this process writes from now on is its user's alone, and so is the folder that an earlier one made."""
    os.umask(0o077)
    if folder.is_dir():
        folder.chmod(0o700)


def keep_memory() -> None:
    """Keep memory that is freed for the next array, Arrow's too, where the C library is glibc: for one job and its end.

    Else each large array is given back and asked for anew, page by page, which is a tenth of the time of a scan.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform.startswith("linux") else None
    if mallopt is None:
        return
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    for parameter, value in ((MMAP_THRESHOLD, KEPT), (TRIM_THRESHOLD, KEPT), (ARENAS, 1)):
        mallopt(parameter, value)
