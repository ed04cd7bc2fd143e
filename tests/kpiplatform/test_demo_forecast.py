"""The demonstration's forecast: what its rules knew, what its figures are by other means, and its second currency."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kpiplatform.demo import arrivals, rows, shifts
from metrics.core.distributions import parse
from metrics.models.revenue import ExchangeRate
from metrics.queries.revenue.rates import OLDEST

PRICES = {
    key: parse({"kind": "interval90", "low": low, "high": high}).point for key, _, low, high, _ in shifts.ASSUMPTIONS
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, demonstrated: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """What the demonstration printed of the forecast."""
    found: dict[str, Any] = demonstrated(tmp_path_factory.mktemp("desk"))[shifts.SLUG]
    return found


def sent(rule: arrivals.Rule, folder: Path) -> pd.DataFrame:
    """A rule's file, with what the week before says beside it; of the days of which that says anything."""
    frame = pd.read_parquet(arrivals.forecasts(rule, folder)).sort_values(["series", "event_time"])
    frame["before"] = frame.groupby("series").y_true.shift(7)
    return frame


def cost(error: pd.Series) -> pd.Series:
    """What a day costs, in USD. error: how many arrivals more came than were told."""
    return error.clip(lower=0) * PRICES["too_few"] + (-error).clip(lower=0) * PRICES["too_many"]


def test_arrivals_are_the_bookings_that_were_not_cancelled() -> None:
    held = rows.bookings().select(["y_true", "segment", "event_time"]).to_pandas()
    kept = held[held.y_true == 0].groupby(["segment", "event_time"]).size().unstack(fill_value=0)
    days = pd.date_range(arrivals.FIRST, rows.LAST.replace(day=31)).date
    expected = kept.reindex(index=list(arrivals.HOTELS), columns=days, fill_value=0)
    assert (arrivals.came() == expected.to_numpy()).all()


@pytest.mark.parametrize("rule", arrivals.RULES, ids=lambda rule: rule.version)
def test_a_rule_knows_of_no_day_but_those_a_week_before(rule: arrivals.Rule) -> None:
    truth = arrivals.came()[0]
    told = rule.tell(truth)
    assert np.isfinite(told[int((arrivals.TEST - arrivals.FIRST).astype(int)) :]).all()
    for day in (150, 151, 152, 200, 333, 426):
        other = truth.copy()
        other[day - 6 :] += 100  # as if all since, and the day itself, had come otherwise
        assert rule.tell(other)[day] == told[day], day


@pytest.mark.parametrize("rule", arrivals.RULES, ids=lambda rule: rule.version)
def test_the_value_of_a_run_is_what_its_errors_cost_less_than_the_week_before(
    rule: arrivals.Rule, desk: dict[str, Any], tmp_path: Path
) -> None:
    frame = sent(rule, tmp_path).dropna(subset="before")
    expected = (cost(frame.y_true - frame.before) - cost(frame.y_true - frame.y_pred)).mean()
    run = next(run for run in desk["runs"] if run["run"] == rule.version)
    assert run["state"] == "scored"
    assert run["kpis"]["value_per_day"]["point"] == pytest.approx(expected, abs=1e-9)
    assert run["metrics"]["mae"]["point"] == pytest.approx(
        (lambda whole: (whole.y_true - whole.y_pred).abs().mean())(sent(rule, tmp_path)), rel=1e-9
    )


def test_who_misses_least_is_not_who_earns_most(desk: dict[str, Any]) -> None:
    """Which is why a loss is carried into money: an arrival too few costs twice one too many."""
    by_loss = min(desk["runs"], key=lambda run: run["metrics"]["mae"]["point"])
    by_money = max(desk["runs"], key=lambda run: run["kpis"]["value_per_day"]["point"])
    assert by_loss["run"] == "ridge-lags"
    assert by_money["run"] == arrivals.CHAMPION


def test_months_that_are_over_have_their_money_and_the_months_to_come_a_chance(desk: dict[str, Any]) -> None:
    found = desk["projection"]
    assert desk["currency"] == found["total"]["unit"] == "USD"
    assert (found["grade"], found["counts"]) == ("C", True)
    assert found["realised"]["low"] < found["realised"]["point"] < found["realised"]["high"]
    assert 0.5 < found["chance"] < 0.95
    assert len(found["months"]) == 12


@pytest.mark.django_db
def test_rates_are_written_once_a_month_and_are_never_old(people: dict[str, Any]) -> None:
    admin = people["admin"]
    shifts.write_rates(admin, date(2026, 3, 31))
    assert ExchangeRate.objects.count() == 36
    assert ExchangeRate.objects.latest("date").date == date(2026, 2, 28)
    first = dict(ExchangeRate.objects.values_list("date", "rate"))
    shifts.write_rates(admin, date(2026, 3, 31))
    shifts.write_rates(admin, date(2026, 5, 1))
    later = dict(ExchangeRate.objects.values_list("date", "rate"))
    assert set(later) - set(first) == {date(2026, 3, 31), date(2026, 4, 30)}
    assert first.items() <= later.items()
    assert date(2026, 3, 31) - max(first) <= OLDEST
    assert {row.source for row in ExchangeRate.objects.all()} == {shifts.RATES}


def test_the_made_up_rates_stay_near_nine_tenths() -> None:
    found = [float(shifts.dollar(date(year, month, 28))) for year in range(2017, 2040) for month in range(1, 13)]
    assert min(found) > 0.85
    assert max(found) < 0.97
    assert len(set(found)) > 100
