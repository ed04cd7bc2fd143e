"""One load under one schedule of faults, drawn from a seed: what the promises R3, R4, R6, R9 and R10 say of it.

The long form, with 10,000 rows of work and a hundred kills, is `make chaos`.
"""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.chaos import schedule
from tests.places import ROOT

pytestmark = [pytest.mark.chaos, pytest.mark.services]

ITEMS, KILLS, SEED = 500, 8, 1


@pytest.fixture(scope="module")
def storm() -> dict[str, Any]:
    """What came of it; see `tests.chaos.storm`."""
    asked = ["--items", str(ITEMS), "--kills", str(KILLS), "--seed", str(SEED)]
    command = [sys.executable, "-m", "tests.chaos.storm", *asked]
    run = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=1200, check=False)
    assert run.returncode == 0, run.stderr[-6000:]
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def same_tables(storm: dict[str, Any]) -> bool:
    return (storm["lost"], storm["beside"], storm["twice"], storm["undone"]) == ({}, {}, 0, [])


@pytest.mark.promise("R3")
def test_r3_workers_killed_leave_tables_equal_to_a_calm_runs(storm, figure):
    assert (storm["lost"], storm["beside"], storm["twice"], storm["undone"]) == ({}, {}, 0, [])
    assert (storm["items"], storm["left"]) == (ITEMS, 0)
    assert storm["faults"][schedule.KILL] == KILLS
    figure("R3", f"{ITEMS} work items, {KILLS} kills, {sum(storm['faults'].values())} faults in all: 0 lost, 0 double")


@pytest.mark.promise("R4")
def test_r4_the_broker_emptied_thrice_and_killed_inside_that_load_loses_nothing(storm, figure):
    assert storm["faults"]["empty the broker"] >= 3
    assert storm["faults"]["kill the broker"] >= 1
    assert same_tables(storm)
    assert storm["drained"] <= 120
    figure("R4", f"{ITEMS} work items, drained {storm['drained']} s after the last fault: 0 lost")


@pytest.mark.promise("R6")
def test_r6_callers_of_a_restarted_database_get_503_and_never_a_500_or_a_hang(storm, figure):
    assert storm["faults"]["restart the database"] >= 1
    assert storm["caller_faults"] == []
    assert storm["slowest"] <= 10
    assert (storm["logged_lost"], storm["logged_twice"]) == ([], [])
    assert storm["logged"] > 0
    figure("R6", f"{sum(storm['answers'].values())} answers, slowest {storm['slowest']} s: 2xx or 503 with Retry-After")


@pytest.mark.promise("R7")
def test_r7_a_mapping_replaced_while_it_computes_is_the_one_in_force_and_five_deliveries_make_one_result(storm, figure):
    found = storm["interleaved"]
    assert found["wrong"] == []
    assert found["late"] > 0
    figure("R7", f"{found['count']} interleavings, {found['late']} approved while the old version computed: 0 wrong")


@pytest.mark.promise("R8")
def test_r8_the_next_sweep_rebuilds_lost_results_to_the_last_bit_and_counts_what_lacked_them(storm, figure):
    found = storm["swept"]
    assert found["back"] == found["deleted"] > 0
    assert found["work"] > 0
    assert min(found["runs"], found["products"]) > 0
    figure("R8", f"{found['deleted']} results and {found['work']} work rows deleted, all back byte-equal")


@pytest.mark.promise("R9")
def test_r9_work_that_kills_its_process_is_parked_and_told_and_the_rest_is_done(storm):
    assert storm["killer"] == {"state": "parked", "attempts": 5, "on_page": True}
    assert same_tables(storm)


@pytest.mark.promise("R10")
def test_r10_workers_ended_in_turn_stop_within_30_s_and_lose_nothing(storm):
    assert len(storm["stops"]) >= 2
    assert max(storm["stops"]) <= 30
    assert same_tables(storm)


def test_a_seed_draws_its_schedule_again_and_another_seed_another():
    assert schedule.draw(7, 100) == schedule.draw(7, 100) != schedule.draw(8, 100)
    assert sum(fault.kind == schedule.KILL for fault in schedule.draw(7, 100)) == 100
