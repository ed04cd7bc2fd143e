"""Rows: the canonical table of one evaluation or data set, its file and its digest; and the table of votes.

Every upload ends as this table (see `upload`), whatever it came as. For each task:

    example_id   string     unique, never null; integers as decimal text
    y_true       double     null = not labelled, or not observed, yet; string for multiclass
    split        string     optional
    weight       double     optional, ≥ 0
    cluster_id   string     optional; the unit that varies independently (a customer), never null
    event_time   timestamp  optional, microseconds in UTC; null = not given (never null in a forecast)
    ingest_time  timestamp  optional, likewise
    segments     string     any number; "(missing)" where the cell was empty
    amounts      double     any number, in currency; never null
    feature.*    double or string, optional

and, never null, what the model said, which the table of a data set does not have:

    binary       y_true 0 or 1; y_score in [0, 1], double, or float where it came as float32
    multiclass   y_pred string; p.<class> double in [0, 1], either for every class or for none
    regression   y_pred double
    forecast     y_pred double; y_low ≤ y_high double, both or neither; series string, optional
    ranking      y_score double; y_true ≥ 0 (the relevance); query_id string, which a data set has too

The schema's metadata holds, as JSON, what a column's name alone does not tell: the names of segment and amount columns,
the task (absent = binary), the nominal level of the interval, the naive forecast to measure against and the classes.

Votes are a table of their own, a row for each label that a labeler gave: example_id, labeler_id, label and, where it is
known, gold; all strings, only gold may be null. The metadata of its schema holds the level of measurement of the
labels, where one was declared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from metrics.core.documents import MOST_AT_ONCE, RowsTooMany
from metrics.core.late import pa, pc, pd, pq

UNSAID = "binary"  # the task of a table that names none

SEGMENTS_KEY = b"segments"
AMOUNTS_KEY = b"amounts"
TASK_KEY = b"task"
INTERVAL_KEY = b"interval"
NAIVE_KEY = b"naive"
CLASSES_KEY = b"classes"
SCALE_KEY = b"scale"

Scale = Literal["nominal", "ordinal", "interval", "ratio"]
SCALES: tuple[Scale, ...] = get_args(Scale)
"""Levels of measurement of labels (Stevens 1946)."""

MISSING_SEGMENT = "(missing)"
FEATURE_PREFIX = "feature."
PROBABILITY_PREFIX = "p."

# Row groups are what later passes stream over; the size is part of the bytes that the digest of a file is taken of.
ROW_GROUP = 262_144

_KEY_LOW = "kpiplatform:low:"
_KEY_HIGH = "kpiplatform:high"
WORDS = "example_id words"  # a column of the words of ids, beside a table or in place of them
_NO_LABEL = np.uint64(0x7FF8_0000_0000_0001)
_SALT_LOW = np.uint64(0x9E37_79B9_7F4A_7C15)
_SALT_HIGH = np.uint64(0xD1B5_4A32_D192_ED03)


def utc() -> pa.DataType:
    """The type of every moment that is kept: microseconds, in UTC."""
    return pa.timestamp("us", tz="UTC")


def with_kinds(table: pa.Table, **said: Any) -> pa.Table:
    """The table with what its columns mean, see `kinds`, written into its schema, and nothing else there."""
    return table.replace_schema_metadata(kinds(**said))


def kinds(
    *,
    segments: Sequence[str],
    amounts: Sequence[str],
    task: str = UNSAID,
    interval: float | None = None,
    naive: Mapping[str, Any] | None = None,
    classes: Sequence[str] | None = None,
) -> dict[bytes, bytes]:
    """What the columns of a table mean, as metadata of its schema.

    interval: nominal level of y_low to y_high, such as 0.9. naive: {"name", "mae"}, the forecast that MASE divides by.
    classes: all classes of a multiclass task, sorted.
    """
    meant: dict[bytes, Any] = {SEGMENTS_KEY: list(segments), AMOUNTS_KEY: list(amounts)}
    if task != UNSAID:
        meant[TASK_KEY] = task
    if interval is not None:
        meant[INTERVAL_KEY] = interval
    if naive is not None:
        meant[NAIVE_KEY] = dict(naive)
    if classes is not None:
        meant[CLASSES_KEY] = list(classes)
    return {key: json.dumps(value).encode() for key, value in meant.items()}


def segment_columns(table: pa.Table) -> list[str]:
    """Names of the segment columns, in the order of the file that they came from."""
    return cast("list[str]", _meant(table, SEGMENTS_KEY, []))


def amount_columns(table: pa.Table) -> list[str]:
    """Names of the amount columns, in the order of the file that they came from."""
    return cast("list[str]", _meant(table, AMOUNTS_KEY, []))


def task_of(table: pa.Table) -> str:
    """The task that the rows are of."""
    return cast("str", _meant(table, TASK_KEY, UNSAID))


def interval_of(table: pa.Table) -> float | None:
    """The nominal level of the interval from y_low to y_high; None where the table has none."""
    return cast("float | None", _meant(table, INTERVAL_KEY, None))


def naive_of(table: pa.Table) -> dict[str, Any] | None:
    """The naive forecast to measure against, {"name": str, "mae": float > 0}; None where none was named."""
    return cast("dict[str, Any] | None", _meant(table, NAIVE_KEY, None))


def classes_of(table: pa.Table) -> list[str]:
    """All classes of a multiclass task, sorted; those of another task are none."""
    return cast("list[str]", _meant(table, CLASSES_KEY, []))


def with_scale(votes: pa.Table, scale: Scale, order: Sequence[str]) -> pa.Table:
    """Votes with the level of measurement of their labels written into the schema; order: from least to most."""
    return votes.replace_schema_metadata({SCALE_KEY: json.dumps({"scale": scale, "order": list(order)}).encode()})


def scale_of(votes: pa.Table) -> tuple[Scale, list[str]]:
    """The level of measurement of the labels of votes, nominal where none was declared, and their declared order."""
    found = _meant(votes, SCALE_KEY, {"scale": "nominal", "order": []})
    return cast("Scale", found["scale"]), cast("list[str]", found["order"])


def _meant(table: pa.Table, key: bytes, otherwise: Any) -> Any:
    found = (table.schema.metadata or {}).get(key)
    return otherwise if found is None else json.loads(found)


def write_rows(table: pa.Table, path: Path) -> None:
    """Write a canonical table as Parquet (zstd). Equal tables give equal bytes, however their chunks are cut."""
    write_groups([table.combine_chunks()], path)


def write_groups(parts: Iterable[pa.Table], path: Path) -> None:
    """Write a canonical table that comes in row groups, as `write_rows` would the whole."""
    _write(parts, path, lambda name: name != "example_id")


def write_votes(votes: pa.Table, path: Path) -> None:
    """Write a table of votes as Parquet (zstd), likewise. The same votes give equal bytes in whatever order."""
    ordered = votes.sort_by([("example_id", "ascending"), ("labeler_id", "ascending")])
    _write([ordered.combine_chunks()], path, lambda name: True)


def _write(parts: Iterable[pa.Table], path: Path, repeated: Callable[[str], bool]) -> None:
    """repeated: whether texts of a column have a dictionary: one of ids would be as long as the column, costs time
    twice and saves nothing."""
    with ExitStack() as opened:
        file = None
        for part in parts:
            if file is None:
                texts = [field.name for field in part.schema if pa.types.is_string(field.type)]
                how: dict[str, Any] = {"compression": "zstd", "write_page_checksum": True}
                how["use_dictionary"] = [name for name in texts if repeated(name)]
                file = opened.enter_context(pq.ParquetWriter(path, part.schema, **how))
            file.write_table(part, row_group_size=ROW_GROUP)
            del part  # before the next one is made


def read_rows(path: Path, *, columns: list[str] | None = None) -> pa.Table:
    """Read a table written by `write_rows` or `write_votes`, wholly or some columns of it.

    Raises pyarrow's errors on damaged files.
    """
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        return file.read(columns=columns)


def whole(path: Path) -> pa.Table:
    """A table written by `write_rows` or `write_votes`, at once.

    Raises RowsTooMany, by its footer, where a process does not hold as much; pyarrow's errors on damaged files.
    """
    with pq.ParquetFile(path) as file:
        rows = int(file.metadata.num_rows)
    if rows > MOST_AT_ONCE:
        raise RowsTooMany(rows)
    return read_rows(path)


def only_rescaled(votes: Path, before: Path) -> bool:
    """Whether two files of votes hold the same rows, and another scale of their labels; read a piece at a time."""
    with pq.ParquetFile(votes) as new, pq.ParquetFile(before) as old:
        scale, other = (scale_of(file.schema_arrow.empty_table()) for file in (new, old))
        alike = new.schema_arrow == old.schema_arrow and new.metadata.num_rows == old.metadata.num_rows
        if scale == other or not alike:
            return False
        return all(a.equals(b) for a, b in zip(new.iter_batches(), old.iter_batches(), strict=True))


def data_digest(table: pa.Table) -> str:
    """32 hex digits naming the set of (example_id, y_true), whatever the order of its rows.

    The sum mod 2^128 of one 128-bit hash a row, so that digests of parts can be added. Two SipHash-2-4 of the id's
    UTF-8 text under two fixed keys give the halves; each is mixed with a word of 64 bits for the label by an xor before
    the finaliser of SplitMix64, so that labels exchanged between two ids change the sum. The word is the bits of the
    double (-0.0 as 0.0), or the SipHash of the label's text under the half's key, or one of its own for "no label".
    """
    return digest_of([table])


def digest_of(parts: Iterable[pa.Table]) -> str:
    """The `data_digest` of a table that comes in parts, of which example_id, or WORDS for it, and y_true count."""

    def of_ids(part: pa.RecordBatch) -> NDArray[np.uint64]:
        return words_in(part.column(WORDS)) if WORDS in part.schema.names else text_words(part.column("example_id"))

    low = high = 0
    for part in chain.from_iterable(part.to_batches(max_chunksize=ROW_GROUP) for part in parts):
        words = of_ids(part)
        for_low, for_high = _label_words(part.column("y_true"))
        low += _summed(_mixed(words[:, 0] ^ _mixed(for_low ^ _SALT_LOW)))
        high += _summed(_mixed(words[:, 1] ^ _mixed(for_high ^ _SALT_HIGH)))
    return f"{((high << 64) + low) % (1 << 128):032x}"


def text_words(texts: pa.Array) -> NDArray[np.uint64]:
    """The two words of each text, (n, 2): its SipHash-2-4 under the key of the low and of the high half."""
    held = texts.to_numpy(zero_copy_only=False)
    return np.stack([_hashed(held, _KEY_LOW), _hashed(held, _KEY_HIGH)], axis=1)


def as_cells(words: NDArray[np.uint64]) -> pa.Array:
    """The words of each row, (n, 2), as a column."""
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(words), [None, pa.py_buffer(words)])


def words_in(column: pa.Array) -> NDArray[np.uint64]:
    """The words, (n, 2), of a column of them."""
    flat = np.frombuffer(column.buffers()[1], dtype=np.uint64).reshape(-1, 2)
    return flat[column.offset :][: len(column)]


def placed_words(words: NDArray[np.uint64], times: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Words, (n, 2), of what has words and a time."""
    moments = times.view(np.uint64)
    salted = (_mixed(moments ^ salt) for salt in (_SALT_LOW, _SALT_HIGH))
    return np.stack([_mixed(half ^ moment) for half, moment in zip(words.T, salted, strict=True)], axis=1)


def _label_words(labels: Any) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The word of each label for the low and for the high half."""
    if pa.types.is_string(labels.type):
        texts = labels.dictionary_encode()
        known = texts.dictionary.to_numpy(zero_copy_only=False)
        # A last entry for "no label", to which null indices point.
        at = pc.fill_null(texts.indices, len(known)).to_numpy()
        low, high = (np.append(_hashed(known, key), _NO_LABEL)[at] for key in (_KEY_LOW, _KEY_HIGH))
        return low, high
    given = labels.is_valid().to_numpy(zero_copy_only=False)
    # + 0.0 turns -0.0 into 0.0.
    values = pc.fill_null(labels.cast(pa.float64()), 0.0).to_numpy() + 0.0
    words = np.where(given, values.view(np.uint64), _NO_LABEL)
    return words, words


def _hashed(ids: NDArray[Any], key: str) -> NDArray[np.uint64]:
    return pd.util.hash_array(ids.astype(object, copy=False), hash_key=key, categorize=False)


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64 bits in which every bit counts."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
    return words ^ (words >> np.uint64(31))


def _summed(words: NDArray[np.uint64]) -> int:
    """The exact sum, as 32-bit halves do not overflow 64 bits below 2^32 rows."""
    upper = int((words >> np.uint64(32)).sum(dtype=np.uint64))
    lower = int((words & np.uint64(0xFFFF_FFFF)).sum(dtype=np.uint64))
    return (upper << 32) + lower
