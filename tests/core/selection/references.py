"""The golden files of selection, and fields as their cases describe them."""

from __future__ import annotations

import json
import operator
import re
from typing import Any

import numpy as np
import pytest

from metrics.core.estimate import Estimate
from metrics.core.selection.candidates import Candidate, Field, gathered
from metrics.core.selection.objectives import Objective
from tests.places import SHARED

GOLDEN = SHARED / "data" / "golden"


def cases(name: str, having: str = "") -> list[Any]:
    """The cases of a file as parameters, those only whose inputs have a key; none where the material is not there."""
    path = GOLDEN / f"{name}.json"
    if not path.exists():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))["cases"]
    return [pytest.param(one, id=one["id"]) for one in found if not having or having in one["inputs"]]


def drawn(inputs: dict[str, Any]) -> np.ndarray | None:
    """(n, m, K) draws of a case, which are written out by draw or by a rule; None where it has none."""
    if "draws" in inputs:
        return np.moveaxis(np.array(inputs["draws"], dtype=float), 0, 2)
    if "draw_rule" not in inputs:
        return None
    rule = inputs["draw_rule"]
    modulus, last = (int(re.search(rule_of, rule["formula"])[1]) for rule_of in (r"mod (\d+)", r"k = 0\.\.(\d+)"))  # type: ignore[index]
    mul, add = (np.array(rule[one])[:, :, None] for one in ("mul", "add"))
    return ((np.arange(last + 1) * mul + add) % modulus).astype(float)


def field(
    names: list[str],
    points: Any,
    objectives: list[Objective],
    draws: np.ndarray | None = None,
    *,
    feasible: list[bool] | None = None,
    without_draws: list[str] = (),  # type: ignore[assignment]
    complexity: list[float] | None = None,
    champion: str = "",
) -> Field:
    """The field of candidates whose points (n, m) and draws (n, m, K) are given as arrays."""
    candidates = []
    for at, name in enumerate(names):
        figures = {
            one.key: Estimate(
                float(points[at][j]),
                one.unit,
                None if draws is None or one.key in without_draws else draws[at, j],
            )
            for j, one in enumerate(objectives)
        }
        refused = "" if feasible is None or feasible[at] else "a guardrail does not hold"
        simple = None if complexity is None else complexity[at]
        candidates.append(Candidate(name=name, figures=figures, refused=refused, complexity=simple))
    return gathered(candidates, objectives, champion=champion)


def random_field(random: np.random.Generator, n: int, m: int, k: int = 0, *, smallest: float = 0.0) -> Field:
    """A field with ties among its whole numbers, every second objective better down."""
    points = random.integers(0, 6, size=(n, m)).astype(float)
    draws = points[:, :, None] + random.integers(-2, 3, size=(n, m, k)) if k else None
    ways = ("up", "down")
    objectives = [Objective(key=f"o{j}", direction=ways[j % 2], smallest=smallest) for j in range(m)]
    return field([f"c{at}" for at in range(n)], points, objectives, draws)


def close_to(tolerance: float) -> Any:
    """A comparison of nested figures, in which None stands for NaN."""

    def compared(found: Any, expected: Any) -> bool:
        if isinstance(expected, dict):
            return set(found) == set(expected) and all(compared(found[key], expected[key]) for key in expected)
        if isinstance(expected, list | tuple):
            return len(found) == len(expected) and all(map(compared, found, expected))
        if expected is None:
            return found is None or bool(np.isnan(found))
        if isinstance(expected, float | int) and not isinstance(expected, bool):
            return bool(abs(found - expected) <= tolerance)
        return bool(operator.eq(found, expected))

    return compared


def data_sets(having: str = "") -> list[Any]:
    """The references beside the data sets, those only that have a key, each with `folder`, where the rows are."""
    found = []
    for path in sorted((SHARED / "data").glob("*/*_selection.json")):
        reference = json.loads(path.read_text(encoding="utf-8"))
        if not having or having in reference:
            found.append(pytest.param(reference | {"folder": path.parent}, id=path.parent.name))
    return found


def near(reference: dict[str, Any], found: object, expected: object) -> bool:
    """Probabilities within the stated tolerance, by their size."""
    found, expected = np.asarray(found, dtype=float), np.array(expected, dtype=float)
    within = 3 * np.sqrt(np.nan_to_num(expected * (1 - expected)) / 2000) + 0.03
    assert within.max() <= reference["tolerance_abs"] + 1e-4
    return bool((np.isnan(found) == np.isnan(expected)).all() and np.nanmax(np.abs(found - expected) - within) <= 0)
