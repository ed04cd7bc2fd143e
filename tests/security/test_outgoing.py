"""No address that a person gives leads this server to one that is not public: the corpus, through the import.

It is the one door that fetches, so lines about webhooks and artifacts are tried on it too.
"""

import json
import time

import pytest

from metrics.models.evaluation import Import
from metrics.models.work import Work
from tests.local_servers import say
from tests.places import SHARED

pytestmark = pytest.mark.promise("S5")

CORPUS = SHARED / "corpora" / "http_attacks.jsonl"
LINES = [json.loads(line) for line in CORPUS.read_text().splitlines()] if CORPUS.exists() else []
ADDRESSES = {line["id"]: next(iter(line["body"].values())) for line in LINES if line["category"] == "ssrf"}
REBINDING = "{rebind:public-then-127.0.0.1}"


@pytest.fixture
def fetch(site, compute):
    """Ask for an import from an address as one who may, and do the work; gives the answer and the work, if any."""

    def done(uri):
        client = site.api(site.people["scientist"], raising=False)
        answer = client.post(f"/api/v1/products/{site.a.slug}/imports/", {"kind": "mlflow", "uri": uri})
        compute()
        return answer, Work.objects.filter(kind="import").first()

    return done


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", [pk for pk, address in ADDRESSES.items() if "{" not in address])
def test_an_address_that_is_not_public_is_refused_at_the_door_and_not_connected_to(fetch, connects, pk):
    begun = time.monotonic()
    answer, work = fetch(ADDRESSES[pk])
    assert time.monotonic() - begun < 10
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "uri"
    assert (work, connects.seen) == (None, [])
    assert not Import.objects.exists()


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", [pk for pk, address in ADDRESSES.items() if "{redirector}" in address])
def test_a_redirect_to_such_an_address_is_refused_by_the_worker(fetch, serve, connects, settings, pk):
    """The redirector is listed, as the machine has no public address; where it leads to is not."""
    secret = serve(lambda handler: say(handler, b'{"experiments": [{"secret": 1}]}'))
    to = ADDRESSES[pk].partition("?to=")[2].replace(":6379/", f":{secret.port}/")
    redirector = serve(lambda handler: say(handler, b"", 307, Location=to))
    settings.IMPORT_HOSTS = frozenset({("127.0.0.1", redirector.port)})
    answer, work = fetch(f"{redirector.uri}?to={to}")
    assert (answer.status_code, work) == (400, None)
    answer, work = fetch(redirector.uri)
    assert (answer.status_code, work.state) == (202, Work.State.PARKED)
    assert len(redirector.paths) == 1
    assert secret.paths == []
    assert {port for _, port in connects.seen} == {redirector.port}
    for shown in (work.error, json.dumps(Import.objects.get().last_result)):
        assert "secret" not in shown
        assert "307" not in shown


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", [pk for pk, address in ADDRESSES.items() if address == REBINDING])
def test_a_name_that_turns_private_after_the_door_is_refused_by_the_worker(fetch, serve, connects, names, pk):
    secret = serve()
    names("rebind.example.org", ["8.8.8.8"], ["127.0.0.1"])
    answer, work = fetch(f"http://rebind.example.org:{secret.port}/")
    assert (answer.status_code, work.state, work.attempts) == (202, Work.State.PARKED, 1)
    assert "has no public address" in work.error
    assert (secret.paths, connects.seen) == ([], [])


@pytest.mark.shared
def test_every_line_of_the_corpus_about_addresses_is_tried():
    tried = [a for a in ADDRESSES.values() if "{" not in a or "{redirector}" in a or a == REBINDING]
    assert len(tried) == len(ADDRESSES) > 10
