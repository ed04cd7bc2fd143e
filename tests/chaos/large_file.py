"""A file larger than a request may be, sent by `kpi run log` to an installation that runs, over a cable that is cut."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.chaos.ingest import SLUG, Served
from tests.chaos.installation import descendants, processes, until
from tests.cut_cable import Cable
from tests.places import ROOT

MIB = 1 << 20
KPI = "import sys; from kpiplatform.client.cli import main; sys.exit(main(sys.argv[1:]))"
GROUP = 1 << 18


def write_rows(path: Path, rows: int, *, beside: int) -> None:
    """Predictions in row groups, with so many columns of noise that no run needs, so that the file is large."""
    drawn = np.random.Generator(np.random.Philox(7))
    names = ["example_id", "y_true", "y_score", *(f"noise_{number}" for number in range(beside))]
    types = [pa.int64(), pa.int8(), pa.float32(), *[pa.float64()] * beside]
    with pq.ParquetWriter(path, pa.schema(zip(names, types, strict=True)), compression="none") as writer:
        for start in range(0, rows, GROUP):
            count = min(GROUP, rows - start)
            scores = drawn.random(count, dtype=np.float32)
            columns = [np.arange(start, start + count), (drawn.random(count) < scores).astype(np.int8), scores]
            columns += [drawn.random(count) for _ in range(beside)]
            writer.write_table(pa.table(dict(zip(names, columns, strict=True)), schema=writer.schema))


@dataclass
class Peaks:
    """The most memory that each process held while it was watched, by what it is."""

    of: dict[str, int] = field(default_factory=dict)

    def look(self, pid: int, name: str) -> None:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    self.of[name] = max(self.of.get(name, 0), int(line.split()[1]) << 10)


@contextmanager
def watched() -> Iterator[Peaks]:
    """The processes of an installation that this one started, those that come and go too, and its clients."""
    peaks, ended = Peaks(), threading.Event()
    kinds = {"granian": "web", "manage.py work": "worker", "celery": "worker", "evaluation.checker": "check"}
    kinds[KPI] = "kpi"

    def watch() -> None:
        while not ended.wait(1.0):
            ours = descendants(os.getpid())
            for pid, (_, words) in processes().items():
                for name in (name for like, name in kinds.items() if pid in ours and like in words):
                    peaks.look(pid, name)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield peaks
    finally:
        ended.set()
        watching.join()


def kpi(served: Served, cable: Cable, *arguments: str) -> subprocess.Popen[str]:
    """A command of the client, over the cable."""
    env = {**os.environ, "KPI_URL": f"http://127.0.0.1:{cable.port}", "KPI_TOKEN": served.token}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", KPI, *arguments], cwd=ROOT, env=env, stdout=pipe, stderr=pipe, text=True
    )


def settled(served: Served) -> dict[str, Any]:
    """The one upload that there is, once what had come when its client was killed is stored."""
    found: dict[str, Any] = {}
    with served.http() as http:
        while found != (found := http.get("/uploads/").json()["results"][0]) or not found:
            time.sleep(2)
    return found


def cut_twice(served: Served, path: Path, *, within: float) -> dict[str, Any]:
    """Log a file: the client is killed in the middle; called again, its cable is cut, and mended while it tries.

    Gives what was there when it was called again, the bytes that it sent then, and the run.
    """
    words = ["run", "log", str(path), "--product", SLUG, "--model", "large", "--version", "1", "--json"]
    size = path.stat().st_size
    with Cable(served.port) as cable:
        first = kpi(served, cable, *words)
        until(lambda: cable.carried > 0.4 * size or first.poll() is not None, within=within)
        assert first.poll() is None, first.communicate()
        first.kill()
        first.communicate()
        upload = settled(served)
        there = sum(part["size"] for part in upload["received"])
        before = cable.mend()
        cable.cut_after = int(0.2 * size)
        second = kpi(served, cable, *words)
        until(cable.severed.is_set, within=within)
        cut_at = cable.mend()
        out, err = second.communicate(timeout=within)
        assert second.returncode == 0, err
        sent = cut_at + cable.carried
    return {
        "size": size,
        "there": there,
        "before": before,
        "sent": sent,
        "part": upload["part_bytes"],
        "run": json.loads(out),
    }
