"""What a version says differently from the one in force, in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from metrics.queries.documents.baselines import BaselineRuns
from metrics.queries.documents.known import Known
from reports.pages.mapping.text import DiffLine, diff_lines
from reports.words.phrases import count

NAMED = 2  # places that are named
LONGEST = 90


def against_force(version: Any, known: Known) -> str:
    """ "Formula: precision → precision_top10", or that it is the first of its mapping."""
    in_force = known.approved.get(version.mapping.kpi.key)
    if in_force is None:
        return "The first version: nothing is in force yet."
    if in_force.pk == version.pk:
        return ""
    return summary(diff_lines(in_force, version, BaselineRuns(known.product).called), in_force.number)


def summary(lines: Sequence[DiffLine], number: int) -> str:
    if not lines:
        return f"Word for word the same as version {number}."
    told = [f"{line.place}: {_text(line.before)} → {_text(line.after)}" for line in lines[:NAMED]]
    more = len(lines) - len(told)
    text = "; ".join(told)
    return text[:1].upper() + text[1:] + (f"; and {count(more, 'other place')}" if more else "") + "."


def _text(pieces: Sequence[Any]) -> str:
    text = "".join(piece.text for piece in pieces) or "nothing"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
