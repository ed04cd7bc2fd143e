"""Is the port free, does the web process answer, and does one serve this installation."""

from __future__ import annotations

import errno
import fcntl
import http.client
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError


def refuse_taken(host: str, port: int) -> None:
    """One line, before anything is started, when somebody else has the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"port {port} of {host} is taken; choose another: --port {port + 1}, of make PORT={port + 1}"
                ) from None
            raise CommandError(f"cannot listen on {host}:{port}: {problem.strerror}") from None


def _serving() -> int:
    Path(settings.VAR_DIR).mkdir(parents=True, exist_ok=True)
    return os.open(Path(settings.VAR_DIR) / "web.lock", os.O_RDWR | os.O_CREAT, 0o600)


def say_that_it_serves() -> None:
    """Of an embedded installation: until this process ends, whatever program it becomes, `nobody_serves` refuses."""
    held = _serving()
    os.set_inheritable(held, True)  # the server takes this process over, and the lock with it
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CommandError(
            "this installation is being moved to PostgreSQL; serve it from there once that is done"
        ) from None


@contextmanager
def nobody_serves() -> Iterator[bool]:
    """Whether no server of this embedded installation runs; if so, none begins within."""
    held = _serving()
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(held)


def answers(host: str, port: int) -> bool:
    """Whether the web process answers its liveness probe."""
    probe = http.client.HTTPConnection(reachable(host), port, timeout=2)
    try:
        probe.request("GET", "/health/live", headers={"Host": "127.0.0.1"})
        return probe.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        probe.close()


def reachable(host: str) -> str:
    """Where a server that listens on `host` is reached from this machine."""
    return "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 - compared, not bound
