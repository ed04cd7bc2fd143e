"""A folder of Parquet parts, as Spark and Dask write one, as the one file that the server takes."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kpiplatform.client.errors import ClientError

_ONE_FILE = "Send one file: write it from Spark with .coalesce(1), or join the parts with pandas or pyarrow."


@contextmanager
def whole(file: str | Path | None) -> Iterator[str | Path | None]:
    """The file to send: the given one, or for a folder one of all its parts, which is gone afterwards.

    The parts of a folder follow one another by name; a folder called split=test inside it is a column split. Parts are
    read a batch at a time. Raises ClientError for a folder without Parquet, or with parts of several forms.
    """
    if file is None or not Path(file).is_dir():
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="kpi-parts-") as scratch:
        yield _joined(Path(file), Path(scratch) / f"{Path(file).name.removesuffix('.parquet')}.parquet")


def _joined(folder: Path, to: Path) -> Path:
    parts = sorted(path for path in folder.rglob("*.parquet") if path.is_file() and not _hidden(path, folder))
    if not parts:
        message = f"{folder} is a folder, and holds no Parquet files"
        raise ClientError(message, field="file", code="folder", remedy=_ONE_FILE)
    try:
        dataset: Any = importlib.import_module("pyarrow.dataset")
        parquet: Any = importlib.import_module("pyarrow.parquet")
        arrow: Any = importlib.import_module("pyarrow")
    except ImportError as error:
        message = f"{folder} is a folder of {len(parts)} Parquet files, which are joined where pyarrow is installed"
        raise ClientError(message, field="file", code="folder", remedy=f"pip install pyarrow. {_ONE_FILE}") from error
    try:
        found = dataset.dataset(
            [str(path) for path in parts], format="parquet", partitioning="hive", partition_base_dir=str(folder)
        )
        _alike(folder, [(fragment.path, fragment.physical_schema.names) for fragment in found.get_fragments()])
        with parquet.ParquetWriter(to, found.schema, compression="zstd") as writer:
            for batch in found.to_batches():
                writer.write_batch(batch)
    except (arrow.ArrowException, OSError, ValueError) as error:
        message = f"{folder} is a folder of {len(parts)} Parquet files that are not of one form: {error}"
        raise ClientError(message, field="file", code="folder", remedy=_ONE_FILE) from error
    return to


def _alike(folder: Path, parts: list[tuple[str, list[str]]]) -> None:
    """Raises ClientError where a part lacks a column of the first, or has more: its cells would be empty, or gone."""
    (first, names), *others = parts
    for path, own in others:
        for column in sorted({*names} ^ {*own}):
            without, with_it = (path, first) if column in names else (first, path)
            lacks, has = (Path(one).relative_to(folder) for one in (without, with_it))
            message = f"{folder} is a folder whose part {lacks} has no column {column}, and {has} has one"
            remedy = f"Write all parts of {folder} with the same columns, or leave out the odd one."
            raise ClientError(message, field="file", code="folder", remedy=remedy)


def _hidden(path: Path, folder: Path) -> bool:
    """Whether a part is none of the rows: what starts with _ or . is left by a job that failed, or is of its own."""
    return any(piece.startswith(("_", ".")) for piece in path.relative_to(folder).parts)
