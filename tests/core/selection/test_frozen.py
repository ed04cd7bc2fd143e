"""What is frozen of a choice gives the same choice again, to the last digit, whatever its figures lack."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.documents import canonical
from metrics.core.estimate import Estimate, Unknown
from metrics.core.evaluation.statistics.container import ContainerError
from metrics.core.selection import plain
from metrics.core.selection.choice import Choice, judged
from metrics.core.selection.frozen import frozen, thawed
from metrics.core.selection.terms import asks

LOSS = {"key": "loss", "figure": {}, "direction": "down", "unit": ""}
MONEY = {"key": "money", "figure": {}, "direction": "up", "unit": "EUR"}
BIAS = {"key": "bias", "figure": {}, "direction": 0, "unit": ""}  # as a database hands 0.0 back
TERMS = {
    "objectives": [
        LOSS | {"role": "data_scientist", "smallest": 0.01},
        MONEY | {"role": "executive", "smallest": 0},
        BIAS | {"role": "project_manager", "smallest": 0.0},
    ],
    "guardrails": [LOSS | {"sense": "at_most", "limit": 0.9, "probability": 0.8}],
    "gates": [
        MONEY | {"threshold": None, "least_absolute": -50.0, "least_relative": None, "on": "lower", "level": 0.8}
    ],
    "rule": "minimax_regret",
    "simplest_by": None,
    "quorum": {},
    "reference": None,
}
K = 40


@dataclass(frozen=True)
class Version:
    name: str


@dataclass(frozen=True)
class Run:
    pk: str
    name: str
    version: Version


def figure(kind, rng, centre, spread, unit=""):
    if kind == "unknown":
        return Unknown("not computed yet")
    point = float(np.round(centre + spread * rng.standard_normal(), 3))
    if kind == "bare":
        return Estimate(point, unit, no_band="reported without an error")
    return Estimate(point, unit, point + spread * rng.standard_normal(K))


@st.composite
def choices(draw):
    """Up to six runs, of which one may be another's double, the champion may be left out, or there is none."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kinds = st.sampled_from(["drawn", "drawn", "drawn", "bare", "unknown"])
    count = draw(st.integers(1, 6))
    figures = {
        f"r{at}": {
            "loss": figure(draw(kinds), rng, 0.6, 0.2),
            "money": figure(draw(kinds), rng, 100.0, 60.0, "EUR"),
            "bias": figure(draw(kinds), rng, 0.0, 0.3),
        }
        for at in range(count)
    }
    if count > 2 and draw(st.booleans()):
        figures["r1"] = figures["r0"]
    champion = draw(st.sampled_from(["", *figures]))
    aside = draw(st.sampled_from([(), (("gates", "money"),), (("objectives", "bias"),)]))
    asked = asks(TERMS, aside)
    runs = [
        judged(
            Run(name * 2, name, Version(f"v-{name}")),
            name,
            mine,
            asked,
            champion=None if champion in ("", name) else figures[champion],
            complexity=draw(st.sampled_from([None, 1.0, 2.5])),
        )
        for name, mine in figures.items()
    ]
    return Choice(runs, asked, champion=champion, waiting=draw(st.booleans())), aside


@given(choices())
@settings(max_examples=30, deadline=None)
def test_the_choice_that_is_made_again_tells_the_same_to_the_last_digit(made):
    choice, aside = made
    content = frozen(choice)
    again = thawed(content, json.loads(canonical(TERMS)), aside)
    assert canonical(plain.told(again)) == canonical(plain.told(choice))
    assert frozen(again) == content
    assert [choice.by_rule(one.run.pk) for one in choice.judged] == [again.by_rule(one.run.pk) for one in again.judged]


def test_what_is_no_file_of_figures_is_refused():
    with pytest.raises(ContainerError):
        thawed(b"no figures", TERMS, ())
