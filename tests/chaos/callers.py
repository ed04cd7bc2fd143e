"""Who calls the web process while things break: reads a page and the API and logs runs, and keeps what came back."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter

import httpx

PAUSE = 0.5  # seconds between two calls
LONGEST = 10.0  # seconds that an answer may take
WITH_ROWS = 5  # every so many runs one has rows, which need room on the disk


def rows(number: int) -> bytes:
    """A file of rows that no other number has."""
    lines = (f"{number} {at},{int(at % 3 == 0)},0.{1 + at % 8}" for at in range(40))
    return "\n".join(["example_id,y_true,y_score", *lines]).encode()


class Callers:
    """One after another in a thread of its own. answers: (what, status) → how often; faults: what may not be."""

    def __init__(self, port: int, *, token: str, session: str, product: str) -> None:
        self.port, self.product = port, product
        self.answers: Counter[tuple[str, int]] = Counter()
        self.faults: list[str] = []
        self.logged: set[str] = set()
        self.slowest = 0.0
        self._token, self._session = {"Authorization": f"Bearer {token}"}, {"Cookie": f"kpi_session={session}"}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._call, name="callers", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join(2 * LONGEST)

    def _call(self) -> None:
        number = 0
        while not self._ended.wait(PAUSE):
            number += 1
            base, key = f"/api/v1/products/{self.product}/", f"storm-{number:06}"
            self._ask("page", "GET", f"/p/{self.product}/", self._session)
            self._ask("read", "GET", base, self._token)
            run = {"model": "called", "version": "one", "name": key}
            if number % WITH_ROWS:
                sent = httpx.Request("POST", "http://host", json=run | {"metrics": {"roc_auc": 0.7}})
            else:
                given = {"data": {"manifest": json.dumps(run)}, "files": {"file": ("rows.csv", rows(number))}}
                sent = httpx.Request("POST", "http://host", **given)
            headers = {**self._token, "Idempotency-Key": key, "Content-Type": sent.headers["Content-Type"]}
            what = "log" if number % WITH_ROWS else "log rows"
            if self._ask(what, "POST", f"{base}runs/", headers, sent.read()) // 100 == 2:
                self.logged.add(key)

    def _ask(self, what: str, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> int:
        connection, begun = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST), time.monotonic()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text, status, retry = answer.read(), answer.status, answer.headers.get("Retry-After")
        except (OSError, http.client.HTTPException) as error:
            self.faults.append(f"{what}: {type(error).__name__} {error} after {time.monotonic() - begun:.1f} s")
            return 0
        finally:
            connection.close()
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.answers[what, status] += 1
        full = what == "log rows" and status == 507
        if not (status // 100 == 2 or (status == 503 and retry) or full):
            self.faults.append(f"{what}: {status} {text[:200]!r}")
        return status
