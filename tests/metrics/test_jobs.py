"""The work table: asked twice is done once, a change while it runs is not lost, and nothing is tried for ever."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from metrics import jobs
from metrics.models.work import Work

pytestmark = pytest.mark.django_db


def started(work: Work, *, now=None) -> Work:
    found = jobs.start(work.pk, now=now or timezone.now())
    assert found is not None
    return found


def fresh(work: Work) -> Work:
    return Work.objects.get(pk=work.pk)


def test_work_asked_for_twice_is_one_row_with_the_newer_payload():
    first = jobs.put("verify", "a" * 64, payload={"digest": "old"})
    again = jobs.put("verify", "a" * 64, payload={"digest": "new"})
    assert (first.pk, again.generation) == (again.pk, 2)
    assert again.payload == {"digest": "new"}


def test_another_kind_or_scope_is_other_work():
    assert len({jobs.put(kind, scope).pk for kind in ("scan", "verify") for scope in ("one", "two")}) == 4


def test_work_that_is_done_is_asked_for_anew():
    first = jobs.put("verify", "a" * 64)
    jobs.finish(started(first), result={"verdict": "equal"})
    again = jobs.put("verify", "a" * 64)
    assert again.pk != first.pk
    assert fresh(first).result == {"verdict": "equal"}


def test_a_change_while_work_runs_makes_it_run_again():
    work = started(jobs.put("recompute", "product"))
    jobs.put("recompute", "product")
    jobs.finish(work)
    assert (fresh(work).state, fresh(work).attempts) == (Work.State.DUE, 0)
    jobs.finish(started(work))
    assert fresh(work).state == Work.State.DONE


def test_finishing_twice_changes_nothing():
    work = started(jobs.put("verify", "a" * 64))
    jobs.finish(work, result={"verdict": "equal"})
    jobs.finish(work, result={"verdict": "differs"})
    assert (fresh(work).state, fresh(work).result) == (Work.State.DONE, {"verdict": "equal"})


def test_failed_work_waits_longer_each_time_and_is_parked_with_its_error_after_five_attempts():
    work, now, pauses = jobs.put("scan", "run"), timezone.now(), []
    for _ in range(jobs.MOST_ATTEMPTS):
        jobs.fail(started(work, now=now), "the rows cannot be read", now=now)
        pauses.append((fresh(work).due_at - now).total_seconds())
    assert pauses[:4] == [2, 4, 8, 16]
    parked = fresh(work)
    assert (parked.state, parked.error, parked.attempts) == (Work.State.PARKED, "the rows cannot be read", 5)
    assert jobs.start(work.pk, now=now) is None


def test_a_final_failure_is_parked_at_once():
    work = started(jobs.put("verify", "a" * 64))
    jobs.fail(work, "the file is gone", now=timezone.now(), final=True)
    assert (fresh(work).state, fresh(work).attempts) == (Work.State.PARKED, 1)


@pytest.mark.promise("R9")
def test_work_that_kills_its_process_each_time_is_parked_too():
    work = jobs.put("scan", "run")
    for _ in range(jobs.MOST_ATTEMPTS):
        started(work)
    assert jobs.start(work.pk, now=timezone.now()) is None
    assert fresh(work).state == Work.State.PARKED
    assert "killed" in fresh(work).error


def test_parked_work_that_is_asked_for_again_is_due_with_all_its_attempts():
    work = started(jobs.put("recompute", "product"))
    jobs.fail(work, "no", now=timezone.now(), final=True)
    again = jobs.put("recompute", "product")
    assert (again.pk, again.state, again.attempts, again.error) == (work.pk, Work.State.DUE, 0, "")


def test_a_change_during_the_last_attempt_is_not_parked_with_it():
    work = jobs.put("recompute", "product")
    for _ in range(jobs.MOST_ATTEMPTS):
        running = started(work)
    jobs.put("recompute", "product")
    jobs.fail(running, "a formula divides by zero", now=timezone.now())
    assert (fresh(work).state, fresh(work).attempts) == (Work.State.DUE, 0)


def test_parked_work_is_retried_and_other_work_is_not():
    parked, due = started(jobs.put("scan", "one")), jobs.put("scan", "two")
    jobs.fail(parked, "no", now=timezone.now(), final=True)
    assert jobs.retry(parked.pk)
    assert (fresh(parked).state, fresh(parked).attempts) == (Work.State.DUE, 0)
    assert not jobs.retry(due.pk)
    assert not jobs.retry("no-such-row")


def test_a_row_is_leased_once_until_its_lease_runs_out():
    work, now = jobs.put("scan", "run"), timezone.now()
    assert jobs.lease_due(now=now) == [(work.pk, "scan")]
    assert jobs.lease_due(now=now + timedelta(seconds=29)) == []
    assert jobs.lease_due(now=now + timedelta(seconds=31)) == [(work.pk, "scan")]


def test_a_row_is_published_again_at_growing_intervals_of_at_most_a_quarter_of_an_hour():
    work, now, waits = jobs.put("verify", "a" * 64), timezone.now(), []
    for _ in range(8):
        assert jobs.lease_due(now=now)
        waits.append((fresh(work).leased_until - now).total_seconds())
        now = fresh(work).leased_until
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


def test_a_started_row_is_leased_for_two_minutes():
    work, now = jobs.put("scan", "run"), timezone.now()
    started(work, now=now)
    assert jobs.lease_due(now=now + jobs.LEASE - timedelta(seconds=1)) == []
    assert jobs.lease_due(now=now + jobs.LEASE) == [(work.pk, "scan")]


def test_the_oldest_due_work_comes_first_and_at_most_as_many_as_asked():
    now = timezone.now()
    rows = [jobs.put("verify", f"{number:064}") for number in range(5)]
    for number, row in enumerate(rows):
        Work.objects.filter(pk=row.pk).update(due_at=now - timedelta(minutes=number))
    assert [pk for pk, _ in jobs.lease_due(now=now, limit=2)] == [rows[4].pk, rows[3].pk]


def test_liveness_is_the_age_of_the_oldest_due_work_of_each_queue():
    now, none = timezone.now(), timedelta(0)
    assert jobs.oldest_due(now=now) == {"quick": none, "scan": none}
    for kind, minutes in (("verify", 7), ("sweep", 3), ("scan", 5)):
        Work.objects.filter(pk=jobs.put(kind, "x").pk).update(due_at=now - timedelta(minutes=minutes))
    jobs.ask("risk", "later", due_at=now + timedelta(hours=1))
    assert jobs.oldest_due(now=now) == {"quick": timedelta(minutes=7), "scan": timedelta(minutes=5)}
    jobs.finish(started(Work.objects.get(kind="verify")))
    assert jobs.oldest_due(now=now)["quick"] == timedelta(minutes=3)


def test_what_is_handed_to_the_broker_waits_and_what_is_being_computed_does_not():
    now, long_ago = timezone.now(), timedelta(hours=1)
    work = jobs.put("scan", "run")
    Work.objects.filter(pk=work.pk).update(due_at=now - long_ago)
    jobs.lease_due(now=now)
    assert jobs.oldest_due(now=now)["scan"] == long_ago
    running = started(work, now=now)
    assert jobs.oldest_due(now=now)["scan"] == timedelta(0)
    jobs.fail(running, "no", now=now)
    assert jobs.oldest_due(now=now + long_ago)["scan"] == long_ago - timedelta(seconds=2)


def test_what_a_dead_worker_held_waits_again_where_leases_are_renewed():
    now, hour = timezone.now(), timedelta(hours=1)
    work = jobs.put("scan", "run")
    Work.objects.filter(pk=work.pk).update(due_at=now - hour)
    started(work, now=now - hour)
    dead = connection.vendor == "postgresql"  # the embedded worker renews no lease, and gives all back as it starts
    assert jobs.oldest_due(now=now)["scan"] == (hour if dead else timedelta(0))
    jobs.lease_due(now=now)
    assert (fresh(work).started_at is None) == dead


def test_work_that_is_done_says_when_it_was_begun():
    now = timezone.now()
    work = started(jobs.put("scan", "run"), now=now)
    Work.objects.filter(pk=work.pk).update(started_at=None)  # its lease ran out meanwhile
    jobs.finish(work)
    assert fresh(work).started_at == now


@pytest.mark.promise("R11")
@pytest.mark.django_db(transaction=True)
def test_eight_threads_that_ask_for_the_same_work_make_one_row():
    barrier, faults = threading.Barrier(8), []

    def ask() -> None:
        barrier.wait()
        try:
            for _ in range(20):
                jobs.put("recompute", "product")
        except Exception as fault:  # noqa: BLE001 - whatever a thread raises is the finding
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert Work.objects.get(kind="recompute").generation == 160
