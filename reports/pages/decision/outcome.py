"""What a signed decision earned against what it promised: the headline, its months, and how far promises held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from django.urls import reverse

from metrics.core import numerals
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.rows.refusal import counted
from metrics.core.selection.outcome import Inside, Record, Score
from metrics.core.selection.told import ROLE_WORDS
from metrics.queries.selection.came import Calibration
from metrics.queries.selection.outcome import Outcome
from reports.charts.drawing import Chart
from reports.charts.shapes import fan
from reports.words.dates import day, named, period
from reports.words.phrases import Verdict, beside, count, sentence, span, worded

LEVEL, NO_CHANCE = 0.8, 0.05


@dataclass(frozen=True, kw_only=True)
class MonthLine:
    """A scored month, or all of them together. crps: in words, "" where there is none."""

    name: str
    promised: Estimate
    receipt: str
    earned: str
    verdict: Verdict
    crps: str


@dataclass(frozen=True, kw_only=True)
class OutcomeCard:
    """What stands on the page of a signed decision. why: the one reason for which nothing is scored, else "".

    earned: in words beside so_far, and came, the same as a figure: of the months that are scored; inside: whether
    together they kept the promise, and how many did.
    next: the month that is scored next, and says when, or why none will be.
    """

    title: str
    why: str
    promised: Quantity
    receipt: str
    grade: str
    earned: numerals.Worded | None
    came: Estimate | None
    earned_label: str
    so_far: Quantity
    inside: Verdict
    inside_says: str
    next: str
    next_says: str
    months: tuple[MonthLine, ...]
    chart: Chart | None
    chart_title: str


def outcome_card(found: Outcome) -> OutcomeCard:
    scored = isinstance(found.total, Score)
    came = Estimate(found.total.earned, found.total.unit) if isinstance(found.total, Score) else None
    rows = [(str(period(one.month)), one.promised, one.score, one.receipt) for one in found.months]
    if isinstance(found.total, Score) and isinstance(found.so_far, Estimate) and len(rows) > 1:
        rows.append(("Together", found.so_far, found.total, ""))
    return OutcomeCard(
        title=title(found),
        why="" if isinstance(found.total, Score) else sentence(found.total.reason),
        promised=found.promised,
        receipt=reverse("receipt", args=[found.receipt]) if found.receipt else "",
        grade=found.grade,
        earned=numerals.beside(came.point, numerals.known(found.so_far)) if came is not None else None,
        came=came,
        earned_label=f"Earned, {span([one.month for one in found.months])}" if scored else "",
        so_far=found.so_far,
        inside=verdict(found.total),
        inside_says=_inside_says(found),
        next=str(period(found.coming)) if found.coming else "None",
        next_says=_next_says(found),
        months=tuple(_lines(rows)),
        chart=_chart(found),
        chart_title=_chart_title(found),
    )


def title(found: Outcome) -> str:
    """ "Kept so far: 37 k EUR earned in eleven months, 39 k EUR promised for them"; "" where nothing is scored."""
    if not isinstance(found.total, Score) or not isinstance(found.so_far, Estimate):
        return ""
    so_far = " so far" if found.coming else ""
    months = count(len(found.months), "month")
    them = "it" if len(found.months) == 1 else "them"
    earned, promised = beside(found.total.earned, found.so_far), worded(found.so_far)
    return f"{_kept(found.total)}{so_far}: {earned} earned in {months}, {promised} promised for {them}"


def _kept(total: Score) -> str:
    if isinstance(total.inside_80, Unknown):
        return "Earned"
    if total.inside_80:
        return "Kept"
    return "More than promised" if _above(total) else "Less than promised"


def _above(total: Score) -> bool:
    assert not isinstance(total.band_80, Unknown)
    return total.earned > total.band_80[1]


def verdict(total: Score | Unknown) -> Verdict:
    """Whether a promise was kept, by its bands; unknown without a score, and without a band."""
    if isinstance(total, Unknown):
        return Verdict("unknown", "Not scored")
    if isinstance(total.inside_80, Unknown):
        return Verdict("unknown", "No band")
    if total.inside_80:
        return Verdict("good", "Inside")
    side = "above" if _above(total) else "below"
    if total.inside_95 is True:
        return Verdict("warn", f"Just {side}")
    return Verdict("warn" if side == "above" else "bad", f"Far {side}")


def against(found: Outcome) -> str:
    """ "31 k EUR earned, 29 k EUR promised, Apr 2017 – Jun 2017", for a list; or why nothing is scored."""
    if isinstance(found.total, Unknown):
        return named(found.total.reason)
    if isinstance(found.so_far, Unknown):
        return named(found.so_far.reason)
    months = span([one.month for one in found.months])
    return f"{beside(found.total.earned, found.so_far)} earned, {worded(found.so_far)} promised, {months}"


def _lines(rows: Sequence[tuple[str, Estimate, Score, str]]) -> Iterator[MonthLine]:
    earned = numerals.column_beside((one.earned, numerals.known(promised)) for _, promised, one, _ in rows)
    missed = [(one.crps, numerals.known(promised)) for _, promised, one, _ in rows if not isinstance(one.crps, Unknown)]
    crps = iter(numerals.column_beside(missed))
    for (name, promised, one, receipt), came in zip(rows, earned, strict=True):
        yield MonthLine(
            name=name,
            promised=promised,
            receipt=reverse("receipt", args=[receipt]) if receipt else "",
            earned=str(came),
            verdict=verdict(one),
            crps="" if isinstance(one.crps, Unknown) else str(next(crps)),
        )


def _inside_says(found: Outcome) -> str:
    banded = [one.score.inside_80 for one in found.months if not isinstance(one.score.inside_80, Unknown)]
    if not banded:
        return ""
    return (
        f"{sum(banded)} of {counted(len(banded), 'month')} inside the 80\u00a0% band; {_expected(len(banded))} expected"
    )


def _expected(promises: int) -> str:
    """How many of so many are inside their band where bands hold what they say."""
    return numerals.stated(round(LEVEL * promises, 1))


def _next_says(found: Outcome) -> str:
    if found.coming:
        return "when its money is known" if found.coming in found.whole else "when it is over and its money is known"
    if found.by is not None and found.until is not None:
        back = found.by.reverts_id == found.decision.pk
        return f"decision {found.by.number} {'took it back' if back else 'changed the champion'} on {day(found.until)}"
    return "all months of the promise are scored"


def _chart_title(found: Outcome) -> str:
    since = f" since {period(found.months[0].month, 'long')}" if found.months else ""
    if isinstance(found.total, Unknown) or isinstance(found.total.inside_80, Unknown):
        return f"What was earned{since}"
    if found.total.inside_80:
        return f"The promise holds: earnings have followed it{since}"
    return (
        f"The promise does not hold: {'more' if _above(found.total) else 'less'} was earned than its band allows{since}"
    )


def _chart(found: Outcome) -> Chart | None:
    """Earned and promised as they add up from the first scored month, as far as no month between them is missing."""
    if not found.months or any(one.draws is None for _, one in found.ahead):
        return None
    ahead = [pair for pair in found.ahead if pair[0] >= found.months[0].month]
    if len(ahead) < 2:
        return None
    draws = np.cumsum([one.draws for _, one in ahead], axis=0)
    ends = {level: np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=1).tolist() for level in (0.8, 0.95)}
    earned: list[float | None] = []
    known, total = {one.month: one.score.earned for one in found.months}, 0.0
    for month, _ in ahead:
        missing = month not in known or (earned and earned[-1] is None)
        total += 0.0 if missing else known[month]
        earned.append(None if missing else total)
    unit = ahead[0][1].unit
    drawn = fan(
        months=[month for month, _ in ahead],
        actual=earned,
        projected=np.cumsum([one.point for _, one in ahead]).tolist(),
        bands={level: (low, high) for level, (low, high) in ends.items()},
        unit=unit,
        says=f"Earned against promised, adding up in {unit}, {span([month for month, _ in ahead])}.",
        height=250,
    )
    words = {"actual": "earned", "projected": "promised"}
    return replace(drawn, key=tuple((sign, words.get(name, name)) for sign, name in drawn.key))


@dataclass(frozen=True)
class HeldLine:
    """How far the promises of some decisions held."""

    name: str
    says: str
    verdict: Verdict


def held_lines(found: Calibration) -> tuple[HeldLine, ...]:
    """Of the money of all decisions and of what each role chose by; () where nothing is scored."""
    roles = [(f"What the {ROLE_WORDS[role]} chose by", "objective", one) for role, one in sorted(found.roles.items())]
    every = ("Money of all decisions", "decision", found.every)
    return tuple(_held(name, noun, one) for name, noun, one in (every, *roles) if isinstance(one, Record))


def _held(name: str, noun: str, one: Record) -> HeldLine:
    inside = one.inside_80
    expected = _expected(one.scored)
    told = [f"{inside.count} of {one.scored} came inside the 80\u00a0% band of what was promised; {expected} expected."]
    if one.not_scored:
        told.append(f"{count(one.not_scored, noun).capitalize()} not scored yet.")
    return HeldLine(name, " ".join(told), _judged(inside))


def _judged(inside: Inside) -> Verdict:
    """Whether a share inside so far from 80 % may be chance."""
    if inside.p >= NO_CHANCE:
        return Verdict("same", "No sign of a fault")
    return Verdict("warn", "Bands too narrow" if inside.share < LEVEL else "Bands too wide")
