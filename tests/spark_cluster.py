"""A real standalone cluster of Spark: a master and workers as processes, a session in it, or a server of Connect.

From .venv-spark, which `python -m tests.environments spark` makes; Java 17 or later must be there.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from tests import environments
from tests.mlflow_server import free_port

ROOT = Path(__file__).resolve().parent.parent
PYTHON = environments.folder("spark") / "bin" / "python"
LIGHT = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss512k"
PATIENCE = 120.0
KPI = "import sys; from kpiplatform.client.cli import main; sys.exit(main(sys.argv[1:]))"
HERE = "127.0.0.1"
CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"


@dataclass(frozen=True)
class Host:
    """Where a worker runs: its address, and the command that takes what follows it there."""

    address: str = HERE
    through: tuple[str, ...] = ()


class Processes:
    """Processes of Spark, their lines in files of a folder; a context manager that ends all of them."""

    def __init__(self, folder: Path, *, address: str = HERE) -> None:
        self.folder, self.address = folder, address
        self.environment: dict[str, str] = {}
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        environments.make("spark")
        if shutil.which("java") is None:
            raise RuntimeError("Spark needs Java 17 or later: apt-get install openjdk-17-jre-headless")
        where = [str(PYTHON), "-c", "import pyspark; print(pyspark.__path__[0])"]
        home = subprocess.run(where, capture_output=True, check=True, text=True).stdout.strip()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "KPI_"))}
        self.environment = inherited | {
            "SPARK_HOME": home,
            "SPARK_LOCAL_IP": self.address,
            "SPARK_DAEMON_JAVA_OPTS": f"{LIGHT} -Dspark.worker.timeout=15",
            "SPARK_NO_DAEMONIZE": "1",
            "PYSPARK_PYTHON": str(PYTHON),
            "PYSPARK_DRIVER_PYTHON": str(PYTHON),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
            **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
        }
        return self

    def __exit__(self, *error: object) -> None:
        for process in reversed(self._running):
            self.end(process)

    def spark(
        self, name: str, command: Sequence[str], *, memory: str = "256m", host: Host | None = None
    ) -> subprocess.Popen[bytes]:
        """One of Spark's own commands. Whatever runs there is given the core, not the tree: no PYTHONPATH."""
        bare = {name: value for name, value in self.environment.items() if name != "PYTHONPATH"}
        where = host or Host(self.address)
        environment = bare | {"SPARK_DAEMON_MEMORY": memory, "SPARK_LOCAL_IP": where.address}
        bin_ = Path(self.environment["SPARK_HOME"]) / "bin"
        return self.begin(name, [*where.through, str(bin_ / command[0]), *command[1:]], environment)

    def begin(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], *, asked: bool = False
    ) -> subprocess.Popen[bytes]:
        """asked: by lines, as Session is."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=ROOT if asked else self.folder,
                stdin=subprocess.PIPE if asked else subprocess.DEVNULL,
                stdout=subprocess.PIPE if asked else log,
                stderr=log,
                start_new_session=True,
            )
        self._running.append(process)
        return process

    def until(self, name: str, says: str) -> None:
        begun = time.monotonic()
        while says not in (self.folder / f"{name}.log").read_text(errors="replace"):
            if time.monotonic() - begun > PATIENCE:
                raise RuntimeError(f"the {name} of Spark does not come up:\n{self.told(name)}")
            time.sleep(0.1)

    def told(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-4000:]

    @staticmethod
    def end(process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Session:
    """A process that has a session of Spark (tests/spark_session.py), at a master or at a server of Connect."""

    def __init__(self, processes: Processes, where: str, settings: Mapping[str, str] | None = None) -> None:
        self._processes = processes
        command = [str(PYTHON), "-m", "tests.spark_session", where, json.dumps(dict(settings or {}))]
        self.process = processes.begin("session", command, processes.environment, asked=True)
        self._answer("ready")

    def ask(self, folder: Path | str, task: str, *, between: Any = None, **more: Any) -> dict[str, Any]:
        """What the session finds. between: called once rows are checked, while they are scanned."""
        assert self.process.stdin is not None
        asked = {"folder": str(folder), "task": task, "options": {}, "tell": between is not None, **more}
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        self.process.stdin.flush()
        if between is not None:
            self._answer("checked")
            between()
        return self._answer()

    def close(self) -> None:
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(20)

    def _answer(self, at: str = "") -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the session of Spark ended:\n" + self._processes.told("session"))
        found: dict[str, Any] = json.loads(line)
        assert not at or found.get("at") == at, found
        return found


class Cluster:
    """A master, a worker on each host, and a session; a context manager.

    `ask` has the session scan a folder, `kill` takes a worker away, `kpi` runs a command beside them. settings: of the
    session. memory: of an executor. cores: how many each worker has to give; a session takes one of each.
    """

    def __init__(
        self,
        folder: Path,
        *,
        hosts: Sequence[Host] = (Host(), Host()),
        address: str = HERE,
        memory: int = 512,
        settings: Mapping[str, str] | None = None,
        connected: bool = False,
    ) -> None:
        self._processes = Processes(folder, address=address)
        self._hosts, self._memory, self._connected = hosts, memory, connected
        self._session: Session | None = None
        self._settings = {"spark.executor.memory": f"{memory}m", "spark.cores.max": str(len(hosts))}
        self._settings |= {"spark.executor.cores": "1", **(settings or {})}
        self.server: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []
        self.master = self.remote = ""

    def __enter__(self) -> Self:
        processes = self._processes.__enter__()
        port = str(free_port())
        self.master = f"spark://{processes.address}:{port}"
        try:
            given = ["--host", processes.address, "--port", port, "--webui-port", str(free_port())]
            processes.spark("master", ["spark-class", "org.apache.spark.deploy.master.Master", *given])
            processes.until("master", "Starting Spark master")
            for host in self._hosts:
                work = processes.folder / f"work-{len(self.workers)}"
                given = ["-c", "3", "-m", f"{3 * (self._memory + 384)}m", "-d", str(work), "--host", host.address]
                given += ["--webui-port", str(free_port()), self.master]
                worker = ["spark-class", "org.apache.spark.deploy.worker.Worker", *given]
                self.workers.append(processes.spark("worker", worker, host=host))
            self._session = Session(processes, self.connect() if self._connected else self.master, self._settings)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        if self._session is not None:
            self._session.close()
        self._processes.__exit__()

    @property
    def session(self) -> Session:
        assert self._session is not None
        return self._session

    def ask(self, folder: Path | str, task: str, **more: Any) -> dict[str, Any]:
        return self.session.ask(folder, task, **more)

    def kill(self) -> None:
        """The last worker, with its executor and all that this holds, is gone at once."""
        self._processes.end(self.workers.pop())

    def connect(self) -> str:
        """The address of a server of Connect in the cluster; the first call starts it."""
        if not self.remote:
            processes, port = self._processes, free_port()
            given = {"spark.ui.enabled": "false", "spark.connect.grpc.binding.port": str(port), **self._settings}
            given |= dict.fromkeys(("spark.driver.host", "spark.driver.bindAddress"), processes.address)
            words = ["spark-submit", "--master", self.master, "--class", CONNECT, "--driver-java-options", LIGHT]
            words += [word for name, value in given.items() for word in ("--conf", f"{name}={value}")]
            self.server = processes.spark("connect", [*words, "spark-internal"], memory="768m")
            processes.until("connect", "Spark Connect server started")
            self.remote = f"sc://{processes.address}:{port}"
        return self.remote

    def kpi(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command of the client, where pyspark is."""
        env = self._processes.environment | environment
        return subprocess.run([str(PYTHON), "-c", KPI, *words], cwd=ROOT, env=env, capture_output=True, text=True)


@pytest.fixture(scope="session")
def spark_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("spark")) as cluster:
        yield cluster
