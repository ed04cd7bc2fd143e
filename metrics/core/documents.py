"""Documents: the plain JSON from which a result is made, and the digest by which it is known.

A result is a pure function of its document; documents name one another by digest, so one digest stands for
everything beneath it. Equal values must therefore give equal bytes on every machine and in every database.
"""

from __future__ import annotations

import hashlib
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from metrics.core.late import pa

Document = Mapping[str, Any]
T = TypeVar("T")
MOST_AT_ONCE = 5_000_000  # rows; some 125 bytes each
UNDER = ("value", "decisions", "cube", "sums", "noise")


class RowsNotHeld(ValueError):
    """Something is to be made from rows that are not here. said: so, of the rows alone."""

    said = ""

    @property
    def told(self) -> str:
        """The same with where, or since when."""
        return f"rows {self.said}"


class RowsElsewhere(RowsNotHeld):
    """They never were: whoever logged the run scanned them where they lie, at `where`. place: so, in words."""

    said = "cube supplied by its sender, rows not held here"

    def __init__(self, where: str) -> None:
        self.where, self.place = where, f"its rows lie at {where}, not held here"
        super().__init__(f"{self.place}, and it is made from them")

    @property
    def told(self) -> str:
        return f"{self.said} but at {self.where}"


class RowsRemoved(RowsNotHeld):
    """They are kept no longer; `on` is the day since when."""

    def __init__(self, on: date) -> None:
        super().__init__(f"its rows were removed on {on} by retention, and it is made from them")
        self.on, self.said = on, f"removed on {on} by retention"


class RowsTooMany(RowsNotHeld):
    """They are here, and more than a process takes into its memory; what reads them in blocks is made all the same."""

    def __init__(self, n: int) -> None:
        message = f"its {n:,} rows are more than the {MOST_AT_ONCE:,} that are held at once, and it is made from all"
        super().__init__(f"{message} together")
        self.said = f"too many to be held at once: {n:,}"


class Source(ABC):
    """Finds documents, files and rows by digest: in a database and a store on a server, in an exported file offline."""

    @abstractmethod
    def document(self, digest: str) -> Document: ...

    @abstractmethod
    def content(self, digest: str) -> bytes: ...

    @abstractmethod
    def rows(self, digest: str) -> pa.Table: ...

    def path(self, digest: str) -> Path | None:
        """Where the rows lie as a file, to be read block by block; None where they are at hand as a table only."""
        return None

    def read(self, digest: str, reader: Callable[[bytes], T]) -> T:
        """What a reader makes of a file. A digest names the same bytes for ever, so a source may remember it."""
        return self.made((digest, reader), lambda: reader(self.content(digest)))

    def made(self, name: Hashable, make: Callable[[], T]) -> T:
        """What was made under a name that says all it is made from; a source may remember it."""
        return make()


def under(document: Document) -> Iterator[str]:
    """Digests of the documents that a document names."""
    yield from (document[name] for name in UNDER if isinstance(document.get(name), str))
    for operand in document.get("operands", {}).values():
        if "result" in operand:
            yield operand["result"]
        if "metric" in operand:
            yield operand["metric"]["cube"]


def made_from_rows(part: Any, documents: Mapping[str, Document]) -> bool:
    """Whether a document, or one that it names by digest however deep, is made from rows."""
    if isinstance(part, str):
        return part in documents and made_from_rows(documents[part], documents)
    if isinstance(part, Mapping):
        return bool(part.get("rows")) or any(made_from_rows(value, documents) for value in part.values())
    return isinstance(part, list | tuple) and any(made_from_rows(value, documents) for value in part)


def canonical(doc: Any) -> bytes:
    """The one UTF-8 text of a plain JSON value: keys sorted by code point, no blanks, no escapes beyond those needed.

    Numbers that are equal are written alike (1.0 as 1, -0.0 as 0), because a database may hand back either form.
    Tuples count as lists. Raises TypeError for anything that is not JSON, ValueError for a number that is not finite
    and for text that has no UTF-8 form.
    """
    text = json.dumps(_plain(doc), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def digest(doc: Any) -> str:
    """SHA-256 of the canonical text, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(doc)).hexdigest()


def digests(doc: Document, field: str, values: Iterable[str]) -> dict[str, str]:
    """Value → digest of a document with that value in a field: the same as of each alone, in the time of one.

    >>> digests({"a": [1.0]}, "figure", ["total"])["total"] == digest({"a": [1], "figure": "total"})
    True
    """
    before = canonical({key: held for key, held in doc.items() if key < field})[1:-1]
    after = canonical({key: held for key, held in doc.items() if key > field})[1:-1]
    begun = hashlib.sha256(b"{" + before + (b"," if before else b"") + canonical(field) + b":")
    ends = (b"," if after else b"") + after + b"}"
    made = {}
    for value in values:
        one = begun.copy()
        one.update(canonical(value) + ends)
        made[value] = one.hexdigest()
    return made


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _number(float(value))
    if isinstance(value, Mapping):
        return {_name(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"a document holds plain JSON only, not {type(value).__name__}")


def _number(value: float) -> float | int:
    if not math.isfinite(value):
        raise ValueError(f"a document holds finite numbers only, not {value!r}")
    return int(value) if value.is_integer() else value


def _name(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a document's keys are text, not {type(key).__name__}")
    return key
