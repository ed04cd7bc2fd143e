"""A mapping replaced while the old one computes, each task delivered five times at once; and lost rows swept for."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from tests.chaos.place import Place, reads

DELIVERIES = 5
PRODUCTS = 8  # one has rows and money
HANDS = 4  # processes that share the interleavings
ONE_IN = 20  # of so many rows one is lost


def by_several(place: Place, count: int, *, seed: int) -> dict[str, Any]:
    """So many interleavings, shared among processes that have a copy each."""
    begun, names = time.monotonic(), [f"interleaved{hand}" for hand in range(min(HANDS, count))]
    for name in names:
        place.copy(name)
    connection.close()
    shares = [count // len(names) + (hand < count % len(names)) for hand in range(len(names))]
    asked = [(place.folder, name, shares[hand], seed + hand) for hand, name in enumerate(names)]
    with multiprocessing.get_context("fork").Pool(len(names)) as hands:
        found = hands.starmap(_in_copy, asked)
    wrong, late = [what for one in found for what in one["wrong"]], sum(one["late"] for one in found)
    return {"count": count, "wrong": wrong, "late": late, "seconds": round(time.monotonic() - begun)}


def _in_copy(folder: Path, name: str, count: int, seed: int) -> dict[str, Any]:
    os.setsid()  # see kept
    reads(name, folder / name)
    try:
        return interleaved(count, seed=seed)
    finally:
        connection.close()


def interleaved(count: int, *, seed: int) -> dict[str, Any]:
    """So many times: version n computes, delivered five times at once, while version n + 1 is approved.

    wrong: what was not as it should be afterwards; late: how often the approval came before the computing had ended.
    """
    from metrics.models.product import Product
    from tests.chaos import load

    chance, took, wrong, late = random.Random(seed), 0.3, [], 0
    products = list(Product.objects.exclude(slug=load.CALLERS).order_by("slug"))
    for number in range(count):
        product = products[number % len(products)]
        old, seconds, came = _once(product, number, pause=chance.uniform(0, took))
        took = 0.7 * took + 0.3 * seconds
        late += came
        load.compute()
        wrong += [f"{number}: {what}" for what in _wrong(product, old)]
    return {"wrong": wrong, "late": late}


def _once(product: Any, number: int, *, pause: float) -> tuple[Any, float, bool]:
    """Gives the version that was in force, the seconds that computing took, and whether it was still going on."""
    from metrics import jobs, tasks
    from metrics.models.kpi import Mapping
    from metrics.models.product import User
    from metrics.models.work import Work
    from metrics.services.kpi import kpis, mappings
    from tests.chaos import load

    scientist, manager = User.objects.get(username="scientist"), User.objects.get(username="manager")
    mapping = Mapping.objects.get(product=product, kpi__key="value")
    old = mapping.versions.get(state="approved")
    formula = {"kind": "formula", "text": f"{load.VALUE} * {1 + (number + 1) / 1000:.3f}"}
    draft = mappings.create_version(scientist, mapping, definition=formula, note="again")
    draft = mappings.propose(scientist, draft, seen=draft.digest)
    held = product.assumptions.get(key="call_cost")
    changed = {"distribution": load.distribution(int(product.slug[-4:]), 10_000 + number)}
    kpis.update_assumption(manager, held, owner="sales", source="again", **changed)
    work = Work.objects.get(kind="recompute", scope=product.pk, state="due")
    jobs.lease_due(now=timezone.now())
    ended: list[float] = []

    def deliver() -> None:
        tasks.run_work(work.pk)
        ended.append(time.monotonic())

    threads = [threading.Thread(target=_closing, args=(deliver,)) for _ in range(DELIVERIES)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    time.sleep(pause)
    still = len(ended) < DELIVERIES
    mappings.approve(manager, draft, seen=draft.digest)
    for thread in threads:
        thread.join()
    return old, max(ended) - begun - tasks.LETTING_GO, still


def _closing(act: Callable[[], None]) -> None:
    try:
        act()
    finally:
        connection.close()


def _wrong(product: Any, old: Any) -> list[str]:
    """What is not as it should be once all is done: the newer version in force and shown, each figure once."""
    from metrics.models.kpi import InForce, KPIResult
    from metrics.models.work import Work
    from metrics.queries.documents.known import Known

    found = []
    current = Known(product).approved["value"]
    if current.number != old.number + 1:
        found.append(f"version {current.number} is in force, not {old.number + 1}")
    old.refresh_from_db()
    if old.state != "superseded":
        found.append(f"the old version is {old.state}")
    newest = list(KPIResult.objects.filter(version=current, run__name="first", newest=True))
    if len(newest) != 1:
        found.append(f"{len(newest)} newest figures of the new version")
    shown = InForce.objects.filter(product=product, kpi=current.mapping.kpi_id).order_by("-created_at").first()
    if shown is None or shown.digest not in {one.digest for one in KPIResult.objects.filter(version=current)}:
        found.append("what is shown in force is not of the new version")
    if undone := Work.objects.filter(product=product).exclude(state="done").values_list("kind", "state", "error"):
        found.append(f"left: {list(undone)}")
    return found


def swept() -> dict[str, int]:
    """Every twentieth result that is current is lost, and every twentieth row of work; the next sweep finds them all.

    deleted, work: how many rows were lost; back: how many of the results are there again, to the last bit.
    """
    from metrics import jobs
    from metrics.models.evaluation import MetricResult
    from metrics.models.kpi import KPIResult
    from metrics.models.revenue import RevenueResult
    from metrics.models.work import Work
    from metrics.services.recompute import work
    from tests.chaos import load

    current = {
        MetricResult: MetricResult.objects.filter(newest=True),
        KPIResult: KPIResult.objects.filter(newest=True, version__state="approved"),
        RevenueResult: RevenueResult.objects.order_by("product_id", "kind", "period", "-known_at").distinct(
            "product_id", "kind", "period"
        ),
    }
    before = {}
    for table, rows in current.items():
        keys = sorted(rows.values_list("digest", flat=True))[::ONE_IN]
        before |= _figures(table, keys)
        table.objects.filter(digest__in=keys).delete()
    lost_work = list(Work.objects.order_by("pk").values_list("pk", flat=True))[::ONE_IN]
    Work.objects.filter(pk__in=lost_work).delete()
    sweep = jobs.put("sweep", "after the loss")
    jobs.lease_due(now=timezone.now())
    work.perform(sweep.pk)
    sweep.refresh_from_db()
    load.compute()
    back = {key: row for table in current for key, row in _figures(table, before).items()}
    return {
        "deleted": len(before),
        "work": len(lost_work),
        "back": sum(back.get(key) == row for key, row in before.items()),
        "runs": sweep.result["runs"],
        "products": sweep.result["products"],
    }


def _figures(table: Any, digests: Any) -> dict[str, tuple[Any, ...]]:
    columns = ("digest", "unit", "point", "unknown_reason", "low80", "high80", "low95", "high95", "draws")
    rows = table.objects.filter(digest__in=list(digests)).values_list(*columns)
    return {row[0]: (*row[:-1], bytes(row[-1]) if row[-1] is not None else None) for row in rows}


def main() -> None:
    """`python -m tests.chaos.interleaved COUNT SEED`: both, in a place of their own; prints what came of it as JSON."""
    count, seed = map(int, sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="kpi-chaos-", dir="/tmp") as folder:
        place = Place(Path(folder))
        try:
            place.made(PRODUCTS, seed=seed)
            one, begun = by_several(place, count, seed=seed), time.monotonic()
            place.copy("swept")
            two = swept() | {"seconds": round(time.monotonic() - begun)}
        finally:
            place.end()
    json.dump({"interleaved": one, "swept": two}, sys.stdout)


if __name__ == "__main__":
    main()
