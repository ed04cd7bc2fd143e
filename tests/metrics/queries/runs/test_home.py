"""A data scientist's home: what was logged in each product, and the newest runs over all of them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from metrics.models.evaluation import EvaluationRun, Model, ModelVersion
from metrics.queries.runs.home import recent, summaries

pytestmark = pytest.mark.django_db
NOON = datetime(2017, 1, 1, 12, tzinfo=UTC)


def logged(product, scientist, hours: list[int]) -> list[EvaluationRun]:
    model, _ = Model.objects.get_or_create(product=product, key="gbm", name="gbm")
    version, _ = ModelVersion.objects.get_or_create(model=model, name="1", defaults={"state": "champion"})
    return [
        EvaluationRun.objects.create(
            product=product,
            version=version,
            name=f"{product.slug} {hour}",
            created_at=NOON + timedelta(hours=hour),
            created_by=scientist,
        )
        for hour in hours
    ]


def test_the_newest_runs_are_those_of_all_products_together(product, make_product, scientist) -> None:
    other, small, empty = (make_product(name) for name in ("Deposits", "Upgrades", "Nothing yet"))
    runs = logged(product, scientist, [1, 5, 6, 7, 20]) + logged(other, scientist, list(range(8, 19)))
    runs += logged(small, scientist, [0, 19])
    assert not logged(empty, scientist, [])
    newest = sorted(runs, key=lambda run: run.created_at, reverse=True)
    for limit in (1, 3, 8, 11, 12, 100):
        assert recent(scientist, limit) == newest[:limit]


def test_somebody_else_s_products_are_not_in_it(product, make_product, scientist, outsider, manager) -> None:
    logged(product, scientist, [1])
    assert recent(outsider) == []
    assert summaries(outsider) == []
    assert [run.name for run in recent(manager)] == ["cancellation-calls 1"]


def test_a_product_tells_how_many_runs_the_newest_and_its_champions(product, make_product, scientist) -> None:
    logged(product, scientist, [3, 9, 1])
    make_product("Deposits")
    found = {one.product.slug: one for one in summaries(scientist)}
    calls, deposits = found["cancellation-calls"], found["deposits"]
    assert (calls.runs, str(calls.newest), [str(one) for one in calls.champions]) == (3, "cancellation-calls 9", ["1"])
    assert (deposits.runs, deposits.newest, deposits.champions) == (0, None, ())


def test_neither_takes_more_queries_for_more_products_or_runs(product, make_product, scientist) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            recent(scientist)
            summaries(scientist)
        return len(queries)

    logged(product, scientist, [1])
    few = count()
    for name in ("Deposits", "Upgrades"):
        logged(make_product(name), scientist, list(range(12)))
    assert count() == few <= 6
