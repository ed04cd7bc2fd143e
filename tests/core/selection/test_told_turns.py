"""Sentences of turns and of waiting: each a claim, held where it would be false."""

from datetime import date

import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.core.selection import told_turns
from metrics.core.selection.figures import Measure
from metrics.core.selection.flip_points import Flip

CALL = Measure("the cost of a call", "up", "EUR")
LABELS = ("rf-300", "hgb", "logreg")
TODAY = date(2026, 11, 29)


def held(until=date(2027, 6, 30), grade="C"):
    return told_turns.standing(3.0, CALL, grade=grade, valid_until=until, today=TODAY)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_turn_says_until_where_who_then_and_how_the_assumption_stands():
    found = told_turns.turn(Flip(4.1, (0,), (1,), (4.09, 4.11)), LABELS, now=3.0, measure=CALL, held=held())
    assert plain(found) == (
        "rf-300 is chosen until the cost of a call rises above 4.1 EUR, then hgb; "
        "today 3 EUR, grade C, expires in 7 months."
    )


def test_below_today_the_one_above_the_turn_is_chosen_now():
    found = told_turns.turn(Flip(1.5, (1, 2), (0,), (1.4, 1.6)), LABELS, now=3.0, measure=CALL, held=held())
    assert plain(found).startswith("rf-300 is chosen until the cost of a call falls below 1.5 EUR, then hgb or logreg;")


def test_a_value_that_is_rounded_is_said_to_be_about_it():
    exact = told_turns.turn(Flip(4.12, (0,), (1,), (4, 5)), LABELS, now=3.0, measure=CALL, held=held())
    rounded = told_turns.turn(Flip(4.1234, (0,), (1,), (4, 5)), LABELS, now=3.0, measure=CALL, held=held())
    assert "about" not in exact
    assert "rises above about 4.12" in plain(rounded)


def test_a_turn_at_todays_value_is_no_until():
    found = told_turns.turn(Flip(3.0, (0,), (1,), (2.9, 3.1)), LABELS, now=3.0, measure=CALL, held=held())
    assert "until" not in found
    assert found.startswith("hgb takes the place of rf-300 at today")


@pytest.mark.parametrize(
    ("until", "says"),
    [
        (None, "valid without an end"),
        (date(2026, 11, 28), "expired on 2026-11-28"),
        (date(2026, 11, 29), "expires today"),
        (date(2026, 11, 30), "expires in 1 day"),
        (date(2027, 11, 29), "expires in 12 months"),
    ],
)
def test_an_assumption_stands_with_its_grade_and_its_end(until, says):
    assert held(until, "D").endswith(f"grade D, {says}")


def test_rows_are_measured_first_only_where_they_are_worth_more_than_waiting_for_them():
    cost = Estimate(1000.0, "EUR")
    told = told_turns.of_rows(900, 2500.0, cost, "EUR", a_month=900.0, noun="booking")
    assert plain(told) == (
        "900 more rows are worth 2,500 EUR; at 900 bookings a month they take 1 month, in which waiting costs "
        "1,000 EUR: measure first."
    )
    assert told_turns.of_rows(900, 999.0, cost, "EUR", a_month=900.0).endswith("decide now.")
    assert told_turns.of_rows(2700, 2500.0, cost, "EUR", a_month=900.0).endswith("decide now.")


@pytest.mark.parametrize("cost", [Unknown("no projection is set up"), Estimate(0.0, "EUR"), Estimate(-5.0, "EUR")])
def test_where_waiting_has_no_price_rows_are_measured_first_if_that_is_known(cost):
    told = told_turns.of_rows(900, 2500.0, cost, "EUR", a_month=900.0)
    free = isinstance(cost, Estimate)
    assert plain(told) == (
        "900 more rows are worth 2,500 EUR" + (", and waiting costs no money: measure first." if free else ".")
    )
    assert "first" not in told_turns.of_rows(900, 0.0, cost, "EUR", a_month=900.0)
    assert "waiting" not in told_turns.of_assumption("offer", 10.0, cost, "EUR")
    assert plain(told_turns.of_rows(1, Unknown("no draws"), cost, "EUR", a_month=None)).endswith("not known, no draws.")


def test_an_exact_value_pays_as_long_as_its_worth_in_months_of_waiting():
    told = told_turns.of_assumption("offer", 500.0, Estimate(1000.0, "EUR"), "EUR")
    assert plain(told) == (
        "The exact value of offer is worth 500 EUR, as much as 0.5 months of waiting: it pays if it is known sooner."
    )
    assert told_turns.of_assumption("offer", 0.0, Estimate(1.0, "EUR"), "EUR").endswith("it would change nobody.")


@pytest.mark.parametrize(
    ("cost", "says"),
    [
        (Estimate(1234.0, "EUR"), "A month of waiting costs 1,200 EUR."),
        (Estimate(0.0, "EUR"), "Waiting costs nothing: the recommended one is the champion already."),
        (Estimate(-50.0, "EUR"), "Waiting costs no money: the recommended one brings 50 EUR a month less."),
        (Unknown("no champion"), "What a month of waiting costs is not known: no champion."),
    ],
)
def test_what_waiting_costs(cost, says):
    assert plain(told_turns.waiting(cost, "EUR")) == says
