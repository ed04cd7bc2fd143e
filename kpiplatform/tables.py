"""Bringing the tables up to date, by whichever command of an installation comes first."""

from __future__ import annotations

import fcntl
from pathlib import Path

from django.conf import settings
from django.core.management import call_command


def bring_up_to_date() -> None:
    """Migrate; of commands of an embedded installation that come at once, such as `up` and `createsuperuser`, one does
    it and the others wait."""
    if not settings.EMBEDDED:
        call_command("migrate", interactive=False, verbosity=0)
        return
    Path(settings.VAR_DIR).mkdir(parents=True, exist_ok=True)
    with (Path(settings.VAR_DIR) / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call_command("migrate", interactive=False, verbosity=0)
