"""Asking again until something is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from kpiplatform.client.errors import ClientError

GIVEN_UP = "An administrator finds it at /work/, and has it tried again there."  # what to do about parked work
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


def waited(ask: Callable[[], dict[str, Any]], ends: Collection[str], timeout: float) -> dict[str, Any]:
    """What is asked for, again and again, until its state is one of `ends`. Raises ClientError after `timeout` s."""
    until = time.monotonic() + timeout
    pause = _FIRST_PAUSE
    while True:
        found = ask()
        if found.get("state") in ends:
            return found
        if time.monotonic() + pause > until:
            told = f"still {found.get('state')} after {timeout:g} s"
            raise ClientError(
                told, code="timeout", remedy="It goes on by itself: ask again, or wait longer (--timeout)."
            )
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
