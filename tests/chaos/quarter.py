"""A quarter of deliveries in a few seconds: the clock is moved, the mail server fails, the worker is killed.

`python -m tests.chaos.quarter --days 92 --people 20 --kills 10 --seed 1` makes an installation in a folder of its own
(of an empty PostgreSQL, where DATABASE_URL names one), and prints what came of it as JSON. Everything is real but the
clock: processes, signals, the database, SMTP. Who is due what is counted here once more, from the calendar alone.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.mail_server import MailServer

ZONES = ("Europe/Lisbon", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "Pacific/Auckland")
BEGINS = datetime(2027, 1, 15, 12, tzinfo=UTC)  # the clocks of four of the zones change within the quarter
WITHIN = (7, 30, 60)  # days, of the three alerts of each person
HOLDS = 75  # days that each version of the assumption holds
RENEWED = 25  # every so many days


class Clock:
    """The time that all processes of the simulation read, kept in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def set(self, at: datetime) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(at.isoformat())
        fresh.replace(self.path)

    def now(self) -> datetime:
        return datetime.fromisoformat(self.path.read_text())


class Worker:
    """A process that does what is due, until it is killed; then another takes its place, as `manage.py up` does it."""

    def __init__(self) -> None:
        self.killed = 0
        self.pid = self._start()

    def _start(self) -> int:
        from django.db import connections

        connections.close_all()
        pid = os.fork()
        if pid:
            return pid
        try:
            _do_what_is_due()
        finally:
            os._exit(1)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.killed += 1
        self.pid = self._start()

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def _do_what_is_due() -> None:
    from django.utils import timezone

    from metrics import jobs
    from metrics.services.recompute import work
    from metrics.tasks import give_back_leases

    give_back_leases()
    while True:
        leased = jobs.lease_due(now=timezone.now(), limit=1)
        for key, _ in leased:
            work.perform(key)
        if not leased:
            time.sleep(0.004)


def set_up(folder: Path, server: MailServer) -> Clock:
    """An installation of its own, whose clock is ours."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "kpiplatform.settings",
        "VAR_DIR": str(folder),
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
        "LOG_LEVEL": "CRITICAL",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from django.utils import timezone

    clock = Clock(folder / "clock")
    clock.set(BEGINS)
    timezone.now = clock.now
    return clock


def people_and_alerts(count: int) -> tuple[list[Any], Any, Any]:
    """Subscribers, each with a weekly mail and three alerts; the manager, and the assumption that expires."""
    from datetime import time as hour

    from metrics.models.product import Membership, User
    from metrics.services.delivery import alerts, subscriptions
    from metrics.services.kpi import kpis
    from metrics.services.product import products

    admin = User.objects.create_superuser("admin")
    manager = User.objects.create_user("manager")
    product = products.create_product(admin, name="Calls", currency="EUR", seed=1)
    Membership.objects.create(product=product, user=manager, role="project_manager")
    until = (BEGINS + timedelta(days=HOLDS)).date()
    given = {"key": "offer", "name": "Offer", "unit": "share", "source": "s", "valid_until": until}
    held = kpis.create_assumption(manager, product, distribution={"kind": "point", "value": 0.4}, **given).assumption
    made = []
    for number in range(count):
        user = User.objects.create_user(f"reader{number}", email=f"reader{number}@example.org")
        Membership.objects.create(product=product, user=user, role="executive")
        zone, what = ZONES[number % len(ZONES)], ("portfolio", "product")[number % 2]
        of = {"product": product} if what == "product" else {}
        at = {"rule": "weekly", "day": number % 7, "at": hour(number % 24, 30), "time_zone": zone}
        made.append(subscriptions.save(user, what=what, **of, **at))
        for days in WITHIN:
            alerts.save(user, product, kind="expires", slots={"days": str(days)}, time_zone=zone)
    return made, manager, held


def weekly(day: int, hour: int, zone: str, until: datetime) -> set[str]:
    """The weeks in which a weekly mail is due, by the calendar of its place."""
    found, place = set(), ZoneInfo(zone)
    on = BEGINS.astimezone(place).date()
    while (at := datetime(on.year, on.month, on.day, hour, 30, tzinfo=place)).astimezone(UTC) <= until:
        if on.weekday() == day and at.astimezone(UTC) > BEGINS:
            found.add(f"{on:%G-W%V}")
        on += timedelta(days=1)
    return found


def crossings(within: int, looks: list[tuple[date, date]]) -> int:
    """How often an alert rings: from one look to the next it became true. looks: (day, until when it holds)."""
    rings, on = 0, False
    for day, until in looks:
        now = (until - day).days <= within
        rings += now and not on
        on = now
    return rings


def simulate(server: MailServer, clock: Clock, *, days: int, people: int, kills: int, seed: int) -> dict[str, Any]:
    """Let the days pass, hour by hour; gives the ledger and what should be in it."""
    from metrics import jobs
    from metrics.models.work import Work
    from metrics.services.delivery import ledger, schedule
    from metrics.services.kpi import kpis

    made, manager, held = people_and_alerts(people)
    chance, worker = random.Random(seed), Worker()
    busy, looks = 0, [(BEGINS.date(), (BEGINS + timedelta(days=HOLDS)).date())]
    ends, until = BEGINS + timedelta(days=days), looks[0][1]
    wanted = set(chance.sample(range(2, max(3 * kills, days)), kills))  # which busy moments end with a kill
    for hour in range(1, days * 24 + 12):  # at the end, half a day for what is still to be tried again
        now = BEGINS + timedelta(hours=hour)
        clock.set(now)
        day, rest = divmod(hour, 24)
        if now <= ends:
            schedule.put_due(now=now)
            if rest == 0 and day % RENEWED == 0:
                until = now.date() + timedelta(days=HOLDS)
                given = {"distribution": {"kind": "point", "value": 0.4}, "source": "s", "valid_until": until}
                kpis.update_assumption(manager, held, **given)
            if rest == 0:
                jobs.ask("alerts", held.product_id, product=held.product)
                looks.append((now.date(), until))
        if not Work.objects.filter(state__in=["due", "leased"], due_at__lte=now).exists():
            continue
        busy += 1
        if busy in wanted:
            time.sleep(chance.uniform(0.001, 0.08))
            worker.kill()
        drained(now)
        if rest == 0:
            ledger.gather()
    drained(clock.now())
    worker.stop()
    return outcome(server, made, looks, ends, worker.killed)


def drained(now: datetime) -> None:
    from metrics.models.work import Work

    begun = time.monotonic()
    while Work.objects.filter(state__in=["due", "leased"], due_at__lte=now).exists():
        if time.monotonic() - begun > 60:
            raise TimeoutError(f"not drained: {list(Work.objects.exclude(state='done').values())}")
        time.sleep(0.004)


def outcome(
    server: MailServer, made: list[Any], looks: list[tuple[date, date]], ends: datetime, killed: int
) -> dict[str, Any]:
    """What is in the ledger and on the server, once readers have said of the uncertain whether they have it."""
    from metrics.models.delivery import Delivery, Ring

    uncertain = list(Delivery.objects.filter(state="uncertain").values_list("sent_as", flat=True))
    rows = Delivery.objects.exclude(state="uncertain")
    due = {(held.pk, week) for held in made for week in weekly(held.day, held.at.hour, held.time_zone, ends)}
    there = set(Delivery.objects.filter(subscription__isnull=False).values_list("subscription", "period"))
    rung = {alert: Ring.objects.filter(alert=alert).count() for alert in Ring.objects.values_list("alert", flat=True)}
    should = sum(crossings(within, looks) for within in WITHIN) * len(made)
    return {
        "due": len(due),
        "lost": sorted(map(str, due - there)),
        "beside": sorted(map(str, there - due)),
        "rings": sum(rung.values()),
        "rings_due": should,
        "twice": len(server.ids) - len(set(server.ids)),
        "arrived": len(server.ids),
        "sent": rows.filter(state="sent").count(),
        "uncertain": len(uncertain),
        "uncertain_there": sum(one in server.ids for one in uncertain),
        "open_or_failed": list(rows.exclude(state="sent").values_list("state", "why")),
        "differ": sorted(
            (set(server.ids) - set(uncertain)) ^ set(rows.filter(state="sent").values_list("sent_as", flat=True))
        ),
        "refused": server.refused,
        "killed": killed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("days", 92), ("people", 20), ("kills", 10), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, MailServer(refusing=0.2, seed=given.seed) as server:
        clock = set_up(Path(folder), server)
        found = simulate(server, clock, **vars(given))
    json.dump(found | {"seconds": round(time.monotonic() - begun, 1)}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
