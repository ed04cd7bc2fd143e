"""What an upload is told: why it is refused, or what was noticed in rows that were kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from metrics.core.unit_names import plural

SHOWN = 80
TOO_LARGE = "too_large"  # the code of what passes a cap, rather than being wrong


def shown(cell: object) -> str:
    """A cell as a message may quote it: control characters escaped, at most 80 characters, then an ellipsis."""
    text = ascii_controls(str(cell)[: SHOWN + 1])
    return f"“{text}”" if len(text) <= SHOWN else f"“{text[: SHOWN - 1]}…”"


def ascii_controls(text: str) -> str:
    """The text with characters that do not print written as escapes, so that one message stays one line."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


def counted(number: int, noun: str) -> str:
    """A count as a message says it: 1 row, 2,000 rows."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def capitalised(text: str) -> str:
    """With a capital first and the rest as it is: names and abbreviations within keep theirs."""
    return text[:1].upper() + text[1:]


def enumerated(names: Sequence[str]) -> str:
    """Names as a sentence lists them: "quality, drift and labels"."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


@dataclass(frozen=True, kw_only=True)
class UploadWarning:
    """Something worth knowing about rows that were kept.

    field: the column as the file names it after renaming, or "file". row: first data row concerned, counted from 1.
    """

    field: str
    code: str
    message: str
    row: int | None = None
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        """The parts that are set, as problem JSON names them."""
        return {key: value for key, value in vars(self).items() if value not in (None, "")}


Warn = Callable[[UploadWarning], None]


class UploadError(ValueError):
    """The upload is refused: which field, at which data row (from 1), why, and what to do about it."""

    def __init__(self, field: str, code: str, message: str, *, row: int | None = None, remedy: str = "") -> None:
        super().__init__(message)
        self.field = field if len(field) <= SHOWN else field[: SHOWN - 1] + "…"
        self.code = code
        self.message = message
        self.row = row
        self.remedy = remedy

    @property
    def too_large(self) -> bool:
        """Whether a cap was passed, rather than something being wrong with the content."""
        return self.code == TOO_LARGE

    def as_json(self) -> dict[str, Any]:
        """The parts that are set, as problem JSON names them."""
        said = ((key, getattr(self, key)) for key in ("field", "code", "message", "row", "remedy"))
        return {key: value for key, value in said if value not in (None, "")}
