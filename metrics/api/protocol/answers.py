"""What a door returns: an answer with its status and the type of its body, and the bodies that many doors share.

The OpenAPI document is made from these types (see `schema`), and mypy holds each door to what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, NotRequired, TypedDict, TypeVar, cast

from rest_framework.response import Response

from metrics.api.protocol.hints import Component, Hints, Shape
from metrics.core import numerals, unit_names
from metrics.core.estimate import Quantity, Unknown, as_json

Body = TypeVar("Body")
Item = TypeVar("Item")


class Answer(Generic[Body], Response):
    """200, with a body of this type."""

    code: ClassVar[int] = 200

    def __init__(self, body: Body, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(body, status=self.code, headers=headers)


class Created(Answer[Body]):
    """201: it was made and is stored."""

    code = 201


class Accepted(Answer[Body]):
    """202: it was taken; `Location` leads to how far it has come."""

    code = 202


class Gone(Answer[None]):
    """204, without a body."""

    code = 204

    def __init__(self) -> None:
        super().__init__(None)


class Page(TypedDict, Generic[Item]):
    """Up to 50 things (`limit`: up to 200), and the addresses of the pages after and before."""

    next: str | None
    previous: str | None
    results: list[Item]


class Plain(TypedDict):
    """A number, and the band that holds it at this level; low and high are null where no spread is known.

    no_band: why none is, where that can be said.
    """

    point: float
    low: float | None
    high: float | None
    level: float
    unit: str
    no_band: NotRequired[str]


class Known(Plain):
    """A number with its band, and both as pages print them, such as "0.66 M EUR" and "95 % band 0.37 – 1.03 M"."""

    text: str
    band_text: str | None


class NotKnown(TypedDict):
    """No number, and why."""

    unknown: str


class KnownFigure(Known):
    """A number with its band and the digest of its receipt."""

    receipt: str | None


class UnknownFigure(NotKnown):
    """No number, why, and the digest of the receipt of that."""

    receipt: str | None


NumberOutput = Known | NotKnown
FigureOutput = KnownFigure | UnknownFigure


class Fault(TypedDict):
    """One thing that is wrong: where, what, how to mend it. Rows count from 1, positions in a text from 0."""

    field: str
    code: str
    message: str
    remedy: str
    row: NotRequired[int]
    position: NotRequired[int]


class Problem(TypedDict):
    """A refusal (RFC 9457), sent as application/problem+json: nothing was stored."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault]


def figure(quantity: Quantity, receipt: str = "") -> FigureOutput:
    """A figure as JSON, with the digest of its receipt."""
    return cast("FigureOutput", number(quantity) | {"receipt": receipt or None})


def number(quantity: Quantity, level: float = 0.95) -> NumberOutput:
    """A figure as JSON that has no receipt of its own."""
    return worded(as_json(quantity, level))


def worded(told: dict[str, Any]) -> NumberOutput:
    """The JSON form of a number with its words, in which spaces may break."""
    figure = numerals.read(told)
    if isinstance(figure, Unknown):
        return cast("NumberOutput", told)
    text = numerals.word(figure)
    band = numerals.band_text(figure, text)
    said = f"{band[0]} band {band[1]} {band[2]}".rstrip() if band else None
    words = {"text": numerals.plain(str(text)), "band_text": said and numerals.plain(said)}
    return cast("NumberOutput", told | words)


def unit_text(unit: str) -> str:
    """A unit in words in which spaces may break, "AUD / half hour"; "" of pure numbers."""
    return numerals.plain(unit_names.unit_words(unit))


def amount(value: Decimal, unit: str) -> str:
    """A plain amount, such as a target, in words in which spaces may break."""
    return numerals.plain(str(numerals.word(numerals.Figure(float(value), unit))))


def _any_json(hints: Hints) -> Shape:
    under = {"$ref": "#/components/schemas/PlainJSON"}
    scalars = [{"type": ["string", "number", "boolean", "null"]}]
    return {
        "description": "Any JSON value, kept and given back as it was.",
        "anyOf": [
            *scalars,
            {"type": "array", "items": under},
            {"type": "object", "additionalProperties": under},
        ],
    }


PlainJSON = Annotated[Any, Component("PlainJSON", _any_json)]


def plain(name: str, claim: str) -> Component:
    """A component for an object whose fields nobody here decides: `claim` says what it is and who does."""
    return Component(name, lambda hints: plain_object(hints, claim))


def plain_object(hints: Hints, claim: str) -> Shape:
    return {"type": "object", "description": claim, "additionalProperties": hints.schema(PlainJSON)}
