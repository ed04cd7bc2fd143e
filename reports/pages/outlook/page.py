"""One product as an executive reads it: what it is expected to bring, how sure that is, and what moves it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.urls import reverse

from metrics import access
from metrics.core import numerals
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evidence.check import Check
from metrics.core.revenue.projection import SETTLED_HISTORY, TESTED_HISTORY
from metrics.core.rows.refusal import enumerated
from metrics.queries.documents.known import NO_APPROVED, Known
from metrics.queries.evidence import checks as evidence
from metrics.queries.kpi.months import observed
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.what_if import assumes
from reports.charts.drawing import Chart
from reports.charts.shapes import fan
from reports.pages.outlook.bridge import BridgeCard, bridge_card
from reports.pages.outlook.candidates import ChoiceCard, choice_card
from reports.pages.outlook.changes import ChangeLine, lines
from reports.pages.outlook.drivers import DriversCard, drivers_card
from reports.pages.outlook.left_out import LeftOut, of_itself
from reports.pages.outlook.old import OldData, old_data
from reports.pages.outlook.track_record import RecordCard, record_card
from reports.pages.outlook.what_if import WhatIfPage, what_if_page
from reports.words.dates import period
from reports.words.phrases import (
    GRADE_SAYS,
    NOTHING_ASSUMED,
    count,
    goal_words,
    likely,
    money,
    not_counted,
    noun_of,
    of_target,
    projected,
    sentence,
    span,
    worded,
)

OFTEN, SELDOM = 1000, 2000  # milliseconds between two looks: while work is open, and else


@dataclass(frozen=True)
class Fact:
    """A finding on how far the figure may be trusted."""

    kind: str
    words: str
    title: str
    text: str
    url: str = ""


@dataclass(frozen=True)
class Step:
    """What is still to be done before there is a figure."""

    title: str
    text: str
    url: str
    action: str


@dataclass(frozen=True)
class OutlookPage:
    product: Any
    title: str
    one: Outlook
    grade: str
    receipt: str
    realised_receipt: str
    value_receipt: str
    total_label: str
    realised_label: str
    against: str
    target: Quantity | None
    target_words: str
    chance: Quantity
    chance_label: str
    value_label: str
    fan: Chart | None
    fan_title: str
    fan_sub: str
    bridge: BridgeCard | None
    drivers: DriversCard
    choice: ChoiceCard | None
    record: RecordCard | None
    what_if: WhatIfPage
    changes: Sequence[ChangeLine]
    facts: tuple[Fact, ...]
    steps: tuple[Step, ...]
    can_export: bool
    can_share: bool
    live_url: str
    live_every: int
    state: str
    old: OldData | None

    @property
    def left_out(self) -> str:
        """What no total counts of this product, and since when; "" where it counts."""
        one = self.one
        counts, because = one.counts or isinstance(one.total, Unknown), one.past.partition(":")[0] or one.bare
        return "" if counts else not_counted(self.product.name, one.total, one.grade, because=because)

    @property
    def mended(self) -> LeftOut | None:
        """What makes it count again, and where; None where nothing of its own keeps it out."""
        return of_itself(self.one) if self.left_out else None

    @property
    def known(self) -> bool:
        return isinstance(self.one.total, Estimate)


def live_state(one: Outlook, changes: Sequence[Any]) -> str:
    """A short digest of all that the page's figures depend on; the page is what it was while this stays."""
    newest = f"{changes[0].pk} {changes[0].after}" if changes else ""
    target = f"{one.target.pk} {one.target.value}" if one.target else ""
    reason = one.total.reason if isinstance(one.total, Unknown) else ""
    parts = [one.receipt, one.realised_receipt, one.grade.letter, str(one.computing), newest, target, reason]
    parts += [*one.coming, one.no_chance]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def outlook_page(
    user: Any,
    one: Outlook,
    known: Known,
    changes: Sequence[Any],
    *,
    scenario: str = "",
    moved: Mapping[str, float] = MappingProxyType({}),
) -> OutlookPage:
    """scenario: the key of the kept one that the sliders show; moved: where it moves them."""
    product, noun = one.product, noun_of(one.product)
    months = [month.period for month in one.months]
    past = [month.period for month in one.realised if isinstance(month.quantity, Estimate)]
    drivers = drivers_card(one)
    same = one.meeting is not None and one.meeting.months == tuple(months)
    target = money(one.meeting.goal, product.currency) if one.meeting and same else None
    return OutlookPage(
        product=product,
        title=_title(one),
        one=one,
        grade=one.grade.letter if one.document else "",
        receipt=reverse("receipt", args=[one.receipt]) if one.receipt else "",
        realised_receipt=reverse("receipt", args=[one.realised_receipt]) if one.realised_receipt else "",
        value_receipt=reverse("receipt", args=[one.value_receipt]) if one.value_receipt else "",
        total_label=_total_label(one),
        realised_label=f"Realised, {span(past)}" if past else "Realised",
        against=_against(one, noun),
        target=target,
        target_words=_target_words(one),
        chance=_chance(one),
        chance_label=of_target(bool(one.past)),
        value_label=f"{_what(one)} per {noun}{_of_rows(one)}",
        fan=_fan(one),
        fan_title=_fan_title(one),
        fan_sub=_fan_sub(drivers.widest),
        bridge=bridge_card(product, known),
        drivers=drivers,
        choice=choice_card(one, known),
        record=record_card(one, known),
        what_if=what_if_page(one, moved, scenario=scenario, may_save=access.may(user, "scenario.save", product)),
        changes=lines(changes, known),
        facts=tuple(_facts(one, known)),
        steps=tuple(_steps(user, one, known)),
        can_share=access.may(user, "share.make", product),
        can_export=bool(one.receipt) and access.may(user, "receipt.export", product),
        live_url=reverse("headline", args=[product.slug]),
        live_every=OFTEN if one.computing else SELDOM,
        state=live_state(one, changes),
        old=old_data(known),
    )


def _what(one: Outlook) -> str:
    """What the figures are: a value, or a cost with its sign."""
    return "Cost of errors, as a loss" if one.bare else "Value"


def _of_rows(one: Outlook) -> str:
    """The months of the rows that the value a case is measured on."""
    return f", {span(one.champion.months)}" if one.champion is not None and one.champion.months else ""


def _against(one: Outlook, noun: str) -> str:
    against = one.against(noun)
    return f"against {against}" if against else "a bare cost: its mapping names no baseline" if one.bare else ""


def _title(one: Outlook) -> str:
    name = one.product.name
    if isinstance(one.total, Unknown):
        return f"{name}: the value is not known yet"
    months = [month.period for month in one.months]
    if one.bare or _is_ahead(one):
        return projected(name, one.total, months, bare=bool(one.bare))
    past = ", which is over" if one.past else ", of which a part is over"
    return f"{name}: {worded(one.total)} projected for {span(months)}{past}"


def _is_ahead(one: Outlook) -> bool:
    """Whether every month of the projection is still to come, or runs."""
    return len(one.coming) == len(one.months)


def _total_label(one: Outlook) -> str:
    months = [month.period for month in one.months]
    if not months:
        return _what(one)
    return f"{_what(one)} projected for {span(months)}"


def _target_words(one: Outlook) -> str:
    if one.target is None:
        return ""
    ends = [f"{one.target.from_period:%Y-%m}", f"{one.target.until_period:%Y-%m}"]
    return f"target of {_goal(one)} for {span(ends)}"


def _goal(one: Outlook) -> str:
    return goal_words(float(one.target.value) if one.target else 0.0, one.product.currency, one.total)


def _chance(one: Outlook) -> Quantity:
    return one.meeting.chance if one.meeting else Unknown(one.no_chance)


def _fan(one: Outlook) -> Chart | None:
    """Realised months as points, projected ones with their bands; the target spread as the projection is."""
    if isinstance(one.total, Unknown):
        return None
    ahead = {m.period: m.quantity for m in one.months if isinstance(m.quantity, Estimate)}
    past = {m.period: m.quantity for m in one.realised if isinstance(m.quantity, Estimate)}
    months = sorted({*ahead, *past})
    if len(months) < 2:
        return None
    bands: dict[float, tuple[list[float | None], list[float | None]]] = {}
    for level in (0.8, 0.95):
        ends = [ahead[month].band(level) if month in ahead else None for month in months]
        if any(ends):
            bands[level] = ([end[0] if end else None for end in ends], [end[1] if end else None for end in ends])
    goals = _goals(one)
    band, currency = one.total.band(0.8), one.product.currency
    spread = f"no band: {one.total.why_no_band}"
    if band is not None:
        spread = f"80 % band {numerals.span(*band, currency, beside=one.total)}"
    return fan(
        months=months,
        actual=[past[month].point if month in past else None for month in months],
        projected=[ahead[month].point if month in ahead else None for month in months],
        bands=bands,
        target=[goals.get(month) for month in months] if goals else (),
        unit=currency,
        says=(
            f"Value by month. Realised {span(list(past)) or 'in no month'}: {worded(one.realised_total)}. "
            f"Projected {span(list(ahead))}: {worded(one.total)}, {spread}."
        ),
        caption="The target is spread over its months as the money of these months is." if goals else "",
    )


def _goals(one: Outlook) -> dict[str, float]:
    """The target by its own months, as their money is; evenly where that is not known, or not above 0."""
    if one.meeting is None:
        return {}
    months, known = one.meeting.months, one.meeting.by_month
    points = [found.point for month in months if isinstance(found := known.get(month), Estimate)]
    if len(points) < len(months) or min(points) <= 0:
        return dict.fromkeys(months, one.meeting.goal / len(months))
    return {month: one.meeting.goal * point / sum(points) for month, point in zip(months, points, strict=True)}


def _fan_title(one: Outlook) -> str:
    if one.chance is None or one.target is None:
        return "What happened, and what is expected"
    if one.past:
        return f"That the target of {_goal(one)} was met is {likely(one.chance)}; what came is not known"
    return f"Meeting the target of {_goal(one)} is {likely(one.chance)}"


def _fan_sub(widest: str) -> str:
    if not widest:
        return "Four futures in five lie inside the dark band, nineteen in twenty inside the light one."
    return f"Four futures in five lie inside the dark band. {widest}"


def _facts(one: Outlook, known: Known) -> list[Fact]:
    """How far the figure may be trusted, in plain words, the worst first."""
    if isinstance(one.total, Unknown):
        return []
    letter = one.grade.letter
    kind = "bad" if letter == "D" else "good" if letter in "AB" else "same"
    says = GRADE_SAYS[letter] if letter != "C" or assumes(one) else NOTHING_ASSUMED
    text = sentence("; ".join(one.grade.reasons) or says)
    if letter == "D":
        text += " It does not count in the portfolio's total."
    found = [Fact(kind, f"Grade {letter}", "How it is known", text)]
    months = f"{count(len(one.history), 'month').capitalize()} of volume, {span(one.history)}"
    if len(one.history) < TESTED_HISTORY:
        found.append(Fact("warn", "Not tested", "History", f"{months}: assumed, too few to be tested on."))
    elif len(one.history) < SETTLED_HISTORY:
        found.append(Fact("warn", "Few years", "History", f"{months}: the band is wider for it."))
    else:
        found.append(Fact("good", "Tested", "History", f"{months}, lie behind the projection."))
    found += _running(one, known)
    champion = one.champion
    if champion is not None:
        found.append(_data(evidence.checks(champion, champion), champion))
    return sorted(found, key=lambda fact: ("bad", "warn").index(fact.kind) if fact.kind in ("bad", "warn") else 2)


def _running(one: Outlook, known: Known) -> list[Fact]:
    """Months that are not over, of the volume and of the money that came: known in part, and counted nowhere."""
    projection = one.projection
    kpis = dict.fromkeys(kpi for kpi in (projection.volume_kpi, projection.revenue_kpi) if kpi) if projection else {}
    partial = [(kpi, seen.running) for kpi in kpis if (seen := observed(known, kpi, None)) and seen.running]
    return [
        Fact(
            "same",
            "Partial",
            f"{kpi.name}, {period(month, 'long')}",
            sentence(f"{worded(Estimate(value, kpi.unit))}, {why}; no figure counts it as a month"),
            reverse("kpi", args=[one.product.slug, kpi.key]),
        )
        for kpi, (month, value, why) in partial
    ]


def _data(checks: Sequence[Check], champion: Any) -> Fact:
    """The checks of the champion's rows in one line; the run page tells each."""
    wrong = [check for check in checks if check.verdict in ("warning", "fails")]
    url = reverse("run", args=[champion.product.slug, champion.pk]) + "#evidence"
    if not wrong:
        return Fact("good", "No finding", "The data behind it", "Nothing that was checked speaks against it.", url)
    kind = "bad" if any(check.verdict == "fails" for check in wrong) else "warn"
    about = enumerated([check.name.lower() for check in wrong])
    words = count(len(wrong), "finding").capitalize()
    made = count(sum(check.verdict != "not checked" for check in checks), "check")
    return Fact(kind, words, "The data behind it", f"About {about}; {made} could be made.", url)


def _steps(user: Any, one: Outlook, known: Known) -> list[Step]:
    """What has to happen before there is a figure, for whoever may do it."""
    if isinstance(one.total, Estimate):
        return []
    slug = one.product.slug

    def step(action: str, title: str, text: str, view: str, words: str) -> Step:
        mine = access.may(user, action, one.product)
        return Step(title, text, reverse(view, args=[slug]) if mine else "", words if mine else "")

    found = []
    if not known.champions:
        text = "A data scientist logs a run, and a manager makes its version the champion."
        found.append(step("run.list", "There is no champion", text, "runs", "Go to the runs"))
    if one.projection is None:
        text = "A manager says which value a case is projected with which volume."
        found.append(step("projection.edit", "The projection is not set up", text, "projection", "Set it up"))
    elif one.projection.value_kpi.key not in known.approved:
        text = "A mapping says what each outcome is worth. A data scientist and a manager sign it."
        found.append(
            step(
                "mapping.list",
                f"{one.projection.value_kpi.name} has no mapping in force",
                text,
                "mappings",
                "Go to the mappings",
            )
        )
    if not found and one.total.reason != NO_APPROVED:
        found.append(
            step("kpi.read", "Why there is no figure", sentence(one.total.reason), "kpis", "Go to the KPI board")
        )
    return found
