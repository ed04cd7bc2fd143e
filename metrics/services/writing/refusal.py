"""Why a service refused: one type for bad input, one for a state that has moved on. Doors turn them into answers."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, models, transaction

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong: where, what, how to mend it. Row counts data rows from 1, position characters from 0."""

    field: str
    message: str
    code: str = "invalid"
    row: int | None = None
    position: int | None = None
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        found = {"field": self.field, "code": self.code, "message": self.message, "remedy": self.remedy}
        places = {"row": self.row, "position": self.position}
        return found | {name: value for name, value in places.items() if value is not None}


class Invalid(Exception):
    """The input is refused and nothing was stored."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{fault.field}: {fault.message}" for fault in faults))


class TooLarge(Invalid):
    """The input is over a cap."""


class Conflict(Exception):
    """The thing is no longer in the state that the caller saw."""


class Busy(Exception):
    """What this takes is all in use at the moment; the same may be done a little later."""


def unstorable(error: BaseException) -> bool:
    """Whether a database refused, or would, what no table keeps: NUL, half a character, a number past all bounds."""
    if isinstance(error, OverflowError):
        return "SQLite" in str(error)
    return isinstance(error, DataError | UnicodeEncodeError) or (isinstance(error, ValueError) and "NUL" in str(error))


def save_next(row: models.Model, what: str) -> None:
    """Save a row that takes the next number; Conflict where somebody took the same number at the same moment."""
    try:
        with transaction.atomic():
            clean(row, unique=False).save()
    except IntegrityError as error:
        raise Conflict(f"{what} was saved meanwhile; look at it first") from error


def invalid(field: str, message: str, *, code: str = "invalid", remedy: str = "") -> Invalid:
    return Invalid(Fault(field=field, message=message, code=code, remedy=remedy))


# Signs that are not seen and change what is: control signs, those that turn the direction, ends of line and paragraph.
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
OF_ONE_LINE = frozenset({"name", "title", "owner", "username", "first_name", "last_name"})


def _check_signs(row: models.Model) -> None:
    """Raise ValidationError where a short text holds signs that are not seen, or a name goes over two lines."""
    wrong = {}
    for field in row._meta.concrete_fields:
        text = getattr(row, field.attname)
        if not isinstance(field, models.CharField) or not isinstance(text, str):
            continue
        found = UNSEEN.search(text) or (field.name in OF_ONE_LINE and re.search(r"[\n\r\t]", text))
        if found:
            code = f"U+{ord(found[0]):04X}"
            wrong[field.name] = f"holds a sign that is not seen ({code}, character {found.start() + 1}); take it out"
    if wrong:
        raise ValidationError(wrong)


def clean(row: M, *, unique: bool = True, known: Collection[str] = ()) -> M:
    """Check a row's own rules; raise Invalid naming each field. unique: check uniqueness and constraints as well.

    known: fields that hold rows just read or written, which need not be looked up again.
    """
    try:
        _check_signs(row)
        row.full_clean(exclude=known, validate_unique=unique, validate_constraints=unique)
    except ValidationError as error:
        raise Invalid(
            *(
                Fault(field="detail" if field == "__all__" else field, message=" ".join(messages))
                for field, messages in error.message_dict.items()
            )
        ) from error
    return row
