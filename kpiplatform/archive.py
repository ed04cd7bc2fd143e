"""The file of a backup: a tar of parts, of which the last lists the digests of the others, and a digest of the whole.

Every byte of it is vouched for: those of a part by the manifest, which names it, the rest by the line at the end.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

FORM = 1
MANIFEST = "manifest.json"
SEAL = 65  # bytes at the end: the sha256 of all before, and a line's end
CHUNK = 2**20


class Damaged(Exception):
    """The file is not what was written; the message says which part."""


class Digesting:
    """A file read or written in order, whose bytes are digested as they pass."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._sha = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        return self._passed(self._file.read(size))

    def write(self, content: bytes) -> int:
        return self._file.write(self._passed(content))

    def _passed(self, content: bytes) -> bytes:
        self._sha.update(content)
        return content

    @property
    def digest(self) -> str:
        return self._sha.hexdigest()


class Writer:
    """Parts one after the other; `seal` ends the file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._whole = file, Digesting(file)
        self._tar = tarfile.open(fileobj=self._whole, mode="w|")  # type: ignore[call-overload]  # noqa: SIM115
        self._parts: dict[str, str] = {}

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()

    def add(self, name: str, source: IO[bytes]) -> str:
        """A part, from where the source stands to its end; give its digest."""
        begin = source.tell()
        info = tarfile.TarInfo(name)
        info.size = source.seek(0, io.SEEK_END) - begin
        source.seek(begin)
        passed = Digesting(source)
        self._tar.addfile(info, passed)
        self._parts[name] = passed.digest
        return passed.digest

    def seal(self, about: Mapping[str, Any]) -> None:
        manifest = {"form": FORM, **about, "parts": self._parts}
        self.add(MANIFEST, io.BytesIO(json.dumps(manifest, sort_keys=True, indent=1).encode()))
        self._tar.close()
        self._file.write(f"{self._whole.digest}\n".encode())


def verified(path: Path) -> dict[str, Any]:
    """The manifest, once every byte is as it was written. Raises Damaged."""
    digests: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:") as archive:
            for info in archive:
                part = archive.extractfile(info)
                digests[info.name] = hashlib.file_digest(part, "sha256").hexdigest() if part else ""  # type: ignore[arg-type]
            held = archive.extractfile(MANIFEST)
            manifest = json.load(held) if held else {}
            stated = dict(manifest["parts"])
    except (tarfile.TarError, OSError, KeyError, TypeError, ValueError, EOFError) as error:
        raise Damaged(f"{path.name} is no backup, or its {MANIFEST} or frame is damaged: {error}") from error
    digests.pop(MANIFEST)
    for name in sorted(stated.keys() | digests.keys()):
        if name not in digests or name not in stated:
            raise Damaged(f"{name} is {'missing' if name in stated else 'in no manifest'}")
        if stated[name] != digests[name]:
            raise Damaged(
                f"{name} is not what was backed up: its sha256 is {digests[name][:12]}, not {stated[name][:12]}"
            )
    _whole(path)
    return dict(manifest)


def _whole(path: Path) -> None:
    left, sha = path.stat().st_size - SEAL, hashlib.sha256()
    with path.open("rb") as file:
        while left > 0 and (content := file.read(min(CHUNK, left))):
            sha.update(content)
            left -= len(content)
        if file.read() != f"{sha.hexdigest()}\n".encode():
            raise Damaged(f"{path.name}: its {MANIFEST}, or what is between or behind its parts, was changed")


@contextmanager
def opened(path: Path) -> Iterator[tarfile.TarFile]:
    with tarfile.open(path, "r:") as archive:
        yield archive


def part(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    found = archive.extractfile(name)
    assert found is not None, name
    return found
