"""A decision: the desk while it is open, what was known when it was proposed from then on, and who signs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from metrics import access
from metrics.core import numerals
from metrics.core.rows.refusal import capitalised
from metrics.core.selection.told import ROLE_WORDS
from metrics.queries.documents.known import Known
from metrics.queries.selection import catalogue, plain, record
from metrics.queries.selection.came import calibration, came
from metrics.queries.selection.decisions import asked_of
from metrics.queries.selection.frozen import frozen
from metrics.queries.selection.outcome import outcomes
from reports.pages.decision import words
from reports.pages.decision.came import CameCard, came_card
from reports.pages.decision.desk import desk_page
from reports.pages.decision.frozen import FrozenLine, frozen_lines, frozen_title
from reports.pages.decision.leader import LeaderCard, leader_card
from reports.pages.decision.list import title_of
from reports.pages.decision.outcome import HeldLine, OutcomeCard, held_lines, outcome_card
from reports.pages.decision.parts import DeskPage
from reports.pages.decision.signing import ASKED, Button, buttons, missing_words, said_lines, signature_lines
from reports.pages.mapping.signatures import SignatureLine
from reports.words.dates import day
from reports.words.phrases import Verdict, sentence

if TYPE_CHECKING:
    from metrics.models.selection import Decision


@dataclass(frozen=True, kw_only=True)
class RoundCard:
    """The round that is open or was the last. lines: role, what of it is known to all, and the sign."""

    title: str
    says: str
    open: bool
    lines: tuple[tuple[str, str, Verdict], ...]
    url: str
    may_answer: bool
    may_close: bool
    may_ask: bool


@dataclass(frozen=True, kw_only=True)
class DecisionPage:
    """choices: the runs that may be proposed, with their words and whether the rule says them; () where none may be.

    moved: what has moved since it was proposed, so that nobody can sign. outcome: of one that was asked for and is
    signed, else None; came: what each role got of it; held: how far promises of the product held, where any is scored.
    """

    product: Any
    decision: Decision
    title: str
    lead: str
    state: Verdict
    outcome: OutcomeCard | None
    came: CameCard | None
    held: tuple[HeldLine, ...]
    desk: DeskPage | None
    your_turn: str
    turn: str
    signatures: tuple[SignatureLine, ...]
    said: tuple[tuple[str, str, Any, Verdict, str], ...]
    buttons: tuple[Button, ...]
    choices: tuple[tuple[str, str], ...]
    may_propose: bool
    round: RoundCard | None
    moved: tuple[str, ...]
    frozen: tuple[FrozenLine, ...]
    terms_url: str
    export_url: str
    url: str
    reverted_url: str
    empty: str
    leader: LeaderCard | None

    @property
    def frozen_title(self) -> str:
        return frozen_title(self.frozen)

    @property
    def frozen_on(self) -> str:
        return day(self.decision.proposed_at)


def decision_page(user: Any, decision: Decision, known: Known, axes: tuple[str, str] = ("", "")) -> DecisionPage:
    """Of a decision that was fetched with its rounds and signatures. axes: see `desk_page`."""
    product, live = decision.product, decision.state == "open"
    told: Mapping[str, Any] | None = None
    found = None
    if live:
        found = record.desk(decision, known)
        told = plain.told(found, record.weighing(decision, found))
    elif decision.record:
        told = decision.record.get("desk")
    told = record.named(told) if told is not None else None
    chosen = decision.chosen_id or ""
    desk = None
    if told is not None:
        desk = desk_page(told, slug=product.slug, model=decision.model.name, chosen=chosen, axes=axes)
    moved = tuple(record.moved(decision, known)) if decision.state == "proposed" else ()
    asked = asked_of(decision, access.role(user, product), user)
    url = reverse("decision", args=[product.slug, decision.number])
    answering = catalogue.open_round(decision) is not None
    may_propose = live and not answering and access.may(user, "decision.propose", product)
    back = getattr(decision, "reverted", None)
    signed = outcomes([known]) if decision.state == "signed" and not decision.direct else {}
    outcome = outcome_card(signed[decision.pk]) if signed else None
    objectives = came([known], signed)
    return DecisionPage(
        product=product,
        decision=decision,
        title=(outcome.title if outcome else "") or _title(decision, desk, told),
        lead=_lead(decision, desk, scored=bool(outcome and outcome.title)),
        state=words.STATES[decision.state],
        outcome=outcome,
        came=came_card(objectives.get(decision.pk, ())),
        held=held_lines(calibration(signed.values(), objectives)),
        desk=desk,
        your_turn=f"{ASKED[asked]}." if asked else "",
        turn=_turn(decision),
        signatures=signature_lines(user, decision),
        said=said_lines(decision),
        buttons=buttons(user, decision, stands=decision.pk in signed and signed[decision.pk].by is None),
        choices=_choices(told) if may_propose and told is not None else (),
        may_propose=may_propose,
        round=round_card(user, decision, url),
        moved=moved,
        frozen=frozen_lines(frozen(decision, known), seal=record.seal(decision)),
        terms_url=reverse("terms", args=[product.slug, decision.model.key, decision.terms.number])
        if decision.terms
        else "",
        export_url=f"{url}export/" if decision.record else "",
        url=url,
        reverted_url=reverse("decision", args=[product.slug, back.number]) if back is not None else "",
        empty=_empty(user, product, desk, url),
        leader=leader_card(found, _joint(told)) if found is not None and found.state in words.CHOSEN_FROM else None,
    )


def _joint(told: Mapping[str, Any] | None) -> Mapping[str, float] | None:
    """The joint weights of the roles, where they are known."""
    found: Mapping[str, float] | None = told["weights"]["joint"].get("weights") if told is not None else None
    return found


def _title(decision: Decision, desk: DeskPage | None, told: Mapping[str, Any] | None) -> str:
    if decision.state == "open" and desk is not None:
        return desk.title
    if decision.state == "withdrawn" and decision.chosen is None:
        return f"No choice was made for {decision.model.name}"
    verb = {"proposed": "Proposed", "signed": "Signed", "withdrawn": "Taken back"}[decision.state]
    return f"{verb}: {title_of(decision)}"


def _lead(decision: Decision, desk: DeskPage | None, *, scored: bool) -> str:
    if decision.state == "open":
        return desk.lead if desk is not None else ""
    if decision.direct:
        return f"{decision.opened_by} promoted it on {day(decision.created_at)}; nobody was asked."
    parts = []
    if scored:
        parts.append(f"{title_of(decision)}, signed on {day(decision.signed_at)}.")
    if decision.proposed_at:
        parts.append(f"What stands here is what was known on {day(decision.proposed_at)}, when it was proposed.")
    if decision.reverts is not None:
        parts.append(f"It takes decision {decision.reverts.number} back.")
    if decision.record and not decision.record.get("by_rule", True):
        parts.append("The rule said another.")
    if desk is not None and desk.lead:
        parts.append(desk.lead)
    if decision.reason:
        parts.append(f"The reason: {sentence(decision.reason)}")
    return " ".join(parts)


def _turn(decision: Decision) -> str:
    if decision.state == "open":
        answering = catalogue.open_round(decision) is not None
        return (
            "The roles answer first; nothing is proposed meanwhile."
            if answering
            else "A manager proposes next, and freezes what is known."
        )
    if decision.state == "proposed":
        return missing_words(decision)
    if decision.state == "signed":
        chosen = decision.chosen.version.name if decision.chosen else ""
        return f"Signed on {day(decision.signed_at)}; {chosen} was made champion."
    return "Nothing came of it."


def _choices(told: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Runs that may be proposed, the recommended one first."""
    found = words.recommended(told)
    made = []
    for at, row in enumerate(told["candidates"]):
        if not row["champion"]:
            by_rule = found is not None and found["place"] == at
            words_of = f"{words.label(row)}{', as the rule says' if by_rule else ''}"
            made.append((not by_rule, row["runs"][0]["run"], words_of))
    return tuple((run, name) for _, run, name in sorted(made))


def round_card(user: Any, decision: Decision, url: str) -> RoundCard | None:
    """Who has answered in the last round, never what; None where the roles were never asked."""
    last, product = catalogue.last_round(decision), decision.product
    if last is None or decision.direct:
        return None
    is_open = last.closed_at is None
    owners = {one["role"] for one in decision.terms.definition["objectives"]} if decision.terms else set()
    sheets = {role: [one for one in last.sheets.all() if one.role == role] for role in ROLE_WORDS}
    lines = tuple(_answered(role, sheets[role], is_open) for role in ROLE_WORDS if role in owners)
    ends = f" They are revealed on {day(last.ends_on)} whoever is missing." if is_open and last.ends_on else ""
    on_its_day = last.closed_at is not None and last.ends_on is not None and product.day(last.closed_at) >= last.ends_on
    who = f"by {last.closed_by}" if last.closed_by else "its day" if on_its_day else "by the last to answer"
    return RoundCard(
        title="Who has answered" if is_open else "What the roles answered",
        says=f"Answers are sealed till all have answered.{ends}"
        if is_open
        else f"Revealed on {day(last.closed_at)}, {who}.",
        open=is_open,
        lines=lines,
        url=f"{url}weights/",
        may_answer=is_open and access.may(user, "decision.answer", product) and access.role(user, product) in owners,
        may_close=is_open and access.may(user, "decision.close_round", product),
        may_ask=not is_open and decision.state == "open" and access.may(user, "decision.close_round", product),
    )


def _answered(role: str, sheets: list[Any], is_open: bool) -> tuple[str, str, Verdict]:
    """Who has answered, never what."""
    name = capitalised(ROLE_WORDS[role])
    sealed = [one for one in sheets if one.sealed_at is not None]
    if sealed:
        who = ", ".join(f"{one.user}, {numerals.digest(one.digest)}" for one in sealed)
        return name, who, Verdict("good", "Sealed")
    if sheets and is_open:
        return name, ", ".join(str(one.user) for one in sheets), Verdict("info", "Answering")
    return name, "", Verdict("unknown", "Not begun" if is_open else "Not known")


def _empty(user: Any, product: Any, desk: DeskPage | None, url: str) -> str:
    """Where a run is logged by who may, for a desk with no candidate."""
    if desk is None or desk.state != "no candidates":
        return ""
    return reverse("run-log", args=[product.slug]) if access.may(user, "run.create", product) else ""
