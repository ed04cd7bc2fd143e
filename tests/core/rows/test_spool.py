"""Columns in files: what is read from them, and what is written of them, is what memory would have given."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from metrics.core.evaluation.metrics.tasks import rows_of
from metrics.core.rows import spool
from metrics.core.rows.table import data_digest, digest_of, write_groups, write_rows
from metrics.core.rows.upload import delimited, parquet
from metrics.core.rows.upload.table import Caps, UploadOptions, read_upload

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ROWS = 2_000


def sent(path, kind):
    """A file with every kind of column; ids out of order, empty cells, rows to leave out."""
    generator = np.random.Generator(np.random.Philox(3))
    frame = pd.DataFrame(
        {
            "example_id": [f"e{number}" for number in generator.permutation(ROWS)],
            "y_true": pd.array(generator.integers(0, 2, ROWS), "Int64"),
            "y_score": generator.random(ROWS),
            "event_time": pd.date_range("2026-01-01", periods=ROWS, freq="h", tz="UTC").astype(str),
            "country": generator.choice(["DE", "FR", ""], ROWS),
            "amount": generator.random(ROWS) * 100,
            "feature.age": generator.integers(18, 90, ROWS),
            "part": generator.choice(["test", "train"], ROWS),
        }
    )
    frame.loc[::7, "y_true"] = None
    frame.loc[::11, "y_score"] = np.nan
    frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path, index=False)
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_rows_in_files_are_the_rows_in_memory_to_the_byte(tmp_path, monkeypatch, kind):
    monkeypatch.setattr("metrics.core.rows.spool.ROW_GROUP", 300)
    monkeypatch.setattr("metrics.core.rows.table.ROW_GROUP", 300)
    path = sent(tmp_path / f"rows.{kind}", kind)
    options = UploadOptions(task=rows_of("binary"), where={"part": "test"}, drop_missing=True)

    def read(folder):
        return read_upload(path, name=path.name, content_type="", options=options, caps=Caps(), now=NOW, folder=folder)

    held = read(None)
    for module in (spool, delimited, parquet):
        monkeypatch.setattr(module, "MEMORY", 1_000)
    folder = tmp_path / "folder"
    folder.mkdir()
    filed = read(folder)
    assert list(folder.glob("*.arrow"))
    assert filed.table.equals(held.table, check_metadata=True)
    assert (filed.n, filed.n_unlabelled, filed.n_dropped) == (held.n, held.n_unlabelled, held.n_dropped)
    assert digest_of(filed.rows.parts(["example_id", "y_true"])) == data_digest(held.table)
    write_rows(held.table, tmp_path / "held")
    write_groups(filed.rows.parts(), tmp_path / "filed")
    assert (tmp_path / "filed").read_bytes() == (tmp_path / "held").read_bytes()
