"""The dispatcher hands due work to the broker, once a lease, and loses nothing when the broker is away."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from metrics import jobs
from metrics.management.commands.dispatch import PERIODIC, Dispatcher, give_back, put_periodic
from metrics.models.work import Work
from tests.chaos.own import Redis

MEMORY = "memory://"

pytestmark = pytest.mark.django_db(transaction=True)


Hints = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def hints() -> Hints:
    """The broker in this process; gives (id, queue) of what lies in its queues, and takes it out."""

    def read() -> list[tuple[str, str]]:
        found = []
        with current_app.connection_for_read(MEMORY) as broker, broker.channel() as channel:
            for queue in ("scan", "quick"):
                channel.queue_declare(queue)
                while message := channel.basic_get(queue, no_ack=True):
                    found.append((message.payload[0][0], queue))
        return found

    read()
    return read


def test_due_work_goes_to_the_queue_of_its_kind(hints: Hints) -> None:
    scan, sweep = jobs.put("scan", "a" * 12), jobs.put("sweep", "period 1")
    assert Dispatcher(broker=MEMORY).step(now=timezone.now()) == 2
    assert sorted(hints()) == sorted([(scan.pk, "scan"), (sweep.pk, "quick")])


def test_leased_work_is_not_published_again_before_its_lease_ends(hints: Hints) -> None:
    jobs.put("sweep", "period 1")
    now = timezone.now()
    dispatcher = Dispatcher(broker=MEMORY)
    assert [dispatcher.step(now=now + timedelta(seconds=s)) for s in (0, 29, 31, 60, 92)] == [1, 0, 1, 0, 1]
    assert len(hints()) == 3


def test_work_that_could_not_be_handed_over_is_due_again_as_if_never_published(hints: Hints) -> None:
    work = [jobs.put("verify", f"{number:064}") for number in range(3)]
    nobody = Dispatcher(broker="redis://127.0.0.1:1/0")
    with pytest.raises((OperationalError, OSError)):
        nobody.step(now=timezone.now())
    for row in work:
        row.refresh_from_db()
    assert {(row.state, row.published) for row in work} == {(Work.State.DUE, 0)}


@pytest.mark.services
@pytest.mark.promise("R4")
def test_what_an_emptied_broker_has_lost_is_handed_over_again_at_once(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    redis = Redis(tmp_path / "redis")
    request.addfinalizer(redis.kill)
    address = redis.address
    begun, waiting = jobs.put("sweep", "period 1"), jobs.put("sweep", "period 2")
    dispatcher, other, now = Dispatcher(broker=address), Dispatcher(broker=address), timezone.now()
    assert dispatcher.step(now=now) == 2
    assert jobs.start(begun.pk, now=now)
    assert (dispatcher.step(now=now), other.step(now=now)) == (0, 0)  # the mark is there
    for lose in (redis.flush, redis.restart, redis.flush):
        lose()
        assert [_stepped(one, now) for one in (dispatcher, other)] == [1, 0]
        waiting.refresh_from_db()
        assert (waiting.state, waiting.published) == (Work.State.LEASED, 1)
    begun.refresh_from_db()
    assert begun.attempts == 1


def _stepped(dispatcher: Dispatcher, now: datetime) -> int:
    """What it handed over, at its second look where it finds its connection broken."""
    try:
        return dispatcher.step(now=now)
    except (OperationalError, OSError):
        return dispatcher.step(now=now)


def test_giving_back_leaves_what_a_worker_finished_meanwhile(hints: Hints) -> None:
    work = jobs.put("sweep", "period 1")
    jobs.lease_due(now=timezone.now())
    started = jobs.start(work.pk, now=timezone.now())
    jobs.finish(started)
    give_back([work.pk])
    work.refresh_from_db()
    assert work.state == Work.State.DONE


def test_periodic_work_is_written_once_a_period_even_when_done() -> None:
    now = timezone.now()
    put_periodic(now=now)
    put_periodic(now=now)
    Work.objects.update(state=Work.State.DONE)
    put_periodic(now=now)
    assert Work.objects.count() == len(PERIODIC)
    put_periodic(now=now + max(PERIODIC.values()))
    assert Work.objects.count() == 2 * len(PERIODIC)


def test_the_loop_publishes_within_a_second_and_stops_when_told(hints: Hints) -> None:
    dispatcher = Dispatcher(broker=MEMORY)
    thread = threading.Thread(target=dispatcher.run)
    thread.start()
    try:
        work = jobs.put("verify", "a" * 64)
        deadline = time.monotonic() + 3
        found: list[str] = []
        while time.monotonic() < deadline and work.pk not in found:
            found += [work_id for work_id, _ in hints()]
            time.sleep(0.05)
        assert work.pk in found
    finally:
        dispatcher.stop()
        thread.join(timeout=5)
    assert not thread.is_alive()
    connection.close()
