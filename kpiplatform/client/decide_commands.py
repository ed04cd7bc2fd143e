"""What the commands of the desk do: ask the client, say the answer in JSON and in words."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from kpiplatform.client import printing
from kpiplatform.client.chain_commands import definition_of, json_of
from kpiplatform.client.client import Client
from kpiplatform.client.errors import ClientError
from kpiplatform.client.progress import megabytes
from kpiplatform.client.said import Said

ANSWERS = 'Write [{"of": …, "give": …, "to": …, "gain": …, "says": "yes"}].'


def terms_show(given: argparse.Namespace) -> Said:
    """The versions of a model's terms."""
    with Client() as kpi:
        found = kpi.terms(given.product, given.model)
    rows = [(one["number"], one["state"], one["definition"]["rule"], _objectives(one), one["author"]) for one in found]
    return Said(found, printing.table(rows, ("version", "state", "rule", "objectives", "author")))


def _objectives(terms: Mapping[str, Any]) -> str:
    return ", ".join(one["key"] for one in terms["definition"]["objectives"])


def terms_draft(given: argparse.Namespace) -> Said:
    """Draft terms, from a file or from what there is."""
    chosen: dict[str, Any] = {"note": given.note} if given.note else {}
    if given.file:
        chosen["definition"] = definition_of(given.file)
    with Client() as kpi:
        found = kpi.draft_terms(given.product, given.model, **chosen)
    told = f"terms of {given.model}, version {found['number']}: a draft, by {_objectives(found)}"
    return Said(found, told)


def terms_act(given: argparse.Namespace) -> Said:
    """Propose, endorse, approve, object to or withdraw the newest terms."""
    with Client() as kpi:
        found = kpi.act_on_terms(
            given.product, given.model, given.act, reason=getattr(given, "reason", ""), number=given.number
        )
    return Said(found, f"version {printing.text(found.get('number'))} is {printing.text(found.get('state'))}")


def decisions_list(given: argparse.Namespace) -> Said:
    """The decisions of a product."""
    with Client() as kpi:
        found = kpi.decisions(given.product)
    rows = [
        (one["number"], one["model"], one["state"], _version(one["chosen"]), one["opened_at"][:10], _earned(one))
        for one in found
    ]
    return Said(found, printing.table(rows, ("number", "model", "state", "chosen", "opened", "earned, promised")))


def _version(run: Mapping[str, Any] | None) -> object:
    return run["version"] if run else None


def decision_show(given: argparse.Namespace) -> Said:
    """One decision, and where it is open its desk."""
    with Client() as kpi:
        found = kpi.decision(given.product, given.number)
        desk = (
            kpi.desk(given.product, given.number) if found["state"] == "open" else (found["record"] or {}).get("desk")
        )
    words = [_head(found)]
    if desk:
        words += [_candidates(desk), *(f"left out: {one['name']}, {one['reason']}" for one in desk["left_out"])]
    words += [_signature(one) for one in found["signatures"]]
    if found["outcome"]:
        words.append(outcome_told(found["outcome"]))
    if found["came"]:
        rows = [_came(one) for one in found["came"]]
        words.append(printing.table(rows, ("role", "objective", "promised", "came", "")))
    return Said({**found, "desk": desk}, "\n\n".join(filter(None, words)))


def _head(found: Mapping[str, Any]) -> str:
    asked = found["round"] or {}
    due = ", ".join(f"{count} {printing.role(role)}" for role, count in found["due"].items())
    return printing.pairs(
        [
            ("decision", found["number"]),
            ("model", found["model"]),
            ("state", found["state"]),
            ("proposed", _version(found["chosen"])),
            ("in place of", _version(found["before"])),
            ("by rule", _by_rule(found["record"] or {})),
            ("reason", found["reason"]),
            ("answered", ", ".join(map(printing.role, asked.get("sealed", [])))),
            ("signatures due", due),
        ]
    )


def _by_rule(record: Mapping[str, Any]) -> str:
    """Whether the rule said what is proposed; "" where nothing is, or nobody was asked."""
    return "" if "by_rule" not in record else "yes" if record["by_rule"] else "no, it says another"


def _candidates(desk: Mapping[str, Any]) -> str:
    """The candidates by objective, the recommended one marked."""
    advice = desk["recommendation"] or {}
    keys = [one["key"] for one in desk["objectives"]]
    rows = []
    for place, row in enumerate(desk["candidates"]):
        marks = [word for word, so in (("champion", row["champion"]), ("by rule", advice.get("place") == place)) if so]
        figures = [_point(row["figures"].get(key)) for key in keys]
        name = " = ".join(run["name"] for run in row["runs"])
        rows.append((name, row["runs"][0]["run"], *figures, "yes" if row["on_front"] else "no", ", ".join(marks)))
    return printing.table(rows, ("candidate", "run", *keys, "on the front", ""))


def _point(figure: Mapping[str, Any] | None) -> object:
    return None if not figure or "unknown" in figure else f"{figure['point']:.6g}"


def _signature(one: Mapping[str, Any]) -> str:
    words = f"{one['by']}, {printing.role(one['role'])}: {one['act'].replace('_', ' ')} on {one['at'][:10]}"
    words += ", which counts no more" if one["cleared"] else ""
    return printing.text(f"{words}: {one['reason']}" if one["reason"] else words)


def decision_export(given: argparse.Namespace) -> Said:
    """Carry the record of a decision away."""
    with Client() as kpi:
        size = kpi.export_decision(given.product, given.number, given.file)
    told = f"wrote {given.file} ({megabytes(size)}); `manage.py verify {given.file}` makes it again"
    return Said({"number": given.number, "file": given.file, "bytes": size}, told)


def decision_flips(given: argparse.Namespace) -> Said:
    """Where a choice turns over, and what knowing more is worth."""
    with Client() as kpi:
        found = kpi.flips(given.product, given.number, rows=given.rows)
    turns = [line for one in found["turns"] for line in one["says"] or [f"{one['name']}: {_still(one)}"]]
    return Said(found, "\n".join(printing.text(line) for line in [*turns, *found["knowing"]["says"]]))


def _still(turn: Mapping[str, Any]) -> str:
    return f"not looked at, {turn['why']}" if turn["why"] else "nothing turns over within its range"


def _earned(one: Mapping[str, Any]) -> object:
    """What a decision earned of what it promised for the same months; – where nothing is scored."""
    found = one["outcome"]
    if not found or "unknown" in found["total"]:
        return None
    return f"{found['total']['earned']['text']}, {found['so_far'].get('text')}"


def outcome_told(found: Mapping[str, Any]) -> str:
    """Earned against promised, each month and together; or the reason for which nothing is scored."""
    total = found["total"]
    if "unknown" in total:
        return printing.pairs([("promised", printing.figure(found["promised"])), ("not scored", total["unknown"])])
    rows = [_month(one["month"], one["promised"], one) for one in found["months"]]
    rows.append(_month("together", found["so_far"], total))
    head = printing.pairs(
        [
            ("promised in all", printing.figure(found["promised"])),
            ("scored next", found["coming"]),
            ("champion until", found["until"] and f"{found['until']}, decision {found['by']}"),
        ]
    )
    heads = ("month", "promised", "earned", "in 80 % band", "in 95 % band", "CRPS")
    return f"{head}\n\n{printing.table(rows, heads)}"


def _came(one: Mapping[str, Any]) -> tuple[object, ...]:
    score = one["score"]
    if "unknown" in score:
        return (printing.role(one["role"]), one["key"], printing.figure(one["promised"]), None, score["unknown"])
    inside = {True: "inside 80 %", False: "outside 80 %", None: score["no_score"]}[score["inside_80"]]
    return (printing.role(one["role"]), one["key"], printing.figure(one["promised"]), score["earned"]["text"], inside)


def _month(name: str, promised: Mapping[str, Any], one: Mapping[str, Any]) -> tuple[object, ...]:
    inside = [None if one[key] is None else "yes" if one[key] else "no" for key in ("inside_80", "inside_95")]
    crps = None if one["crps"] is None else f"{one['crps']:.6g}"
    return (name, printing.figure(promised), one["earned"]["text"], *inside, crps)


def calibration_show(given: argparse.Namespace) -> Said:
    """How far promises held, over a product and of each role."""
    with Client() as kpi:
        found = kpi.calibration(given.product)
    rows = [_held("all decisions", found["every"])]
    rows += [_held(printing.role(role), one) for role, one in found["roles"].items()]
    heads = ("of", "scored", "not yet", "inside 80 %", "inside 95 %", "mean CRPS", "")
    return Said(found, printing.table(rows, heads))


def _held(name: str, one: Mapping[str, Any]) -> tuple[object, ...]:
    if "unknown" in one:
        return (name, None, None, None, None, None, one["unknown"])
    shares = [f"{one[key]['count']} of {one['scored']}" for key in ("inside_80", "inside_95")]
    crps = None if one["mean_crps"] is None else f"{one['mean_crps']:.6g}"
    return (name, one["scored"], one["not_scored"], *shares, crps, "")


def decision_lead(given: argparse.Namespace) -> Said:
    """Who leads at weights that are tried."""
    with Client() as kpi:
        found = kpi.leader(given.product, given.number, dict(given.weight))
    first, change = found["leads"][0], found["change"]
    lines = [f"{' and '.join(found['leads'])}: first in {found['first'][first]:.0%} of the draws at these weights"]
    if change:
        way = "passes" if change["weight"] > found["weights"][change["objective"]] else "falls below"
        then = " and ".join(change["to"])
        lines.append(f"until the weight of {change['objective']} {way} {change['weight']:.0%}; then {then}")
    return Said(found, "\n".join(lines))


def decision_open(given: argparse.Namespace) -> Said:
    """Open a decision."""
    with Client() as kpi:
        found = kpi.open_decision(given.product, given.model, ends_on=given.until)
    *others, last = [printing.role(role) for role in (found["round"] or {}).get("awaited", [])] or ["nobody"]
    waits = f"{', '.join(others)} and {last}" if others else last
    return Said(found, f"decision {found['number']} is open; it waits for the answers of {waits}")


def decision_weigh(given: argparse.Namespace) -> Said:
    """Set one's weights."""
    with Client() as kpi:
        found = kpi.weigh(given.product, given.number, dict(given.weight))
    shares = ", ".join(f"{key} {value:.0%}" for key, value in (found["weights"] or {}).items())
    return Said(found, f"on your sheet: {shares}; hand it in by kpi decide seal")


def decision_question(given: argparse.Namespace) -> Said:
    """What one is asked next; with --says, once that is answered."""
    with Client() as kpi:
        if given.says:
            kpi.say(given.product, given.number, given.says)
        found = kpi.question(given.product, given.number)
    return Said(found, _question(found))


def _question(found: Mapping[str, Any]) -> str:
    asked, count = found["question"], found["answered"]
    if found["withdraw"]:
        return "your answers contradict each other; write them anew: kpi decide answer"
    if asked is None:
        said = printing.counted(count, "answer")
        return f"no more is asked; {said} on your sheet, hand it in by kpi decide seal" if count else "nothing is asked"
    head = f"question {count + 1} of at most {found['most']}: would you take the second for the first?"
    rows = [(key, f"{value:.6g}", f"{asked['yes'][key]:.6g}") for key, value in asked["no"].items()]
    return f"{head}\n\n{printing.table(rows, ('', 'as it is', 'instead'))}\n\nanswer by --says yes, no or “cannot say”"


def decision_answer(given: argparse.Namespace) -> Said:
    """Answer questions, from a JSON file."""
    answers = json_of(given.file, remedy=ANSWERS)
    if not isinstance(answers, list):
        raise ClientError(f"{given.file} holds no list", field="file", remedy=ANSWERS)
    with Client() as kpi:
        found = kpi.answer(given.product, given.number, answers)
    return Said(
        found, f"{printing.counted(len(found['answers']), 'answer')} on your sheet; hand it in by kpi decide seal"
    )


def decision_seal(given: argparse.Namespace) -> Said:
    """Hand in one's sheet."""
    with Client() as kpi:
        found = kpi.seal(given.product, given.number)
    closed = (found["round"] or {}).get("closed_at")
    return Said(
        found, "handed in; all have answered, and it is revealed" if closed else "handed in; others still answer"
    )


def decision_ask(given: argparse.Namespace) -> Said:
    """Ask the roles anew."""
    with Client() as kpi:
        found = kpi.ask_roles(given.product, given.number, ends_on=given.until)
    return Said(found, f"the roles are asked again: round {(found['round'] or {}).get('number')}")


def decision_close(given: argparse.Namespace) -> Said:
    """Close the round."""
    with Client() as kpi:
        found = kpi.close_round(given.product, given.number)
    return Said(found, "the round is closed; what was answered is revealed")


def decision_propose(given: argparse.Namespace) -> Said:
    """Propose a run's version."""
    with Client() as kpi:
        found = kpi.propose(given.product, given.number, given.run, reason=given.reason)
    return Said(found, _after(found))


def decision_sign(given: argparse.Namespace) -> Said:
    """Assent, dissent, sign or refuse."""
    with Client() as kpi:
        found = kpi.sign_decision(given.product, given.number, given.act, reason=given.reason)
    return Said(found, _after(found))


def decision_withdraw(given: argparse.Namespace) -> Said:
    """Take a proposal, or an open decision, back."""
    with Client() as kpi:
        found = kpi.withdraw_decision(given.product, given.number)
    return Said(found, f"decision {found['number']} is {found['state']}")


def decision_revert(given: argparse.Namespace) -> Said:
    """Propose the champion of before."""
    with Client() as kpi:
        found = kpi.revert_decision(given.product, given.number, reason=given.reason)
    return Said(found, f"decision {found['number']} takes decision {given.number} back; {_after(found)}")


def _after(found: Mapping[str, Any]) -> str:
    """Where a decision stands after an act."""
    if found["state"] == "signed":
        return f"signed: {_version(found['chosen'])} is champion of {found['model']}"
    if found["state"] == "open":
        return f"decision {found['number']} is open again"
    due = ", ".join(f"{count} {printing.role(role)}" for role, count in found["due"].items())
    return f"{_version(found['chosen'])} is proposed; still due: {due}"
