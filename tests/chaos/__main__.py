"""`python -m tests.chaos`: the long forms of R3, R4, R6, R7, R8, R9 and R10, as a table; also `make chaos`.

`--seed S --items N --faults K` choose the schedule; the same three draw it again, so a failing one can be replayed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.chaos import schedule
from tests.chaos.load import Load
from tests.chaos.place import Place, logs_of
from tests.chaos.storm import weathered
from tests.places import ROOT
from tests.promises import measured

COMMAND = "make chaos"
INTERLEAVINGS = 500
DRAINED_WITHIN, STOPPED_WITHIN, ANSWERED_WITHIN = 120, 30.0, 10.0


class Table:
    """What was found of each promise; a line is printed as soon as it is known."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        print(f"{'promise':8}{'load':26}{'lost':>6}{'double':>8}{'seconds':>9}  faults, and what else was measured")

    def row(self, promise: str, load: str, *, lost: int, double: int, seconds: int, said: str, held: bool) -> None:
        print(f"{promise:8}{load:26}{lost:6}{double:8}{seconds:9}  {said}{'' if held else '  BROKEN'}", flush=True)
        if held:
            measured(promise, figure=f"{load}; {said}; {lost} lost, {double} double", command=COMMAND)
        else:
            self.broken.append(promise)


def storm_rows(table: Table, found: dict[str, Any], faults: list[schedule.Fault]) -> None:
    """What one storm says of R3, R4, R6, R9 and R10."""
    lost = sum(found["lost"].values()) + len(found["undone"]) + found["left"]
    double = sum(found["beside"].values()) + found["twice"]
    all_there = not lost and not double
    of = {"load": f"{found['items']:,} work items", "seconds": found["seconds"], "lost": lost, "double": double}
    count = found["faults"]
    kills = count[schedule.KILL]
    said = f"{kills} kills of workers; in all {schedule.in_words(faults)}"
    table.row("R3", **of, said=said, held=all_there)
    said = f"emptied ×{count['empty the broker']}, killed ×{count['kill the broker']}, drained in {found['drained']} s"
    table.row("R4", **of, said=said, held=all_there and found["drained"] <= DRAINED_WITHIN)
    answers = sum(found["answers"].values())
    away = sum(number for name, number in found["answers"].items() if name.endswith("503"))
    restarts, slowest = count["restart the database"], found["slowest"]
    said = f"restarted ×{restarts}, {answers} answers, {away} of them 503, slowest {slowest} s"
    well = not found["caller_faults"] and not found["logged_lost"] and not found["logged_twice"]
    of_calls = of | {"load": f"{found['logged']} posts", "lost": len(found["logged_lost"])}
    of_calls["double"] = len(found["logged_twice"])
    table.row("R6", **of_calls, said=said, held=well and all_there and found["slowest"] <= ANSWERED_WITHIN)
    killer = found["killer"]
    said = f"{killer['state']} after {killer['attempts']} attempts, its error on the page: {killer['on_page']}"
    table.row("R9", **of, said=said, held=all_there and killer == {"state": "parked", "attempts": 5, "on_page": True})
    stops = found["stops"]
    full, moved = count["fill the disk"], count["set a worker's clock an hour off"]
    refused = sum(number for name, number in found["answers"].items() if name.endswith("507"))
    said = f"disk filled ×{full}, {refused} answers 507, clocks an hour off ×{moved}, "
    said += f"workers ended in turn ×{len(stops)}, the longest stop {max(stops, default=0.0)} s"
    table.row("R10", **of, said=said, held=all_there and max(stops, default=99.0) <= STOPPED_WITHIN)
    for what in ("lost", "beside", "undone", "caller_faults"):
        if found[what]:
            print(f"  {what}: {str(found[what])[:2000]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for option, default in (("seed", 1), ("items", 10_000), ("faults", 100)):
        parser.add_argument(f"--{option}", type=int, default=default)
    given = parser.parse_args()
    table, begun = Table(), time.monotonic()
    asked = [sys.executable, "-m", "tests.chaos.interleaved", str(INTERLEAVINGS), str(given.seed)]
    beside = subprocess.Popen(asked, cwd=ROOT, stdout=subprocess.PIPE)  # in a place of its own
    with tempfile.TemporaryDirectory(prefix="kpi-chaos-", dir="/tmp") as folder:
        place = Place(Path(folder))
        try:
            place.made(Load.of(given.items).products, seed=given.seed)
            faults = schedule.draw(given.seed, given.faults)
            with logs_of(place.folder):
                found = weathered(place, items=given.items, kills=given.faults, seed=given.seed)
                storm_rows(table, found, faults)
        except BaseException:
            beside.terminate()
            raise
        finally:
            place.end()
    told, _ = beside.communicate()
    _others(table, json.loads(told))
    print(f"seed {given.seed}, {time.monotonic() - begun:.0f} s; again: make chaos SEED={given.seed}, or")
    print(f"python -m tests.chaos --seed {given.seed} --items {given.items} --faults {given.faults}")
    return 1 if table.broken else 0


def _others(table: Table, found: dict[str, Any]) -> None:
    one, two = found["interleaved"], found["swept"]
    said = f"{one['late']} approved while the old one computed, each task delivered five times"
    of = {"load": f"{one['count']} interleavings", "lost": len(one["wrong"]), "double": 0, "seconds": one["seconds"]}
    table.row("R7", **of, said=said, held=not one["wrong"])
    for wrong in one["wrong"][:5]:
        print(f"  {wrong}")
    said = f"{two['back']} back byte-equal, of {two['runs']} runs and {two['products']} products that the sweep counted"
    load = f"{two['deleted']} results, {two['work']} work rows"
    of = {"load": load, "lost": two["deleted"] - two["back"], "double": 0, "seconds": two["seconds"]}
    table.row("R8", **of, said=said, held=two["back"] == two["deleted"] > 0)


if __name__ == "__main__":
    sys.exit(main())
