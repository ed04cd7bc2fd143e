"""`manage.py up`: the whole installation by one command: migrate, web, workers; ctrl-C stops all."""

from __future__ import annotations

import os
import shlex
import signal
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kpiplatform.listening import answers, reachable, refuse_taken
from kpiplatform.supervise import Supervisor, be_at, web, workers
from kpiplatform.tables import bring_up_to_date
from metrics.queries.product import people

READY_WITHIN = 60.0  # seconds


class Command(BaseCommand):
    help = "Migrate, then run web and workers until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        refuse_taken(host, port)
        be_at(host, port)
        bring_up_to_date()
        serve(host, port, say=self.stdout.write)


def first_administrator() -> str:
    """The command that makes one in this very installation, wherever the other terminal stands."""
    other = f"VAR_DIR={shlex.quote(str(settings.VAR_DIR))} " if "VAR_DIR" in os.environ else ""
    return f"{other}manage.py createsuperuser"


def serve(host: str, port: int, *, say: Any = print) -> None:
    """Run web and workers until SIGTERM or ctrl-C; says the address once it answers."""
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: told.append(number))
    with Supervisor([web(host=host, port=port), *workers()]) as supervisor:
        answered, begun = False, time.monotonic()
        while not told:
            if not answered and answers(host, port):
                answered = True
                say(f"kpiplatform is at http://{reachable(host)}:{port}  (ctrl-C stops it)")
                if not people.anybody():
                    say("nobody has an account yet; for the first administrator, in another terminal:")
                    say(f"  {first_administrator()}")
            if not answered and time.monotonic() - begun > READY_WITHIN:
                raise CommandError(f"the web process did not answer within {READY_WITHIN:.0f} s; see its lines above")
            supervisor.watch()
            time.sleep(0.2)
        say("stopping")
