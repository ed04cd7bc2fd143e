"""What the page of risks says, in words for an executive, and in the situations in which it would be false."""

from datetime import date
from types import SimpleNamespace

import pytest

from metrics.queries.revenue.risks import Expiring, Risk, Risks
from reports.pages.outlook.risks import risks_page

PRODUCT = SimpleNamespace(name="Calls", slug="calls", currency="EUR", case_noun="booking")
FACTS = {"until": "2017-08", "bin": "City", "lately": 0.2, "share": 0.1}


def plain(text):
    return text.replace("\u00a0", " ")


def cause(change, low, high, name="hotel", why="", **facts):
    return Risk(key="drift", name=name, change=change, low=low, high=high, facts=FACTS | facts, why=why)


def page_of(*causes, **more):
    given = {"expiring": (), "cases": 59_811.0, "months": 12, "why": ""} | more
    return risks_page(PRODUCT, Risks(causes=causes, **given))


def line(name, lately, share, told="0.986 and more", **more):
    one = cause(-10.0, -20.0, -5.0, name=name, lately=lately, share=share, bin=told)
    return page_of(one, **more).lines[0]


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
    assert plain(one.text) == f"It happened in {told} when measured."


def test_scores_are_told_as_what_the_model_says():
    one = line("y_score", 0.06, 0.1)
    assert one.title == "What the model expects"
    told = "It gives a chance of 98.6 % and more to 6 % of the bookings up to August 2017"
    assert plain(one.text) == f"{told}, and gave it to 10 % when measured."


@pytest.mark.parametrize(("lately", "share"), [(0.5, 0.5), (0.50001, 0.50003), (0.0, 0.0)])
def test_of_shares_that_read_alike_none_is_called_more_or_fewer(lately, share):
    one = line("hotel", lately, share, "City Hotel")
    assert one.title == "Bookings by hotel, in the same shares"
    now = "0 %" if not lately else "50.0 %"
    assert plain(one.text).startswith(f"“City Hotel” is {now} of the bookings up to August 2017, as when measured; ")
    assert line("hotel", 0.5002, 0.5, "City Hotel").title == "More bookings with hotel “City Hotel”"


@pytest.mark.parametrize(
    ("lately", "share", "title"),
    [
        (0.16, 0.1, "More bookings with lead time “192 to 272”"),
        (0.1, 0.16, "Fewer bookings with lead time “192 to 272”"),
    ],
)
def test_another_mix_is_a_sentence_of_what_there_is_more_or_less_of(lately, share, title):
    one = line("lead_time", lately, share, "192 to 272")
    assert one.title == title
    told = f"“192 to 272” is {100 * lately:.0f} % of the bookings up to August 2017, and was {100 * share:.0f} % when"
    assert plain(one.text).startswith(told)
    assert "mix by" not in page_of(cause(-10.0, -20.0, -5.0, name="adr")).title


def test_an_outcome_that_is_one_of_several_is_named_and_not_said_to_happen():
    one = line("y_true", 0.16, 0.1, "suite", two_outcomes=False)
    assert one.title == "What comes of it"
    assert plain(one.text) == "“suite” is 16 % of the bookings up to August 2017, and was 10 % when measured."


def test_what_a_model_predicts_is_told_as_what_it_says():
    one = line("y_pred", 0.06, 0.1, "192 to 272", two_outcomes=False)
    assert one.title == "What the model expects"
    assert plain(one.text) == "It says 192 to 272 of 6 % of the bookings up to August 2017; of 10 % when measured."


@pytest.mark.parametrize(
    ("low", "change", "high", "worst", "band"),
    [
        (-73_149.0, -67_012.0, -60_950.0, "−73.1", "−73.1 to −61.0"),
        (-973.4, -600.0, -200.0, "−973", "−973 to −200"),
        (-1_234_000.0, -900_000.0, 100_000.0, "−1.23", "−1.23 to +0.10"),
        (-7.5, -2.0, 3.0, "−7.50", "−7.50 to +3.00"),
    ],
)
def test_title_table_and_band_name_one_figure(low, change, high, worst, band):
    page = page_of(cause(change, low, high))
    (shown,) = page.lines
    assert (shown.worst, shown.band) == (worst, band)
    amount = f"{worst.removeprefix('−')} {plain(page.unit)}"
    assert plain(page.title) == f"More bookings with hotel “City” could take up to {amount} a year away"


def test_months_stand_between_commas_in_the_title_and_without_the_last_one_in_the_table():
    newest = {"until": "2026-08", "months": 3, "rows": 184}
    page = page_of(Risk(key="recent", name="", change=3.9, low=-3_700.0, high=11_300.0, facts=newest, why=""))
    assert plain(page.title).startswith("The newest months, Jun 2026 – Aug 2026, could take up to 3.7")
    (line,) = page.lines
    assert plain(line.title) == "The newest months, Jun 2026 – Aug 2026"


def test_gains_are_no_risks_and_what_has_no_band_is_not_known():
    loss, chance = cause(-5.0, -9.0, -1.0, "a"), cause(4.0, -2.0, 9.0, "b")
    gain, none = cause(7.0, 5.0, 9.0, "c"), cause(-3.0, None, None, "d", why="one cluster")
    page = page_of(loss, chance, gain, none)
    assert [one.title.split()[3] for one in page.lines] == ["a", "b"]
    assert [one.title.split()[3] for one in page.harmless] == ["c"]
    (unknown,) = page.not_known
    assert unknown.title.split()[3] == "d"
    assert unknown.text.endswith("Its band is unknown: one cluster.")


GAIN = cause(7.0, 5.0, 9.0)
SOON = Expiring("Offer", date(2026, 12, 3), False, "sales")
OVER = Expiring("Offer", date(2026, 11, 3), True, "sales")
NOT_ALL = "Nothing that was looked at takes money away from Calls; the rest is not known yet"


@pytest.mark.parametrize(
    ("causes", "more", "told"),
    [
        ((GAIN,), {}, "Nothing found that takes money away from Calls"),
        ((cause(0.0, 0.0, 0.0),), {}, "Nothing found that takes money away from Calls"),
        ((GAIN,), {"unseen": ("churn",)}, NOT_ALL),
        ((GAIN,), {"not_known": {"labels": "no votes"}}, NOT_ALL),
        ((GAIN, cause(7.0, None, None, why="one cluster")), {}, NOT_ALL),
        (
            (GAIN, cause(-7.0, None, None, "adr", why="one cluster")),
            {},
            "More bookings with adr “City” could take money away from Calls; how much is not known",
        ),
        ((), {}, "What could take money away from Calls is not known yet"),
        ((), {"not_known": {"recent": "no times"}}, "What could take money away from Calls is not known yet"),
        ((), {"why": "there is no projection"}, "What could take money away from Calls is not known yet"),
        ((), {"why": "being computed"}, "The risks of Calls are being computed"),
        ((GAIN,), {"expiring": (SOON,)}, "Offer runs out on 3 Dec 2026: then Calls counts in no total"),
        ((GAIN,), {"expiring": (OVER,)}, "Calls counts in no total: Offer has expired"),
        ((cause(-5.0, -9.0, -1.0),), {"expiring": (OVER,)}, "Calls counts in no total: Offer has expired"),
    ],
)
def test_nothing_found_is_said_where_all_was_looked_at_and_nowhere_else(causes, more, told):
    assert plain(page_of(*causes, **more).title) == told


def test_kinds_that_could_not_be_computed_are_listed_with_their_reason():
    page = page_of(GAIN, not_known={"labels": "no votes were sent", "maturity": "the rows do not say when"})
    assert [(one.title, one.text) for one in page.not_known] == [
        ("What is still to become known", "The rows do not say when."),
        ("Labels that are in dispute", "No votes were sent."),
    ]


def test_rows_of_other_models_are_said_not_to_be_looked_at():
    assert page_of(GAIN).unseen == ""
    assert page_of(GAIN, unseen=("churn",)).unseen.startswith("The value is read from churn too")
