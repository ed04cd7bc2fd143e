"""The workers' door: a row is computed once however often its hint comes, and a bad row is parked."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from metrics import jobs, tasks
from metrics.models.work import Work

pytestmark = pytest.mark.django_db(transaction=True)


def leased(kind: str = "sweep", scope: str = "period 1") -> Work:
    work = jobs.put(kind, scope)
    jobs.lease_due(now=timezone.now())
    work.refresh_from_db()
    return work


def test_a_delivered_row_is_computed_and_done() -> None:
    work = leased()
    tasks.run_work(work.pk)
    work.refresh_from_db()
    assert work.state == Work.State.DONE
    assert work.attempts == 1


def test_a_second_delivery_of_a_done_row_does_nothing() -> None:
    work = leased()
    tasks.run_work(work.pk)
    tasks.run_work(work.pk)
    work.refresh_from_db()
    assert work.attempts == 1


def test_a_hint_for_a_row_that_is_gone_is_no_error() -> None:
    tasks.run_work("000000000000")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is written by one machine alone")
@pytest.mark.promise("R10")
@pytest.mark.parametrize("hours", [1, -1])
def test_a_worker_whose_clock_is_an_hour_off_leases_and_waits_by_the_database(monkeypatch, hours) -> None:
    real, during = timezone.now, []

    def broken(work: Work) -> None:
        during.append(Work.objects.get(pk=work.pk).leased_until)
        raise ValueError("not this time")

    monkeypatch.setitem(jobs.ABOVE, "broken", broken)
    work = leased("broken", "one")
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(hours=hours))
    tasks.run_work(work.pk)
    work.refresh_from_db()
    [until] = during
    assert timedelta(0) < until - real() <= jobs.LEASE
    assert timedelta(0) < work.due_at - real() <= timedelta(seconds=2)


@pytest.mark.promise("R7")
def test_five_deliveries_at_once_count_one_attempt() -> None:
    work = leased()
    barrier = threading.Barrier(5)

    def deliver() -> None:
        barrier.wait()
        tasks.run_work(work.pk)
        connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work.refresh_from_db()
    assert work.state == Work.State.DONE
    assert work.attempts == 1


def test_a_claimed_row_is_refused_to_others_and_free_again_after() -> None:
    seen: list[bool] = []

    def other() -> None:
        with tasks.claim("abc") as mine:
            seen.append(mine)
        connection.close()

    with tasks.claim("abc") as mine:
        assert mine
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [False, True]


@pytest.mark.promise("R9")
def test_work_that_always_fails_is_parked_with_its_error_after_five_attempts() -> None:
    work = leased(kind="verify", scope="f" * 64)  # carries no digest to verify
    for _ in range(jobs.MOST_ATTEMPTS + 1):
        tasks.run_work(work.pk)
    work.refresh_from_db()
    assert work.state == Work.State.PARKED
    assert work.attempts == jobs.MOST_ATTEMPTS
    assert work.error


def test_a_lease_is_renewed_while_its_row_is_computed_where_workers_are_many() -> None:
    work = leased()
    Work.objects.filter(pk=work.pk).update(leased_until=timezone.now())
    with tasks.kept_lease(work.pk):
        time.sleep(3 * tasks.FIRST_RENEWAL)
        work.refresh_from_db()
        renewed = work.leased_until > timezone.now() + tasks.SHORT_LEASE / 2
    assert renewed == (connection.vendor == "postgresql")  # the embedded worker is alone, and gives all leases back


def test_the_starting_embedded_worker_makes_every_lease_due_at_once() -> None:
    work = leased()
    assert tasks.give_back_leases() == 1
    work.refresh_from_db()
    assert (work.state, work.published) == (Work.State.DUE, 0)
    assert [found for found, _ in jobs.lease_due(now=timezone.now())] == [work.pk]


def test_what_was_being_computed_when_the_worker_died_waits_behind_the_rest() -> None:
    begun, waiting = leased(scope="period 1"), leased(scope="period 2")
    jobs.start(begun.pk, now=timezone.now())
    tasks.give_back_leases()
    assert [found for found, _ in jobs.lease_due(now=timezone.now())] == [waiting.pk, begun.pk]


def test_a_row_that_was_begun_before_is_computed_alone_and_others_share() -> None:
    company, inside, most = tasks.Company(), [], {"alone": 0, "shared": 0}

    def work(kind: str) -> None:
        with getattr(company, kind)():
            inside.append(kind)
            time.sleep(0.02)
            most[kind] = max(most[kind], len(inside))
            inside.remove(kind)

    threads = [threading.Thread(target=work, args=(kind,)) for kind in ["shared", "shared", "alone"] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert most["alone"] == 1
    assert most["shared"] > 1
