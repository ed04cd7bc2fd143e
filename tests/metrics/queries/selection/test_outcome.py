"""What signed decisions earned against what they promised: month by month, together, and the one reason for none."""

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from metrics.core.estimate import Estimate, Unknown
from metrics.core.revenue.projecting import figures
from metrics.models.evaluation import EvaluationRun
from metrics.models.product import Product
from metrics.models.revenue import RevenueResult
from metrics.models.selection import Decision
from metrics.queries.documents.known import Known
from metrics.queries.selection import outcome as outcomes
from metrics.queries.selection.came import came
from metrics.services.evaluation import promotion
from metrics.services.kpi import kpis, mappings
from metrics.services.selection import decisions, direct
from tests.kept_promises import SPRING, Deciding

pytestmark = pytest.mark.django_db


def found(deciding, decision):
    return outcomes.outcome(decision, Known(deciding.product))


def test_before_a_whole_month_is_over_it_says_which_is_scored_first(chosen, deciding):
    first = found(deciding, chosen)
    assert first.total == Unknown(
        "no whole month is over since it was signed; 2017-04 is scored first, once it is known"
    )
    assert (first.coming, first.months, first.counts) == ("2017-04", (), False)
    assert isinstance(first.promised, Estimate)
    deciding.on(2017, 4, 30)
    deciding.brought(SPRING)
    assert found(deciding, chosen).months == ()


def test_three_months_are_scored_as_all_pairs_of_the_frozen_promise_have_it(chosen, deciding):
    deciding.brought(SPRING)
    deciding.on(2017, 7, 5)
    told = found(deciding, chosen)
    promise = Decision.objects.get(pk=chosen.pk).record["promise"]
    expected = figures({**promise, "figure": "total"}, Known(deciding.product).source)
    assert [one.month for one in told.months] == list(SPRING)
    for one in told.months:
        draws, earned = expected[one.month].draws, SPRING[one.month]
        crps = np.abs(draws - earned).mean() - np.abs(draws[:, None] - draws).mean() / 2
        assert one.score.earned == earned
        assert one.promised.point == pytest.approx(expected[one.month].point)
        assert one.score.crps == pytest.approx(crps, rel=1e-4)
        low, high = np.quantile(draws, [0.1, 0.9])
        assert one.score.inside_80 == (low <= earned <= high)
    together = sum(expected[month].draws for month in SPRING)
    earned = sum(SPRING.values())
    assert told.so_far.point == pytest.approx(sum(expected[month].point for month in SPRING))
    assert told.total.earned == earned
    assert told.total.crps == pytest.approx(
        np.abs(together - earned).mean() - np.abs(together[:, None] - together).mean() / 2, rel=1e-4
    )
    assert told.total.pit == pytest.approx((together < earned).mean(), abs=1e-3)
    assert (told.coming, told.until, told.role, told.grade, told.counts) == ("2017-07", None, "executive", "C", True)
    assert RevenueResult.objects.get(digest=told.receipt).document["figure"] == "total"


def test_a_month_that_is_not_over_or_only_partly_known_or_not_known_is_not_scored(chosen, deciding):
    deciding.brought({"2017-04": 31_000.0, "2017-06": 45_000.0, "2017-07": 1_000.0})
    deciding.on(2017, 7, 5)
    told = found(deciding, chosen)
    assert [one.month for one in told.months] == ["2017-04", "2017-06"]
    assert told.total.earned == 76_000
    deciding.product.kpis.get(key="money").actuals.filter(period=date(2017, 6, 1)).update(partial=True)
    assert [one.month for one in found(deciding, chosen).months] == ["2017-04"]


def test_while_the_money_of_its_months_is_not_known_that_is_the_reason(chosen, deciding):
    deciding.on(2017, 6, 5)
    assert found(deciding, chosen).total == Unknown("Money is not known for 2017-04 to 2017-05")


def test_its_months_end_where_the_champion_changes_again(chosen, deciding):
    deciding.brought(SPRING)
    deciding.on(2017, 7, 5)
    third = deciding.candidate("third", -0.04)
    made = direct.promote(deciding.people["manager"], third.version, run=third)
    for day, months in (
        (datetime(2017, 6, 2, tzinfo=UTC), ["2017-04", "2017-05"]),
        (datetime(2017, 4, 2, tzinfo=UTC), []),
    ):
        Decision.objects.filter(pk=made.pk).update(signed_at=day)
        told = found(deciding, chosen)
        assert [one.month for one in told.months] == months
        assert (told.coming, told.until, told.by.number) == ("", day.date(), made.number)
    assert told.total == Unknown(f"decision {made.number} changed the champion again before a whole month was over")
    assert found(deciding, made).total == Unknown(outcomes.NO_TERMS)


def test_one_that_was_taken_back_before_a_whole_month_says_so(chosen, deciding):
    people = deciding.people
    back = decisions.revert(people["manager"], chosen, reason="complaints")
    assert found(deciding, back) is None
    decisions.sign(people["executive"], back, seen=back.digest)
    Decision.objects.filter(pk=back.pk).update(signed_at=datetime(2017, 4, 28, tzinfo=UTC))
    deciding.brought(SPRING)
    deciding.on(2017, 7, 5)
    told = found(deciding, chosen)
    assert told.total == Unknown(f"decision {back.number} took it back before a whole month was over")


def test_without_a_projection_nothing_was_promised(world, rows, monkeypatch):
    world.product.projection.delete()
    deciding = Deciding(world, rows, monkeypatch)
    deciding.on(2017, 3, 10)
    run = deciding.candidate("second", 0.03)
    deciding.terms()
    assert found(deciding, deciding.signed(run, 2017, 3, 10)).total == Unknown(outcomes.NO_PROMISE)


def test_money_that_nobody_counts_is_what_the_decisions_of_its_champion_were_worth(deciding, world, rows):
    manager = deciding.people["manager"]
    chosen = deciding.signed(EvaluationRun.objects.get(name="second"), 2017, 3, 10)
    deciding.on(2017, 6, 2)
    assert found(deciding, chosen).total.reason == (
        "what 2017-04 to 2017-05 earned is not known: the champion's rows are of 2016-10 to 2017-01; a run of it "
        "on rows of these months tells"
    )
    later = rows(shift=0.03)
    later["event_time"] += pd.DateOffset(months=6)
    promotion.accept(manager, deciding.candidate("newer", 0, later, "second"))
    assert found(deciding, chosen).total.reason.endswith(
        "Bookings is known for 2015-01 to 2017-02: they share no month"
    )
    months = [(date(2017, month, 1), Decimal(1000 + month)) for month in (3, 4, 5)]
    kpis.import_actuals(manager, world.volume, values=months, source="arrivals")
    assert found(deciding, chosen).total.reason.endswith("it is not computed yet")
    world.compute()
    told = found(deciding, chosen)
    assert [one.month for one in told.months] == ["2017-04", "2017-05"]
    worth = RevenueResult.objects.filter(kind="realised", period__in=[date(2017, 4, 1), date(2017, 5, 1)])
    assert told.total.earned == pytest.approx(sum(row.point for row in worth))

    # by the yardstick of the promise, whatever mapping is in force now
    second = world.second_version()
    mappings.approve(manager, second, seen=second.digest)
    world.compute()
    assert found(deciding, chosen).total.earned == told.total.earned


def test_queries_grow_neither_with_decisions_nor_with_products(chosen, deciding, make_product):
    deciding.brought(SPRING)
    deciding.on(2017, 7, 5)

    def asked(*slugs):
        with CaptureQueriesContext(connection) as asked:
            several = Known.of(Product.objects.filter(slug__in=slugs))
            came(several, outcomes.outcomes(several))
        return len(asked)

    make_product("Another")
    few = asked(deciding.product.slug, "another")
    third = deciding.candidate("third", -0.04)
    deciding.signed(third, 2017, 5, 31)
    deciding.signed(EvaluationRun.objects.get(name="first"), 2017, 6, 30)
    make_product("A third")
    assert asked(deciding.product.slug, "another", "a-third") <= few
