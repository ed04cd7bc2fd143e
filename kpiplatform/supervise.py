"""Child processes of one installation: started together, restarted with back-off when they die, stopped together."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from django.conf import settings

from kpiplatform.listening import reachable

logger = logging.getLogger(__name__)

STOP_WITHIN = 8.0  # seconds from SIGTERM to SIGKILL; what is killed is in the work table still
FIRST_PAUSE, LAST_PAUSE, STEADY_AFTER = 0.25, 4.0, 20.0
PR_SET_PDEATHSIG = 1
BEHIND = 19
MANAGE = (sys.executable, str(settings.BASE_DIR / "manage.py"))
WORKERS = 2
# One process, one row at a time. Celery's prefork parent may stay up and take nothing once the broker was lost beside
# a killed child; this one ends, and is started again.
WORKER = (
    *("-A", "kpiplatform.celery", "worker", "-Q", "scan,quick", "--pool", "solo", "--loglevel", "WARNING"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)


@dataclass(kw_only=True)
class Child:
    """One process to keep alive. `starts` counts how often it was started; `nice` is its place behind the others."""

    name: str
    command: Sequence[str]
    nice: int = 0
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restart_at: float = 0.0
    pause: float = FIRST_PAUSE
    starts: int = 0

    def start(self) -> None:
        # A process group of its own: ctrl-C reaches the supervisor only, which then stops the children in order.
        self.process = subprocess.Popen(  # noqa: S603 - the command is our own
            self.command,
            cwd=settings.BASE_DIR,
            stdout=2,  # what a child says is log; standard output belongs to the command
            process_group=0,
            preexec_fn=self._begin,  # noqa: PLW1509 - one thread here
        )
        self.started = time.monotonic()
        self.starts += 1
        logger.info("%s started, process %s", self.name, self.process.pid)

    def _begin(self) -> None:
        os.nice(self.nice)
        if sys.platform == "linux":  # it ends when the supervisor is killed, however hard
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    def watch(self) -> None:
        """Restart when dead, after a pause that doubles from 0.25 s to 4 s and begins anew after 20 steady seconds."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.restart_at:
                self.start()
        elif self.process.poll() is not None:
            _signal_group(self.process, signal.SIGKILL)  # nothing of it may keep the port or the lock
            logger.warning("%s ended with %s; restarting", self.name, self.process.returncode)
            self.pause = FIRST_PAUSE if now - self.started > STEADY_AFTER else min(self.pause * 2, LAST_PAUSE)
            self.process, self.restart_at = None, now + self.pause


class Supervisor:
    """Keeps children alive between `with` and its end; call `watch()` a few times a second."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = list(children)

    def __enter__(self) -> Supervisor:
        for child in self.children:
            child.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def watch(self) -> None:
        for child in self.children:
            child.watch()

    def stop(self) -> None:
        """SIGTERM to all, then SIGKILL to what has not ended within 8 s."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.warning("process %s did not stop in time; killed", process.pid)
            _signal_group(process, signal.SIGKILL)
            process.wait()


def web(*, host: str, port: int) -> Child:
    """The web process: pages and API."""
    return Child(name="web", command=[*MANAGE, "web", "--host", host, "--port", str(port)])


def be_at(host: str, port: int) -> None:
    """Links in answers and mails, of this process and its children, lead to what is served here, where no setting says
    to where else."""
    if not os.environ.get("KPI_URL_BASE"):
        os.environ["KPI_URL_BASE"] = settings.URL_BASE = f"http://{reachable(host)}:{port}"


def workers() -> list[Child]:
    """What computes: one process in embedded mode; dispatcher and two workers beside PostgreSQL and Redis.

    They stand behind the web process: who logs a run or opens a page does not wait for what is being computed.
    """
    if settings.EMBEDDED:
        return [Child(name="worker", command=[*MANAGE, "work"], nice=BEHIND)]
    return [
        Child(name="dispatcher", command=[*MANAGE, "dispatch"]),
        *(
            Child(name=f"worker {number + 1}", command=[sys.executable, "-m", "celery", *WORKER], nice=BEHIND)
            for number in range(WORKERS)
        ),
    ]


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
