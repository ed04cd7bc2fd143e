"""The list of a new product's first steps: what each needs, who may do it, and its next action, filled in."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from metrics import access, rights
from metrics.core.kpi.kind import Asked
from metrics.core.unit_names import one_of, plural
from metrics.queries.revenue.checklist import FIRST_FIGURE, MONTHS, Checklist, Step, may
from reports.pages.home.checklist_beside import PersonLine, Says, people, said
from reports.pages.home.navigation import ROLE_WORDS
from reports.pages.run import snippet
from reports.words.dates import day
from reports.words.phrases import NUMBERS, count, money, noun_of, sentence, worded

TITLES = {
    "members": "Members",
    "run": "Evaluation run",
    "champion": "Champion",
    "kpis": "KPIs",
    "assumptions": "Assumptions",
    "mapping": "Mapping",
    "signatures": "Signatures",
    "actuals": "Actuals",
    "projection": "Projection",
    "target": "Target",
}
DOES = {
    "members": "add who works on it",
    "run": "log the first run",
    "champion": "name the champion",
    "kpis": "make the KPIs",
    "assumptions": "name what is assumed",
    "mapping": "write the mapping",
    "signatures": "sign the mapping",
    "actuals": "import what was observed",
    "projection": "set up the projection",
    "target": "set a target",
}
ACTS = {
    "mapping.submit": "Look at it and propose",
    "mapping.endorse": "Look at it and endorse",
    "mapping.approve": "Look at it and approve",
}


@dataclass(frozen=True)
class Button:
    """A way to do a step: `url` of a page, or of a POST with `fields`."""

    label: str
    url: str
    post: bool = False


@dataclass(frozen=True)
class StepLine:
    """state: done, here or open. aside: what is there, or what it waits for. lacks: what is missing now."""

    key: str
    number: int
    title: str
    state: str
    roles: tuple[str, ...]
    needs: str
    aside: str
    lacks: str
    buttons: tuple[Button, ...]
    code: str
    remind: str


@dataclass(frozen=True)
class ChecklistPage:
    title: str
    sub: str
    head: str
    aside: str
    done: bool
    steps: tuple[StepLine, ...]
    people: tuple[PersonLine, ...]
    says: tuple[Says, ...]
    code: str
    may_log: bool


def checklist_page(user: Any, found: Checklist, base: str) -> ChecklistPage:
    """The list as a person sees it. base: the address of the server, for lines to be pasted."""
    lines = tuple(_Lines(user, found, base).line(step) for step in found.steps)
    here = found.here
    finished = sum(step.done for step in found.steps)
    product = found.product
    head = f"Step {here.number}: {DOES[here.key]}" if here else "All ten steps are done"
    if here and not here.done and _again(found, here):
        head = f"Step {here.number} is open again"
    return ChecklistPage(
        title=_title(found, finished),
        sub=f"{product.sentence} In {product.currency}; one row is {one_of(noun_of(product))}.".strip(),
        head=head,
        aside=f"{finished} of {len(lines)} done",
        done=not found.left,
        steps=lines,
        people=tuple(people(user, found)),
        says=tuple(said(found)),
        code=snippet.shell(
            base,
            product,
            model=_model(found),
            version="mine",
            task=found.begun.task,
            like=found.scored[0].manifest if found.scored else snippet.NOTHING,
        ),
        may_log=access.may(user, "run.create", product),
    )


def _title(found: Checklist, finished: int) -> str:
    if not found.left:
        return "All ten steps are done: the figures are on Outlook"
    number = NUMBERS[finished].capitalize() if finished else "None"
    done = f"{number} of ten steps {'is' if finished < 2 else 'are'} done"
    figures = {
        FIRST_FIGURE: f"the first figure in {found.product.currency}",
        "projection": "the money of the months to come",
        "target": "the chance to meet a target",
    }
    last = next((step for step in found.left if step.key in figures), None)
    if last is None:  # what came of it stands, and a step before it is open again
        return f"{done}; step {found.left[0].number} is open again"
    ahead = sum(step.number <= last.number for step in found.left)
    return f"{done}; {figures[last.key]} is {count(ahead, 'step')} away"


def _roles(step: Step) -> tuple[str, ...]:
    """The roles that can do it, in words."""
    return tuple(ROLE_WORDS[role] for role in step.roles if role != rights.ADMIN)


def _again(found: Checklist, step: Step) -> bool:
    return step.key == "assumptions" and bool(found.expired)


def _model(found: Checklist) -> str:
    return next((model.name for model in found.known.models.values()), "my-model")


class _Lines:
    """Words, buttons and lines for a shell of each step, for one person."""

    def __init__(self, user: Any, found: Checklist, base: str) -> None:
        self.user, self.found, self.product, self.base = user, found, found.product, base
        self.slug, self.noun = found.product.slug, noun_of(found.product)

    def line(self, step: Step) -> StepLine:
        here = self.found.here
        state = "done" if step.done else "here" if here is not None and here.key == step.key else "open"
        mine = step.ready and self._may(step)
        words, buttons, code = getattr(self, f"_{step.key}")(step)
        return StepLine(
            key=step.key,
            number=step.number,
            title=TITLES[step.key],
            state=state,
            roles=_roles(step),
            needs=words,
            aside=self._aside(step, mine=mine),
            lacks=sentence(step.why) if step.ready else "",
            buttons=tuple(buttons) if mine else (),
            code=code if step.ready and (mine or state == "here") else "",
            remind=self._remind(step) if state == "here" and not mine else "",
        )

    def _may(self, step: Step) -> bool:
        return may(self.user, step, self.product, version=self.found.version)

    def _aside(self, step: Step, *, mine: bool) -> str:
        if step.done:
            return " · ".join(filter(None, (self._there(step.key), day(step.when))))
        if step.waits:
            numbers = [one.number for one in self.found.steps if one.key in step.waits]
            first, last = ", ".join(map(str, numbers[:-1])), numbers[-1]
            return f"after steps {first} and {last}" if first else f"after step {last}"
        return "you can" if mine else f"{' or '.join(one_of(who) for who in _roles(step))} can"

    def _remind(self, step: Step) -> str:
        others = [row for row in self.found.members if row.role in step.roles and row.user_id != self.user.pk]
        return f"Remind {others[0].user}" if len(others) == 1 else "Remind them" if others else ""

    def _there(self, key: str) -> str:
        """What a done step has made, in short."""
        found, version = self.found, self.found.version
        run = next(iter(found.scored), None) or found.champion
        assumed = len(found.known.assumptions)
        there = {
            "members": count(len(found.members), "member"),
            "run": run.name if run is not None else "",
            "champion": found.champion.version.name if found.champion is not None else "",
            "kpis": ", ".join(kpi.name for kpi in (found.value, found.volume) if kpi is not None),
            "assumptions": count(assumed, "assumption") if assumed else "none is needed",
            "mapping": version.mapping.name if version is not None else "",
            "signatures": f"version {version.number} is in force" if version is not None else "",
            "actuals": count(len(found.months), "month"),
            "target": found.target and worded(money(float(found.target.value), self.product.currency)),
        }
        return str(there.get(key) or "")

    def _url(self, name: str, *args: Any) -> str:
        return reverse(name, args=[self.slug, *args])

    def _form(self, view: str, /, *args: Any, **query: str) -> str:
        """A form, filled in, that leads back here."""
        return f"{self._url(view, *args)}?{urlencode(query | {'from': 'checklist'})}"

    def _members(self, step: Step) -> tuple[str, list[Button], str]:
        words = (
            "A data scientist and a manager at least, two people who sign each other’s work; an executive reads the "
            "figures. Somebody without an account is invited by mail."
        )
        code = f"kpi member add {self.slug} ada@example.org --role scientist"
        return words, [Button("Add a person", self._form("members", new="1"))], code

    def _run(self, step: Step) -> tuple[str, list[Button], str]:
        words = "One model version scored on one data set: a file of predictions, uploaded or sent from a shell."
        buttons = [Button("Upload predictions", self._url("run-log"))]
        if self.found.runs:
            newest = self.found.runs[0]
            buttons.append(Button(f"Look at {newest.name}", self._url("run", newest.pk)))
        return words, buttons, snippet.shell(self.base, self.product, model=_model(self.found))

    def _champion(self, step: Step) -> tuple[str, list[Button], str]:
        words = "The version whose figures are in force. Its run decides what the mapping can be made of."
        scored = self.found.scored
        if not scored:
            return words, [], ""
        run, several = scored[0], len({one.version_id for one in scored}) > 1
        buttons = [Button(f"Make {run.version.name} champion", self._url("run-promote", run.pk), post=True)]
        other = Button("Compare the runs", self._url("runs")) if several else None
        buttons.append(other or Button("Look at its run", self._url("run", run.pk)))
        return words, buttons, f"kpi run promote {run.pk}"

    def _kpis(self, step: Step) -> tuple[str, list[Button], str]:
        unit, cases = f"{self.product.currency}/{self.product.case_noun}", f"{plural(self.noun).capitalize()} a month"
        many = plural(self.noun)
        words = (
            f"Two: the value of {one_of(self.noun)}, in {self.product.currency}/{self.noun}, which a mapping gives; "
            f"and the number of {many} a month."
        )
        value, volume = self.found.value is None, self.found.volume is None
        buttons, lines = [], []
        if value:
            given = {"name": f"Value per {self.noun}", "unit": unit, "aggregation": "ratio"}
            buttons.append(Button(f"Make “{given['name']}”", self._form("kpi-new", **given)))
            lines.append(self._kpi_line(given))
        if volume:
            given = {"name": cases, "unit": self.product.case_noun, "aggregation": "sum"}
            buttons.append(Button(f"Make “{cases}”", self._form("kpi-new", **given)))
            lines.append(self._kpi_line(given))
        return words, buttons, "\n".join(lines)

    def _kpi_line(self, given: dict[str, str]) -> str:
        named = f"--name {shlex.quote(given['name'])} --unit {shlex.quote(given['unit'])}"
        return f"kpi value create {self.slug} {named} --aggregation {given['aggregation']}"

    def _assumptions(self, step: Step) -> tuple[str, list[Button], str]:
        found = self.found
        if found.expired:
            expired = [
                row.assumption for row in found.known.assumptions.values() if row.assumption.name in found.expired
            ]
            words = "Money that stands on an assumption that has expired is of grade D, and enters no total."
            return words, [Button(f"Renew “{one.name}”", self._form("assumption", one.key)) for one in expired[:3]], ""
        missing = found.begun.missing
        words = (
            "Quantities that the mapping is made of: each with a band, an owner, a source, and a date until which it "
            "holds. Without a source the grade is D, and no total counts it."
        )
        if found.begun.start is not None and not found.begun.start.asks:
            words = "None is needed: the rows of the run bring their money."
        return words, [self._name(one) for one in missing], "\n".join(map(self._assumption_line, missing[:1]))

    def _name(self, one: Asked) -> Button:
        return Button(f"Name “{one.name}”", self._form("assumption-new", key=one.key, name=one.name, unit=one.unit))

    def _assumption_line(self, one: Asked) -> str:
        told = f"--name {shlex.quote(one.name)} --unit {shlex.quote(one.unit)}"
        return (
            f"kpi assumption set {self.slug} {one.key} {told} \\\n  --between LOW HIGH --source 'where it comes from'"
        )

    def _mapping(self, step: Step) -> tuple[str, list[Button], str]:
        value, kind = self.found.value, self.found.begun.kind
        words = "The rule from the model’s answers to money"
        if self.found.scored or self.found.champion is not None:
            words += f". For this model it is {one_of(kind.words)}"
        words += ", begun for you."
        if value is None:
            return words, [], ""
        button = Button("Write it", self._form("mapping-new", kind=kind.key, kpi=value.key))
        return words, [button], f"kpi mapping draft {self.slug} --kpi {value.key}"

    def _signatures(self, step: Step) -> tuple[str, list[Button], str]:
        words = "A data scientist endorses, a manager approves: two people. Until then no money is shown."
        version = self.found.version
        if version is None:
            return words, [], ""
        label = next((ACTS[action] for action in step.asks if action in ACTS), "Look at it")
        act = step.asks[0].partition(".")[2].replace("submit", "propose")
        line = f"kpi mapping {act} {self.slug} --kpi {version.mapping.kpi.key}" if len(step.asks) == 1 else ""
        return words, [Button(label, self._url("mapping", version.mapping_id, version.number))], line

    def _actuals(self, step: Step) -> tuple[str, list[Button], str]:
        words = f"How many {plural(self.noun)} there were, month by month: {MONTHS} months in a row, better 24 or more."
        volume = self.found.volume
        if volume is None:
            return words, [], ""
        file = "period,value\n2026-08,1102\n2026-09,1071"
        code = f"kpi actuals import {volume.key}.csv --product {self.slug} --kpi {volume.key}\n\n{file}"
        return words, [Button("Import them", self._form("kpi-actuals", volume.key))], code

    def _projection(self, step: Step) -> tuple[str, list[Button], str]:
        words = f"The value of {one_of(self.noun)} × the number of {plural(self.noun)} a month, for the months to come."
        return words, [Button("Set it up", self._form("projection"))], f"kpi projection set {self.slug}"

    def _target(self, step: Step) -> tuple[str, list[Button], str]:
        words = "What the months to come should bring; the chance to meet it follows."
        code = f"kpi target set {self.slug} AMOUNT"
        return words, [Button("Set a target", self._form("target-new"))], code
