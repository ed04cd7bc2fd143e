"""Work that was given up, kind by kind, as an administrator sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reports.words.work import called

SHOWN = 50  # of a kind, the newest


@dataclass(frozen=True)
class ParkedKind:
    """rows: the newest; more: how many there are besides."""

    kind: str
    title: str
    count: int
    rows: tuple[Any, ...]

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


def parked_kinds(found: Iterable[tuple[str, int, list[Any]]]) -> tuple[ParkedKind, ...]:
    kinds = (ParkedKind(kind=kind, title=called(kind), count=count, rows=tuple(rows)) for kind, count, rows in found)
    return tuple(sorted(kinds, key=lambda one: one.title))
