"""The runs table by value: the newest value under the mapping in force, beside the champion alone."""

import pytest

from metrics.models.kpi import KPIResult
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import foremost, in_money
from metrics.queries.runs.filters import Wanted
from metrics.queries.runs.order import Order
from metrics.services.evaluation import runs
from metrics.services.kpi import kpis

pytestmark = pytest.mark.django_db


@pytest.fixture
def valued(world, rows):
    """The world's champion with two more runs on its rows, one on others, and one that only reports a metric."""
    scientist, product = world.people["scientist"], world.product
    for name, shift in (("higher", 0.1), ("lower", -0.3)):
        world.log(scientist, product, rows(shift=shift), version=name, name=name, where={"split": "test"})
    world.log(scientist, product, rows(600), version="other", name="elsewhere")
    runs.log_run(
        scientist, product, manifest={"model": "m", "version": "r", "name": "reported", "metrics": {"brier": 0.1}}
    )
    world.compute()
    return world


def by_value(product, *, down: bool = True, **asked) -> list[str]:
    wanted = Wanted(sort="-value" if down else "value", **asked)
    order = Order(product, wanted, champion=foremost(Known(product)), version=in_money(Known(product)))
    names = dict(product.runs.values_list("pk", "name"))
    return [names[key] for key in order.page(size=50).keys]


def values(world) -> dict[str, float]:
    """Name → value, as the newest result of each run says."""
    rows = KPIResult.objects.filter(version=world.version, point__isnull=False).order_by("known_at")
    return {row.run.name: row.point for row in rows.select_related("run")}


def test_the_most_valuable_is_first_and_what_may_not_be_ranked_is_last(valued) -> None:
    found = values(valued)
    assert len({found[name] for name in ("first", "higher", "lower")}) == 3
    ranked = sorted(("first", "higher", "lower"), key=lambda name: -found[name])
    assert by_value(valued.product) == [*ranked, "reported", "elsewhere"]
    assert by_value(valued.product, down=False) == [*ranked[::-1], "reported", "elsewhere"]


def test_filters_narrow_it(valued) -> None:
    assert by_value(valued.product, text="higher") == ["higher"]
    assert by_value(valued.product, model="m") == ["reported"]
    assert set(by_value(valued.product, comparable=True)) == {"first", "higher", "lower"}


def test_a_new_assumption_makes_new_values_the_newest_and_the_order_follows(valued) -> None:
    before = values(valued)
    unsold = valued.product.assumptions.get(key="unsold_share")
    distribution = {"kind": "interval90", "low": 0.2, "high": 0.24}
    kpis.update_assumption(valued.people["manager"], unsold, distribution=distribution)
    valued.compute()
    after = values(valued)
    assert len({after[name] for name in ("first", "higher", "lower")}) == 3
    assert after["first"] != before["first"]
    newest = KPIResult.objects.filter(version=valued.version, newest=True)
    assert newest.count() == newest.values("run").distinct().count() == 4  # the reported one is of another model
    assert {row.run.name: row.point for row in newest if row.point is not None} == after
    ranked = sorted(("first", "higher", "lower"), key=lambda name: -after[name])
    assert by_value(valued.product)[:3] == ranked
