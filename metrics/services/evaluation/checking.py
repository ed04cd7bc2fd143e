"""Having an upload checked by another process, within limits of memory and time, and only so many large ones at once.

What a file decodes into is known only once it is decoded, so the limit is the kernel's. A small file has a small limit
and waits for nobody. A large file, and a small one that turns out to be large, has one of a few places that all
processes of a VAR_DIR share.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from django.conf import settings

from metrics.services.writing.refusal import Busy, Fault, TooLarge


@dataclass(frozen=True)
class Limit:
    """Bytes beyond those of a process that has read nothing, and seconds of a processor."""

    bytes: int
    seconds: int


SMALL_FILE = 1 << 20
SMALL = Limit(96 << 20, 10)
LARGE = Limit(384 << 20, 60)
SLOW = 4 << 20  # bytes of a file that are checked in a second, at the least
PATIENCE = 5.0  # seconds that a large check waits for a place
COMMAND = (sys.executable, "-m", "metrics.services.evaluation.checker")
# One thread and one pool of memory that gives back at once: then what is counted is what is used.
ENVIRONMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_IO_THREADS", "MALLOC_ARENA_MAX"), "1"),
    **dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(1 << 20)),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}


def checked(question: Mapping[str, Any], *, size: int) -> dict[str, Any]:
    """The answer of `upload.asked` to a question about a file of so many bytes.

    Raises TooLarge where its check takes more memory or time than one may, and Busy where too many are under way.
    """
    if size <= SMALL_FILE:
        found, _ = _asked(question, SMALL)
        if found is not None:
            return found
    limit = Limit(LARGE.bytes, LARGE.seconds + size // SLOW)
    with place():
        found, seconds = _asked(question, limit)
    if found is None:
        what = f"more than {limit.bytes >> 20} MB of memory"
        if seconds >= limit.seconds:
            what = f"more than {limit.seconds} seconds of a processor"
        remedy = "Send fewer rows, or leave out columns that are not needed."
        message = f"checking the rows takes {what}, which is all that one upload may take"
        raise TooLarge(Fault(field="file", message=message, code="too_large", remedy=remedy))
    return found


def _asked(question: Mapping[str, Any], limit: Limit) -> tuple[dict[str, Any] | None, float]:
    """The answer, None where the check came to its limit or broke; and the seconds that it took."""
    begun = time.monotonic()
    text = json.dumps({**question, "bytes": limit.bytes, "seconds": limit.seconds}).encode() + b"\n"
    said = b""
    try:
        with CHECKER.line() as line, line.makefile("rwb") as talk:
            talk.write(text)
            talk.flush()
            said = talk.readline()
    except ConnectionError:  # it was killed while it was asked
        pass
    found = json.loads(said) if said.endswith(b"\n") else {"memory": True}
    if fault := found.get("fault"):
        raise RuntimeError(f"an upload could not be checked:\n{fault}")
    return None if found.get("memory") else found, time.monotonic() - begun


@contextmanager
def place() -> Iterator[None]:
    """One of the places for large checks, held as a lock on a file. Raises Busy where none is free for a while."""
    folder = Path(settings.VAR_DIR) / "checks"
    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + PATIENCE
    while True:
        for number in range(settings.UPLOAD_CHECKS):
            with (folder / f"{number}.lock").open("w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                yield
                return
        if time.monotonic() > until:
            raise Busy("as many large files as may be are being checked; nothing was stored, try again in a moment")
        time.sleep(0.1)


class Checker:
    """The process that checks for this one: started when it is first needed, and again when it is gone."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of = 0  # the process that started it: one that was forked from that has none yet
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @property
    def process(self) -> int:
        """Its number; 0 where there is none."""
        return self._process.pid if self._process is not None else 0

    def line(self) -> socket.socket:
        """A connection to a new check."""
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            try:
                socket.send_fds(self._started(), [b"."], [theirs.fileno()])
            except ConnectionError:
                self.end()
                socket.send_fds(self._started(), [b"."], [theirs.fileno()])
        return ours

    def _started(self) -> socket.socket:
        if self._control is None or self._of != os.getpid():
            self._control, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                    [*COMMAND, str(theirs.fileno())],
                    cwd=settings.BASE_DIR,
                    env=os.environ | ENVIRONMENT,
                    stdin=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                )
            self._of = os.getpid()
        return self._control

    def end(self) -> None:
        """Let it go: it ends once it hears nothing more."""
        if self._control is not None and self._process is not None and self._of == os.getpid():
            self._control.close()
            self._process.wait()
        self._control = self._process = None


CHECKER = Checker()
atexit.register(CHECKER.end)
