"""What is asked before something is taken away: what goes, what that changes in figures, and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from metrics.core import numerals
from metrics.core.estimate import Estimate
from metrics.queries.documents.known import Known
from metrics.queries.revenue import undoing
from metrics.queries.revenue.impact import Impact
from reports.pages.mapping.impact import ImpactPage, impact_page
from reports.words.dates import period
from reports.words.phrases import count, span, worded

NOTHING_MOVES = "No projection, and no KPI that a mapping gives, moves."
KEPT = "It stays in the list of what was taken back, with your name, and Restore brings it back."


@dataclass(frozen=True, kw_only=True)
class Ask:
    """title: the question. says: what goes. impact: the figures that it changes. after: the way back, or why there is
    none. submit: the word of the button; action: where it is sent; hidden: what is sent with it; back: where Cancel
    leads. form: what has to be given, or nothing.
    """

    title: str
    says: tuple[str, ...]
    after: str
    submit: str
    action: str
    back: str
    impact: ImpactPage | None = None
    hidden: Mapping[str, str] = field(default_factory=dict)
    form: Any = None
    danger: bool = True


def changes(found: Impact, known: Known, doing: str) -> ImpactPage:
    """An impact in words; where nothing moves it says so."""
    page = impact_page(found, known, doing, "moves")
    if page.lines or page.grades:
        return page
    return ImpactPage(lines=(), sentence=NOTHING_MOVES, note="")


def of_months(kpi: Any, rows: Sequence[Any], known: Known, *, whole: bool, action: str, back: str) -> Ask:
    """Before a month of actuals, or an import of them, is undone."""
    first = min(row.period for row in rows)
    what = f"the import of {count(len(rows), 'month')}" if whole else f"{period(first, 'long')}"
    return Ask(
        title=f"Undo {what} of {kpi.name}?",
        says=tuple(_months(undoing.months(kpi, rows), kpi.name)),
        impact=changes(undoing.of_actuals(rows, known), known, "Undoing it"),
        after=KEPT,
        submit="Undo it",
        action=action,
        back=back,
        hidden={"whole": "1"} if whole else {},
    )


def _months(found: undoing.Months, name: str) -> list[str]:
    def many(periods: Sequence[Any], one: str, several: str) -> str:
        of = span([f"{month:%Y-%m}" for month in periods])
        words = count(len(periods), "month")
        return f"{words[:1].upper()}{words[1:]} of {name} {one if len(periods) == 1 else several}: {of}."

    said = []
    if found.gone:
        said.append(many(found.gone, "goes", "go"))
    if found.back:
        said.append(many(found.back, "goes back to what was known before", "go back to what was known before"))
    if found.still:
        said.append(many(found.still, "keeps its newer value", "keep their newer values"))
    if found.gone or found.back:
        said.append("What is read from the months themselves, such as quarters and what a target has reached, follows.")
    return said


def of_pairs(kpi: Any, batch: str, words: str, known: Known, *, action: str, back: str) -> Ask:
    """Before an import of pairs is undone. words: "Two pairs with log_loss"."""
    return Ask(
        title=f"Undo the import of {words[:1].lower()}{words[1:]}?",
        says=(f"They go, and no mapping of {kpi.name} is fitted on them any more.",),
        impact=changes(undoing.of_pairs(batch, known), known, "Undoing it"),
        after=KEPT,
        submit="Undo it",
        action=action,
        back=back,
    )


def of_target(target: Any, known: Known, *, what: str, value: str, chance: float | None, action: str, back: str) -> Ask:
    """Before a target is withdrawn. value, what: "50 k EUR", "Revenue"; chance: that it is met, where one is told."""
    months = span([f"{target.from_period:%Y-%m}", f"{target.until_period:%Y-%m}"])
    says = [f"The target of {value} for {what}, {months}, goes."]
    if chance is not None:
        says.append(f"The chance to meet it, {numerals.chance(chance)} now, is told no more.")
    then = undoing.next_target(target, known)
    if then is not None:
        over = span([f"{then.from_period:%Y-%m}", f"{then.until_period:%Y-%m}"])
        unit = target.kpi.unit if target.kpi else target.product.currency
        says.append(f"The target of {worded(Estimate(float(then.value), unit))} for {over} stands in its place.")
    says.append("No figure of money changes.")
    return Ask(
        title="Withdraw this target?",
        says=tuple(says),
        after=KEPT,
        submit="Withdraw it",
        action=action,
        back=back,
    )


def of_retired(version: Any, known: Known, *, action: str, back: str) -> Ask:
    """Before the mapping version in force is retired."""
    return Ask(
        title=f"Retire version {version.number} of {version.mapping.name}?",
        says=(),
        impact=changes(undoing.of_retired(version, known), known, "Retiring it"),
        after=(
            "A retired version does not come back by itself, for two people signed it as it was: write a new version "
            "of the same text, and have it signed."
        ),
        submit="Retire it",
        action=action,
        back=back,
        hidden={"seen": version.digest},
    )


def of_unproposed(version: Any, known: Known, *, action: str, back: str) -> Ask:
    """Before a proposal is taken back; it is in no figure yet, whoever has endorsed it."""
    return Ask(
        title=f"Take version {version.number} of {version.mapping.name} back?",
        says=("It becomes a draft again, and its signatures are cleared. No figure changes.",),
        after="Its text stays, and it can be proposed again.",
        submit="Take it back",
        action=action,
        back=back,
        hidden={"seen": version.digest},
    )


def of_withdrawn(run: Any, known: Known, form: Any, *, action: str, back: str) -> Ask:
    """Before a run is withdrawn."""
    return Ask(
        title=f"Withdraw {run.name}?",
        says=("It leaves every figure and every comparison, and stays readable with your reason.",),
        impact=changes(undoing.of_withdrawn(run, known), known, "Withdrawing it"),
        after="It does not come back, so that nobody stands on a run that was once called wrong: log its file again.",
        submit="Withdraw it",
        action=action,
        back=back,
        form=form,
    )


def of_untaken(run: Any, known: Known, *, action: str, back: str) -> Ask:
    """Before the acceptance of a run for the champion is taken back."""
    return Ask(
        title=f"No longer let {run.name} stand for the champion?",
        says=("What stood before it stands again, where a later run does not.",),
        impact=changes(undoing.of_untaken(run, known), known, "Taking it back"),
        after="You can accept it again on its page.",
        submit="Take it back",
        action=action,
        back=back,
        hidden={"back": "1"},
    )


def of_promoted(run: Any, known: Known, *, present: str, action: str, back: str) -> Ask:
    """Before a run's version is made champion. present: the one that it takes the place of, or ""."""
    name = run.version.name
    return Ask(
        title=f"Make {name} champion?",
        says=(
            *((f"It takes the place of {present}.",) if present else ()),
            f"KPIs, revenue and the projection then stand on {run.name}, and on later runs of it on the same rows.",
            "The change is listed with your name.",
        ),
        impact=changes(undoing.of_promoted(run, known), known, "Making it champion"),
        after=f"{present} can be made champion again on the page of its run." if present else "",
        submit="Make it champion",
        action=action,
        back=back,
        danger=False,
    )
