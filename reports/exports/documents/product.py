"""A document of one product: its cover, its page with fan and bridge, its decision, and how all of it is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from metrics.core.estimate import Estimate, Unknown
from metrics.core.unit_names import NBSP
from metrics.queries.documents.known import Known
from metrics.queries.revenue import changes as revenue_changes
from metrics.queries.revenue import risks
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.selection import catalogue
from metrics.queries.selection.outcome import outcomes
from metrics.things import Thing
from reports.exports.document import Block, Document, Drawn, Figures, Printed, Section, Sentences, Table
from reports.exports.documents import appendix, calculation, decision, drawn, figures, in_period, said, said_of
from reports.exports.documents.decision import Told
from reports.pages.decision.outcome import outcome_card
from reports.pages.outlook.page import OutlookPage, outlook_page
from reports.pages.outlook.period import in_period_card
from reports.pages.outlook.risks import RisksPage, risks_page
from reports.words.dates import named, period
from reports.words.phrases import likely, sentence

if TYPE_CHECKING:
    from datetime import date

    from metrics.core.periods import Period
    from metrics.models.product import User
    from metrics.models.selection import Decision

WAITS = ("open", "proposed")
MOST_FIGURES, DRIVERS = 7, 6
NO_CHANGE = "No change has led from one figure to another yet."


@dataclass(frozen=True)
class Facts:
    """A product with its pages, each made once for all sections that speak of it. user: who the pages are made for."""

    user: User
    one: Outlook

    @property
    def known(self) -> Known:
        return self.one.known

    @property
    def name(self) -> str:
        return str(self.one.product.name)

    @cached_property
    def page(self) -> OutlookPage:
        return outlook_page(self.user, self.one, self.known, revenue_changes.shown(self.known))

    @cached_property
    def risks(self) -> RisksPage:
        return risks_page(self.one.product, risks.of_product(self.known))

    @cached_property
    def decisions(self) -> list[Decision]:
        """The newest first."""
        return list(catalogue.decisions(self.one.product))

    @cached_property
    def told(self) -> Told | None:
        """The decision that waits, the oldest first; else the last that was asked for and signed."""
        waiting = [row for row in reversed(self.decisions) if row.state in WAITS]
        signed = [row for row in self.decisions if row.state == "signed" and not row.direct]
        row = next(iter([*waiting, *signed]), None)
        return Told(self.user, row, self.known) if row is not None else None

    @property
    def waiting(self) -> list[said.Waiting]:
        waiting = [row for row in reversed(self.decisions) if row.state in WAITS]
        return [
            said.Waiting(
                name=decision.called(row),
                next=self.told.next if self.told is not None and self.told.row.pk == row.pk else "",
            )
            for row in waiting
        ]

    def shown(self, told: Told | None) -> said_of.Shown:
        """What of the product stands in the document, as things that are commented on; told: the decision in it."""
        slug, mapping, projection = self.one.product.slug, self.one.mapping, self.one.projection
        things = [Thing("product", (slug,))]
        kpis = (projection.value_kpi, projection.volume_kpi) if projection is not None else ()
        things += [Thing("kpi", (slug, kpi.key)) for kpi in kpis]
        if mapping is not None:
            things.append(Thing("mapping", (slug, mapping.mapping_id, str(mapping.number))))
        digests = (self.one.receipt, self.one.realised_receipt, self.one.value_receipt)
        things += [Thing("receipt", (slug, digest)) for digest in dict.fromkeys(filter(None, digests))]
        things += [Thing("decision", (slug, str(told.row.number)))] if told is not None else []
        return said_of.Shown(self.one.product, tuple(things))

    @cached_property
    def last(self) -> str:
        """What came of the last decision, in words; "" where none was signed."""
        row = next((row for row in self.decisions if row.state == "signed"), None)
        if row is None:
            return ""
        found = outcomes([self.known]).get(row.pk)
        called = f"Of {decision.called(row)}"
        if found is None or found.direct:
            return f"The last champion of {self.name} was promoted and nobody was asked"
        scored = outcome_card(found).title
        return f"{called}: {scored}" if scored else f"{called}, nothing is scored yet: {named(outcome_card(found).why)}"

    @cached_property
    def expected(self) -> said.Expected:
        return expected(self.one, self.name)

    @property
    def concern(self) -> str:
        return said.concern(self.name, self.one.chance, self.page.drivers.widest, self.risks.title)


def expected(one: Outlook, who: str) -> said.Expected:
    """The facts of a product's money."""
    meeting = one.meeting
    months = tuple(month.period for month in one.months)
    over = "all" if one.past else "part" if len(one.coming) < len(months) else ""
    counts = one.counts or isinstance(one.total, Unknown) or bool(one.bare) or bool(one.past)
    return said.Expected(
        who=who,
        total=one.total,
        months=months,
        chance=meeting.chance if meeting is not None else Unknown(one.no_chance),
        bare=bool(one.bare),
        over=over,
        aside="" if counts else "; ".join(one.grade.reasons) or "its grade is D",
        goal=meeting.goal if meeting is not None else None,
        goal_months=meeting.months if meeting is not None else (),
        money=meeting.money if meeting is not None else Unknown(one.no_chance),
    )


def document(
    user: User, one: Outlook, *, today: date, comments: bool = False, months: Period | None = None
) -> Document:
    """The document of a product as it is known on a day. comments: with what was said of what stands in it.

    months: a period that it tells of beside the months of its projection.
    """
    facts = Facts(user, one)
    sections = [_cover(facts)]
    if months is not None:
        sections.append(in_period.section(in_period_card(one, months), of=facts.name, grade=facts.page.grade))
    sections += [*pages(facts), *decided(facts)]
    sections += [said_of.section(user, [facts.shown(facts.told)])] if comments else []
    sections += _appendix(facts)
    found = calculation.of_product(one)
    return Document(
        kind="product",
        of=one.product.slug,
        title=said.title(facts.expected),
        name=f"Board pack, {facts.name}",
        period=period(f"{today:%Y-%m}", "long"),
        known_on=today,
        sections=tuple(sections),
        calculations=(found,) if found is not None else (),
    )


def _cover(facts: Facts) -> Section:
    one, page = facts.one, facts.page
    lines = (said.expected(facts.expected), facts.concern, said.decision(facts.waiting, facts.last))
    found = list(key_figures(facts))
    adds = facts.told.figure("decision", "The decision") if facts.waiting and facts.told is not None else None
    found += [adds] if adds is not None else []
    return Section(
        key="cover",
        title=said.title(facts.expected),
        eyebrow=f"Board pack · {facts.name}",
        left=(Sentences(lines=lines, numbered=True),),
        right=(Figures(figures=tuple(found[:MOST_FIGURES])),),
        foot=appendix.LEGEND,
        grade=page.grade if isinstance(one.total, Estimate) else "",
    )


def key_figures(facts: Facts) -> Iterator[Printed]:
    """What a reader asks first: expected, target, chance, realised, value a case, and what could be lost."""
    one, page = facts.one, facts.page
    grade = page.grade
    yield figures.printed("total", page.total_label, one.total, grade=grade, receipt=one.receipt)
    if one.target is not None:
        goal = page.target_words.removeprefix("target of ").partition(" for ")[0]
        value, _, unit = goal.partition(NBSP)
        yield Printed(
            key="target",
            label="Target",
            value=value,
            unit=unit,
            beside=f"for {page.target_words.partition(' for ')[2]}",
            number=float(one.target.value),
        )
    yield figures.chance("chance", "Chance to meet it", page.chance, beside=page.target_words)
    realised = figures.printed(
        "realised", page.realised_label, one.realised_total, grade=grade, receipt=one.realised_receipt
    )
    yield realised
    yield figures.printed("value", page.value_label, one.value, grade=grade, receipt=one.value_receipt)
    if facts.risks.lines:
        worst = facts.risks.lines[0]
        yield Printed(
            key="at_risk",
            label="Could be lost a year",
            value=worst.worst,
            unit=facts.risks.unit,
            beside=worst.title,
            number=float(worst.effect["low"]) if worst.effect is not None else None,
            grade=facts.risks.grade,
            receipt=facts.risks.receipt.rstrip("/").rpartition("/")[2],
        )


def headline(facts: Facts) -> str:
    """What a product earns, and how likely its target is met."""
    one, page = facts.one, facts.page
    told = page.title.partition(", of which a part is over")[0]
    if one.chance is None or one.target is None or isinstance(one.total, Unknown) or one.bare:
        return told
    goal = page.target_words.removeprefix("target of ").partition(" for ")[0]
    return f"{told}; meeting {goal} is {likely(one.chance)}"


def pages(facts: Facts, *, prefix: str = "") -> Iterator[Section]:
    """The product on one page: what is expected by month, and why it moved."""
    one, page = facts.one, facts.page
    unit = one.product.currency
    fan = drawn.fan(page.fan, page.fan_title, sub=page.fan_sub, unit=unit)
    bridge = drawn.bridge(page.bridge, unit)
    mapping = one.mapping
    version = f"mapping {mapping.mapping.name}, version {mapping.number}" if mapping is not None else ""
    receipt = f"Receipt {figures.digest(one.receipt)}" if one.receipt else ""
    yield Section(
        key=f"{prefix}outlook",
        title=headline(facts),
        eyebrow=facts.name,
        left=_left(facts, fan),
        right=(bridge,) if bridge is not None else _no_bridge(facts),
        foot=" · ".join(filter(None, (receipt, version))),
        grade=page.grade if isinstance(one.total, Estimate) else "",
    )


def _left(facts: Facts, fan: Drawn | None) -> tuple[Block, ...]:
    if fan is not None:
        return (fan,)
    one, page = facts.one, facts.page
    if isinstance(one.total, Unknown):
        why = sentence(one.total.reason)
        steps = tuple(f"{step.title}. {step.text}" for step in page.steps if step.text != why)
        return (Sentences(heading="What is missing", lines=(why, *steps)),)
    return (Sentences(heading=page.fan_title, lines=("Nothing is drawn: a line needs two months.",)),)


def _no_bridge(facts: Facts) -> tuple[Block, ...]:
    """Why there is no bridge, and what moves the figure in its place."""
    card, drivers = facts.page.bridge, facts.page.drivers
    why = NO_CHANGE if card is None else card.why_not
    why_not = Sentences(heading="Why it moved" if card is None else card.title, lines=(why,))
    if not drivers.lines:
        return (why_not,)
    rows = tuple(
        (figures.text(one.name), figures.text(one.between), figures.text(one.share)) for one in drivers.lines[:DRIVERS]
    )
    table = Table(
        name=f"what moves {facts.name}",
        heading=drivers.title,
        sub=drivers.sub,
        columns=("Input", "Four times in five between", "Share of the band"),
        rows=rows,
        right=frozenset({1, 2}),
    )
    return (table, why_not)


def decided(facts: Facts) -> Iterator[Section]:
    if facts.told is not None:
        yield from decision.sections_of(facts.told)


def knowns(facts: Facts) -> Sequence[appendix.Known]:
    one, page = facts.one, facts.page
    found = [
        (page.total_label, one.total, one.receipt),
        (page.realised_label, one.realised_total, one.realised_receipt),
    ]
    found.append((page.value_label, one.value, one.value_receipt))
    return [
        appendix.Known(
            name=name, quantity=quantity, grade=page.grade if isinstance(quantity, Estimate) else "", receipt=receipt
        )
        for name, quantity, receipt in found
    ]


def _appendix(facts: Facts) -> Iterator[Section]:
    one, page = facts.one, facts.page
    months = appendix.months(one)
    notes = [
        ("Left out", page.left_out or "Nothing of it is left out."),
        ("How sure", appendix.SURE),
        ("Track record", track_record(page)),
    ]
    yield from appendix.sections(
        knowns(facts),
        [*appendix.assumed(one, several=False)],
        notes,
        sub=f"{one.product.currency}, 80\u00a0% bands. D is in no total.",
        first="Figure",
        more=[months] if months is not None else [],
    )


def track_record(page: OutlookPage) -> str:
    record = page.record
    if record is None:
        return "There is no figure yet whose past could be told."
    return " ".join(filter(None, (f"{record.title}.", *record.texts[:1])))


def of_decision(user: User, row: Decision, one: Outlook, *, today: date, comments: bool = False) -> Document:
    """The document of one decision of a product, with what the product brings as it is known on a day."""
    told, facts = Told(user, row, one.known), Facts(user, one)
    sections = [decision.cover(told), *decision.sections_of(told)]
    further, frozen = decision.candidates(told), decision.kept(told)
    sections += [further] if further is not None else []
    sections += pages(facts)
    sections += [said_of.section(user, [facts.shown(told)])] if comments else []
    sections += [frozen] if frozen is not None else []
    found = calculation.of_product(one)
    return Document(
        kind="decision",
        of=f"{one.product.slug}/{row.number}",
        title=told.page.title,
        name=f"Decision {row.number}, {one.product.name}",
        period=period(f"{today:%Y-%m}", "long"),
        known_on=today,
        sections=tuple(sections),
        calculations=(found,) if found is not None else (),
    )
