"""An amount in words beside a figure."""

import pytest

from metrics.core import numerals
from metrics.core.numerals import Figure


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (100_000, "0.1 M EUR"),
        (600_000, "0.6 M EUR"),
        (12_500_000, "12.5 M EUR"),
        (150_000_000, "150 M EUR"),
        (4_000, "4,000 EUR"),
        (40_000, "0.04 M EUR"),
        (0, "0 M EUR"),
    ],
)
def test_an_amount_beside_a_large_figure_is_never_rounded_to_another_amount(amount, words) -> None:
    large = Figure(161e6, "EUR", {0.8: (129e6, 197e6)})
    assert str(numerals.beside(amount, large)).replace("\u00a0", " ") == words


def test_a_column_beside_its_figures_has_the_digits_that_most_of_a_scale_have() -> None:
    promised = Figure(89_000.0, "EUR", {0.95: (60_000.0, 120_000.0)})
    alone = [str(numerals.beside(amount, promised)) for amount in (89_040.0, 83_550.0, 172_300.0)]
    assert [text.split(numerals.NBSP)[0] for text in alone] == ["89", "83.5", "172"]
    column = numerals.column_beside((amount, promised) for amount in (89_040.0, 83_550.0, 172_300.0))
    assert [one.number for one in column] == ["89", "84", "172"]
    assert [one.number for one in numerals.column_beside([(83_550.0, promised)])] == ["83.5"]
    assert numerals.column_beside([]) == []
