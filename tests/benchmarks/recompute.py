"""One assumption changes under 10,000 KPI values: seconds until all are stored anew, on PostgreSQL.

    python -m tests.benchmarks.recompute [--runs 2000] [--kpis 5]

A product with so many scored runs, each with reported metrics with standard errors, and so many approved formula
mappings that all read one assumption. What is timed is the work itself, as a worker does it, one process: the first
computation, and the one after a new version of the assumption. Target: 10,000 values within 15 s, in batches.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

from metrics.core.documents import digest
from tests.benchmarks import runs_table

SLUG = "recompute"
TARGET = 15.0  # seconds
METRICS = ("reach", "hits", "loss")


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--runs", type=int, default=2_000)
    asked.add_argument("--kpis", type=int, default=5)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder, runs_table.scratch(keep=False):
        runs_table.start(Path(folder), runs_table.SCRATCH)
        fill(given.runs, given.kpis)
        first = computed()
        change()
        again = computed()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    n = given.runs * given.kpis
    print(f"{n:,} KPI values: first {first:.1f} s; after one assumption changed {again:.1f} s; peak {peak:.0f} MB")
    sys.exit(again > TARGET)


def fill(n_runs: int, n_kpis: int) -> None:
    """People, an assumption, metrics, runs, and mappings in force."""
    from metrics.models.evaluation import ChampionRun, EvaluationRun, Metric, Model, ModelVersion
    from metrics.models.kpi import KPI, Assumption, AssumptionVersion, Mapping, MappingVersion
    from metrics.models.product import Product, User

    manager = User.objects.create_user("manager")
    product = Product.objects.create(slug=SLUG, name="Recompute", currency="EUR", seed=5, created_by=manager)
    worth = Assumption.objects.create(product=product, key="worth", name="Worth", unit="EUR")
    told = {"owner": "manager", "source": "the ledger", "created_by": manager}
    AssumptionVersion.objects.create(
        assumption=worth, number=1, distribution={"kind": "normal", "mean": 40, "sd": 4}, **told
    )
    for key in METRICS:
        Metric.objects.create(product=product, key=key, name=key, direction="up")
    model = Model.objects.create(product=product, key="model", name="model")
    version = ModelVersion.objects.create(model=model, name="1", state="champion")
    made = EvaluationRun.objects.bulk_create(
        EvaluationRun(
            product=product,
            version=version,
            name=f"run {number}",
            state="scored",
            reported={
                key: {"value": 0.1 + (number % 97) / 100 + at / 10, "standard_error": 0.01, "unit": ""}
                for at, key in enumerate(METRICS)
            },
            created_by=manager,
        )
        for number in range(n_runs)
    )
    ChampionRun.objects.create(version=version, run=made[-1], act="promoted")
    for number in range(n_kpis):
        kpi = KPI.objects.create(product=product, key=f"kpi_{number}", name=f"KPI {number}", unit="EUR")
        definition = {"kind": "formula", "text": f"worth * (reach + {number}) * hits / (1 + loss)"}
        MappingVersion.objects.create(
            mapping=Mapping.objects.create(product=product, kpi=kpi, name=kpi.name),
            number=1,
            definition=definition,
            digest=digest(definition),
            state="approved",
            author=manager,
        )


def change() -> None:

    from metrics.models.kpi import Assumption, AssumptionVersion
    from metrics.models.product import User

    AssumptionVersion.objects.create(
        assumption=Assumption.objects.get(key="worth"),
        number=2,
        distribution={"kind": "normal", "mean": 44, "sd": 4},
        owner="manager",
        source="the ledger",
        created_by=User.objects.get(username="manager"),
    )


def computed() -> float:
    """Seconds of the work, asked for and done."""
    from metrics import jobs
    from metrics.models.product import Product
    from metrics.models.work import Work
    from metrics.services.recompute.work import perform

    product = Product.objects.get(slug=SLUG)
    work = jobs.put("recompute", product.pk, product=product)
    start = time.perf_counter()
    perform(work.pk)
    took = time.perf_counter() - start
    done = Work.objects.get(pk=work.pk)
    assert done.state == Work.State.DONE, done.error
    print(f"{done.result}", file=sys.stderr)
    return took


if __name__ == "__main__":
    main()
