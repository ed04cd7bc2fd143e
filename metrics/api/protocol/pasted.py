"""A text of lines in a body, or the bytes of a file, and how columns are read that leave it open."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from metrics.core.pasted.days import ORDERS
from metrics.core.pasted.decoding import Decoded, decoded
from metrics.core.pasted.numbers import SIGNS
from metrics.core.pasted.wrong import NotRead
from metrics.services.writing.refusal import invalid

MOST_BYTES = 200_000


class FileText(serializers.CharField):
    """The bytes of a text file in base64: UTF-8, UTF-16 or Windows-1252, told by the bytes themselves."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=4 * (MOST_BYTES // 3 + 1), **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        try:
            return decoded(base64.b64decode(super().to_internal_value(data), validate=True))
        except (binascii.Error, ValueError) as error:
            if isinstance(error, NotRead):
                raise serializers.ValidationError(f"{error}. {error.wrong[0].remedy}") from error
            raise serializers.ValidationError("is no base64; send the bytes of the file in it") from error


class PastedInput(serializers.Serializer[Any]):
    """What a body with lines holds beside them. decimal: the sign before decimals; dates: the order of day and month;
    each needed only where a column can be read in two ways."""

    csv = serializers.CharField(required=False, max_length=MOST_BYTES)
    file = FileText(required=False, help_text="the bytes of a text file in base64, instead of csv")
    decimal = serializers.ChoiceField(required=False, choices=SIGNS)
    dates = serializers.ChoiceField(required=False, choices=[*ORDERS])


def pasted(given: Mapping[str, Any], instead: str) -> Decoded | None:
    """The text of a body; None where it gives `instead`. Raises Invalid where it gives none, or several."""
    if len({instead, "csv", "file"} & set(given)) != 1:
        raise invalid(instead, f"give either {instead}, csv or file", remedy="send one of them")
    return given["file"] if "file" in given else Decoded(given["csv"]) if "csv" in given else None


def options(given: Mapping[str, Any]) -> dict[str, str]:
    """How columns are read that leave it open, as a reader takes it."""
    return {name: given[name] for name in ("decimal", "dates") if name in given}
