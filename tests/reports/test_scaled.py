"""Amounts of a card in one scale."""

from hypothesis import given
from hypothesis import strategies as st

from metrics.core.numerals import SCALES
from reports.words.scaled import Scaled

MONEY = st.floats(-1e12, 1e12)


@given(st.lists(MONEY, min_size=1, max_size=6), st.sampled_from([1e5, 1e6]))
def test_the_amounts_of_a_card_have_one_scale_and_never_five_digits_in_it(amounts: list[float], least: float) -> None:
    digits = Scaled.of(amounts, "EUR", millions=least)
    if digits.scale in ("k", "M"):
        assert max(map(abs, amounts)) < 9_999.5 * SCALES[digits.scale]
        assert all(len(digits.number(amount).partition(".")[0].strip("−").replace(",", "")) < 5 for amount in amounts)
