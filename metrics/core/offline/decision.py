"""An exported decision, computed again with no database and no network.

The file states the record as it was frozen, its digest, and the signatures over it; it holds the figures of all who
stood for choice, with their draws, as they were frozen then. From these and the terms in the record all is made again
that the desk printed: front, chances, regrets, compromise, recommendation, guardrails, corrected figures. What differs
is named by its place in the record, with the digits.

What follows from nothing in the file is covered by digest and seal alone, and an answer names it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from metrics.core.documents import digest as digest_of
from metrics.core.offline.archive import Archive, NotAReceipt
from metrics.core.recomputed import CLOSE, EQUAL, apart
from metrics.core.selection import plain
from metrics.core.selection.choice import Choice
from metrics.core.selection.frozen import Called, thawed
from metrics.core.selection.terms import signed_digest
from metrics.core.selection.weighing import Said, Weighing

FORM = "kpiplatform decision receipt 1"
STATED = ("record", "digest", "state", "signed_at", "signatures")
SAID = ("receipts", "grades", "name", "asks", "set_aside", "waiting")  # by the platform: no figure of the file says it
NOT_RECOMPUTED = (
    "names, dates, reasons, grades, the promise, who signed, what was set aside or still computed, and what the record "
    "stands on, as the platform's records had them: digest and seal cover them; compare these with the page of the "
    "decision, or give one with --seal"
)
NO_FIGURES = (
    "that the figures follow from the rows: {} receipts are named, and `kpi receipt DIGEST --export` has those of "
    "metrics and KPIs; money follows from its KPI's"
)
NOT_MADE = "of the desk, what no figure of the file makes again: {}"
DIRECT = "a promotion that asked nobody: no figure was frozen with it, so that nothing of it is computed again"


def verified(archive: Archive, *, seal: str = "", rows: Path | None = None) -> dict[str, Any]:
    """Make all of the desk again that follows from the frozen figures. Raises NotAReceipt. rows: none are asked for.

    seal: of the statement, or the digest of the record, as the platform shows them, or how they begin. Gives the
    verdict, each difference, how many printed values were compared, what was not verified, and the statement.
    """
    if rows is not None:
        raise NotAReceipt("a decision is made again from its figures, not from rows: leave out --rows")
    statement = archive.statement
    record, digest = statement.get("record"), str(statement.get("digest"))
    if not isinstance(record, dict) or set(statement) != set(STATED):
        raise NotAReceipt(f"a decision states {', '.join(STATED)}: export it again")
    if not digest.startswith(seal):
        archive.held_to(seal)
    if (again := digest_of(record)) != digest:
        archive.differ("record", digest, f"it was changed after it was frozen: its digest would be {again[:12]}")
    _signatures(archive, digest)
    not_verified = [] if seal else [NOT_RECOMPUTED]
    compared, exact = 0, True
    if record.get("direct"):
        not_verified.append(DIRECT)
    else:
        compared, exact, beside = _record(archive, record)
        not_verified += [NOT_MADE.format(", ".join(beside))] if beside else []
        receipts = {name for row in record["desk"]["candidates"] for name in row.get("receipts", {}).values()}
        not_verified.append(NO_FIGURES.format(len(receipts)))
    return {
        "verdict": archive.verdict(EQUAL if exact else CLOSE),
        "differences": archive.differences,
        "value": None,
        "links": compared,
        "read": f"{compared:,} printed values",
        "not_verified": not_verified,
        "seal": archive.seal,
        "statement": statement,
        "says": list(_said(statement)),
    }


def _signatures(archive: Archive, digest: str) -> None:
    """Every signature that counts is over this record, and a signed decision has one."""
    given = archive.statement.get("signatures")
    signatures = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    counting = [one for one in signatures if not one.get("cleared")]
    for one in counting:
        if one.get("digest") != digest:
            name, its = f"{one.get('by')}, {one.get('act')}", str(one.get("digest"))
            archive.differ("signature", its, f"{name}: it is over {its[:12]}, and the record is {digest[:12]}")
    if archive.statement.get("state") in ("proposed", "signed") and not counting:
        archive.differ("signature", digest, "there is none, and somebody proposed it")


def _record(archive: Archive, record: Mapping[str, Any]) -> tuple[int, bool, list[str]]:
    """Compare what is printed with what follows: how many values, whether all are the same to the last digit, and the
    parts of the desk that are printed and were not made again."""
    name = str(record.get("figures"))
    if name not in archive.files:
        raise NotAReceipt(f"the figures {name[:12]} are not in the file")
    if hashlib.sha256(archive.files[name]).hexdigest() != name:
        archive.differ("figures", name, "they were changed after they were frozen")
    try:
        desk, terms = record["desk"], record["terms"]["definition"]
        aside = [(one["place"], one["key"]) for one in desk["set_aside"]]
        choice = thawed(archive.files[name], terms, aside)
        if record["reverts"] is None and record["chosen"]["run"] not in _may_be_chosen(choice):
            archive.differ("chosen", name, f"{record['chosen']['name']} is none that could be chosen")
        again = _again(record, choice)
        printed, beside = _printed(record, choice, again["desk"])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise NotAReceipt(f"the record cannot be read: {error}") from error
    compared, exact = 0, True
    for place, one, other in _leaves(printed, again, ""):
        compared += 1
        exact &= one == other
        sides = ({} if value is NOTHING else {place: value} for value in (one, other))
        for message in apart(*sides):
            archive.differ(place.partition(".")[0], name, message)
    return compared, exact, sorted(beside - set(SAID))


def _may_be_chosen(choice: Choice[Called]) -> set[str]:
    return {one.run.pk for row in choice.rows for one in row.judged}


def _printed(
    record: Mapping[str, Any], choice: Choice[Called], again: Mapping[str, Any]
) -> tuple[dict[str, Any], set[str]]:
    """What of the record is made again, as it is printed; and by name the parts of its desk that are not. again: the
    desk, made again."""
    out, beside = {one.run.pk for one in choice.judged}, set[str]()

    def made(part: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
        beside.update(part.keys() - like.keys())
        return {key: value for key, value in part.items() if key in like}

    desk = made(record["desk"], again)
    for name in ("candidates", "objectives"):
        like: Mapping[str, Any] = next(iter(again[name]), {})
        desk[name] = [made(row, like) for row in desk[name]]
    desk["left_out"] = [one for one in desk["left_out"] if one["run"] in out]
    printed = {name: record[name] for name in ("by_rule", "chosen", "before", "kind")}
    sheets = {str(at): one["digest"] for at, one in enumerate(record["roles"])}
    return {**printed, "desk": desk, "terms": record["stands_on"]["terms"][""], "roles": sheets}, beside


def _again(record: Mapping[str, Any], choice: Choice[Called]) -> dict[str, Any]:
    """The same, made again from the frozen figures and the terms."""
    terms = record["terms"]["definition"]
    keys = ("key", "direction", "unit", "role", "smallest")
    runs = {one.run.pk: one.run for one in choice.judged}
    chosen = runs.get(record["chosen"]["run"])  # a reversal may go back to one that is compared no more
    sheets = [{name: one[name] for name in ("answers", "weights", "role")} for one in record["roles"]]
    said = [Said(by=one["by"], **sheet) for one, sheet in zip(record["roles"], sheets, strict=True)]
    told = plain.told(choice, Weighing(choice, said) if choice.state in ("choice", "comparison") else None)
    return {
        "kind": "decision",
        "desk": told | {"objectives": [{key: one[key] for key in keys} for one in terms["objectives"]]},
        "by_rule": choice.by_rule(record["chosen"]["run"]),
        "chosen": plain.run(chosen) if chosen is not None else record["chosen"],
        "before": plain.run(choice.champion.run) if choice.champion is not None else None,
        "terms": signed_digest(terms, str(record["model"]), str(record["currency"])),
        "roles": {str(at): digest_of(sheet) for at, sheet in enumerate(sheets)},
    }


NOTHING = object()


def _leaves(printed: Any, again: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Each value that is printed or made again, with its place; NOTHING where one side has none."""
    if isinstance(printed, dict) and isinstance(again, dict):
        for name in dict.fromkeys([*printed, *again]):
            here = f"{place}.{name}" if place else name
            yield from _leaves(printed.get(name, NOTHING), again.get(name, NOTHING), here)
    elif isinstance(printed, list) and isinstance(again, list):
        for at in range(max(len(printed), len(again))):
            one, other = (side[at] if at < len(side) else NOTHING for side in (printed, again))
            yield from _leaves(one, other, f"{place}.{at}")
    else:
        yield place, printed, again


def _said(statement: Mapping[str, Any]) -> Iterator[str]:
    """What is decided, and by whom, in lines."""
    record = statement["record"]
    before = record.get("before")
    place = f" in place of {before['version']}" if isinstance(before, dict) else ""
    what = f"decision {record.get('number', '')}".rstrip()
    yield f"{what} on {record.get('model')}: {record['chosen']['version']}{place}, {statement['state']}"
    for one in statement["signatures"]:
        void = ", counts no more" if one["cleared"] else ""
        why = f": {one['reason']}" if one["reason"] else ""
        yield f"{one['by']}, {one['role'].replace('_', ' ')}: {one['act'].replace('_', ' ')}{why}{void}"
