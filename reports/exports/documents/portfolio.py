"""A document of a portfolio: its cover, all products together, a page a product, the decision, and how it is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.months import added
from metrics.core.unit_names import NBSP
from metrics.queries.revenue.asked import TARGET, Asked, frame
from metrics.queries.revenue.portfolio import Portfolio
from metrics.queries.selection.outcome import outcomes
from reports.exports.document import Block, Calculation, Cell, Document, Figures, Printed, Section, Sentences, Table
from reports.exports.documents import appendix, calculation, decision, drawn, figures, said, said_of
from reports.exports.documents.figures import NONE, text
from reports.exports.documents.product import MOST_FIGURES, Facts, pages
from reports.pages.portfolio.page import PortfolioPage, portfolio_page
from reports.words.dates import period
from reports.words.phrases import ON_TRACK, count, span

if TYPE_CHECKING:
    from datetime import date

    from metrics.models.product import User

RECORDS = 4
NOTHING_LEFT_OUT = "Nothing is left out."


@dataclass(frozen=True)
class Several:
    """A portfolio with its pages. products: in the order of attention, off track first."""

    user: User
    found: Portfolio
    today: date

    @cached_property
    def products(self) -> list[Facts]:
        return [Facts(self.user, one) for one in self.found.outlooks]

    @cached_property
    def page(self) -> PortfolioPage:
        past = outcomes([one.known for one in self.found.outlooks]).values()
        now, starts = frame([one.product for one in self.found.outlooks], today=self.today)
        spoken = Asked(period=self.found.period, against=TARGET, fault="", chosen=None, now=now, starts=starts)
        return portfolio_page(self.found, spoken, waiting=(), past=past, changes=(), today=self.today)

    @cached_property
    def expected(self) -> said.Expected:
        found = self.found
        one = found.counted[0] if len(found.counted) == 1 else None
        meetings = [counted.meeting for counted in found.counted]
        spans = {meeting.months for meeting in meetings if meeting is not None}
        goal_months = next(iter(spans), ()) if len(spans) == 1 else ()
        same = goal_months == found.months
        money: Quantity = Unknown("the targets are for other months")
        if goal_months:
            money = found.total if same else added([one.money for one in found.counted], found.currency)
        return said.Expected(
            who=one.product.name if one is not None else "The portfolio",
            total=found.total,
            months=found.months,
            goal=found.goal,
            goal_months=goal_months,
            money=money,
            chance=found.chance,
        )

    @property
    def concern(self) -> str:
        """The product that is least likely to meet its target; else the one that could lose most of what it brings."""
        if not self.products:
            return "There is no product yet."
        counted = {one.product.pk for one in self.found.counted}
        inside = [one for one in self.products if one.one.product.pk in counted] or self.products
        doubtful = [one for one in inside if one.one.chance is not None and one.one.chance < ON_TRACK]
        worst = doubtful[0] if doubtful else max(inside, key=_part_at_risk)
        return worst.concern

    @property
    def decided(self) -> Facts | None:
        """The product whose decision waits, or whose last was signed last."""
        waiting = [one for one in self.products if one.waiting]
        signed = [one for one in self.products if one.told is not None and one.told.row.state == "signed"]
        signed.sort(key=lambda one: str(one.told.row.signed_at) if one.told else "", reverse=True)
        return next(iter([*waiting, *signed]), None)

    def shown(self) -> Iterator[said_of.Shown]:
        """What stands in the document of each product; of one that of its decision too."""
        for one in self.products:
            yield one.shown(one.told if one is self.decided else None)


def _part_at_risk(one: Facts) -> float:
    """What the worst cause could take away, as a share of what is expected."""
    total = one.one.total
    lines = one.risks.lines
    if isinstance(total, Unknown) or not lines or lines[0].effect is None or not total.point:
        return 0.0
    return abs(min(0.0, float(lines[0].effect["low"]))) / abs(total.point)


def document(user: User, found: Portfolio, *, today: date, comments: bool = False) -> Document:
    """The document of the products of a portfolio, in its currency. comments: with what was said of what is in it."""
    several = Several(user, found, today)
    sections = [_cover(several)]
    if found.outlooks:
        sections += [_together(several)]
        for one in several.products:
            sections += pages(one, prefix=f"product.{one.one.product.slug}.")
        if several.decided is not None and several.decided.told is not None:
            sections += decision.sections_of(several.decided.told)
        sections += [said_of.section(user, list(several.shown()))] if comments else []
        sections += _appendix(several)
    return Document(
        kind="portfolio",
        of="portfolio",
        title=_title(several),
        name="Board pack",
        period=period(f"{today:%Y-%m}", "long"),
        known_on=today,
        sections=tuple(sections),
        calculations=tuple(_calculations(several)),
    )


def _title(several: Several) -> str:
    return several.page.title


def _calculations(several: Several) -> Iterator[Calculation]:
    """Each product that counts, then what they bring together."""
    under = {}
    for one in several.found.counted:
        lines = calculation.of_product(one.outlook)
        if lines is not None:
            under[one.product.pk] = lines
            yield lines
    total = calculation.of_portfolio(several.found, under)
    if total is not None:
        yield total


def _cover(several: Several) -> Section:
    found = several.found
    waiting = [held for one in several.products for held in one.waiting]
    last = several.decided.last if several.decided is not None else ""
    lines = [_expected(several), several.concern, said.decision(waiting, last)]
    if not found.outlooks:
        lines = ["There is no product to tell of."]
    return Section(
        key="cover",
        title=_title(several),
        eyebrow="Board pack · Portfolio",
        left=(Sentences(lines=tuple(lines), numbered=True),),
        right=(Figures(figures=tuple(_figures(several))[:MOST_FIGURES]),) if found.outlooks else (),
        foot=appendix.LEGEND,
        grade=_grades(several),
    )


def _expected(several: Several) -> str:
    found, page = several.found, several.page
    said_of = said.expected(several.expected)
    if page.coverage:
        return f"{said_of} {page.coverage}"
    return f"{said_of} {count(len(found.counted), 'product').capitalize()} {_counts(len(found.counted))}."


def _counts(number: int) -> str:
    return "counts" if number == 1 else "count"


def _grades(several: Several) -> str:
    return figures.graded(one.outlook.grade.letter for one in several.found.counted)


def _figures(several: Several) -> Iterator[Printed]:
    found, page, grade = several.found, several.page, _grades(several)
    yield figures.printed("total", page.total_label, found.total, grade=grade)
    if found.goal is not None:
        goal, _, months = page.chance_against.removeprefix("target of ").partition(" for ")
        value, _, unit = goal.partition(NBSP)
        yield Printed(key="target", label="Target", value=value, unit=unit, beside=f"for {months}", number=found.goal)
    yield figures.chance("chance", "Chance to meet it", found.chance, beside=page.chance_note or page.chance_against)
    yield figures.printed("realised", page.realised_label, found.realised, grade=grade)
    yield Printed(
        key="products",
        label="Products that count",
        value=str(page.counted),
        unit=f"of {len(page.lines)}",
        beside="" if page.left_out else "nothing is left out",
        number=float(page.counted),
    )
    one = several.decided
    if one is not None and one.told is not None and one.waiting:
        adds = one.told.figure("decision", "The decision")
        if adds is not None:
            yield adds


def _together(several: Several) -> Section:
    """All products as one: how the total adds up, and what each brings."""
    found, page = several.found, several.page
    chart = drawn.fan(page.chart, page.chart_title, sub="Adding up month by month.", unit=found.currency)
    left: tuple[Block, ...] = (chart,) if chart is not None else ()
    if not left:
        left = (Sentences(heading=page.chart_title, lines=(page.no_chart or "No product counts yet.",)),)
    off = [one for one in several.products if one.one.chance is not None and one.one.chance < ON_TRACK]
    return Section(
        key="together",
        title=_off_track(len(off), several),
        eyebrow=f"Portfolio · {span(found.months)}" if found.months else "Portfolio",
        left=left,
        right=(_products(several),),
        below=tuple(Sentences(lines=(line,)) for line in (*page.missing, *_past(page))[:3]),
        grade=_grades(several),
    )


def _off_track(off: int, several: Several) -> str:
    if not several.found.counted:
        return "No product has a figure that counts yet"
    if not off:
        known = [one for one in several.products if one.one.chance is not None]
        return "Every product with a target is on track" if known else "No product has a target with a chance yet"
    return f"{count(off, 'product').capitalize()} {'is' if off == 1 else 'are'} not on track"


def _past(page: PortfolioPage) -> Sequence[str]:
    return page.past.totals if page.past is not None else ()


def _products(several: Several) -> Table:
    """What each brings to the total, off track first."""
    found = several.found
    counted = {one.product.pk: one for one in found.counted}
    parts: list[Quantity] = []
    rows: list[tuple[Cell, ...]] = []
    for one in several.products:
        held = counted.get(one.one.product.pk)
        parts.append(held.part if held is not None else Unknown("not counted"))
    column = figures.column([*parts, found.total])
    lines = {line.name: line for line in several.page.lines}
    for one, value in zip(several.products, column, strict=False):
        line = lines[one.name]
        chance = figures.chance("", "", Estimate(line.chance, "share")).text if line.chance is not None else NONE
        name = text(one.name, below=line.status.words)
        rows.append((name, value, text(line.target), text(chance), text(line.grade)))
    total = Cell(text=column[-1].text, number=column[-1].number, strong=True)
    rows.append((text("Together", strong=True), total, *[Cell(text="")] * 3))
    sub = f"{span(found.months)}, {found.currency}. Targets are in each product’s own currency."
    return Table(
        name="products",
        heading="What each product brings",
        sub=sub if found.months else "",
        columns=("Product", "Expected", "Target", "Chance", "Grade"),
        rows=tuple(rows),
        right=frozenset({1, 2, 3}),
        total=isinstance(found.total, Estimate),
    )


def _appendix(several: Several) -> Iterator[Section]:
    found, page = several.found, several.page
    counted = {one.product.pk: one for one in found.counted}
    known = [
        appendix.Known(
            name=one.name,
            quantity=counted[one.one.product.pk].part
            if one.one.product.pk in counted
            else Unknown(_why_not(several, one)),
            grade=one.one.grade.letter if isinstance(one.one.total, Estimate) else "",
            receipt=one.one.receipt,
        )
        for one in several.products
    ]
    known.append(appendix.Known(name="Together", quantity=found.total, grade=_grades(several), receipt="", total=True))
    several_names = len(several.products) > 1
    rests_on = [row for one in several.products for row in appendix.assumed(one.one, several=several_names)]
    notes = [
        ("Left out", page.coverage or NOTHING_LEFT_OUT),
        ("How sure", appendix.SURE),
        ("Track record", " ".join(f"{one.name}: {_record(one)}." for one in several.products[:RECORDS])),
    ]
    yield from appendix.sections(
        known,
        rests_on,
        notes,
        sub=f"{span(found.months)}, {found.currency}, 80\u00a0% bands. D is in no total." if found.months else "",
        rates=_rates(page),
    )


def _record(one: Facts) -> str:
    title = one.page.record.title if one.page.record is not None else "no figure whose past could be told"
    return f"{title[:1].lower()}{title[1:]}"


def _why_not(several: Several, one: Facts) -> str:
    left = next((held for held in several.page.left_out if held.name == one.name), None)
    total = one.one.total
    if isinstance(total, Unknown):
        return total.reason
    return left.why.rstrip(".") if left is not None and left.why else one.one.bare or "not in the total"


def _rates(page: PortfolioPage) -> Table | None:
    rows = tuple(
        (text(f"{one.name}, {one.currency}"), text(rate.months), text(rate.words))
        for one in page.conversions
        for rate in one.rates
    )
    if not rows:
        return None
    return Table(
        name="exchange rates",
        heading="Exchange rates",
        sub="Each month at the rate of its end; months that are not over at the newest.",
        columns=("Product", "Months", "Rate"),
        rows=rows,
    )
