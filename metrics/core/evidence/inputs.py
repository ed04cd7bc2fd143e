"""What a check may look at: what an evidence document names, read when a check first asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

from metrics.core.evidence.dawid_skene import Consensus, of_votes
from metrics.core.evidence.votes import Votes, too_many_labels
from metrics.core.late import pa

Input = Literal["rows", "labels", "events", "times", "intervals", "reference", "training", "votes", "manifest"]


class Rows(Protocol):
    """Finds tables of rows and votes by their digest."""

    def rows(self, digest: str) -> pa.Table: ...


@dataclass(frozen=True, eq=False)
class Inputs:
    """The content of an evidence document (see `panel`); what it does not name is None or empty.

    source: None where the document names no rows.
    """

    document: Mapping[str, Any]
    source: Rows | None = None

    @property
    def task(self) -> str:
        return str(self.document["task"])

    @property
    def time_zone(self) -> str:
        return str(self.document["time_zone"])

    @property
    def seed(self) -> int:
        return int(self.document["seed"])

    @cached_property
    def rows(self) -> pa.Table:
        return self._read(self.document["rows"])

    @cached_property
    def reference(self) -> pa.Table | None:
        """The rows that drift is measured against."""
        named = self.document.get("reference")
        return self._read(named["rows"]) if named else None

    @property
    def reference_name(self) -> str:
        return str((self.document.get("reference") or {}).get("name", ""))

    @property
    def training(self) -> pa.Table | None:
        """The training rows: read anew each time, for they may be many and one check asks for them."""
        named = self.document.get("training")
        return self._read(named["rows"]) if named else None

    @cached_property
    def consensus(self) -> tuple[Votes, Consensus] | None:
        """The votes behind the labels with their consensus; None without, or where they name too many labels."""
        named = self.document.get("votes")
        votes = self._read(named) if named else None
        return None if votes is None or too_many_labels(votes) else of_votes(votes)

    @property
    def manifest(self) -> Mapping[str, Any] | None:
        """That of the run; None for a data set."""
        return self.document.get("manifest")

    @property
    def warnings(self) -> Sequence[Mapping[str, Any]]:
        """What the upload said, as JSON with code, field and message."""
        return self.document.get("warnings") or ()

    def have(self, wanted: Input) -> bool:
        return _HAVE[wanted](self)

    def _read(self, digest: str) -> pa.Table:
        if self.source is None:
            raise LookupError("there are no rows to look at")
        return self.source.rows(digest)


def _columns(*names: str) -> Callable[[Inputs], bool]:
    return lambda inputs: set(names) <= set(inputs.rows.column_names)


_HAVE: Mapping[Input, Callable[[Inputs], bool]] = {
    "rows": lambda inputs: inputs.rows.num_rows > 0,
    "labels": _columns("y_true"),
    "events": _columns("event_time"),
    "times": _columns("event_time", "ingest_time"),
    "intervals": _columns("y_low", "y_high"),
    "reference": lambda inputs: bool(inputs.document.get("reference")),
    "training": lambda inputs: bool(inputs.document.get("training")),
    "votes": lambda inputs: bool(inputs.document.get("votes")),
    "manifest": lambda inputs: inputs.manifest is not None,
}
