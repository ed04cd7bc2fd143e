"""Whether what a decision froze is still what it was: computed again from what is stored, thing by thing.

A thing that moved since is another one beside it, so that the frozen one stays. It differs only where somebody changed
what was written, or where it is not there any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from metrics import store
from metrics.core.documents import Document
from metrics.core.documents import digest as digest_of
from metrics.core.engine import ENGINE
from metrics.core.estimate import Quantity, Unknown
from metrics.core.recomputed import DIFFERS, differences
from metrics.core.revenue.projecting import figures
from metrics.models.evaluation import MetricResult
from metrics.models.kpi import Actual, KPIResult, MappingVersion
from metrics.models.revenue import RevenueResult
from metrics.models.selection import Decision
from metrics.queries.documents import evaluation
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.results import quantity

What = Literal[
    "file", "figures", "terms", "mappings", "assumptions", "months", "weights", "promise", "engine", "record"
]
CLOSE = 1e-9


@dataclass(frozen=True)
class Frozen:
    """A thing that a record holds. count: of how many parts it is. digest: of what was frozen. differs: the parts that
    are not the same any more, by name; none where all are. why: for which it cannot be computed again now, else ""."""

    what: What
    count: int
    digest: str
    differs: tuple[str, ...] = ()
    why: str = ""


def frozen(decision: Decision, known: Known) -> tuple[Frozen, ...]:
    """Of a decision with a record, fetched with its rounds; () of another, and of one that nobody was asked for."""
    held = decision.record
    if not held or held.get("direct"):
        return ()
    stands_on = held["stands_on"]
    found = [
        _file(held["figures"]),
        _figures(held["desk"]["candidates"]),
        _terms(decision, held["terms"]["definition"]),
        _mappings(stands_on["mappings"], known),
        _assumptions(stands_on["assumptions"], known),
        _weights(decision, held["roles"]),
    ]
    if held["promise"]:
        found += [_months(held["promise"], known), _promise(held["promise"], known)]
    engine = stands_on["engine"][""]
    why = "" if engine == ENGINE else f"version {engine} computed it, and version {ENGINE} computes now"
    found.append(Frozen("engine", 1, digest_of(engine), why=why))
    differs = () if digest_of(held) == decision.digest else ("the record",)
    found.append(Frozen("record", 1, decision.digest, differs))
    return tuple(one for one in found if one.count)


def _file(digest: str) -> Frozen:
    """The file of all figures with their draws, from which the whole choice follows."""
    try:
        store.get(digest, check=True)
    except store.Missing:
        return Frozen("file", 1, digest, ("the file",))
    return Frozen("file", 1, digest)


def _figures(candidates: Iterable[Mapping[str, Any]]) -> Frozen:
    """The stored figures of the candidates: each document hashes to its name, and the points are those frozen."""
    wanted = list(_receipts(candidates))
    rows: dict[str, Any] = {}
    for table in (MetricResult, KPIResult):
        given = table.objects.filter(digest__in=[name for name, *_ in wanted])
        rows |= {
            digest: (document, point) for digest, document, point in given.values_list("digest", "document", "point")
        }
    stored = [one for one in wanted if one[3] or one[0] in rows]
    differs = [
        f"{key} of {who}"
        for name, who, key, _, point in stored
        if name not in rows or digest_of(rows[name][0]) != name or not _alike(rows[name][1], point)
    ]
    return Frozen("figures", len(stored), digest_of(sorted(name for name, *_ in stored)), tuple(differs))


def _receipts(candidates: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, str, bool, float | None]]:
    """Of each figure of a candidate: its receipt, the candidate, what it is, whether it is stored, and its point.

    Money were a candidate champion is computed when it is asked for, and stored of the chosen one only.
    """
    for row in candidates:
        for key, name in row["receipts"].items():
            yield name, row["runs"][0]["name"], key, key != "money", row["figures"].get(key, {}).get("point")


def _alike(stored: float | None, held: float | None) -> bool:
    """A figure of which only the receipt was frozen is held to that."""
    return held is None or (stored is not None and abs(stored - held) <= CLOSE * max(1.0, abs(held)))


def _terms(decision: Decision, definition: Any) -> Frozen:
    now = decision.terms.definition if decision.terms is not None else None
    differs = () if now is not None and digest_of(now) == digest_of(definition) else ("the terms of choice",)
    return Frozen("terms", 1, digest_of(definition), differs)


def _mappings(held: Mapping[str, str], known: Known) -> Frozen:
    there = set(
        MappingVersion.objects.filter(mapping__product=known.product, digest__in=held.values()).values_list(
            "digest", flat=True
        )
    )
    return Frozen("mappings", len(held), digest_of(held), tuple(key for key in held if held[key] not in there))


def _assumptions(held: Mapping[str, str], known: Known) -> Frozen:
    there = {(row.assumption.key, digest_of(evaluation.assumption(row))) for row in known.versions}
    return Frozen(
        "assumptions", len(held), digest_of(held), tuple(key for key in held if (key, held[key]) not in there)
    )


def _weights(decision: Decision, roles: Iterable[Mapping[str, Any]]) -> Frozen:
    told = list(roles)
    there = {
        (sheet.digest, digest_of({"answers": sheet.answers, "weights": sheet.weights, "role": sheet.role}))
        for current in decision.rounds.all()
        for sheet in current.sheets.all()
    }
    differs = tuple(one["role"] for one in told if (one["digest"], one["digest"]) not in there)
    return Frozen("weights", len(told), digest_of([one["digest"] for one in told]), differs)


def _months(promise: Document, known: Known) -> Frozen:
    """The months of volume under the promise: each was entered so, whatever is known of it since."""
    volume = {month: float(count) for month, count in promise["volume"]}
    rows = Actual.objects.filter(kpi__product=known.product)
    rows = rows.filter(period__in=[f"{month}-01" for month in volume])
    given = rows.values_list("period", "value")
    there = {(f"{period:%Y-%m}", float(value)) for period, value in given if value is not None}
    differs = tuple(month for month, count in volume.items() if (month, count) not in there)
    return Frozen("months", len(volume), digest_of(promise["volume"]), differs)


def _promise(promise: Document, known: Known) -> Frozen:
    """What was promised, computed again from its document, against what was stored of it."""
    document = {**promise, "figure": "total"}
    name = digest_of(document)
    row = RevenueResult.objects.filter(digest=name).first()
    if row is None:
        return Frozen("promise", 1, name, why="it is stored once it is signed")
    kept = quantity(row)
    try:
        again: Quantity = known.source.made(("again", name), lambda: figures(document, known.source)["total"])
    except (ValueError, store.Missing) as error:
        if isinstance(kept, Unknown):
            return Frozen("promise", 1, name)
        return Frozen("promise", 1, name, why=str(error))
    verdict, apart = differences(kept, again)
    return Frozen("promise", 1, name, tuple(apart) if verdict == DIFFERS else ())
