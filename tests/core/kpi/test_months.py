"""Months put together, by arithmetic by hand."""

import numpy as np
import pytest

from metrics.core.draws import K
from metrics.core.estimate import Estimate, Unknown
from metrics.core.kpi.months import AGGREGATIONS, NOT_KNOWN, Month, divided, together

QUARTER = ("2026-07", "2026-08", "2026-09")


def values(*points: float) -> dict[str, Month]:
    return {name: Month(value=Estimate(point, "booking")) for name, point in zip(QUARTER, points, strict=False)}


def shares(*parts: tuple[float, float]) -> dict[str, Month]:
    return {
        name: Month(value=Estimate(a / b), numerator=Estimate(a), denominator=Estimate(b))
        for name, (a, b) in zip(QUARTER, parts, strict=False)
    }


def test_a_sum_of_three_months_is_their_sum_and_not_the_last() -> None:
    found = together("sum", values(5, 7, 6), QUARTER, unit="booking")
    assert (found.whole.point, found.whole.unit, found.counted) == (18, "booking", QUARTER)


def test_the_last_of_three_months_is_the_last() -> None:
    found = together("last", values(5, 7, 6), QUARTER)
    assert (found.whole.point, found.counted) == (6, QUARTER[-1:])


def test_a_ratio_is_the_sum_of_numerators_over_the_sum_of_denominators() -> None:
    found = together("ratio", shares((1, 10), (90, 100)), QUARTER[:2], unit="share")
    assert found.whole.point == pytest.approx(91 / 110)  # the average of the ratios would be 0.5
    assert found.whole.unit == "share"


def test_a_ratio_without_parts_is_unknown_over_months_and_itself_over_one() -> None:
    months = shares((1, 10)) | {"2026-08": Month(value=Estimate(0.9))}
    found = together("ratio", months, QUARTER[:2])
    assert isinstance(found.whole, Unknown)
    assert "2026-08 has a ratio without its parts" in found.whole.reason
    assert "enter the numerator and the denominator" in found.whole.reason
    assert together("ratio", months, ["2026-08"]).whole.point == 0.9


def test_a_ratio_over_no_cases_is_unknown() -> None:
    found = together(
        "ratio", {"2026-07": Month(value=Estimate(0), numerator=Estimate(0), denominator=Estimate(0))}, ["2026-07"]
    )
    assert isinstance(found.whole, Unknown)
    assert "denominator is 0" in found.whole.reason


def test_a_month_of_no_cases_adds_none_to_a_ratio() -> None:
    months = shares((1, 10)) | {"2026-08": Month(value=Estimate(0), numerator=Estimate(0), denominator=Estimate(0))}
    assert together("ratio", months, QUARTER[:2]).whole.point == pytest.approx(0.1)


@pytest.mark.parametrize(("kind", "so_far"), [("sum", 12), ("last", 7)])
def test_a_partial_month_is_not_counted_and_said(kind: str, so_far: float) -> None:
    months = values(5, 7, 6)
    months["2026-09"] = Month(value=Estimate(6), partial="entered on 12 Sep 2026, before the month was over")
    found = together(kind, months, QUARTER)
    assert found.figure.point == so_far
    assert isinstance(found.whole, Unknown)
    assert found.whole.reason == "2026-09: entered on 12 Sep 2026, before the month was over"
    assert found.lacking == {"2026-09": "entered on 12 Sep 2026, before the month was over"}


def test_a_missing_month_makes_a_sum_unknown_but_not_the_last() -> None:
    months = values(5, 7, 6)
    del months["2026-08"]
    assert together("sum", months, QUARTER).lacking == {"2026-08": NOT_KNOWN}
    assert isinstance(together("sum", months, QUARTER).whole, Unknown)
    assert together("last", months, QUARTER).whole.point == 6


def test_nothing_known_says_of_how_many_months() -> None:
    found = together("sum", {}, QUARTER)
    assert found.counted == ()
    assert isinstance(found.figure, Unknown)
    assert found.figure.reason == f"2026-07: {NOT_KNOWN}; 2 more of the 3 months lack a full value too"


def test_a_month_whose_figure_is_unknown_says_its_own_reason() -> None:
    found = together("sum", values(5, 7) | {"2026-09": Month(value=Unknown("being computed"))}, QUARTER)
    assert isinstance(found.whole, Unknown)
    assert "being computed" in found.whole.reason


def test_months_outside_those_asked_for_count_nothing() -> None:
    assert together("sum", values(5, 7, 6) | {"2026-10": Month(value=Estimate(1000))}, QUARTER).whole.point == 18


def test_draws_are_put_together_draw_by_draw() -> None:
    ramp = np.arange(K, dtype=float)
    months = {"2026-07": Month(value=Estimate(1, "", ramp)), "2026-08": Month(value=Estimate(2, "", -ramp))}
    found = together("sum", months, QUARTER[:2]).whole
    assert np.all(found.draws == 0)  # their errors take each other away
    rate = divided(Estimate(1, "", ramp + 1), Estimate(2, "", 2 * ramp + 2)).draws
    assert np.all(rate == 0.5)


def test_a_sum_with_a_part_without_draws_has_no_band() -> None:
    months = {"2026-07": Month(value=Estimate(1, "", np.ones(K))), "2026-08": Month(value=Estimate(2))}
    assert together("sum", months, QUARTER[:2]).whole.draws is None


@pytest.mark.parametrize("kind", AGGREGATIONS)
def test_one_month_is_itself_in_every_way(kind: str) -> None:
    assert together(kind, values(5), QUARTER[:1]).whole.point == 5
