"""Content-addressed files under STORE_DIR: named by the sha256 of their bytes, written once, never changed.

A file is written beside its place, flushed to the disk, then renamed; the database row that names it is committed after
that. So a row never names a file that is not whole. Files that no row names are swept once they are a day old.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

ORPHAN_AGE = 24 * 3600
PIECE = 1 << 20  # bytes copied at a time


class Missing(Exception):
    """The store has no file under that digest, or its bytes are not what the digest says."""


def path(digest: str) -> Path:
    return Path(settings.STORE_DIR) / digest[:2] / digest


def put(content: bytes) -> str:
    """Store the bytes, and give their digest. Raises OSError (disk full) with nothing left behind."""
    digest = hashlib.sha256(content).hexdigest()
    _put(digest, len(content), lambda file: file.write(content))
    return digest


def put_file(held: Path) -> str:
    """Store the bytes of a file, never all of them in memory; else as `put`."""
    with held.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        _put(digest, held.stat().st_size, lambda to: shutil.copyfileobj(file, to, PIECE))
    return digest


def _put(digest: str, size: int, write: Callable[[BinaryIO], object]) -> None:
    place = path(digest)
    if place.exists() and place.stat().st_size == size:
        os.utime(place)  # young again: the sweep must not take what a row is about to name
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(place)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    directory = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def get(digest: str, *, check: bool = False) -> bytes:
    """The bytes under a digest; `check` hashes them again. Raises Missing."""
    try:
        content = path(digest).read_bytes()
    except FileNotFoundError as error:
        raise Missing(f"the store has no file {digest[:12]}; restore it from the backup") from error
    if check and hashlib.sha256(content).hexdigest() != digest:
        raise Missing(f"the bytes of {digest[:12]} are not those that were stored")
    return content


def files() -> Iterator[Path]:
    root = Path(settings.STORE_DIR)
    return (file for folder in sorted(root.glob("[0-9a-f][0-9a-f]")) for file in sorted(folder.iterdir()))


def size() -> tuple[int, int]:
    """How many files there are, and their bytes; one that goes while it is counted counts nothing."""
    count = total = 0
    for file in files():
        with suppress(FileNotFoundError):
            total += file.stat().st_size
            count += 1
    return count, total


def sweep(named: Iterable[str]) -> int:
    """Delete files that no row names and that are a day old; give how many."""
    keep, oldest, count = set(named), time.time() - ORPHAN_AGE, 0
    for file in files():
        if file.name not in keep and file.stat().st_mtime < oldest:
            file.unlink(missing_ok=True)
            count += 1
    return count
