"""`manage.py web`: pages and API, served by granian in place of this process."""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from kpiplatform.listening import refuse_taken, say_that_it_serves
from kpiplatform.process import COUNTED_IN
from kpiplatform.tables import bring_up_to_date

MOST = 4  # processes that are started unless more are asked for; each holds about 150 MB


class Command(BaseCommand):
    help = "Serve pages and API; with --migrate bring the tables up to date first."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--processes", type=int, default=1 if settings.EMBEDDED else min(MOST, os.cpu_count() or 1))
        parser.add_argument("--migrate", action="store_true")

    def handle(self, *args: Any, host: str, port: int, processes: int, migrate: bool, **options: Any) -> None:
        refuse_taken(host, port)
        if settings.EMBEDDED:
            say_that_it_serves()
        if migrate:
            bring_up_to_date()
        if processes > 1:  # they add up what they count
            os.environ[COUNTED_IN] = tempfile.mkdtemp(prefix="kpiplatform-metrics-")
        # Threads share a few pools of memory, else each keeps the most that a page of its ever took.
        os.environ.setdefault("MALLOC_ARENA_MAX", "2")
        command = [str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--host", host]
        command += ["--port", str(port), "--workers", str(processes), "--blocking-threads", "4", "--no-ws"]
        command += ["--workers-kill-timeout", "5", "--respawn-failed-workers", "--log-level", "warning"]
        # The same process: whoever started this one signals the server itself.
        os.execv(command[0], [*command, "kpiplatform.wsgi:application"])  # noqa: S606 - our own command, no shell
