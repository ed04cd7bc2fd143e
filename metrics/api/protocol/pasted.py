"""A text of lines in a body, or the bytes of a file, and how columns are read that leave it open."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from metrics.core.pasted.days import ORDERS
from metrics.core.pasted.decoding import MOST_BYTES, Decoded, decoded
from metrics.core.pasted.numbers import SIGNS
from metrics.core.pasted.wrong import NotRead
from metrics.services.writing.refusal import invalid


@extend_schema_field(OpenApiTypes.BYTE)
class FileText(serializers.Field[Decoded, str, str, Any]):
    """The bytes of a text file in base64: UTF-8, UTF-16 or Windows-1252, told by the bytes themselves."""

    def to_internal_value(self, data: str) -> Decoded:
        try:
            content = base64.b64decode(data, validate=True)
        except (binascii.Error, TypeError, ValueError) as error:
            raise serializers.ValidationError("is no base64; send the bytes of the file in it") from error
        if len(content) > MOST_BYTES:
            raise serializers.ValidationError(f"has over {MOST_BYTES:,} bytes; import it in parts")
        try:
            return decoded(content)
        except NotRead as refused:
            raise serializers.ValidationError(f"{refused}. {refused.wrong[0].remedy}") from refused


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
