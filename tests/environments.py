"""Environments of their own for servers that the tests start and the project does not depend on.

`python -m tests.environments NAME` makes one, of the packages that tests/NAME-requirements.lock lists.
"""

import fcntl
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    return TESTS.parent / f".venv-{name}"


def make(name: str) -> None:
    """Install what the lock file says, unless that was done; processes that come at once wait for the first."""
    made, listed = folder(name) / "locked", TESTS / f"{name}-requirements.lock"
    with (TESTS.parent / ".venv" / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if made.exists() and made.stat().st_mtime >= listed.stat().st_mtime:
            return
        subprocess.run([sys.executable, "-m", "venv", str(folder(name))], check=True)
        pip = [str(folder(name) / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(listed)], check=True)
        made.touch()


if __name__ == "__main__":
    make(sys.argv[1])
