"""The file of an upload, opened with suspicion: what it really is, which columns it has, and their raw cells.

Two forms are read, CSV and Parquet, either also in gzip, told by their content and not by their name alone. A cap is
held before memory is spent: rows are counted from Parquet's footer, and bytes while they are decoded, for a file of
5 MB can hold 40 GB.
"""

from __future__ import annotations

from pathlib import Path

from metrics.core.late import pa
from metrics.core.rows.refusal import UploadError, Warn, shown
from metrics.core.rows.spool import Apart, Batches
from metrics.core.rows.upload.delimited import csv_cells, csv_source
from metrics.core.rows.upload.encoded import as_utf8, unzipped
from metrics.core.rows.upload.foreign import check_form
from metrics.core.rows.upload.limits import Caps, Kind, Source
from metrics.core.rows.upload.parquet import parquet_cells, parquet_source

_SUFFIXES: dict[str, Kind] = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet"}
_GZIP = b"\x1f\x8b"
_MAGIC = {
    b"PAR1": "Parquet",
    b"PARE": "encrypted Parquet",
    _GZIP: "gzip in gzip",
    b"PK\x03\x04": "zip or XLSX",
    b"\x89PNG": "a PNG picture",
    b"%PDF": "PDF",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x80\x02": "a pickle",
    b"\x80\x03": "a pickle",
    b"\x80\x04": "a pickle",
    b"\x80\x05": "a pickle",
    b"\x93NUMPY": "a NumPy array",
    b"ARROW1": "an Arrow file",
    b"SQLite": "an SQLite database",
}
_NAME_IT = "Name the file after what it holds: .csv or .parquet."
_FROM = {
    "zip or XLSX": "Unpack a zip; save the sheet of a workbook as CSV UTF-8.",
    "encrypted Parquet": "Write the Parquet file without encryption.",
    "an Arrow file": "Write it as Parquet, such as pandas.read_feather(file).to_parquet(new).",
    **dict.fromkeys(("zstd", "bzip2", "xz"), "Unpack it, or pack it with gzip, which is read."),
    **dict.fromkeys(("a pickle", "a NumPy array", "an SQLite database"), "Write its rows as a .csv or .parquet file."),
}


def opened(path: Path, *, name: str, content_type: str, caps: Caps, folder: Path, warn: Warn) -> Source:
    """Find out what the file is, by its content, and read the names of its columns. Raises UploadError.

    folder: a place for what has to be written anew to be read, which is gone after the upload.
    """
    if _head(path).startswith(_GZIP):
        path, name = unzipped(path, folder, caps), _without_gz(name)
        if not Path(name).suffix:  # predictions.gz
            content_type = "parquet" if _head(path).startswith(b"PAR1") else "csv"
    kind = _kind(path, name, content_type)
    try:
        source = csv_source(as_utf8(path, folder, caps, warn), caps) if kind == "csv" else parquet_source(path, caps)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(kind, error) from error
    if len(source.names) > caps.max_columns:
        message = f"the file has {len(source.names):,} columns; at most {caps.max_columns:,} are read"
        raise UploadError("file", "too_many_columns", message, remedy="Send the columns that are needed.")
    return source


def cells(source: Source, columns: list[str], *, caps: Caps, folder: Path) -> Batches | Apart:
    """The raw cells of some columns: text for CSV (empty cell = null), the file's own types for Parquet.

    folder: where they lie if they are many.
    """
    read = csv_cells if source.kind == "csv" else parquet_cells
    try:
        return read(source, columns, caps, folder)
    except MemoryError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(source.kind, error) from error


def _kind(path: Path, name: str, content_type: str) -> Kind:
    size = path.stat().st_size
    if size == 0:
        raise UploadError("file", "empty_file", "the file is empty (0 bytes)", remedy="Send CSV or Parquet with rows.")
    head = _head(path)
    found = next((what for magic, what in _MAGIC.items() if head.startswith(magic)), None)
    declared = _SUFFIXES.get(Path(name).suffix.lower())
    if not Path(name).suffix and found == "Parquet":  # its bytes say it
        return "parquet"
    if declared is None and not Path(name).suffix:
        declared = "parquet" if "parquet" in content_type else "csv" if "csv" in content_type else None
    if declared is None:
        if found is None:
            check_form((head[: head.rfind(b"\n") + 1] or head).decode("ascii", "replace"))
        what = found or f"a file called {shown(name)}"
        remedy = _FROM.get(str(found), "Send a .csv, a .csv.gz or a .parquet file.")
        raise UploadError("file", "unsupported_type", f"{what} is not read", remedy=remedy)
    if declared == "csv" and found is not None:
        remedy = _FROM.get(found, _NAME_IT)
        raise UploadError("file", "type_mismatch", f"named CSV, but the content is {found}", remedy=remedy)
    if declared == "parquet" and found != "Parquet":
        message = f"named Parquet, but the content is {found or 'not Parquet (it does not start with PAR1)'}"
        raise UploadError("file", "type_mismatch", message, remedy=_NAME_IT)
    return declared


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)


def _without_gz(name: str) -> str:
    """The name of what a gzip file holds: rows.csv.gz is rows.csv, and so is a rows.csv that was packed unnamed."""
    return name[:-3] if name.lower().endswith(".gz") else name


def _unreadable(kind: Kind, error: Exception) -> UploadError:
    form = "CSV" if kind == "csv" else "Parquet"
    reason = shown(str(error).splitlines()[0]) if str(error) else type(error).__name__
    remedy = "Write the file again and compare its size with what was sent."
    return UploadError("file", "unreadable", f"the {form} file cannot be read: {reason}", remedy=remedy)
