"""A server of S3 on this machine, in an environment of its own: moto's, which keeps its objects in memory.

It is a process of its own that is asked over HTTP, as any other S3-compatible storage is.
"""

import os
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest

from tests import environments
from tests.mlflow_server import free_port

BUCKET = "company-data"
KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "no secret of anybody", "AWS_REGION": "us-east-1"}


class S3Server:
    """On a free port, with an empty bucket; a context manager. where, environment: what a store in it is told by."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "s3.log"
        self._server: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.where = f"{BUCKET}/kpi"
        self.environment = KEYS | {"STORE_URL": f"s3://{self.where}", "AWS_ENDPOINT_URL_S3": self.url}

    def __enter__(self) -> Self:
        environments.make("s3")
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Give back once it answers, its bucket empty. Raises RuntimeError with its last lines where it does not."""
        command = [str(environments.folder("s3") / "bin" / "moto_server"), "-H", "127.0.0.1", "-p", str(self.port)]
        with self._log.open("wb") as out:
            bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
            self._server = subprocess.Popen(command, env=bare, stdout=out, stderr=out, start_new_session=True)
        begun = time.monotonic()
        while not self._made():
            if self._server.poll() is not None or time.monotonic() - begun > 60:
                self.stop()
                raise RuntimeError("the S3 server does not come up:\n" + self._log.read_text(errors="replace")[-2000:])
            time.sleep(0.1)

    def stop(self) -> None:
        """End it; its objects are gone with it."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def _made(self) -> bool:
        asked = urllib.request.Request(f"{self.url}/{BUCKET}", method="PUT")
        with suppress(OSError), urllib.request.urlopen(asked, timeout=5) as answer:
            return bool(answer.status == 200)
        return False


@pytest.fixture(scope="session")
def _s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def bucket(_s3: S3Server, settings, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The store of this test lies in a bucket, under a prefix of its own."""
    for name, value in _s3.environment.items():
        monkeypatch.setenv(name, value)
    settings.STORE_URL = f"{_s3.where}/{uuid.uuid4().hex}"
    settings.STORE_ENDPOINT, settings.STORE_REGION = _s3.url, KEYS["AWS_REGION"]
    return _s3
