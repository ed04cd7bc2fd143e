"""A document as JSON, for programs: what stands in it, in its order, each figure as printed and as a number."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

from reports.exports.document import Document, Printed

LEFT_OUT = {"drawing", "shade", "hero"}  # how it looks


def written(document: Document) -> bytes:
    return json.dumps(as_json(document), ensure_ascii=False, indent=1, allow_nan=False).encode("utf-8", "replace")


def as_json(told: Any) -> Any:
    """Dataclasses as objects that name their kind where several may stand, tuples as lists, days as ISO."""
    if isinstance(told, Printed):
        return {**_fields(told), "text": told.text}
    if is_dataclass(told):
        return _fields(told)
    if isinstance(told, tuple | list):
        return [as_json(one) for one in told]
    if isinstance(told, frozenset | set):
        return sorted(told)
    return told.isoformat() if hasattr(told, "isoformat") else told


def _fields(told: Any) -> dict[str, Any]:
    kind = {"block": type(told).__name__.lower()} if hasattr(told, "heading") else {}
    named = {one.name: as_json(getattr(told, one.name)) for one in fields(told) if one.name not in LEFT_OUT}
    return {**kind, **named}
