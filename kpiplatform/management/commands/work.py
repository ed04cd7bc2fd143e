"""`manage.py work`: the embedded worker: dispatcher and Celery worker, threads of one process on memory://.

Threads rather than children: when the process is killed, all that it held is in the work table, and the next one starts
with every lease given back. A lock file keeps a second worker of the same VAR_DIR waiting.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
import warnings
from typing import Any

from celery.platforms import SecurityWarning  # type: ignore[attr-defined]
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kpiplatform.celery import app
from metrics import tasks
from metrics.management.commands.dispatch import Dispatcher

THREADS = 3


class Command(BaseCommand):
    help = "Compute what is due, in one process; embedded mode only."
    requires_system_checks: tuple[str, ...] = ()  # `up` has made them; a killed worker should be back soon

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError(
                "with PostgreSQL and Redis run `manage.py dispatch` and `celery -A kpiplatform.celery worker`"
            )
        with (settings.VAR_DIR / "worker.lock").open("w") as lock:
            _wait_for(lock.fileno(), parent=os.getppid())
            tasks.give_back_leases()
            dispatcher = Dispatcher()
            thread = threading.Thread(target=dispatcher.run, name="dispatcher", daemon=True)
            thread.start()
            # Celery warns of root because of pickle; only JSON is accepted here.
            warnings.filterwarnings("ignore", category=SecurityWarning)
            os.environ.setdefault("CELERY_SKIP_CHECKS", "1")
            try:
                worker = app.Worker(pool="threads", concurrency=THREADS, queues=["scan", "quick"], quiet=True)
                worker.start()
            finally:
                dispatcher.stop()
                thread.join(timeout=2)


def _wait_for(lock: int, *, parent: int) -> None:
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if os.getppid() != parent:
                raise SystemExit(0) from None  # whoever wanted this worker is gone
            time.sleep(0.5)
        else:
            return
