"""Asking the server: authentication, problem JSON as ClientError, retries, pages of lists."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import parse_qsl, urlsplit

import httpx

from kpiplatform.client.config import Config
from kpiplatform.client.errors import ClientError, of_response

API = "/api/v1"
TIMEOUT = httpx.Timeout(120, connect=10)
PAUSES = (0.5, 1.0)
# An upload has cost the sender something, and a key makes sending it again safe: keep at it longer.
KEYED_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
LONGEST_PAUSE = 30.0


class Transport:
    """One connection to one server. Raises ClientError for whatever goes wrong, and nothing else."""

    def __init__(self, config: Config) -> None:
        headers = {"Accept": "application/json, application/problem+json"}
        if config.token:
            if not (config.token.isascii() and config.token.isprintable()):
                remedy = "Copy it again, or sign in with `kpi login`."
                raise ClientError("holds characters that no token has", field="token", remedy=remedy)
            headers["Authorization"] = f"Bearer {config.token}"
        self.config = config
        # A token is never sent on to where a redirect points.
        self._http = httpx.Client(base_url=config.url, headers=headers, timeout=TIMEOUT, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def get(self, path: str, **params: str | list[str]) -> Any:
        """The JSON at a path below /api/v1."""
        return self._json(self._sent("GET", path, safe=True, params={k: v for k, v in params.items() if v}))

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, safe: bool = False) -> Any:
        """Post JSON. safe: doing it twice does no harm, so a lost answer may be asked for again."""
        return self._json(self._sent("POST", path, safe=safe, json=dict(body or {})))

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Change what lies at a path; twice is once."""
        return self._json(self._sent("PATCH", path, safe=True, json=dict(body)))

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Put JSON; doing it twice does no harm."""
        return self._json(self._sent("PUT", path, safe=True, json=dict(body)))

    def put_bytes(self, path: str, content: bytes, *, digest: str) -> Any:
        """Put bytes as they are, sent again for about 15 seconds until they are there. digest: as Content-Digest."""
        headers = {"Content-Type": "application/octet-stream", "Content-Digest": digest}
        return self._json(self._sent("PUT", path, safe=True, patient=True, headers=headers, content=content))

    def delete(self, path: str, **params: str) -> None:
        """Delete what lies at a path. Not sent again: it may be gone already, and would then not be found."""
        self._sent("DELETE", path, safe=False, params=params)

    def post_keyed(
        self, path: str, *, key: str, json: str = "", fields: Mapping[str, str] | None = None, file: Any = None
    ) -> Any:
        """Post JSON text, or a form with a file (name, stream, content type), under an idempotency key.

        Sent again with the same key, for about 15 seconds, until it is answered.
        """
        headers = {"Idempotency-Key": key}
        if file is None:
            headers["Content-Type"] = "application/json"
            content: dict[str, Any] = {"content": json.encode()}
        else:
            content = {"data": dict(fields or {}), "files": {"file": file}}
        return self._json(self._sent("POST", path, safe=True, key=key, headers=headers, **content))

    def listed(self, path: str, *, limit: int, **params: str) -> Iterator[dict[str, Any]]:
        """The first `limit` entries of a list, over as many pages as that takes."""
        query = {key: value for key, value in params.items() if value} | {"limit": str(min(limit, 200))}
        left = limit
        while left > 0:
            page = self.get(path, **query)
            yield from page["results"][:left]
            left -= len(page["results"])
            if not page.get("next") or not page["results"]:
                return
            # Only the cursor is taken from the address: the server asked stays the same.
            query = dict(parse_qsl(urlsplit(page["next"]).query))

    def download(self, path: str, to: Path) -> int:
        """Write what lies at a path into a file, which appears whole or not at all. Gives its size in bytes."""
        part = to.with_name(to.name + ".part")
        try:
            with self._http.stream("GET", API + path) as response, part.open("wb") as file:
                if response.status_code >= httpx.codes.MULTIPLE_CHOICES:
                    response.read()
                    raise of_response(response)
                size = _copied(response, file)
            part.replace(to)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        except OSError as error:
            raise ClientError(
                f"{to} cannot be written: {error.strerror or error}", remedy="Name a file that you may write."
            ) from error
        finally:
            part.unlink(missing_ok=True)
        return size

    def _sent(
        self,
        method: str,
        path: str,
        *,
        safe: bool,
        key: str = "",
        patient: bool = False,
        **content: Any,
    ) -> httpx.Response:
        patient = patient or bool(key)
        left = iter(KEYED_PAUSES if patient else PAUSES)
        while True:
            try:
                response = self._http.request(method, API + path, **content)
            except httpx.TransportError as error:
                # Where no connection was made, nothing was done either.
                never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                pause = next(left, None) if safe or never_sent else None
                if pause is None or isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
                    raise self._unreachable(error) from error
            except httpx.HTTPError as error:
                raise self._unreachable(error) from error
            else:
                if response.status_code < httpx.codes.MULTIPLE_CHOICES:
                    return response
                pause = next(left, None) if _comes_back(response, safe=safe, patient=patient, keyed=bool(key)) else None
                if pause is None:
                    raise of_response(response)
                pause = max(pause, _asked_pause(response))
            time.sleep(pause)

    def _json(self, response: httpx.Response) -> Any:
        if response.status_code == httpx.codes.NO_CONTENT:
            return None
        try:
            return response.json()
        except ValueError as error:
            message = f"{self.config.url} does not answer as a kpiplatform server does"
            raise ClientError(message, status=response.status_code, remedy="Check the address.") from error

    def _unreachable(self, error: httpx.HTTPError) -> ClientError:
        reason = str(error) or type(error).__name__
        message = f"{self.config.url} cannot be reached: {reason}"
        return ClientError(message, remedy="Check that the server runs and that KPI_URL is right.")


def _comes_back(response: httpx.Response, *, safe: bool, patient: bool, keyed: bool) -> bool:
    """Whether the same request may be answered in a moment. A key in flight is answered with 409."""
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return safe
    if response.status_code in (httpx.codes.BAD_GATEWAY, httpx.codes.GATEWAY_TIMEOUT):
        return patient
    return keyed and response.status_code == httpx.codes.CONFLICT


def _asked_pause(response: httpx.Response) -> float:
    text = response.headers.get("retry-after", "")
    return min(float(text), LONGEST_PAUSE) if text.isdecimal() else 0.0


def _copied(response: httpx.Response, file: IO[bytes]) -> int:
    return sum(file.write(chunk) for chunk in response.iter_bytes())
