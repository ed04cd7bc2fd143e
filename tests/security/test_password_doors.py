"""The admin has no doors of its own for passwords; guesses of one process count in every other."""

import subprocess
import sys

import pytest

from metrics.services.product import guesses
from tests.places import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.promise("S10")]

HERE = "203.0.113.7"


def test_who_is_signed_in_and_no_administrator_is_refused_and_led_round_in_no_circle(client, people) -> None:
    client.force_login(people["manager"])
    assert client.get("/admin/login/?next=/admin/").status_code == 403
    assert client.get("/admin/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_guesses_of_another_process_count_here(settings) -> None:
    """Ten counted by a process of its own, on the database of this one."""
    database = settings.DATABASES["default"]
    code = (
        "import os, sys; from django.conf import settings; import django;"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'kpiplatform.settings');"
        "settings.DATABASES['default']['NAME'] = sys.argv[1]; django.setup();"
        "from metrics.services.product.guesses import Guesses;"
        f"[Guesses('manager', '{HERE}').counted() for _ in range({guesses.MOST_WRONG})]"
    )
    subprocess.run([sys.executable, "-c", code, str(database["NAME"])], cwd=ROOT, check=True, timeout=60)
    assert not guesses.Guesses("anybody", HERE).counted()
