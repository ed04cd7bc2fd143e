"""Outgoing requests: to public servers and listed ones, within limits of time and size, and nowhere else."""

import gzip
import json
import time
from contextlib import suppress

import pytest

from kpiplatform import env
from metrics.services.outgoing import addresses
from metrics.services.outgoing import requests as outgoing
from metrics.services.outgoing.addresses import Refused, check_address, public
from metrics.services.outgoing.requests import Outgoing, Unexpected, Unreachable
from tests.local_servers import say

PRIVATE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.9",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1", "::1", "::", "fe80::1", "192.0.0.9",
    "fe80::1%2", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1",
    "2001:db8::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "::ffff:8.8.8.8", "2606:4700:4700::1111",
]  # fmt: skip

# This machine in every spelling that a resolver understands.
SPELLINGS = ["127.0.0.1", "localhost", "LOCALHOST.", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0"]


def listed(settings, *hosts):
    settings.IMPORT_HOSTS = frozenset((host.partition(":")[0], int(host.partition(":")[2])) for host in hosts)


def drip(handler, *, pause=0.05, header=b"HTTP/1.1 200 OK\r\nX-Slow: "):
    """An answer that never ends and never stalls."""
    handler.wfile.write(header)
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(pause)


def flood(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b" " * 2**16)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_global_is_not_public(address):
    assert not public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_global_address_is_public(address):
    assert public(address)


@pytest.mark.parametrize("host", SPELLINGS)
def test_this_machine_is_not_reached_under_any_name(serve, connects, host):
    server = serve()
    uri = f"http://{host}:{server.port}"
    with pytest.raises(Refused):
        check_address(uri)
    with Outgoing() as out, pytest.raises(Refused):
        out.json("GET", uri)
    assert connects.seen == server.paths == []


@pytest.mark.parametrize(
    "text",
    ["", "mlflow", "file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "ftp://8.8.8.8/", "http://", "http://[",
     "http://8.8.8.8:99999/", "http://user:password@8.8.8.8/", "http://8.8.8.8/?a=b", "http://8.8.8.8/#a",
     "http://8.8.8.8/" + "a" * 500],
)  # fmt: skip
def test_what_is_no_address_of_a_server_is_refused(text):
    with pytest.raises(Refused):
        check_address(text)


def test_a_public_address_is_taken_without_its_last_slash(names):
    names("mlflow.example.org", ["8.8.8.8"])
    assert check_address(" https://mlflow.example.org/team/ ") == "https://mlflow.example.org/team"


def test_a_host_that_is_not_found_is_refused_in_the_words_of_a_private_one(names):
    names("inside.example.org", ["10.1.2.3"])

    def said(host):
        with pytest.raises(Refused) as refusal:
            check_address(f"http://{host}/")
        return str(refusal.value).replace(host, "")

    assert said("inside.example.org") == said("no-such-host.invalid")


def test_a_host_with_one_private_address_among_public_ones_is_refused(names, connects):
    names("mixed.example.org", ["8.8.8.8", "10.0.0.1"])
    with Outgoing() as out, pytest.raises(Refused):
        out.json("GET", "http://mixed.example.org/")
    assert connects.seen == []


def test_a_listed_server_is_asked_at_its_port_and_at_no_other(serve, settings):
    server, other = serve(lambda handler: say(handler, b'{"a": [1, 2.5]}')), serve()
    listed(settings, server.host)
    assert check_address(server.uri + "/") == server.uri
    with Outgoing() as out:
        assert out.json("GET", server.uri + "/x", params={"q": "a b"}) == {"a": [1, 2.5]}
        assert out.json("POST", server.uri + "/y", body={"b": 1}) == {"a": [1, 2.5]}
        with pytest.raises(Refused):
            out.json("GET", other.uri)
    assert server.paths == ["/x?q=a+b", "/y"]
    assert other.paths == []


def test_redirects_are_followed_to_what_may_be_asked_and_no_further(serve, settings, connects):
    secret = serve()
    good = serve(lambda handler: say(handler, b"[1]"))
    targets = {
        "/good": good.uri,
        "/private": secret.uri,
        "/named": f"http://localhost:{secret.port}/",
        "/metadata": "http://169.254.169.254/latest/meta-data/",
        "/file": "file:///etc/passwd",
        "/round": "/round",
    }
    server = serve(lambda handler: say(handler, b"", 307, Location=targets[handler.path]))
    listed(settings, server.host, good.host)
    with Outgoing() as out:
        assert out.json("POST", server.uri + "/good", body={}) == [1]
        for path in ("/private", "/named", "/metadata", "/file"):
            with pytest.raises(Refused):
                out.json("GET", server.uri + path)
        with pytest.raises(Unexpected, match="without end"):
            out.json("GET", server.uri + "/round")
    assert secret.paths == []
    assert {port for _, port in connects.seen} == {server.port, good.port}
    assert len([path for path in server.paths if path == "/round"]) == outgoing.MOST_REDIRECTS + 1


def test_a_name_is_resolved_once_and_what_was_checked_is_what_is_connected_to(names, connects):
    names("rebind.example.org", ["8.8.8.8"], ["127.0.0.1"])
    connects.barred = True
    with Outgoing() as out, pytest.raises(Unreachable):
        out.json("GET", "http://rebind.example.org:6379/")
    assert connects.seen == [("8.8.8.8", 6379)]
    with Outgoing() as out, pytest.raises(Refused):
        out.json("GET", "http://rebind.example.org:6379/")
    assert len(connects.seen) == 1


def test_the_next_address_of_a_host_is_tried_where_the_first_does_not_answer(serve, settings, names):
    server = serve(lambda handler: say(handler, b"[]"))
    settings.IMPORT_HOSTS = frozenset({("two.example.org", None)})
    names("two.example.org", ["127.0.0.99", "127.0.0.1"])
    with Outgoing() as out:
        assert out.json("GET", f"http://two.example.org:{server.port}/") == []


@pytest.mark.parametrize("answer", [drip, lambda handler: drip(handler, header=b"HTTP/1.1 200 OK\r\n\r\n")])
def test_a_server_that_drips_is_left_when_the_time_of_the_whole_request_is_up(serve, settings, monkeypatch, answer):
    monkeypatch.setattr(outgoing, "SECONDS", 0.5)
    server = serve(answer)
    listed(settings, server.host)
    begun = time.monotonic()
    with Outgoing() as out, pytest.raises(Unreachable):
        out.json("GET", server.uri)
    assert time.monotonic() - begun < 3


def test_a_slow_server_is_waited_for_so_long_in_all_however_often_it_is_asked(serve, settings, monkeypatch, tmp_path):
    assert (outgoing.SECONDS, outgoing.PATIENCE) == (10, 10)
    monkeypatch.setattr(outgoing, "QUICK", 0.1)
    monkeypatch.setattr(outgoing, "PATIENCE", 1.0)
    server = serve(lambda handler: (time.sleep(0.4), say(handler, b"[]")))
    listed(settings, server.host)
    begun, answers = time.monotonic(), 0
    with Outgoing() as out:
        with suppress(Unreachable):
            for answers in range(20):  # noqa: B007 (how many came)
                out.json("GET", server.uri)
        assert 1 <= answers <= 3
        with pytest.raises(Unreachable):
            out.save(server.uri, tmp_path / "file", seconds=600, most_bytes=2**20)
    assert time.monotonic() - begun < 3


def test_an_answer_beyond_the_cap_is_left_in_its_middle_also_that_of_a_redirect(serve, settings, monkeypatch, tmp_path):
    monkeypatch.setattr(outgoing, "MOST_BYTES", 300_000)
    server = serve(flood)
    leads = serve(lambda handler: (say(handler, b"", 302, Location=server.uri, Content_Length="9"), flood(handler)))
    listed(settings, server.host, leads.host)
    with Outgoing() as out:
        for uri in (server.uri, leads.uri):
            with pytest.raises(Unexpected, match="larger"):
                out.json("GET", uri)
        with pytest.raises(Unexpected, match="larger"):
            out.save(server.uri, tmp_path / "file", seconds=5, most_bytes=200_000)
    assert (tmp_path / "file").stat().st_size <= 200_000


def test_a_file_is_saved_as_it_was_sent(serve, settings, tmp_path):
    content = bytes(range(256)) * 1000
    server = serve(lambda handler: say(handler, content))
    listed(settings, server.host)
    with Outgoing() as out:
        out.save(server.uri, tmp_path / "file", seconds=5, most_bytes=2**20)
    assert (tmp_path / "file").read_bytes() == content


def test_a_packed_answer_is_refused_because_it_could_unpack_to_anything(serve, settings):
    server = serve(lambda handler: say(handler, gzip.compress(b" " * 10**7 + b"{}"), Content_Encoding="gzip"))
    listed(settings, server.host)
    with Outgoing() as out, pytest.raises(Unexpected, match="packed"):
        out.json("GET", server.uri)


@pytest.mark.parametrize("body", [b"<html>", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_said_without_showing_it(serve, settings, body):
    server = serve(lambda handler: say(handler, body))
    listed(settings, server.host)
    with Outgoing() as out, pytest.raises(Unexpected) as refusal:
        out.json("GET", server.uri)
    assert str(refusal.value) == "the answer is no JSON"


def test_a_busy_server_may_answer_later_and_an_error_is_told_without_its_words(serve, settings):
    codes = iter([503, 429, 404, 500, 204])
    server = serve(lambda handler: say(handler, b'{"secret": 1}', next(codes)))
    listed(settings, server.host)
    with Outgoing() as out:
        for error in (Unreachable, Unreachable, Unexpected, Unexpected):
            with pytest.raises(error) as said:
                out.json("GET", server.uri)
            assert not any(word in str(said.value) for word in ("secret", "503", "429", "404", "500"))


def test_nobody_listening_is_unreachable(serve, settings):
    server = serve()
    listed(settings, server.host)
    server.stop()
    with Outgoing() as out, pytest.raises(Unreachable):
        out.json("GET", server.uri)


def test_a_proxy_in_the_environment_is_not_used(serve, settings, monkeypatch):
    proxy, server = serve(), serve(lambda handler: say(handler, json.dumps(dict(handler.headers)).encode()))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.uri)
    listed(settings, server.host)
    with Outgoing() as out:
        headers = out.json("GET", server.uri)
    assert proxy.paths == []
    assert headers["Accept-Encoding"] == "identity"
    assert "Authorization" not in headers


def test_a_name_server_that_does_not_answer_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(addresses, "RESOLVE_SECONDS", 0.2)
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: time.sleep(5) or [])
    begun = time.monotonic()
    with pytest.raises(Refused):
        check_address("http://slow.example.org/")
    assert time.monotonic() - begun < 2


def test_hosts_are_read_with_and_without_a_port(monkeypatch):
    monkeypatch.setenv("KPI_IMPORT_HOSTS", "mlflow.inside:5000, Other.Inside ,[::1]:80")
    assert env.hosts("KPI_IMPORT_HOSTS") == {("mlflow.inside", 5000), ("other.inside", None), ("::1", 80)}
    monkeypatch.delenv("KPI_IMPORT_HOSTS")
    assert env.hosts("KPI_IMPORT_HOSTS") == frozenset()


@pytest.mark.parametrize("value", ["http://mlflow:5000", "mlflow:abc", "mlflow/path", "user@mlflow", "mlflow:99999"])
def test_a_host_that_cannot_be_read_stops_the_start(monkeypatch, value):
    monkeypatch.setenv("KPI_IMPORT_HOSTS", value)
    with pytest.raises(env.EnvError, match="KPI_IMPORT_HOSTS"):
        env.hosts("KPI_IMPORT_HOSTS")
