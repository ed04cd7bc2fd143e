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
