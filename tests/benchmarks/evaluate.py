"""Whole evaluation of a file beside its peer: python -m tests.benchmarks.evaluate [ROWS …] [--runs 3] [--curve].

manage.py evaluate and bench/evaluate_sklearn.py of KPI_SHARED take turns on the same rows; then medians, their ratio,
peak memory, and whether the figures are equal. `seconds` is what either reports, its imports not counted; `process` is
the whole process and `cpu` its processor time, which other work on the machine disturbs least: at 1,000,000 rows it
must be 7 times less than the peer's. --curve: our time and
peak memory at 1, 3, 10 and 30 million rows. --decode PYTHON: an interpreter that has polars, for the ratio to only
decoding the columns (bench/decode_limit.py); by default this one.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from tests.places import ROOT, SHARED

BENCH = SHARED / "bench"
GAIN, COST, STEPS = 0.3, 5.0, 200
OPTIONS = f"--json --drop-missing --segment segment --amount value --gain {GAIN} --cost {COST}".split()
CURVE = (1_000_000, 3_000_000, 10_000_000, 30_000_000)
EQUAL = 1e-9
LEAST = 7.0  # the peer's processor time over ours


def ours(rows: Path) -> dict[str, Any]:
    return _timed([sys.executable, str(ROOT / "manage.py"), "evaluate", str(rows), *OPTIONS])


def peer(rows: Path) -> dict[str, Any]:
    return _timed([sys.executable, str(BENCH / "evaluate_sklearn.py"), str(rows)])


def _timed(command: list[str]) -> dict[str, Any]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    after, process = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout) | {"process": process, "cpu": cpu}


def made(n: int, folder: Path) -> Path:
    path = folder / f"{n}.parquet"
    if not path.exists():
        subprocess.run([sys.executable, str(BENCH / "make_rows.py"), str(n), str(path)], check=True)
    return path


def differences(rows: Path, found: dict[str, Any]) -> dict[str, float]:
    """Largest difference from scikit-learn at float64 scores, and of the profit from plain numpy at score > threshold.

    The peer hands its float32 scores to scikit-learn, which then sums log loss and Brier score in float32 and is off by
    some 1e-8 itself; and it acts on score >= threshold. Both are taken here on the same rows by our stated rules.
    """
    table = pq.read_table(rows, columns=["y_true", "y_score", "segment", "value"]).to_pandas().dropna()
    worst: dict[str, float] = {}
    for name, part in [("", table), *table.groupby("segment")]:
        figures = found["segments"]["segment"][name] if name else found
        label, score = part.y_true.to_numpy().astype(int), part.y_score.to_numpy().astype(np.float64)
        eps = np.finfo(np.float32).eps
        expected = {
            "roc_auc": roc_auc_score(label, score),
            "average_precision": average_precision_score(label, score),
            "log_loss": log_loss(label, np.clip(score, eps, 1 - eps)),
            "brier": brier_score_loss(label, score),
        }
        apart = {key: abs(figures["metrics"][key]["point"] - value) for key, value in expected.items()}
        profit = _profit(label, score, part.value.to_numpy())
        off = np.abs(np.array(figures["profit"]["profit"]) - profit).max()
        apart["profit, relative"] = float(off / np.abs(profit).max())
        worst = {key: max(worst.get(key, 0.0), value) for key, value in apart.items()}
    return worst


def _profit(label: np.ndarray, score: np.ndarray, value: np.ndarray) -> np.ndarray:
    order = np.argsort(score, kind="stable")
    first = np.searchsorted(score[order], np.arange(STEPS) / STEPS, side="right")
    gained = np.append(np.cumsum((value * label)[order][::-1])[::-1], 0.0)[first]
    return GAIN * gained - COST * (len(score) - first)


def from_peer(theirs: dict[str, Any], found: dict[str, Any]) -> dict[str, float]:
    """Largest difference from what the peer itself printed."""
    worst: dict[str, float] = {}
    for name, figures in theirs["result"].items():
        mine = found if name == "all" else found["segments"]["segment"][name]
        for key, value in figures.items():
            if key == "best_profit":
                apart = abs(mine["profit"]["best_on_these_rows"]["profit"] / value - 1)
            else:
                apart = abs(mine["metrics"][key]["point"] - value)
            worst[key] = max(worst.get(key, 0.0), apart)
    assert found["duplicates"] == theirs["duplicates"]
    usual = {"row_id": "example_id", "event_ts": "event_time", "ingest_ts": "ingest_time"}
    assert {usual.get(name, name): count for name, count in theirs["nulls"].items()} == found["nulls"]
    worst["delay quantiles"] = float(
        np.abs(np.subtract(list(found["delay"]["seconds"].values()), theirs["latency_s"])).max()
    )
    return worst


def beside(rows: Path, runs: int) -> bool:
    """Print one comparison; False where a figure is not equal."""
    taken = [(ours(rows), peer(rows)) for _ in range(runs)]
    mine, theirs = zip(*taken, strict=True)
    for key in ("seconds", "process", "cpu", "peak_mb"):
        if key == "peak_mb":
            print(f"  {key:<8} ours {max(run[key] for run in mine):>8} peer {max(run[key] for run in theirs):>8}")
            continue
        left, right = (median(run[key] for run in runs_of) for runs_of in (mine, theirs))
        asked = f" (at least {LEAST:g})" if key == "cpu" else ""
        print(f"  {key:<8} ours {left:8.2f} peer {right:8.2f} ratio {right / left:6.1f}{asked}")
    # In a process of its own: what this one holds would count as the peak of those it starts.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        exact = apart.submit(differences, rows, mine[0]).result()
    print("  from scikit-learn at float64:", {key: f"{value:.1e}" for key, value in exact.items()})
    print("  from the peer's own figures: ", {key: f"{v:.1e}" for key, v in from_peer(theirs[0], mine[0]).items()})
    return all(value <= EQUAL for value in exact.values())


def decode(rows: Path, python: str, seconds: float) -> None:
    done = subprocess.run(
        [python, str(BENCH / "decode_limit.py"), str(rows)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print("  decode limit: not measured,", done.stderr.strip().splitlines()[-1])
        return
    limits = json.loads(done.stdout)
    print(
        "  decode limit:", {name: f"{limit:.2f} s, ours {seconds / limit:.1f} times" for name, limit in limits.items()}
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="*", default=[1_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--decode", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--keep", type=Path, help="a folder to keep the rows in")
    given = parser.parse_args()
    equal = True
    with tempfile.TemporaryDirectory() as folder:
        place = given.keep or Path(folder)
        for n in given.rows:
            rows = made(n, place)
            print(f"{n:,} rows, medians of {given.runs}")
            equal &= beside(rows, given.runs)
            decode(rows, given.decode, median(ours(rows)["seconds"] for _ in range(given.runs)))
        for n in CURVE if given.curve else ():
            run = ours(made(n, place))
            print(f"{n:>12,} rows: {run['seconds']:7.2f} s  {run['peak_mb']:>6} MB")
    print("equal to 1e-9" if equal else "NOT EQUAL")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
