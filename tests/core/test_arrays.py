import numpy as np
import pytest

from metrics.core.arrays import quantiles
from metrics.core.estimate import Estimate

SHARES = [0.0, 0.025, 0.1, 1 / 3, 0.5, 0.9, 0.975, 1.0]


@pytest.mark.parametrize("length", [1, 2, 3, 7, 100, 1999, 2000, 2001])
def test_quantiles_are_those_of_numpy_to_the_last_bit(length: int) -> None:
    chance = np.random.default_rng(length)
    for places in (0, 1, 15):
        for power in (-300, -8, 0, 8, 300):
            values = np.round(chance.standard_normal(length), places) * 10.0**power
            assert quantiles(values, SHARES) == np.quantile(values, SHARES).tolist()


def test_what_is_not_finite_stays_so() -> None:
    for values in (np.array([1.0, np.nan, 3.0]), np.array([0.0, 1.0, np.inf]), np.array([-np.inf, 0.0])):
        with np.errstate(invalid="ignore"):
            np.testing.assert_array_equal(quantiles(values, SHARES), np.quantile(values, SHARES))


def test_bands_are_asked_of_the_draws_once() -> None:
    draws = np.random.default_rng(1).standard_normal(2000)
    figure = Estimate(0.0, "", draws)
    wanted = tuple(np.quantile(draws, [0.1, 0.9]).tolist())
    assert figure.band(0.8) == wanted
    draws[:] = 0.0  # what nobody may do shows that the band is remembered
    assert figure.bands(0.8, 0.95) == [wanted, (0.0, 0.0)]
