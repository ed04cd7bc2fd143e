"""`python -m tests.chaos.cluster --rows N`, or `make cluster`: rows scanned by one process, and where a lake is.

In a session of its own, on a standalone cluster with a worker killed, over Connect, and on hosts of their own with one
cut off in the middle: each has to give the cube of one process, byte for byte. Seconds are those of checks and scan
once the session is there; memory is the most that the driver held: the process that asks and, of Spark, the JVM that
has the session.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from metrics.core.evaluation.metrics.tasks import DEFAULT, TASKS, rows_of
from metrics.core.rows.table import data_digest
from metrics.core.rows.upload.limits import Caps
from metrics.core.rows.upload.options import UploadOptions
from metrics.core.rows.upload.table import read_upload
from tests.chaos.hosts import Hosts, missing
from tests.chaos.installation import descendants
from tests.chaos.large_file import Peaks
from tests.spark_cluster import Cluster, Processes, Session

ROWS, PARTS, GROUP = 10_000_000, 16, 1 << 18
ASKED: dict[str, Any] = {"segments": ["shop", "country"], "amounts": ["value"]}
MEMORY = 1536  # MiB of an executor
SETTINGS = {
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.files.maxPartitionBytes": "32m",
}
# What a host that is silent is waited for; as delivered, two minutes.
PATIENT = {
    "spark.network.timeout": "30s",
    "spark.network.timeoutInterval": "10s",
    "spark.executor.heartbeatInterval": "5s",
}

Found = dict[str, Any]


def write(folder: Path, rows: int) -> tuple[Path, Path]:
    """The same rows as one file, and as a folder of parts."""
    whole, lake = folder / "whole.parquet", folder / "lake"
    lake.mkdir()
    random = np.random.Generator(np.random.Philox(11))
    with ExitStack() as open_files:
        one = None
        for part in range(PARTS):
            end = (part + 1) * rows // PARTS
            table = _part(part * rows // PARTS, end, random)
            pq.write_table(table, lake / f"part-{part:05}.parquet", row_group_size=GROUP)
            one = one or open_files.enter_context(pq.ParquetWriter(whole, table.schema))
            one.write_table(table, row_group_size=GROUP)
    return whole, lake


def _part(start: int, end: int, random: np.random.Generator) -> pa.Table:
    n = end - start
    label = (random.random(n) < 0.2).astype(np.float64)
    moments = np.datetime64("2026-01-01", "us") + random.integers(0, 300 * 24 * 60, n) * np.timedelta64(1, "m")
    texts = {"shop": [f"shop {at}" for at in range(40)], "country": ["NL", "PT", "IN", "BR"]}
    return pa.table(
        {
            "example_id": np.arange(start, end),
            "y_true": pa.array(label, mask=random.random(n) < 0.05),
            "y_score": np.clip(0.3 * label + random.beta(1, 3, n), 0, 1).astype(np.float32),
            "value": random.gamma(2, 60, n),
            "event_time": pa.array(moments, pa.timestamp("us", tz="UTC")),
            **{name: pa.array(np.array(found)[random.integers(0, len(found), n)]) for name, found in texts.items()},
        }
    )


def one_process(whole: Path, rows: int) -> Found:
    """What a worker makes of the file."""
    begun = time.monotonic()
    options = UploadOptions(task=rows_of(DEFAULT), **{name: tuple(value) for name, value in ASKED.items()})
    caps, now = Caps(max_rows=rows), datetime.now(UTC)
    found = read_upload(whole, name=whole.name, content_type="", options=options, caps=caps, now=now)
    made = TASKS[DEFAULT].scan(found.table).to_bytes()
    seconds = time.monotonic() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    said = {"sha256": hashlib.sha256(made).hexdigest(), "digest": data_digest(found.table), "n": found.n}
    return said | {"seconds": seconds, "memory": [peak]}


def asked(session: Session, lake: Path, *, server: int = 0, between: Callable[[], None] | None = None) -> Found:
    """What a session finds, how long it took, and what it and its JVM held. server: that of Connect, in its place."""
    begun = time.monotonic()
    found = session.ask(lake, DEFAULT, options=ASKED, between=between)
    seconds = time.monotonic() - begun
    driver, peaks = session.process.pid, Peaks()
    for pid in (driver, server or descendants(driver, like="java")[0]):
        peaks.look(pid, str(pid))
    return found | {"seconds": seconds, "memory": list(peaks.of.values())}


def local(folder: Path, lake: Path) -> Found:
    with Processes(folder) as processes:
        session = Session(processes, "local[2]", SETTINGS)
        found = asked(session, lake)
        session.close()
        return found


def standalone(folder: Path, lake: Path) -> Found:
    with Cluster(folder, memory=MEMORY, settings=SETTINGS) as cluster:
        return asked(cluster.session, lake)


def killed(folder: Path, lake: Path) -> Found:
    with Cluster(folder, memory=MEMORY, settings=SETTINGS) as cluster:
        return asked(cluster.session, lake, between=cluster.kill)


def connected(folder: Path, lake: Path) -> Found:
    with Cluster(folder, memory=MEMORY, settings=SETTINGS, connected=True) as cluster:
        assert cluster.server is not None
        return asked(cluster.session, lake, server=cluster.server.pid)


def apart(folder: Path, lake: Path, *, cut: bool = False) -> Found:
    with (
        Hosts(2) as hosts,
        Cluster(folder, hosts=hosts.each, address=hosts.address, memory=MEMORY, settings=SETTINGS | PATIENT) as cluster,
    ):
        return asked(cluster.session, lake, between=(lambda: hosts.cut(1)) if cut else None)


def cut_off(folder: Path, lake: Path) -> Found:
    return apart(folder, lake, cut=True)


WAYS: dict[str, Callable[[Path, Path], Found]] = {
    "Spark, local[2]": local,
    "standalone, master and two workers": standalone,
    "the same, a worker killed": killed,
    "the same, over Spark Connect": connected,
    "two hosts of their own": apart,
    "the same, one cut off": cut_off,
}


class Table:
    """A line a way, printed as soon as it is known; differs: the ways whose cube is not that of one process."""

    def __init__(self, known: Found) -> None:
        self._known = known
        self.differs: list[str] = []
        print(f"{'where':36}{'seconds':>9}{'MiB':>7}{'JVM MiB':>9}  cube, of {known['n']:,} rows")
        self.row("one process", known)

    def row(self, name: str, found: Found) -> None:
        alike = all(found.get(what) == self._known[what] for what in ("sha256", "digest", "n"))
        said = found["sha256"][:12] if "sha256" in found else json.dumps(found.get("refused"))
        held = [f"{most >> 20:,}" for most in (*found["memory"], 0)]
        jvm = held[1] if len(found["memory"]) > 1 else "–"
        end = "" if alike else "  DIFFERS"
        print(f"{name:36}{found['seconds']:9.1f}{held[0]:>7}{jvm:>9}  {said}{end}", flush=True)
        if not alike:
            self.differs.append(name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--only", default="", help="ways whose name has this in it")
    given = parser.parse_args()
    if why := missing():
        print(f"hosts of their own cannot be made: {why}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        whole, lake = write(folder, given.rows)
        with multiprocessing.get_context("spawn").Pool(1) as alone:
            table = Table(alone.apply(one_process, (whole, given.rows)))
        for number, (name, found) in enumerate(WAYS.items()):
            if given.only in name:
                room = folder / str(number)
                room.mkdir()
                table.row(name, found(room, lake))
    return 1 if table.differs else 0


if __name__ == "__main__":
    sys.exit(main())
