"""Candidates are gathered: doubles are one, the champion stays, and whoever is left out is left out with a reason."""

import numpy as np
import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.core.selection.best import p_best
from metrics.core.selection.candidates import NOBODY, Candidate, gathered
from metrics.core.selection.dominance import front, front_chances
from metrics.core.selection.objectives import Objective, goodness, valued

DRAWS = np.array([1.0, 2.0, 3.0])
LOSS = Objective(key="loss", direction="down", smallest=0.01)
MONEY = Objective(key="money", direction="up", unit="EUR", role="executive")


def candidate(name: str, loss: float, money: float, *, shift: float = 0.0, **others: object) -> Candidate:
    figures = {
        "loss": Estimate(loss, "", loss + shift + DRAWS / 100),
        "money": Estimate(money, "EUR", money + shift + DRAWS),
    }
    return Candidate(name=name, figures=figures, **others)  # type: ignore[arg-type]


def test_doubles_are_one_candidate_with_several_names_and_its_least_complexity() -> None:
    given = [
        candidate("A", 0.4, 10.0, complexity=300.0),
        candidate("B", 0.5, 9.0),
        candidate("A copy", 0.4 * (1 + 1e-15), 10.0, complexity=20.0),
        candidate("A of other draws", 0.4, 10.0, shift=0.1),
    ]
    found = gathered(given, [LOSS, MONEY], champion="A copy")
    assert found.labels == ("A = A copy", "B", "A of other draws")
    assert found.champion == 0
    assert found.complexity[0] == 20
    assert np.isnan(found.complexity[1:]).all()
    assert found.draws.shape == (3, 2, 3)


def test_equal_points_without_draws_are_not_taken_for_one() -> None:
    bare = [Candidate(name=name, figures={"loss": Estimate(0.4)}) for name in "AB"]
    found = gathered(bare, [LOSS])
    assert found.labels == ("A", "B")
    assert found.no_draws == {"loss": "A has no draws (no standard error reported)"}
    assert isinstance(front_chances(found), Unknown)


def test_doubles_are_seen_though_one_objective_has_no_draws() -> None:
    given = [candidate(name, 0.4, 10.0) for name in "AB"]
    for one in given:
        one.figures["latency"] = Estimate(30.0, "ms", no_band="measured once")  # type: ignore[index]
    found = gathered(given, [LOSS, MONEY, Objective(key="latency", direction="down", unit="ms")])
    assert found.labels == ("A = B",)
    assert found.no_draws == {"latency": "A has no draws (measured once)"}
    assert found.unknown == Unknown("latency: A has no draws (measured once)")
    np.testing.assert_array_equal(p_best(found, "money"), [1.0])
    assert p_best(found, "latency") == Unknown("A has no draws (measured once)")


def test_whoever_is_left_out_is_left_out_with_a_reason() -> None:
    given = [
        candidate("refused", 0.3, 20.0, refused="latency at most 50: not met at the point"),
        Candidate(name="bare", figures={"loss": Estimate(0.4)}),
        Candidate(name="unknown", figures={"loss": Unknown("one label only"), "money": Estimate(1.0, "EUR")}),
        candidate("kept", 0.4, 10.0),
    ]
    found = gathered(given, [LOSS, MONEY], champion="unknown")
    assert found.labels == ("kept",)
    assert found.champion is None
    assert {one.name: one.reason for one in found.left_out} == {
        "refused": "latency at most 50: not met at the point",
        "bare": "money: no figure of it",
        "unknown": "loss: one label only",
    }


def test_a_field_may_be_empty_and_says_so() -> None:
    found = gathered([candidate("A", 0.4, 10.0, refused="no")], [LOSS, MONEY])
    assert len(found) == 0
    assert front(found).on.tolist() == []
    assert front_chances(found) == p_best(found, "money") == Unknown(NOBODY)


def test_leaving_one_out_keeps_the_champion_where_it_was() -> None:
    given = [candidate(name, 0.4 + at / 10, 10.0 + at) for at, name in enumerate("ABC")]
    found = gathered(given, [LOSS, MONEY], champion="B")
    assert found.without(0).champion == 0
    assert found.without(1).champion is None
    assert found.without(0).labels == ("B", "C")
    assert found.without(0).left_out[0].name == "A"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda given: given.append(given[0]), "the candidate A is named twice"),
        (
            lambda given: given[1].figures.update(money=Estimate(1.0, "USD")),
            "money of B is in USD, the objective",
        ),
        (
            lambda given: given[1].figures.update(loss=Estimate(1.0, "", DRAWS[:2])),
            "figures have 2 and 3 draws: draw k of one goes with draw k of every other",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(change, message: str) -> None:
    given = [candidate(name, 0.4, 10.0) for name in "AB"]
    change(given)
    with pytest.raises(ValueError, match=message):
        gathered(given, [LOSS, MONEY])


def test_a_champion_that_is_not_given_is_refused_and_so_are_objectives_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="the champion X is not among the candidates"):
        gathered([candidate("A", 0.4, 10.0)], [LOSS, MONEY], champion="X")
    with pytest.raises(ValueError, match="the objective loss is named twice"):
        gathered([], [LOSS, LOSS])
    with pytest.raises(ValueError, match="no objective to choose by"):
        gathered([], [])
    with pytest.raises(ValueError, match="smallest difference worth having of x is a number of 0 or more, not -1"):
        Objective(key="x", direction="up", smallest=-1)
    with pytest.raises(ValueError, match="lift is no objective here: loss, money"):
        gathered([candidate("A", 0.4, 10.0)], [LOSS, MONEY]).at("lift")


def test_goodness_is_larger_where_a_value_is_better() -> None:
    values = np.array([-1.0, 0.5, 3.0])
    assert goodness(values, "up").argmax() == 2
    assert goodness(values, "down").argmax() == 0
    assert goodness(values, 0.4).argmax() == 1


def test_a_goodness_is_the_value_that_has_it_on_the_side_of_another() -> None:
    for direction, like, value in (("up", 0.0, 3.0), ("down", 0.0, -3.0), (0.4, 0.9, 0.7), (0.4, 0.1, 0.1)):
        assert valued(float(goodness(np.array(value), direction)), direction, like) == pytest.approx(value)
