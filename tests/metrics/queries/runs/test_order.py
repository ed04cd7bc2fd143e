"""Which runs stand on a page of the runs table, and in which order, beside the same said in plain Python."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from metrics.models.evaluation import DataSet, EvaluationRun, MetricResult, Model, ModelVersion
from metrics.queries.runs import order as run_order
from metrics.queries.runs.filters import Range, Wanted
from metrics.queries.runs.order import Order
from metrics.queries.runs.text import run_text

pytestmark = pytest.mark.django_db
FIRST = datetime(2017, 1, 1, 12, tzinfo=UTC)
N = 60


@pytest.fixture
def fleet(product, scientist) -> list[EvaluationRun]:
    """Sixty runs a day apart, of three models; roc_auc of most (with ties), ece of a few, some superseded figures."""
    chance = random.Random(3)
    models = [
        Model.objects.create(product=product, key=name.lower(), name=name) for name in ("Forest", "gbm", "linear")
    ]
    versions = [ModelVersion.objects.create(model=model, name=f"{n}") for model in models for n in (1, 2)]
    versions[3].state = "champion"
    versions[3].save()
    sets = [
        DataSet.objects.create(product=product, name=name, number=number, digest=digest * 32, n_rows=9)
        for name, number, digest in (("winter", 1, "a"), ("winter", 2, "b"), ("summer", 1, "a"))
    ]
    runs = []
    for number in range(N):
        run = EvaluationRun(
            product=product,
            version=versions[number % 6],
            data_set=sets[number % 3] if number % 5 else None,
            name=f"run {chance.randrange(1000)}",
            state="withdrawn" if number % 11 == 0 else "scored",
            withdrawn_reason="x" if number % 11 == 0 else "",
            manifest={"parameters": {"Depth": number % 4}, "code_commit": f"c0ffee{number:02}"},
            created_at=FIRST + timedelta(days=number),
            created_by=scientist,
        )
        run.search = run_text(run)
        runs.append(run)
    EvaluationRun.objects.bulk_create(runs)
    for number, run in enumerate(runs):
        run.figures = {}
        if number % 7:
            figure(run, "roc_auc", round(chance.random(), 1))
        if number % 9 == 0:
            figure(run, "ece", chance.random())
        if number % 4 == 0:  # an older figure of the same metric, and one that nobody could compute
            figure(run, "roc_auc", 7.0, newest=False)
            figure(run, "brier", None)
    return runs


def figure(run: EvaluationRun, metric: str, point: float | None, *, newest: bool = True) -> None:
    MetricResult.objects.create(
        product=run.product,
        run=run,
        metric=metric,
        newest=newest,
        digest=f"{run.pk}{metric}{newest}",
        document={},
        point=point,
        unknown_reason="" if point is not None else "no labels",
    )
    if newest and point is not None:
        run.figures[metric] = point


def keys(product, size: int = N, champion: EvaluationRun | None = None, **asked) -> list[str]:
    return list(Order(product, Wanted(**asked), champion=champion).page(size=size).keys)


def expected(runs: list[EvaluationRun], metric: str, *, down: bool) -> list[str]:
    """Known figures in order, ties by key; then, newest first, the runs without one."""
    known = sorted((run.figures[metric], run.pk) for run in runs if metric in run.figures)
    rest = sorted((run for run in runs if metric not in run.figures), key=lambda run: run.created_at, reverse=True)
    return [pk for _, pk in (reversed(known) if down else known)] + [run.pk for run in rest]


@pytest.mark.parametrize("metric", ["roc_auc", "ece", "brier", "never_reported"])
@pytest.mark.parametrize("down", [True, False])
def test_runs_by_a_metric_have_unknown_figures_last_both_ways(fleet, product, metric: str, down: bool) -> None:
    assert keys(product, sort=f"{'-' if down else ''}{metric}") == expected(fleet, metric, down=down)


@pytest.mark.parametrize("sort", ["-roc_auc", "ece", "-created", "created", "name", "-name", "-brier"])
@pytest.mark.parametrize("size", [7, 20])
def test_pages_hold_every_run_once_in_the_order_of_the_whole(fleet, product, sort: str, size: int) -> None:
    whole = keys(product, sort=sort)
    assert len(set(whole)) == N
    paged = []
    for page in range(1, N // size + 2):
        found = Order(product, Wanted(sort=sort, page=page)).page(size=size)
        assert found.more == (page * size < N)
        assert (found.start, found.count, found.over) == ((page - 1) * size, N, False)
        paged += found.keys
    assert paged == whole


def test_a_page_beyond_the_last_is_empty_and_says_how_many_there_are(fleet, product) -> None:
    for sort in ("-created", "-roc_auc"):
        found = Order(product, Wanted(sort=sort, page=99)).page(size=20)
        assert (found.keys, found.more, found.count) == ((), False, N)


def test_by_date_and_by_name(fleet, product) -> None:
    by_date = [run.pk for run in sorted(fleet, key=lambda run: run.created_at)]
    assert keys(product, sort="created") == by_date
    assert keys(product, sort="-created") == keys(product) == by_date[::-1]
    assert keys(product, sort="name") == [run.pk for run in sorted(fleet, key=lambda run: (run.name, run.pk))]


FILTERS = [
    ({"model": "gbm"}, lambda run: run.version.model.name == "gbm"),
    ({"model": "no such model"}, lambda run: False),
    ({"state": "champion"}, lambda run: run.version.state == "champion"),
    ({"state": "withdrawn"}, lambda run: run.state == "withdrawn"),
    ({"task": "ranking"}, lambda run: False),
    ({"data": "winter@2"}, lambda run: run.data_set is not None and str(run.data_set) == "winter v2"),
    ({"data": "winter"}, lambda run: run.data_set is not None and run.data_set.name == "winter"),
    ({"since": date(2017, 1, 11)}, lambda run: run.created_at >= datetime(2017, 1, 11, tzinfo=UTC)),
    ({"until": date(2017, 1, 11)}, lambda run: run.created_at < datetime(2017, 1, 12, tzinfo=UTC)),
    ({"text": "FOREST"}, lambda run: run.version.model.name == "Forest"),
    ({"text": "depth=3 gbm"}, lambda run: run.manifest["parameters"]["Depth"] == 3 and run.version.model.name == "gbm"),
    ({"text": "C0FFEE17"}, lambda run: run.manifest["code_commit"] == "c0ffee17"),
    ({"text": "100% _"}, lambda run: False),
    ({"ranges": (Range("roc_auc", ">", 0.5),)}, lambda run: run.figures.get("roc_auc", 0) > 0.5),
    ({"ranges": (Range("roc_auc", ">=", 0.5),)}, lambda run: run.figures.get("roc_auc", 0) >= 0.5),
    ({"ranges": (Range("roc_auc", "<", 0.3),)}, lambda run: run.figures.get("roc_auc", 1) < 0.3),
    ({"ranges": (Range("roc_auc", "<=", 0.3),)}, lambda run: run.figures.get("roc_auc", 1) <= 0.3),
    ({"ranges": (Range("roc_auc", "=", 0.4),)}, lambda run: run.figures.get("roc_auc") == 0.4),
    ({"ranges": (Range("roc_auc", ">", 5.0),)}, lambda run: False),
    (
        {"ranges": (Range("roc_auc", ">", 0.2), Range("ece", "<", 0.6)), "model": "gbm"},
        lambda run: (
            run.figures.get("roc_auc", 0) > 0.2 and run.figures.get("ece", 1) < 0.6 and run.version.model.name == "gbm"
        ),
    ),
]


@pytest.mark.parametrize(("asked", "holds"), FILTERS, ids=[str(asked) for asked, _ in FILTERS])
@pytest.mark.parametrize("sort", ["-created", "-roc_auc", "ece"])
def test_a_filter_keeps_the_runs_that_meet_it_in_every_order(fleet, product, asked, holds, sort: str) -> None:
    left = [run for run in fleet if holds(run)]
    found = Order(product, Wanted(**asked, sort=sort)).page(size=N)
    if sort == "-created":
        assert list(found.keys) == [run.pk for run in reversed(left)]
    else:
        assert list(found.keys) == expected(left, sort.removeprefix("-"), down=sort[0] == "-")
    assert (found.count, found.more) == (len(left), False)


def test_comparable_runs_have_the_champions_digest_whatever_the_name_of_the_data(fleet, product) -> None:
    champion = next(run for run in fleet if run.data_set is not None and run.data_set.name == "summer")
    found = keys(product, champion=champion, comparable=True)
    assert sorted(found) == sorted(run.pk for run in fleet if run.data_set and run.data_set.digest == "a" * 32)


def test_days_are_days_where_the_product_is(fleet, product) -> None:
    product.time_zone = "Pacific/Kiritimati"  # 14 hours ahead: noon in London is the next day there
    assert len(keys(product, until=date(2017, 1, 1))) == 0
    assert len(keys(product, since=date(2017, 1, 2), until=date(2017, 1, 2))) == 1


def test_matching_runs_are_counted_up_to_a_bound(fleet, product, monkeypatch) -> None:
    monkeypatch.setattr(run_order, "COUNTED", 10)
    found = Order(product, Wanted(state="scored")).page(size=5)
    assert (found.count, found.over, found.more) == (10, True, True)
    deep = Order(product, Wanted(state="scored", page=4)).page(size=5)
    assert (deep.count, deep.over) == (20, True)  # as many as one has seen by then
    last = Order(product, Wanted(state="withdrawn")).page(size=50)
    assert (last.count, last.over) == (6, False)


def test_a_renamed_model_is_found_under_its_new_name(fleet, product) -> None:
    Model.objects.filter(name="gbm").update(name="Boosting")
    assert keys(product, text="gbm") == []
    assert len(keys(product, text="boosting")) == N // 3


def test_runs_of_another_product_never_come_in(fleet, product, make_product) -> None:
    other = make_product("Deposits")
    for sort in ("-created", "-roc_auc", "name", "-value"):
        assert keys(other, sort=sort) == []


def test_a_page_by_a_metric_walks_one_index_and_sorts_nothing(fleet, product) -> None:
    with CaptureQueriesContext(connection) as queries:
        Order(product, Wanted(sort="-roc_auc")).page(size=10, total=N)
    assert len(queries) == 1
    plan = plan_of(queries[0]["sql"])
    assert "runs_by_a_metric" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def plan_of(sql: str) -> str:
    """What the database would do; on PostgreSQL as over many rows, where it does not read them all."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {sql}")
        return " ".join(str(row) for row in cursor.fetchall())
