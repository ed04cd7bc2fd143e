"""A signed-in connection: what every part of the client asks through."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

from kpiplatform.client import config as settings
from kpiplatform.client import sending
from kpiplatform.client.errors import ClientError, unreadable
from kpiplatform.client.transport import Transport

Answer = dict[str, Any]

PATIENCE = 600.0
GIVEN_UP = "An administrator finds it at /work/, and has it tried again there."
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


class Connection:
    """url and token: default to KPI_URL and KPI_TOKEN, then to what `kpi login` stored."""

    def __init__(self, url: str | None = None, token: str | None = None) -> None:
        self._server = Transport(settings.load(url=url, token=token))
        self.url = self._server.config.url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    def _get(self, path: str, **params: str | list[str]) -> Answer:
        return answer(self._server.get(path, **params), self.url)

    def _post(self, path: str, body: Answer | None = None, *, safe: bool = False) -> Answer:
        return answer(self._server.post(path, body, safe=safe), self.url)

    def _send(
        self, path: str, body: Answer, *, key: str, file: str | Path | None, columns: sending.Columns, told: Any
    ) -> Answer:
        """Post a manifest under a key, with a file, or with columns as a file, or alone."""
        manifest = sending.as_json(body)
        with ExitStack() as open_files:
            opened = _opened(file, columns, open_files, told)
            if opened is None:
                found = self._server.post_keyed(path, key=key, json=manifest)
            else:
                found = self._server.post_keyed(path, key=key, fields={"manifest": manifest}, file=opened)
        return answer(found, self.url)

    def _finished_work(self, work_id: str, timeout: float, *, says: str) -> Answer:
        """The result of a piece of the server's work, once done. Raises ClientError where it is given up."""
        path = f"/work/{part(work_id)}/"
        work = waited(lambda: self._get(path), {"done", "parked"}, timeout)
        if work["state"] == "parked":
            raise ClientError(
                f"{says} failed: {work.get('error') or 'no reason given'}", code="parked", remedy=GIVEN_UP
            )
        return answer(work["result"], self.url)


def waited(ask: Callable[[], Answer], ends: Collection[str], timeout: float) -> Answer:
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


def answer(found: Any, url: str) -> Answer:
    """An answer that is an object. Raises ClientError where it is something else."""
    if not isinstance(found, dict):
        raise ClientError(f"{url} does not answer as a kpiplatform server does", remedy="Check the address.")
    return found


def part(text: object) -> str:
    """A piece of a path, which cannot become two."""
    quoted = quote(str(text), safe="")
    if not quoted.strip("."):
        raise ClientError(f"“{text}” names nothing", remedy="Give its name or id, as the lists of kpi print it.")
    return quoted


def _opened(
    file: str | Path | None, columns: sending.Columns, open_files: ExitStack, told: sending.Told | None
) -> tuple[str, Any, str] | None:
    stream: IO[bytes]
    if file is not None:
        name = Path(file).name
        try:
            stream = open_files.enter_context(Path(file).open("rb"))  # noqa: SIM115 (the stack closes it)
        except OSError as error:
            raise unreadable(file, error) from error
    elif columns:
        name, stream = sending.written(columns)
        open_files.enter_context(stream)
    else:
        return None
    kind = sending.CONTENT_TYPES.get(Path(name).suffix.lower(), "application/octet-stream")
    return name, sending.Watched(stream, told or (lambda _read, _size: None)), kind
