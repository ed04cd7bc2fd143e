"""What the address of a comparison asks for, and addresses that ask for something else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

LEAST = "least."  # before the metric or KPI: the smallest difference worth having
LONGEST = 100


@dataclass(frozen=True, kw_only=True)
class Asked:
    """runs: their keys, each once, in order. base: "" for the usual one. by: a column. of: the metric or KPI looked at.

    least: metric or KPI → the smallest difference worth having. faults: metric or KPI → what is wrong with the one that
    was given; given: the text that was.
    """

    runs: tuple[str, ...]
    base: str = ""
    by: str = ""
    of: str = ""
    least: Mapping[str, float] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)

    def query(self, **changes: Any) -> str:
        """The query of an address; changes: fields of this."""
        one = replace(self, **changes)
        pairs = [("run", key) for key in one.runs]
        pairs += [(name, value) for name in ("base", "by", "of") if (value := getattr(one, name))]
        return urlencode([*pairs, *((f"{LEAST}{key}", f"{value:g}") for key, value in one.least.items())])

    def at(self, product: Any, name: str = "compare", **changes: Any) -> str:
        """The address with these changes; name: of the page, or of its fragment."""
        return f"{reverse(name, args=[product.slug])}?{self.query(**changes)}"

    def hidden(self, *but: str) -> list[tuple[str, str]]:
        """What a form of the page sends along besides its own fields; `but`: fields of its own."""
        pairs = [("run", key) for key in self.runs]
        pairs += [(name, value) for name in ("base", "by", "of") if name not in but and (value := getattr(self, name))]
        least = () if "least" in but else self.least.items()
        return [*pairs, *((f"{LEAST}{key}", f"{value:g}") for key, value in least)]


def read(given: QueryDict) -> Asked:
    """What an address asks for. Empty fields ask for nothing."""
    least, faults, texts = {}, {}, {}
    for name in given:
        key, text = name.removeprefix(LEAST)[:LONGEST], str(given.get(name, "")).strip()[:LONGEST]
        if not name.startswith(LEAST) or not text:
            continue
        texts[key] = text
        value = _number(text)
        if value is None or value < 0:
            faults[key] = "A number, 0 or more, such as 0.005."
        elif value > 0:
            least[key] = value
    return Asked(
        runs=tuple(dict.fromkeys(key[:LONGEST] for key in given.getlist("run") if key)),
        base=given.get("base", "")[:LONGEST],
        by=given.get("by", "")[:LONGEST],
        of=given.get("of", "")[:LONGEST],
        least=least,
        faults=faults,
        given=texts,
    )


def _number(text: str) -> float | None:
    try:
        value = float(text.replace("−", "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
