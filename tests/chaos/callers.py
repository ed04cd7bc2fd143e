"""Who calls the web process while things break: reads a page and the API and logs runs, and keeps what came back."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter

PAUSE = 0.5  # seconds between two calls
LONGEST = 10.0  # seconds that an answer may take


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
            body = {"model": "called", "version": "one", "name": key, "metrics": {"roc_auc": 0.7}}
            headers = {**self._token, "Idempotency-Key": key, "Content-Type": "application/json"}
            if self._ask("log", "POST", f"{base}runs/", headers, json.dumps(body)) // 100 == 2:
                self.logged.add(key)

    def _ask(self, what: str, method: str, path: str, headers: dict[str, str], body: str | None = None) -> int:
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
        if not (status // 100 == 2 or (status == 503 and retry)):
            self.faults.append(f"{what}: {status} {text[:200]!r}")
        return status
