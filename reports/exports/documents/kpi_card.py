"""The card of a KPI: what it is, who owns it, how it is computed, how well it is known, what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from metrics import jobs
from metrics.core import numerals, unit_names
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.months import AGGREGATIONS
from metrics.core.rows.refusal import counted
from metrics.queries.documents.known import Known
from metrics.queries.evidence import checks
from metrics.queries.kpi import board as queries
from metrics.queries.kpi.grade import WORDS
from metrics.queries.kpi.said import names_in
from metrics.queries.product import owners
from reports.exports.document import Block, Cell, Document, Figures, Section, Sentences, Table
from reports.exports.documents import figures
from reports.exports.documents.figures import text
from reports.pages.manage import board as pages
from reports.pages.mapping.page import (
    AssumptionLine,
    assumption_line,
    outcome_sentences,
    versions_of,
)
from reports.pages.mapping.text import formula_lines, kind_words, rule_words
from reports.words.dates import day, named, period
from reports.words.phrases import noun_of, sentence, worded

if TYPE_CHECKING:
    from metrics.models.product import User

MONTHS = 6
NONE = "–"


@dataclass(frozen=True)
class Facts:
    """What is known of one KPI today."""

    user: User
    kpi: Any
    known: Known
    today: date

    @cached_property
    def row(self) -> queries.BoardRow:
        return next(row for row in queries.board(self.known) if row.figure.kpi.pk == self.kpi.pk)

    @cached_property
    def line(self) -> pages.BoardLine:
        computing = jobs.open_count(self.known.product) > 0
        return pages.board(self.user, self.known.product, [self.row], computing=computing, comments={}).lines[0]

    @property
    def version(self) -> Any:
        return self.row.figure.version

    @cached_property
    def assumptions(self) -> tuple[AssumptionLine, ...]:
        if self.version is None:
            return ()
        left, rows = owners.left(self.known), self.known.assumptions
        names = names_in(self.version, self.known)
        return tuple(assumption_line(rows[name], self.known.product, self.today, left) for name in names)


def document(user: User, kpi: Any, known: Known, *, today: date) -> Document:
    """The card of a KPI as it is known on a day."""
    facts = Facts(user, kpi, known, today)
    value = facts.line.value
    title = (
        f"{kpi.name} is not known: {named(value.reason).rstrip('.')}"
        if isinstance(value, Unknown)
        else f"{kpi.name}: {worded(value)}"
    )
    section = Section(
        key="card",
        title=title,
        eyebrow=f"KPI card · {known.product.name}",
        grade=facts.line.grade,
        left=tuple(_told(facts)),
        right=tuple(_figures(facts)),
        below=(_grade(facts), _evidence(facts), _limits(facts)),
        foot=f"Receipt {numerals.digest(facts.row.figure.receipt)}" if facts.line.receipt else "",
    )
    return Document(
        kind="kpi",
        of=f"{known.product.slug}/{kpi.key}",
        title=title,
        name=f"KPI card, {kpi.name}",
        period=period(f"{today:%Y-%m}", "long"),
        known_on=today,
        sections=(section,),
    )


def _told(facts: Facts) -> Iterator[Block]:
    kpi = facts.kpi
    unit = unit_names.unit_words(kpi.unit) or "pure numbers"
    measured = "It is a share" if unit_names.is_share(kpi.unit) else f"It is measured in {unit}"
    way = AGGREGATIONS[kpi.aggregation].words
    meaning = sentence(kpi.meaning) if kpi.meaning else "Nobody has said what it means."
    measured = f"{measured}; {kpi.get_direction_display()}. Over several months it is {way}."
    yield Sentences(heading="What it is", lines=(meaning, measured))
    owner = owners.worded(kpi.owner, owners.left(facts.known), without="Nobody is named as its owner")
    yield Sentences(heading="Who owns it", lines=(sentence(owner),))
    yield Sentences(heading="How it is computed", lines=tuple(computed(facts)))
    if facts.version is not None:
        yield _versions(facts)


def computed(facts: Facts) -> Iterator[str]:
    """The mapping in force in sentences: what each outcome is worth or the formula, and the rules it is counted by."""
    version = facts.version
    if version is None:
        counted = isinstance(facts.line.value, Estimate)
        yield (
            "It is counted by the business: no mapping in force computes it."
            if counted
            else ("No mapping in force computes it, and no month of it was counted.")
        )
        return
    since = f", in force since {day(version.approved_at)}" if version.approved_at else ""
    yield f"{version.mapping.name}, version {version.number}, {_a(kind_words(version.definition))}{since}."
    worth = outcome_sentences(version, facts.known)
    for one in worth:
        amount = one.figure or worded(one.money)
        yield f"{one.what} Worth {amount} {unit_names.one_of(noun_of(facts.known.product))}: {one.why}."
    if not worth:
        for line in formula_lines(version.definition):
            yield f"{line.label or facts.kpi.name} = {line.words}"
    for what, words in rule_words(version.definition, noun_of(facts.known.product)):
        yield sentence(f"{what}: {words}")


def _a(words: str) -> str:
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"


def _assumptions(found: Sequence[AssumptionLine]) -> Table:
    rows = tuple(
        (
            text(one.name, below=one.warning),
            Cell(text=one.now if unit_names.is_share(one.unit) else f"{one.now} {one.unit}".strip()),
            text(one.between),
            text(one.owner or "nobody", below=one.source or "no source"),
        )
        for one in found
    )
    return Table(
        name="assumptions",
        heading="What it assumes",
        columns=("Assumption", "Value", "90\u00a0% between", "Owner and source"),
        rows=rows,
        right=frozenset({1, 2}),
    )


def _figures(facts: Facts) -> Iterator[Block]:
    line, row, unit = facts.line, facts.row, facts.kpi.unit
    of_rows = f" · rows of {line.rows}" if line.rows else ""
    seen = f" · {line.seen.months}" if line.seen and not line.rows else ""
    now = figures.printed("value", f"Now{of_rows}{seen}", line.value, grade=line.grade, receipt=row.figure.receipt)
    yield Figures(figures=(now,), hero=True)
    if row.target is None:
        goal: Quantity = Unknown("no target is set for these months")
        chance: Quantity = Unknown("without a target there is no chance to meet it")
    else:
        goal = Estimate(float(row.target.value), unit)
        why = line.no_chance or "the months are over" if line.chance is None else ""
        chance = Unknown(why) if line.chance is None else Estimate(line.chance)
    yield Figures(
        figures=(
            figures.printed("target", "Target", goal, beside=line.status.words if row.target else ""),
            figures.chance("chance", "Chance to meet it", chance),
        )
    )
    yield from _history(facts)


def _history(facts: Facts) -> Iterator[Block]:
    months = facts.known.actuals(facts.kpi)
    if months:
        shown = list(reversed(months[-MONTHS:]))
        cells = figures.column([Estimate(value, facts.kpi.unit) for _, value in shown])
        kept = f"The last {len(shown)} of {len(months)} months that were counted." if len(months) > len(shown) else ""
        yield Table(
            name="months",
            heading="What came",
            sub=kept,
            columns=("Month", "Counted"),
            rows=tuple((text(figures.month(month)), cell) for (month, _), cell in zip(shown, cells, strict=True)),
            right=frozenset({1}),
        )
    if facts.assumptions:
        yield _assumptions(facts.assumptions)
    if not months and facts.version is None:
        yield Sentences(heading="What came", lines=("No month of it was counted, and it has no mapping.",))


def _versions(facts: Facts) -> Table:
    return Table(
        name="versions",
        heading="How its mapping changed",
        columns=("Version", "State", "Since", "What is new"),
        rows=tuple(
            (text(str(one.number)), text(one.state.words), text(day(one.when)), text(one.note))
            for one in versions_of(facts.user, facts.version)[:4]
        ),
    )


def _grade(facts: Facts) -> Sentences:
    letter = facts.line.grade
    if not letter:
        lines: tuple[str, ...] = (
            "It has no grade: it is an observed number, and rests on no mapping."
            if isinstance(facts.line.value, Estimate)
            else "It has no grade: there is no figure.",
        )
    else:
        lines = (f"{letter}, {WORDS[letter]}.", *map(sentence, facts.line.reasons))
    return Sentences(heading="Grade", lines=lines)


def _evidence(facts: Facts) -> Sentences:
    run = facts.row.figure.run
    if facts.version is None or run is None:
        return Sentences(heading="Evidence", lines=("No run stands behind it, so there is nothing to check.",))
    found = checks.checks(run, facts.known.champion_of(run))
    return Sentences(heading="Evidence", lines=tuple(evidence(found)))


def evidence(found: Sequence[Any]) -> Iterator[str]:
    """How many checks hold, and the first sentence of those that do not."""
    made = [check for check in found if check.verdict != "not checked"]
    if not made:
        yield "None of its checks could be made."
        return
    holding = sum(check.verdict == "holds" for check in made)
    hold = f"{counted(len(made), 'check')} {'holds' if len(made) == 1 else 'hold'}"
    yield f"{holding} of {hold}; {len(found) - len(made)} could not be made."
    for check in made:
        if check.verdict != "holds":
            yield sentence(f"{check.name}: {check.text.partition('. ')[0]}")


def _limits(facts: Facts) -> Sentences:
    """What the figure does not say, or may stop saying."""
    line, lines = facts.line, []
    if isinstance(line.value, Unknown):
        lines.append(sentence(f"it is not known: {line.value.reason}"))
    elif line.value.draws is None:
        why = line.value.no_band
        lines.append(sentence(f"it has no band: {why}") if why else "It is a count, without a band.")
    if line.seen and line.seen.running:
        lines.append(sentence(line.seen.running))
    if line.waiting:
        lines.append(sentence(f"another mapping is on its way: {line.waiting}"))
    lines += [sentence(f"{one.name}: {one.warning}") for one in facts.assumptions if one.warning]
    return Sentences(heading="Limits", lines=tuple(lines) or ("None is known.",))
