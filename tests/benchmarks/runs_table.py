"""The runs table over 100,000 runs with 20 reported metrics each, on PostgreSQL: ms a page, in the database and whole.

    python tests/benchmarks/runs_table.py [--runs 100000] [--keep | --use DATABASE]

A scratch database is made beside the one of TEST_DATABASE_URL (default: the local server) and dropped at the end. Each
line is the best of seven requests of one kind, after one that warms the caches (the best, for other work on the
machine only ever adds): the whole answer of the server, what of it the database took (all queries, as the server sees
them), the processor time of the server alone, how many queries, and the time that PostgreSQL gives under EXPLAIN
ANALYZE for the slowest of them. Target: the top 50 by any metric within 30 ms in the database, a page within 150 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from metrics.core.estimate import Estimate
from tests.places import ROOT

SERVER = os.environ.get("TEST_DATABASE_URL") or "postgresql://postgres@127.0.0.1:5432/postgres"
SCRATCH = f"kpi_runs_table_{os.getpid()}"
BUILT_IN = ("roc_auc", "log_loss", "brier", "ece")
METRICS = (*BUILT_IN, *(f"figure_{number:02}" for number in range(5, 21)))
SELDOM = "seldom"  # reported by every fourth run: its unknown figures come last
MODELS, VERSIONS_A_MODEL, PARAMETERS, REPEATS = 40, 500, 10, 7
SLUG = "calls"
TARGET_DATABASE, TARGET_PAGE = 30.0, 150.0


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--runs", type=int, default=100_000)
    asked.add_argument("--keep", action="store_true", help="leave the scratch database there")
    asked.add_argument("--use", default="", help="measure in the database that an earlier run left there")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.use:
            start(Path(folder), given.use)
            report(given.runs)
            return
        with scratch(keep=given.keep):
            start(Path(folder), SCRATCH)
            began = time.perf_counter()
            fill(given.runs)
            print(f"{given.runs:,} runs x {len(METRICS)} metrics filled in {time.perf_counter() - began:.0f} s")
            report(given.runs)


@contextmanager
def scratch(*, keep: bool) -> Iterator[None]:
    import psycopg

    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {SCRATCH}")
        try:
            yield
        finally:
            from django.db import connections

            connections.close_all()
            if keep:
                print(f"kept: database {SCRATCH}")
            else:
                server.execute(f"DROP DATABASE {SCRATCH} WITH (FORCE)")


def start(folder: Path, database: str) -> None:
    """Django on a database, its tables made."""
    sys.path.insert(0, str(ROOT))
    os.environ |= {"DJANGO_SETTINGS_MODULE": "kpiplatform.settings", "VAR_DIR": str(folder)}
    for name in ("DATABASE_URL", "REDIS_URL", "KPI_PRODUCTION"):
        os.environ.pop(name, None)
    import django
    from django.conf import settings

    parts = urlsplit(SERVER)
    settings.DATABASES["default"] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database,
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
    }
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.DEBUG = False
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def fill(n_runs: int) -> None:
    """A product with its people, models and versions, and its runs, by COPY."""
    from django.db import connection
    from django.utils import timezone

    from metrics.models.evaluation import ChampionRun, Metric, Model, ModelVersion
    from metrics.models.product import Membership, Product, User

    scientist = User.objects.create_user("scientist")
    product = Product.objects.create(slug=SLUG, name="Calls", currency="EUR", seed=11, created_by=scientist)
    Membership.objects.create(product=product, user=scientist, role="data_scientist")
    for key in (*METRICS[len(BUILT_IN) :], SELDOM):
        Metric.objects.create(product=product, key=key, name=key, direction="up")
    models = Model.objects.bulk_create(
        [Model(product=product, key=f"model_{number}", name=f"model {number}") for number in range(MODELS)]
    )
    versions = ModelVersion.objects.bulk_create(
        [ModelVersion(model=model, name=f"v{number}") for model in models for number in range(VERSIONS_A_MODEL)]
    )
    ModelVersion.objects.filter(pk=versions[7].pk).update(state="champion")
    first = timezone.now() - timedelta(seconds=60 * n_runs)
    made = [made_run(number, product, scientist, versions, first) for number in range(n_runs)]
    copy(connection, "metrics_evaluationrun", made)
    ChampionRun.objects.create(version=versions[7], run=made[7], act="promoted")
    copy(connection, "metrics_metricresult", (row for run in made for row in results(run, product)))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def made_run(number: int, product: Any, scientist: Any, versions: list[Any], first: Any) -> Any:

    from metrics.models.evaluation import EvaluationRun
    from metrics.queries.runs.text import run_text

    chance = random.Random(number)
    keys = (*METRICS, SELDOM) if number % 4 == 0 else METRICS
    run = EvaluationRun(
        product=product,
        version=versions[number % len(versions)],
        name=f"run {number:06}",
        state="scored",
        created_at=first + timedelta(seconds=60 * number),
        created_by=scientist,
        reported={key: {"value": chance.random(), "standard_error": None, "unit": ""} for key in keys},
        manifest={
            "seed": number,
            "code_commit": f"{chance.getrandbits(160):040x}",
            "parameters": {f"parameter_{index}": chance.randrange(1000) for index in range(PARAMETERS)},
        },
    )
    run.search = run_text(run)
    return run


def results(run: Any, product: Any) -> Iterator[Any]:

    from metrics.models.evaluation import MetricResult
    from metrics.queries.documents import evaluation
    from metrics.queries.documents.book import Book
    from metrics.services.writing.ledger import fields

    book = Book()
    for key, given in run.reported.items():
        document = book[evaluation.metric(book, run, key)]
        yield MetricResult(product=product, run=run, metric=key, **fields(document, Estimate(given["value"])))


def copy(connection: Any, table: str, rows: Any) -> None:
    """Write model instances as PostgreSQL's COPY takes them."""
    rows = iter(rows)
    one = next(rows)
    columns = one._meta.concrete_fields
    names = ", ".join(f'"{field.column}"' for field in columns)

    def values(row: Any) -> list[Any]:
        found = [getattr(row, field.attname) for field in columns]
        return [json.dumps(value) if isinstance(value, dict | list) else value for value in found]

    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as sink:
        sink.write_row(values(one))
        for row in rows:
            sink.write_row(values(row))


def report(n_runs: int) -> None:
    from django.test import Client

    from metrics.models.product import User
    from metrics.services.product.tokens import create_token

    scientist = User.objects.get(username="scientist")
    client = Client()
    client.force_login(scientist)
    token = {"HTTP_AUTHORIZATION": f"Bearer {create_token(scientist, name='benchmark')[1]}"}
    print(f"{'':44}{'page':>8}{'database':>10}{'processor':>11}{'queries':>9}{'slowest (EXPLAIN)':>19}   ms")
    missed = [name for name, path in cases(n_runs) if not line(client, name, path, token)]
    print(f"over its target: {', '.join(missed)}" if missed else "every target is met")


def cases(n_runs: int) -> list[tuple[str, str]]:
    """(what, address) of each request."""
    middle = f"run {n_runs // 2:06}"
    deep = n_runs // 50 // 2

    def page(**asked: Any) -> str:
        return f"/p/{SLUG}/runs/?{urlencode(asked)}"

    def api(**asked: Any) -> str:
        return f"/api/v1/products/{SLUG}/runs/?{urlencode(asked)}"

    return [
        ("page: newest first", page(sort="-created")),
        ("page: roc_auc, best first", page(sort="-roc_auc")),
        ("page: log_loss, best first", page(sort="log_loss")),
        ("page: figure_17, lowest first", page(sort="figure_17")),
        ("page: a metric few runs have", page(sort=f"-{SELDOM}")),
        ("page: by name", page(sort="name")),
        ("page: one model, newest first", page(model="model 7", sort="-created")),
        ("page: one model, by roc_auc", page(model="model 7", sort="-roc_auc")),
        ("page: text that one run has, newest first", page(q=middle, sort="-created")),
        ("page: text that many have, by roc_auc", page(q="parameter_3=7", sort="-roc_auc")),
        ("page: roc_auc > 0.8, newest first", page(where="roc_auc > 0.8", sort="-created")),
        ("page: two conditions, by a third metric", page(where="roc_auc > 0.9, ece < 0.1", sort="log_loss")),
        (f"page: number {deep:,}, newest first", page(sort="-created", page=deep)),
        (f"page: number {deep:,}, by roc_auc", page(sort="-roc_auc", page=deep)),
        ("home of the scientist", "/science/"),
        ("API: newest first", api()),
        ("API: top 50 by roc_auc", api(sort="-roc_auc", top=50)),
        ("API: top 50 by roc_auc, that metric alone", api(sort="-roc_auc", top=50, metric="roc_auc")),
        ("API: one model", api(model="model 7")),
    ]


def line(client: Any, name: str, path: str, token: dict[str, str]) -> bool:
    """Measure and print one kind of request; gives whether it is within the targets."""
    from django.db import connection

    def request() -> tuple[float, float, list[tuple[float, str, Any]]]:
        asked: list[tuple[float, str, Any]] = []

        def clock(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            began = time.perf_counter()
            try:
                return execute(sql, params, many, context)
            finally:
                asked.append((1000 * (time.perf_counter() - began), sql, params))

        began, busy = time.perf_counter(), time.process_time()
        with connection.execute_wrapper(clock):
            answer = client.get(path, **(token if path.startswith("/api/") else {}))
        taken, worked = 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - busy)
        assert answer.status_code == 200, (path, answer.status_code, answer.content[:300])
        return taken, worked, asked

    request()
    measured = [request() for _ in range(REPEATS)]
    whole = min(taken for taken, _, _ in measured)
    worked = min(busy for _, busy, _ in measured)
    database, queries = min((sum(ms for ms, _, _ in asked), asked) for _, _, asked in measured)
    _, sql, params = max(queries, key=lambda one: one[0])
    explained = min(explain(connection, sql, params) for _ in range(3))
    print(f"{name:44}{whole:8.1f}{database:10.1f}{worked:11.1f}{len(queries):9}{explained:19.1f}", flush=True)
    return whole <= TARGET_PAGE and explained <= TARGET_DATABASE


def explain(connection: Any, sql: str, params: Any) -> float:
    """Planning and execution in ms, as PostgreSQL says."""
    if not sql.startswith("SELECT"):
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        found = cursor.fetchone()[0]
    plan = (json.loads(found) if isinstance(found, str) else found)[0]
    return float(plan["Planning Time"] + plan["Execution Time"])


if __name__ == "__main__":
    main()
