"""Whether the runs of a comparison may be believed: the worst finding of each check, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from metrics.core.evidence.check import Check
from metrics.core.numerals import digest
from metrics.queries.evidence import checks as evidence
from reports.pages.runs.table import TONES, WORDS
from reports.words.dates import named
from reports.words.phrases import Verdict, count

WORST = ("fails", "warning", "not checked", "holds")
TELLING = ("bad", "warn", "good")
LONGEST = 150


def evidence_card(runs: Sequence[Any], base: Any, called: Mapping[str, str]) -> dict[str, Any]:
    """Facts with a verdict each, as the component `facts` takes them, the gravest first, and what was not checked."""
    by_run = evidence.of_runs(runs, {run.version.model_id: base for run in runs})
    names = {check.key: check.name for checks in by_run.values() for check in checks}
    facts: list[dict[str, Any]] = [
        {
            "title": names.pop(evidence.SAME_ROWS),
            "verdict": Verdict("good", "Holds"),
            "why": f"{'Both' if len(runs) == 2 else 'All'} saw the same {base.n_rows:,} rows with the same labels, "
            f"digest {digest(base.data_set.digest)}.",
        }
    ]
    facts += [_fact(key, runs, by_run, called) for key in names]
    told = [fact for fact in facts if fact["verdict"].kind != "unknown"]
    told.sort(key=lambda fact: TELLING.index(fact["verdict"].kind))
    holding = sum(fact["verdict"].kind == "good" for fact in told)
    silent = [str(fact["title"]).lower() for fact in facts if fact not in told]
    return {
        "facts": told,
        "aside": f"{holding} of {len(told)} hold",
        "silent": f"Not checked: {', '.join(silent)}." if silent else "",
    }


def _fact(
    key: str, runs: Sequence[Any], by_run: Mapping[str, Sequence[Check]], called: Mapping[str, str]
) -> dict[str, Any]:
    checks = [(run, check) for run in runs for check in by_run[run.pk] if check.key == key]
    run, worst = min(checks, key=lambda pair: WORST.index(pair[1].verdict))
    alike = [other for other, check in checks if check.verdict == worst.verdict]
    whose = ""
    if worst.verdict != "holds":
        whose = f"{called[run.pk]}: "
        if len(alike) == len(runs):
            whose = "Both runs: " if len(runs) == 2 else "All runs: "
        if 1 < len(alike) < len(runs):
            whose = f"{called[run.pk]} and {count(len(alike) - 1, 'other')}: "
    return {
        "title": worst.name,
        "url": f"{reverse('run', args=[run.product.slug, run.pk])}#check-{key}",
        "verdict": Verdict(TONES[worst.verdict], WORDS[worst.verdict]),
        "why": "" if worst.verdict == "holds" else f"{whose}{_shortened(named(worst.text))}",
    }


def _shortened(text: str) -> str:
    """The first clauses of a long text, never a part of one."""
    if len(text) <= LONGEST:
        return text
    ends = [end.start() for end in re.finditer(r"[,;.:]\s", text) if _closed(text[: end.start()])]
    return f"{text[: max((end for end in ends if end <= LONGEST), default=min(ends, default=len(text)))]} …"


def _closed(text: str) -> bool:
    return text.count("(") == text.count(")")
