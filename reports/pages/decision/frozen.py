"""What a record holds, each thing computed again from what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metrics.core import numerals
from metrics.core.rows.refusal import counted, enumerated
from metrics.queries.selection.frozen import Frozen, What
from reports.words.dates import named
from reports.words.phrases import Verdict

# What it is called, and the noun of its parts; "" where it is one thing.
NAMES: dict[What, tuple[str, str]] = {
    "file": ("Draws", ""),
    "figures": ("Figures of the candidates", "figure"),
    "terms": ("Terms of choice", ""),
    "mappings": ("Mappings", "mapping"),
    "assumptions": ("Assumptions", "assumption"),
    "months": ("Months of volume", "month"),
    "weights": ("Weights", "sheet"),
    "promise": ("The promise", ""),
    "engine": ("What computes", ""),
    "record": ("The record itself", ""),
}
SAYS: dict[What, str] = {
    "file": "of every run that was judged; the whole choice follows from them",
    "terms": "objectives, guardrails, gates and the rule",
    "promise": "the projection with its draws",
    "engine": "its version",
    "record": "all of these; what every signature is over",
}
MOST = 3


@dataclass(frozen=True)
class FrozenLine:
    """Something that the record holds: what, a word on it, and whether it is the same when it is computed again."""

    name: str
    says: str
    digest: str
    verdict: Verdict


def frozen_lines(found: Sequence[Frozen], *, seal: str) -> tuple[FrozenLine, ...]:
    """seal: of the export, which changes with every signature, and so is held against nothing."""
    if not found:
        return ()
    says = "what the export is sealed with, signatures and all"
    receipt = FrozenLine("Its receipt", says, numerals.digest(seal), Verdict("same", "Kept"))
    return (*(_line(one) for one in found), receipt)


def frozen_title(lines: Sequence[FrozenLine]) -> str:
    """ "What was known then is the same, computed again", where that is so of everything."""
    if any(line.verdict.kind == "bad" for line in lines):
        return "Not all of what was known then is the same, computed again"
    if all(line.verdict.kind in ("good", "same") for line in lines):
        return "What was known then is the same, computed again"
    return "What was known then"


def _line(one: Frozen) -> FrozenLine:
    name, noun = NAMES[one.what]
    says = counted(one.count, noun) if noun else SAYS[one.what]
    if one.differs:
        more = [counted(len(one.differs) - MOST, "other")] if len(one.differs) > MOST else []
        says = f"not the same: {named(enumerated([*one.differs[:MOST], *more]))}"
        verdict = Verdict("bad", "Differs")
    elif one.why:
        says, verdict = named(one.why), Verdict("unknown", "Not compared")
    else:
        verdict = Verdict("good", "Same")
    return FrozenLine(name, says, numerals.digest(one.digest), verdict)
