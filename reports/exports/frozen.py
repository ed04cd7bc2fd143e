"""A document as canonical JSON, and back: what an issued pack keeps, so that it is written again to the same bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from typing import Any

from reports.charts.drawing import Chart
from reports.charts.values import Column
from reports.exports import document as parts

FORM = "kpiplatform pack 1"
CLASSES: dict[str, Any] = {
    one.__name__: one
    for one in (
        parts.Calculation,
        parts.Cell,
        parts.Computed,
        parts.Document,
        parts.Drawn,
        parts.Figures,
        parts.Input,
        parts.Printed,
        parts.Section,
        parts.Sentences,
        parts.Series,
        parts.Signature,
        parts.Signatures,
        parts.Table,
        Chart,
        Column,
    )
}
IS, RAW, SET, DAY, FLOAT = "is", "raw", "set", "day", "float"
AS_IT_IS = {(Chart, "specs")}  # plain JSON of its own


def frozen(document: parts.Document) -> bytes:
    """Sorted, without spaces, UTF-8: the same bytes for equal documents."""
    told = {"form": FORM, "document": _plain(document)}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def thawed(content: bytes) -> parts.Document:
    """The document of some bytes. Raises ValueError where they are none of this form."""
    told = json.loads(content)
    if not isinstance(told, Mapping) or told.get("form") != FORM:
        raise ValueError(f"these bytes are no {FORM}")
    found = _made(told["document"])
    if not isinstance(found, parts.Document):
        raise ValueError("these bytes hold no document")
    return found


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        held = {
            one.name: {RAW: getattr(value, one.name)} if (type(value), one.name) in AS_IT_IS else _plain(found)
            for one in fields(value)
            if (found := getattr(value, one.name)) != _default(one)
        }
        return {IS: type(value).__name__, **held}
    if isinstance(value, date):
        return {DAY: value.isoformat()}
    if isinstance(value, frozenset | set):
        return {SET: sorted(value)}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {FLOAT: repr(float(value))}
    return value


def _default(one: Field[Any]) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


def _made(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_made(one) for one in value)
    if not isinstance(value, dict):
        return value
    if IS in value:
        held = {name: _made(one) for name, one in value.items() if name != IS}
        return CLASSES[value[IS]](**held)
    if RAW in value:
        return value[RAW]
    if SET in value:
        return frozenset(value[SET])
    return date.fromisoformat(value[DAY]) if DAY in value else float(value[FLOAT])
