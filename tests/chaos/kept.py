"""Processes that are started again whenever they end, as an orchestrator keeps them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.chaos import clock
from tests.chaos.installation import descendants
from tests.places import ROOT

AGAIN_AFTER = 0.25
GRACE = 30.0  # seconds from SIGTERM to SIGKILL
WITH_US = ("setpriv", "--pdeathsig", "KILL")  # they end when the test is killed


class Kept:
    """stops: seconds from each SIGTERM to the end."""

    def __init__(self, name: str, command: Sequence[str], *, env: Mapping[str, str], folder: Path) -> None:
        self.name, self.command, self.env = name, [*WITH_US, *command], dict(env)
        self.log = (folder / f"{name}.log").open("a")
        self.stops: list[float] = []
        self._ends_since: float | None = None
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            start_new_session=True,  # where sessions share the processors, each counts for itself, as services do
        )  # fmt: skip

    def set_clock(self, seconds: int) -> None:
        """By how much its clock is off from when it is started again."""
        self.command[self.command.index(clock.MOVED[-1]) + 1] = str(seconds)

    def watch(self) -> None:
        if self._ends_since is not None and time.monotonic() - self._ends_since > GRACE:
            self.process.kill()
        if self.process.poll() is None:
            return
        if self._ends_since is not None:
            self.stops.append(time.monotonic() - self._ends_since)
            self._ends_since = None
        self.group(signal.SIGKILL)
        time.sleep(AGAIN_AFTER)
        self.start()

    def end_in_turn(self) -> None:
        """SIGTERM; it is started again once it has ended."""
        if self._ends_since is None:
            self._ends_since = time.monotonic()
            self.process.send_signal(signal.SIGTERM)

    def group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def end(self) -> None:
        below = descendants(self.process.pid)  # granian's workers have groups of their own
        self.group(signal.SIGKILL)
        for pid in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()
