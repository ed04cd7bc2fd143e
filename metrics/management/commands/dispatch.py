"""`manage.py dispatch`: lease due work and hand its ids to the broker as hints; write the periodic work.

Run one or several; they share the table. With the broker away nothing is leased for long: what could not be handed over
is given back, and tried again when the broker answers.
"""

from __future__ import annotations

import logging
import signal
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections, connection
from django.db.models import F, Q
from kombu import Connection
from kombu.exceptions import OperationalError

from metrics import jobs
from metrics.models.work import Work
from metrics.services.delivery import schedule as delivery
from metrics.services.imports import schedule

logger = logging.getLogger(__name__)

FLOWING = 0.25  # seconds between looks while work flows
IDLE = 0.5
TROUBLE = 2.0
BATCH = 50
MARK = "kpiplatform handed over"  # lies in Redis as long as the hints do
LIMITS = {"quick": (60, 90), "scan": (3600, 3660)}  # soft and hard seconds; a scan is limited by its rows
PERIODIC = {
    "sweep": timedelta(minutes=5),
    "store_check": timedelta(days=1),
    "retention": timedelta(days=1),
    "notices": timedelta(hours=1),
    "alerts_all": timedelta(minutes=15),
    "audit_link": timedelta(minutes=5),
    "audit_anchor": timedelta(days=1),
}


class Dispatcher:
    """The loop between the work table and the broker; `stop()` ends it between two batches.

    It owns its connection to the broker (`broker`: another address than the setting's), made anew after trouble.
    """

    def __init__(self, *, broker: str | None = None) -> None:
        self._stopped = threading.Event()
        self._broker = broker
        self._connection: Connection | None = None

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        """Loop until stopped; trouble with the database or the broker is waited out."""
        while not self._stopped.is_set():
            try:
                close_old_connections()
                now = jobs.clock()
                put_periodic(now=now)
                pause = FLOWING if self.step(now=now) else IDLE
            except (DatabaseError, OperationalError, OSError) as trouble:
                logger.warning("dispatcher waits: %s: %s", type(trouble).__name__, trouble)
                connection.close()
                pause = TROUBLE
            self._stopped.wait(pause)
        connection.close()
        self._drop_connection()

    def step(self, *, now: datetime) -> int:
        """Lease and publish one batch; give how many. Raises what the broker raises, with the rest given back."""
        if not (_anything_due(now=now) or _anything_out()):
            return 0
        if self._broker_lost_all() and (count := jobs.hand_out_again()):
            logger.warning("the broker has lost what it held; %s are handed over again", count)
        leased = jobs.lease_due(now=now, limit=BATCH)
        for place, (work_id, queue) in enumerate(leased):
            try:
                self.publish(work_id, queue)
            except (OperationalError, OSError):
                self._drop_connection()
                give_back([work_id for work_id, _ in leased[place:]])
                raise
        return len(leased)

    def publish(self, work_id: str, queue: str) -> None:
        """Hand one id to the broker; the hint may be lost or doubled."""
        connected = self._connected()
        soft, hard = LIMITS[queue]
        current_app.send_task(
            "metrics.run_work",
            args=[work_id],
            queue=queue,
            connection=connected,
            soft_time_limit=soft,
            time_limit=hard,
        )

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = current_app.connection_for_write(self._broker)
        return self._connection

    def _broker_lost_all(self) -> bool:
        """Whether a Redis has forgotten the mark that was left in it; of several dispatchers, one alone is told so."""
        connected = self._connected()
        if connected.transport_cls not in ("redis", "rediss"):
            return False
        try:
            channel: Any = connected.default_channel
            return bool(channel.client.set(MARK, "1", nx=True))
        except connected.connection_errors as error:
            self._drop_connection()
            raise OperationalError(str(error)) from error

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with suppress(Exception):  # it is broken, perhaps in a way of its own
                self._connection.release()
            self._connection = None


def give_back(work_ids: list[str]) -> None:
    """These were leased and not handed over: due again, as if never published."""
    Work.objects.filter(pk__in=work_ids, state=Work.State.LEASED, published__gt=0).update(
        state=Work.State.DUE, leased_until=None, published=F("published") - 1
    )


def put_periodic(*, now: datetime) -> None:
    """Write the work of the present period, once a (kind, period), and once an (import, period)."""
    for kind, every in PERIODIC.items():
        period = int(now.timestamp() // every.total_seconds())
        scope = f"period {period}"
        if not Work.objects.filter(kind=kind, scope=scope).exists():
            jobs.ask(kind, scope)
    schedule.put_due(now=now)
    delivery.put_due(now=now)


def _anything_out() -> bool:
    """Whether a hint is with the broker, of work that nobody has begun."""
    return Work.objects.filter(state=Work.State.LEASED, started_at=None).exists()


def _anything_due(*, now: datetime) -> bool:
    """A look without a lock: on SQLite leasing takes the file's write lock, and idle looks should not."""
    due = Q(state=Work.State.DUE, due_at__lte=now) | Q(state=Work.State.LEASED, leased_until__lte=now)
    return Work.objects.filter(due).exists()


class Command(BaseCommand):
    help = "Hand due work to the workers, and write periodic work, until told to stop."
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *args: Any, **options: Any) -> None:
        dispatcher = Dispatcher()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: dispatcher.stop())
        self.stdout.write("dispatcher started")
        dispatcher.run()
        self.stdout.write("dispatcher stopped")
