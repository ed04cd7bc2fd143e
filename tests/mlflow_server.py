"""A real MLflow server, in an environment of its own: mlflow is no dependency of the project.

`python -m tests.environments mlflow` makes the environment; `MLflowServer` makes it too where it is not there.
"""

import json
import os
import socket
import subprocess
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tests import environments

TESTS = Path(__file__).resolve().parent
FOLDER = environments.folder("mlflow")
PYTHON = FOLDER / "bin" / "python"
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # five more processes, none of which is asked for anything
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MLflowServer:
    """`mlflow server` with proxied artifacts in a folder, on a free port; a context manager.

    store: where it keeps runs; SQLite in the folder unless given.
    """

    def __init__(self, folder: Path, *, store: str = "", workers: int = 1) -> None:
        self._folder, self._workers = folder, workers
        self._store = store or f"sqlite:///{folder}/mlflow.db"
        self._env = {**os.environ, **QUIET}
        self._env.pop("PYTHONPATH", None)
        self._server: subprocess.Popen[bytes] | None = None
        self._logging: subprocess.Popen[str] | None = None
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        environments.make("mlflow")
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Give back once it answers. Raises RuntimeError with its last lines where it does not."""
        command = [str(FOLDER / "bin" / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--workers", str(self._workers), "--backend-store-uri", self._store]
        command += ["--serve-artifacts", "--artifacts-destination", str(self._folder / "artifacts")]
        log = self._folder / "mlflow.log"
        with log.open("wb") as out:
            self._server = subprocess.Popen(
                command, cwd=self._folder, env=self._env, stdout=out, stderr=out, start_new_session=True
            )
        begun = time.monotonic()
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() - begun > 120:
                self.stop()
                raise RuntimeError("the MLflow server does not come up:\n" + log.read_text(errors="replace")[-2000:])
            time.sleep(0.2)

    def stop(self) -> None:
        """End it and its children, and the client that is connected to it."""
        if self._logging is not None:
            self._logging.kill()
            self._logging.communicate()
            self._logging = None
        if self._server is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._server.pid, 9)
            self._server.wait()
            self._server = None

    def log(self, *runs: dict[str, Any]) -> list[str]:
        """Log runs with MLflow's own client (see mlflow_runs.py), which takes seconds to begin and so stays; their ids.

        Raises RuntimeError with its error.
        """
        if self._logging is None:
            command, pipe = [str(PYTHON), str(TESTS / "mlflow_runs.py"), self.uri], subprocess.PIPE
            with (self._folder / "logging.log").open("w") as err:
                self._logging = subprocess.Popen(
                    command, env=self._env, stdin=pipe, stdout=pipe, stderr=err, text=True, bufsize=1
                )
        assert self._logging.stdin
        assert self._logging.stdout
        self._logging.stdin.write(json.dumps(runs) + "\n")
        answer = self._logging.stdout.readline()
        if not answer:
            raise RuntimeError((self._folder / "logging.log").read_text(errors="replace")[-2000:])
        found: list[str] = json.loads(answer)
        return found

    def script(self, path: Path, *arguments: str) -> str:
        """What a script prints in the environment of MLflow. Raises RuntimeError with its error."""
        done = subprocess.run(
            [str(PYTHON), str(path), *arguments],
            env=self._env,
            capture_output=True,
            text=True,
            timeout=600,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        return done.stdout

    def _answers(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.uri}/health", timeout=2) as answer:
            return bool(answer.status == 200)
        return False
