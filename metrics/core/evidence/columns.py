"""Columns of a canonical table as the checks want them: numbers, texts, months, and a fingerprint a row.

Nothing here raises for odd content: what is not a number is NaN, a column of nulls has length and no values.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.late import pa, pc, pd
from metrics.core.rows import clocks
from metrics.core.rows.table import FEATURE_PREFIX, MISSING_SEGMENT, PROBABILITY_PREFIX, segment_columns

Words = NDArray[np.uint64]

_MISSING = np.uint64(0x6D69_7373_696E_6721)
_ODD = np.uint64(0x9E37_79B9_7F4A_7C15)
_WHOLE = re.compile(r"(-?\d+)\.0*")
_TURN = np.uint64(0xBF58_476D_1CE4_E5B9)


def features(table: pa.Table) -> list[str]:
    """Names of the feature columns."""
    return [name for name in table.column_names if name.startswith(FEATURE_PREFIX)]


def shown(name: str) -> str:
    """A column as a sentence names it: features without their prefix."""
    return name.removeprefix(FEATURE_PREFIX)


def predictions(table: pa.Table) -> list[str]:
    """Names of the columns that a model gave."""
    return [
        name
        for name in table.column_names
        if name in ("y_score", "y_pred", "y_low", "y_high") or name.startswith(PROBABILITY_PREFIX)
    ]


def segments(table: pa.Table) -> list[str]:
    """Names of the segment columns that the table has."""
    return [name for name in segment_columns(table) if name in table.column_names]


def is_number(column: pa.ChunkedArray) -> bool:
    """Whether a column holds numbers (a column of the null type does not)."""
    kind = column.type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def floats(column: pa.ChunkedArray) -> Floats:
    """A column of numbers as float64, NaN where empty. Shape (n,)."""
    plain = column.cast(pa.int8()) if pa.types.is_boolean(column.type) else column
    return np.asarray(pc.fill_null(plain.cast(pa.float64(), safe=False), np.nan).to_numpy(), dtype=np.float64)


def finite(values: Floats) -> Floats:
    """The values that are numbers."""
    return values[np.isfinite(values)]


def codes(column: pa.ChunkedArray) -> tuple[list[str], Ints]:
    """Distinct texts of a column in the order met, and of each row which it has; -1 where empty."""
    texts = column.cast(pa.string())
    encoded = (texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts).dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    at = pc.fill_null(encoded.indices.cast(pa.int64()), -1)
    return [str(name) for name in encoded.dictionary.to_pylist()], np.asarray(at, dtype=np.int64)


def missing(table: pa.Table, name: str) -> int:
    """Cells of a column that hold nothing: null, NaN, and "(missing)" in a segment."""
    column = table[name]
    empty = int(column.null_count)
    if pa.types.is_floating(column.type):
        empty += int(pc.sum(pc.is_nan(column)).as_py() or 0)
    elif name in segments(table) and pa.types.is_string(column.type):
        empty += int(pc.sum(pc.equal(column, MISSING_SEGMENT)).as_py() or 0)
    return empty


def months(times: pa.ChunkedArray, time_zone: str) -> NDArray[np.datetime64]:
    """Calendar month of each time in a time zone, NaT where there is none. Shape (n,), datetime64[M].

    A time without a zone is taken as UTC.
    """
    return clocks.local(times, time_zone).astype("datetime64[M]")


def month_codes(times: pa.ChunkedArray, time_zone: str) -> tuple[list[str], Ints]:
    """Calendar months that occur, ascending as "2016-10", and which each row has; -1 where it has no time."""
    month = months(times, time_zone)
    distinct, at = np.unique(month, return_inverse=True)
    given = ~np.isnat(distinct)
    return [str(named) for named in distinct[given]], np.where(np.isnat(month), -1, at).astype(np.int64)


def days_between(earlier: pa.ChunkedArray, later: pa.ChunkedArray) -> Floats:
    """Days from one time to another, row by row, NaN where either is missing."""
    spans = instants(later) - instants(earlier)
    return np.where(np.isnat(spans), np.nan, spans.astype("timedelta64[us]").astype(np.float64) / 86_400e6)


def instants(times: pa.ChunkedArray) -> NDArray[np.datetime64]:
    """Times as datetime64[us] in UTC, NaT where missing."""
    return np.asarray(times.cast(pa.timestamp("us")).to_numpy(), dtype="datetime64[us]")


def fingerprints(table: pa.Table, names: Sequence[str]) -> Words:
    """A 64-bit word a row: equal for rows whose named columns are equal, whatever their types' width. Shape (n,).

    Empty cells and NaN are one value, -0.0 is 0.0. Two different rows share a word with probability 2^-64.
    """
    words = np.full(table.num_rows, _ODD, dtype=np.uint64)
    for name in names:
        column = table[name]
        cell = _number_words(floats(column)) if is_number(column) else _text_words(column)
        words = _turned(words ^ cell) * _ODD + cell
    return words


def _number_words(values: Floats) -> Words:
    words = _turned((values + 0.0).view(np.uint64) ^ _TURN)
    words[np.isnan(values)] = _MISSING
    return words


def _text_words(column: pa.ChunkedArray) -> Words:
    names, at = codes(column)
    hashed = pd.util.hash_array(np.array([*names, ""], dtype=object), categorize=False)
    hashed[-1] = _MISSING
    return np.asarray(hashed[at], dtype=np.uint64)


def _turned(words: Words) -> Words:
    mixed = (words ^ (words >> np.uint64(31))) * _TURN
    return np.asarray(mixed ^ (mixed >> np.uint64(29)), dtype=np.uint64)


def shares(at: Ints, size: int) -> Floats:
    """Share of each of `size` codes among those that are not -1; zeros where there are none."""
    counts = np.bincount(at[at >= 0], minlength=size).astype(np.float64)
    total = counts.sum()
    return np.asarray(counts / total if total else counts)


def label_names(table: pa.Table) -> tuple[list[str], Ints]:
    """Distinct labels as text and which each row has; numbers without a needless fraction ("1", not "1.0")."""
    column = table["y_true"]
    if not is_number(column):
        return codes(column)
    values = floats(column)
    distinct, at = np.unique(values[~np.isnan(values)], return_inverse=True)
    of_row = np.full(len(values), -1, dtype=np.int64)
    of_row[~np.isnan(values)] = at
    return [plain(value) for value in distinct.tolist()], of_row


def plain(value: Any) -> str:
    """A label as text: 1.0, 1 and "1" are one label; any other text is itself, without blanks around it."""
    text = str(value).strip()
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text
