"""`manage.py demo`: load the demonstration, compute it with real workers, print the chain, and serve it."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kpiplatform.demo import chain, decided, delivered, rows, story
from kpiplatform.listening import refuse_taken
from kpiplatform.management.commands.up import serve
from kpiplatform.supervise import Supervisor, be_at, workers
from kpiplatform.tables import bring_up_to_date
from metrics import jobs
from metrics.queries.product import work

PATIENCE = 600.0  # seconds
DATES = (MOVED, ORIGINAL) = ("moved", "original")


class Command(BaseCommand):
    help = "Load the demonstration, compute it, print the chain, and serve it at http://127.0.0.1:8000."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="stop once everything is computed")
        parser.add_argument("--json", action="store_true", help="print every figure as JSON")
        parser.add_argument(
            "--dates",
            choices=DATES,
            help="moved: its days are moved on by whole years, so that its last month is the newest possible, which is "
            "what the first start does; original: they stay those of 2015 to 2017",
        )
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(
        self, *args: Any, no_serve: bool, json: bool, dates: str | None, host: str, port: int, **options: Any
    ) -> None:
        if not no_serve:
            refuse_taken(host, port)
            be_at(host, port)
        begun = time.monotonic()
        bring_up_to_date()
        told = story.moved_on()
        if told is not None and dates is not None and (dates == ORIGINAL) != (told == 0):
            raise CommandError(_told_otherwise(told, dates), returncode=2)
        words = story.people()
        self.tell("loading three products and twenty evaluation runs")
        products = story.tell(0 if dates == ORIGINAL else None)
        if told is None and (years := story.moved_on()):
            self.tell(_moved(years))
        with Supervisor(workers()) as supervisor:
            self.wait(supervisor)
            story.news()
            self.wait(supervisor)
            decided.decide(story.moved_on() or 0)
            delivered.deliver()
            self.wait(supervisor)
        if json:
            self.stdout.write(_dumped([chain.whole(product) for product in products]))
        else:
            self.stdout.write(chain.table(products))
            self.stdout.write(f"computed in {time.monotonic() - begun:.0f} s")
        if no_serve:
            return
        self.stdout.write(_guide(words, host, port))
        serve(host, port, say=self.stdout.write)

    def wait(self, supervisor: Supervisor) -> None:
        """Watch the workers until nothing is left to compute; the work table is the judge."""
        begun, told = time.monotonic(), -1
        while (left := jobs.open_count()) > 0:
            supervisor.watch()
            if left != told and self.stderr.isatty():
                self.tell(f"computing: {left} to do ")
                told = left
            if time.monotonic() - begun > PATIENCE:
                raise CommandError(
                    f"{left} pieces of work are not done after {PATIENCE:.0f} s; see the workers' lines above"
                )
            time.sleep(0.1)
        parked = list(work.parked_all())
        if parked:
            raise CommandError(f"given up: {parked[0].kind} {parked[0].scope}: {parked[0].error[:300]}")

    def tell(self, text: str) -> None:
        self.stderr.write(text)


def _moved(years: int) -> str:
    last = rows.LAST.replace(year=rows.LAST.year + years)
    return (
        f"its days are moved on by {years} years: {rows.LAST:%B %Y}, the last month, is {last:%B %Y}, the newest "
        f"{last:%B} that is over; --dates {ORIGINAL} keeps them, in an empty VAR_DIR"
    )


def _told_otherwise(told: int, dates: str) -> str:
    held = f"moved on by {told} years" if told else "as they were, of 2015 to 2017"
    return (
        f"--dates {dates}: here the demonstration was told with its days {held}, and it keeps them; "
        f"set VAR_DIR to an empty folder to tell it anew"
    )


def _dumped(found: Any) -> str:
    return json.dumps({"at": timezone.now().isoformat(), "products": found}, indent=1, default=str)


def _guide(words: dict[str, str], host: str, port: int) -> str:
    lines = [
        "",
        f"Open http://{host}:{port} and sign in:",
        *(f"  {name:<10} {word}" for name, word in words.items()),
        "",
        "executive: the portfolio; open Cancellation calls, move a slider, click the figure for its receipt.",
        "scientist: waiting for you is version 2 of “Value per call”: look at it and endorse it.",
        "manager:   then approve it, and watch the executive's figure change.",
        "all three: under Decisions one is scored, and one waits for your answers, blind till all are in.",
        "executive: under Deliveries is a weekly mail that was tried, and an alert that rang.",
        "",
    ]
    return "\n".join(lines)


with contextlib.suppress(AttributeError):
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
