"""Every door that takes a password has one limit on guesses, by account and by address, over all processes."""

import subprocess
import sys

import pytest
from django.test import Client
from django.utils import timezone

from metrics.models.product import Attempts, User
from metrics.services.product import guesses
from tests.places import ROOT
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db

HERE, ELSEWHERE = "203.0.113.7", "192.0.2.9"
NEW = {"new_password1": "another-long-password", "new_password2": "another-long-password"}


@pytest.fixture
def staff(people):
    people["scientist"].is_staff = True
    people["scientist"].save()
    return people["scientist"]


def sign_in(client, name, password, address=HERE, path="/sign-in/"):
    return client.post(path, {"username": name, "password": password}, REMOTE_ADDR=address)


def test_the_admin_has_no_sign_in_of_its_own(client, staff) -> None:
    for method in (client.get, client.post):
        answer = method("/admin/login/?next=/admin/metrics/user/", {"username": "scientist", "password": PASSWORD})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/?next=")
    assert "_auth_user_id" not in client.session
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    sign_in(client, "scientist", PASSWORD, path="/sign-in/?next=/admin/")
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/password_change/")["Location"] == "/password/"


def test_who_is_signed_in_and_no_administrator_is_refused_and_led_round_in_no_circle(client, people) -> None:
    client.force_login(people["manager"])
    assert client.get("/admin/login/?next=/admin/").status_code == 403


def test_guesses_at_one_door_count_at_every_other(client, staff, api) -> None:
    for _ in range(guesses.MOST_WRONG):
        assert (
            api(raising=False)
            .post("/api/v1/tokens/", {"username": "manager", "password": "wrong"}, REMOTE_ADDR=HERE)
            .status_code
            == 401
        )
    assert "Too many wrong passwords" in sign_in(client, "scientist", PASSWORD).content.decode()
    client.force_login(staff)
    refused = client.post("/password/", {"old_password": PASSWORD, **NEW}, REMOTE_ADDR=HERE)
    assert "Too many wrong passwords" in refused.content.decode()
    assert User.objects.get(username="scientist").check_password(PASSWORD)
    assert client.post("/password/", {"old_password": PASSWORD, **NEW}, REMOTE_ADDR=ELSEWHERE).status_code == 302


def test_an_old_password_is_guessed_at_no_more_often_than_one_signs_in(client, people) -> None:
    client.force_login(people["manager"])
    for number in range(guesses.MOST_WRONG):
        answer = client.post("/password/", {"old_password": f"wrong{number}", **NEW}, REMOTE_ADDR=HERE)
        assert "Too many" not in answer.content.decode()
    assert "Too many" in client.post("/password/", {"old_password": PASSWORD, **NEW}, REMOTE_ADDR=HERE).content.decode()
    assert "Too many" in sign_in(Client(), "executive", PASSWORD).content.decode()


def test_a_name_guessed_at_from_many_addresses_stays_open_to_its_owner(client, people) -> None:
    for number in range(guesses.MOST_WRONG + 2):
        sign_in(client, "manager", "wrong", f"198.51.100.{number}")
    assert "Too many" in sign_in(client, "manager", PASSWORD, "198.51.100.1").content.decode()
    assert sign_in(client, "manager", PASSWORD, ELSEWHERE).status_code == 302


def test_a_minute_later_counting_begins_anew_and_the_sweep_keeps_nothing(client, people) -> None:
    for _ in range(guesses.MOST_WRONG):
        sign_in(client, "manager", "wrong")
    Attempts.objects.update(since=timezone.now() - timezone.timedelta(seconds=guesses.WINDOW + 1))
    assert sign_in(client, "manager", PASSWORD).status_code == 302
    guesses.forget_old()
    assert not Attempts.objects.exists()


def test_no_name_that_was_typed_is_kept(client, people) -> None:
    sign_in(client, "my-password-in-the-wrong-field", "manager")
    kept = " ".join(Attempts.objects.values_list("key", flat=True))
    assert kept
    assert "my-password" not in kept


@pytest.mark.django_db(transaction=True)
def test_guesses_of_another_process_count_here(settings) -> None:
    """Ten counted by a process of its own, on the database of this one."""
    database = settings.DATABASES["default"]
    code = (
        "import os, sys, json; from django.conf import settings; import django;"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'kpiplatform.settings');"
        "settings.DATABASES['default']['NAME'] = sys.argv[1]; django.setup();"
        "from metrics.services.product.guesses import Guesses;"
        f"[Guesses('manager', '{HERE}').wrong() for _ in range({guesses.MOST_WRONG})]"
    )
    subprocess.run([sys.executable, "-c", code, str(database["NAME"])], cwd=ROOT, check=True, timeout=60)
    assert guesses.Guesses("anybody", HERE).too_many()
