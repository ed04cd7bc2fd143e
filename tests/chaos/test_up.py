"""`manage.py up`: one command, and whatever of it is killed comes back; when it ends, all of it ends."""

import os
import signal
import time
import urllib.request
from contextlib import suppress
from typing import Any

import pytest

from kpiplatform import supervise

pytestmark = [pytest.mark.chaos, pytest.mark.promise("R11")]

STOPPED_WITHIN = supervise.STOP_WITHIN + 12  # what does not end by itself is killed; then a busy machine may be slow


def answers(port: int, path: str = "/health/ready") -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


@pytest.fixture(params=["embedded", pytest.param("production", marks=pytest.mark.services)])
def running(request: pytest.FixtureRequest, tools: Any) -> tuple[Any, Any, int]:
    """(installation, the process of `up`, its port), answering."""
    installation, port = request.getfixturevalue(request.param), tools.free_port()
    up = installation.start("up", "--port", str(port))
    tools.until(lambda: answers(port) or up.poll() is not None, within=180)
    assert up.poll() is None, up.err.read_text()
    return installation, up, port


def test_a_killed_child_comes_back_and_a_taken_port_is_one_line_and_stopping_leaves_nothing(
    running: tuple[Any, Any, int], tools: Any
) -> None:
    installation, up, port = running
    tools.until(lambda: f"http://127.0.0.1:{port}" in up.out.read_text(), within=60)
    tools.until(lambda: "manage.py createsuperuser" in up.out.read_text(), within=60)  # nobody has an account yet

    refused = installation.run("up", "--port", str(port))
    assert refused.returncode != 0
    assert (
        refused.stderr.strip() == f"CommandError: port {port} of 127.0.0.1 is taken; choose another: "
        f"--port {port + 1}, of make PORT={port + 1}"
    )

    kinds = ["manage.py work"] if "DATABASE_URL" not in installation.env else ["manage.py dispatch", "celery"]
    for like in ("granian", *kinds):
        tools.until(lambda like=like: tools.descendants(up.pid, like=like), within=60)
        victim = tools.descendants(up.pid, like=like)[0]
        os.kill(victim, signal.SIGKILL)
        tools.until(lambda like=like, victim=victim: set(tools.descendants(up.pid, like=like)) - {victim}, within=60)
    tools.until(lambda: answers(port), within=60)

    if "DATABASE_URL" not in installation.env:  # embedded: its files are its user's alone
        made = [
            installation.folder,
            *(path for path in installation.folder.rglob("*") if path.suffix not in (".out", ".err")),
        ]
        assert [path for path in made if path.stat().st_mode & 0o077] == []
        assert len(made) > 3

    below = tools.descendants(up.pid)
    begun = time.monotonic()
    up.send_signal(signal.SIGTERM)
    assert up.wait(timeout=120) == 0
    assert time.monotonic() - begun <= STOPPED_WITHIN
    assert not [pid for pid in below if alive(pid)]


def test_when_up_itself_is_killed_its_children_end_and_it_can_be_started_again(
    running: tuple[Any, Any, int], tools: Any
) -> None:
    installation, up, port = running
    below = tools.descendants(up.pid)
    assert below
    up.kill()
    up.wait()
    tools.until(lambda: not answers(port, "/health/live"), within=60)
    again = installation.start("up", "--port", str(port))
    tools.until(lambda: answers(port), within=180)
    tools.until(lambda: not [pid for pid in below if alive(pid)], within=60)
    again.send_signal(signal.SIGTERM)
    assert again.wait(timeout=120) == 0


def alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
