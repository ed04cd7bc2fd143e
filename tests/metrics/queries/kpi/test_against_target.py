"""A figure of a run is held against a target of the same months only; the reference is the rows, added by pandas."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from metrics.core.estimate import Unknown
from metrics.queries.documents.known import Known
from metrics.queries.kpi import against_target
from metrics.queries.kpi.board import board
from metrics.queries.kpi.months import last_year, quarters
from metrics.services.kpi import kpis, undone
from metrics.services.writing.refusal import Invalid
from tests.world import bookings

pytestmark = pytest.mark.django_db

CALLED, IN_VAIN = 100, -10


def earned(per):
    cells = {"tp": {"base": f"{CALLED}"}, "fp": {"base": f"{IN_VAIN}"}, "fn": {}, "tn": {}}
    threshold = {"kind": "fixed", "at": 0.5}
    return {"kind": "value_matrix", "cells": cells, "threshold": threshold, "baseline": "act_on_none", "per": per}


def total(*months):
    """What the champion's rows of some months are worth, added row by row."""
    rows = bookings()
    rows = rows[(rows["split"] == "test") & rows["event_time"].dt.strftime("%Y-%m").isin(months)]
    called = rows["y_score"] > 0.5
    return int(CALLED * (called & (rows["y_true"] == 1)).sum() + IN_VAIN * (called & (rows["y_true"] == 0)).sum())


@pytest.fixture
def row(world):
    """Makes a KPI in force with a target, and gives its line of the board."""

    def made(first, last, goal, *, aggregation="sum", per="total", direction="up"):
        manager = world.people["manager"]
        unit = "EUR" if per == "total" else "EUR/booking"
        fields = {"unit": unit, "aggregation": aggregation, "direction": direction}
        of = kpis.create_kpi(manager, world.product, key="earned", name="Earned", **fields)
        world.approved(of, "Earned", earned(per))
        kpis.set_target(manager, world.product, kpi=of, value=Decimal(goal), from_period=first, until_period=last)
        world.compute()
        return next(one for one in board(Known(world.product)) if one.figure.kpi == of)

    return made


def held(row, world):
    figure = row.figure
    return against_target.computed_over(Known(world.product), row.target, figure.quantity, figure.run, figure.version)


@pytest.mark.parametrize(("goal", "likely"), [(1, True), (10**6, False)])
def test_a_sum_of_a_run_is_taken_over_the_targets_own_months(row, world, goal, likely):
    found = row(date(2016, 11, 1), date(2016, 12, 1), goal)
    over = held(found, world)
    assert over.point == total("2016-11", "2016-12")
    assert found.figure.quantity.point == total("2016-10", "2016-11", "2016-12", "2017-01") > over.point
    assert found.chance == (1.0 if likely else 0.0)
    assert found.no_chance == ""


def test_the_chance_is_that_of_those_months_and_not_of_all(row, world):
    """Goal: what the two months are worth, of which about half of the draws are above; all four are always above."""
    found = row(date(2016, 11, 1), date(2016, 12, 1), total("2016-11", "2016-12"))
    assert 0.3 < found.chance < 0.7
    assert found.figure.quantity.probability(lambda draws: draws >= float(found.target.value)) > 0.99


def test_a_sum_is_held_against_no_target_of_other_months(row, world):
    found = row(date(2017, 1, 1), date(2017, 3, 1), 1)
    assert (found.chance, found.met) == (None, None)
    assert "of 2016-10 to 2017-01; the target is for 2017-01 to 2017-03" in found.no_chance


def test_rows_of_a_month_that_runs_are_not_all_of_it(row, world):
    found = row(date(2016, 10, 1), date(2017, 1, 1), 1)
    assert found.chance == 1.0
    then = Known(world.product, today=date(2017, 1, 29))
    figure = found.figure
    over = against_target.computed_over(then, found.target, figure.quantity, figure.run, figure.version)
    assert over.reason == "2017-01 is not over, so that no rows hold all of the target’s months"
    seen = next(one for one in board(then) if one.figure.kpi == figure.kpi)
    assert (seen.chance, seen.no_chance) == (None, over.reason)


def test_a_value_a_case_is_no_sum(row, world):
    found = row(date(2016, 11, 1), date(2016, 12, 1), 1, per="case")
    assert (found.chance, found.no_chance) == (None, against_target.A_CASE)


def test_a_ratio_of_a_run_stands_for_the_months_to_come(row, world):
    found = row(date(2017, 9, 1), date(2018, 8, 1), 1, per="case", aggregation="ratio")
    assert found.chance == found.figure.quantity.probability(lambda draws: draws >= 1)
    assert found.no_chance == ""


def test_what_was_observed_over_all_months_of_the_target_decides(row, world, manager):
    found = row(date(2016, 11, 1), date(2016, 12, 1), 1)
    months = [(date(2016, 11, 1), Decimal(-3)), (date(2016, 12, 1), Decimal(2))]
    kpis.import_actuals(manager, found.figure.kpi, values=months, source="ledger")
    seen = next(one for one in board(Known(world.product)) if one.figure.kpi == found.figure.kpi)
    assert (seen.met, seen.chance) == (False, None)


def test_a_year_of_volume_is_of_twelve_months_in_a_row(world, manager):
    assert len(last_year(Known(world.product), world.volume)) == 12
    (gap,) = world.volume.actuals.filter(period=date(2016, 9, 1))
    undone.withdraw_actual(manager, gap)
    assert len(last_year(Known(world.product), world.volume)) == 11


def test_what_was_taken_back_since_was_known_then(manager, product):
    of = kpis.create_kpi(manager, product, key="n", name="N", aggregation="sum")
    early = datetime(2017, 3, 1, tzinfo=UTC)
    (actual,) = kpis.import_actuals(
        manager, of, values=[(date(2017, 1, 1), Decimal(10))], source="ledger", known_at=early
    )
    undone.withdraw_actual(manager, actual)
    assert Known(product).actuals(of) == []
    assert Known(product, at=early).actuals(of) == [("2017-01", 10.0)]


@pytest.mark.parametrize(
    ("fiscal_year_start", "months"),
    [
        (1, ("2017-01", "2017-02", "2017-03")),
        (4, ("2017-01", "2017-02", "2017-03")),
        (2, ("2016-11", "2016-12", "2017-01")),
    ],
)
def test_quarters_are_those_of_the_fiscal_year(manager, make_product, fiscal_year_start, months):
    product = make_product("Elsewhere")
    product.fiscal_year_start = fiscal_year_start
    of = kpis.create_kpi(manager, product, key="n", name="N", aggregation="sum")
    kpis.import_actuals(manager, of, values=[(date(2017, 1, 1), Decimal(5))], source="")
    (quarter,) = quarters(Known(product), of)
    assert quarter.wanted == months


class TestWhatAKpiIsOverMonths:
    def test_it_can_be_changed_before_anything_is_signed(self, manager, product):
        of = kpis.create_kpi(manager, product, key="n", name="N")
        months = [(date(2017, 1, 1), Decimal(5)), (date(2017, 2, 1), Decimal(7))]
        kpis.import_actuals(manager, of, values=months, source="ledger")
        span = {"from_period": date(2017, 1, 1), "until_period": date(2017, 2, 1)}
        kpis.set_target(manager, product, kpi=of, value=Decimal(10), **span)
        (before,) = board(Known(product))
        assert isinstance(before.figure.quantity, Unknown)
        assert "change what the KPI is over several months" in before.figure.quantity.reason
        kpis.update_kpi(manager, of, aggregation="sum")
        (after,) = board(Known(product))
        assert (after.figure.quantity.point, after.met) == (12, True)

    def test_it_cannot_once_a_mapping_is_signed(self, world, manager):
        with pytest.raises(Invalid, match="part of what was signed"):
            kpis.update_kpi(manager, world.value, aggregation="sum")
        kpis.update_kpi(manager, world.value, aggregation=world.value.aggregation, name="Worth")

    def test_it_is_one_of_the_ways_there_are(self, manager, product):
        of = kpis.create_kpi(manager, product, key="n", name="N")
        with pytest.raises(Invalid):
            kpis.update_kpi(manager, of, aggregation="mean")
