"""Logging and searching runs beside MLflow, on one PostgreSQL: runs/s of 1 and 8 clients, ms of the top 50 of 10,000.

    python -m tests.benchmarks.track [--runs 10000] [--web-only]

Peer: bench/track_mlflow.py of KPI_SHARED against a real `mlflow server` with its usual four processes. Ours: a
production installation (`manage.py up`: granian, dispatcher, two worker processes) on PostgreSQL and Redis, and the
same work: a run is 20 metrics and 10 parameters, sent as JSON with an Idempotency-Key over a connection that is kept;
clients log for 12 s. One is measured after the other, each alone. --web-only leaves the workers out, so that only the
requests are measured. The scratch databases, beside that of TEST_DATABASE_URL, are dropped at the end.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing as mp
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg

from tests.benchmarks import runs_table
from tests.mlflow_server import MLflowServer, free_port
from tests.places import ROOT, SHARED

PEER = SHARED / "bench" / "track_mlflow.py"
POSTGRESQL = os.environ.get("TEST_DATABASE_URL") or "postgresql://postgres@127.0.0.1:5432/postgres"
SECONDS, METRICS, PARAMETERS, TOP, REPEATS = 12, 20, 10, 50, 5
SLUG = "track"


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--runs", type=int, default=10_000, help="that are there when the top 50 are asked for")
    asked.add_argument("--web-only", action="store_true", help="no dispatcher and no workers beside the web process")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        peer = measure_mlflow(Path(folder), given.runs)
        ours = measure_ours(Path(folder), given.runs, web_only=given.web_only)
    print(f"\n{'':22}{'MLflow':>12}{'kpiplatform':>14}{'ratio':>8}")
    for name in peer:
        ratio = ours[name] / peer[name] if name.endswith("runs/s") else peer[name] / ours[name]
        print(f"{name:22}{peer[name]:12.1f}{ours[name]:14.1f}{ratio:8.1f}")


def summary(search_ms: float, ingests: list[dict[str, float]]) -> dict[str, float]:
    found = {f"top {TOP}, ms": search_ms}
    for one in ingests:
        found[f"{one['clients']:.0f} clients, runs/s"] = one["runs_per_s"]
        found[f"{one['clients']:.0f} clients, p50 ms"] = one["p50_ms"]
    return found


@contextmanager
def scratch(name: str) -> Iterator[str]:
    """The address of a fresh database, dropped afterwards whoever is connected."""
    name = f"{name}_{os.getpid()}"
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(POSTGRESQL)._replace(path=f"/{name}"))
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def measure_mlflow(folder: Path, n_runs: int) -> dict[str, float]:
    with scratch("mlflow_track") as database, MLflowServer(folder, store=driven(database), workers=4) as server:
        server.script(PEER, server.uri, "search")  # makes its experiment
        fill_mlflow(database, n_runs)
        searches = told(server.script(PEER, server.uri, "search"))
        ingests = told(server.script(PEER, server.uri, "ingest"))
    return summary(next(one["median_ms"] for one in searches if one["top"] == TOP), ingests)


def told(printed: str) -> list[dict[str, float]]:
    """The lines of JSON; MLflow's client prints others too."""
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def driven(database: str) -> str:
    """The address with the driver that MLflow's environment has."""
    return urlunsplit(urlsplit(database)._replace(scheme="postgresql+psycopg2"))


def fill_mlflow(database: str, n_runs: int) -> None:
    """Runs as the peer logs them, written into MLflow's own tables by COPY."""
    chance, now = random.Random(7), int(time.time() * 1000)
    with psycopg.connect(database) as held:
        (experiment,) = held.execute("SELECT experiment_id FROM experiments WHERE name = 'bench'").fetchone() or ("",)
        runs = [f"{chance.getrandbits(128):032x}" for _ in range(n_runs)]
        columns = "run_uuid, name, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id"
        copy(held, "runs", columns, ((r, r[:8], "u", "FINISHED", now, now, "active", "", experiment) for r in runs))
        measured = [(f"m{j}", chance.random(), now, run, 0, False) for run in runs for j in range(METRICS)]
        for table in ("metrics", "latest_metrics"):
            copy(held, table, "key, value, timestamp, run_uuid, step, is_nan", measured)
        given = ((f"p{j}", str(chance.random()), run) for run in runs for j in range(PARAMETERS))
        copy(held, "params", "key, value, run_uuid", given)
        held.commit()
        held.autocommit = True
        held.execute("VACUUM ANALYZE")


def copy(held: psycopg.Connection[Any], table: str, columns: str, rows: Any) -> None:
    with held.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as sink:  # type: ignore[arg-type]
        for row in rows:
            sink.write_row(row)


def measure_ours(folder: Path, n_runs: int, *, web_only: bool) -> dict[str, float]:
    with scratch("kpi_track") as database, redis(folder) as broker:
        # The same tables are filled here, in this process, before the installation is started on them.
        os.environ |= {
            "VAR_DIR": str(folder),
            "DATABASE_URL": f"{database}?options=-c%20statement_timeout%3D0",  # COPY takes longer than a page may
            "REDIS_URL": broker,
            "SECRET_KEY": secrets.token_urlsafe(64),
            "KPI_URL_BASE": "http://127.0.0.1:8000",
        }
        token = prepare(n_runs)
        os.environ["DATABASE_URL"] = database
        with installation(folder, web_only=web_only) as uri:
            search_ms = search(uri, token)
            ingests = [ingest(uri, token, clients) for clients in (1, 8)]
    return summary(search_ms, ingests)


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """The address of a Redis of its own."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen([*command, "--logfile", str(folder / "redis.log")])
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


def prepare(n_runs: int) -> str:
    """Tables, a product with `n_runs` computed runs, one for those to come, and a scientist's token."""
    from metrics.models.evaluation import Metric
    from metrics.models.product import Membership, Product, User
    from metrics.services.product.tokens import create_token

    os.environ["DJANGO_SETTINGS_MODULE"] = "kpiplatform.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0, stdout=io.StringIO())
    runs_table.fill(n_runs)
    scientist = User.objects.get(username="scientist")
    product = Product.objects.create(slug=SLUG, name="Track", currency="EUR", seed=12, created_by=scientist)
    Membership.objects.create(product=product, user=scientist, role="data_scientist")
    for number in range(METRICS):
        Metric.objects.create(product=product, key=f"m{number}", name=f"m{number}", direction="up")
    token = create_token(scientist, name="benchmark")[1]
    connections.close_all()
    return token


@contextmanager
def installation(folder: Path, *, web_only: bool) -> Iterator[str]:
    """The address of a running installation."""
    port = str(free_port())
    uri = f"http://127.0.0.1:{port}"
    command = [sys.executable, "manage.py", "web" if web_only else "up", "--port", port]
    with (folder / "kpiplatform.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        for _ in range(300):
            with suppress(httpx.HTTPError):
                if httpx.get(f"{uri}/health/ready", timeout=2).is_success:
                    break
            time.sleep(0.2)
        yield uri
    finally:
        server.terminate()
        server.wait(timeout=30)


def search(uri: str, token: str) -> float:
    """Median ms of the top 50 of all by a metric, with all metrics of each."""
    query = {"sort": f"-{runs_table.BUILT_IN[0]}", "top": str(TOP)}
    took = []
    with httpx.Client(base_url=uri, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        for _ in range(REPEATS):
            began = time.perf_counter()
            answer = client.get(f"/api/v1/products/{runs_table.SLUG}/runs/", params=query)
            took.append(1000 * (time.perf_counter() - began))
            assert len(answer.json()["results"]) == TOP, answer.text[:300]
    return sorted(took)[REPEATS // 2]


def ingest(uri: str, token: str, clients: int) -> dict[str, float]:
    found: mp.Queue[tuple[float, list[float]]] = mp.Queue()
    workers = [mp.Process(target=log_runs, args=(uri, token, number, found)) for number in range(clients)]
    for worker in workers:
        worker.start()
    results = [found.get() for _ in workers]
    for worker in workers:
        worker.join()
    took = sorted(one for _, of in results for one in of)
    return {
        "clients": clients,
        "runs_per_s": sum(rate for rate, _ in results),
        "p50_ms": 1000 * took[len(took) // 2],
    }


def log_runs(uri: str, token: str, seed: int, found: Any) -> None:
    """One client's 12 seconds."""
    chance, took, start = random.Random(seed), [], time.perf_counter()
    with httpx.Client(base_url=uri, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        while time.perf_counter() - start < SECONDS:
            began = time.perf_counter()
            body = {
                "model": "bench",
                "version": f"{seed}-{len(took)}",
                "metrics": {f"m{number}": chance.random() for number in range(METRICS)},
                "parameters": {f"p{number}": str(chance.random()) for number in range(PARAMETERS)},
            }
            answer = client.post(
                f"/api/v1/products/{SLUG}/runs/", json=body, headers={"Idempotency-Key": secrets.token_hex(12)}
            )
            assert answer.status_code == 202, answer.text[:300]
            took.append(time.perf_counter() - began)
    found.put((len(took) / (time.perf_counter() - start), took))


if __name__ == "__main__":
    main()
