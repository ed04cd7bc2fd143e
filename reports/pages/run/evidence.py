"""The evidence panel: each check with its verdict, its rule, what to do about it, and the figures behind it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from metrics.core.evidence.check import Check
from metrics.core.evidence.registry import CHECKS
from metrics.queries.evidence.checks import waits
from reports.pages.run.blocks import Block
from reports.pages.run.drawn import PLAIN, SHOWN, Shown
from reports.pages.run.worded import block
from reports.pages.runs.table import TONES, WORDS

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
        "waits": waits(checks),
    }


def of_run(checks: Sequence[Check], gates: Collection[str]) -> list[dict[str, Any]]:
    """Every check of a run; open are the figures of those that tell by them what is wrong."""
    return _panel(checks, gates, lambda check, shown: shown.telling and check.verdict in ("fails", "warning"))


def of_data_set(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """Every check of a data set; open is what a data set is asked for."""
    return _panel(checks, (), lambda check, shown: shown.of_data(check.numbers))


def blocks(check: Check) -> list[Block]:
    """The figures of a check, with the drawings that a page adds; none where it was not made."""
    kind = CHECKS.get(check.key)
    if kind is None or not check.numbers:
        return []
    shown, numbers = SHOWN.get(check.key, PLAIN), check.numbers
    return [*shown.before(numbers), *(block(figure) for figure in kind.figures(numbers)), *shown.after(numbers)]


def _panel(
    checks: Sequence[Check], gates: Collection[str], opened: Callable[[Check, Shown], bool]
) -> list[dict[str, Any]]:
    """In the order of the checks, those not checked last."""
    return [
        _named(check, gates)
        | {
            "text": check.text,
            "remedy": check.remedy,
            "rule": check.rule,
            "blocks": blocks(check),
            "open": opened(check, SHOWN.get(check.key, PLAIN)),
        }
        for check in sorted(checks, key=lambda check: check.verdict == "not checked")
    ]


def _named(check: Check, gates: Collection[str]) -> dict[str, Any]:
    return {
        "key": check.key,
        "name": check.name,
        "kind": TONES[check.verdict],
        "words": WORDS[check.verdict],
        "gates": check.key in gates,
    }
