"""What the page of risks says of a drifted column, in words that an executive can read."""

from types import SimpleNamespace

import pytest

from metrics.queries.revenue.risks import Risk, Risks
from reports.pages.outlook.risks import risks_page

PRODUCT = SimpleNamespace(name="Calls", slug="calls", currency="EUR", case_noun="booking")


def line(name, lately, share, told="0.986 and more", **more):
    facts = {"until": "2017-08", "bin": told, "lately": lately, "share": share}
    one = Risk(key="drift", name=name, change=-10.0, low=-20.0, high=-5.0, facts=facts)
    found = Risks(causes=(one,), expiring=(), cases=59_811.0, months=12, why="", **more)
    return risks_page(PRODUCT, found).lines[0]


@pytest.mark.parametrize(
    ("lately", "share", "told"),
    [
        (0.39, 0.31, "39 % of the bookings up to August 2017, and in 31 %"),
        (0.391, 0.389, "39.1 % of the bookings up to August 2017, and in 38.9 %"),
    ],
)
def test_how_often_it_happens_names_no_class_and_tells_the_two_apart(lately, share, told):
    one = line("y_true", lately, share, "positive")
    assert one.title == "How often it happens"
    assert one.text.replace("\u00a0", " ") == f"It happened in {told} when measured."


def test_scores_are_told_as_what_the_model_says():
    one = line("y_score", 0.06, 0.1)
    assert one.title == "What the model expects"
    told = "It says 98.6 % and more of 6 % of the bookings up to August 2017; of 10 % when measured."
    assert one.text.replace("\u00a0", " ") == told


def test_a_column_keeps_its_name_and_its_commonest_change():
    one = line("lead_time", 0.16, 0.1, "192 to 272")
    assert one.title == "The mix by lead time"
    told = "“192 to 272” is 16 % of the bookings up to August 2017, and was 10 % when measured."
    assert one.text.replace("\u00a0", " ") == told


def test_an_outcome_that_is_one_of_several_is_named_and_not_said_to_happen():
    one = line("y_true", 0.16, 0.1, "suite", two_outcomes=False)
    assert one.title == "What comes of it"
    told = "“suite” is 16 % of the bookings up to August 2017, and was 10 % when measured."
    assert one.text.replace("\u00a0", " ") == told


def test_what_a_model_predicts_is_told_as_what_it_says():
    one = line("y_pred", 0.06, 0.1, "192 to 272", two_outcomes=False)
    assert one.title == "What the model expects"
    told = "It says 192 to 272 of 6 % of the bookings up to August 2017; of 10 % when measured."
    assert one.text.replace("\u00a0", " ") == told


def test_without_causes_nothing_is_claimed():
    page = risks_page(PRODUCT, Risks((), (), 0.0, 0, "being computed"))
    assert page.title == "Risks of Calls"


@pytest.mark.parametrize(
    ("low", "unseen", "told"),
    [
        (5.0, (), "Nothing found that takes money away from Calls"),
        (5.0, ("churn",), "Nothing that was looked at takes money away from Calls; not all could be"),
        (None, (), "Nothing that was looked at takes money away from Calls; not all could be"),
    ],
)
def test_nothing_found_is_said_where_all_was_looked_at(low, unseen, told):
    facts = {"until": "2017-08", "bin": "a", "lately": 0.2, "share": 0.1}
    one = Risk(key="drift", name="hotel", change=7.0, low=low, high=9.0, facts=facts)
    page = risks_page(PRODUCT, Risks((one,), (), 100.0, 12, unseen=unseen))
    assert page.title == told
    assert page.unseen == (
        "The value is read from churn too: what may go wrong in their rows is not known." if unseen else ""
    )
