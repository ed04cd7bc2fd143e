"""Reading JSON bodies: bounded in size and depth, and only numbers and text that can be stored."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, ClassVar

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

from metrics.services.writing.refusal import Fault, Invalid

DEEPEST = 20
MOST_FAULTS = 20  # of one body; who sends more learns of the rest when these are mended
LONGEST_FIELD = 200
NOT_KEPT = re.compile("[\x00\ud800-\udfff]")
MOST_ALONE, FAR_TOO_DEEP = 1000, 1000  # in a longer or deeper list, none is read for itself
BRACKETS, SIGNS = re.compile(r'["\[\]{}]'), re.compile(r'["\[\]{},]')
GOES_ON = re.compile(r'(?>[^"\\]++|\\.)*+"', re.DOTALL)  # a text in quotes, after the first of them
LIST = re.compile(r"[ \t\n\r]*:[ \t\n\r]*\[")


class TooBig(APIException):
    status_code = 413
    default_detail = "Too large"


class NoNumber:
    """In place of a number that cannot be kept; why says so."""

    def __init__(self, why: str) -> None:
        self.why = why


class Unread(dict[str, Any]):
    """In place of one of several that cannot be kept or read: its text, and in `faults` what is wrong with it."""

    def __init__(self, text: str, *faults: Fault) -> None:
        super().__init__(text=ascii(text))
        self.faults = faults


class StrictJSON(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        content = stream.read(limit + 1)
        if len(content) > limit:
            raise TooBig(f"A JSON body has at most {limit:,} bytes; send files as multipart/form-data.")
        return self.read(_decoded(content))

    def read(self, text: str) -> Any:
        return loads(text)


class SeveralRuns(StrictJSON):
    """A body that is an object with a list of several: what is wrong inside one of them refuses that one alone.

    In its place stands Unread, for the door to refuse.
    """

    several: ClassVar[str] = "runs"

    def read(self, text: str) -> Any:
        span = _list_of(text, self.several)
        if span is None:
            return loads(text)
        begin, end, items = span
        found = loads(f"{text[:begin]}[]{text[end:]}")
        if found.get(self.several) != []:  # the name stands there twice
            return loads(text)
        return found | {self.several: [_one(item) for item in items]}


def loads(text: str) -> Any:
    """The value of a JSON text. Raises ParseError for what is no JSON or too deep, Invalid for what cannot be kept."""
    if _depth(text) > DEEPEST:
        raise ParseError(f"The body is nested more than {DEEPEST} deep.")
    try:
        found = json.loads(text, parse_constant=_no_number, parse_float=_finite, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError):
            raise ParseError(f"The body is no JSON: {error.msg} at character {error.pos}.") from error
        raise ParseError(f"The body cannot be read: {error}") from error
    if faults := list(islice(_not_kept(found), MOST_FAULTS)):
        raise Invalid(*faults)
    return found


def _one(text: str) -> Any:
    try:
        return loads(text)
    except ParseError as error:
        message = str(error.detail).replace("The body", "it", 1).rstrip(".")
        return Unread(
            text, Fault(field="body", message=message, code="json", remedy="write it as one flat JSON object")
        )
    except Invalid as error:
        return Unread(text, *error.faults)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError(f"The body is not UTF-8 at byte {error.start}.") from error


def _outline(text: str, at: int, signs: re.Pattern[str]) -> Iterator[tuple[str, int, int, int]]:
    """Each of the signs and text in quotes from `at` on: its sign, its begin and end, and how deep it is within."""
    depth = 0
    while mark := signs.search(text, at):
        sign, begin, at = mark[0], mark.start(), mark.end()
        if sign == '"':
            quoted = GOES_ON.match(text, at)
            if quoted is None:
                return
            at = quoted.end()
        depth += (sign in "[{") - (sign in "]}")
        yield sign, begin, at, depth


def _depth(text: str) -> int:
    deepest = 0
    for _, _, _, depth in _outline(text, 0, BRACKETS):
        deepest = max(deepest, depth)
        if deepest > DEEPEST:
            break
    return deepest


def _list_of(text: str, name: str) -> tuple[int, int, list[str]] | None:
    """Where the list under a name of the outermost object begins and ends, and the texts of what is in it."""
    for sign, begin, end, depth in _outline(text, 0, SIGNS):
        opens = LIST.match(text, end)
        if sign == '"' and depth == 1 and opens and text[begin:end] == f'"{name}"':
            first = opens.end() - 1
            break
        if depth > DEEPEST:
            return None
    else:
        return None
    items, item = [], first + 1
    for sign, begin, end, depth in _outline(text, first, SIGNS):
        if depth == 0 or (sign == "," and depth == 1):
            items.append(text[item:begin])
            item = end
        if len(items) > MOST_ALONE or depth > FAR_TOO_DEEP:
            return None
        if depth == 0:
            return first, end, [] if not items[0].strip() else items
    return None


def _no_number(name: str) -> NoNumber:
    return NoNumber(f"{name} is no JSON number")


def _finite(text: str) -> float | NoNumber:
    value = float(text)
    return value if math.isfinite(value) else NoNumber(f"{text[:40]} is beyond the numbers that can be kept")


def _whole(text: str) -> int | NoNumber:
    return int(text) if len(text) <= 30 else NoNumber("a whole number has at most 30 digits")


def _not_kept(value: Any, field: str = "", row: int | None = None) -> Iterator[Fault]:
    """What no table keeps, by field and, of the outermost list, place: NUL, half a character, no number."""
    if isinstance(value, NoNumber):
        yield _fault(field, row, value.why, "send a finite number, or leave the field out", code="number")
    elif isinstance(value, str):
        if found := NOT_KEPT.search(value):
            yield _fault(field, row, f"holds {_what(found)}", "take it out of the text")
    elif isinstance(value, dict):
        for key, under in value.items():
            if found := NOT_KEPT.search(key):
                yield _fault(field, row, f"has a name that holds {_what(found)}", "rename it")
            else:
                yield from _not_kept(under, f"{field}.{key}" if field else key, row)
    elif isinstance(value, list):
        for place, under in enumerate(value, 1):
            yield from _not_kept(under, field, row or place)


def _fault(field: str, row: int | None, message: str, remedy: str, *, code: str = "text") -> Fault:
    return Fault(field=field[:LONGEST_FIELD] or "body", message=message, code=code, row=row, remedy=remedy)


def _what(found: re.Match[str]) -> str:
    name = "NUL" if found[0] == "\x00" else "half a character (a surrogate alone)"
    return f"{name} as its character {found.start() + 1}, which no table keeps"
