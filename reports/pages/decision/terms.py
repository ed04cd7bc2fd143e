"""Terms of choice as their signers read them: each line in a sentence, what differs from those in force, who signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from metrics import access
from metrics.core.selection.reading import TermsError
from metrics.core.selection.told import Line
from metrics.queries.documents.known import Known
from metrics.queries.selection import terms
from reports.pages.mapping.page import STATES, VersionLine, version_line
from reports.pages.mapping.signatures import Action, SignatureLine, actions, signature_lines
from reports.words.phrases import Verdict

if TYPE_CHECKING:
    from metrics.models.selection import TermsVersion

OPEN = ("draft", "proposed", "endorsed")
PLACES = {
    "objectives": "Objectives",
    "guardrails": "Guardrails",
    "gates": "Gates against the champion",
    "rule": "Who is chosen",
    "simplest_by": "Who is chosen",
    "quorum": "Who signs",
    "reference": "Who is chosen",
}
NEXT = {
    "draft": "A draft. It is proposed first; then a data scientist endorses it, and a manager approves it.",
    "proposed": "Next, a data scientist endorses it. Then a manager approves it.",
    "endorsed": "Next, a manager approves it. Decisions that are opened from then on go by it.",
    "approved": "Both have signed. Decisions that are opened now go by it.",
}


@dataclass(frozen=True)
class Changed:
    """A line that differs from the version in force; "" where one of them has no such line."""

    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class TermsPage:
    """groups: title and sentences of each part. broken: why the text cannot be read any more, "" where it can."""

    product: Any
    version: TermsVersion
    title: str
    state: Verdict
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    broken: str
    diff: tuple[Changed, ...]
    diff_from: str
    same: bool
    signatures: tuple[SignatureLine, ...]
    turn: str
    actions: tuple[Action, ...]
    objections: tuple[Any, ...]
    versions: tuple[VersionLine, ...]
    edit_url: str
    edit_words: str
    delete_url: str
    url: str


def terms_page(user: Any, version: TermsVersion, others: Sequence[TermsVersion], known: Known) -> TermsPage:
    """others: the versions of the model, the newest first, this one among them."""
    model, product = version.model, version.model.product
    lines, broken = _lines(version, known)
    in_force = next((one for one in others if one.state == "approved" and one.pk != version.pk), None)
    compared = in_force is not None and version.state in OPEN
    diff = _diff(_lines(in_force, known)[0], lines) if compared and in_force is not None and not broken else ()
    url = reverse("terms", args=[product.slug, model.key, version.number])
    own = version.state == "draft" and access.may(user, "terms.edit_draft", product, own=version.author_id == user.pk)
    may_new = access.may(user, "objective.set", product) and not any(one.state in OPEN for one in others)
    return TermsPage(
        product=product,
        version=version,
        title=f"Terms of choice of {model.name}, version {version.number}",
        state=STATES[version.state],
        groups=_groups(lines),
        broken=broken,
        diff=diff,
        diff_from=f"version {in_force.number}" if compared and in_force is not None else "",
        same=compared and not diff and not broken,
        signatures=signature_lines(user, version, product, "terms"),
        turn=NEXT.get(version.state, "This version is kept for the record. Nothing is chosen by it any more."),
        actions=actions(user, version, product, "terms"),
        objections=tuple(row for row in version.signatures.all() if row.act == "objected"),
        versions=tuple(
            version_line(one, reverse("terms", args=[product.slug, model.key, one.number]), version) for one in others
        ),
        edit_url=f"{url}edit/" if own else reverse("terms-new", args=[product.slug, model.key]) if may_new else "",
        edit_words="Edit the draft" if own else "New version",
        delete_url=f"{url}delete/" if own else "",
        url=url,
    )


def _lines(version: TermsVersion, known: Known) -> tuple[tuple[Line, ...], str]:
    """Each line in a sentence; none, and why, where something that the text names is gone."""
    try:
        return terms.read(version.definition, known, version.model).words(), ""
    except TermsError as error:
        return (), str(error)


def _groups(lines: Sequence[Line]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(PLACES[line.place.partition(".")[0]], []).append(line.says)
    return tuple((title, tuple(says)) for title, says in found.items())


def _diff(before: Sequence[Line], after: Sequence[Line]) -> tuple[Changed, ...]:
    old, new = ({line.place: line.says for line in lines} for lines in (before, after))
    places = [*new, *(place for place in old if place not in new)]
    return tuple(
        Changed(old.get(place, ""), new.get(place, "")) for place in places if old.get(place, "") != new.get(place, "")
    )
