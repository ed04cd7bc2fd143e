"""Each due delivery once, none twice and none lost, over kills of the worker and a mail server that fails; moved clock.

The long form, a whole quarter, is `make quarter`.
"""

import json
import subprocess
import sys

import pytest

from tests.places import ROOT

pytestmark = pytest.mark.promise("R13")

DAYS, PEOPLE, KILLS = 16, 20, 10


@pytest.mark.services
def test_of_what_was_due_each_arrived_once_and_the_ledger_is_what_the_server_has(production):
    asked = ["--days", str(DAYS), "--people", str(PEOPLE), "--kills", str(KILLS), "--seed", "7"]
    command = [sys.executable, "-m", "tests.chaos.quarter", *asked]
    run = subprocess.run(
        command, cwd=ROOT, env=production.env, capture_output=True, text=True, timeout=600, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    found = json.loads(run.stdout)
    assert (found["killed"], found["refused"] > 0) == (KILLS, True)
    assert (found["lost"], found["beside"], found["twice"], found["differ"]) == ([], [], 0, [])
    assert found["rings"] == found["rings_due"] > 0
    assert found["open_or_failed"] == []
    assert found["sent"] + found["uncertain"] == found["due"] + found["rings"]
    assert found["uncertain"] <= found["killed"]  # only a kill while the server answers leaves one
