"""The chart of a change in its parts, and of past projections beside what came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.charts.change import Bar, changes_alone, met, steps, waterfall

AMOUNT = st.floats(-1e6, 1e6)


def change(start, amounts):
    after = start + sum(amounts)
    parts = [(f"part {at}", amount, f"{amount:+.0f}") for at, amount in enumerate(amounts)]
    return steps(("Before", start, f"{start:.0f}"), parts, ("After", after, f"{after:.0f}"))


@given(AMOUNT, st.lists(AMOUNT, max_size=8))
def test_each_bar_stands_where_the_one_before_it_ended(start, amounts):
    bars = change(start, amounts)
    assert len(bars) == len(amounts) + 2
    at = start
    for bar, amount in zip(bars[1:-1], amounts, strict=True):
        assert {bar.low, bar.high} == {min(at, at + amount), max(at, at + amount)}
        assert bar.tone == ("up" if amount >= 0 else "down")
        at += amount
    assert [bar.tone for bar in (bars[0], bars[-1])] == ["end", "end"]


@pytest.mark.parametrize(
    ("start", "amounts", "alone"),
    [
        (600_000.0, [12_000.0, 40_000.0], True),
        (-600_000.0, [12_000.0, 40_000.0], True),
        (600_000.0, [59_000.0], True),
        (600_000.0, [-500_000.0], False),
        (600_000.0, [-400_000.0, 400_000.0], False),
        (-5.0, [10.0], False),
        (5.0, [], False),
    ],
)
def test_small_changes_of_tall_figures_are_drawn_alone_and_large_ones_from_zero(
    start, amounts, alone, settings, tmp_path
):
    settings.STORE_DIR = tmp_path
    bars = change(start, amounts)
    assert changes_alone(bars) is alone
    drawn = waterfall(bars=bars, says="It moved.").specs["wide"]["layer"]
    rows = drawn[0]["data"]["values"]
    ends = [(row["low"], row["high"]) for row in rows if row["k"] == "end"]
    if alone:  # before and after are lines at the ends of the change, and no bar is taller than what changed
        assert ends == [(0, 0), (pytest.approx(sum(amounts)), pytest.approx(sum(amounts)))]
        assert any(layer["mark"]["type"] == "tick" for layer in drawn)
        assert max(abs(row[end]) for row in rows for end in ("low", "high")) <= sum(map(abs, amounts)) + 1e-6
    else:
        assert all(0 in end for end in ends)
        assert not any(layer["mark"]["type"] == "tick" for layer in drawn)


def test_a_part_that_is_neither_gain_nor_loss_has_a_tone_of_its_own():
    parts = [("Definition", 3.0, "+3"), ("New model", 4.0, "+4"), ("Offer", -1.0, "−1")]
    bars = steps(("Before", 9.0, "9"), parts, ("After", 15.0, "15"), neutral=("Definition",))
    assert [bar.tone for bar in bars] == ["end", "same", "up", "down", "end"]


@pytest.mark.parametrize(
    ("start", "amounts"), [(601.0, [12.1, 40.8, -17.4, 38.6, 9.7, -21.3]), (5.0, [-9.0]), (-3.0, [1.0]), (0.0, [])]
)
def test_a_change_is_drawn_for_every_width_with_its_words(start, amounts, settings, tmp_path):
    settings.STORE_DIR = tmp_path
    drawn = waterfall(bars=change(start, amounts), says="From here to there.", caption="The parts add up.")
    text = str(drawn)
    assert text.count("<svg") == 3
    assert "From here to there." in text
    assert text.count("Before") >= 3
    assert "style=" not in text


def test_long_names_are_broken_into_lines(settings, tmp_path):
    settings.STORE_DIR = tmp_path
    bars = [Bar(name="Share of a cancelled room that's unsold", low=0, high=3, amount=3, words="+3", tone="up")]
    text = waterfall(bars=[*change(1.0, [])[:1], *bars, *change(4.0, [])[:1]], says="It rose.").drawings
    assert "Share of a" in text
    assert "that&apos;s" in text or "that's" in text or "that&#39;s" in text
    for svg in text.split("</svg>")[:3]:
        assert "…" not in svg, "a name is cut"
        assert "unsold" in svg


def test_in_a_narrow_column_each_bar_has_a_row_of_its_own_from_its_low_to_its_high(settings, tmp_path):
    settings.STORE_DIR = tmp_path
    spec = waterfall(bars=change(601.0, [12.1, -40.8, 700.0]), says="It rose.").specs["narrow"]
    bars, words = spec["layer"][0], spec["layer"][1]
    assert (bars["encoding"]["y"]["field"], bars["encoding"]["x"]["field"]) == ("n", "low")
    assert bars["encoding"]["x2"] == {"field": "high"}
    low, high = bars["encoding"]["x"]["scale"]["domain"]
    assert low <= 0 < 1272.3 < high
    assert (words["mark"]["type"], words["mark"]["align"]) == ("text", "left")


def test_past_projections_are_drawn_with_bands_and_without(settings, tmp_path):
    settings.STORE_DIR = tmp_path
    months = ["2016-10", "2016-11", "2016-12"]
    values = [3.0, 2.0, 4.0]
    banded = met(
        months=months, projected=values, low=[2, 1, None], high=[4, 3, None], actual=values, says="So it went."
    )
    assert [words for _, words in banded.key] == ["80\u00a0% band", "projected", "came"]
    assert str(banded).count("<svg") == 3
    nothing = [None, None, None]
    bare = met(months=months, projected=values, low=nothing, high=nothing, actual=values, says="So it went.")
    assert [words for _, words in bare.key] == ["projected", "came"]


def test_steps_below_zero_are_drawn_where_they_stand(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    drawn = waterfall(bars=change(0.0, [-193.0, -12.0, 205.0]), says="What counts stayed.")
    rows = [spec["layer"][0]["data"]["values"] for spec in drawn.specs.values()]
    assert all(
        [(row["low"], row["high"]) for row in one] == [(0, 0), (-193, 0), (-205, -193), (-205, 0), (0, 0)]
        for one in rows
    )
