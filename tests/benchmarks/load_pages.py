"""What each page of `tests.benchmarks.load` costs by itself: the processor's time and the queries, one after another.

    python -m tests.benchmarks.load_pages FOLDER [--times 5] [--only TEXT] [--same] [--profile cumtime]

FOLDER is what `load --keep` left. In this process, by Django's test client, on the installation's database: a line for
each page of each role, with ms of this process for the first and for a further call, those of the database's server,
the queries, and the parts that the page loads and that are counted with it. --same: one product, whose figures are
remembered from the first call on; else each call is of another. --profile: the functions of a page, in that order.
"""

from __future__ import annotations

import argparse
import cProfile
import html
import json
import os
import pstats
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.load import TICK, database_of, installed
from tests.benchmarks.load_traffic import LOADED, PAGES, PART, Traffic, at_once


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--times", type=int, default=5)
    asked.add_argument("--only", default="", metavar="TEXT", help="of the role and the page")
    asked.add_argument("--same", action="store_true")
    asked.add_argument("--profile", default="", metavar="ORDER")
    given = asked.parse_args()
    plan = json.loads((given.folder / "plan.json").read_text())
    installation = installed(given.folder, database_of(given.folder), "redis://127.0.0.1:6379/5")
    os.environ.update(installation.env, DJANGO_SETTINGS_MODULE="kpiplatform.settings")
    import django

    django.setup()
    import kpiplatform.wsgi  # noqa: F401  # with what it sets for the web

    print(f"{'':44}{'often':>6}{'first':>8}{'cpu':>8}{'db cpu':>8}{'wall':>8}{'queries':>8}{'parts':>6}")
    total = {role: of_role(role, pages, plan, given) for role, pages in PAGES.items()}
    people = {role: sum(one["role"] == role for one in plan["people"]) for role in PAGES}
    mean = sum(count * total[role] for role, count in people.items()) / sum(people.values())
    print(f"all: {1000 * mean:.0f} ms a page with its parts, this process and the database's")


def of_role(role: str, pages: Any, plan: dict[str, Any], given: argparse.Namespace) -> float:
    """A line for each page of a role; gives the seconds of the processor that its mean page takes."""
    from django.test import Client

    person = next(one for one in plan["people"] if one["role"] == role)
    client = Client(HTTP_HOST="127.0.0.1:8000", headers={"user-agent": "benchmark"})
    client.cookies["kpi_session"] = person["session"]
    traffic, mean = Traffic("", plan, think=0, pause=0), 0.0
    often_all = sum(often for _, often, _ in pages)
    for kind, often, address in pages:
        if given.only not in f"{role} {kind}":
            continue
        addresses = [traffic.chosen(person, [(kind, 1, address)])[1] for _ in range(given.times + 1)]
        if given.same:
            addresses = addresses[:1] * len(addresses)
        head = PART if kind == "what-if" else {}
        first = _taken(client, addresses[0], head)
        profile = cProfile.Profile(time.process_time) if given.profile else None
        began, rows = server_seconds(), []
        for one in addresses[1:]:
            if profile is not None:
                profile.enable()
            rows.append(_taken(client, one, head))
            if profile is not None:
                profile.disable()
        served = (server_seconds() - began) / given.times
        spent, wall, queries, parts = (sum(column) / given.times for column in zip(*rows, strict=True))
        mean += often / often_all * (spent + served)
        figures = "".join(f"{1000 * seconds:8.0f}" for seconds in (first[0], spent, served, wall))
        print(f"{f'{role[:8]} {kind}':44}{often:6}{figures}{queries:8.0f}{parts:6.0f}", flush=True)
        if profile is not None:
            pstats.Stats(profile).sort_stats(given.profile).print_stats("metrics.|reports.|charts", 55)
    return mean


def _opened(client: Any, address: str, head: dict[str, str]) -> int:
    """Open a page with the parts that it loads; gives how many these are."""
    text = _answer(client, address, head)
    parts = [html.unescape(one[1]) for one in LOADED.finditer(text) if at_once(one[0])]
    for part in parts:
        _answer(client, part, PART)
    return len(parts)


def _answer(client: Any, address: str, head: dict[str, str]) -> str:
    answer = client.get(address, headers=head)
    assert answer.status_code == 200, f"{answer.status_code} at {address}"
    return str(answer.content.decode())


def _taken(client: Any, address: str, head: dict[str, str]) -> tuple[float, float, int, int]:
    """Seconds of this process and of the clock, queries and parts of a page."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        spent, wall = time.process_time(), time.perf_counter()
        parts = _opened(client, address, head)
        return time.process_time() - spent, time.perf_counter() - wall, len(captured), parts


def server_seconds() -> float:
    """Of the processor, by the server's process that answers this connection."""
    from django.db import connection

    connection.ensure_connection()
    parts = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(parts[at]) for at in (11, 12)) / TICK


if __name__ == "__main__":
    main()
