"""The probes: alive, ready, and how long the oldest due work has waited."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from django.utils import timezone

from metrics import jobs
from metrics.models.work import Work

pytestmark = pytest.mark.django_db


def waited(seconds: float) -> Work:
    """A run's scan that has been due so long."""
    work = jobs.put("scan", "run")
    Work.objects.filter(pk=work.pk).update(due_at=timezone.now() - timedelta(seconds=seconds))
    return work


def ready(client: Client) -> dict:
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer["Cache-Control"].startswith("max-age=0")
    return answer.json()


def test_this_is_the_database_that_is_asked_for() -> None:
    assert (connection.vendor == "sqlite") == settings.EMBEDDED


def test_alive_and_ready_are_answered_without_signing_in(client: Client) -> None:
    assert client.get("/health/live").json() == {"live": True}
    assert ready(client) == {"ready": True, "oldest_due_seconds": 0, "work_late": False}


def test_ready_tells_the_age_of_the_oldest_due_work(client: Client) -> None:
    waited(120)
    told = ready(client)
    assert told["oldest_due_seconds"] == pytest.approx(120, abs=10)
    assert told["work_late"] is False


def test_a_late_work_table_is_said_and_takes_nobody_out_of_service(client: Client) -> None:
    waited(jobs.LATE.total_seconds() + 60)
    told = ready(client)
    assert (told["ready"], told["work_late"]) == (True, True)


def test_work_that_takes_long_or_is_for_later_is_not_late(client: Client) -> None:
    jobs.start(waited(2 * jobs.LATE.total_seconds()).pk, now=timezone.now())
    jobs.ask("risk", "later", due_at=timezone.now() + timedelta(hours=1))
    assert ready(client) == {"ready": True, "oldest_due_seconds": 0, "work_late": False}


@pytest.mark.parametrize("trouble", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_503_and_the_process_is_alive_still(client: Client, trouble: type) -> None:
    def away(*_):
        raise trouble("server closed the connection unexpectedly")

    with connection.execute_wrapper(away):
        answer = client.get("/health/ready")
        assert client.get("/health/live").status_code == 200
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json() == {"ready": False, "database": "away"}
