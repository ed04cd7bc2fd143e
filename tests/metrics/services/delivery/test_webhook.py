"""A webhook is verified by who receives it; its secret is shown once; no address leads this server inside."""

import hashlib
import hmac
import json
import time

import pytest

from metrics import access
from metrics.models.delivery import Delivery, Webhook
from metrics.models.work import Work
from metrics.services.delivery import webhook
from metrics.services.recompute import work
from metrics.services.writing.refusal import Invalid
from tests.local_servers import say
from tests.places import SHARED

pytestmark = pytest.mark.django_db

State = Delivery.State
CORPUS = SHARED / "corpora" / "http_attacks.jsonl"
LINES = [json.loads(line) for line in CORPUS.read_text().splitlines()] if CORPUS.exists() else []
SSRF = [next(iter(line["body"].values())) for line in LINES if line["category"] == "ssrf"]
INSIDE = sorted({url for url in SSRF if "{" not in url})


class Receiver:
    """A program that takes what is posted to it, verifies it as the page says, and answers as told."""

    def __init__(self, serve):
        self.taken, self.status, self.secret = [], 200, ""
        self.server = serve(self.answer)

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        stamp = handler.headers["Kpi-Timestamp"]
        signed = hmac.new(self.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        verified = hmac.compare_digest(f"v1={signed}", handler.headers["Kpi-Signature"])
        fresh = abs(time.time() - int(stamp)) < webhook.REPLAY
        self.taken.append((verified and fresh, json.loads(body), handler.headers["Kpi-Delivery"]))
        say(handler, b"{}", self.status, **({"Location": "http://127.0.0.1:9/"} if self.status == 302 else {}))


@pytest.fixture
def receiver(serve):
    return Receiver(serve)


@pytest.fixture
def hook(manager, product, receiver, settings):
    settings.IMPORT_HOSTS = frozenset({("127.0.0.1", receiver.server.port)})
    made, receiver.secret = webhook.save(
        manager, product, name="warehouse", kind="plain", url=f"{receiver.server.uri}/hook?key=1"
    )
    return made


def do_all():
    for row in Work.objects.filter(kind="delivery").exclude(state__in=["done", "parked"]):
        work.perform(row.pk)


def test_the_receiver_verifies_what_is_posted(hook, receiver, manager):
    row = webhook.test(manager, hook)
    do_all()
    row.refresh_from_db()
    ((verified, body, delivery),) = receiver.taken
    assert (verified, row.state, delivery) == (True, State.SENT, row.pk)
    assert body["title"] == "A test of warehouse"
    assert receiver.server.paths == ["/hook?key=1"]


def test_another_secret_ends_the_one_before(hook, receiver, manager):
    old = receiver.secret
    assert webhook.rotate(manager, hook) != old
    webhook.test(manager, hook)
    do_all()
    assert [verified for verified, *_ in receiver.taken] == [False]


def test_the_secret_is_kept_nowhere(hook, receiver):
    kept = Webhook.objects.values().get(pk=hook.pk)
    assert receiver.secret not in str(kept)


@pytest.mark.parametrize(
    ("status", "state"), [(500, State.DUE), (503, State.DUE), (404, State.FAILED), (302, State.FAILED)]
)
def test_a_server_in_trouble_is_asked_again_and_a_refusal_or_a_way_elsewhere_is_final(
    hook, receiver, manager, status, state
):
    receiver.status = status
    row = webhook.test(manager, hook)
    do_all()
    row.refresh_from_db()
    assert row.state == state
    assert len(receiver.taken) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://localhost/",
        "http://8.8.8.8/",
        "ftp://8.8.8.8/",
        "https://user:" + "word@8.8.8.8/",
    ],
)
def test_an_address_that_is_not_public_or_not_secret_is_refused(manager, product, url):
    with pytest.raises(Invalid) as refused:
        webhook.save(manager, product, name="x", kind="plain", url=url)
    assert [fault.field for fault in refused.value.faults] == ["url"]
    assert not Webhook.objects.exists()


@pytest.mark.promise("S5")
def test_an_address_that_became_private_is_not_connected_to(hook, receiver, manager, settings):
    settings.IMPORT_HOSTS = frozenset()
    row = webhook.test(manager, hook)
    do_all()
    row.refresh_from_db()
    assert (row.state, receiver.taken) == (State.FAILED, [])


@pytest.mark.parametrize("kind", ["slack", "teams"])
def test_slack_and_teams_get_their_own_form_with_nothing_that_reads_as_markup(
    manager, product, receiver, settings, kind
):
    settings.IMPORT_HOSTS = frozenset({("127.0.0.1", receiver.server.port)})
    made, receiver.secret = webhook.save(manager, product, name="<!channel>", kind=kind, url=receiver.server.uri)
    webhook.test(manager, made)
    do_all()
    ((verified, body, _),) = receiver.taken
    assert verified
    if kind == "slack":
        assert "<!channel>" not in json.dumps(body)
        assert "&lt;!channel&gt;" in body["blocks"][0]["text"]["text"]
    else:
        assert body["attachments"][0]["content"]["type"] == "AdaptiveCard"


def test_who_may_not_make_one_does_not(product, executive, scientist, outsider):
    for person, error in ((executive, access.Denied), (scientist, access.Denied), (outsider, access.Hidden)):
        with pytest.raises(error):
            webhook.save(person, product, name="x", kind="plain", url="https://8.8.8.8/")


@pytest.mark.promise("S5")
@pytest.mark.shared
@pytest.mark.parametrize("url", INSIDE)
def test_no_address_of_the_corpus_is_taken(url):
    with pytest.raises(Invalid):
        webhook.checked(url)
