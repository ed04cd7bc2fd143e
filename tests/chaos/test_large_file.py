"""A file larger than a request may be is logged in bounded memory, and after a cut only what is missing is sent.

The long form is `make large`: thirty million rows.
"""

import os

import pytest

from tests.chaos import large_file
from tests.chaos.ingest import Served
from tests.chaos.large_file import MIB

pytestmark = pytest.mark.chaos

LONG = os.environ.get("KPI_LARGE") == "long"
ROWS, BESIDE = (30_000_000, 0) if LONG else (400_000, 96)
MOST_MEMORY = 1024 * MIB if LONG else 512 * MIB
WITHIN = 3600.0 if LONG else 300.0
REQUEST = 256 * MIB  # what one request may bring


def test_a_large_file_is_logged_over_two_cuts_and_each_byte_goes_once(embedded, tools, tmp_path):
    path, port = tmp_path / "rows.parquet", tools.free_port()
    large_file.write_rows(path, ROWS, beside=BESIDE)
    assert path.stat().st_size > REQUEST
    if LONG:
        embedded.env["UPLOAD_MAX_ROWS"] = str(ROWS)
    served = Served(embedded, [("up", "--port", str(port))], port)
    with large_file.watched() as peaks:
        found = large_file.cut_twice(served, path, within=WITHIN)
        served.drained(within=WITHIN)
    assert served.count("evaluationrun", f"n_rows = {ROWS} AND state = 'scored'") == 1
    assert served.count("uploadpart") == 0
    assert 0 < found["there"] < found["size"]
    # again: the part that was under way when the cable was cut, and words
    assert found["sent"] <= found["size"] - found["there"] + found["part"] + MIB
    assert max(peaks.of.values()) < MOST_MEMORY, peaks.of
    assert {"web", "worker", "check", "kpi"} <= set(peaks.of)
    memory = ", ".join(f"{name} {most // MIB} MiB" for name, most in sorted(peaks.of.items()))
    print(f"{found['size'] // MIB} MiB, {ROWS:,} rows; sent again {found['sent'] / MIB:.1f} MiB, of which", end=" ")
    print(f"{(found['size'] - found['there']) / MIB:.1f} were missing; at most {memory}")
