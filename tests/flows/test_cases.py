"""Inputs after public reports through the doors of a server of its own: each is read rightly, or refused clearly.

The material says what is right (`KPI_SHARED/cases`, its README); its own program plays whatever lies there.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.demonstration import MODE
from tests.places import ROOT, SHARED

CASES = SHARED / "cases"
PROGRAM = (sys.executable, str(CASES / "run_cases.py"))
SECONDS = 300


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, demonstrated) -> Iterator[list[dict]]:
    """The rows of the program, one a case."""
    folder: Path = tmp_path_factory.mktemp("cases")
    demonstrated(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    hosts = subprocess.run([*PROGRAM, "--hosts"], capture_output=True, text=True, check=True).stdout.strip()
    env = {name: value for name, value in os.environ.items() if name not in MODE}
    own = {"VAR_DIR": str(folder), "KPI_URL_BASE": url, "KPI_IMPORT_HOSTS": hosts}
    with (folder / "up.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port)], cwd=ROOT, env=env | own, stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + 120
        while not answers(url):
            assert server.poll() is None, (folder / "up.log").read_text()
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.2)
        words = ["--url", url, "--kpi", str(Path(sys.executable).parent / "kpi"), "--json"]
        done = subprocess.run(
            [*PROGRAM, *words, "--users", str(folder / "demo_users.json")],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env=env | {"PYTHONPATH": str(ROOT)},
        )
        assert done.stdout, done.stderr[-2000:]
        yield json.loads(done.stdout)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=120)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.shared
def test_every_case_comes_out_right(played: list[dict]) -> None:
    there = {json.loads(path.read_text(encoding="utf-8"))["id"] for path in CASES.glob("*/case.json")}
    assert {row["id"] for row in played} == there
    failing = [f"{row['id']} {row['kind']}: {row['expected']} | {row['happened']}" for row in played if not row["ok"]]
    assert not failing, "\n".join(failing)
