"""What the desk says of trade-offs and weights: each sentence in situations in which another one would be false."""

from types import SimpleNamespace
from typing import Any

import pytest

from metrics.core.selection.stability import Change
from reports.pages.decision import roles, tradeoff
from reports.pages.decision.leader import leader
from tests.reports.test_decision_words import LOSS, MONEY, RECALL

LOSS = LOSS | {"asks": "Probabilities: are they right?"}
MONEY = MONEY | {"asks": "What follows: what is acting on it worth?"}
SCORE = LOSS | {"key": "brier", "name": "Brier score"}


def row(name: str, loss: float, money: float, *, on: bool = True, by: Any = (), champion: bool = False) -> Any:
    """A candidate by what it gives up of each."""
    regret = {"log_loss": {"amount": loss, "share": loss}, "money": {"amount": money, "share": money}}
    regret["brier"] = regret["log_loss"]
    figures = {"log_loss": {"point": 0.4 + loss, "unit": ""}, "money": {"point": 9e4 - money, "unit": "EUR"}}
    return {
        "runs": [{"called": name, "run": name}],
        "champion": champion,
        "figures": figures,
        "against_champion": {},
        "guardrails": {"each": [], "all": 1.0},
        "on_front": on,
        "dominated_by": list(by),
        "regret": regret,
    }


def desk(*rows: Any, close: Any = None, weights: Any = None, objectives: Any = (LOSS, MONEY)) -> Any:
    return {
        "state": "choice",
        "objectives": list(objectives),
        "set_aside": [],
        "candidates": list(rows),
        "recommendation": None,
        "close": close or {},
        "weights": weights,
    }


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


APART = desk(row("rf", 0.0, 41_000.0), row("gb", 0.018, 0.0), row("old", 0.05, 60_000.0, on=False, by=[0, 1]))


def test_what_lies_between_the_best_in_each_is_told_and_why_they_differ():
    assert plain(tradeoff.title(APART, "money", "log_loss")) == (
        "gb is best in money over 12 months, rf in log loss: 41 k EUR and 0.018 lie between them"
    )
    assert tradeoff.why(APART, "money", "log_loss") == (
        "They differ because each asks something else of a model: log loss, “Probabilities: are they right?”; "
        "money over 12 months, “What follows: what is acting on it worth?”."
    )


def test_where_one_is_best_in_both_nothing_is_said_to_differ():
    found = desk(row("rf", 0.0, 0.0), row("gb", 0.018, 10.0))
    assert tradeoff.title(found, "money", "log_loss") == "rf is best in both money over 12 months and log loss"
    assert tradeoff.why(found, "money", "log_loss") == ""
    tied = desk(row("rf", 0.0, 0.0), row("gb", 0.0, 0.0), row("old", 0.0, 5.0))
    assert tradeoff.title(tied, "money", "log_loss") == "rf and gb are best in both money over 12 months and log loss"


def test_of_several_best_ones_the_one_that_gives_up_least_of_the_other_is_told():
    found = desk(row("rf", 0.0, 50_000.0), row("gb", 0.0, 41_000.0), row("ann", 0.03, 0.0))
    assert plain(tradeoff.title(found, "money", "log_loss")).startswith("ann is best in money over 12 months, gb in")


def test_two_that_ask_the_same_or_do_not_say_what_they_ask_are_given_no_reason():
    same = desk(row("rf", 0.0, 4.0), row("gb", 0.1, 0.0), objectives=(LOSS, SCORE | {"key": "money"}))
    assert tradeoff.why(same, "money", "log_loss") == ""
    unsaid = desk(row("rf", 0.0, 4.0), row("gb", 0.1, 0.0), objectives=(LOSS, MONEY | {"asks": ""}))
    assert tradeoff.why(unsaid, "money", "log_loss") == ""


def test_who_is_beaten_is_told_with_by_whom_and_the_front_by_name():
    assert tradeoff.says(APART, "money", "log_loss") == (
        "Candidates by money over 12 months against log loss: rf and gb are on the front; old is beaten by rf and gb"
    )
    many = desk(row("rf", 0.0, 0.0), *(row(f"n{at}", 1.0, 1.0, on=False, by=[0]) for at in range(6)))
    assert tradeoff.says(many, "money", "log_loss").endswith("n3 is beaten by rf; 2 more are beaten")


def test_a_figure_that_cannot_tell_candidates_apart_says_of_how_many():
    alike = [row(f"n{at}", 0.0, float(at)) for at in range(7)]
    rest = [row(f"m{at}", 0.1, 9.0) for at in range(6)]
    places = {"log_loss": {"leader": 0, "places": [0, 1, 2, 3, 4, 5, 6, 8], "simplest": None}}
    found = desk(*alike, *rest, close=places | {"money": {"leader": 0, "places": [0], "simplest": None}})
    assert tradeoff.tells(found) == (
        "Log loss cannot tell 7 of 13 candidates apart: they have the same figure; 1 more is not surely behind.",
    )
    exact = desk(*alike, *rest, close={"log_loss": {"leader": 0, "places": [0, 1, 2, 3, 4, 5, 6], "simplest": None}})
    assert tradeoff.tells(exact) == ("Log loss cannot tell 7 of 13 candidates apart: they have the same figure.",)


def test_a_leader_that_does_not_surely_beat_others_names_them_and_one_that_does_says_nothing():
    close = {"log_loss": {"leader": 0, "places": [0, 1], "simplest": None}}
    assert plain(tradeoff.tells(desk(*APART["candidates"], close=close))[0]) == (
        "Log loss is best with rf, which does not surely beat gb by the 0.01 that a change is worth."
    )
    small = desk(*APART["candidates"], close=close, objectives=(LOSS | {"smallest": 0.0}, MONEY))
    assert tradeoff.tells(small) == ("Log loss is best with rf, which does not surely beat gb.",)
    assert tradeoff.tells(desk(*APART["candidates"], close={"log_loss": {"leader": 0, "places": [0]}})) == ()


def person(role: str, leads: int | None, **weights: float) -> Any:
    told = {"role": role, "by": role, "answers": 3, "weights": weights or None, "leads": leads, "share": 0.97}
    return told | {"withdraw": [[0], [1]] if leads is None else []}


def weighed(*people: Any, joint: Any = None) -> Any:
    ranges = {"log_loss": 0.1, "money": 48_000.0}
    return {"people": list(people), "joint": joint or {"unknown": "nobody's weights are known"}, "ranges": ranges}


JOINT = {"weights": {"log_loss": 0.5, "money": 0.5}, "leads": [0], "first": [0.8, 0.2, 0.0], "allowed": [0.9, 0.1, 0]}
NOT_ALIKE = "By their own weights the roles would not choose alike"
SCIENTIST, MANAGER, EXECUTIVE = "data_scientist", "project_manager", "executive"


@pytest.mark.parametrize(
    ("leads", "title"),
    [
        ((0, 0, 0), "By their own weights the data scientist, manager and executive would all choose rf"),
        ((0, 0, None), "By their own weights the data scientist and manager would both choose rf"),
        ((0, 1, 0), "Only the manager’s own weights would choose gb"),
        (
            (1, 1, 0),
            f"{NOT_ALIKE}: the data scientist gb, the manager gb and the executive rf",
        ),
        (
            (1, 0, 2),
            "By its own weights each would choose another: the data scientist gb, the manager rf and the executive old",
        ),
        ((None, None, 0), "Only the executive answered, and would choose rf"),
        ((None, None, None), "No weights follow from what was answered"),
    ],
)
def test_whether_the_roles_choose_alike(leads, title):
    people = [person(role, at) for role, at in zip((SCIENTIST, MANAGER, EXECUTIVE), leads, strict=True)]
    assert roles.revealed_title(desk(*APART["candidates"], weights=weighed(*people, joint=JOINT))) == title


def test_weights_are_told_as_what_a_step_is_worth_in_money():
    told = weighed(person(EXECUTIVE, 0, log_loss=0.2, money=0.8), person(SCIENTIST, 1, log_loss=1.0, money=0.0))
    found = roles.revealed(desk(*APART["candidates"], weights=told))
    assert found is not None
    assert [one.who for one in found.lines] == ["Data scientist", "Executive"]
    scientist, executive = found.lines
    # 0.01 of log loss is a tenth of its range, at a quarter of the weight of money: a fortieth of 48 k EUR.
    assert [plain(part) for part in executive.worth[0]] == ["0.01 less log loss is worth", "1,200 EUR"]
    assert scientist.worth[0][1] == "–"
    assert [one.text for one in executive.parts] == ["20", "80"]
    assert "nobody's weights are known" in found.note


def test_answers_that_contradict_and_weights_of_what_is_not_chosen_by_have_their_reasons():
    told = weighed(person(EXECUTIVE, None), person(SCIENTIST, None) | {"withdraw": [], "answers": None})
    found = roles.revealed(desk(*APART["candidates"], weights=told))
    assert found is not None
    assert [one.holds for one in found.lines] == [
        "nothing of it is chosen by any more",
        "the answers contradict each other",
    ]
    assert {one.choice for one in found.lines} == {""}


def test_nothing_is_revealed_of_a_record_that_holds_no_weights_or_of_nobody():
    old = {key: value for key, value in APART.items() if key != "weights"}
    assert roles.revealed(old) is None
    assert roles.between(old) is None
    assert roles.revealed(desk(*APART["candidates"], weights=weighed())) is None


def shared(*shares: float, of: tuple[str, ...] = (SCIENTIST, EXECUTIVE), **more: Any) -> Any:
    told = {"roles": list(of), "shares": list(shares), "regions": [None] * len(shares), "at": {}, "left": {}}
    return desk(*APART["candidates"], weights=weighed() | {"between": told | {"stability": []} | more})


@pytest.mark.parametrize(
    ("shares", "of", "title"),
    [
        ((0.8, 0.2, 0.0), (SCIENTIST, EXECUTIVE), "rf is best for 80 % of all weights of the roles"),
        ((1.0, 0.0, 0.0), (SCIENTIST, EXECUTIVE), "rf is best whatever the roles weigh"),
        ((0.5, 0.5, 0.0), (SCIENTIST, EXECUTIVE), "rf and gb are each best for 50 % of all weights of the roles"),
        ((0.0, 1.0, 0.0), (EXECUTIVE,), "Only the executive chooses here: gb is best for its weights"),
    ],
)
def test_for_how_many_weights_who_is_best(shares, of, title):
    assert plain(roles.between_title(shared(*shares, of=of))) == title


def test_nobodys_weights_are_said_to_be_unknown_and_until_where_the_joint_ones_hold():
    unknown = roles.between(shared(0.8, 0.2, 0.0))
    assert unknown is not None
    assert unknown.note.startswith("Nobody’s weights are known yet")
    assert (unknown.stability, [one.name for one in unknown.shares]) == ((), ["rf", "gb"])
    at = {SCIENTIST: [0.7, 0.3], "joint": [0.7, 0.3]}
    stands = [
        {"role": SCIENTIST, "low": 0.55, "high": 1.0, "below": [1], "above": None},
        {"role": EXECUTIVE, "low": 0.0, "high": 0.45, "below": None, "above": [1]},
    ]
    found = shared(0.8, 0.2, 0.0, at=at, stability=stands)
    found["weights"]["joint"] = JOINT
    known = roles.between(found)
    assert known is not None
    assert [plain(one) for one in known.stability] == [
        "rf stays best until the data scientist’s weight, 70 % now, falls below 55 %, then gb.",
        "rf stays best until the executive’s weight, 30 % now, passes 45 %, then gb.",
    ]
    assert "The executive did not answer: not counted in the joint weights." in known.note


def slid(**changed: Any) -> Any:
    told = {
        "labels": ("rf", "gb"),
        "objectives": {"log_loss": LOSS, "money": MONEY},
        "leads": (0,),
        "first": [0.62, 0.38],
    }
    told |= {"weights": {"log_loss": 0.5, "money": 0.5}, "regret": {"log_loss": 0.0, "money": 3000.0}}
    return SimpleNamespace(**told | {"change": Change(1, 0.8, 0.3, (1,))} | changed)


def test_the_leader_at_weights_is_told_with_its_chance_what_it_gives_up_and_the_nearest_change():
    found = leader(slid())
    assert found.title == "rf leads"
    assert [plain(one) for one in found.facts] == [
        "It is first in 62 % of the draws at these weights.",
        "It gives up 3,000 EUR of money over 12 months against the best for each.",
        "It leads until the weight of money over 12 months passes 80 %; then gb.",
    ]
    below = leader(slid(change=Change(0, 0.2, 0.3, (1,)))).facts[2]
    assert plain(below) == "It leads until the weight of log loss falls below 20 %; then gb."
    sure = leader(slid(change=None, regret={"log_loss": 0.0, "money": 0.0}, leads=(0, 1)))
    assert sure.title == "rf and gb lead alike"
    assert sure.facts[1:] == ("It is best in each.", "No change of one weight gives another leader.")


def test_a_bar_of_places_is_as_wide_as_its_shares_and_says_them():
    ranked = roles.ranks({"acceptability": {"ranks": [0.5, 0.3, 0.0, 0.15, 0.05], "central": None}})
    assert ranked is not None
    assert [(one.kind, one.start, one.width) for one in ranked.parts] == [
        ("r1", "0.00%", "50.00%"),
        ("r2", "50.00%", "30.00%"),
        ("r4", "80.00%", "20.00%"),
    ]
    assert plain(ranked.says) == "Place over all weights: first 50 %, second 30 %, lower 20 %"
    assert roles.ranks({"acceptability": {"unknown": "more than 100 candidates"}}) is None


def test_of_three_objectives_any_two_may_be_seen_against_each_other():
    from reports.pages.decision.desk import _column

    found = desk(*APART["candidates"], objectives=(LOSS, MONEY, SCORE))
    for one in found["candidates"]:
        one["figures"]["brier"] = {"point": 0.2, "unit": ""}
        one["grades"] = {}
    columns = [_column(found, one) for one in found["objectives"]]
    for asked, expected in {
        ("", ""): ("money", "log_loss"),
        ("brier", "money"): ("brier", "money"),
        ("money", "money"): ("money", "log_loss"),
        ("gone", "brier"): ("money", "brier"),
    }.items():
        made = tradeoff.trade_off(found, columns, asked)
        assert made is not None
        assert (made.up, made.across) == expected
    assert tradeoff.trade_off(found, columns[:1], ("", "")) is None
    assert RECALL["key"] not in dict(made.choices)
