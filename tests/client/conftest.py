"""Nobody is signed in, whoever runs the tests; and a server that answers as a test says."""

import json
import threading
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kpiplatform.client import Client, cli, transport
from metrics.services.product import tokens


@pytest.fixture(autouse=True)
def nobody_signed_in(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("KPI_URL", raising=False)
    monkeypatch.delenv("KPI_TOKEN", raising=False)


class Server:
    """A real HTTP server on this machine that answers from a list and keeps what it was asked."""

    def __init__(self):
        self.answers = []
        self.asked = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                size = int(self.headers.get("content-length") or 0)
                if self.headers.get("transfer-encoding") == "chunked":
                    body = b""
                    while length := int(self.rfile.readline(), 16):
                        body += self.rfile.read(length)
                        self.rfile.readline()
                    self.rfile.readline()
                else:
                    body = self.rfile.read(size)
                outer.asked.append((self.command, self.path, dict(self.headers), body))
                status, content, headers = outer.answers.pop(0) if outer.answers else (200, {}, {})
                if status == 0:
                    self.close_connection = True
                    self.connection.close()
                    return
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in ({"Content-Type": "application/json"} | headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def will(self, status, content=None, **headers):
        self.answers.append(
            (status, {} if content is None else content, {k.replace("_", "-"): v for k, v in headers.items()})
        )
        return self

    def parts(self, index=-1):
        """The parts of a multipart post by name, and the name of its file."""
        _, _, headers, body = self.asked[index]
        kind = next(value for name, value in headers.items() if name.lower() == "content-type")
        message = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        found = {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}
        return {name: part.get_payload(decode=True) for name, part in found.items()}, found["file"].get_filename()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(transport, "PAUSES", (0.01, 0.01))
    monkeypatch.setattr(transport, "KEYED_PAUSES", (0.01,) * 5)
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture
def kpi(server):
    with Client(server.url, "kpi_secret") as client:
        yield client


@pytest.fixture
def answers(monkeypatch):
    """Answers by path from `answers.routes`; `answers.bodies` keeps what was posted."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            http.bodies.append((self.command, self.path, body, dict(self.headers)))
            status, content = http.routes.get(self.path.split("?")[0], (404, {"detail": "There is nothing here."}))
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_PATCH = do_DELETE = do_GET

        def log_message(self, *args):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.routes, http.bodies = {}, []
    threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setenv("KPI_URL", f"http://127.0.0.1:{http.server_port}")
    monkeypatch.setenv("KPI_TOKEN", "kpi_secret")
    yield http
    http.shutdown()
    http.server_close()


@pytest.fixture
def typed(capsys):
    """Run a command: (exit code, standard output, standard error)."""

    def run(*arguments):
        try:
            code = cli.main(arguments)
        except SystemExit as left:
            code = left.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def signed_in(live_server, make_product, scientist, monkeypatch):
    """The scientist of the product "churn", signed in by a token in the environment."""

    make_product("Churn", seed=7)
    monkeypatch.setenv("KPI_URL", live_server.url)
    monkeypatch.setenv("KPI_TOKEN", tokens.create_token(scientist, name="test")[1])
