"""What roles answer on the desk, what is asked next, and sliders; flips, limits and what is worth knowing."""

import numpy as np
import pytest

from metrics.core.assumptions import Drawn
from metrics.core.estimate import Estimate, Unknown
from metrics.core.selection.weighing import Said, Weighing, next_question, triangle, weighed
from metrics.memory import MEMORY
from metrics.models.evaluation import Model
from metrics.queries.documents.known import Known
from metrics.queries.selection import flips, limits, sliding, terms
from metrics.queries.selection.desk import desk
from metrics.queries.selection.knowing import NO_MONEY, headline, knowing

LOSS = {"figure": {"kind": "metric", "metric": "log_loss"}, "role": "data_scientist"}
RECALL = {"figure": {"kind": "metric", "metric": "recall"}, "role": "project_manager"}
MONEY = {"figure": {"kind": "money"}, "role": "executive", "smallest": 10}


@pytest.fixture
def opened(world, rows):
    """A desk of four: the champion, and rivals that trade the loss for recall and money."""
    for at, shift in enumerate((0.08, -0.08, 0.2)):
        world.log(
            world.people["scientist"],
            world.product,
            rows(shift=shift),
            name=f"r{at}",
            version=f"r{at}",
            where={"split": "test"},
        )
    world.compute()

    def made(**definition):
        known, model = Known(world.product), Model.objects.get()
        return desk(known, model, terms.read({"objectives": [LOSS, RECALL, MONEY]} | definition, known, model))

    return made


def test_questions_are_asked_in_money_until_the_leader_holds_nearly_all_that_is_left(opened):
    found, given = opened(), []
    while (asked := next_question(found, given)) is not None:
        assert asked.of == "money"
        assert asked.no["money"] - asked.yes["money"] == pytest.approx(asked.give)
        assert {key for key in asked.no if asked.no[key] != asked.yes[key]} == {"money", asked.to}
        ends = zip(found.chosen_from.objectives, found.chosen_from.points.T, strict=True)
        for objective, values in ends:  # nobody is asked about a log loss below 0
            for figure in (asked.no[objective.key], asked.yes[objective.key]):
                assert values.min() - 1e-9 <= figure <= values.max() + 1e-9
        given.append({"of": asked.of, "give": asked.give, "to": asked.to, "gain": asked.gain, "says": "no"})
    assert len(given) <= 7
    answer = weighed(found, Said(role="executive", answers=given))
    assert answer.done
    assert answer.weights is not None
    assert sum(answer.weights.values()) == pytest.approx(1.0)
    whose = found.rows[answer.leads].first.figures["money"].point
    assert whose == max(row.first.figures["money"].point for row in found.rows)


def test_answers_that_contradict_each_other_are_named_by_their_place(opened):
    found = opened()
    spread = dict(zip(("log_loss", "recall", "money"), found.partial.range, strict=True))
    one = {"of": "money", "give": spread["money"] / 2, "to": "recall", "gain": spread["recall"] / 10}
    silent = {"of": "gone", "give": 1, "to": "recall", "gain": 1, "says": "yes"}
    less = one | {"give": spread["money"] / 100}
    answer = weighed(found, Said(role="executive", answers=[silent, one | {"says": "yes"}, less | {"says": "no"}]))
    assert answer.weights is None
    assert set(answer.withdraw) == {(1,), (2,)}


def test_the_joint_weights_are_the_mean_of_the_roles_and_a_role_of_its_people(opened):
    found = opened()
    said = [
        Said(role="executive", weights={"money": 1}),
        Said(role="data_scientist", weights={"log_loss": 1}),
        Said(role="data_scientist", weights={"recall": 3}),
    ]
    weighing = Weighing(found, said)
    assert weighing.joint == pytest.approx([0.25, 0.25, 0.5])
    assert weighing.at_joint.first.sum() == pytest.approx(1.0)
    assert weighing.joint_shares.sum() == pytest.approx(1.0)
    drawn = triangle(found, weighing)
    assert drawn.roles == ("data_scientist", "project_manager", "executive")
    assert drawn.at["executive"] == pytest.approx([0, 0, 1])
    assert drawn.winners.shares.sum() == pytest.approx(1.0)
    assert Weighing(found, []).joint is None


def test_a_slider_is_answered_from_memory_until_that_is_forgotten_and_by_the_product_alone(opened, world, make_product):
    found = opened()
    token = sliding.prepared(found)
    answer = sliding.slid(world.product, token, {"money": 1})
    best = max(range(len(found.rows)), key=lambda at: found.chosen_from.good[at, 2])
    assert answer.leads == (best,)
    assert answer.regret["money"] == 0
    assert sliding.slide(found, {"money": 2}).leads == answer.leads
    assert sliding.slid(make_product("Another"), token, {"money": 1}) is None
    for wrong in ({"money": 0}, {"money": -1, "recall": 2}, {"luck": 1}):
        with pytest.raises(ValueError, match=r"weights|objective"):
            sliding.slid(world.product, token, wrong)
    MEMORY.forget()
    assert sliding.slid(world.product, token, {"money": 1}) is None


def test_a_flip_is_where_moving_the_assumption_changes_who_is_best_in_full(opened, world):
    found = opened()
    told = {one.key: one for one in flips.turns(found, objective="money")}
    assert set(told) == {"unsold_share", "keep_rate", "offer", "call_cost", "growth"}
    assert {one.grade.letter for one in told.values()} == {"C"}
    turning = [one for one in told.values() if one.points]
    assert turning
    for one in turning:
        for flip in one.points:
            for at, places in zip(flip.verified, (flip.below, flip.above), strict=True):
                money = {row.place: _money(found, row, one.key, at) for row in found.rows}
                assert max(money, key=money.get) in places
        assert one.low <= one.now <= one.high


def _money(found, row, key, at):
    total = found.found.stored.projecting(row.first.run.pk).total(Drawn(moved={key: at}))
    assert isinstance(total, Estimate)
    return total.point


def test_how_far_a_limit_is_from_forbidding_a_candidate(opened):
    guardrail = {"figure": RECALL["figure"], "sense": "at_least", "limit": 0.05, "probability": 0.9}
    found = opened(guardrails=[guardrail])
    first = found.rows[0].first
    (limit,) = limits.limits(first)
    draws = first.figures["recall"].draws
    assert np.mean(draws >= limit.until) >= 0.9
    assert np.mean(draws >= limit.until + 1e-6) < 0.9
    assert limit.held.holds


def test_what_is_worth_knowing_is_never_below_nothing_nor_above_all(opened):
    found = opened()
    told = knowing(found, "money")
    assert told.perfect >= 0
    assert all(-1e-6 <= worth <= told.perfect + 1e-6 for _, _, worth in told.assumptions)
    assert not isinstance(told.more_worth, Unknown)
    assert told.rows == told.more == 960
    assert knowing(found, "money", more=0).more_worth == 0
    assert knowing(found, "money", more=10**9).more_worth >= told.more_worth
    recommended = found.rows[found.recommendation.place]
    if recommended.is_champion:
        assert told.waiting.point == 0
    else:
        months = found.found.known.projection.months
        assert told.waiting.point == pytest.approx(recommended.against["money"].difference.point / months)
    assert knowing(found, "log_loss").waiting == NO_MONEY
    assert headline(found) == "money"


def test_weights_of_what_is_not_chosen_by_any_more_say_nothing(opened):
    found = opened()
    silent = Said(role="executive", weights={"gone": 1.0})
    answer = weighed(found, silent)
    assert (answer.weights, answer.withdraw) == (None, ())
    assert Weighing(found, [silent]).joint is None
    with pytest.raises(ValueError, match="one of them is above 0"):
        weighed(found, Said(role="executive", weights={"gone": 0.0}))


def test_what_answers_leave_is_seen_as_weights_of_the_roles(opened):
    """Of three objectives of two roles, by points of what is left: their weights of the roles fill the interval."""
    second = RECALL | {"role": "executive"}
    found = opened(objectives=[LOSS, second, MONEY])
    spread = dict(zip(("log_loss", "recall", "money"), found.partial.range, strict=True))
    answer = {
        "of": "money",
        "give": spread["money"] / 3,
        "to": "log_loss",
        "gain": spread["log_loss"] / 4,
        "says": "yes",
    }
    weighing = Weighing(found, [Said(role="executive", answers=[answer])])
    drawn = triangle(found, weighing)
    (ends,) = drawn.left["executive"]
    points = weighing.people[0].standing.left.points(4096)
    loss = points[:, 0]
    assert ends[:, 0].min() <= loss.min()
    assert ends[:, 0].max() >= loss.max()
    assert sorted(ends[:, 0]) == pytest.approx([loss.min(), loss.max()], abs=0.05)
    np.testing.assert_allclose(ends.sum(axis=1), 1)
    three = triangle(opened(), Weighing(opened(), [Said(role="executive", answers=[answer])]))
    corners = Weighing(opened(), [Said(role="executive", answers=[answer])]).people[0].standing.left.corners
    np.testing.assert_allclose(three.left["executive"][0], corners, atol=1e-12)
