"""A decision on a page: who gives up what, where it turns over, who has signed, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, cast

from metrics.core import numerals
from metrics.core.unit_names import NBSP
from metrics.queries.documents.known import Known
from metrics.queries.selection import record
from reports.exports.document import (
    Block,
    Cell,
    Drawn,
    Figures,
    Printed,
    Section,
    Sentences,
    Signature,
    Signatures,
    Table,
)
from reports.exports.documents import drawn, figures, said
from reports.exports.documents.figures import text
from reports.pages.decision.flips import flips_page
from reports.pages.decision.list import title_of
from reports.pages.decision.page import DecisionPage, decision_page
from reports.pages.decision.words import CHOSEN_FROM
from reports.words.dates import day
from reports.words.phrases import count, sentence

if TYPE_CHECKING:
    from metrics.models.product import User
    from metrics.models.selection import Decision
    from reports.pages.decision.outcome import OutcomeCard
    from reports.pages.decision.parts import DeskPage

Kind = Literal["good", "warn", "bad", "same", "info", "unknown"]
SHOWN = 4  # candidates beside each other
FLIPS = 3


class Told:
    """A decision with its page, made once for all sections that speak of it."""

    def __init__(self, user: User, row: Decision, known: Known) -> None:
        self.row, self.known = row, known
        self.page: DecisionPage = decision_page(user, row, known)

    @property
    def name(self) -> str:
        return called(self.row)

    @property
    def next(self) -> str:
        return self.page.turn

    def figure(self, key: str, label: str = "") -> Printed | None:
        """What the choice adds, or is promised; None where it has no money."""
        hero = self.page.desk.hero if self.page.desk is not None else None
        if hero is None or "figure" not in hero or hero["figure"] is None:
            return None
        return figures.printed(
            key,
            label or str(hero["label"]),
            hero["figure"],
            grade=hero["grade"],
            receipt=_digest(hero["receipt"]),
            signed=hero["signed"],
        )


def sections_of(told: Told, *, prefix: str = "decision") -> Iterator[Section]:
    """The page of the choice, and what came of it where that is known."""
    page = told.page
    if page.outcome is not None and page.outcome.title:
        yield _outcome(told, page.outcome, prefix)
        return
    yield _choice(told, prefix)


def called(row: Decision) -> str:
    """ "decision 4 of Cancellation calls, logreg in place of gnb"."""
    what = title_of(row)
    return (
        f"decision {row.number} of {row.product.name}, {what if row.chosen_id else f'on {what[:1].lower()}{what[1:]}'}"
    )


def _eyebrow(told: Told) -> str:
    return f"Decision {told.row.number} · {told.row.product.name}"


def _choice(told: Told, prefix: str) -> Section:
    page, desk = told.page, told.page.desk
    left: list[Block] = []
    right: list[Block] = []
    if desk is not None:
        left += _given_up(told, desk)
        hero = told.figure(f"{prefix}.adds")
        if hero is not None:
            right.append(Figures(figures=(hero,), heading="What it adds", hero=True))
    if not left:
        left.append(Sentences(lines=(page.lead or page.turn or page.title,)))
    left += _flips(told)
    right += _signatures(page)
    frozen = f"Record {figures.digest(told.row.digest)}" if told.row.digest else ""
    foot = f"Figures as frozen at the proposal, {day(told.row.proposed_at)} · {frozen}" if frozen else page.turn
    grade = desk.money.grade if desk is not None and desk.money is not None else ""
    return Section(
        key=prefix,
        title=page.title,
        eyebrow=_eyebrow(told),
        left=tuple(left),
        right=tuple(right),
        foot=foot,
        grade=grade,
    )


def _given_up(told: Told, desk: DeskPage) -> list[Block]:
    """What each role gives up with each candidate, against the best that it could have had."""
    if not desk.regrets:
        return [Sentences(lines=tuple(filter(None, (desk.lead, desk.nearest))))] if desk.lead or desk.nearest else []
    heads = desk.regret_heads[:SHOWN]
    rows = []
    for one in desk.regrets:
        cells = [
            Cell(text=amount, below=_share(share), shade=int(shade[1:]))
            for _, amount, share, shade in one.cells[:SHOWN]
        ]
        rows.append((Cell(text=one.role, below=one.name), *cells))
    more = len(desk.regret_heads) - len(heads)
    note = f" {count(more, 'further candidate').capitalize()} not shown." if more else ""
    return [
        Table(
            name=f"given up, decision {told.row.number}",
            heading="What each role gives up, by choice",
            sub=f"Against the best it could have had. Shade: share of its own range.{note}",
            columns=("Role and what it wants", *heads),
            rows=tuple(rows),
            right=frozenset(range(1, len(heads) + 1)),
        )
    ]


def _share(share: str) -> str:
    """A share of a range; "" where it is not known."""
    return "best of all" if share == f"0{NBSP}%" else "" if share == figures.NONE else f"{share} of its range"


def _flips(told: Told) -> list[Block]:
    """Where an open choice turns over; of a frozen one that is not kept."""
    if told.row.state != "open" or told.row.terms is None:
        return []
    desk = record.desk(told.row, told.known)
    if desk.state not in CHOSEN_FROM or len(desk.rows) < 2:
        return []
    found = flips_page(desk, told.row.product.slug)
    lines = tuple(one.says for one in found.lines[:FLIPS]) or (sentence(found.title),)
    return [Sentences(lines=lines, heading="When would we choose differently?")]


def _signatures(page: DecisionPage) -> list[Block]:
    if not page.signatures:
        return []
    return [
        Signatures(
            heading=_signed_title(page),
            sub="Dissent is kept on the record." if any(one.remark for one in page.signatures) else "",
            signatures=tuple(
                Signature(
                    who=one.name,
                    when=one.what,
                    verdict=one.verdict.words,
                    kind=cast("Kind", one.verdict.kind),
                    remark=one.remark,
                )
                for one in page.signatures
            ),
        )
    ]


def _signed_title(page: DecisionPage) -> str:
    signed = sum(1 for one in page.signatures if one.signed)
    against = sum(1 for one in page.signatures if one.signed and one.verdict.words in ("Dissents", "Refused"))
    said_of = {0: "Nobody has signed yet", len(page.signatures): "All have signed"}
    said = said_of.get(signed, f"{signed} of {len(page.signatures)} have signed")
    return f"{said}; {count(against, 'objection')}" if against else said


def _outcome(told: Told, card: OutcomeCard, prefix: str) -> Section:
    """What was earned against what was promised."""
    unit = told.row.product.currency
    chart: Drawn | None = drawn.fan(
        card.chart, card.chart_title, sub="Adding up from the first scored month.", unit=unit
    )
    promised = figures.printed(f"{prefix}.promised", "Promised for these months", card.so_far, grade=card.grade)
    earned = figures.printed(f"{prefix}.earned", card.earned_label, card.came or card.so_far, beside=card.inside_says)
    table = Table(
        name=f"months of decision {told.row.number}",
        heading="Month by month",
        columns=("Month", "Promised", "Earned", "Against its band"),
        rows=tuple(
            (
                text(one.name, strong=one.name == "Together"),
                *figures.column([one.promised]),
                text(one.earned),
                text(one.verdict.words),
            )
            for one in card.months[-12:]
        ),
        right=frozenset({1, 2}),
    )
    return Section(
        key=prefix,
        title=told.page.title,
        eyebrow=_eyebrow(told),
        left=tuple(filter(None, (chart, Figures(figures=(earned, promised))))),
        right=(table, *_signatures(told.page)),
        foot=f"Record {figures.digest(told.row.digest)}, signed on {day(told.row.signed_at)}",
        grade=card.grade,
    )


def candidates(told: Told) -> Section | None:
    """The figures of all candidates; None where there is none."""
    desk = told.page.desk
    if desk is None or not desk.lines or not desk.columns:
        return None
    columns = tuple(f"{one.name}, {one.unit}" if one.unit else one.name for one in desk.columns)
    rows = tuple(
        (
            Cell(text=line.name, below=", ".join(line.notes), strong=line.picked),
            *(_cell(cell.figure, cell.column) for cell in line.cells),
        )
        for line in desk.lines[:12]
    )
    out = tuple(f"{one.name}: {one.reason}." for one in (*desk.out, *desk.beaten)[:6])
    return Section(
        key="candidates",
        title=desk.table_title,
        eyebrow=_eyebrow(told),
        left=(
            Table(
                name=f"candidates, decision {told.row.number}",
                heading="What each would bring",
                sub="The chosen one first, then the champion. Bands hold four in five.",
                columns=("Candidate", *columns),
                rows=rows,
                right=frozenset(range(1, len(columns) + 1)),
            ),
        ),
        right=(Sentences(lines=out, heading=desk.out_title),) if out else (),
    )


def _cell(found: Any, column: Any) -> Cell:
    read = numerals.read(found)
    if not isinstance(read, numerals.Figure):
        return Cell(text=figures.NONE, below=read.reason)
    worded = numerals.word(read, scale=column.scale, places=column.places)
    ends = numerals.band_text(read, worded)
    return Cell(text=worded.number, number=read.point, below=f"{ends[1]}" if ends else "")


def kept(told: Told) -> Section | None:
    """What the record froze, each thing with its digest; None before there is one."""
    lines = told.page.frozen
    if not lines:
        return None
    rows = tuple((text(one.name, below=one.says), text(one.digest), text(one.verdict.words)) for one in lines)
    table = Table(
        name=f"record of decision {told.row.number}",
        heading="What the record holds",
        columns=("What", "Digest", "Computed again"),
        rows=rows,
    )
    return Section(key="record", title=told.page.frozen_title, eyebrow="Appendix", left=(table,), foot=_foot(told))


def _digest(url: str | None) -> str:
    """The digest that the address of a receipt ends with."""
    return str(url or "").rstrip("/").rpartition("/")[2]


def cover(told: Told) -> Section:
    page, row = told.page, told.row
    waits = [said.Waiting(name=told.name, next=told.next)] if row.state in ("open", "proposed") else []
    lines = [f"{page.title}.", page.lead]
    lines.append(said.decision(waits, "") if waits else page.turn)
    found = list(figures_of(told))
    return Section(
        key="cover",
        title=page.title,
        eyebrow=_eyebrow(told),
        left=(Sentences(lines=tuple(filter(None, lines)), numbered=True),),
        right=(Figures(figures=tuple(found)),) if found else (),
        foot=_foot(told),
    )


def _foot(told: Told) -> str:
    return f"Record {figures.digest(told.row.digest)}" if told.row.digest else told.page.turn


def figures_of(told: Told) -> Iterator[Printed]:
    """What the choice adds; and of a signed one what was promised, and what came."""
    adds = told.figure("decision.adds")
    if adds is not None:
        yield adds
    card = told.page.outcome
    if card is None:
        return
    receipt = _digest(card.receipt)
    yield figures.printed("decision.promise", "Promised in all", card.promised, grade=card.grade, receipt=receipt)
    if card.came is not None:
        yield figures.printed("decision.came", card.earned_label, card.came, beside=card.inside_says)
