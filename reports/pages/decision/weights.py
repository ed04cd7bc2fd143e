"""What one would give up for what: a question at a time, one's own answers so far, who has answered, and the reveal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from metrics import access
from metrics.core import numerals
from metrics.core.numerals import Figure
from metrics.core.rows.refusal import counted
from metrics.core.selection import weighing
from metrics.core.selection.answers import ENOUGH, FEWEST, MOST
from metrics.core.selection.weighing import Asked, Said, Weighed
from metrics.queries.selection import catalogue, plain, record
from reports.pages.decision import words
from reports.pages.decision.leader import LeaderCard, leader_card
from reports.pages.decision.page import RoundCard, round_card
from reports.pages.decision.parts import Revealed
from reports.pages.decision.roles import revealed
from reports.pages.decision.words import Plain

if TYPE_CHECKING:
    from metrics.models.selection import Decision, Sheet
    from metrics.queries.documents.known import Known
    from metrics.queries.selection.desk import Desk

SAYS = {"yes": "Yes", "no": "No", "cannot say": "Cannot say"}


@dataclass(frozen=True)
class Shown:
    """An objective on a card. moved: whether the two cards differ in it."""

    name: str
    figure: str
    moved: bool


@dataclass(frozen=True, kw_only=True)
class QuestionCard:
    """number: counted from 1. fewest, most: that are asked. fields: what is sent with an answer."""

    number: int
    fewest: int
    most: int
    text: str
    yes: tuple[Shown, ...]
    no: tuple[Shown, ...]
    fields: tuple[tuple[str, str], ...]

    @property
    def track(self) -> tuple[str, ...]:
        """Each question that may be asked: "done", "here", or "" for one to come."""
        return tuple(
            "done" if at < self.number else "here" if at == self.number else "" for at in range(1, self.most + 1)
        )


@dataclass(frozen=True)
class AnswerLine:
    place: int
    gives: str
    gains: str
    says: str
    contradicts: bool


@dataclass(frozen=True, kw_only=True)
class WeightsPage:
    """question: what is asked next, None where no more is. may_answer: whether this person has a sheet here."""

    product: Any
    decision: Decision
    title: str
    lead: str
    round: RoundCard
    may_answer: bool
    question: QuestionCard | None
    answers: tuple[AnswerLine, ...]
    standing: str
    share: float | None
    contradicts: bool
    weights_set: bool
    sealed: str
    can_seal: bool
    leader: LeaderCard | None
    revealed: Revealed | None
    unrevealed: str
    why_none: str
    back: str


def weights_page(user: Any, decision: Decision, known: Known) -> WeightsPage | None:
    """Of a decision that was fetched with its rounds; None where the roles were never asked."""
    product, url = decision.product, reverse("decision", args=[decision.product.slug, decision.number])
    card = round_card(user, decision, url)
    if card is None:
        return None
    sheet = catalogue.own_sheet(user, decision) if card.open else None
    live = record.desk(decision, known) if decision.state == "open" else None
    found = live if live is not None and live.state in words.CHOSEN_FROM and len(live.rows) > 1 else None
    desk = decision.record.get("desk")
    told = None
    if found is not None:
        told = desk = plain.told(found, record.weighing(decision, found))
    desk = record.named(desk) if desk is not None else None
    may = card.open and access.may(user, "decision.answer", product)
    given: Sequence[Mapping[str, Any]] = sheet.answers if sheet is not None else ()
    role = access.role(user, product) or ""
    set_by_hand = sheet is not None and sheet.weights is not None
    stands = None
    if found is not None and may:
        stands = weighing.weighed(found, Said(role=role, answers=given, weights=sheet.weights if sheet else None))
    asked = weighing.next_question(found, given) if found is not None and may and not set_by_hand else None
    sealed = sheet is not None and sheet.sealed_at is not None
    return WeightsPage(
        product=product,
        decision=decision,
        title="A few questions set your weights; nobody has to type one"
        if may
        else "What the roles answer"
        if card.open
        else card.title,
        lead="Would you take one thing for another? All answers stay sealed until all have answered."
        if card.open
        else card.says,
        round=card,
        may_answer=may,
        question=_question(told, asked, len(given)) if told is not None and asked is not None and not sealed else None,
        answers=_answers(told or {"objectives": [], "set_aside": []}, given, stands) if told is not None else (),
        standing=_standing(stands, len(given), set_by_hand=set_by_hand),
        share=stands.share if stands is not None and given and not set_by_hand else None,
        contradicts=bool(stands is not None and stands.withdraw),
        weights_set=set_by_hand,
        sealed=numerals.digest(sheet.digest) if sheet is not None and sealed else "",
        can_seal=sheet is not None and not sealed and bool(given or set_by_hand) and not (stands and stands.withdraw),
        leader=_leader(found, sheet) if found is not None and may else None,
        revealed=None if card.open or desk is None else revealed(desk),
        unrevealed=_unrevealed(decision),
        why_none=""
        if found is not None or not may
        else "There are no two candidates yet to be weighed against each other.",
        back=url,
    )


def _question(desk: Plain, asked: Asked, before: int) -> QuestionCard:
    by_key = words.objectives(desk)
    fields = (("of", asked.of), ("give", repr(asked.give)), ("to", asked.to), ("gain", repr(asked.gain)))
    steps = {asked.of: asked.give, asked.to: asked.gain}
    gives, gains = gives_words(asked.give, by_key[asked.of]), gains_words(asked.gain, by_key[asked.to])
    return QuestionCard(
        number=before + 1,
        fewest=FEWEST,
        most=MOST,
        text=f"Would you {gives} for {gains}?",
        yes=_shown(asked.yes, by_key, steps),
        no=_shown(asked.no, by_key, steps),
        fields=(*fields, ("count", str(before))),
    )


def gives_words(amount: float, objective: Plain) -> str:
    """What is given up, after "would you": of what should be small, more is taken."""
    size, name = words.amount(amount, objective), words.name_of(objective)
    match objective["direction"]:
        case "up":
            return f"give up {size} of {name}"
        case "down":
            return f"take {size} more {name}"
        case aim:
            return f"be {size} farther from {numerals.stated(aim)} in {name}"


def gains_words(amount: float, objective: Plain) -> str:
    size, name = words.amount(amount, objective), words.name_of(objective)
    match objective["direction"]:
        case "up":
            return f"{size} more {name}"
        case "down":
            return f"{size} less {name}"
        case aim:
            return f"being {size} nearer to {numerals.stated(aim)} in {name}"


def _shown(figures: Mapping[str, float], by_key: Mapping[str, Plain], steps: Mapping[str, float]) -> tuple[Shown, ...]:
    """Each objective with the digits that show the step; those that differ first."""
    made = []
    for key, value in figures.items():
        objective, step = by_key[key], steps.get(key)
        band = {0.8: (value - step, value + step)} if step else {}
        text = str(numerals.word(Figure(value, objective["unit"], band)))
        made.append(Shown(objective["name"], text, step is not None))
    return tuple(sorted(made, key=lambda one: not one.moved))


def _answers(desk: Plain, given: Sequence[Mapping[str, Any]], stands: Weighed | None) -> tuple[AnswerLine, ...]:
    by_key = {one["key"]: one for one in desk["objectives"]}
    wrong = {at for one in stands.withdraw for at in one} if stands is not None else set()
    return tuple(
        AnswerLine(
            at,
            gives_words(one["give"], by_key[one["of"]]),
            gains_words(one["gain"], by_key[one["to"]]),
            SAYS[one["says"]],
            at in wrong,
        )
        for at, one in enumerate(given)
        if one["of"] in by_key and one["to"] in by_key
    )


def _standing(stands: Weighed | None, answered: int, *, set_by_hand: bool) -> str:
    if stands is None or not (answered or set_by_hand):
        return ""
    if set_by_hand:
        return "You set your weights yourself."
    if stands.withdraw:
        return "Your answers contradict each other: take back what is marked, or another answer."
    part = numerals.clear_of(stands.share, ENOUGH, "share")
    share = f"One candidate leads in {part} of the weights that your answers still allow"
    if stands.done:
        return f"{share}: no more is asked."
    return f"{share}. At {numerals.percent(ENOUGH)} no more is asked; after question {MOST} in any case."


def _leader(desk: Desk, sheet: Sheet | None) -> LeaderCard | None:
    """Where one's own answers lie is not where the sliders begin: who leads there is not told before the reveal."""
    held = sheet.weights if sheet is not None else None
    return leader_card(desk, held, answered=held is not None)


def _unrevealed(decision: Decision) -> str:
    """What is told where there are no weights to reveal."""
    roles = {one.role for one in record.answered(decision)}
    if not roles:
        return "Nobody has answered: the weights are not known"
    return f"{counted(len(roles), 'role')} answered; their weights are not known while there is no choice"
