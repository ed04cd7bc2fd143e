"""A load of cheap work: products whose KPIs are recomputed step by step, each step a new version of an assumption.

The next step of a product is given once the last one is done, so that each step's values are stored, and two equal
copies of an installation end with equal tables whatever happened on the way.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils import timezone

VALUE = "roc_auc * deposit - call_cost"
WITH_ROWS = 25  # every so many products one has a run with rows, and a projection of money
ROWS = 400
KINDS = ("recompute", "verify")
HANDS = 4  # processes that compute in calm
AT_ONCE, MOST_OPEN = 100, 400  # values asked for and not done: of late, and at all
STUCK = timedelta(seconds=15)  # what is older waits for its lease to end, and keeps nothing back
COLUMNS = "digest, document::text, unit, point, unknown_reason, low80, high80, low95, high95, draws, no_band, period"
CALLERS = "callers"  # the product into which those log who call meanwhile
OF_LOAD = f"product_id NOT IN (SELECT id FROM metrics_product WHERE slug = '{CALLERS}')"
OF_CALLERS = f"""SELECT 1 FROM metrics_evaluationrun WHERE NOT ({OF_LOAD}) AND rows <> ''
    AND strpos(document::text, rows) > 0"""
VALUES = "values recomputed"
# What work writes, in the words of the database; nothing of when, and of keys only those that were given before.
TABLES = {
    "metric results": f"SELECT run_id, metric, newest, {COLUMNS} FROM metrics_metricresult WHERE {OF_LOAD}",
    "KPI results": f"SELECT run_id, version_id, newest, {COLUMNS} FROM metrics_kpiresult",
    "revenue results": f"SELECT product_id, kind, detail::text, {COLUMNS} FROM metrics_revenueresult",
    "files": f"SELECT digest, document::text, file, size FROM metrics_artifact WHERE NOT EXISTS ({OF_CALLERS})",
    "changes": f"SELECT product_id, cause, text, actor, before, after FROM metrics_change WHERE {OF_LOAD}",
    "in force": "SELECT product_id, kpi_id, digest, reason, row_number() OVER"
    " (PARTITION BY product_id, kpi_id ORDER BY created_at) FROM metrics_inforce",
    "runs": f"SELECT id, state, error FROM metrics_evaluationrun WHERE {OF_LOAD}",
    VALUES: "SELECT scope, payload->>'digest', result::text FROM metrics_work WHERE kind = 'verify' AND state = 'done'",
}
# Results that recomputes say they made, over the results that there are: what two of them committed both.
MADE_TWICE = """SELECT greatest(0, coalesce(sum((result->>'kpis')::int), 0) - (SELECT count(*) FROM metrics_kpiresult))
    FROM metrics_work WHERE kind = 'recompute' AND state = 'done'"""
OPEN = "SELECT 1 FROM metrics_work WHERE state IN ('due', 'leased') AND due_at <= now() + interval '2 min' LIMIT 1"
UNDONE = "SELECT kind, scope, state, attempts, error FROM metrics_work WHERE state <> 'done'"


def make(products: int, *, seed: int, folder: Path) -> None:
    """Products whose chain is complete, with nothing of it computed."""
    from metrics.models.product import User
    from metrics.services.product import products as services

    admin = User.objects.create_superuser("admin")
    for name in ("scientist", "manager"):
        User.objects.create_user(name)
    for number in range(products):
        made = services.create_product(admin, name=f"Load {number:04}", currency="EUR", seed=seed + number)
        services.add_member(admin, made, username="scientist", role="data_scientist")
        services.add_member(admin, made, username="manager", role="project_manager")
        _chain(made, number, folder)
    made = services.create_product(admin, name=CALLERS, currency="EUR", seed=seed)
    services.add_member(admin, made, username="scientist", role="data_scientist")


def _chain(product: Any, number: int, folder: Path) -> None:
    """A champion, an assumption, a formula over both with its two signatures; of some, rows and money too."""
    from metrics.models.product import User
    from metrics.services.evaluation import promotion, runs
    from metrics.services.kpi import kpis, mappings
    from metrics.services.revenue import projections

    scientist, manager = User.objects.get(username="scientist"), User.objects.get(username="manager")
    metrics = {"roc_auc": {"value": 0.6 + 0.3 * random.Random(number).random(), "standard_error": 0.01}}
    manifest = {"model": "calls", "version": "one", "name": "first", "metrics": metrics}
    run = runs.log_run(scientist, product, manifest=manifest)
    promotion.promote(manager, run.version)
    for key, unit in (("deposit", "EUR/case"), ("call_cost", "EUR/case")):
        given = {"owner": "sales", "source": "study", "distribution": distribution(number, 0)}
        kpis.create_assumption(manager, product, key=key, name=key, unit=unit, **given)
    value = kpis.create_kpi(manager, product, key="value", name="Value", unit="EUR/case")
    formula = {"kind": "formula", "text": VALUE}
    draft = mappings.create_mapping(scientist, product, kpi=value, name="Value", definition=formula)
    mappings.propose(scientist, draft, seen=draft.digest)
    mappings.approve(manager, draft, seen=draft.digest)
    if number % WITH_ROWS == 0:
        volume = kpis.create_kpi(manager, product, key="volume", name="Volume", unit="case", aggregation="sum")
        months = [(date(2025 + at // 12, at % 12 + 1, 1), Decimal(900 + 31 * (at % 12))) for at in range(20)]
        kpis.import_actuals(manager, volume, values=months, source="counted")
        projections.set_projection(manager, product, value_kpi=value, volume_kpi=volume)
        _rows(scientist, product, folder / f"rows-{number}.parquet", seed=number)


def _rows(scientist: Any, product: Any, path: Path, *, seed: int) -> None:
    from metrics.services.evaluation import runs
    from metrics.services.evaluation.rows import File
    from tests.world import bookings

    bookings(ROWS, seed=seed).to_parquet(path)
    manifest = {"model": "calls", "version": "two", "name": "rows", "where": {"split": "test"}}
    runs.log_run(scientist, product, manifest=manifest, file=File(path=path, name=path.name))


def distribution(number: int, step: int) -> dict[str, Any]:
    chance = random.Random(f"{number} {step}")
    low = round(1 + 9 * chance.random(), 3)
    return {"kind": "interval90", "low": low, "high": round(low * 1.4, 3)}


@dataclass(frozen=True, kw_only=True)
class Load:
    """How much: steps of each product, each a recompute; and single values that are recomputed from their rows up."""

    products: int
    steps: int
    values: int

    @classmethod
    def of(cls, items: int) -> Load:
        """So many rows of work. Recomputes of whole products cost the most, and are a fortieth."""
        products = max(4, min(10, items // 50))
        steps = max(2, items // (products * 40))
        return cls(products=products, steps=steps, values=max(0, items - products * steps))

    @property
    def items(self) -> int:
        return self.products * self.steps + self.values


def feed(load: Load) -> int:
    """Give each product that has nothing open its next step, and some more values; how much is left to be done."""
    from metrics.models.kpi import Assumption
    from metrics.models.product import Product, User
    from metrics.models.work import Work
    from metrics.services.kpi import kpis

    manager = User.objects.get(username="manager")
    newest = Assumption.objects.filter(key="deposit").annotate(at=Max("versions__number")).order_by()
    done = dict(newest.values_list("product", "at"))
    undone = Work.objects.exclude(state=Work.State.DONE)
    open_rows = set(undone.filter(product__isnull=False).values_list("product", flat=True))
    left = sum(load.steps + 1 - at for at in done.values())
    left += undone.filter(kind__in=KINDS).exclude(product__slug=CALLERS).count()
    for product in Product.objects.filter(pk__in=done).exclude(pk__in=open_rows).order_by("slug"):
        number, step = int(product.slug[-4:]), done[product.pk]
        if step <= load.steps:
            held = product.assumptions.get(key="deposit")
            given = {"distribution": distribution(number, step), "owner": "sales", "source": "study"}
            kpis.update_assumption(manager, held, after=step, **given)
    return left + _values(load.values)


def _values(wanted: int) -> int:
    """Ask for values to be recomputed, a hundred at a time; give how many had not been asked for before."""
    from metrics.models.work import Work

    values = Work.objects.filter(kind="verify")
    asked, undone = values.count(), values.exclude(state="done")
    young = undone.filter(created_at__gt=timezone.now() - STUCK).count()
    if asked >= wanted or young >= AT_ONCE or undone.count() >= MOST_OPEN:
        return wanted - asked
    rows = range(asked, min(wanted, asked + AT_ONCE))
    Work.objects.bulk_create(Work(kind="verify", scope=_scope(at), payload={"digest": _value(at)}) for at in rows)
    return wanted - asked


def _scope(at: int) -> str:
    return f"load {at:06}"


def _value(at: int) -> str:
    return known_first()[at % len(known_first())]


@cache
def known_first() -> list[str]:
    """The values that were there before any step; one list for the calm load and the stormy one."""
    from metrics.models.evaluation import MetricResult
    from metrics.models.kpi import KPIResult

    known = (table.objects.filter(run__name="first") for table in (MetricResult, KPIResult))
    return sorted({row.digest for rows in known for row in rows})


def compute() -> int:
    """Do what is due, here and now; gives how many rows of work that were."""
    from metrics import jobs
    from metrics.services.recompute import work

    count = 0
    while leased := jobs.lease_due(now=timezone.now(), limit=5):
        for key, _ in leased:
            work.perform(key)
        count += len(leased)
    return count


def in_calm(load: Load) -> None:
    """All of it, each value once, by some processes that nothing befalls."""
    load = replace(load, values=min(load.values, len(known_first())))
    connection.close()
    processes, ended = multiprocessing.get_context("fork"), multiprocessing.get_context("fork").Event()
    hands = [processes.Process(target=_computing, args=(ended,), daemon=True) for _ in range(HANDS)]
    for hand in hands:
        hand.start()
    while feed(load) or connection.cursor().execute(OPEN).fetchone():
        time.sleep(0.1)
        if not all(hand.is_alive() for hand in hands):
            raise RuntimeError("who computes in calm has ended")
    ended.set()
    for hand in hands:
        hand.join()


def _computing(ended: Any) -> None:
    os.setsid()  # see kept
    while not ended.is_set():
        if not compute():
            time.sleep(0.05)
    connection.close()


def tables(database: Any) -> dict[str, Counter[tuple[Any, ...]]]:
    """What work wrote, row by row, to the last bit of its draws. database: a connection of psycopg."""
    return {
        name: Counter(tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in row) for row in rows)
        for name, rows in ((name, database.execute(sql).fetchall()) for name, sql in TABLES.items())
    }


def expected(calm: dict[str, Counter[Any]], load: Load) -> dict[str, Counter[Any]]:
    """The tables of a calm run in which each value was recomputed once, as they are after as many times as asked."""
    results = {digest: result for _, digest, result in calm[VALUES]}
    asked = ((_scope(at), _value(at)) for at in range(load.values))
    return calm | {VALUES: Counter((scope, digest, results[digest]) for scope, digest in asked)}


def compared(calm: dict[str, Counter[Any]], stormy: dict[str, Counter[Any]]) -> tuple[dict[str, int], dict[str, int]]:
    """Table → rows of the calm run that the stormy one lacks, and rows that it has beside them; empty where equal."""
    lost = {name: count for name in calm if (count := (calm[name] - stormy[name]).total())}
    beside = {name: count for name in calm if (count := (stormy[name] - calm[name]).total())}
    return lost, beside
