"""Work that kills the process that does it, as a row might that needs more memory than there is."""

import os
import signal
from typing import Any

from django.apps import AppConfig

KIND = "deadly"


def _die(work: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Deadly(AppConfig):
    name = "tests.chaos.deadly"
    label = "deadly"

    def ready(self) -> None:
        from metrics import jobs

        jobs.ABOVE[KIND] = _die
