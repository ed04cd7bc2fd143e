"""Rows: the canonical table of one evaluation, its file and its digest.

Every upload ends as this table (see `upload`), whatever it came as:

    example_id   string     unique, never null; integers as decimal text
    y_true       double     0 or 1; null = not labelled yet
    y_score      double     or float where it came as float32; never null
    split        string     optional
    weight       double     optional, ≥ 0
    cluster_id   string     optional; the unit that varies independently (a customer), never null
    event_time   timestamp  optional, microseconds in UTC; null = not given
    ingest_time  timestamp  optional, likewise
    segments     string     any number; "(missing)" where the cell was empty
    amounts      double     any number, in currency; never null
    feature.*    double or string, optional

The names of segment and amount columns stand in the schema's metadata as JSON lists, for a column's name alone does
not tell them apart.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

SEGMENTS_KEY = b"segments"
AMOUNTS_KEY = b"amounts"
MISSING_SEGMENT = "(missing)"
FEATURE_PREFIX = "feature."
TIME = pa.timestamp("us", tz="UTC")

# Row groups are what later passes stream over; the size is part of the bytes that the digest of a file is taken of.
ROW_GROUP = 262_144

_KEY_LOW = "kpiplatform:low:"
_KEY_HIGH = "kpiplatform:high"
_NO_LABEL = np.uint64(0x7FF8_0000_0000_0001)
_SALT_LOW = np.uint64(0x9E37_79B9_7F4A_7C15)
_SALT_HIGH = np.uint64(0xD1B5_4A32_D192_ED03)


def with_kinds(table: pa.Table, *, segments: list[str], amounts: list[str]) -> pa.Table:
    """The table with the names of its segment and amount columns written into its schema, and nothing else there."""
    metadata = {SEGMENTS_KEY: json.dumps(segments).encode(), AMOUNTS_KEY: json.dumps(amounts).encode()}
    return table.replace_schema_metadata(metadata)


def segment_columns(table: pa.Table) -> list[str]:
    """Names of the segment columns, in the order of the file that they came from."""
    return _names(table, SEGMENTS_KEY)


def amount_columns(table: pa.Table) -> list[str]:
    """Names of the amount columns, in the order of the file that they came from."""
    return _names(table, AMOUNTS_KEY)


def _names(table: pa.Table, key: bytes) -> list[str]:
    names: list[str] = json.loads((table.schema.metadata or {}).get(key, b"[]"))
    return names


def write_rows(table: pa.Table, path: Path) -> None:
    """Write a canonical table as Parquet (zstd). Equal tables give equal bytes, however their chunks are cut."""
    table = table.combine_chunks()
    # A dictionary of ids would be as long as the column: it costs time twice and saves nothing.
    repeated = [field.name for field in table.schema if pa.types.is_string(field.type) and field.name != "example_id"]
    pq.write_table(
        table,
        path,
        compression="zstd",
        row_group_size=ROW_GROUP,
        use_dictionary=repeated,
        write_page_checksum=True,
    )


def read_rows(path: Path, *, columns: list[str] | None = None) -> pa.Table:
    """Read a table written by `write_rows`, wholly or some columns of it. Raises pyarrow's errors on damaged files."""
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        return file.read(columns=columns)


def data_digest(table: pa.Table) -> str:
    """32 hex digits naming the set of (example_id, y_true), whatever the order of its rows.

    The sum mod 2^128 of one 128-bit hash a row, so that digests of parts can be added. Two SipHash-2-4 of the id's
    UTF-8 text under two fixed keys give the halves; each is mixed with the 64 bits of the label (-0.0 as 0.0, one
    pattern of its own for "not labelled yet") by an xor before the finaliser of SplitMix64, so that labels exchanged
    between two ids change the sum.
    """
    ids = table.column("example_id").to_numpy()
    labels = table.column("y_true")
    given = labels.is_valid().to_numpy()
    # + 0.0 turns -0.0 into 0.0.
    values = np.nan_to_num(labels.to_numpy().astype(np.float64)) + 0.0
    bits = np.where(given, values.view(np.uint64), _NO_LABEL)
    low = _summed(_mixed(_hashed(ids, _KEY_LOW) ^ _mixed(bits ^ _SALT_LOW)))
    high = _summed(_mixed(_hashed(ids, _KEY_HIGH) ^ _mixed(bits ^ _SALT_HIGH)))
    return f"{((high << 64) + low) % (1 << 128):032x}"


def _hashed(ids: NDArray[Any], key: str) -> NDArray[np.uint64]:
    return pd.util.hash_array(ids.astype(object), hash_key=key, categorize=False)


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
