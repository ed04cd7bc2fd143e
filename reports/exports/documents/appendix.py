"""The last pages of a document: how each figure is known, what it rests on, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from metrics.core import distributions, numerals, unit_names
from metrics.core.draws import K
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.revenue.projecting import Projecting
from metrics.queries.kpi.grade import WORDS
from metrics.queries.revenue.outlook import Outlook
from reports.exports.document import Block, Cell, Section, Sentences, Table
from reports.exports.documents import calculation, figures
from reports.exports.documents.figures import NONE, text
from reports.words.dates import day, named
from reports.words.phrases import sentence

ROWS = 10  # of a table on one page
TITLE, EYEBROW = "How each figure is known, and how to check it", "Appendix"
LEGEND = "A causal · B backtested · C assumed · D opinion, never in a total"
SURE = f"Each band is of {K:,} futures in which all that is uncertain is drawn together."


@dataclass(frozen=True, kw_only=True)
class Known:
    """A figure with what it is known by. total: it adds up those above it."""

    name: str
    quantity: Quantity
    grade: str
    receipt: str
    total: bool = False


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """An assumption as a row. of: its product, where there are several."""

    name: str
    of: str
    value: str
    number: float
    band: str
    until: str


def grades(found: Sequence[Known], sub: str, *, first: str = "Product") -> Table:
    """Figures, their grades, bands and receipts."""
    expected, bands = figures.column([one.quantity for one in found]), figures.bands([one.quantity for one in found])
    rows = tuple(
        (
            text(one.name, below=_why(one.quantity), strong=one.total),
            text(f"{one.grade}{unit_names.NBSP}{WORDS[one.grade]}" if one.grade in WORDS else one.grade),
            Cell(text=value.text, number=value.number, strong=one.total),
            band,
            text(figures.digest(one.receipt)),
        )
        for one, value, band in zip(found, expected, bands, strict=True)
    )
    return Table(
        name="grades and receipts",
        heading="Grades and receipts",
        sub=sub,
        columns=(first, "Grade", "Figure", "80\u00a0% band", "Receipt"),
        rows=rows,
        right=frozenset({2, 3}),
        total=bool(found) and found[-1].total,
    )


def _why(found: Quantity) -> str:
    return named(found.reason) if isinstance(found, Unknown) else ""


def assumed(one: Outlook, *, several: bool) -> Iterator[Assumed]:
    """The assumptions under a product's money."""
    if one.document is None:
        return
    rows = one.known.assumptions
    for key in sorted(Projecting(one.document, one.known.source).assumptions()):
        row = rows.get(key)
        if row is None:
            continue
        held, unit = distributions.parse(row.distribution), row.assumption.unit
        yield Assumed(
            name=row.assumption.name,
            of=one.product.name if several else "",
            value=_stated(held.point, unit),
            number=held.point,
            band=calculation.ends(row) or NONE,
            until=day(row.valid_until) if row.valid_until else "no end named",
        )


def _stated(value: float, unit: str) -> str:
    words = "" if unit_names.is_share(unit) else unit_names.unit_words(unit)
    return f"{numerals.stated(value, unit)}{unit_names.NBSP}{words}".strip()


def assumptions(found: Sequence[Assumed], *, part: str = "") -> Table:
    return Table(
        name=f"assumptions{part}",
        heading=f"Assumptions behind the money{', continued' if part else ''}",
        sub="Each has an owner and a source; after its date it counts as opinion.",
        columns=("Assumption", "Value", "80\u00a0% band", "Holds until"),
        rows=tuple(
            (text(one.name, below=one.of), Cell(text=one.value, number=one.number), text(one.band), text(one.until))
            for one in found
        ),
        right=frozenset({1, 2}),
    )


def sections(
    known: Sequence[Known],
    rests_on: Sequence[Assumed],
    notes: Sequence[tuple[str, str]],
    *,
    sub: str,
    first: str = "Product",
    rates: Table | None = None,
    more: Sequence[Table] = (),
) -> Iterator[Section]:
    """notes: heading and sentence, at most three of which stand side by side. more: tables for a page of their own."""
    below = tuple(Sentences(heading=heading, lines=(line,)) for heading, line in notes[:3])
    right: tuple[Block, ...] = (assumptions(rests_on[:ROWS]),) if rests_on else ()
    yield Section(
        key="appendix",
        title=TITLE,
        eyebrow=EYEBROW,
        left=(grades(known[:ROWS], sub, first=first),),
        right=right or (Sentences(heading="Assumptions", lines=("No assumption stands under these figures.",)),),
        below=below,
        foot=LEGEND,
    )
    for number, start in enumerate(range(ROWS, max(len(known), len(rests_on)), ROWS), start=2):
        figures_left, rest = known[start : start + ROWS], rests_on[start : start + ROWS]
        left = [grades(figures_left, sub, first=first)] if figures_left else []
        held = [assumptions(rest, part=f" {number}")] if rest else []
        columns = [*left, *held]
        yield Section(
            key=f"appendix.{number}",
            title="What the figures rest on, continued",
            eyebrow=EYEBROW,
            left=tuple(columns[:1]),
            right=tuple(columns[1:]),
            foot=LEGEND,
        )
    tables = [*([rates] if rates is not None else []), *more]
    for start in range(0, len(tables), 2):
        yield Section(
            key=f"appendix.tables.{start // 2 + 1}",
            title="Exchange rates" if tables[start] is rates else tables[start].heading,
            eyebrow=EYEBROW,
            left=(tables[start],),
            right=tuple(tables[start + 1 : start + 2]),
            foot=LEGEND,
        )


def months(one: Outlook) -> Table | None:
    """What is known and what is expected, month by month; None where there is neither."""
    past = [(month.period, "known", month.quantity) for month in one.realised if isinstance(month.quantity, Estimate)]
    ahead = [(month.period, "expected", month.quantity) for month in one.months]
    found = [*past[-6:], *ahead[:12]]
    if not found:
        return None
    values = [quantity for _, _, quantity in found]
    rows = tuple(
        (text(figures.month(name)), text(how), value, band)
        for (name, how, _), value, band in zip(found, figures.column(values), figures.bands(values), strict=True)
    )
    return Table(
        name=f"months of {one.product.name}",
        heading="Month by month",
        sub=_left(len(past), len(ahead)),
        columns=("Month", "", "Value", "80\u00a0% band"),
        rows=rows,
        right=frozenset({2, 3}),
    )


def _left(past: int, ahead: int) -> str:
    told = [f"the last 6 of {past} known"] if past > 6 else []
    told += [f"the first 12 of {ahead} to come"] if ahead > 12 else []
    return sentence(" and ".join(told)) if told else ""
