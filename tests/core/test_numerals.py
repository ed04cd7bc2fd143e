"""An amount in words beside a figure."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core import numerals, unit_names
from metrics.core.numerals import Figure

MONEY = st.floats(-1e12, 1e12) | st.integers(-12, 12).map(lambda power: math.copysign(10.0 ** abs(power), power))


@st.composite
def figures(draw: st.DrawFn) -> Figure:
    """Money of any size, with a band of any width, that may hold 0 or not even the point, or without one."""
    ends = sorted((draw(MONEY), draw(MONEY)))
    bands = draw(st.sampled_from([{}, {0.8: tuple(ends)}, {0.95: tuple(ends)}]))
    return Figure(draw(MONEY), "EUR", bands)


def five_digits(text: str, scale: str) -> bool:
    """Whether a number before a k or an M has five digits; there is nothing above a billion."""
    return scale in ("k", "M") and max(map(int, re.findall(r"\d+", text.replace(",", ""))), default=0) >= 10_000


@given(figures())
def test_a_figure_and_the_ends_of_its_band_have_one_scale_and_never_five_digits_in_it(figure: Figure) -> None:
    worded = numerals.word(figure)
    assert not five_digits(worded.number, worded.scale)
    found = numerals.band_text(figure, worded)
    if found is not None:
        assert found[2] == worded.scale
        assert not five_digits(found[1], worded.scale)


@given(MONEY, MONEY, MONEY)
def test_a_range_has_the_scale_of_the_figure_that_it_stands_with(point: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    figure = Figure(point, "EUR", {0.8: (low, high)})
    scale = numerals.word(figure).scale
    text = numerals.span(low, high, "EUR", beside=figure)
    assert not five_digits(text, scale)
    assert text.split(unit_names.NBSP)[1:] == [part for part in (scale, "EUR") if part]


@given(MONEY, figures())
def test_an_amount_beside_a_figure_never_has_five_digits_before_a_prefix(amount: float, figure: Figure) -> None:
    told = numerals.beside(amount, figure)
    assert not five_digits(told.number, told.scale)


@given(st.lists(figures(), min_size=1, max_size=6))
def test_the_figures_of_a_column_have_one_scale(column: list[Figure]) -> None:
    like = numerals.largest([*column, None])
    assert like is not None
    words = [numerals.word(one, scale=like.scale, places=like.places) for one in column]
    assert {one.scale for one in words} == {like.scale}
    assert not any(five_digits(one.number, one.scale) for one in words)


def test_a_change_of_millions_is_not_told_in_thousands() -> None:
    """As a page had it: "−19,449 k AUD" beside "49 M", "0.00 to 0.26 M" beside "187 k"."""
    assert str(numerals.word(Figure(-19.449e6, "AUD"), scale="k")) == "−19.45\u00a0M\u00a0AUD"
    around = Figure(187_000.0, "EUR", {0.95: (150_000.0, 224_000.0)})
    assert str(numerals.word(around)) == "187\u00a0k\u00a0EUR"
    assert numerals.span(0.0, 260_000.0, "EUR", beside=around) == "0 to 260\u00a0k\u00a0EUR"
    assert numerals.span(0.0, 260_000.0, "EUR") == "0.00 to 0.26\u00a0M\u00a0EUR"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (100_000, "0.1 M EUR"),
        (600_000, "0.6 M EUR"),
        (12_500_000, "12.5 M EUR"),
        (150_000_000, "150 M EUR"),
        (4_000, "4,000 EUR"),
        (40_000, "40 k EUR"),
        (25_800, "25.8 k EUR"),
        (0, "0 M EUR"),
    ],
)
def test_an_amount_beside_a_large_figure_is_never_rounded_to_another_amount(amount, words) -> None:
    large = Figure(161e6, "EUR", {0.8: (129e6, 197e6)})
    assert str(numerals.beside(amount, large)).replace("\u00a0", " ") == words


def test_a_column_beside_its_figures_has_the_digits_that_most_of_a_scale_have() -> None:
    promised = Figure(89_000.0, "EUR", {0.95: (60_000.0, 120_000.0)})
    alone = [str(numerals.beside(amount, promised)) for amount in (89_040.0, 83_550.0, 172_300.0)]
    assert [text.split(unit_names.NBSP)[0] for text in alone] == ["89", "83.5", "172"]
    column = numerals.column_beside((amount, promised) for amount in (89_040.0, 83_550.0, 172_300.0))
    assert [one.number for one in column] == ["89", "84", "172"]
    assert [one.number for one in numerals.column_beside([(83_550.0, promised)])] == ["83.5"]
    assert numerals.column_beside([]) == []


def test_a_column_has_the_digits_that_most_of_it_have_whatever_the_largest_has():
    narrow = [Figure(point, "score", {0.8: (point - 0.006, point + 0.006)}) for point in (0.4299, 0.4587, 0.4466)]
    wide = Figure(0.9, "score", {0.8: (0.5, 1.3)})
    assert (numerals.word(wide).places, numerals.word(narrow[0]).places) == (2, 4)
    assert numerals.largest([*narrow, wide]).places == 4
    assert numerals.largest([Figure(812_345.0, "EUR"), Figure(1_234.0, "EUR")]).scale == "k"
    assert numerals.largest([]) is None
