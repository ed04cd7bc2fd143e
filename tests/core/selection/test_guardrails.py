"""Guardrails with a probability, gates against a champion, and segments as figures: golden cases and bad input."""

import numpy as np
import pytest

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.selection.gates import Gate, passed
from metrics.core.selection.guardrails import Guardrail, held
from metrics.core.selection.segments import gap, worst
from tests.core.selection.references import cases, close_to

PARTS = {"threshold": "threshold", "least_absolute": "min_absolute", "least_relative": "min_relative"}


def quantity(described: dict) -> Quantity:
    if "unknown" in described:
        return Unknown(described["unknown"])
    draws = described.get("draws")
    return Estimate(described["point"], "", None if draws is None else np.array(draws, dtype=float))


@pytest.mark.shared
@pytest.mark.parametrize("case", cases("guardrails", "guardrails"))
def test_golden_guardrails(case: dict) -> None:
    figures = {key: quantity(one) for key, one in case["inputs"]["metrics"].items()}
    stated = [
        Guardrail(one["metric"], one["sense"], float(one["limit"]), float(one["probability"]))
        for one in case["inputs"]["guardrails"]
    ]
    found = held(figures, stated)
    expected = case["expected"]
    assert found.hold == expected["all_held"]
    assert bool(found.why_not) == (not found.hold)
    if isinstance(expected["p_all_met"], dict):
        assert isinstance(found.probability, Unknown)
    else:
        assert found.probability == pytest.approx(expected["p_all_met"], abs=case["tolerance_abs"])
    for one, (name, its) in zip(found.each, expected["guardrails"].items(), strict=True):
        assert f"{one.guardrail.key} {one.guardrail.sense} {one.guardrail.limit:.12g}" == name
        assert (one.holds, one.state) == (its["holds"], its["state"])
        if isinstance(its["probability"], dict):
            assert one.probability == Unknown(its["probability"]["unknown"])
        else:
            assert one.probability == pytest.approx(its["probability"], abs=case["tolerance_abs"])


@pytest.mark.shared
@pytest.mark.parametrize("case", cases("guardrails", "gate"))
def test_golden_gates(case: dict) -> None:
    inputs, expected = case["inputs"], case["expected"]
    bounds = {name: inputs["gate"].get(theirs) for name, theirs in PARTS.items()}
    level = {"level": inputs["level"]} if "level" in inputs else {}
    gate = Gate(key="metric", direction=inputs["direction"], on=inputs["on"], **bounds, **level)
    found = passed(gate, quantity(inputs["candidate"]), quantity(inputs["champion"]))
    assert found.passes == expected["passes"]
    same = close_to(case["tolerance_abs"])
    assert {PARTS[name] for name in found.parts} == set(expected["parts"])
    for name, part in found.parts.items():
        its = expected["parts"][PARTS[name]]
        assert part.result == its["result"]
        assert bool(part.why) == ("reason" in its)
        assert same(part.compared, its["compared"]) if "compared" in its else part.compared is None


def test_of_no_guardrails_all_hold() -> None:
    found = held({}, [])
    assert (found.hold, found.probability, found.why_not) == (True, 1.0, "")


def test_why_a_candidate_is_refused_names_each_guardrail_that_does_not_hold() -> None:
    figures: dict[str, Quantity] = {"loss": Estimate(0.5, "", np.array([0.4, 0.6])), "latency": Estimate(40.0)}
    stated = [
        Guardrail("loss", "at most", 0.5, 0.9),
        Guardrail("latency", "at most", 50, 0.95),
        Guardrail("gap", "at most", 0.1, 0.5),
    ]
    assert held(figures, stated).why_not == (
        "loss at most 0.5: met with a probability of 0.5, 0.9 is asked for; "
        "latency at most 50: met at the point, certainty unknown (no standard error reported); "
        "gap at most 0.1: unknown (no figure of it)"
    )


def test_gates_of_what_is_unknown_do_not_pass() -> None:
    gate = Gate(key="auc", direction="up", threshold=0.8, least_absolute=0.01)
    unknown, known = Unknown("one label only"), Estimate(0.9)
    assert {part.why for part in passed(gate, unknown, known).parts.values()} == {"one label only"}
    found = passed(gate, known, unknown)
    assert found.parts["threshold"].result == "pass"
    assert found.parts["least_absolute"].why == "the champion: one label only"
    assert not found.passes


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Guardrail("x", "at most", 1, 0), "the probability of x lies above 0 and up to 1, not 0"),
        (lambda: Gate(key="x", direction="up"), "a gate of x needs a threshold"),
        (lambda: Gate(key="x", direction="up", threshold=1, level=95), "lies between 0 and 1, not 95"),
    ],
)
def test_what_makes_no_guardrail_is_refused(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_the_worst_segment_and_the_gap_are_those_of_each_draw() -> None:
    figures = {
        "north": Estimate(0.4, "", np.array([0.3, 0.5, 0.4])),
        "south": Estimate(0.5, "", np.array([0.6, 0.2, 0.5])),
    }
    bad, wide = worst(figures, "down"), gap(figures)
    assert isinstance(bad, Estimate)
    assert isinstance(wide, Estimate)
    assert (bad.point, wide.point) == (0.5, pytest.approx(0.1))
    np.testing.assert_allclose(bad.draws, [0.6, 0.5, 0.5])
    np.testing.assert_allclose(wide.draws, [0.3, 0.3, 0.1])
    assert worst(figures, "up").point == 0.4  # type: ignore[union-attr]
    assert gap({"north": figures["north"]}) == Unknown("1 segment: fewer than 2 are not compared")
    assert gap(figures | {"west": Unknown("no rows")}) == Unknown("west: no rows")
    bare = gap(figures | {"west": Estimate(0.9, no_band="few blocks")})
    assert (bare.point, bare.draws, bare.no_band) == (0.5, None, "few blocks")  # type: ignore[union-attr]
