"""A mapping version as its signers read it: outcomes in sentences, what it stands on, what approving it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from metrics import access
from metrics.core import distributions, unit_names
from metrics.core.estimate import Estimate, Quantity
from metrics.core.kpi.decisions import CellName
from metrics.core.kpi.kinds import kind_of
from metrics.core.numerals import stated, stated_ends
from metrics.core.rows.refusal import counted
from metrics.queries.documents.baselines import BaselineRuns
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import read_from
from metrics.queries.kpi import catalogue
from metrics.queries.kpi.grade import Grade
from metrics.queries.kpi.said import grade_of, names_in
from metrics.queries.product import owners
from metrics.queries.revenue.approval_preview import Preview, outcomes, preview
from reports.pages.mapping.impact import ImpactPage, version_impact
from reports.pages.mapping.signatures import (
    Action,
    Said,
    SignatureLine,
    actions,
    said_lines,
    signature_lines,
    turn_words,
)
from reports.pages.mapping.text import DiffLine, FormulaLine, diff_lines, formula_lines, kind_words, rule_words
from reports.words.phrases import Verdict, noun_of

STATES = {
    "draft": Verdict("unknown", "Draft"),
    "proposed": Verdict("info", "Proposed"),
    "endorsed": Verdict("info", "Endorsed"),
    "approved": Verdict("good", "In force"),
    "superseded": Verdict("same", "Superseded"),
    "retired": Verdict("same", "Retired"),
}
OPEN = ("draft", "proposed", "endorsed")
OUTCOMES: dict[CellName, str] = {
    "tp": "We act, and it was needed",
    "fp": "We act, and it was not needed",
    "fn": "We do not act, and it was needed",
    "tn": "We do not act, and it was not needed",
}


@dataclass(frozen=True)
class Sentence:
    what: str
    why: str
    money: Quantity
    figure: str
    count: str


@dataclass(frozen=True)
class AssumptionLine:
    key: str
    name: str
    unit: str
    now: str
    between: str
    owner: str
    source: str
    warning: str
    url: str


@dataclass(frozen=True)
class VersionLine:
    number: int
    state: Verdict
    note: str
    author: str
    when: Any
    url: str
    current: bool


def version_line(row: Any, url: str, shown: Any = None) -> VersionLine:
    """A version of a mapping or of terms; current where it is the one that is shown."""
    return VersionLine(
        number=row.number,
        state=STATES[row.state],
        note=row.note,
        author=row.author.username,
        when=row.approved_at or row.created_at,
        url=url,
        current=shown is not None and row.pk == shown.pk,
    )


@dataclass(frozen=True)
class MappingPage:
    product: Any
    version: Any
    title: str
    lead: str
    state: Verdict
    grade: Grade | None
    kind: str
    sentences: tuple[Sentence, ...]
    formula: tuple[FormulaLine, ...]
    unit: str
    rules: tuple[tuple[str, str], ...]
    assumptions: tuple[AssumptionLine, ...]
    owned: str
    preview: Preview
    impact_title: str
    receipt: str
    computing: bool
    diff: tuple[DiffLine, ...]
    diff_from: str
    in_force_url: str
    signatures: tuple[SignatureLine, ...]
    turn: str
    actions: tuple[Action, ...]
    objections: Sequence[Any]
    versions: tuple[VersionLine, ...]
    edit_url: str
    edit_words: str
    delete_url: str
    act_url: str
    impact: ImpactPage | None
    said: tuple[Said, ...]

    @property
    def your_turn(self) -> str:
        """What this person's signature would do; empty where it is not asked for."""
        found = next((one for one in self.actions if one.act in ("endorse", "approve") and not one.why_not), None)
        return f"{found.label}, or say what would have to change." if found else ""

    @property
    def open(self) -> bool:
        return self.version.state in OPEN


def mapping_page(user: Any, version: Any, known: Known, today: date) -> MappingPage:
    mapping, product = version.mapping, version.mapping.product
    found = preview(version, known)
    names = names_in(version, known)
    left = owners.left(known)
    assumptions = tuple(assumption_line(known.assumptions[name], product, today, left) for name in names)
    in_force = found.in_force if found.in_force is not None and found.in_force.pk != version.pk else None
    edit_url, edit_words = _edit(user, version)
    url = reverse("mapping", args=[product.slug, mapping.pk, version.number])
    called = BaselineRuns(product).called
    return MappingPage(
        product=product,
        version=version,
        title=f"{mapping.name}, version {version.number}",
        lead=_lead(version),
        state=STATES[version.state],
        grade=grade_of(version, known),
        kind=version.definition["kind"],
        sentences=outcome_sentences(version, known),
        formula=formula_lines(version.definition),
        unit=mapping.kpi.unit,
        rules=(*_read_from(version, known), *rule_words(version.definition, noun_of(product), called)),
        assumptions=assumptions,
        owned=f"{sum(1 for row in assumptions if row.owner)} of {len(assumptions)} have an owner"
        if assumptions
        else "",
        preview=found,
        impact_title=_impact_title(version),
        receipt=reverse("receipt", args=[found.receipt]) if found.receipt else "",
        computing=version.state in OPEN and found.run is not None and not found.receipt,
        diff=diff_lines(in_force, version, called) if in_force and version.state in OPEN else (),
        diff_from=str(in_force.number) if in_force else "",
        in_force_url=reverse("mapping", args=[product.slug, mapping.pk, in_force.number]) if in_force else "",
        signatures=signature_lines(user, version, product),
        turn=turn_words(user, version),
        actions=actions(user, version, product),
        objections=catalogue.objections(version),
        versions=versions_of(user, version),
        edit_url=edit_url,
        edit_words=edit_words,
        delete_url=f"{url}delete/" if _own_draft(user, version) else "",
        act_url=url,
        impact=version_impact(version, known) if version.state in OPEN else None,
        said=said_lines(version),
    )


def _read_from(version: Any, known: Known) -> tuple[tuple[str, str], ...]:
    """Whose champion it is read from, in words."""
    names = [model.name for model in read_from(version, known)]
    return (("It is read from the champion of", " and from that of ".join(names)),) if names else ()


def _lead(version: Any) -> str:
    kpi = version.mapping.kpi
    says = version.definition.get("says") or kpi.meaning
    note = f"New in this version: {version.note[:1].lower()}{version.note[1:].rstrip('.')}." if version.note else ""
    first = (
        f"{says[:1].upper()}{says[1:].rstrip('.')}."
        if says
        else f"Gives {kpi.name}, in {unit_names.unit_words(kpi.unit) or 'pure numbers'}."
    )
    return f"{first} {note}".strip()


def assumption_line(row: Any, product: Any, today: date, left: frozenset[str]) -> AssumptionLine:
    held = distributions.parse(row.distribution)
    warning = ""
    if not row.source:
        warning = "no source"
    elif row.valid_until and row.valid_until < today:
        warning = "expired"
    elif row.valid_until and (row.valid_until - today).days <= 60:
        warning = f"expires in {counted((row.valid_until - today).days, 'day')}"
    exact = held.low90 == held.high90
    return AssumptionLine(
        key=row.assumption.key,
        name=row.assumption.name,
        unit=unit_names.unit_words(row.assumption.unit),
        now=stated(held.point, row.assumption.unit),
        between="exact" if exact else " – ".join(stated_ends(held.low90, held.high90, row.assumption.unit)),
        owner=owners.worded(row.owner, left),
        source=row.source,
        warning=warning,
        url=reverse("assumption", args=[product.slug, row.assumption.key]),
    )


def outcome_sentences(version: Any, known: Known) -> tuple[Sentence, ...]:
    """What each outcome is worth, in sentences; () of a kind that acts on nothing."""
    if not kind_of(version.definition).acts:
        return ()
    noun = noun_of(known.product)
    found = {one.cell: one for one in outcomes(version, known)}
    lines = {line.cell: line.words for line in formula_lines(version.definition)}
    made = []
    for cell, outcome in OUTCOMES.items():
        one = found[cell]
        says = one.says or outcome
        exact = isinstance(one.money, Estimate) and one.money.point == 0 and one.money.draws is None
        unit = known.product.currency
        counted = (
            f"{one.count:,.0f} {noun if one.count == 1 else unit_names.plural(noun)} in the test"
            if one.count is not None
            else ""
        )
        made.append(Sentence(f"{says.rstrip('.')}.", lines[cell], one.money, f"0 {unit}" if exact else "", counted))
    return tuple(made)


def _impact_title(version: Any) -> str:
    if version.state in OPEN:
        return "If this is approved"
    return "In force" if version.state == "approved" else "No longer in force"


def versions_of(user: Any, version: Any) -> tuple[VersionLine, ...]:
    product = version.mapping.product
    drafts = access.may(user, "mapping.preview", product) or user.is_staff
    return tuple(
        version_line(row, reverse("mapping", args=[product.slug, version.mapping_id, row.number]), version)
        for row in version.mapping.versions.select_related("author")
        if drafts or row.state not in OPEN
    )


def _own_draft(user: Any, version: Any) -> bool:
    """Whether it is a draft that this person may change in place, or delete."""
    own = version.author_id == user.pk
    return version.state == "draft" and access.may(user, "mapping.edit_draft", version.mapping.product, own=own)


def _edit(user: Any, version: Any) -> tuple[str, str]:
    """Where this text is changed: in place for a draft that is one's own to edit, else as a new version."""
    product = version.mapping.product
    url = reverse("mapping-edit", args=[product.slug, version.mapping_id, version.number])
    if _own_draft(user, version):
        return url, "Edit the draft"
    if access.may(user, "mapping.create_draft", product):
        return url, "New version"
    return "", ""


@dataclass(frozen=True)
class MappingLine:
    name: str
    kpi: str
    kind: str
    in_force: VersionLine | None
    waiting: VersionLine | None
    url: str


def mapping_lines(user: Any, mappings: Sequence[Any], product: Any) -> tuple[MappingLine, ...]:
    """The list of mappings: what is in force, and what is on its way."""
    drafts = access.may(user, "mapping.preview", product) or user.is_staff
    made = []
    for mapping in mappings:
        rows = [row for row in mapping.versions.all() if drafts or row.state not in OPEN]
        if not rows:
            continue
        lines = {
            row.number: version_line(row, reverse("mapping", args=[product.slug, mapping.pk, row.number]))
            for row in rows
        }
        in_force = next((lines[row.number] for row in rows if row.state == "approved"), None)
        waiting = next((lines[row.number] for row in rows if row.state in OPEN), None)
        first = waiting or in_force or lines[rows[0].number]
        kind = kind_words(rows[0].definition)
        made.append(MappingLine(mapping.name, mapping.kpi.name, kind, in_force, waiting, (in_force or first).url))
    return tuple(made)
