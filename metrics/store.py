"""Content-addressed files: named by the sha256 of their bytes, written once, never changed.

They lie in a folder, STORE_DIR, or in a bucket, STORE_URL (see `storage`). A file is written beside its place, and is
there once it is whole; the database row that names it is committed after that. So a row never names a file that is not
whole. Files that no row names are swept once they are a day old.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO

from django.conf import settings

from metrics.storage import Bucket, Changed, Folder, Held, Storage, answering

ORPHAN_AGE = 24 * 3600


class Missing(Exception):
    """The store has no file under that digest, or its bytes are not what the digest says."""


def storage() -> Storage:
    """Where the files lie, as the settings say now."""
    if not settings.STORE_URL:
        return Folder(Path(settings.STORE_DIR))
    copies = Path(settings.STORE_DIR) / "copies"
    return _bucket(os.getpid(), settings.STORE_URL, copies, settings.STORE_COPIES_MAX_BYTES)


@lru_cache(maxsize=4)
def _bucket(_process: int, where: str, copies: Path, most: int) -> Bucket:
    """One for each process: connections are not taken over a fork."""
    return Bucket(where, endpoint=settings.STORE_ENDPOINT, region=settings.STORE_REGION, copies=copies, most=most)


def put(content: bytes) -> str:
    """Store the bytes, and give their digest. Raises OSError (disk full) or Unavailable with nothing left behind."""
    return put_open(io.BytesIO(content))


def put_file(lies: Path) -> str:
    """Store the bytes of a file, never all of them in memory; else as `put`."""
    with lies.open("rb") as file:
        return put_open(file)


def put_open(file: IO[bytes]) -> str:
    """As `put_file`, of a file that is open, from its beginning."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    size, place = file.seek(0, io.SEEK_END), storage()
    found = place.find(digest)
    # young again, or written again: the sweep must not take what a row is about to name
    if found is None or found.size != size or not place.renew(found):
        file.seek(0)
        place.put(digest, file)
    return digest


def get(digest: str, *, check: bool = False) -> bytes:
    """The bytes under a digest; `check` hashes them again. Raises Missing."""
    with opened(digest) as file, answering(digest):
        content = file.read()
    if check and hashlib.sha256(content).hexdigest() != digest:
        raise Missing(f"the bytes of {digest[:12]} are not those that were stored")
    return content


def held(digest: str) -> Held | None:
    """The file of a digest with its size; None where there is none."""
    return storage().find(digest)


def has(digest: str) -> bool:
    """Whether there is a file of a digest."""
    return storage().has(digest)


def opened(digest: str) -> IO[bytes]:
    """The file of a digest, to be read from any place; the caller closes it. Raises Missing."""
    with _there(digest):
        return storage().opened(digest)


def path(digest: str) -> Path:
    """Where the file of a digest lies on this machine, for who reads all of it; it is read only. Raises Missing."""
    with _there(digest):
        return storage().path(digest)


def intact(digest: str) -> bool:
    """Whether the bytes of a file are what its digest says. Raises Missing."""
    with opened(digest) as file, answering(digest):
        return hashlib.file_digest(file, "sha256").hexdigest() == digest  # type: ignore[arg-type]


@contextmanager
def _there(digest: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Missing(f"the store has no file {digest[:12]}; restore it from the backup") from error
    except Changed as error:
        raise Missing(f"the bytes of {digest[:12]} are not those that were stored") from error


def files() -> Iterator[Held]:
    """Every file that there is, those that are being written too."""
    return storage().files()


def size() -> tuple[int, int]:
    """How many files there are, and their bytes; one that goes while it is counted counts nothing."""
    sizes = [one.size for one in files()]
    return len(sizes), sum(sizes)


def sweep(named: Iterable[str]) -> int:
    """Delete files that no row names and that are a day old; give how many."""
    keep, place = set(named), storage()
    return sum(place.delete(one) for one in place.files() if one.name not in keep and not one.young(ORPHAN_AGE))
