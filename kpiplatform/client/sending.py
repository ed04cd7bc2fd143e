"""Rows on their way to the server: lists, arrays or a frame as a file, and a file as a stream that tells its progress.

Neither numpy nor pandas is imported: their objects are asked for lists. Parquet is written where pyarrow is
installed, else CSV.
"""

from __future__ import annotations

import csv
import importlib
import io
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import IO, Any

from kpiplatform.client.errors import ClientError

CONTENT_TYPES = {".csv": "text/csv", ".parquet": "application/vnd.apache.parquet"}
# Beyond this the file goes to disk instead of memory.
IN_MEMORY = 64 << 20

Columns = dict[str, Any]
Told = Callable[[int, int], None]


def columns_of(frame: Any) -> Columns:
    """The columns of a pandas DataFrame, a pyarrow Table or a mapping of names to values."""
    if isinstance(frame, Mapping):
        return dict(frame)
    names = getattr(frame, "column_names", None)
    if names is not None:
        return {name: frame.column(name) for name in names}
    try:
        names = list(frame.columns)
    except (AttributeError, TypeError) as error:
        message = f"a {type(frame).__name__} is no DataFrame, Table or mapping of columns"
        raise ClientError(message, field="frame", remedy="Give one of these.") from error
    if len(set(map(str, names))) < len(names):
        raise ClientError("two columns have the same name", field="frame", remedy="Rename one of them.")
    return {str(name): frame[name] for name in names}


def check_lengths(columns: Columns) -> int:
    """The number of rows. Raises ClientError naming the column that has another."""
    n: int | None = None
    for name, values in columns.items():
        if isinstance(values, str | bytes) or not hasattr(values, "__len__"):
            told = f"{type(values).__name__} is no column of values"
            raise ClientError(told, field=name, remedy="Give a list, an array or a column of a frame.")
        if n is not None and len(values) != n:
            told = f"has {len(values)} values where the columns before it have {n}"
            raise ClientError(told, field=name, remedy="Give each column a value for each case.")
        n = len(values)
    if not n:
        raise ClientError("there are no rows", field="file", remedy="Give a case at least.")
    return n


def written(columns: Columns) -> tuple[str, IO[bytes]]:
    """The columns as a file at its beginning, and the name that says its form. The caller closes it."""
    try:
        parquet: Any = importlib.import_module("pyarrow.parquet")
        arrow: Any = importlib.import_module("pyarrow")
    except ImportError:
        return "rows.csv", _as_csv(columns)
    try:
        table = arrow.table({name: _as_arrow(arrow, values) for name, values in columns.items()})
    except (arrow.ArrowException, TypeError, ValueError, OverflowError):
        # Mixed cells, such as text and numbers for ids, have one form in CSV and none in Parquet.
        return "rows.csv", _as_csv(columns)
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (the caller closes it)
    parquet.write_table(table, file, compression="zstd")
    file.seek(0)
    return "rows.parquet", file


def _as_arrow(arrow: Any, values: Any) -> Any:
    if isinstance(values, arrow.ChunkedArray | arrow.Array):
        return values
    if type(values).__module__.partition(".")[0] not in ("builtins", "numpy", "pandas"):
        # Tensors and the like: Arrow would take each of their elements for an object.
        values = as_list(values)
    return arrow.array(values, from_pandas=True)


def _as_csv(columns: Columns) -> IO[bytes]:
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (the caller closes it)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    write_csv(columns, text)
    text.detach()
    file.seek(0)
    return file


def write_csv(columns: Columns, file: IO[str]) -> None:
    """A header and one line a row: missing cells empty, numbers in full precision, times as ISO 8601."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    lists = [as_list(values) for values in columns.values()]
    writer.writerows([cell(value) for value in row] for row in zip(*lists, strict=True))
    file.flush()


def as_list(values: Any) -> list[Any]:
    """Plain Python values of a list, array, series or Arrow column."""
    if type(values).__module__ == "numpy" and values.dtype.kind == "M":
        # numpy gives whole numbers for nanoseconds, and datetimes for microseconds.
        values = values.astype("datetime64[us]")
    for name in ("to_pylist", "tolist"):
        if hasattr(values, name):
            return list(getattr(values, name)())
    return list(values)


def cell(value: Any) -> str:
    """One cell of CSV, as the server reads it."""
    # NaN and NaT differ from themselves.
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float):
        return repr(float(value))
    return str(value)


def as_json(body: Mapping[str, Any]) -> str:
    """The manifest as JSON. Values of numpy are asked for Python's own; what is no JSON, such as NaN, is refused by the
    name of its field."""
    try:
        return json.dumps(body, default=_asked, allow_nan=False)
    except (TypeError, ValueError) as error:
        where, what = _fault(body) or ("manifest", f"cannot be written as JSON: {error}")
        remedy = "Leave it out where it is not known." if where != "manifest" else ""
        raise ClientError(what, field=where, remedy=remedy) from error


def _asked(value: Any) -> Any:
    for name in ("item", "tolist", "isoformat"):
        if hasattr(value, name):
            return getattr(value, name)()
    raise TypeError(f"a {type(value).__name__} is no JSON")


def _fault(value: Any, where: str = "") -> tuple[str, str] | None:
    """The field of the first value that is no JSON, such as metrics.accuracy, and what is wrong with it."""
    if isinstance(value, Mapping):
        pairs = [(f"{where}.{key}" if where else str(key), part) for key, part in value.items()]
    elif isinstance(value, list | tuple):
        pairs = [(where, part) for part in value]
    else:
        try:
            json.dumps(value, default=_asked, allow_nan=False)
        except (TypeError, ValueError) as error:
            number = isinstance(error, ValueError) and "JSON compliant" in str(error)
            return (
                where,
                f"is {value}, and must be a finite number" if number else f"cannot be written as JSON: {error}",
            )
        return None
    return next((found for name, part in pairs if (found := _fault(part, name))), None)


class Watched:
    """A file that tells how far it was read: told(bytes read, bytes in all)."""

    def __init__(self, file: IO[bytes], told: Told) -> None:
        self._file = file
        self.told = told
        file.seek(0, io.SEEK_END)
        self.size = file.tell()
        file.seek(0)

    def read(self, size: int = -1) -> bytes:
        """As of any file."""
        chunk = self._file.read(size)
        self.told(self._file.tell(), self.size)
        return chunk

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of any file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """As of any file."""
        return self._file.tell()

    def __iter__(self) -> Iterator[bytes]:
        """httpx takes an object for a file by this."""
        while chunk := self.read(65_536):
            yield chunk
