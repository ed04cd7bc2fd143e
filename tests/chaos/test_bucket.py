"""An installation that is told by its environment alone that its rows lie in a bucket, and one that loses it."""

import json

import pytest

from tests.chaos.ingest import ROWS, SLUG, Served
from tests.chaos.large_file import kpi
from tests.cut_cable import Cable
from tests.s3_server import S3Server

pytestmark = pytest.mark.chaos


def test_rows_and_cubes_lie_in_the_bucket_and_nowhere_else(embedded, tools, tmp_path):
    path, port = tmp_path / "rows.csv", tools.free_port()
    path.write_bytes(ROWS)
    with S3Server(tmp_path) as s3:
        embedded.env |= s3.environment
        served = Served(embedded, [("up", "--port", str(port))], port)
        with Cable(port) as cable:
            words = ["run", "log", str(path), "--product", SLUG, "--model", "m", "--version", "1", "--wait", "--json"]
            logged = kpi(served, cable, *words)
            out, err = logged.communicate(timeout=120)
        assert logged.returncode == 0, err
        assert json.loads(out)["state"] == "scored"
        served.drained()
        checked = embedded.run("store", "check", "--contents")
        assert checked.returncode == 0, checked.stderr
        assert not checked.stdout.startswith("0 files are named by rows")
        here = [file.relative_to(embedded.folder / "store") for file in (embedded.folder / "store").rglob("*")]
        assert not [place for place in here if len(place.name) == 64 and place.parts[0] != "copies"]
        s3.stop()
        away = embedded.run("store", "check")
        assert away.returncode != 0
        with served.http() as http:
            run = json.loads(out)["id"]
            answer = http.get(f"{served.url}/api/v1/runs/{run}/rows/")
        assert answer.status_code == 503
        assert "company-data" in answer.json()["detail"]
