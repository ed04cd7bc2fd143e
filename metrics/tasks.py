"""The workers' door: one task that loads a work row by id and makes one call.

A hint from the broker may come late, twice or never. So the row is claimed before it is computed, its lease is kept
while it is computed, and the service marks it done in the transaction that writes the result.
"""

from __future__ import annotations

import faulthandler
import hashlib
import logging
import resource
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from celery import Task, shared_task
from celery.exceptions import SoftTimeLimitExceeded
from celery.worker import state
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from metrics import jobs
from metrics.models.work import Work
from metrics.services.recompute import work

logger = logging.getLogger(__name__)

FIRST_RENEWAL, RENEW_EVERY = 0.3, 5.0  # seconds
LETTING_GO = 0.2
MOST_MEMORY = 1 << 20  # kB that a worker has had, after which it ends and another begins
SHORT_LEASE = timedelta(seconds=20)  # a killed worker's row is due again after this


class Company:
    """Threads of one process share its death: a row that may have killed it before is computed alone.

    So work that kills its process takes no other row with it to the limit of attempts. Who must be alone goes first.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._wish_alone = 0

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: self._wish_alone == 0)
            self._inside += 1
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._wish_alone += 1
            self._changed.wait_for(lambda: self._inside == 0)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._wish_alone -= 1
            self._leave()

    def _leave(self) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()


_claimed: set[str] = set()
_claims = threading.Lock()
_company = Company()


@shared_task(name="metrics.run_work", bind=True)
def run_work(self: Task[..., None], work_id: str) -> None:
    """Compute one row of the work table; nothing to do is no error."""
    with limited(self.request.timelimit):
        if not claimed_and_done(work_id):
            # The holder may have put the row back just now, for a change that came meanwhile, and be about to let go.
            time.sleep(LETTING_GO)
            claimed_and_done(work_id)
    if (
        not self.request.called_directly
        and alone_here()
        and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > MOST_MEMORY
    ):
        state.should_stop = 0  # type: ignore[assignment]


def alone_here() -> bool:
    """Whether this is a worker's only thread that computes, and may be interrupted, or end, without another's harm."""
    return connection.vendor == "postgresql" and threading.current_thread() is threading.main_thread()


@contextmanager
def limited(seconds: Sequence[float | None] | None) -> Iterator[None]:
    """Hard and soft limit: past the soft one SoftTimeLimitExceeded is raised here, past the hard one the process ends,
    wherever it is, and says where. Whoever keeps the worker starts it again, and the row is counted as tried.
    """
    hard, soft = seconds or (None, None)
    if not (hard and soft and alone_here()):
        yield
        return

    def too_long(*_: Any) -> None:
        raise SoftTimeLimitExceeded(soft)

    before = signal.signal(signal.SIGALRM, too_long)
    faulthandler.dump_traceback_later(hard, exit=True)
    signal.setitimer(signal.ITIMER_REAL, soft)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        faulthandler.cancel_dump_traceback_later()


def claimed_and_done(work_id: str) -> bool:
    """Compute the row if nobody else is at it; False when somebody is."""
    with claim(work_id) as mine:
        if mine:
            with kept_lease(work_id):
                work.perform(work_id)
    return mine


@contextmanager
def claim(work_id: str) -> Iterator[bool]:
    """True for the one that holds the row, over all processes; a second delivery of a running row gets False.

    PostgreSQL gives the lock back when the holder's connection dies, so a killed worker leaves no claim behind. In
    embedded mode there is one worker process, its memory does, and rows begun before are computed alone.
    """
    if connection.vendor == "postgresql":
        key = int.from_bytes(hashlib.sha256(f"work {work_id}".encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
            mine = bool(cursor.fetchone()[0])
        try:
            yield mine
        finally:
            if mine:
                with suppress(DatabaseError), connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
        return
    with _claims:
        mine = work_id not in _claimed
        _claimed.add(work_id)
    if not mine:
        yield False
        return
    try:
        suspect = Work.objects.filter(pk=work_id, attempts__gt=0).exists()
        with _company.alone() if suspect else _company.shared():
            yield True
    finally:
        with _claims:
            _claimed.discard(work_id)


@contextmanager
def kept_lease(work_id: str) -> Iterator[None]:
    """Keep the row's lease short and renewed while it is computed, so that a dead worker is noticed within 20 s.

    Only where workers are separate processes: the embedded worker gives all leases back when it starts.
    """
    if connection.vendor != "postgresql":
        yield
        return
    done = threading.Event()
    keeper = threading.Thread(target=_renew, args=(work_id, done), name=f"lease-{work_id}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join(timeout=RENEW_EVERY)


def _renew(work_id: str, done: threading.Event) -> None:
    pause = FIRST_RENEWAL
    while not done.wait(pause):
        pause = RENEW_EVERY
        try:
            close_old_connections()
            leased = Work.objects.filter(pk=work_id, state=Work.State.LEASED)
            leased.update(leased_until=jobs.clock() + SHORT_LEASE)
        except DatabaseError:
            logger.warning("the lease of %s could not be renewed", work_id)
    connection.close()


def give_back_leases() -> int:
    """Make every leased row due now; for the start of the one embedded worker, when nobody can be computing.

    What was being computed when the last one died goes to the end of the line, so that deaths are spread over the rows.
    """
    leased = Work.objects.filter(state=Work.State.LEASED)
    begun = leased.filter(attempts__gt=0).update(
        state=Work.State.DUE, published=0, leased_until=None, started_at=None, due_at=timezone.now()
    )
    return begun + leased.update(state=Work.State.DUE, published=0, leased_until=None)
