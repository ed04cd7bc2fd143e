"""Common random numbers: draw k of one quantity goes with draw k of every other.

Two sources. Rows are resampled in buckets: a row's bucket is a keyed hash of its id's text, and bucket b has one
Poisson(1) weight a draw, the same for every run of a product, so that runs on the same examples are paired
(Chamandy, Muralidharan, Najmi, Naidu 2012, "Estimating uncertainty for massive data streams"). Assumptions are drawn
by inverting their distribution at uniforms that belong to the assumption's id. Both come from raw Philox words, which
are integers: nothing depends on the order of calls, on which buckets are present, or on the machine.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.estimate import Draws
from metrics.core.late import pa

K = 2000
BUCKETS = 256
SMALL_BUCKETS = 65_536
SMALL_N = 1024

_HASH_KEY = np.uint64(0x6B70_6962_7563_6B74)
_WEYL = np.uint64(0x9E37_79B9_7F4A_7C15)
_MIX = (np.uint64(0xBF58_476D_1CE4_E5B9), np.uint64(0x94D0_49BB_1331_11EB))
# Entry j keeps the first j bytes of a little-endian word.
_KEEP = np.array([2 ** (8 * j) - 1 for j in range(9)], dtype=np.uint64)
_BUCKET_STREAM = 0x6275_636B_6574
_AT_ONCE = 64  # buckets, of which a megabyte of words is looked at


def buckets_for(n: int) -> int:
    """How many buckets n labelled rows are hashed into: 256, or 65,536 for fewer than 1,024 rows."""
    return SMALL_BUCKETS if n < SMALL_N else BUCKETS


def bucket_ids(ids: Any, n_buckets: int) -> NDArray[np.uint32]:
    """Bucket of each id: keyed 64-bit hash of its UTF-8 text, modulo n_buckets.

    ids: an Arrow or numpy array, or a sequence, of text; integers are taken as decimals. Shape (n,) in, (n,) out.
    256 divides 65,536, so the small bucket modulo 256 is the large one. Raises ValueError where an id is missing.
    """
    if n_buckets < 1:
        raise ValueError(f"at least one bucket is needed, got {n_buckets}")
    return (id_hashes(ids) % np.uint64(n_buckets)).astype(np.uint32)


def id_hashes(ids: Any) -> NDArray[np.uint64]:
    """Keyed 64-bit hash of each id's UTF-8 text; ids as for `bucket_ids`."""
    return _hashes(_texts(ids))


def bucket_weights(seed: int, n_buckets: int, columns: NDArray[Any] | None = None) -> Draws:
    """Poisson(1) weights, shape (K, n_buckets), or (K, len(columns)) for the buckets named; read-only.

    Column b depends on (seed, n_buckets, b) alone: naming fewer columns changes none of the others.
    """
    named = np.arange(n_buckets) if columns is None else np.asarray(columns)
    if len(named) and (named.min() < 0 or named.max() >= n_buckets):
        raise ValueError(f"buckets lie between 0 and {n_buckets - 1}")
    return _weights(_seed(seed), n_buckets, named.astype(np.uint32).tobytes())


def uniforms(seed: int, name: str) -> Draws:
    """K uniforms strictly between 0 and 1 for whatever `name` names (an assumption's id); read-only."""
    return _uniforms(_seed(seed), name)


@lru_cache(maxsize=512)
def _uniforms(seed: int, name: str) -> Draws:
    stream = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    words = _words(seed, stream, (1, 0, 0))
    # 52 bits and a half step: the ends 0 and 1, where a quantile may be infinite, cannot be reached.
    values = ((words >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    values.flags.writeable = False
    return values


def _seed(seed: int) -> int:
    if not 0 <= seed < 2**64:
        raise ValueError(f"a seed lies between 0 and 2^64 - 1, got {seed}")
    return int(seed)


def _words(seed: int, stream: int, place: tuple[int, int, int]) -> NDArray[np.uint64]:
    """K raw words of Philox at a place of its own: key = (seed, stream), upper counter words = place."""
    generator = np.random.Philox(
        key=np.array([seed, stream], dtype=np.uint64), counter=np.array([0, *place], dtype=np.uint64)
    )
    return np.asarray(generator.random_raw(K), dtype=np.uint64)


@lru_cache(maxsize=4)
def _weights(seed: int, n_buckets: int, columns: bytes) -> Draws:
    named = np.frombuffer(columns, dtype=np.uint32)
    counts = np.empty((len(named), K), dtype=np.uint8)
    for start in range(0, len(named), _AT_ONCE):
        part = named[start : start + _AT_ONCE].tolist()
        words = np.stack([_words(seed, _BUCKET_STREAM, (bucket, n_buckets, 0)) for bucket in part])
        counts[start : start + _AT_ONCE] = _poisson(words)
    weights = np.ascontiguousarray(counts.T, dtype=np.float64)
    weights.flags.writeable = False
    return weights


def _poisson(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """The Poisson(1) variable of each word: how many ends it reaches. Nearly all reach a few, so each end is compared
    with all words, until none reaches it: twice as fast as looking for the place of each word."""
    counts = np.zeros(words.shape, dtype=np.uint8)
    for end in _poisson_table():
        reached = words >= end
        if not reached.any():
            break
        counts += reached
    return counts


@lru_cache(maxsize=1)
def _poisson_table() -> NDArray[np.uint64]:
    """Entry j = the 64-bit word from which the Poisson(1) variable exceeds j; decimal arithmetic, not the machine's."""
    with localcontext() as context:
        context.prec = 60
        term, total, table = Decimal(-1).exp(), Decimal(0), []
        for j in range(21):
            total += term
            table.append(min(int(total * 2**64), 2**64 - 1))
            term /= j + 1
    return np.array(table, dtype=np.uint64)


def _texts(ids: Any) -> pa.Array:
    array = ids if isinstance(ids, pa.Array | pa.ChunkedArray) else pa.array(ids)
    array = array.cast(pa.large_string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if array.null_count:
        raise ValueError(f"{array.null_count} ids are missing")
    return array


def _hashes(texts: pa.Array) -> NDArray[np.uint64]:
    """64-bit hash of each text: its eight-byte words folded one after another through the splitmix64 finaliser."""
    if len(texts) == 0:
        return np.zeros(0, dtype=np.uint64)
    _, offset_buffer, data_buffer = texts.buffers()
    starts = np.frombuffer(offset_buffer, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    lengths = np.diff(starts)
    data = np.frombuffer(data_buffer, dtype=np.uint8) if data_buffer is not None else np.zeros(0, dtype=np.uint8)
    # The word that starts at every byte: overlapping and unaligned, read eight bytes at a time.
    padded = np.concatenate([data, np.zeros(8, dtype=np.uint8)])
    word_at: NDArray[np.uint64] = np.ndarray((len(padded) - 7,), dtype="<u8", buffer=padded, strides=(1,))
    hashes = _mixed(lengths.astype(np.uint64) ^ _HASH_KEY)
    reading = np.flatnonzero(lengths > 0)
    position = 0
    while len(reading):
        left = np.minimum(lengths[reading] - position, 8)
        words = word_at[starts[reading] + position] & _KEEP[left]
        hashes[reading] = _mixed(hashes[reading] ^ words)
        position += 8
        reading = reading[lengths[reading] > position]
    return hashes


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The splitmix64 step (Steele, Lea, Flood 2014): every bit of the result depends on every bit of the word."""
    mixed = words + _WEYL
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[0]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[1]
    return mixed ^ (mixed >> np.uint64(31))
