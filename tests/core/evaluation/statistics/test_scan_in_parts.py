"""The scan in parts: any cut and any shuffle of the rows gives the same bytes, and so does another machine."""

import hashlib
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from metrics.core.documents import canonical
from metrics.core.draws import BUCKETS, bucket_ids
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.container import unpacked
from metrics.core.evaluation.statistics.in_process import InProcess
from metrics.core.evaluation.statistics.scan_binary import scan, scan_file, scan_on
from metrics.core.rows import reading, sorting
from metrics.core.rows.reading import RowsError, TableRows
from tests.core.evaluation.statistics.scattered import Scattered, cut, shuffled
from tests.long import cases

CASES = 200
GOLDEN = "cea2fa0db095f3a9b660f535fb10dd8d1135905e687a8b4bab1a447a2c6705d3"


def rows(n: int, seed: int) -> pa.Table:
    """Binary rows, of which each seed has another kind: ties, weights, large and mixed amounts, empty cells."""
    random = np.random.default_rng(seed)
    label = (random.random(n) < 0.3).astype(float)
    score = np.clip(0.3 * label + random.beta(1, 3, n), 0, 1)
    score = (score, np.round(score, 1), np.round(score, 2), np.where(random.random(n) < 0.1, 1e-12, score))[seed % 4]
    value = random.normal(0, 1, n) * 10.0 ** random.integers(-12, 16 if seed % 2 else 3, n)
    columns = {
        "example_id": [f"r{at}" for at in random.permutation(n)],
        "y_true": pa.array(label, mask=random.random(n) < 0.1),
        "y_score": score.astype(np.float32) if seed % 3 == 0 else score,
        "shop": pa.array(random.choice(["a", "b", "c"], n).tolist(), mask=random.random(n) < 0.1),
        "value": value,
        "event_time": pa.array(
            np.datetime64("2024-01-31T20", "us") + random.integers(0, 80, n) * np.timedelta64(1, "D"),
            pa.timestamp("us", tz="UTC"),
        ),
    }
    if seed % 5 < 3:
        wide = 10.0 ** random.integers(-20, 20, n) if seed % 5 == 0 else 1.0
        repeated = random.integers(0, 4, n).astype(float)
        columns["weight"] = (random.gamma(2, 1, n) * wide, random.gamma(2, 1, n), repeated)[seed % 5]
    if seed % 7 == 0:
        columns["cluster_id"] = [f"c{at}" for at in random.integers(0, 30, n)]
    made = pa.table(columns)
    return made.replace_schema_metadata({b"segments": b'["shop"]', b"amounts": b'["value"]'})


@pytest.mark.parametrize("tenth", range(10))
def test_any_cut_and_shuffle_of_the_rows_gives_equal_bytes(tenth: int) -> None:
    for case in cases(tenth * CASES // 10, (tenth + 1) * CASES // 10):
        random = np.random.default_rng(case)
        table = rows(int(random.choice([0, 1, 30, 200, 1100], p=[0.1, 0.1, 0.3, 0.3, 0.2])), case)
        expected = scan(table).to_bytes()
        parts = cut(shuffled(table, random), random)
        assert scan_on(Scattered(parts, seed=case)).to_bytes() == expected, case


def base(n: int, random: np.random.Generator, seed: int) -> dict[str, object]:
    """What rows of all tasks beside binary may have."""
    columns = {
        "example_id": [f"r{at}" for at in random.permutation(n)],
        "shop": pa.array(random.choice(["a", "b", "c"], n).tolist(), mask=random.random(n) < 0.1),
        "event_time": pa.array(
            np.datetime64("2024-01-31T20", "us") + random.integers(0, (40, 200)[seed % 2], n) * np.timedelta64(1, "D"),
            pa.timestamp("us", tz="UTC"),
        ),
    }
    if seed % 3 == 0:
        columns["weight"] = random.gamma(2, 1, n) * (random.random(n) < 0.9)
    if seed % 5 == 0:
        columns["cluster_id"] = [f"c{at}" for at in random.integers(0, (30, 3000)[seed % 2], n)]
    return columns


def numbers(n: int, random: np.random.Generator, seed: int) -> pa.Table:
    truth = np.round(random.normal(0, 1, n) * 10.0 ** random.integers(-9, 12, n), 3)
    said = np.where(random.random(n) < 0.1, truth, truth * random.uniform(0.5, 1.5, n))
    columns = base(n, random, seed) | {"y_true": pa.array(truth, mask=random.random(n) < 0.1), "y_pred": said}
    return pa.table(columns).replace_schema_metadata({b"segments": b'["shop"]', b"task": b'"regression"'})


def forecasts(n: int, random: np.random.Generator, seed: int) -> pa.Table:
    table = numbers(n, random, seed)
    truth = table["y_true"].to_numpy()
    low = np.nan_to_num(truth) - np.round(random.gamma(1, 1, n), 1) + 0.3
    columns = {"y_low": low, "y_high": low + 1.5, "series": random.choice(["s", "t", "u"], n).tolist()}
    for name, values in columns.items():
        table = table.append_column(name, [values])
    return table.replace_schema_metadata({b"segments": b'["shop"]', b"task": b'"forecast"', b"interval": b"0.8"})


def classes(n: int, random: np.random.Generator, seed: int) -> pa.Table:
    names, given = np.array(["p", "q", "r"]), random.dirichlet([1, 1, 1], n)
    columns = base(n, random, seed) | {
        "y_true": pa.array(names[random.integers(0, 3, n)].tolist(), pa.string(), mask=random.random(n) < 0.1),
        "y_pred": pa.array(names[random.integers(0, 3, n)].tolist(), pa.string()),
    }
    columns |= {f"p.{name}": given[:, at] for at, name in enumerate(names)}
    meta = {b"segments": b'["shop"]', b"task": b'"multiclass"', b"classes": b'["p", "q", "r"]'}
    return pa.table(columns).replace_schema_metadata(meta)


def results(n: int, random: np.random.Generator, seed: int) -> pa.Table:
    query = random.integers(0, max(n // 8, 1), n)
    columns = base(n, random, seed) | {
        "query_id": [f"q{at}" for at in query],
        "y_true": pa.array(np.round(random.gamma(0.3, 1, n), 1), mask=random.random(n) < 0.1),
        "y_score": np.round(random.random(n), 1 + seed % 3),
    }
    if "cluster_id" in columns:
        columns["cluster_id"] = [f"c{at % 40}" for at in query]
    return pa.table(columns).replace_schema_metadata({b"segments": b'["shop"]', b"task": b'"ranking"'})


MADE = {"regression": numbers, "forecast": forecasts, "multiclass": classes, "ranking": results}


@pytest.mark.parametrize("fifth", range(5))
@pytest.mark.parametrize("task", MADE)
def test_any_cut_and_shuffle_of_rows_of_each_task_gives_equal_bytes(task: str, fifth: int) -> None:
    for case in cases(fifth * CASES // 5, (fifth + 1) * CASES // 5):
        random = np.random.default_rng(case)
        table = MADE[task](int(random.choice([0, 1, 30, 200, 1100], p=[0.1, 0.1, 0.3, 0.3, 0.2])), random, case)
        expected = TASKS[task].scan(table).to_bytes()
        parts = cut(shuffled(table, random), random)
        assert TASKS[task].scan_on(Scattered(parts, seed=case)).to_bytes() == expected, case


def test_blocks_and_ranges_in_one_process_change_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = [rows(700, seed) for seed in range(12)]
    expected = [scan(table).to_bytes() for table in tables]
    monkeypatch.setattr(reading, "BLOCK", 64)
    monkeypatch.setattr(sorting, "RANGE", 32)
    monkeypatch.setattr(sorting, "_SAMPLED", 8)
    monkeypatch.setattr(sorting, "MEMORY", 1500)
    random = np.random.default_rng(0)
    for table, known in zip(tables, expected, strict=True):
        assert scan_on(InProcess(TableRows(shuffled(table, random)), threads=3)).to_bytes() == known


def test_a_folder_of_parts_gives_the_bytes_of_its_table(tmp_path: Path) -> None:
    table, random = rows(900, 1), np.random.default_rng(4)
    for at, part in enumerate(cut(shuffled(table, random), random)):
        pq.write_table(part, tmp_path / f"part-{at}.parquet")
    assert scan_file(tmp_path, threads=2).to_bytes() == scan(table).to_bytes()


def test_a_folder_is_refused_where_its_files_are_not_alike(tmp_path: Path) -> None:
    with pytest.raises(RowsError, match="holds no file"):
        scan_file(tmp_path)
    table = rows(90, 1)
    pq.write_table(table, tmp_path / "a.parquet")
    pq.write_table(table.drop_columns(["shop"]), tmp_path / "b.parquet")
    with pytest.raises(RowsError, match=r"column shop is missing in b\.parquet"):
        scan_file(tmp_path)


def test_each_sum_is_the_number_nearest_to_the_exact_one() -> None:
    """The large amounts cancel: added in floating point they would take the small ones with them."""
    made, random = rows(3000, 1), np.random.default_rng(5)
    amounts = random.permutation(np.tile([2.0**60, 1e-9, -(2.0**60)], 1000))
    made = made.set_column(made.column_names.index("value"), "value", pa.array(amounts)).drop_columns(["weight"])
    grid = scan(made, segments=[], edges=np.zeros(0)).whole.grid
    label = made["y_true"].to_numpy()
    bucket = bucket_ids(made["example_id"], BUCKETS)
    assert len(grid.index) > BUCKETS
    for cell, found in zip(grid.index.tolist(), grid.sums[:, 1].tolist(), strict=True):
        assert found == math.fsum(amounts[(bucket == cell // 2) & (label == cell % 2)])


OTHER_MACHINE = """
import hashlib
import numpy as np
from numpy._core._multiarray_umath import __cpu_features__
from tests.core.evaluation.statistics.test_scan_in_parts import golden_digest
logarithms = np.log(np.random.default_rng(1).random(1 << 20)).tobytes()
print(sum(__cpu_features__.values()), golden_digest(), hashlib.sha256(logarithms).hexdigest())
"""


def golden_digest() -> str:
    """Of what scans of all tasks give, of rows that are made of whole numbers alone."""
    n, found = 3000, hashlib.sha256()
    at = np.arange(n)
    score, label = (at * 7919 % 4001) / 4001, at * 31 % 7 % 3 % 2
    base = {
        "example_id": [f"r{one}" for one in at],
        "shop": [("a", "b", None)[one % 3] for one in at],
        "event_time": pa.array(at * 10**9 * 1800, pa.timestamp("us", tz="UTC")),
        "weight": (at * 17 % 101 + 1) / 7,
    }
    names = np.array(["p", "q"])
    tables = {
        "binary": {"y_true": label.astype(float), "y_score": score, "value": (at * 37 % 1009 - 500) / 3},
        "regression": {"y_true": score * 1e6 - 3, "y_pred": (at * 13 % 997) / 0.7},
        "multiclass": {"y_true": names[label], "y_pred": names[at % 2], "p.p": score, "p.q": 1 - score},
        "ranking": {
            "y_true": (at * 11 % 5) / 3,
            "y_score": np.round(score, 1),
            "query_id": [f"q{one}" for one in at // 9],
        },
    }
    tables["forecast"] = tables["regression"] | {"y_low": score * 9e5, "y_high": score * 9e5 + 1e5}
    meant = {b"segments": b'["shop"]', b"amounts": b'["value"]', b"classes": b'["p", "q"]', b"interval": b"0.8"}
    for task in sorted(tables):
        measured = TASKS[task].scan(pa.table(base | tables[task]).replace_schema_metadata(meant))
        header, arrays = unpacked(measured.to_bytes())
        found.update(canonical(header))
        for array in arrays:
            found.update(array.tobytes())
    return found.hexdigest()


def test_a_machine_without_these_vector_instructions_gives_equal_bytes() -> None:
    """The check itself is checked where there is AVX-512: numpy's own logarithm must tell the two apart."""
    wide = [name for name in __cpu_features__ if name.startswith(("AVX", "X86_V", "FMA")) and __cpu_features__[name]]
    found = []
    for disabled in ("", " ".join(set(wide) & set(__cpu_dispatch__))):
        env = {**os.environ, "NPY_DISABLE_CPU_FEATURES": disabled}
        if not disabled:
            del env["NPY_DISABLE_CPU_FEATURES"]
        command = [sys.executable, "-c", OTHER_MACHINE]
        done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
        features, digest, logarithms = done.stdout.split()
        found.append((int(features), digest, logarithms))
    (features, digest, logarithms), (fewer, other, other_logarithms) = found
    assert other == digest == GOLDEN
    if __cpu_features__.get("AVX512F"):
        assert fewer < features
        assert other_logarithms != logarithms
