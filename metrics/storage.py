"""Where the files of the store lie: in a folder of a disk, or in a bucket of S3-compatible storage.

Either holds a file whole or not at all, under the first two signs of its name, and tells of each its size and when it
was last written. A name is a digest; one that begins with a dot is of a file that is being written, or was when its
process was killed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from metrics.core.late import pafs

PIECE = 1 << 20  # bytes copied at a time
YOUNG = 12 * 3600  # seconds: a file that was written since then is not written again
SURE = 30  # seconds for which an object that was there is taken to be there
AT_HAND = 3600  # seconds: a copy used since then stays, as somebody may be about to open it
CONNECT, ANSWER = 5, 60  # seconds that storage has to take a connection, and to answer
WRITING = ".part-"
MANY = 10_000  # objects that are remembered to be there


class Unavailable(Exception):
    """The storage does not answer, or refuses what it was asked."""


class Changed(Exception):
    """The bytes of a file are not those of its name."""


@dataclass(frozen=True)
class Held:
    """A file: its name, its bytes, and when it was last written, in seconds since 1970."""

    name: str
    size: int
    written: float

    def young(self, seconds: float) -> bool:
        """Whether it was written within so many seconds."""
        return self.written > time.time() - seconds


class Storage(ABC):
    """Files by name. What is not there is None or raises FileNotFoundError; storage that is away, Unavailable."""

    @abstractmethod
    def put(self, name: str, source: IO[bytes]) -> None:
        """Write what a file holds from where it stands, and make the name new, whole or not at all."""

    @abstractmethod
    def renew(self, held: Held) -> bool:
        """Make a file young that need not be written again; False where it must be."""

    @abstractmethod
    def find(self, name: str) -> Held | None:
        """The file of a name."""

    @abstractmethod
    def has(self, name: str) -> bool:
        """Whether there is a file of a name; may be told of half a minute ago."""

    @abstractmethod
    def opened(self, name: str) -> IO[bytes]:
        """A file to be read from any place, of which only what is read is fetched. The caller closes it."""

    @abstractmethod
    def path(self, name: str) -> Path:
        """Where the file lies on this machine, for who reads all of it; it is read only."""

    @abstractmethod
    def files(self) -> Iterator[Held]:
        """Every file that there is."""

    @abstractmethod
    def delete(self, held: Held) -> bool:
        """Delete a file; False for one that is gone, or was written again since."""


class Folder(Storage):
    """Files in a folder, in one of 256 folders each. One volume that all processes share."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _place(self, name: str) -> Path:
        return self.root / name[:2] / name

    def put(self, name: str, source: IO[bytes]) -> None:
        place = self._place(name)
        with whole(place) as file:
            shutil.copyfileobj(source, file, PIECE)

    def renew(self, held: Held) -> bool:
        os.utime(self._place(held.name))
        return True

    def find(self, name: str) -> Held | None:
        with suppress(FileNotFoundError):
            return _held(self._place(name))
        return None

    def has(self, name: str) -> bool:
        return self._place(name).exists()

    def opened(self, name: str) -> IO[bytes]:
        return self._place(name).open("rb")

    def path(self, name: str) -> Path:
        place = self._place(name)
        if not place.exists():
            raise FileNotFoundError(name)
        return place

    def files(self) -> Iterator[Held]:
        for folder in sorted(self.root.glob("[0-9a-f][0-9a-f]")):
            for file in sorted(folder.iterdir()):
                with suppress(FileNotFoundError):
                    yield _held(file)

    def delete(self, held: Held) -> bool:
        # what was being written lies in the folder of the name that it was to have
        pattern = f"[0-9a-f][0-9a-f]/{held.name}" if held.name.startswith(".") else f"{held.name[:2]}/{held.name}"
        for place in self.root.glob(pattern):
            if _held(place) == held:
                place.unlink()
                return True
        return False


def _held(file: Path) -> Held:
    """Raises FileNotFoundError."""
    found = file.stat()
    return Held(file.name, found.st_size, found.st_mtime)


@contextmanager
def whole(place: Path) -> Iterator[IO[bytes]]:
    """A file to be written, which appears at its place on the disk once it is whole, and not at all after an error."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=WRITING)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
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


class Bucket(Storage):
    """Objects under a prefix of a bucket. Whoever reads all of a file gets a copy in a folder of this machine.

    where: bucket/prefix. endpoint: the address of storage that is not Amazon's, "" for that. Credentials, and the
    region where none is given, are found as by other tools: environment, profile, role of the machine. most: bytes of
    copies that are kept.

    An object that is written appears under its digest by a copy within the storage, as a stream that is broken off
    would else be taken for whole. That copy is one call, which storage does up to 5 GiB.
    """

    def __init__(self, where: str, *, endpoint: str = "", region: str = "", copies: Path, most: int) -> None:
        self.where, self.endpoint, self.region, self.copies, self.most = where, endpoint, region, copies, most
        self._seen: dict[str, float] = {}

    @cached_property
    def _objects(self) -> Any:
        """The connections of this process, made as the first of them is needed: never before a fork."""
        found: dict[str, Any] = {"connect_timeout": CONNECT, "request_timeout": ANSWER, "background_writes": False}
        if self.endpoint:
            scheme, _, address = self.endpoint.partition("://")
            found |= {"endpoint_override": address, "scheme": scheme}
        if self.region:
            found["region"] = self.region
        return pafs.S3FileSystem(**found)

    def _key(self, name: str) -> str:
        return f"{self.where}/{name[:2]}/{name}"

    def put(self, name: str, source: IO[bytes]) -> None:
        writing = f"{WRITING}{uuid.uuid4().hex}"
        with answering(self.where):
            try:
                with self._objects.open_output_stream(self._key(writing)) as to:
                    while piece := source.read(PIECE):
                        to.write(piece)
                self._objects.copy_file(self._key(writing), self._key(name))
            finally:
                with suppress(OSError):
                    self._objects.delete_file(self._key(writing))

    def renew(self, held: Held) -> bool:
        return held.young(YOUNG)  # an object's time is that of its writing

    def find(self, name: str) -> Held | None:
        with answering(self.where):
            found = self._objects.get_file_info(self._key(name))
        if not found.is_file:
            self._seen.pop(name, None)
            return None
        if len(self._seen) >= MANY:
            self._seen.clear()
        self._seen[name] = time.monotonic()
        return _object(found)

    def has(self, name: str) -> bool:
        return time.monotonic() - self._seen.get(name, -SURE) < SURE or self.find(name) is not None

    def opened(self, name: str) -> IO[bytes]:
        with answering(self.where):
            found: IO[bytes] = self._objects.open_input_file(self._key(name))
        return found

    def path(self, name: str) -> Path:
        held, copy = self.find(name), self.copies / name[:2] / name
        if held is None:
            copy.unlink(missing_ok=True)
            raise FileNotFoundError(name)
        with suppress(FileNotFoundError):
            if copy.stat().st_size == held.size:
                os.utime(copy)
                return copy
        self._make_room(held.size)
        read = hashlib.sha256()
        with whole(copy) as to, self.opened(name) as file, answering(self.where):
            while piece := file.read(PIECE):
                read.update(piece)
                to.write(piece)
            if read.hexdigest() != name:
                raise Changed(name)
        return copy

    def _make_room(self, size: int) -> None:
        """Delete the copies that were used longest ago, until there is room for so many bytes."""
        held = sorted(Folder(self.copies).files(), key=lambda copy: copy.written)
        over = sum(copy.size for copy in held) + size - self.most
        for copy in held:
            if over <= 0 or copy.young(AT_HAND):
                return
            over -= copy.size if Folder(self.copies).delete(copy) else 0

    def files(self) -> Iterator[Held]:
        with answering(self.where):
            selector = pafs.FileSelector(self.where, allow_not_found=True, recursive=True)
            found = self._objects.get_file_info(selector)
        yield from (_object(one) for one in found if one.is_file and one.path == self._key(one.base_name))

    def delete(self, held: Held) -> bool:
        if self.find(held.name) != held:
            return False
        (self.copies / held.name[:2] / held.name).unlink(missing_ok=True)
        self._seen.pop(held.name, None)
        with answering(self.where), suppress(FileNotFoundError):
            self._objects.delete_file(self._key(held.name))
        return True


def _object(found: Any) -> Held:
    return Held(found.base_name, found.size, found.mtime_ns // 10**9)  # a list tells parts of a second, and a HEAD none


@contextmanager
def answering(of: str) -> Iterator[None]:
    """What goes wrong between here and the storage is Unavailable; a disk that is full stays what it is."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise
        raise Unavailable(f"the storage of {of} does not do what it is asked: {error}") from error
