"""How many different texts a column holds: kept while they are few, and beyond that counted by their hashes."""

from __future__ import annotations

from typing import Any

from metrics.core.late import pa, pc
from metrics.core.rows.condition import Distinct as Hashed

FEW = 65_536


class Distinct:
    """Takes texts, without nulls, in parts.

    texts: all of them in the order in which they came; None once they are more than a few.
    """

    def __init__(self) -> None:
        self.texts: Any = pa.array([], pa.string())
        self._hashed = Hashed()
        self._added = 0

    def add(self, texts: Any) -> None:
        """Add the texts of a part."""
        new = pc.unique(texts)
        if self.texts is not None:
            both = pc.unique(pa.concat_arrays([self.texts, new]))
            if len(both) <= FEW:
                self.texts = both
                return
            new, self.texts = both, None
        self._added += len(new)
        self._hashed.add(Hashed.keys(pa.chunked_array([new])))

    def count(self) -> int:
        """How many there are; beyond a few by a hash of 64 bits."""
        return len(self.texts) if self.texts is not None else self._added - self._hashed.repeated()
