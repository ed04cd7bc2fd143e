"""A bar on the terminal that says how much of an upload was sent."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self, TextIO

WIDTH = 30
# Redrawing costs more than sending a small piece.
EVERY_SECONDS = 0.1


class Bar:
    """Draws itself over one line of a terminal and wipes that line in the end; silent on anything but a terminal."""

    def __init__(self, label: str, out: TextIO) -> None:
        self._label = label
        self._out = out
        self._shown = out.isatty()
        self._begun = time.monotonic()
        self._drawn = 0.0
        self._length = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._length:
            self._out.write("\r" + " " * self._length + "\r")
            self._out.flush()

    def __call__(self, sent: int, size: int) -> None:
        """Draw the state, at most ten times a second and once at the end."""
        now = time.monotonic()
        if self._shown and (now - self._drawn >= EVERY_SECONDS or sent >= size):
            self._drawn = now
            line = drawn(self._label, sent, size, now - self._begun)
            self._out.write("\r" + line.ljust(self._length))
            self._out.flush()
            self._length = max(self._length, len(line))


def drawn(label: str, sent: int, size: int, seconds: float) -> str:
    """The line: label, bar, share, bytes, speed."""
    share = min(1.0, sent / size) if size else 1.0
    filled = int(share * WIDTH)
    speed = f"  {megabytes(sent / seconds)}/s" if seconds > EVERY_SECONDS else ""
    bar = "█" * filled + "░" * (WIDTH - filled)
    state = f"{megabytes(sent)} of {megabytes(size)}{speed}" if share < 1 else f"{megabytes(size)} sent, being checked"
    return f"{label[:40]}  {bar}  {share:4.0%}  {state}"


def megabytes(number: float) -> str:
    """Bytes as a reader takes them in: 512 B, 48 kB, 12.3 MB."""
    if number < 1000:
        return f"{number:.0f} B"
    return f"{number / 1e3:.0f} kB" if number < 1e6 else f"{number / 1e6:.1f} MB"
