"""The evidence panel: each check with its verdict, its rule, what to do about it, and the figures behind it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from metrics.queries.evidence.checks import Check
from reports.pages.run import evidence_rows, evidence_times
from reports.pages.run.blocks import Block
from reports.pages.runs.table import TONES, WORDS

FIGURES: Mapping[str, Callable[[Mapping[str, Any]], list[Block]]] = {
    "quality": evidence_rows.quality,
    "labels": evidence_rows.labels,
    "labelers": evidence_rows.labelers,
    "training": evidence_rows.training,
    "timeliness": evidence_times.timeliness,
    "maturity": evidence_times.maturity,
    "drift": evidence_times.drift,
    "intervals": evidence_times.intervals,
    "reproducibility": evidence_rows.reproducibility,
}
# Checks whose figures say more than their sentence can.
TELLING = ("labelers", "maturity", "drift", "intervals")
BADNESS = ("fails", "warning", "holds", "not checked")


def summary(checks: Sequence[Check], gates: Collection[str]) -> dict[str, Any]:
    """Names and verdicts alone, the worst first, and how many hold of those that were checked."""
    looked_at = [check for check in checks if check.verdict != "not checked"]
    ordered = sorted(checks, key=lambda check: BADNESS.index(check.verdict))
    return {
        "checks": [_named(check, gates) for check in ordered],
        "holding": sum(check.verdict == "holds" for check in checks),
        "checked": len(looked_at),
        "unchecked": len(checks) - len(looked_at),
    }


def panel(checks: Sequence[Check], gates: Collection[str], *, opened: Collection[str] = ()) -> list[dict[str, Any]]:
    """Every check with its figures, in the order of the checks, those not checked last.

    opened: keys whose figures are open at first; where none are named, those of `TELLING` that do not hold.
    """
    ordered = sorted(checks, key=lambda check: check.verdict == "not checked")
    shown = set(opened) or {check.key for check in checks if check.key in TELLING and check.verdict in BADNESS[:2]}
    return [
        _named(check, gates)
        | {
            "text": check.text,
            "remedy": check.remedy,
            "rule": check.rule,
            "blocks": FIGURES[check.key](check.numbers) if check.numbers and check.key in FIGURES else [],
            "open": check.key in shown,
        }
        for check in ordered
    ]


def _named(check: Check, gates: Collection[str]) -> dict[str, Any]:
    return {
        "key": check.key,
        "name": check.name,
        "kind": TONES[check.verdict],
        "words": WORDS[check.verdict],
        "gates": check.key in gates,
    }
