"""Requests to addresses that people gave, over connections to checked addresses alone.

What counts is the address that a connection is opened to. So a host is resolved once, in the moment of connecting, each
address found is checked, and the checked address itself is connected to; no redirect and no second answer of a name
server can lead elsewhere. TLS still verifies the host's name. Nothing is taken from the environment: no proxy, no
password file.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpcore
import httpx

from metrics.services.outgoing.addresses import Refused, addresses_of

SECONDS = 10.0  # of one request with all its redirects, from connecting to the last byte
PATIENCE = 10.0  # seconds of all requests to a server beyond those that a quick one takes
QUICK, PACE = 1.0, 2**20  # seconds until an answer begins, and its bytes a second: what is slower takes of the patience
# Of one answer, headers included: the shortest JSON takes some twenty times its bytes in memory.
MOST_BYTES = 8 * 2**20
MOST_REDIRECTS = 3
STEP_SECONDS = 10.0  # connecting, and each wait for the next bytes
BUSY = {429, 502, 503, 504}


class Unreachable(Exception):
    """No whole answer came in time; another time may."""


class Unexpected(Exception):
    """What came is no answer to the question; `status` is that of HTTP, for callers that know what to make of it."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class TooLong(Unexpected):
    """The answer has more bytes than are taken here; a smaller question may have a shorter one."""


@dataclass
class Allowance:
    """What is left of the request under way."""

    until: float = 0.0  # moved on by what comes, up to the latest
    latest: float = 0.0
    bytes_left: int = 0

    def seconds(self, wanted: float | None) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole request took too long")
        return min(wanted or STEP_SECONDS, left)

    def take(self, size: int) -> None:
        self.bytes_left -= size
        self.until = min(self.latest, self.until + size / PACE)
        if self.bytes_left < 0:
            raise TooLong("the answer is larger than is taken here")


class Measured(httpcore.NetworkStream):
    """A connection that keeps to the allowance, however slowly or long the other side speaks."""

    def __init__(self, stream: httpcore.NetworkStream, allowance: Allowance) -> None:
        self._stream, self._allowance = stream, allowance

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        found = self._stream.read(max_bytes, self._allowance.seconds(timeout))
        self._allowance.take(len(found))
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._allowance.seconds(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secure = self._stream.start_tls(ssl_context, server_hostname, self._allowance.seconds(timeout))
        return Measured(secure, self._allowance)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Guarded(httpcore.NetworkBackend):
    """Opens connections to addresses that were checked, and no others."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        *first, last = addresses_of(host, port)
        for address in first:
            try:
                return self._open(address, port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._open(last, port, timeout)

    def _open(self, address: str, port: int, timeout: float | None) -> httpcore.NetworkStream:
        stream = self._plain.connect_tcp(address, port, self._allowance.seconds(timeout))
        return Measured(stream, self._allowance)


class Transport(httpx.HTTPTransport):
    """httpx over guarded connections, without proxies."""

    def __init__(self, allowance: Allowance) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, network_backend=Guarded(allowance), max_connections=4, keepalive_expiry=30
        )


class Outgoing:
    """Questions to one server or several, one after the other; a context manager."""

    def __init__(self) -> None:
        self._allowance = Allowance()
        self._patience = PATIENCE
        # Unpacking an answer could make gigabytes of megabytes, so none is asked for packed.
        self._client = httpx.Client(
            transport=Transport(self._allowance),
            trust_env=False,
            timeout=STEP_SECONDS,
            headers={"Accept-Encoding": "identity", "User-Agent": "kpiplatform"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def json(
        self, method: str, url: str, *, params: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> Any:
        """The JSON of an answer. Raises Refused, Unreachable, Unexpected."""
        with self._answer(method, url, params=params, body=body, seconds=SECONDS, most_bytes=MOST_BYTES) as answer:
            content = answer.read()
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise Unexpected("the answer is no JSON", status=answer.status_code) from error

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Post a body as it is; any answer of 2xx is a yes, and no redirect is followed.

        Raises Refused, Unreachable, Unexpected.
        """
        with self._answer(
            "POST", url, content=body, headers=headers, seconds=SECONDS, most_bytes=MOST_BYTES, redirects=0
        ) as answer:
            answer.close()

    def save(self, url: str, to: Path, *, seconds: float, most_bytes: int) -> None:
        """Write the body of an answer to a file. Raises Refused, Unreachable, Unexpected."""
        with self._answer("GET", url, seconds=seconds, most_bytes=most_bytes) as answer, to.open("wb") as file:
            for chunk in answer.iter_raw():
                file.write(chunk)

    @contextmanager
    def _answer(
        self,
        method: str,
        url: str,
        *,
        seconds: float,
        most_bytes: int,
        params: Any = None,
        body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        redirects: int = MOST_REDIRECTS,
    ) -> Iterator[httpx.Response]:
        """The answer at the end of the redirects, its body still to be read."""
        begun = time.monotonic()
        self._allowance.until = begun + min(seconds, QUICK + max(0.0, self._patience))
        self._allowance.latest = begun + seconds
        self._allowance.bytes_left = most_bytes
        try:
            request = self._client.build_request(
                method, url, params=params, json=body, content=content, headers=headers
            )
            for _ in range(redirects + 1):
                answer = self._client.send(request, stream=True)
                try:
                    if answer.next_request is None or not redirects:
                        _check(answer)
                        yield answer
                        return
                    request = answer.next_request
                finally:
                    answer.close()
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise Refused("the server leads to an address that is not one of http or https") from error
        except httpx.HTTPError as error:
            raise Unreachable(f"no whole answer came ({type(error).__name__})") from error
        finally:
            quick = QUICK + (most_bytes - self._allowance.bytes_left) / PACE
            self._patience -= max(0.0, time.monotonic() - begun - quick)
        raise Unexpected("the server leads from one address to the next without end")


def _check(answer: httpx.Response) -> None:
    if answer.status_code in BUSY:
        raise Unreachable("the server is there and has no time")
    if not answer.is_success:
        raise Unexpected("the server did not answer what was asked", status=answer.status_code)
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise Unexpected("the answer is packed, and was not asked for packed", status=answer.status_code)
