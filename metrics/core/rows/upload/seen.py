"""What parts of the rows say, each of itself, where only all rows together decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from metrics.core.rows.upload.ids import FloatIds
from metrics.core.rows.upload.rounding import Rounding


@dataclass
class Part:
    """Of one block of rows or, added up, of more.

    ids: by column of ids in text, whether a column of floats wrote them. rounding: of probabilities, where there are.
    """

    ids: dict[str, FloatIds] = field(default_factory=dict)
    rounding: Rounding | None = None

    def merge(self, other: Part, *, before: int = 0) -> None:
        """Add rows that `before` others of their part precede."""
        for name, found in other.ids.items():
            self.ids.setdefault(name, FloatIds()).merge(found)
        if other.rounding is not None:
            self.rounding = self.rounding or Rounding()
            if self.rounding.merge(other.rounding) and self.rounding.row is not None:
                self.rounding.row += before

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        ids = {name: [found.some, found.other] for name, found in self.ids.items()}
        rounding = self.rounding and [
            [sorted(one) for one in self.rounding.each],
            self.rounding.worst,
            self.rounding.row,
        ]
        return {"ids": ids, "rounding": rounding}

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Part:
        ids = {name: FloatIds(*found) for name, found in said["ids"].items()}
        if said["rounding"] is None:
            return cls(ids)
        each, worst, row = said["rounding"]
        return cls(ids, Rounding([set(one) for one in each], worst, row))


def all_of(parts: Iterable[Part]) -> tuple[Part, int]:
    """Parts added up, and the place of the one with the row whose probabilities miss a sum of 1 by the most."""
    whole, worst = Part(), 0
    for place, part in enumerate(parts):
        off = 0.0 if whole.rounding is None else abs(whole.rounding.worst - 1)
        if part.rounding is not None and abs(part.rounding.worst - 1) > off:
            worst = place
        whole.merge(part)
    return whole, worst
