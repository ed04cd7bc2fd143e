"""Is the port free, and does the web process answer."""

from __future__ import annotations

import errno
import http.client
import socket

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
