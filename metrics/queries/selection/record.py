"""What is frozen when a champion is proposed, and what of it has moved since.

The record holds the terms, every candidate with its figures and the digests under them, what each role answered, and by
name what all of it stands on; people stand in it by their marks. Whoever signs signs its digest. A figure that is
computed anew makes a new figure, never a new record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from metrics.core.documents import Document, under
from metrics.core.documents import digest as digest_of
from metrics.core.engine import ENGINE
from metrics.core.selection.choice import Judged
from metrics.core.selection.weighing import Said, Weighing
from metrics.models.evaluation import EvaluationRun
from metrics.models.selection import Decision, Round, Sheet
from metrics.queries.documents import revenue
from metrics.queries.documents.known import Known
from metrics.queries.kpi.grade import grader
from metrics.queries.product import people
from metrics.queries.selection import desk as desks
from metrics.queries.selection import plain, terms
from metrics.queries.selection.desk import Desk

FORM = "kpiplatform decision 2"
WORDS = {
    "terms": "the terms of choice",
    "assumptions": "the assumption {}",
    "mappings": "the mapping of {}",
    "months": "the months of {}",
    "champion": "the champion",
    "runs": "the run {}",
    "grades": "the grade of the money of {}",
    "engine": "the version of what computes",
}


def desk(decision: Decision, known: Known) -> Desk:
    """The desk of a decision, under the terms that it was opened with."""
    if decision.terms is None:
        raise ValueError("a decision without terms has no desk")
    return desks.desk(known, decision.model, terms.read(decision.terms.definition, known, decision.model))


def weighing(decision: Decision, found: Desk) -> Weighing | None:
    """What the roles said, joined; None while it is hidden, and where there is nothing to weigh."""
    if found.state not in ("choice", "comparison") or decision.rounds.filter(closed_at=None).exists():
        return None
    sheets = answered(decision)
    said = [Said(role=one.role, by=one.user.mark, answers=one.answers, weights=one.weights) for one in sheets]
    return Weighing(found, said)


def judged(found: Desk, run: EvaluationRun) -> Judged[EvaluationRun] | None:
    """A run as the desk has it; None where it cannot be compared."""
    return next((one for one in found.found.judged if one.run.pk == run.pk), None)


def may_not(found: Desk, run: EvaluationRun) -> str:
    """Why a run is none that may be chosen; "" where it may."""
    out = next((one.reason for one in found.left_out if one.run.pk == run.pk), "")
    if out:
        return out
    if judged(found, run) is None:
        return "it is no candidate: it is of another model, or was withdrawn"
    champion = found.champion
    return "it is the champion already" if champion is not None and champion.run.pk == run.pk else ""


def frozen(decision: Decision, found: Desk, known: Known, *, figures: str) -> dict[str, Any]:
    """All that is known of a proposal, as plain JSON. figures: the digest of the file that all of it follows from."""
    chosen, before = decision.chosen, decision.before
    assert chosen is not None
    assert decision.terms is not None
    assert decision.proposed_at is not None
    promise = _promised(chosen, known)
    return {
        "kind": "decision",
        "form": FORM,
        "figures": figures,
        "product": decision.product.slug,
        "currency": decision.product.currency,
        "model": decision.model.key,
        "number": decision.number,
        "direct": False,
        "at": decision.proposed_at.isoformat(),
        "terms": {"number": decision.terms.number, "definition": decision.terms.definition},
        "chosen": _named(chosen),
        "before": _named(before) if before else None,
        "reverts": decision.reverts.number if decision.reverts else None,
        "reason": decision.reason,
        "by_rule": found.by_rule(chosen.pk),
        "desk": plain.told(found, weighing(decision, found)),
        "roles": [_answered(sheet) for sheet in answered(decision)],
        "promise": promise,
        "promise_grade": grader(known).of({**promise, "figure": "total"}).letter if promise else None,
        "stands_on": stands_on(decision, found, known),
    }


def statement(decision: Decision) -> dict[str, Any]:
    """What an exported decision states: the record, its digest, and all that was signed over it."""
    return {
        "record": decision.record,
        "digest": decision.digest,
        "state": decision.state,
        "signed_at": decision.signed_at.isoformat() if decision.signed_at else None,
        "signatures": [
            {
                "by": one.user.mark,
                "role": one.role,
                "act": one.act,
                "digest": one.digest,
                "reason": one.reason,
                "at": one.created_at.isoformat(),
                "cleared": one.cleared,
            }
            for one in decision.signatures.all()
        ],
    }


def seal(decision: Decision) -> str:
    """The digest of every word and number of what an exported decision states."""
    return digest_of(statement(decision))


def named_files() -> Iterator[str]:
    """Digests of the files in the store that records name."""
    names = Decision.objects.exclude(record__figures=None).values_list("record__figures", flat=True)
    yield from filter(None, names.iterator())


def _named(run: EvaluationRun) -> dict[str, str]:
    return {"version": run.version.name, "run": run.pk, "name": run.name}


def answered(decision: Decision) -> list[Sheet]:
    """The sealed sheets of the last round that is closed; none while they are hidden."""
    last: Round | None = decision.rounds.exclude(closed_at=None).first()
    if last is None:
        return []
    return list(last.sheets.exclude(sealed_at=None).select_related("user"))


def named(desk: Mapping[str, Any]) -> dict[str, Any]:
    """A desk in its plain form with the names of those who answered in place of their marks, to be read by people."""
    weights = desk.get("weights")
    if not weights or not weights["people"]:
        return dict(desk)
    names = people.named(one["by"] for one in weights["people"])
    said = [one | {"by": names.get(one["by"], one["by"])} for one in weights["people"]]
    return {**desk, "weights": weights | {"people": said}}


def _answered(sheet: Sheet) -> dict[str, Any]:
    return {
        "role": sheet.role,
        "by": sheet.user.mark,
        "answers": sheet.answers,
        "weights": sheet.weights,
        "digest": sheet.digest,
    }


def _promised(run: EvaluationRun, known: Known) -> Document | None:
    """The projection were the run champion: what is held later against what came. None without one."""
    if known.projection is None:
        return None
    shared = revenue.projected(known.book, known.projection, known, run=run)
    return shared if shared is not None and shared["volume"] else None


def stands_on(decision: Decision, found: Desk, known: Known) -> dict[str, Any]:
    """By name, what the figures of the desk are made of: {what: {name: digest or state}}."""
    documents = _under(found, known)
    champion = known.champions.get(decision.model_id)
    used = {one["id"]: digest_of(one) for one in _assumptions([*documents.values()])}
    mappings = {document["mapping"] for document in documents.values() if "mapping" in document}
    names = {version.digest: key for key, version in known.approved.items()}
    return {
        "terms": {"": decision.terms.digest if decision.terms else ""},
        "champion": {"": champion.pk if champion else ""},
        "assumptions": used,
        "mappings": {names[held]: held for held in sorted(mappings) if held in names},
        "months": {known.projection.volume_kpi.key: digest_of(known.actuals(known.projection.volume_kpi))}
        if known.projection is not None and _in_money(documents)
        else {},
        "runs": {one.run.pk: one.run.state for one in found.found.judged},
        "grades": {run: grade.letter for (run, _), grade in sorted(found.found.stored.grades.items())},
        "engine": {"": ENGINE},
    }


def _in_money(documents: Mapping[str, Document]) -> bool:
    return any(document["kind"] == "revenue" for document in documents.values())


def _under(found: Desk, known: Known) -> dict[str, Document]:
    """Digest → document, of the figures that the candidates have and of those under them, down to what was measured."""
    waiting, documents = list(found.found.stored.receipts.values()), {}
    while waiting:
        name = waiting.pop()
        if name in known.book and name not in documents:
            documents[name] = known.book[name]
            waiting.extend(under(documents[name]))
    return documents


def _assumptions(part: Any) -> Iterator[Document]:
    """The documents of assumptions in a document, however deep."""
    if isinstance(part, Mapping):
        if "distribution" in part and "id" in part:
            yield part
        else:
            for value in part.values():
                yield from _assumptions(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _assumptions(value)


def moved(decision: Decision, known: Known) -> list[str]:
    """What a proposal stands on that is not what it was when it was proposed, in words; a new run is none of it."""
    before: Mapping[str, Mapping[str, str]] = decision.record.get("stands_on", {})
    now = stands_on(decision, desk(decision, known), known)
    found = []
    for what, held in before.items():
        for name, was in held.items():
            if now[what].get(name) != was:
                found.append(WORDS[what].format(_called(what, name, known)))
    return list(dict.fromkeys(found))


def _called(what: str, name: str, known: Known) -> str:
    """What people call a thing by whose key it is held."""
    if what == "assumptions":
        row = known.assumptions.get(name)
        return row.assumption.name if row else name
    if what in ("mappings", "months"):
        kpi = known.kpis.get(name)
        return kpi.name if kpi else name
    if what in ("runs", "grades"):
        run = EvaluationRun.objects.filter(pk=name).first()
        return run.name if run else name
    return name
