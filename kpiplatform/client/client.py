"""The platform from Python: log runs, read figures and receipts, have them verified.

    from kpiplatform.client import Client

    with Client() as kpi:  # signed in by `kpi login`, or by KPI_URL and KPI_TOKEN
        run = kpi.log_run(product="churn", model="gbm", version="3", y_true=y, y_score=p, example_id=ids, wait=True)
        print(run["metrics"]["roc_auc"])

Answers are the API's JSON as dictionaries. Whatever goes wrong is a ClientError.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

from kpiplatform.client import config as settings
from kpiplatform.client import sending
from kpiplatform.client.errors import ClientError
from kpiplatform.client.transport import Transport

Answer = dict[str, Any]

PATIENCE = 600.0
_AMOUNT = re.compile(r"value|amount|.+_(cost|value|amount)")


class Client:
    """A signed-in connection. url and token: default to KPI_URL and KPI_TOKEN, then to what `kpi login` stored."""

    def __init__(self, url: str | None = None, token: str | None = None) -> None:
        self._server = Transport(settings.load(url=url, token=token))
        self.url = self._server.config.url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    # Who

    @staticmethod
    def sign_in(url: str, username: str, password: str, *, name: str = "kpi", days: int = 90) -> Answer:
        """A new token for a name and a password: {"token", "name", "expires_at", "username"}. Nothing is stored."""
        address = settings.checked_url(url)
        with Transport(settings.Config(url=address)) as server:
            return _answer(
                server.post("/tokens/", {"username": username, "password": password, "name": name, "days": days}),
                address,
            )

    def me(self) -> Answer:
        """Who the token stands for: {"username", "roles"}."""
        return self._answer(self._server.get("/me/"))

    # Products

    def products(self, *, limit: int = 200) -> list[Answer]:
        """The products that one is a member of."""
        return list(self._server.listed("/products/", limit=limit))

    def product(self, slug: str) -> Answer:
        """One product."""
        return self._answer(self._server.get(f"/products/{_part(slug)}/"))

    def create_product(self, name: str, *, currency: str, **more: Any) -> Answer:
        """Make a product; more: sentence, time_zone, fiscal_year_start, case_noun."""
        return self._answer(self._server.post("/products/", {"name": name, "currency": currency} | more))

    # Runs

    def log_run(
        self,
        *,
        product: str,
        model: str,
        version: str,
        y_true: Any = None,
        y_score: Any = None,
        example_id: Any = None,
        segments: Mapping[str, Any] | None = None,
        amounts: Mapping[str, Any] | None = None,
        frame: Any = None,
        file: str | Path | None = None,
        metrics: Mapping[str, Any] | None = None,
        wait: bool = False,
        idempotency_key: str | None = None,
        progress: sending.Told | None = None,
        **manifest: Any,
    ) -> Answer:
        """Log one evaluation of a model version; model and version are made when new.

        Give predictions as y_true and y_score (lists, arrays, series; None or NaN in y_true: not labelled yet), as a
        frame whose columns have the platform's names, or as a CSV or Parquet file; or give metrics alone, such as
        {"roc_auc": 0.81} or {"roc_auc": {"value": 0.81, "standard_error": 0.01}}. Without example_id the rows are
        numbered from 0, which makes runs comparable only where they score the same rows in the same order.
        segments: columns that part the rows into groups. amounts: money of each row, by names that are value, amount,
        or end in _cost, _value or _amount. manifest: name, where, reference, rename, drop_missing, seed, split,
        parameters, code_commit, environment, dataset, note.

        Gives {"id", "state", "page", "warnings", …}, and with wait=True the run once it is computed. Sent again under
        the same key when the connection breaks, so that one call makes one run.
        """
        body: Answer = {"model": model, "version": version} | {k: v for k, v in manifest.items() if v is not None}
        if metrics:
            body["metrics"] = {key: _plain(value) for key, value in metrics.items()}
        columns = _columns(y_true, y_score, example_id, segments or {}, amounts or {}, frame)
        if file is not None and columns:
            raise ClientError("give a file, or values, not both", field="file")
        path = f"/products/{_part(product)}/runs/"
        key = idempotency_key or uuid.uuid4().hex
        with ExitStack() as open_files:
            opened = self._opened(file, columns, open_files, progress)
            if opened is None:
                run = self._server.post_keyed(path, key=key, json=sending.as_json(body))
            else:
                fields = {"manifest": sending.as_json(body)}
                run = self._server.post_keyed(path, key=key, fields=fields, file=opened)
        return self.wait_for_run(run["id"]) | {"page": run["page"]} if wait else self._answer(run)

    @staticmethod
    def _opened(
        file: str | Path | None, columns: sending.Columns, open_files: ExitStack, progress: sending.Told | None
    ) -> tuple[str, Any, str] | None:
        stream: IO[bytes]
        if file is not None:
            name = Path(file).name
            try:
                stream = open_files.enter_context(Path(file).open("rb"))  # noqa: SIM115 (the stack closes it)
            except OSError as error:
                raise ClientError(f"{file} cannot be read: {error.strerror or error}", field="file") from error
        elif columns:
            sending.check_lengths(columns)
            name, stream = sending.written(columns)
            open_files.enter_context(stream)
        else:
            return None
        kind = sending.CONTENT_TYPES.get(Path(name).suffix.lower(), "application/octet-stream")
        return name, sending.Watched(stream, progress or (lambda _read, _size: None)), kind

    def run(self, run_id: str) -> Answer:
        """One run with its metrics, warnings and what it implies for the KPIs."""
        return self._answer(self._server.get(f"/runs/{_part(run_id)}/"))

    def runs(self, product: str, *, model: str = "", state: str = "", limit: int = 50) -> list[Answer]:
        """The runs of a product, newest first."""
        return list(self._server.listed(f"/products/{_part(product)}/runs/", limit=limit, model=model, state=state))

    def withdraw_run(self, run_id: str, *, reason: str) -> Answer:
        """Take a run out of every figure, saying why."""
        return self._answer(self._server.post(f"/runs/{_part(run_id)}/withdraw/", {"reason": reason}, safe=True))

    def wait_for_run(self, run_id: str, *, timeout: float = PATIENCE) -> Answer:
        """The run once it is computed. Raises ClientError where it fails or takes longer than `timeout` seconds."""
        run = self._waited(lambda: self.run(run_id), "state", {"scored", "failed", "withdrawn"}, timeout)
        if run["state"] == "failed":
            raise ClientError(f"run {run_id} failed: {run.get('error') or 'no reason given'}", code="failed")
        return run

    # Figures

    def kpis(self, product: str, *, limit: int = 200) -> list[Answer]:
        """The KPIs of a product with their values."""
        return list(self._server.listed(f"/products/{_part(product)}/kpis/", limit=limit))

    def kpi(self, product: str, key: str) -> Answer:
        """One KPI with its value, grade, target and receipt."""
        return self._answer(self._server.get(f"/products/{_part(product)}/kpis/{_part(key)}/"))

    def receipt(self, digest: str) -> Answer:
        """The links from a figure down to its rows. digest: whole, or its first 8 or more digits."""
        return self._answer(self._server.get(f"/receipts/{_part(digest)}/"))

    def export_receipt(self, digest: str, to: str | Path) -> int:
        """Write a receipt as a ZIP that is recomputed offline. Gives its size in bytes."""
        return self._server.download(f"/receipts/{_part(digest)}/export/", Path(to))

    def verify(self, digest: str, *, timeout: float = PATIENCE) -> Answer:
        """Have the server recompute a figure from its rows: {"verdict", "differences", …}.

        Raises ClientError where the recomputation itself fails.
        """
        begun = self._server.post(f"/receipts/{_part(digest)}/verify/", safe=True)
        path = f"/work/{_part(begun['work'])}/"
        work = self._waited(lambda: self._answer(self._server.get(path)), "state", {"done", "parked"}, timeout)
        if work["state"] == "parked":
            raise ClientError(f"the recomputation failed: {work.get('error') or 'no reason given'}", code="parked")
        return self._answer(work["result"])

    @staticmethod
    def _waited(ask: Any, field: str, ends: set[str], timeout: float) -> Answer:
        until = time.monotonic() + timeout
        pause = 0.1
        while True:
            found: Answer = ask()
            if found.get(field) in ends:
                return found
            if time.monotonic() + pause > until:
                raise ClientError(f"still {found.get(field)} after {timeout:g} s", code="timeout")
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)

    def _answer(self, found: Any) -> Answer:
        return _answer(found, self.url)


def _answer(found: Any, url: str) -> Answer:
    if not isinstance(found, dict):
        raise ClientError(f"{url} does not answer as a kpiplatform server does", remedy="Check the address.")
    return found


def _part(text: object) -> str:
    """A piece of a path, which cannot become two."""
    part = quote(str(text), safe="")
    if not part.strip("."):
        raise ClientError(f"“{text}” names nothing")
    return part


def _columns(
    y_true: Any, y_score: Any, example_id: Any, segments: Mapping[str, Any], amounts: Mapping[str, Any], frame: Any
) -> sending.Columns:
    """Everything that was given by value, under the platform's names."""
    named = {"example_id": example_id, "y_true": y_true, "y_score": y_score}
    for name in amounts:
        if not _AMOUNT.fullmatch(name):
            message = "an amount is called value or amount, or ends in _cost, _value or _amount"
            raise ClientError(message, field=name, remedy=f"Call it {name}_amount.")
    parts: Sequence[Mapping[str, Any]] = (
        {} if frame is None else sending.columns_of(frame),
        {name: values for name, values in named.items() if values is not None},
        {name: [sending.cell(value) or None for value in sending.as_list(given)] for name, given in segments.items()},
        amounts,
    )
    columns: sending.Columns = {}
    for part in parts:
        for name, values in part.items():
            if name in columns:
                raise ClientError("the column is given twice", field=name)
            columns[name] = values
    if not columns:
        return columns
    n = sending.check_lengths(columns)
    if frame is None and example_id is None:
        columns = {"example_id": [str(number) for number in range(n)]} | columns
    return columns


def _plain(value: Any) -> Any:
    """A number of any library as Python's own; what is no number stays as it is, for the server to judge."""
    return value.item() if hasattr(value, "item") else value
