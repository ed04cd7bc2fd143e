"""Small servers on this machine for tests of what goes out: they answer as told, and say who came."""

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

import pytest

from tests.chaos.installation import fresh_database


class LocalServer:
    """Answers each request by `answer(handler)`; `paths` lists what was asked for."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        self.paths: list[str] = []
        asked = self.paths

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked.append(self.path)
                self.close_connection = True
                with suppress(OSError):  # the client has had enough
                    answer(self)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.host = f"127.0.0.1:{self.port}"
        self.uri = f"http://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def say(handler: BaseHTTPRequestHandler, body: bytes = b"{}", status: int = 200, **headers: str) -> None:
    """One whole answer; headers with _ for -."""
    handler.send_response(status)
    for name, value in ({"Content_Length": str(len(body)), "Connection": "close"} | headers).items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[BaseHTTPRequestHandler], None]], LocalServer]]:
    """serve(answer): a LocalServer that is stopped at the end."""
    servers: list[LocalServer] = []

    def start(answer: Callable[[BaseHTTPRequestHandler], None] = say) -> LocalServer:
        servers.append(LocalServer(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


class MailServer:
    """An SMTP server: `letters` are what it took, as parsed messages; `refuses`: it takes none."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.refuses = False
        server = self

        class Session(StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 here\r\n")
                for line in self.rfile:
                    word = line[:4].upper().strip()
                    if word == b"QUIT":
                        break
                    refused = server.refuses and word == b"RCPT"
                    self.wfile.write(b"550 not here\r\n" if refused else ANSWERS.get(word, b"250 fine\r\n"))
                    if word == b"DATA":
                        lines = iter(self.rfile.readline, b".\r\n")
                        whole = b"".join(line.removeprefix(b".") for line in lines)  # RFC 5321, 4.5.2
                        server.letters.append(message_from_bytes(whole, policy=policy.default))
                        self.wfile.write(b"250 taken\r\n")
                self.wfile.write(b"221 bye\r\n")

        self._server = ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


ANSWERS = {b"DATA": b"354 go on\r\n"}


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """Mail goes out by SMTP, to a server of the test's own."""
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield server
    server.stop()


class Connects:
    """Addresses that this process opens connections to, seen by Python's own audit hook; `barred`: each one fails."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] | None = None
        self.barred = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "socket.connect" or self.seen is None or not isinstance(arguments[1], tuple):
            return
        if arguments[0].type & socket.SOCK_STREAM:  # the resolver's datagrams are no connections
            self.seen.append(arguments[1][:2])
            if self.barred:
                raise ConnectionRefusedError("barred by the test")


_connects = Connects()
_hooked = threading.Lock()


@pytest.fixture
def connects() -> Iterator[Connects]:
    """What this process connects to during the test: `connects.seen`."""
    if _hooked.acquire(blocking=False):  # an audit hook stays for good
        sys.addaudithook(_connects)
    _connects.seen, _connects.barred = [], False
    yield _connects
    _connects.seen = None


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """names("host", ["8.8.8.8"], ["127.0.0.1"]): what a host resolves to, answer by answer, the last for ever."""
    real, told = socket.getaddrinfo, {}

    def resolve(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if host not in told:
            return real(host, port, *rest, **named)
        answers = told[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    def tell(host: str, *answers: list[str]) -> None:
        told[host] = list(answers)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return tell


@pytest.fixture
def postgresql() -> Iterator[str]:
    """The address of a fresh database, dropped afterwards whoever is connected."""
    with fresh_database() as address:
        yield address
