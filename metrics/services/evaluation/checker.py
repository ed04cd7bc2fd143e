"""The process in which uploads are checked: each in a child of its own that may take so much memory and time.

Whatever a file decodes into, or breaks, ends with that child. The process itself never decodes anything: it has the
libraries loaded, so that a child is there in ten milliseconds. Run as `python -m metrics.services.evaluation.checker
NUMBER` with the number of an open socket; over it come sockets, one for each check: a line of JSON each way. It knows
no settings and no database, and ends with the process that started it.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import signal
import socket
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from traceback import format_exc
from typing import Any

from metrics.core.evaluation.metrics.tasks import rows_of
from metrics.core.rows.upload.asked import answer

LOADED = ("pyarrow", "pyarrow.compute", "pyarrow.csv", "pyarrow.parquet", "pandas")
PR_SET_PDEATHSIG = 1
SLOWEST = 5
STATUS = Path("/proc/self/status")


def serve(control: socket.socket) -> None:
    """Take checks until the other side is gone."""
    for name in LOADED:
        import_module(name)
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children that end leave nothing behind
    while True:
        _, received, _, _ = socket.recv_fds(control, 1, 1)
        if not received:
            return
        with socket.socket(fileno=received[0]) as line:
            if os.fork() == 0:
                control.close()
                _check(line)


def _check(line: socket.socket) -> None:
    """Answer one question, and end."""
    code = 1
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        with line.makefile("rwb") as talk:
            asked = json.loads(talk.readline())
            _limit(asked.pop("bytes"), asked.pop("seconds"))
            tempfile.tempdir = asked["folder"]  # what is left there when this process is killed goes with it
            talk.write(json.dumps(_answered(asked)).encode() + b"\n")
        code = 0
    finally:
        os._exit(code)


def _answered(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        return answer(asked, rows_of)
    except MemoryError:
        return {"memory": True}
    except Exception:  # noqa: BLE001 (a fault of ours, and not the file's, is told to who asked)
        return {"fault": format_exc()}


def _limit(size: int, seconds: int) -> None:
    """At most so many bytes more than there are, and so many seconds of a processor; the kernel holds both."""
    used = 0
    if STATUS.exists():
        lines = STATUS.read_text().splitlines()
        used = next(int(text.split()[1]) for text in lines if text.startswith("VmData:")) << 10
    resource.setrlimit(resource.RLIMIT_DATA, (used + size, used + size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    signal.alarm(SLOWEST * seconds)  # by the clock, where others have the processor


def main() -> None:
    with socket.socket(fileno=int(sys.argv[1])) as given:
        serve(given)


if __name__ == "__main__":
    main()
