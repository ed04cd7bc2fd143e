"""What an upload knows of a task: its columns, and how labels and predictions are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metrics.core.rows.refusal import Warn
    from metrics.core.rows.spool import Columns
    from metrics.core.rows.upload.column import Cells
    from metrics.core.rows.upload.predictions import Read, Reading

ONCE = "Send each example once, or choose one split."


def none(*_: Any) -> str:
    """Nothing to tell."""
    return ""


@dataclass(frozen=True, kw_only=True)
class TaskRows:
    """The rows of a task, as a file sends them and as the canonical table holds them.

    predicted: columns of predictions that a file may have under a fixed name, the needed one first; instead: needed one
    → the column that may stand for it. predicts: columns of predictions of the canonical table. needed: further columns
    that every row has; placed: those by which rows are placed, such as series.

    classed: labels are texts, of classes. judged: labels are judgements, which may all be the same. intervals:
    predictions may have bounds. timed: every row has a time of its own in its series, which may lie ahead. vote: the
    label of one labeler as text; None where votes are not read.

    label: y_true of the canonical table. alike: code and words of the warning that all labels are the same. read: the
    columns of predictions. noticed: the columns of predictions as they are kept, with what they deserve a look for.
    checked: warns of labels and predictions that do not fit together. once: the remedy for an id that comes twice.
    mistaken: the remedy where, by the names in the file, another task is meant.

    told: for who makes a file, (column, what it holds) of its own columns, the needed ones first. example: for who logs
    from Python, a few rows as the client takes them.
    """

    name: str
    predicted: tuple[str, ...]
    predicts: tuple[str, ...]
    label: Callable[[Cells, Warn], Iterator[Any]]
    alike: tuple[str, str]
    read: Callable[[Reading], list[Read]]
    noticed: Callable[[Reading, list[Read]], list[str]]
    checked: Callable[[Columns, Warn], object] = none
    instead: Mapping[str, str] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    placed: tuple[str, ...] = ()
    classed: bool = False
    judged: bool = False
    intervals: bool = False
    timed: bool = False
    vote: Callable[[Cells, Warn], Iterator[Any]] | None = None
    once: str = ONCE
    mistaken: Callable[[Sequence[str]], str] = none
    told: tuple[tuple[str, str], ...] = ()
    example: str = ""

    @property
    def named(self) -> bool:
        """Whether labels are names rather than amounts, so that each has its share and several labelers can vote."""
        return self.vote is not None
