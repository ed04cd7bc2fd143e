"""What the page of scenarios computes in the request: python -m tests.benchmarks.scenarios.

The demonstration is loaded and computed on a scratch installation, SQLite, and its projection given a discount, so that
six drivers can be moved. Printed, each a median of 9 after 2 to warm up, and held to its limit: a table of 25 cells of
two drivers that both price a case (300 ms), what must be true of six drivers for a chance of 50, 75 and 90 % and for
the expected total (500 ms), four scenarios side by side, and the whole page over Django's client. On a machine that has
other work the milliseconds of the processor are the ones to read, and are those that are held.
"""

from __future__ import annotations

import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

# As in a worker: one thread, so that the figure does not hang on the machine's cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

SLUG, WARM, REPEATS = "cancellation-calls", 2, 9
GRID, NEEDED = 0.3, 0.5


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {"VAR_DIR": name, "SECRET_KEY": secrets.token_urlsafe(64)}
        prepare()
        held = measure()
    sys.exit(0 if held else 1)


def prepare() -> None:
    """The demonstration, computed, with a sixth driver."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "kpiplatform.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    call_command("demo", "--no-serve")
    from metrics import jobs
    from metrics.models.product import Product, User
    from metrics.services.kpi import kpis
    from metrics.services.recompute import work
    from metrics.services.revenue import projections

    product, manager = Product.objects.get(slug=SLUG), User.objects.get(username="manager")
    spread = {"kind": "interval90", "low": 0.02, "high": 0.06}
    given = {"owner": "finance", "source": "board", "unit": "share", "distribution": spread}
    discount = kpis.create_assumption(manager, product, key="discount", name="Discount", **given).assumption
    now = product.projection
    projections.set_projection(
        manager, product, value_kpi=now.value_kpi, volume_kpi=now.volume_kpi, revenue_kpi=now.revenue_kpi,
        months=now.months, growth=now.growth, discount=discount,
    )  # fmt: skip
    while leased := jobs.lease_due(now=timezone.now()):
        for key, _ in leased:
            work.perform(key)


def measure() -> bool:
    from django.test import Client

    from metrics.models.product import Product, User
    from metrics.queries.documents.known import Known
    from metrics.queries.revenue.compared import compared
    from metrics.queries.revenue.grid import grid
    from metrics.queries.revenue.needed import must_be_true
    from metrics.queries.revenue.outlook import Outlook, outlook
    from metrics.queries.revenue.what_if import movable

    def fresh() -> Outlook:
        return outlook(Known(Product.objects.get(slug=SLUG)))

    keys = [driver.key for driver in movable(fresh())]
    print(f"drivers: {', '.join(keys)}")
    both, four = ("keep_rate", "unsold_share"), "offer:0.06,growth:0.03,keep_rate:0.3,unsold_share:0.45;offer:0.04"
    held = [timed("table of 25 cells, both price a case", lambda: grid(fresh(), *both), GRID)]
    held.append(timed("table of 25 cells, one is growth", lambda: grid(fresh(), "keep_rate", "growth"), GRID))
    for chance in (0.5, 0.75, 0.9, None):
        said = "the expected total" if chance is None else f"a chance of {chance:.0%}"
        held.append(
            timed(
                f"what must be true, {len(keys)} drivers, {said}", lambda at=chance: must_be_true(fresh(), at), NEEDED
            )
        )
    held.append(timed("four side by side", lambda: compared(fresh(), four), GRID))
    client = Client()
    client.force_login(User.objects.get(username="executive"))
    timed("the page", lambda: client.get(f"/p/{SLUG}/scenarios/?compare={four}", headers={"host": "127.0.0.1"}))
    return all(held)


def timed(what: str, run: Callable[..., Any], limit: float | None = None) -> bool:
    seconds, processor = [], []
    for place in range(WARM + REPEATS):
        began, used = time.perf_counter(), time.process_time()
        run()
        if place >= WARM:
            processor.append(time.process_time() - used)
            seconds.append(time.perf_counter() - began)
    own, median = statistics.median(processor), statistics.median(seconds)
    against = f", held to {1e3 * limit:.0f}" if limit else ""
    print(
        f"{what}: {1e3 * own:.0f} ms of the processor{against}, {1e3 * median:.0f} of the wall, "
        f"{1e3 * min(seconds):.0f} at least; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    return limit is None or own <= limit


if __name__ == "__main__":
    main()
