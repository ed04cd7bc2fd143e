"""Beside the list of first steps: who is asked for what is left, and what the product can say already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse

from metrics.core import numerals
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.unit_names import one_of
from metrics.queries.evaluation.catalogue import metric_figures
from metrics.queries.evidence import checks as evidence
from metrics.queries.kpi.board import board
from metrics.queries.revenue.checklist import FIRST_FIGURE, Checklist
from metrics.queries.revenue.outlook import outlook
from reports.pages.home.navigation import ROLE_WORDS
from reports.words.phrases import Verdict, count, in_words, noun_of, of_target, span


@dataclass(frozen=True)
class PersonLine:
    name: str
    said: str
    initial: str
    verdict: Verdict
    open: bool


@dataclass(frozen=True)
class Says:
    """What the product can say already, or after which step. chance: a probability, in words of its own."""

    label: str
    figure: Quantity | None
    receipt: str
    url: str
    after: str
    chance: str = ""


def people(user: Any, found: Checklist) -> list[PersonLine]:
    """Who is asked for what is left, whose turn it is first."""
    here, made = found.here, []
    for row in found.members:
        theirs = [step for step in found.left if row.role in step.roles]
        if not theirs:
            continue
        turn = here is not None and row.role in here.roles
        you = row.user_id == user.pk
        numbers = [str(step.number) for step in theirs]
        steps = f"step{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"
        verdict = Verdict("info", "Your turn" if you else "Next") if turn else Verdict("unknown", "Later")
        said = f"{'you' if you else ROLE_WORDS[row.role]} · {steps}"
        made.append((not turn, not you, PersonLine(str(row.user), said, str(row.user)[:1].upper(), verdict, not turn)))
    return [line for _, _, line in sorted(made, key=lambda one: one[:2])]


def said(found: Checklist) -> list[Says]:
    """The chain as far as the product has it: a metric, its evidence, the value, the money, the chance."""
    known, product = found.known, found.product
    numbers = {step.key: step for step in found.steps}

    def after(key: str) -> str:
        return "" if numbers[key].done else f"after step {numbers[key].number}"

    run = found.champion or next(iter(found.scored), None)
    made = (
        [_metric(run), _evidence(run, found)]
        if run is not None
        else [Says("A metric, with its band", None, "", "", after("run"))]
    )
    rows = [row for row in board(known) if found.value is not None and row.figure.kpi.pk == found.value.pk]
    label = found.value.name if found.value is not None else f"Value of {one_of(noun_of(product))}"
    made.append(
        _figure(
            label,
            rows[0].figure.quantity if rows else None,
            rows[0].figure.receipt if rows else "",
            after(FIRST_FIGURE),
        )
    )
    one = outlook(known)
    projected = span([month.period for month in one.months])
    made.append(_figure(f"Money of {projected or 'the months to come'}", one.total, one.receipt, after("projection")))
    chance = one.meeting.chance if one.meeting else None
    met = _figure(of_target(bool(one.past)), chance, "", after("target"))
    made.append(replace(met, chance=numerals.chance(chance.point)) if isinstance(chance, Estimate) else met)
    return made


def _figure(label: str, found: Quantity | None, receipt: str, after: str) -> Says:
    if isinstance(found, Estimate):
        return Says(label, found, reverse("receipt", args=[receipt]) if receipt else "", "", "")
    why = found.reason if isinstance(found, Unknown) else "not known yet"
    return Says(label, None, "", "", after or why)


def _metric(run: Any) -> Says:
    key = TASKS[run.task].headline[0]
    figure = metric_figures([run])[run.pk].get(key)
    name = f"{TASKS[run.task].definitions[key].name}, with its band"
    return _figure(name, figure.quantity if figure else None, figure.receipt if figure else "", "")


def evidence_said(asked: int, hold: int) -> str:
    """How many checks of the run were asked and hold: "five checks, two hold", "one check, none holds"."""
    return f"Evidence: {count(asked, 'check')}, {in_words(hold) if hold else 'none'} {'hold' if hold > 1 else 'holds'}"


def _evidence(run: Any, found: Checklist) -> Says:
    made: Sequence[Any] = evidence.checks(run, found.champion)
    asked = [one for one in made if one.verdict != "not checked"]
    hold = sum(one.verdict == "holds" for one in asked)
    url = reverse("run", args=[run.product.slug, run.pk]) + "#evidence"
    return Says(
        evidence_said(len(asked), hold),
        None,
        "",
        url,
        "",
    )
