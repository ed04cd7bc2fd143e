"""The live check of a definition that is being written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrics.core.estimate import Estimate, Quantity
from metrics.core.kpi.kinds import KINDS
from metrics.queries.documents.known import Known
from metrics.queries.revenue.approval_preview import sketch
from metrics.services.kpi import definition as definitions
from metrics.services.writing.refusal import Fault, Invalid
from reports.forms.faults import words

LONGEST = 160
PARTS = {"base": "money a case", "rate": "share", "column": "amount", "says": "sentence"}


@dataclass(frozen=True)
class Wrong:
    """A fault with its place marked in the text: what stands before it, the place, and what follows."""

    place: str
    message: str
    before: str = ""
    at: str = ""
    after: str = ""


@dataclass(frozen=True)
class MappingSoFar:
    wrong: tuple[Wrong, ...]
    unit: str
    kpi: str
    value: Quantity | None
    held: bool = False


def checked(kpi: Any, definition: Mapping[str, Any], known: Known, *, model: str = "") -> MappingSoFar:
    """Faults with their places, or the unit that the definition gives and its value on the champion."""
    if kpi is None:
        return MappingSoFar((Wrong("KPI", "Choose the KPI that it gives."),), "", "", None)
    try:
        complete = definitions.checked(kpi, definition, known, model=model)
    except Invalid as refused:
        return MappingSoFar(tuple(_wrong(fault, definition) for fault in refused.faults), "", kpi.name, None)
    found = sketch(kpi, complete.definition, known, complete.model)
    unit = found.value.unit if isinstance(found.value, Estimate) else kpi.unit
    return MappingSoFar((), unit or "a pure number", kpi.name, found.value, found.held)


def _wrong(fault: Fault, definition: Mapping[str, Any]) -> Wrong:
    place, text = _place(fault.field, definition)
    return marked(place, fault, text)


def marked(place: str, fault: Fault, text: str) -> Wrong:
    """A fault with the word of the text at which it lies. place: where that text stands, in words."""
    if fault.position is None or not text:
        return Wrong(place, words(fault))
    start = min(fault.position, len(text))
    match = re.compile(r"\w+|.", re.DOTALL).match(text, start)
    end = match.end() if match else start
    return Wrong(
        place, words(fault), text[max(0, start - LONGEST) : start], text[start:end] or "·", text[end : end + LONGEST]
    )


def _place(field: str, definition: Mapping[str, Any]) -> tuple[str, str]:
    """Where a fault lies in words, and the formula that it lies in."""
    path, kind = field.removeprefix("definition.").removeprefix("cells."), KINDS.get(str(definition.get("kind")))
    if kind is None:
        return path.replace("_", " ").capitalize(), ""
    for line in kind.lines(definition):
        if path == line.place or path.startswith(f"{line.place}."):
            part = path.removeprefix(line.place).removeprefix(".")
            named = PARTS.get(part, "")
            text = line.rate if part == "rate" else line.base if part in ("", "base") else ""
            return f"{line.label or 'Formula'}{': ' if named else ''}{named}".capitalize(), text
    said = {"per": "The value is of"} | kind.faults()
    last = path.split(".")[-1]
    return said.get(last, last.replace("_", " ").capitalize()), ""
