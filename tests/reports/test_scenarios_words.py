"""Sentences on scenarios say the number, the sign and the side of the figures that they are made from."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.estimate import Estimate, Unknown
from metrics.core.revenue.needed import Aim, Needed, Turn
from metrics.queries.revenue.compared import Compared
from metrics.queries.revenue.meeting import Meeting
from metrics.queries.revenue.needed import MustBeTrue, Needs
from metrics.queries.revenue.what_if import Movable
from reports.pages.scenarios.address import Asked
from reports.pages.scenarios.must import must_card
from reports.pages.scenarios.side_by_side import more_or_less, title

NOISE = np.random.Generator(np.random.Philox(1)).normal(0, 1, 200)
PRODUCT = SimpleNamespace(slug="calls", name="Calls", currency="EUR")
MONTHS = [SimpleNamespace(period="2026-10"), SimpleNamespace(period="2026-11")]


def money(point, spread=1_000.0):
    return Estimate(point, "EUR", point + spread * NOISE)


def scenario(name, total, against, *, kept=True, item="x"):
    apart = total if isinstance(total, Unknown) else money(total.point - against.point, 100.0)
    return Compared(item, name, SimpleNamespace(why="") if kept else None, (), total, total, apart, 0.5, "")


def outlook(total):
    return SimpleNamespace(product=PRODUCT, total=total, months=MONTHS)


def plain(text):
    return text.replace("\u00a0", " ")


@given(now=st.floats(-1e6, 1e6), then=st.floats(-1e6, 1e6))
@settings(max_examples=300, deadline=None)
def test_more_or_less_has_the_sign_and_the_size_of_the_paired_difference(now, then):
    one = scenario("Hard", money(then), money(now))
    words = plain(more_or_less(one))
    apart = then - now
    if words == "as much as is assumed":
        assert abs(apart) < 50
        return
    size, unit, way = re.fullmatch(r"([\d.,]+) ((?:[kM] )?)EUR (more|less) than as assumed", words).groups()
    assert (way == "more") is (apart > 0)
    scale = {"": 1, "k ": 1e3, "M ": 1e6}[unit]
    assert float(size.replace(",", "")) * scale == pytest.approx(abs(apart), abs=60)


def test_a_title_names_the_one_that_gives_most_or_that_none_gives_more():
    one = outlook(money(50_000))
    assumed = Compared("", "As assumed", None, (), one.total, one.total, None, 0.5, "")
    low, high = scenario("Low", money(40_000), one.total), scenario("High", money(60_000), one.total)
    bare = scenario("Offer 6\u00a0%", money(70_000), one.total, kept=False)
    lost = scenario("Lost", Unknown("no volume"), one.total)
    assert plain(title(one, [assumed])) == "Calls: as assumed, 50.0 k EUR from October 2026 to November 2026"
    assert plain(title(one, [assumed, low])).startswith("“Low” would give 40.0 k EUR, 10,000 EUR less")
    assert plain(title(one, [assumed, low, high, lost])).startswith(
        "Of two scenarios, “High” would give the most: 60.0 k EUR"
    )
    assert plain(title(one, [assumed, low, bare])).startswith(
        "Of two scenarios, that with Offer 6 % would give the most: 70.0"
    )
    assert plain(title(one, [assumed, bare])).startswith("With Offer 6 %: 70.0 k EUR")
    assert title(one, [assumed, low, low]).startswith("None of two scenarios would give more than the 50.0")
    assert title(one, [assumed, lost]) == "“Lost”: what it would give is not known"
    assert title(outlook(Unknown("x")), [assumed]) == "Calls: the value is not known yet"


def card(found, *, aim=None, now=0.3, band=(0.25, 0.35), likely=0.4, level="50", named=""):
    driver = Movable("offer", "Offer", "share", 0.3, 0.2, 0.4, "", "offer")
    aim = aim or Aim(100_000.0, 0.5)
    total = money(90_000)
    goal = SimpleNamespace(value=aim.goal)
    meeting = Meeting(goal, ("2026-10", "2026-11"), {}, total)
    met = isinstance(found, Needed) and found.met
    needs = Needs(driver, now, 0.001, band, found, likely)
    made = must_card(outlook(total), MustBeTrue(aim, meeting, met, (needs,)), Asked(level=level), named=named, under={})
    return plain(made.title), plain(made.lines[0].words), made.lines[0].verdict.words, made


UP, DOWN = Turn(0.34, 0.339, 0.5, 0.499), Turn(0.2, 0.201, 0.51, 0.49)


def test_what_would_have_to_be_says_from_which_side_and_where_its_band_lies():
    title_, words, verdict, made = card(Needed(False, 0.0, 1.0, None, UP, 1.0, 0.9))
    assert words == (
        "It would have to be 34.0 % or more; now it is 30.0 %. That lies inside its 80 % band, 25.0 to 35.0 %; "
        "by what is assumed of it, the chance of it is 40 %."
    )
    assert (verdict, title_) == (
        "Inside its band",
        "For a chance of 50 % to reach 100.0 k EUR, one input is enough by itself within its 80 % band",
    )
    assert made.lines[0].compare == "/p/calls/scenarios/?compare=offer:0.34#side-by-side"
    title_, words, verdict, _ = card(Needed(False, 0.0, 1.0, DOWN, None, 0.0, 0.9), likely=0.0004)
    assert words.startswith("It would have to be 20.0 % or less; now it is 30.0 %. That lies outside its 80 % band")
    assert words.endswith("the chance of it is <0.1 %.")
    assert verdict == "Outside its band"
    assert title_.endswith("no input is enough by itself within its 80 % band")


def test_what_is_met_today_says_until_where_and_what_never_is_says_the_best():
    title_, words, verdict, _ = card(Needed(True, 0.0, 1.0, Turn(0.26, 0.259, 0.5, 0.49), None, 1.0, 1.0))
    assert words.startswith("Enough at 30.0 %; it stays so down to 26.0 %. That lies inside its 80 % band")
    assert words.endswith("it stays enough with a chance of 40 %.")
    assert title_ == "For a chance of 50 % to reach 100.0 k EUR, nothing has to change"
    assert verdict == "Enough today"
    both = Needed(True, 0.0, 1.0, Turn(0.26, 0.259, 0.5, 0.49), Turn(0.4, 0.401, 0.5, 0.49), 0.3, 1.0)
    assert card(both)[1] == "Enough at 30.0 %; it stays so between 26.0 and 40.0 %."
    assert card(Needed(True, 0.0, 1.0, None, None, 1.0, 1.0))[1] == (
        "Enough at 30.0 %, and at any value between 0 and 100 %."
    )
    never = Needed(False, 0.0, 1.0, None, None, 1.0, 0.31)
    assert card(never)[1] == "It cannot do it: between 0 and 100 % the chance is 31 % at most, at 100 %."
    expected = card(Needed(False, 0.0, 1.0, None, None, 0.0, 95_000.0), aim=Aim(100_000.0), level="expected")
    assert expected[1] == "It cannot do it: between 0 and 100 % the expected total is 95 k EUR at most, at 0 %."
    assert expected[0].startswith("For the expected total to reach 100.0 k EUR")


def test_the_best_is_never_told_as_what_it_falls_short_of():
    near = Needed(False, 0.0, 1.0, None, None, 0.0, 0.7496)
    assert "the chance is 74.9 % at most" in card(near, aim=Aim(100_000.0, 0.75))[1]
    close = Needed(False, 0.0, 1.0, None, None, 0.0, 99_999.0)
    assert "the expected total stays just short of it, at 0 %" in card(close, aim=Aim(100_000.0))[1]


def test_what_is_unknown_says_its_one_reason():
    _, words, verdict, made = card(Unknown("no volume is left"))
    assert (words, verdict) == ("Not known: no volume is left.", "Unknown")
    assert made.lines[0].compare == ""


@given(
    met=st.booleans(),
    above=st.booleans(),
    at=st.floats(0.01, 0.99),
    low=st.floats(0.05, 0.3),
    wide=st.floats(0.01, 0.5),
)
@settings(max_examples=300, deadline=None)
def test_a_sentence_has_the_value_the_side_and_the_place_of_its_turn(met, above, at, low, wide):
    at = round(at, 3)
    missed = at - 0.001 if above is not met else at + 0.001
    turn, band = Turn(at, round(missed, 3), 0.5, 0.49), (low, low + wide)
    found = Needed(met, 0.0, 1.0, None if above else turn, turn if above else None, 0.5, 0.5)
    _, words, verdict, _ = card(found, band=band, now=0.5)
    value = f"{100 * at:.1f} %"
    way = {(True, True): f"up to {value}", (True, False): f"down to {value}",
           (False, True): f"{value} or more", (False, False): f"{value} or less"}[met, above]  # fmt: skip
    assert way in words
    inside = band[0] <= at <= band[1]
    assert ("lies inside" in words) is inside
    assert ("lies outside" in words) is not inside
    if not met:
        assert verdict == ("Inside its band" if inside else "Outside its band")
