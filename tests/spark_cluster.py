"""A real standalone cluster of Spark: a master and two workers as processes, and a session in it.

From .venv-spark, which `python -m tests.environments spark` makes; Java 17 or later must be there.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pytest

from tests import environments
from tests.mlflow_server import free_port

ROOT = Path(__file__).resolve().parent.parent
PYTHON = environments.folder("spark") / "bin" / "python"
LIGHT = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss512k"
PATIENCE = 120.0


class Cluster:
    """A context manager; `ask` has its session scan a folder, `kill` takes one of the workers away."""

    def __init__(self, folder: Path, *, workers: int = 2) -> None:
        self._folder, self._count = folder, workers
        self._environment: dict[str, str] = {}
        self._home = Path()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._session: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        environments.make("spark")
        if shutil.which("java") is None:
            raise RuntimeError("Spark needs Java 17 or later: apt-get install openjdk-17-jre-headless")
        where = [str(PYTHON), "-c", "import pyspark; print(pyspark.__path__[0])"]
        found = subprocess.run(where, capture_output=True, check=True, text=True)
        self._home = Path(found.stdout.strip())
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")} | {
            "SPARK_HOME": str(self._home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_DAEMON_JAVA_OPTS": LIGHT,
            "SPARK_NO_DAEMONIZE": "1",
            "PYSPARK_PYTHON": str(PYTHON),
            "PYSPARK_DRIVER_PYTHON": str(PYTHON),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
            **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
        }
        port = free_port()
        master = f"spark://127.0.0.1:{port}"
        try:
            self._start("master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(free_port()))
            self._until("master", "Starting Spark master")
            # An executor is given the core, not the tree: what it imports came with the session.
            bare = {name: value for name, value in self._environment.items() if name != "PYTHONPATH"}
            for _ in range(self._count):
                work = self._folder / f"work-{len(self.workers)}"
                given = ["-c", "1", "-m", "768m", "-d", str(work), "--webui-port", str(free_port())]
                self.workers.append(self._start("worker.Worker", *given, master, environment=bare))
            self._session = self._begun("session", [str(PYTHON), "-m", "tests.spark_session", master], pipe=True)
            self._answer("ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        if self._session is not None and self._session.stdin is not None:
            with suppress(OSError):
                self._session.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._session.wait(20)
        for process in reversed(self._processes):
            self._end(process)

    def ask(self, folder: Path, task: str, *, between: Any = None, **more: Any) -> dict[str, Any]:
        """What the session finds. between: called once rows are checked, while they are scanned."""
        assert self._session is not None
        assert self._session.stdin is not None
        asked = {"folder": str(folder), "task": task, "options": {}, "tell": between is not None, **more}
        self._session.stdin.write(json.dumps(asked).encode() + b"\n")
        self._session.stdin.flush()
        if between is not None:
            self._answer("checked")
            between()
        return self._answer()

    def kill(self) -> None:
        """The last worker, with its executor and all that this holds, is gone at once."""
        self._end(self.workers.pop())

    def _answer(self, at: str = "") -> dict[str, Any]:
        assert self._session is not None
        assert self._session.stdout is not None
        line = self._session.stdout.readline()
        if not line:
            raise RuntimeError("the session of Spark ended:\n" + self._told("session"))
        found: dict[str, Any] = json.loads(line)
        assert not at or found.get("at") == at, found
        return found

    def _start(self, what: str, *given: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        command = [str(self._home / "bin" / "spark-class"), f"org.apache.spark.deploy.{what}", *given]
        return self._begun(what.partition(".")[0], command, environment=environment)

    def _begun(
        self, name: str, command: list[str], *, pipe: bool = False, environment: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        with (self._folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                env=environment or self._environment,
                cwd=ROOT if pipe else self._folder,
                stdin=subprocess.PIPE if pipe else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe else log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _until(self, name: str, says: str) -> None:
        begun = time.monotonic()
        while says not in self._told(name):
            if time.monotonic() - begun > PATIENCE:
                raise RuntimeError(f"the {name} of Spark does not come up:\n{self._told(name)}")
            time.sleep(0.1)

    def _told(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text(errors="replace")[-4000:]

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="session")
def spark_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("spark")) as cluster:
        yield cluster
