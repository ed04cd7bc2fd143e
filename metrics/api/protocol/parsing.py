"""Reading JSON bodies: bounded in size and depth, and only numbers and text that can be stored."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

DEEPEST = 20


class TooBig(APIException):
    status_code = 413
    default_detail = "Too large"


class StrictJSON(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        content = stream.read(limit + 1)
        if len(content) > limit:
            raise TooBig(f"A JSON body has at most {limit:,} bytes; send files as multipart/form-data.")
        return loads(content)


def loads(content: bytes | str) -> Any:
    """The value of a JSON text. Raises ParseError for what is no JSON, too deep, not finite, or not storable text."""
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
    except UnicodeDecodeError as error:
        raise ParseError(f"The body is not UTF-8 at byte {error.start}.") from error
    if _depth(text) > DEEPEST:
        raise ParseError(f"The body is nested more than {DEEPEST} deep.")
    try:
        found = json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError):
            raise ParseError(f"The body is no JSON: {error.msg} at character {error.pos}.") from error
        raise ParseError(f"The body cannot be read: {error}") from error
    _storable(found)
    return found


def _depth(text: str) -> int:
    deepest = depth = 0
    inside = escaped = False
    for character in text:
        if inside:
            escaped, inside = (False, True) if escaped else (character == "\\", character != '"')
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > DEEPEST:
                break
        elif character in "]}":
            depth -= 1
    return deepest


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is beyond the numbers that can be kept")
    return value


def _whole(text: str) -> int:
    if len(text) > 30:
        raise ValueError("a whole number has at most 30 digits")
    return int(text)


def _storable(value: Any) -> None:
    """Text with NUL or half a surrogate pair cannot be stored: refuse it here, where the answer is a 400."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise ParseError("The body holds text with characters that cannot be stored (NUL or half a surrogate).")
    elif isinstance(value, dict):
        for key, under in value.items():
            _storable(key)
            _storable(under)
    elif isinstance(value, list):
        for under in value:
            _storable(under)
