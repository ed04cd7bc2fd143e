"""What each role was promised of its objectives, and what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metrics.core.estimate import Quantity, Unknown
from metrics.core.rows.refusal import capitalised, counted
from metrics.core.selection.outcome import Score
from metrics.core.selection.told import ROLE_WORDS
from metrics.queries.selection.came import Came
from reports.pages.decision.outcome import verdict
from reports.words.dates import named
from reports.words.phrases import Verdict, beside


@dataclass(frozen=True)
class CameLine:
    """An objective. came: in words beside what was promised, "" where it is not known, for the reason in why."""

    name: str
    role: str
    promised: Quantity
    came: str
    verdict: Verdict
    why: str


@dataclass(frozen=True)
class CameCard:
    title: str
    lines: tuple[CameLine, ...]


def came_card(found: Sequence[Came]) -> CameCard | None:
    """None where nothing was promised by objectives."""
    if not found:
        return None
    return CameCard(_title(found), tuple(_line(one) for one in found))


def _title(found: Sequence[Came]) -> str:
    scored = [one.score for one in found if isinstance(one.score, Score)]
    if not scored:
        return "No objective is measured again yet"
    inside = sum(one.inside_80 is True for one in scored)
    if inside == len(found):
        return "Each role got what it was promised"
    return f"{inside} of {counted(len(scored), 'objective')} measured since came as promised"


def _line(one: Came) -> CameLine:
    name, role = (capitalised(text) for text in (one.name, ROLE_WORDS[one.role]))
    if isinstance(one.score, Unknown):
        return CameLine(name, role, one.promised, "", verdict(one.score), named(one.score.reason))
    why = named(one.score.crps.reason) if isinstance(one.score.crps, Unknown) else ""
    return CameLine(name, role, one.promised, beside(one.score.earned, one.promised), verdict(one.score), why)
