"""Rows that are checked in parts are read, and refused, as the same rows in one file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metrics.core.evaluation.metrics.tasks import rows_of
from metrics.core.rows.refusal import UploadError
from metrics.core.rows.upload.in_parts import Checking
from metrics.core.rows.upload.limits import Caps
from metrics.core.rows.upload.options import UploadOptions
from metrics.core.rows.upload.table import read_upload

NOW = datetime(2026, 12, 1, tzinfo=UTC)
N = 8


def whole(parts: list[pa.Table], options: UploadOptions, folder: Path) -> pa.Table:
    file = folder / "whole.parquet"
    pq.write_table(pa.concat_tables(parts), file)
    return read_upload(file, name=file.name, content_type="", options=options, caps=Caps(), now=NOW).table


def apart(parts: list[pa.Table], options: UploadOptions) -> pa.Table:
    checking = Checking.of(parts[0].schema, options, NOW)
    settled, refused, worst = checking.settled([checking.part(part)[2] for part in parts])
    if refused is not None:
        raise UploadError(refused.field, refused.code, f"part {worst}: {refused.message}", row=refused.row)
    return pa.concat_tables([settled.part(part)[0] for part in parts])


def binary(**columns: Any) -> pa.Table:
    n = len(next(iter(columns.values())))
    return pa.table({"y_true": [0.0, 1.0] * (n // 2), "y_score": np.linspace(0.1, 0.9, n)} | columns)


@pytest.mark.parametrize(
    ("first", "last", "read"),
    [
        (["1.0", "2.0"], ["1.5", "3.0"], ["1.0", "2.0", "1.5", "3.0"]),
        (["1.0", "2.0"], ["x", "3.0"], ["1.0", "2.0", "x", "3.0"]),
        (["1.0", "2.0"], ["3", "4.0"], ["1", "2", "3", "4"]),
        (["1", "2"], ["3", "4.0"], ["1", "2", "3", "4"]),
        (["1", "2"], ["3", "4"], ["1", "2", "3", "4"]),
    ],
)
def test_ids_that_look_like_floats_are_read_as_all_rows_say(
    first: list[str], last: list[str], read: list[str], tmp_path: Path
) -> None:
    options = UploadOptions(task=rows_of("binary"))
    for name in ("example_id", "cluster_id"):
        other = {"cluster_id" if name == "example_id" else "example_id": ["a", "b"]}
        parts = [binary(**{name: first}, **other), binary(**{name: last}, **{key: ["c", "d"] for key in other})]
        found = apart(parts, options)
        assert found[name].to_pylist() == read
        assert found[name].to_pylist() == whole(parts, options, tmp_path)[name].to_pylist()


def classes(probabilities: Any, *, start: int = 0) -> pa.Table:
    n = len(probabilities)
    columns = {"example_id": range(start, start + n), "y_true": ["a", "b", "c", "a"] * (n // 4)}
    return pa.table(columns | {f"p.{name}": probabilities[:, at] for at, name in enumerate("abc")})


def drawn(*, decimals: int | None, off: float = 0.0, start: int = 0) -> pa.Table:
    """Rows of three probabilities, rounded or not, the third of them `off` a sum of 1."""
    found = np.random.default_rng(start).dirichlet([4, 4, 4], N)
    if decimals is not None:
        found = np.round(found, decimals)
        found[:, 0] = np.round(1 - found[:, 1] - found[:, 2], decimals)
    found[2, 0] += off
    return classes(found, start=start)


@pytest.mark.parametrize(
    ("parts", "taken"),
    [
        ([drawn(decimals=2, off=0.01), drawn(decimals=2, start=N)], True),
        ([drawn(decimals=2, off=0.01), drawn(decimals=None, start=N)], False),
        ([drawn(decimals=None), drawn(decimals=2, off=0.01, start=N)], False),
        ([drawn(decimals=2, off=0.01), drawn(decimals=3, start=N)], False),
        ([drawn(decimals=5, off=0.0005), drawn(decimals=None, start=N)], True),
        ([drawn(decimals=5, off=0.0005), drawn(decimals=5, start=N)], False),
    ],
)
def test_probabilities_may_miss_a_sum_of_one_by_the_rounding_of_all_rows(
    parts: list[pa.Table], taken: bool, tmp_path: Path
) -> None:
    options = UploadOptions(task=rows_of("multiclass"))
    if taken:
        assert apart(parts, options).equals(whole(parts, options, tmp_path).select(apart(parts, options).schema.names))
        return
    with pytest.raises(UploadError) as known:
        whole(parts, options, tmp_path)
    with pytest.raises(UploadError) as found:
        apart(parts, options)
    assert (found.value.field, found.value.code) == (known.value.field, known.value.code)
    bad = next(
        at for at, part in enumerate(parts) if abs(sum(part[f"p.{name}"][2].as_py() for name in "abc") - 1) > 1e-4
    )
    assert found.value.message.startswith(f"part {bad}: some rows where the probabilities of all 3 classes")
    assert found.value.row == 3


@pytest.mark.parametrize("column", ["y_true", "y_score", "value"])
def test_text_that_is_to_be_numbers_is_refused_for_only_all_rows_tell_how_it_is_written(column: str) -> None:
    table = binary(example_id=[1, 2], value=[1.0, 2.0])
    table = table.set_column(table.column_names.index(column), column, [["1", "0"]])
    options = UploadOptions(task=rows_of("binary"), amounts=("value",))
    with pytest.raises(UploadError) as refused:
        Checking.of(table.schema, options, NOW)
    assert (refused.value.field, refused.value.code) == (column, "wrong_type")
    assert f'df["{column}"].cast("double")' in refused.value.remedy
