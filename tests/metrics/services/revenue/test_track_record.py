"""The track record of stored projections: scored as made, corrected once where a bias is proven."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from metrics.core.calendar import later
from metrics.core.documents import digest as digest_of
from metrics.core.estimate import Unknown
from metrics.models.revenue import Correction, RevenueResult
from metrics.models.work import Change
from metrics.queries.documents.known import Known
from metrics.queries.revenue import outlook as revenue_queries
from metrics.queries.revenue.track_record import track_record
from metrics.services.kpi import kpis, mappings
from metrics.services.revenue import projections
from metrics.services.revenue.track_record import correct

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted(world):
    """The world with a KPI for the money that came."""
    manager = world.people["manager"]
    world.money = kpis.create_kpi(manager, world.product, key="money", name="Money", unit="EUR", aggregation="sum")
    growth = world.product.assumptions.get(key="growth")
    projections.set_projection(
        manager, world.product, value_kpi=world.value, volume_kpi=world.volume, revenue_kpi=world.money, growth=growth
    )
    world.compute()
    return world


def brought(world, amounts):
    values = [(date.fromisoformat(f"{month}-01"), Decimal(f"{amount:.2f}")) for month, amount in amounts.items()]
    kpis.import_actuals(world.people["manager"], world.money, values=values, source="ledger")


def made_before(world, months, high, *, corrected=False, ahead=1):
    """Projections of so many months ahead, made month after month in the past, that ran high by a share."""
    rng = np.random.default_rng(1)
    rows = []
    for month in months:
        document = {"kind": "revenue", "figure": month, "made": f"{ahead} before"}
        point = 1000 * (1 + high) * float(np.exp(0.03 * rng.normal()))
        rows.append(
            RevenueResult(
                product=world.product, kind="projected", period=date.fromisoformat(f"{month}-01"), unit="EUR",
                digest=digest_of(document), document=document, point=point,
                detail={"made": later(month, -ahead), "mapping": world.version.digest, "corrected": corrected},
            )
        )  # fmt: skip
    RevenueResult.objects.bulk_create(rows)


MONTHS = [later("2015-06", step) for step in range(12)]


def test_before_any_month_has_come_the_record_is_empty_and_names_the_first(counted):
    found = track_record(Known(counted.product))
    assert found.record.scores == ()
    assert isinstance(found.record.bias, Unknown)
    assert found.first == "2017-03"


def test_a_projected_month_is_scored_when_its_money_is_known(counted):
    month = revenue_queries.outlook(Known(counted.product)).months[0]
    brought(counted, {month.period: month.quantity.point / 1.1})
    counted.compute()
    found = track_record(Known(counted.product)).record
    (score,) = found.scores
    assert (score.month, score.made, score.horizon) == (month.period, "2017-02", 1)
    assert found.bias.point == pytest.approx(0.1, abs=1e-4)
    assert found.inside[0.95].of == 1


def test_without_a_kpi_of_its_own_the_money_is_what_decisions_were_worth(world):
    found = track_record(Known(world.product))
    realised = {month.period: month.quantity.point for month in revenue_queries.outlook(Known(world.product)).realised}
    assert found.money == pytest.approx(realised)


def test_a_planted_bias_of_12_per_cent_is_corrected_once_and_the_figure_follows(counted):
    before = revenue_queries.outlook(Known(counted.product)).total
    made_before(counted, MONTHS, high=0.12)
    brought(counted, dict.fromkeys(MONTHS, 1000.0))
    counted.compute()
    row = Correction.objects.get()
    assert row.factor == pytest.approx(1 / 1.12, abs=0.02)
    assert row.scores == 12
    after = revenue_queries.outlook(Known(counted.product)).total
    assert after.point == pytest.approx(before.point * row.factor, rel=1e-9)
    assert "past projections ran 1" in Change.objects.filter(actor="track record").get().text
    assert (
        Change.objects.filter(actor="track record").get().after
        == revenue_queries.outlook(Known(counted.product)).receipt
    )
    assert correct(counted.product) is None


def test_projections_that_were_right_are_left_alone(counted):
    made_before(counted, MONTHS, high=0.0)
    brought(counted, dict.fromkeys(MONTHS, 1000.0))
    counted.compute()
    assert not Correction.objects.exists()


def test_corrected_projections_prove_nothing(counted):
    made_before(counted, MONTHS, high=0.12, corrected=True)
    brought(counted, dict.fromkeys(MONTHS, 1000.0))
    counted.compute()
    assert not Correction.objects.exists()


def test_another_version_of_the_mapping_starts_a_record_of_its_own(counted):
    made_before(counted, MONTHS, high=0.12)
    brought(counted, dict.fromkeys(MONTHS, 1000.0))
    counted.compute()
    version = counted.second_version()
    mappings.approve(counted.people["manager"], version, seen=version.digest)
    counted.compute()
    found = track_record(Known(counted.product))
    assert (found.record.scores, found.correction) == ((), None)
    assert (
        "correction"
        not in RevenueResult.objects.get(digest=revenue_queries.outlook(Known(counted.product)).receipt).document
    )


def test_a_product_without_a_projection_has_no_record(product):
    assert track_record(Known(product)) is None


def test_a_discounted_month_is_scored_on_its_own_money(counted):
    manager = counted.people["manager"]
    rate = kpis.create_assumption(
        manager, counted.product, key="discount", name="Discount", unit="share",
        distribution={"kind": "point", "value": 0.21}, owner="finance", source="board",
    )  # fmt: skip
    plain = revenue_queries.outlook(Known(counted.product))
    projections.set_projection(
        manager, counted.product, value_kpi=counted.value, volume_kpi=counted.volume, revenue_kpi=counted.money,
        growth=counted.product.assumptions.get(key="growth"), discount=rate.assumption,
    )  # fmt: skip
    counted.compute()
    cheaper = revenue_queries.outlook(Known(counted.product))
    assert cheaper.months[11].quantity.point == pytest.approx(plain.months[11].quantity.point / 1.21, rel=1e-9)
    brought(counted, {cheaper.months[11].period: 1000.0})
    scored = track_record(Known(counted.product)).record.scores[-1]
    assert scored.projected.point == pytest.approx(plain.months[11].quantity.point, rel=1e-9)
