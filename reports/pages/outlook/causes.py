"""Why a figure moved, in words that need no name of a run: equal causes are told once, with their number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reports.words.phrases import count

WORDS = {
    "definition": "how it is counted",
    "model": "model",
    "assumption": "assumption",
    "actuals": "actuals",
    "run": "evaluation",
}
NEW = "new run"
# What is noted of a run, after its name.
OF_RUN = re.compile(
    rf"^.*?(?:, and (?P<more>\d+) more)?: (?:{NEW}|(?P<accepted>accepted for the champion .*)"
    r"|(?P<not>no longer accepted for the champion)|withdrawn, (?P<why>.*))$",
    re.DOTALL,
)


@dataclass(frozen=True)
class Cause:
    """word: the kind of change; text: what was changed; actor: who did it last."""

    word: str
    text: str
    actor: str


def causes(changes: Sequence[Any]) -> tuple[Cause, ...]:
    """Of changes that were computed together, the newest first."""
    said: Counter[tuple[str, str]] = Counter()
    for one in changes:
        said[one.cause, _text(one)] += _number(one)
    actors = {(one.cause, _text(one)): one.actor for one in reversed(changes)}
    return tuple(
        Cause(WORDS[kind], count(number, text) if text == NEW else text, actors[kind, text])
        for (kind, text), number in said.items()
    )


def _number(change: Any) -> int:
    """How many runs a change tells of; 1 of any other thing."""
    found = OF_RUN.match(change.text) if change.cause == "run" else None
    return 1 + int(found["more"] or 0) if found else 1


def _text(change: Any) -> str:
    found = OF_RUN.match(change.text) if change.cause == "run" else None
    if found is None:
        return str(change.text)
    if found["why"]:
        return f"a run was withdrawn: {found['why']}"
    told = found["accepted"] or found["not"]
    return f"a run is {told}" if told else NEW
