"""The review inbox and notices: what waits for whom, with what it changes, and what one click does."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from metrics import jobs
from metrics.models.notice import Notice
from metrics.models.product import Membership
from metrics.services.delivery import comments
from metrics.services.kpi import kpis, mappings
from tests.world import calls_matrix

pytestmark = pytest.mark.django_db

WAITING = "/waiting/"
THING = "runs/cancellation-calls"


def seen(client: Any, person: Any, path: str = WAITING) -> str:
    client.force_login(person)
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def proposed(world, manager) -> Any:
    draft = mappings.create_version(manager, world.version.mapping, definition=calls_matrix("offer * 0.8"), note="new")
    mappings.propose(manager, draft, seen=draft.digest)
    world.compute()
    draft.refresh_from_db()
    return draft


@pytest.fixture
def notice(world, manager) -> Notice:
    return Notice.objects.create(
        user=manager, product=world.product, kind="expires_7", subject="x", text="offer ends", thing=THING
    )


def test_a_proposal_waits_with_its_difference_its_impact_and_the_buttons(world, proposed, people, client) -> None:
    text = seen(client, people["scientist"])
    assert "1 thing waits for you" in text
    assert "Value per call, version 2" in text
    assert "offer × 0.8" in text
    assert "Approving it restates Q4 2016 by +" in text
    assert "and the projection by +" in text
    assert f"{proposed.mapping_id}/2/endorse/" in text
    assert f"{proposed.mapping_id}/2/object/" in text


def test_it_waits_for_the_scientist_first_and_then_for_the_manager(world, proposed, people, client) -> None:
    assert "Nothing waits for you" in seen(client, people["manager"])
    mappings.endorse(people["scientist"], proposed, seen=proposed.digest)
    assert "Nothing waits for you" in seen(client, people["scientist"])
    assert f"{proposed.mapping_id}/2/approve/" in seen(client, people["manager"])
    for name in ("executive", "outsider", "admin"):
        assert "Nothing waits for you" in seen(client, people[name])


def test_signing_in_the_inbox_comes_back_to_it(world, proposed, scientist, client) -> None:
    client.force_login(scientist)
    address = f"/p/cancellation-calls/mappings/{proposed.mapping_id}/2/"
    answer = client.post(f"{address}endorse/", {"seen": proposed.digest, "from": "waiting"})
    assert (answer.status_code, answer.url) == (302, WAITING)
    answer = client.post(f"{address}object/", {"seen": proposed.digest, "from": "waiting", "reason": "which rows?"})
    assert answer.url == WAITING
    proposed.refresh_from_db()
    assert proposed.state == "draft"


def test_who_endorsed_alone_is_told_why_approving_needs_another(world, proposed, scientist, client) -> None:

    mappings.endorse(scientist, proposed, seen=proposed.digest)
    Membership.objects.filter(user=scientist).update(role="project_manager")
    assert "another person has to approve it" in seen(client, scientist)


def said(person: Any, version: Any, *, text: str) -> Any:
    product = version.mapping.product
    thing = f"mapping/{product.slug}/{version.mapping_id}/{version.number}"
    return comments.say(person, product, thing=thing, text=text)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (mappings.object_to, "Objection"),
        (mappings.endorse, "Endorsed"),
        (said, "Comment"),
    ],
)
def test_the_author_is_told_what_somebody_did_with_the_version_and_led_to_it(
    world, proposed, manager, scientist, client, act, words
) -> None:
    given: dict[str, Any] = {"seen": proposed.digest}
    if act is mappings.object_to:
        given["reason"] = "which <rows>?"
    act(scientist, proposed, **(given if act is not said else {"text": "which <rows>?"}))
    text = seen(client, manager)
    address = f"/p/cancellation-calls/mappings/{proposed.mapping_id}/2/"
    notices = text[text.index('id="notices"') :]
    assert f'href="{address}"' in notices
    assert f">{words}</span>" in notices
    assert ("which &lt;rows&gt;?" in notices) == (act is not mappings.endorse)
    assert client.get(address).status_code == 200
    assert "Nothing waits for you" in seen(client, scientist) or act is said


def test_a_notice_is_counted_read_and_kept(world, notice, manager, scientist, client) -> None:
    client.force_login(manager)
    assert client.get("/tokens/").context["nav"]().waiting.count == 1
    assert "offer ends" in seen(client, manager)
    client.force_login(scientist)
    assert client.post(f"{WAITING}{notice.pk}/read/").status_code == 404
    client.force_login(manager)
    assert client.post(f"{WAITING}{notice.pk}/read/").status_code == 302
    text = seen(client, manager)
    assert "Nothing waits for you" in text
    assert text.index("Read before") < text.index("offer ends")
    assert client.get("/tokens/").context["nav"]().waiting.count == 0


def test_all_notices_are_read_at_once(world, notice, manager, client) -> None:
    Notice.objects.create(user=manager, product=world.product, kind="expired", subject="y", text="ended", thing=THING)
    assert "Mark all notices as read" in seen(client, manager)
    assert client.post(f"{WAITING}read/").status_code == 302
    assert not Notice.objects.filter(read_at=None).exists()


def test_the_inbox_is_for_those_who_signed_in(world, notice, client) -> None:
    for answer in (client.get(WAITING), client.post(f"{WAITING}{notice.pk}/read/"), client.post(f"{WAITING}read/")):
        assert answer.status_code == 302
        assert "sign-in" in answer.url
    assert Notice.objects.filter(read_at=None).exists()


def test_a_written_notice_leads_to_its_assumption(world, manager, compute, client) -> None:

    held = world.product.assumptions.get(key="offer")
    newest = held.versions.first()
    until = timezone.localdate() + timedelta(days=6)
    kpis.update_assumption(manager, held, distribution=newest.distribution, source="study", valid_until=until)
    jobs.put("notices", "now")
    compute()
    text = seen(client, manager)
    assert 'href="/p/cancellation-calls/assumptions/offer/"' in text
    assert "7 days" in text


def test_a_proposal_is_taken_back_by_its_proposer_on_its_page(world, proposed, manager, scientist, client) -> None:
    address = f"/p/cancellation-calls/mappings/{proposed.mapping_id}/2/"
    assert f'href="{address}withdraw/"' not in seen(client, scientist, address)
    assert f'href="{address}withdraw/"' in seen(client, manager, address)
    assert "its signatures are cleared. No figure changes." in seen(client, manager, f"{address}withdraw/")
    assert client.post(f"{address}withdraw/", {"seen": proposed.digest}).status_code == 302
    proposed.refresh_from_db()
    assert proposed.state == "draft"
    text = seen(client, manager, address)
    assert "Taken back" in text
    assert "Cleared since" in text


def test_the_inbox_asks_a_bounded_number_of_queries(world, proposed, scientist, client, django_assert_max_num_queries):
    client.force_login(scientist)
    with django_assert_max_num_queries(60):
        client.get(WAITING)
