"""Rows of one customer have values and no band: the reason goes with every figure made of them, to every door."""

import re
from datetime import date

import numpy as np
import pytest

from kpiplatform.client import printing
from metrics.core.estimate import Estimate
from metrics.core.evaluation.statistics.bootstrap import ONE_BLOCK
from metrics.core.offline.archive import read
from metrics.core.offline.verifying import verified
from metrics.models.evaluation import MetricResult
from metrics.models.kpi import KPIResult
from metrics.models.revenue import RevenueResult
from metrics.queries.documents.known import Known
from metrics.queries.receipts import receipts
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.portfolio import portfolio
from metrics.services.evaluation import promotion
from metrics.services.recompute import verification
from metrics.services.recompute.export import exported
from tests.world import World, bookings

pytestmark = pytest.mark.django_db
HOME = "/api/v1/products/cancellation-calls"


@pytest.fixture
def house(product, people, log, compute):
    """The chain of `World`, where one customer made all bookings of the champion."""

    def of_one_customer(actor, product, frame, **manifest):
        return log(actor, product, frame.assign(cluster_id="c1"), **manifest)

    return World(product, people, of_one_customer, compute)


def test_what_is_stored_says_why_and_is_verified(house) -> None:
    metric = MetricResult.objects.get(run=house.run, metric="roc_auc")
    value, total = (
        KPIResult.objects.get(newest=True),
        RevenueResult.objects.get(document__figure="total", document__kind="revenue"),
    )
    for row in (metric, value, total):
        assert (row.point is None, row.draws, row.low95, row.no_band) == (False, None, None, ONE_BLOCK)
        found = verification.verified(row.digest)
        assert (found["verdict"], found["differences"]) == ("equal", [])
        assert found["value"]["no_band"] == ONE_BLOCK
    KPIResult.objects.filter(pk=value.pk).update(no_band="it is Sunday")
    message = verification.verified(value.digest)["differences"][0]["message"]
    assert message == f"no_band: printed 'it is Sunday', computed '{ONE_BLOCK}'"


def test_a_total_has_a_point_and_no_band_and_its_chance_is_unknown(house) -> None:
    found = outlook(Known(house.product))
    assert isinstance(found.total, Estimate)
    assert (found.total.draws, found.total.no_band) == (None, ONE_BLOCK)
    assert (found.chance, found.no_chance) == (None, ONE_BLOCK)
    together = portfolio(house.people["manager"], today=date(2017, 3, 10), currency="EUR")
    assert (together.total.point, together.total.no_band) == (pytest.approx(found.total.point), ONE_BLOCK)


def test_the_api_and_the_command_line_say_why(house, api, scientist) -> None:
    client = api(scientist)
    metric = client.get(f"/api/v1/runs/{house.run.pk}/").json()["metrics"]["roc_auc"]
    assert (metric["low"], metric["high"], metric["no_band"]) == (None, None, ONE_BLOCK)
    assert printing.figure(metric) == f"{metric['point']:.4f} (no band: {ONE_BLOCK})"
    projection = client.get(f"{HOME}/projection/").json()
    assert projection["total"]["no_band"] == ONE_BLOCK
    assert (projection["chance"], projection["no_chance"]) == (None, ONE_BLOCK)


def test_pages_show_it_where_the_band_would_be(house, client, manager) -> None:
    client.force_login(manager)
    home = "/p/cancellation-calls"
    for address in (f"{home}/runs/{house.run.pk}/", f"{home}/", f"{home}/kpis/"):
        page = client.get(address).content.decode()
        assert f"no band: {ONE_BLOCK}" in re.sub(r"\s+", " ", page), address
        assert "80 % band <b>" not in page, address


def test_two_runs_without_bands_differ_by_a_point_and_no_verdict_is_told(house, client, api, scientist) -> None:
    other = house.log(
        scientist, house.product, bookings(shift=0.1), version="two", name="second", where={"split": "test"}
    )
    house.compute()
    query = f"run={house.run.pk}&run={other.pk}"
    (against,) = api(scientist).get(f"/api/v1/runs/compare/?{query}").json()["runs"]
    (row,) = [row for row in against["metrics"] if row["key"] == "log_loss"]
    assert row["difference"]["point"] == pytest.approx(row["run"]["point"] - row["base"]["point"])
    assert (row["difference"]["no_band"], row["probability_better"], row["verdict"]) == (ONE_BLOCK, None, "cannot tell")
    client.force_login(scientist)
    page = re.sub(r"\s+", " ", client.get(f"/p/cancellation-calls/compare/?{query}").content.decode())
    assert f"No band: {ONE_BLOCK}" in page


def test_an_exported_receipt_computes_the_reason_again_offline(house, tmp_path) -> None:
    row = RevenueResult.objects.get(document__figure="total", document__kind="revenue")
    path = tmp_path / "receipt.zip"
    path.write_bytes(exported(receipts.receipt(house.people["manager"], row.digest)))
    found = verified(read(path))
    assert (found["verdict"], found["recomputed"]["no_band"]) == ("equal", ONE_BLOCK)


def test_rows_that_carry_half_of_the_money_are_counted_with_a_band_and_without(
    product, people, log, compute, client, scientist
) -> None:
    random = np.random.default_rng(4)

    def amounts_of(amounts):
        def logged(actor, product, frame, **manifest):
            return log(actor, product, frame.assign(value=amounts.round(2)), **manifest)

        return logged

    house = World(product, people, amounts_of(random.uniform(5, 15, 1200)), compute)
    client.force_login(scientist)
    assert "carry half" not in client.get(f"/p/cancellation-calls/runs/{house.run.pk}/").content.decode()
    large = random.permutation(np.repeat([1.0, 0.01], [60, 1140])) * random.uniform(900, 1100, 1200)
    for version, amounts, printed in (("large", large, True), ("heavy", random.lognormal(4, 2.5, 1200), False)):
        where = {"split": "test"}
        made = amounts_of(amounts)(scientist, product, bookings(), version=version, name=version, where=where)
        compute()
        promotion.promote(people["manager"], made.version)
        compute()
        kpi = KPIResult.objects.get(run=made, newest=True)
        page = client.get(f"/p/cancellation-calls/runs/{made.pk}/").content.decode()
        carried, rows = re.search(r"(\d+) of (\d+) rows carry half of value", page).groups()
        assert int(carried) < 0.05 * int(rows)
        assert (kpi.draws is not None) == printed
        assert kpi.no_band.endswith("too heavy for a band") != printed
