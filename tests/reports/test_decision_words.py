"""Sentences of the desk are claims: each is made in situations in which another one would be false."""

from typing import Any

import pytest

from metrics.core import numerals
from reports.pages.decision import words
from reports.pages.decision.weights import gains_words, gives_words

LOSS = {
    "key": "log_loss",
    "name": "Log loss",
    "direction": "down",
    "unit": "",
    "role": "data_scientist",
    "smallest": 0.01,
}
MONEY = {
    "key": "money",
    "name": "Money over 12 months",
    "direction": "up",
    "unit": "EUR",
    "role": "executive",
    "smallest": 5000.0,
}
RECALL = {
    "key": "recall",
    "name": "Recall",
    "direction": "up",
    "unit": "share",
    "role": "project_manager",
    "smallest": 0.01,
}


def told_of(key: str, regret: float = 0.0, gained: float | None = None, sure: float | None = None, **more: Any) -> Any:
    one = {"key": key, "regret": regret, "share": 0.0, "worth_having": regret > 0, "told_apart": True}
    return one | {"over_champion": gained, "p_over_champion": sure} | more


def candidate(name: str, *, champion: bool = False, **regret: float) -> Any:
    shares = {key: {"amount": share, "share": share} for key, share in regret.items()}
    return {"runs": [{"called": name, "run": name}], "champion": champion, "regret": shares, "against_champion": {}}


def desk(*each: Any, candidates: Any = (), place: int = 0, is_champion: bool = False, **more: Any) -> Any:
    rows = list(candidates) or [candidate("rf"), candidate("old", champion=True)]
    told = {"place": place, "is_champion": is_champion, "each": list(each), "rule": "minimax_regret"}
    base = {"state": "choice", "objectives": [LOSS, MONEY], "set_aside": [], "candidates": rows, "recommendation": told}
    return base | {"compromise": {"minimax": [0], "leximax": [0]}} | more


def test_a_gain_is_told_with_its_chance_and_a_loss_without():
    gains = desk(told_of("log_loss", 0.0), told_of("money", 0.0, 41_200.0, 0.99))
    assert (
        words.title(gains, "m").replace("\u00a0", " ") == "Promote rf: 41.2 k EUR more money over 12 months, 99 % sure"
    )
    loses = desk(told_of("log_loss", 0.0), told_of("money", 0.0, -41_200.0, 0.02))
    assert words.title(loses, "m").replace("\u00a0", " ") == "Promote rf: 41.2 k EUR less money over 12 months"


def test_a_gain_with_a_band_has_the_digits_of_the_figure_that_stands_large_below():
    difference = {"point": 41_640.0, "unit": "EUR", "bands": {"0.95": [12_000.0, 71_000.0]}}
    rf = candidate("rf") | {"against_champion": {"money": {"difference": difference}}}
    rivals = [rf, candidate("old", champion=True)]
    title = words.title(desk(told_of("money", 0.0, 41_640.0, 0.99), candidates=rivals), "m").replace("\u00a0", " ")
    assert title == "Promote rf: 42 k EUR more money over 12 months, 99 % sure"
    large = numerals.word(numerals.known(difference), signed=True)
    assert str(large).replace("\u00a0", " ") == "+42 k EUR"


def test_no_gain_and_no_known_chance_are_not_dressed_up():
    assert (
        words.title(desk(told_of("money", 0.0, 0.0, 0.5)), "m")
        == "Promote rf: as much money over 12 months as the champion"
    )
    unknown = desk(told_of("money", 0.0, 900.0, {"unknown": "no draws"}))
    assert words.title(unknown, "m").replace("\u00a0", " ") == "Promote rf: 900 EUR more money over 12 months"


def test_a_champion_that_is_recommended_stays_and_without_one_nothing_is_compared():
    kept = desk(told_of("money"), place=1, is_champion=True)
    assert words.title(kept, "m") == "Keep old, the champion"
    alone = desk(told_of("money"), candidates=[candidate("rf"), candidate("gb")])
    assert words.title(alone, "m") == "Promote rf"


def test_money_that_is_not_counted_is_not_in_the_title():
    aside = [{"place": "objectives", "key": "money", "reason": "opinion (grade D): offer"}]
    found = desk(told_of("log_loss", 0.0, 0.018, 0.97), set_aside=aside)
    assert words.title(found, "m").replace("\u00a0", " ") == "Promote rf: 0.018 less log loss, 97 % sure"


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ("no candidates", "No candidate for churn yet"),
        ("nobody passes", "Nobody may be chosen: no candidate holds all that is asked"),
        ("being computed", "The candidates are still being computed"),
        ("nothing to choose by", "There is nothing to choose by yet"),
    ],
)
def test_where_there_is_no_choice_the_title_says_why(state, title):
    found = desk(state=state, candidates=[], recommendation=None, compromise=None)
    assert words.title(found, "churn") == title
    assert words.lead(found) == ""


def test_a_rule_that_says_nobody_is_told_with_its_reason():
    found = desk(recommendation={"unknown": "there is no champion to bargain against"})
    assert words.title(found, "m") == "No candidate is recommended: there is no champion to bargain against"


def test_who_gives_up_what_is_told_by_role_and_only_what_is_worth_having():
    found = desk(told_of("log_loss", 0.02), told_of("money", 8000.0))
    assert words.lead(found).replace("\u00a0", " ") == (
        "The data scientist gives up 0.02 of log loss and the executive gives up 8,000 EUR of money over 12 months, "
        "each against what is best for it."
    )
    little = desk(told_of("log_loss", 0.002, worth_having=False), told_of("money"))
    assert words.lead(little) == "No role gives up more than the smallest difference that is worth having to it."
    assert words.lead(desk(told_of("log_loss"), told_of("money"))) == "No role gives up anything: it is best for each."


def test_what_cannot_be_told_apart_is_no_warning():
    assert words.gives(told_of("money"), MONEY).kind == "good"
    assert words.gives(told_of("money", 100.0, worth_having=False), MONEY).words == "Gives up less than is worth having"
    assert words.gives(told_of("money", 9000.0), MONEY).kind == "warn"
    assert words.gives(told_of("money", 9000.0, told_apart=False), MONEY).kind == "same"


def test_a_compromise_that_is_best_for_all_costs_nobody_anything():
    one = candidate("rf", log_loss=0.0, money=0.0)
    assert words.regret_title(desk(candidates=[one])) == "rf is best for every role: nobody gives up anything"
    two = desk(candidates=[one, candidate("gb", log_loss=0.0, money=0.0)], compromise={"minimax": [0, 1]})
    assert words.regret_title(two) == "rf and gb are best for every role: nobody gives up anything"
    less = desk(candidates=[candidate("rf", log_loss=0.4, money=0.0)])
    assert words.regret_title(less) == "Someone always gives up something: least in the worst case with rf"


def test_a_compromise_that_is_not_recommended_says_what_the_other_costs():
    rows = [candidate("rf", log_loss=0.6, money=0.0), candidate("gb", log_loss=0.3, money=0.4)]
    found = desk(told_of("money"), candidates=rows, compromise={"minimax": [1]})
    assert words.compromise_note(found).replace("\u00a0", " ") == (
        "A compromise, not the recommendation: with rf the role that gives up most gives up 60 % of its range, "
        "with the compromise 40 %."
    )
    assert words.feels(rows[1], found) == "executive"
    assert words.compromise_note(found | {"compromise": {"minimax": [0]}}) == "rf is the recommended one too."


def test_a_question_speaks_of_less_where_less_is_better_and_of_points_of_a_share():
    assert gives_words(5000.0, MONEY).replace("\u00a0", " ") == "give up 5,000 EUR of money over 12 months"
    assert gives_words(0.02, LOSS) == "take 0.02 more log loss"
    assert gains_words(0.02, LOSS) == "0.02 less log loss"
    assert gains_words(0.015, RECALL).replace("\u00a0", " ") == "1.5 points more recall"
    coverage = RECALL | {"direction": 0.9, "name": "Coverage"}
    assert gains_words(0.02, coverage).replace("\u00a0", " ") == "being 2 points nearer to 0.9 in coverage"


def test_of_a_candidate_that_is_not_recommended_its_own_regret_is_told():
    rows = [candidate("rf", log_loss=0.0, money=0.0), candidate("gb", log_loss=0.3, money=0.0)]
    found = desk(told_of("log_loss"), told_of("money"), candidates=rows)
    assert words.lead(found) == "No role gives up anything: it is best for each."
    assert words.lead(found, 1) == "The data scientist gives up 0.3 of log loss, against what is best for it."
