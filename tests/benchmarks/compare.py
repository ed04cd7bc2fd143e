"""Paired comparison of two binary runs from their cubes: python -m tests.benchmarks.compare [ROWS] (1,000,000).

Prints the seconds from the bytes of two cubes to every metric's paired difference, with all draws. The rows are made by
bench/make_rows.py of KPI_SHARED, which has two models' scores of the same examples.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# As in a worker: one thread, so that the figure does not hang on the machine's cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from metrics.core.draws import K
from metrics.core.evaluation.metrics.binary import DEFINITIONS, evaluate
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.scan_binary import scan
from metrics.core.selection.compare import compare
from tests.places import SHARED

REPEATS = 7


def cubes(n: int) -> tuple[bytes, bytes]:
    """The cubes of both models on the rows that both scored."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        subprocess.run([sys.executable, str(SHARED / "bench" / "make_rows.py"), str(n), str(path)], check=True)
        rows = pq.read_table(path, columns=["row_id", "y_true", "y_score", "y_score_b"])
    rows = rows.filter(pc.and_(rows["y_score"].is_valid(), rows["y_score_b"].is_valid()))
    ids, labels = rows["row_id"].cast(pa.string()), rows["y_true"].cast(pa.float64())
    first, second = (
        scan(pa.table({"example_id": ids, "y_true": labels, "y_score": rows[name]}), segments=[], amounts=[]).to_bytes()
        for name in ("y_score", "y_score_b")
    )
    return first, second


def compared(first: bytes, second: bytes, seed: int) -> float:
    """Seconds from bytes to every difference with its band."""
    directions = {key: definition.direction for key, definition in DEFINITIONS.items()}
    start = time.perf_counter()
    a, b = Cube.from_bytes(first), Cube.from_bytes(second)
    rows = compare(a, b, evaluate=evaluate, seed=seed, directions=directions)
    seconds = time.perf_counter() - start
    assert len(rows) == len(DEFINITIONS)
    return seconds


def main(n: int) -> None:
    first, second = cubes(n)
    cold = compared(first, second, seed=1)
    warm = sorted(compared(first, second, seed=1) for _ in range(REPEATS))
    print(f"{n:,} rows, {len(DEFINITIONS)} metrics, {K:,} draws; cubes of {len(first) + len(second):,} bytes together")
    print(f"paired comparison: {warm[REPEATS // 2]:.3f} s (median of {REPEATS}); first of a product: {cold:.3f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
