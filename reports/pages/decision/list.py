"""The decisions of a product, the terms that its models are chosen by, and the next step where there are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from metrics import access
from metrics.queries.selection import catalogue
from metrics.queries.selection.came import Came, calibration
from metrics.queries.selection.decisions import asked_of
from metrics.queries.selection.outcome import Outcome
from reports.pages.decision.outcome import HeldLine, against, held_lines, verdict
from reports.pages.decision.signing import ASKED, missing_words
from reports.pages.decision.words import STATES
from reports.words.phrases import Verdict

if TYPE_CHECKING:
    from metrics.models.evaluation import Model
    from metrics.models.selection import Decision, TermsVersion

OPEN_TERMS = {"draft": "a draft", "proposed": "proposed", "endorsed": "endorsed, a manager approves it next"}


@dataclass(frozen=True, kw_only=True)
class DecisionLine:
    """earned: against what was promised, in words, or why that is not scored; verdict: whether the promise was kept,
    None of one that promised nothing or is not signed."""

    number: int
    title: str
    model: str
    state: Verdict
    says: str
    when: Any
    url: str
    yours: bool
    earned: str
    verdict: Verdict | None


@dataclass(frozen=True, kw_only=True)
class TermsLine:
    """The terms of a model. in_force, on_its_way: None where there is none; set_url: where a version is made."""

    model: str
    in_force: TermsVersion | None
    on_its_way: TermsVersion | None
    way: str
    in_force_url: str
    way_url: str
    set_url: str


@dataclass(frozen=True, kw_only=True)
class Empty:
    """What stands in place of decisions: what is lacking, who mends it, and where."""

    title: str
    text: str
    url: str = ""
    action: str = ""
    opens: bool = False


@dataclass(frozen=True, kw_only=True)
class DecisionsPage:
    lines: tuple[DecisionLine, ...]
    terms: tuple[TermsLine, ...]
    held: tuple[HeldLine, ...]
    may_open: bool
    empty: Empty | None


def decisions_page(
    user: Any,
    product: Any,
    decisions: Sequence[Decision],
    models: Sequence[Model],
    versions: Sequence[TermsVersion],
    found: Mapping[str, Outcome],
    objectives: Mapping[str, Sequence[Came]],
) -> DecisionsPage:
    """versions: of all models, the newest first. found: id → outcome, of the decisions that are signed; objectives:
    what came of theirs."""
    terms = tuple(_terms(user, product, model, versions) for model in models)
    waiting = {one.model_id for one in decisions if one.state in ("open", "proposed")}
    free = [one for one in models if one.pk not in waiting and _in_force(one, versions)]
    may_open = bool(free) and access.may(user, "decision.open", product)
    lines = tuple(decision_line(user, one, found.get(one.pk)) for one in decisions)
    empty = None if lines else _empty(user, product, terms, may_open)
    held = held_lines(calibration(found.values(), objectives))
    return DecisionsPage(lines=lines, terms=terms, held=held, may_open=may_open, empty=empty)


def _in_force(model: Model, versions: Sequence[TermsVersion]) -> TermsVersion | None:
    return next((one for one in versions if one.model_id == model.pk and one.state == "approved"), None)


def decision_line(user: Any, decision: Decision, outcome: Outcome | None) -> DecisionLine:
    promised = outcome if outcome is not None and not outcome.direct else None
    asked = asked_of(decision, access.role(user, decision.product), user)
    return DecisionLine(
        number=decision.number,
        title=title_of(decision),
        model=decision.model.name,
        state=STATES[decision.state],
        says=ASKED[asked] if asked else _says(decision),
        when=decision.signed_at or decision.proposed_at or decision.created_at,
        url=reverse("decision", args=[decision.product.slug, decision.number]),
        yours=asked is not None,
        earned=against(promised) if promised else "",
        verdict=verdict(promised.total) if promised else None,
    )


def title_of(decision: Decision) -> str:
    """What a decision is called in a list: what it chose, or what it is on."""
    if decision.chosen is None:
        return f"A champion of {decision.model.name}"
    chosen = decision.chosen.version.name
    return (
        f"{chosen} in place of {decision.before.version.name}" if decision.before else f"{chosen}, the first champion"
    )


def _says(decision: Decision) -> str:
    if decision.direct:
        return f"promoted by {decision.opened_by}; nobody was asked"
    if decision.state == "open":
        current = catalogue.open_round(decision)
        return "the roles answer" if current else "a manager proposes next"
    if decision.state == "proposed":
        return missing_words(decision)
    if decision.state == "signed" and decision.reverts is not None:
        return f"takes decision {decision.reverts.number} back"
    return "" if decision.state == "signed" else "nothing came of it"


def _terms(user: Any, product: Any, model: Model, versions: Sequence[TermsVersion]) -> TermsLine:
    mine = [one for one in versions if one.model_id == model.pk]
    in_force = _in_force(model, versions)
    way = next((one for one in mine if one.state in OPEN_TERMS), None)
    may = way is None and access.may(user, "guardrail.set" if in_force is None else "objective.set", product)

    def at(one: TermsVersion | None) -> str:
        return reverse("terms", args=[product.slug, model.key, one.number]) if one else ""

    return TermsLine(
        model=model.name,
        in_force=in_force,
        on_its_way=way,
        way=OPEN_TERMS[way.state] if way else "",
        in_force_url=at(in_force),
        way_url=at(way),
        set_url=reverse("terms-new", args=[product.slug, model.key]) if may else "",
    )


def _empty(user: Any, product: Any, terms: Sequence[TermsLine], may_open: bool) -> Empty:
    if not terms:
        if access.may(user, "run.create", product):
            url = reverse("run-log", args=[product.slug])
            return Empty(
                title="No model yet", text="A choice is among runs. Log one first.", url=url, action="Log a run"
            )
        return Empty(title="No model yet", text="A data scientist logs a run first; then there is something to choose.")
    if not any(one.in_force for one in terms):
        way = next((one for one in terms if one.on_its_way), None)
        title = "No terms of choice in force yet"
        if way is not None:
            text = "They are on their way: a data scientist endorses them, and a manager approves them."
            return Empty(title=title, text=text, url=way.way_url, action="Look at them")
        text = "They say what a champion is chosen by, before anybody has seen the candidates. Two sign them."
        url = next((one.set_url for one in terms if one.set_url), "")
        if url:
            return Empty(title=title, text=text, url=url, action="Set terms of choice")
        return Empty(title=title, text=f"{text} A manager sets them first.")
    if may_open:
        text = "It asks the roles what they would give up, and lays the candidates side by side."
        return Empty(title="No decision yet", text=text, action="Open a decision", opens=True)
    return Empty(title="No decision yet", text="A manager opens one when there is something to choose.")
