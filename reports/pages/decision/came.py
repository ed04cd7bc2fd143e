"""What each role was promised of its objectives, and what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.rows.refusal import capitalised, counted
from metrics.core.selection.outcome import Score
from metrics.core.selection.told import ROLE_WORDS
from metrics.queries.selection.came import Came
from reports.pages.decision.outcome import verdict
from reports.words.dates import named
from reports.words.phrases import Verdict, beside, in_words


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
    measured = [one.score for one in found if isinstance(one.score, Score)]
    if not measured:
        return "No objective is measured again yet"
    scored = [one for one in measured if not isinstance(one.inside_80, Unknown)]
    if not scored:
        return f"{counted(len(measured), 'objective')} measured since, with no band to hold what came against"
    inside = sum(one.inside_80 is True for one in scored)
    if inside == len(found):
        return "Each role got what it was promised"
    none = len(measured) - len(scored)
    more = f"; {in_words(none)} more {'has' if none == 1 else 'have'} no band" if none else ""
    return f"{inside} of {counted(len(scored), 'objective')} measured since came as promised{more}"


def _line(one: Came) -> CameLine:
    name, role = (capitalised(text) for text in (one.name, ROLE_WORDS[one.role]))
    if isinstance(one.score, Unknown):
        return CameLine(name, role, one.promised, "", verdict(one.score), named(one.score.reason))
    why = named(one.score.crps.reason) if isinstance(one.score.crps, Unknown) else ""
    came = Estimate(one.score.earned, one.score.unit)
    told = beside(came.point, one.promised if isinstance(one.promised, Estimate) else came)
    return CameLine(name, role, one.promised, told, verdict(one.score), why)
