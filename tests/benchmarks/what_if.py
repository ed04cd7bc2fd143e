"""A what-if over HTTP, by the page's sliders and by the API: python -m tests.benchmarks.what_if [--postgresql].

The demonstration is loaded and computed on a scratch installation, SQLite or, as asked, a scratch database beside that
of TEST_DATABASE_URL; `manage.py web` then serves it alone. Each request moves one slider to another place, over a
connection that is kept. Printed: median and 99th percentile of 300 answers after 20 to warm up (held to 50 ms), and
the processor's time that the server took for one, which other work on the machine does not lengthen.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import httpx
import numpy as np

from tests.benchmarks.track import installation, redis, scratch

SLUG, WARM, REQUESTS, LIMIT = "cancellation-calls", 20, 300, 0.050


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--postgresql", action="store_true", help="on a scratch database instead of SQLite")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ |= {"VAR_DIR": name, "SECRET_KEY": secrets.token_urlsafe(64)}
        with (
            scratch("kpi_what_if") if given.postgresql else nullcontext() as database,
            redis(folder) if given.postgresql else nullcontext() as broker,
        ):
            if database and broker:
                os.environ |= {
                    "DATABASE_URL": database, "REDIS_URL": broker, "KPI_URL_BASE": "http://127.0.0.1:8000"
                }  # fmt: skip
            token = prepare()
            with installation(folder, web_only=True) as uri:
                held = [by_page(uri, folder), by_api(uri, token)]
    sys.exit(0 if all(held) else 1)


def prepare() -> str:
    """The demonstration, computed; a token of its executive."""
    from metrics.models.product import User
    from metrics.services.product.tokens import create_token

    os.environ["DJANGO_SETTINGS_MODULE"] = "kpiplatform.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("demo", "--no-serve")
    token = create_token(User.objects.get(username="executive"), name="benchmark")[1]
    connections.close_all()
    return token


def by_page(uri: str, folder: Path) -> bool:
    """The sliders of the executive's page: one is dragged from end to end."""
    words = json.loads((folder / "demo_users.json").read_text())
    with httpx.Client(base_url=uri, follow_redirects=True) as client:
        given = {"username": "executive", "password": words["executive"]}
        client.post("/sign-in/", data=given, headers=headers(client.get("/sign-in/").text, uri)).raise_for_status()
        address = f"/p/{SLUG}/what-if/"
        sliders = client.get(address, headers={"HX-Request": "true"}).text
        slider = next(tag for tag in re.findall(r"<input[^>]+>", sliders) if 'type="range"' in tag)
        name, low, high = (re.search(rf' {part}="([^"]+)"', slider)[1] for part in ("name", "min", "max"))  # type: ignore[index]
        sent = headers(sliders, uri)

        def move(to: float) -> httpx.Response:
            return client.post(address, data={name: f"{to:.6g}"}, headers=sent)

        return measured(f"page, {name} moved", move, float(low), float(high))


def by_api(uri: str, token: str) -> bool:
    with httpx.Client(base_url=uri, headers={"Authorization": f"Bearer {token}"}) as client:

        def move(to: float) -> httpx.Response:
            return client.post(f"/api/v1/products/{SLUG}/what-if/", json={"assumptions": {"growth": to}})

        return measured("API, growth moved", move, 0.0, 0.2)


def headers(page: str, uri: str) -> dict[str, str]:
    found = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)
    return {"X-CSRFToken": found[1] if found else "", "HX-Request": "true", "Referer": uri}


def measured(what: str, move: Callable[[float], httpx.Response], low: float, high: float) -> bool:
    seconds: list[float] = []
    before = 0.0
    for place, to in enumerate(np.linspace(low, high, WARM + REQUESTS).tolist()):
        if place == WARM:
            before = processor()
        began = time.perf_counter()
        answer = move(to)
        seconds.append(time.perf_counter() - began)
        answer.raise_for_status()
    each = (processor() - before) / REQUESTS
    median, p99 = np.quantile(seconds[WARM:], [0.5, 0.99])
    print(
        f"what-if, {what}: median {1e3 * median:.1f} ms, p99 {1e3 * p99:.1f} ms; "
        f"processor {1e3 * each:.1f} ms a request; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    return bool(p99 <= LIMIT)


def processor() -> float:
    """Seconds of the processor that what runs under this process has taken."""
    found, below = 0, [os.getpid()]
    while below:
        of = Path("/proc") / str(below.pop())
        below += [int(pid) for task in of.glob("task/*/children") for pid in task.read_text().split()]
        fields = (of / "stat").read_text().rpartition(")")[2].split()
        found += int(fields[11]) + int(fields[12]) if of.name != str(os.getpid()) else 0
    return found / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
