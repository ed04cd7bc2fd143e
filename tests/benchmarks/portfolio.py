"""The portfolio over 200 products of 5 KPIs each: ms a page, processor time, queries, and memory.

    python tests/benchmarks/portfolio.py [--products 200] [--profile] [--keep FOLDER | --use FOLDER]

One product with a complete chain is computed, and copied with all that is stored of it, each copy with figures of its
own under digests of its own. It is 10 March 2017, so that what is projected is to come. Each line is the best of seven
requests of one kind, after one that warms the caches; "cold" is the processor's time of that first one, from a process
that remembers nothing. Target: a page within 300 ms and 30 queries, and no more memory after 300 requests more.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from tests.places import ROOT

REPEATS, TARGET_MS, TARGET_QUERIES = 7, 300.0, 30
MORE_REQUESTS, MOST_GROWTH = 300, 0.02
TODAY = date(2017, 3, 10)
EXTRA = ("returns", "complaints", "answer_time")


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--products", type=int, default=200)
    asked.add_argument("--profile", action="store_true", help="print what takes the time")
    asked.add_argument("--keep", default="", metavar="FOLDER", help="leave the products in a folder")
    asked.add_argument("--use", default="", metavar="FOLDER", help="measure on what an earlier run kept")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        start(Path(given.use or given.keep or folder))
        if not given.use:
            began = time.perf_counter()
            fill(given.products)
            print(f"{given.products} products filled in {time.perf_counter() - began:.0f} s", flush=True)
        report(profile=given.profile)


def start(folder: Path) -> None:
    """Django on SQLite in a folder, its tables made; it is TODAY for every product."""
    sys.path.insert(0, str(ROOT))
    os.environ |= {"DJANGO_SETTINGS_MODULE": "kpiplatform.settings", "VAR_DIR": str(folder)}
    for name in ("DATABASE_URL", "REDIS_URL", "KPI_PRODUCTION"):
        os.environ.pop(name, None)
    folder.mkdir(parents=True, exist_ok=True)
    import django
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.DEBUG = False
    django.setup()
    from django.core.management import call_command

    from metrics.models.product import Product

    call_command("migrate", verbosity=0)
    Product.today = lambda self: TODAY  # type: ignore[method-assign]


def fill(n: int) -> None:
    """A product with a complete chain, and n - 1 copies of it."""
    from django.db import transaction
    from django.utils import timezone

    from metrics import jobs
    from metrics.models.product import Group, User
    from metrics.services.evaluation import runs
    from metrics.services.evaluation.rows import File
    from metrics.services.kpi import kpis
    from metrics.services.product import products as services
    from metrics.services.recompute import work as recompute
    from tests.world import World

    people = {name: User.objects.create_user(name) for name in ("scientist", "manager", "executive")}
    admin = User.objects.create_superuser("admin")
    product = services.create_product(admin, name="Product 000", seed=11, currency="EUR", case_noun="booking")
    roles = {"manager": "project_manager", "scientist": "data_scientist", "executive": "executive"}
    for username, role in roles.items():
        services.add_member(admin, product, username=username, role=role)

    def log(actor: Any, of: Any, frame: Any, **manifest: Any) -> Any:
        with tempfile.NamedTemporaryFile(suffix=".parquet", delete=False) as file:
            frame.to_parquet(file.name)
        manifest = {"model": "cancellation", "version": "one"} | manifest
        return runs.log_run(actor, of, manifest=manifest, file=File(path=Path(file.name), name="rows.parquet"))

    def compute() -> int:
        done = 0
        while leased := jobs.lease_due(now=timezone.now()):
            for work, _ in leased:
                recompute.perform(work)
                done += 1
        return done

    world = World(product, people, log, compute)
    months = [(date(2015 + at // 12, at % 12 + 1, 1), Decimal(20 + at)) for at in range(26)]
    for key in EXTRA:
        kpi = kpis.create_kpi(people["manager"], product, key=key, name=key.replace("_", " "), aggregation="sum")
        kpis.import_actuals(people["manager"], kpi, values=months, source="desk")
    compute()
    groups = [Group.objects.create(name=name) for name in ("Hotels", "Retail", "Energy", "Bank")]
    with transaction.atomic():
        for number in range(1, n):
            copied(world.product, number, groups[number % len(groups)])


def copied(origin: Any, number: int, group: Any) -> None:
    """A copy of a product with all that its figures are made from, and its figures."""
    from metrics.models.evaluation import ChampionRun, DataSet, EvaluationRun, Model, ModelVersion
    from metrics.models.kpi import KPI, Actual, Assumption, AssumptionVersion, Mapping, MappingVersion, Target
    from metrics.models.product import Membership, Product
    from metrics.models.revenue import Projection
    from metrics.models.row import new_id

    places: dict[str, str] = {}
    own = {"slug": f"product-{number:03}", "name": f"Product {number:03}", "group_id": group.pk, "seed": 11 + number}

    def again(table: Any, rows: Any, **changed: Any) -> None:
        made = []
        for row in rows:
            values = {
                field.attname: places.get(value, value) if isinstance(value, str) else value
                for field in table._meta.concrete_fields
                if (value := getattr(row, field.attname)) is not None
            }
            places[row.pk] = new_id()
            made.append(table(**(values | {"id": places[row.pk]} | changed)))
        table.objects.bulk_create(made)

    again(Product, [origin], **own)
    for table, path in (
        (Membership, "product"),
        (KPI, "product"),
        (Assumption, "product"),
        (AssumptionVersion, "assumption__product"),
        (Model, "product"),
        (ModelVersion, "model__product"),
        (Mapping, "product"),
        (MappingVersion, "mapping__product"),
        (DataSet, "product"),
        (EvaluationRun, "product"),
        (ChampionRun, "version__model__product"),
        (Projection, "product"),
        (Target, "product"),
        (Actual, "kpi__product"),
    ):
        again(table, table.objects.filter(**{path: origin}))
    figures(origin, Product.objects.get(slug=own["slug"]), number)


def figures(origin: Any, product: Any, number: int) -> None:
    """The stored figures of a copy: those of the original times a factor of its own, its draws in another order."""
    from metrics.models.kpi import InForce, KPIResult
    from metrics.models.revenue import RevenueResult
    from metrics.queries.documents import kpi as kpi_documents
    from metrics.queries.documents import revenue
    from metrics.queries.documents.known import Known
    from metrics.queries.documents.models import stands_on

    factor = 0.3 + number % 17 / 10
    ours, theirs = Known(product), Known(origin)
    both = []
    for known in (ours, theirs):
        projection = known.projection
        assert projection is not None
        both.append(
            {
                "projected": revenue.revenue(known.book, projection, known),
                "realised": revenue.realised(known.book, projection, known),
            }
        )
    made = []
    for kind, wanted in both[0].items():
        stored = RevenueResult.objects.in_bulk(list(both[1][kind].values()), field_name="digest")
        for figure, digest in wanted.items():
            row = stored[both[1][kind][figure]]
            row.pk, row._state.adding = None, True
            made.append(moved(row, digest, ours.book[digest], product, factor, number))
    for row, at in zip(made, range(len(made)), strict=True):
        row.pk = f"{number:06x}{at:06x}"
    RevenueResult.objects.bulk_create(made)
    (version,) = ours.approved.values()
    (run,) = ours.champions.values()
    assert stands_on(version, ours) is not None
    digest = kpi_documents.kpi(ours.book, run, version, ours)
    row = KPIResult.objects.get(version__mapping__product=origin)
    row.pk, row.digest, row.document, row.version, row.run = f"{number:012x}", digest, ours.book[digest], version, run
    KPIResult.objects.bulk_create([row])
    InForce.objects.create(product=product, digest=both[0]["projected"]["total"])


def moved(row: Any, digest: str, document: Any, product: Any, factor: float, number: int) -> Any:
    draws = np.frombuffer(bytes(row.draws), "<f4")
    row.digest, row.document, row.product = digest, dict(document), product
    row.draws = (np.roll(draws, number) * factor).astype("<f4").tobytes()
    for name in ("point", "low80", "high80", "low95", "high95"):
        setattr(row, name, getattr(row, name) * factor)
    return row


def cases() -> list[tuple[str, str]]:
    return [
        ("all months", "/portfolio/?period=all&against=target"),
        ("fiscal year", "/portfolio/?period=fiscal-year&against=target"),
        ("fiscal year, against the year before", "/portfolio/?period=fiscal-year&against=last-year"),
        ("fiscal year, against the plan", "/portfolio/?period=fiscal-year&against=plan"),
        ("from – to, the target's months", "/portfolio/?period=from-to&from=2017-03&until=2018-02&against=target"),
        ("fiscal year, page 2", "/portfolio/?period=fiscal-year&against=target&page=2"),
        ("fiscal year, one group", "/portfolio/?period=fiscal-year&against=target&group=Hotels"),
    ]


def report(*, profile: bool) -> None:
    from django.test import Client

    from metrics.models.product import User

    client = Client()
    client.force_login(User.objects.get(username="executive"))
    print(f"{'':44}{'cold':>8}{'page':>8}{'processor':>11}{'database':>10}{'queries':>9}   ms", flush=True)
    missed = [name for name, path in cases() if not line(client, name, path)]
    before = memory()
    for at in range(MORE_REQUESTS):
        client.get(cases()[at % len(cases())][1])
    grown = memory() - before
    print(f"memory: {before:.0f} MB, {grown:+.0f} MB after {MORE_REQUESTS} requests more, of each kind in turn")
    missed += ["memory"] if grown > before * MOST_GROWTH else []
    print(f"over its target: {', '.join(missed)}" if missed else "every target is met")
    if profile:
        profiled(client, cases()[1][1])


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def line(client: Any, name: str, path: str) -> bool:
    from metrics.memory import MEMORY

    MEMORY.forget()
    cold = measured(client, path)[1]
    found = [measured(client, path) for _ in range(REPEATS)]
    page, worked, database = (min(one[at] for one in found) for at in range(3))
    queries = max(one[3] for one in found)
    print(f"{name:44}{cold:8.0f}{page:8.0f}{worked:11.0f}{database:10.0f}{queries:9}", flush=True)
    return bool(page <= TARGET_MS and queries <= TARGET_QUERIES)


def measured(client: Any, path: str) -> tuple[float, float, float, int]:
    from django.db import connection

    asked: list[float] = []

    def clock(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            asked.append(time.perf_counter() - began)

    began, busy = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(clock):
        answer = client.get(path)
    taken, worked = 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - busy)
    assert answer.status_code == 200, (path, answer.status_code)
    return taken, worked, 1000 * sum(asked), len(asked)


def profiled(client: Any, path: str) -> None:
    import cProfile
    import pstats

    with cProfile.Profile() as seen:
        client.get(path)
    pstats.Stats(seen).sort_stats("cumulative").print_stats(60)


if __name__ == "__main__":
    main()
