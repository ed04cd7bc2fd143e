"""How long a pack of twelve sheets takes in each writer: `python -m tests.benchmarks.writers`.

Asked for: 5 s for PDF, PPTX and XLSX together, 2 s for the XLSX alone; the first of a process starts the renderer.
"""

import os
import time
from collections.abc import Callable
from functools import partial

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpiplatform.settings")
django.setup()

from reports.exports import pdf, pptx, xlsx  # noqa: E402
from tests.packs import long_pack  # noqa: E402


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    pack = long_pack(12)
    writers = {"pdf": pdf.written, "pptx": pptx.written, "xlsx": xlsx.written}
    for turn in ("first", "again"):
        times = {name: seconds(partial(written, pack)) for name, written in writers.items()}
        told = ", ".join(f"{name} {took:.2f} s" for name, took in times.items())
        print(f"{turn}: {told}; together {sum(times.values()):.2f} s; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
