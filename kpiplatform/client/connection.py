"""A signed-in connection: what every part of the client asks through."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

from kpiplatform.client import config as settings
from kpiplatform.client import sending, uploading
from kpiplatform.client.errors import ClientError, unreadable
from kpiplatform.client.transport import Transport
from kpiplatform.client.waiting import GIVEN_UP, waited

Answer = dict[str, Any]

PATIENCE = 600.0


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

    def _send(self, path: str, body: Answer, *, key: str) -> Answer:
        """Post a manifest under a key."""
        return answer(self._server.post_keyed(path, key=key, json=sending.as_json(body)), self.url)

    def _send_rows(
        self,
        product: str,
        kind: str,
        body: Answer,
        *,
        key: str,
        file: str | Path | None,
        columns: sending.Columns,
        told: sending.Told | None,
    ) -> Answer:
        """Log a run or a dataset (kind) under a key: a manifest with a file, or with columns as a file, or alone. A
        large file goes in parts."""
        path, manifest = f"/products/{part(product)}/", sending.as_json(body)
        with ExitStack() as open_files:
            opened = _opened(file, columns, open_files)
            if opened is None:
                return self._send(f"{path}{kind}s/", body, key=key)
            name, stream, content_type = opened
            watched = sending.Watched(stream, told or (lambda _read, _size: None))
            if watched.size <= uploading.IN_PARTS:
                sent = (name, watched, content_type)
                found = self._server.post_keyed(f"{path}{kind}s/", key=key, fields={"manifest": manifest}, file=sent)
            else:
                going = uploading.Going(f"{path}uploads/", kind, manifest, key, name, stream, content_type)
                found = uploading.sent_in_parts(self._server, going, watched.told)
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
    file: str | Path | None, columns: sending.Columns, open_files: ExitStack
) -> tuple[str, IO[bytes], str] | None:
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
    return name, stream, kind
