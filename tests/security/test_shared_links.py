"""Links by which somebody without an account reads one thing, and nothing else."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from metrics.models.product import AuditEntry, Membership, User
from metrics.models.sharing import Opening, Share
from metrics.services.delivery import packs, sharing
from metrics.services.product.products import archive, remove_member
from metrics.services.writing.refusal import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.promise("S11")]
PHRASE = "four futures in five"


@pytest.fixture
def link(world, manager):
    """Make a link; gives the row and its address."""

    def make(product=world.product, by=manager, **given):
        asked = {"name": "board", "days": 7} | given
        row, secret = sharing.share(by, product, **asked)
        return row, f"/shared/{secret}/"

    return make


def without_forgery(answer):
    """The page without its token against forgery, which each answer has its own of."""
    return re.sub(r'"X-CSRFToken": "\w+"', "", answer.content.decode())


def came(row):
    return list(Opening.objects.filter(share=row).values_list("came", flat=True))


def test_a_link_shows_the_figures_of_the_page_to_who_has_no_account(world, link, client):
    row, address = link()
    answer = client.get(address)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert world.product.name in text
    assert "80\u00a0% band" in text
    assert came(row) == ["read"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Cache-Control"] != "public"


def test_what_it_shows_leads_nowhere_else(world, link, client):
    text = client.get(link()[1]).content.decode()
    inside = {href for href in re.findall(r'href="(/[^"]*)"', text) if not href.startswith("/static/")}
    assert inside <= {"/"}
    for path in ("portfolio/", f"p/{world.product.slug}/", f"p/{world.product.slug}/runs/"):
        assert client.get(f"/{path}").status_code == 302


def test_the_portfolio_is_shared_by_an_executive_with_what_they_may_see(world, make_product, link, executive, manager):
    hidden = make_product("Hidden product")
    Membership.objects.filter(product=hidden, user=executive).delete()
    text = Client().get(link(None, executive)[1]).content.decode()
    assert world.product.name in text
    assert "Hidden product" not in text


@pytest.mark.parametrize("who", ["scientist", "admin", "outsider"])
def test_others_than_managers_and_executives_make_no_link(world, people, who):
    client = Client()
    client.force_login(people[who])
    answer = client.post(f"/p/{world.product.slug}/shares/", {"name": "board", "days": 7})
    assert answer.status_code == (404 if who == "outsider" else 403)
    assert not Share.objects.exists()


def test_the_secret_stands_in_one_answer_and_is_kept_as_a_hash(world, manager):
    client = Client()
    client.force_login(manager)
    page = f"/p/{world.product.slug}/shares/"
    text = client.post(page, {"name": "board", "days": 7}).content.decode()
    address = re.search(r"/shared/([\w-]+)/", text)
    assert Client().get(address[0]).status_code == 200
    assert address[1] not in client.get(page).content.decode()
    row = Share.objects.get()
    assert address[1] not in str(vars(row))
    assert AuditEntry.objects.filter(action="share.make", subject=row.pk).count() == 1


@pytest.mark.parametrize("end", ["revoked", "expired", "removed", "closed", "archived_and_removed", "unknown"])
def test_a_link_that_has_ended_and_one_that_never_was_look_alike(world, link, manager, admin, client, end):
    row, address = link()
    never = client.get("/shared/no-such-secret/")
    if end == "revoked":
        sharing.revoke(manager, row)
    elif end == "expired":
        Share.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif end == "closed":
        User.objects.filter(pk=manager.pk).update(is_active=False)
    elif end == "unknown":
        address = address.replace("shared/", "shared/x")
    else:
        Membership.objects.create(product=world.product, user=admin, role="project_manager")
        remove_member(admin, Membership.objects.get(product=world.product, user=manager))
        if end == "archived_and_removed":
            archive(admin, world.product)
    answer = client.get(address)
    assert (answer.status_code, without_forgery(answer)) == (404, without_forgery(never))
    assert came(row) == {"unknown": [], "removed": ["no_right"], "archived_and_removed": ["no_right"]}.get(
        end, ["no_right"] if end == "closed" else ["ended"]
    )


def test_a_pass_phrase_is_asked_once_a_session_and_guessed_at_seldom(link, client):
    row, address = link(phrase=PHRASE)
    assert "pass phrase" in client.get(address).content.decode()
    assert client.post(address, {"phrase": "wrong phrase"}).status_code == 422
    assert client.post(address, {"phrase": PHRASE}).status_code == 302
    assert client.get(address).status_code == 200
    assert Client().get(address).content.count(b"band") == 0
    for _ in range(10):
        last = Client().post(address, {"phrase": "wrong phrase"})
    assert last.status_code == 429
    assert Client().post(address, {"phrase": PHRASE}).status_code == 429
    assert "read" in came(row)
    assert PHRASE not in Share.objects.get().phrase


@pytest.mark.parametrize(
    ("given", "field"), [({"days": 0}, "days"), ({"days": 31}, "days"), ({"phrase": "short"}, "phrase")]
)
def test_a_link_that_may_not_be_is_refused_by_its_field(world, link, given, field):
    with pytest.raises(Invalid) as refused:
        link(**given)
    assert [fault.field for fault in refused.value.faults] == [field]
    assert not Share.objects.exists()


def test_it_is_revoked_by_its_maker_a_manager_or_an_administrator(world, link, people):
    row, _ = link(by=people["executive"])
    mine, _ = link()
    client = Client()
    client.force_login(people["executive"])
    path = f"/p/{world.product.slug}/shares/{{}}/revoke/"
    assert client.post(path.format(mine.pk)).status_code == 403
    assert client.post(path.format(row.pk)).status_code == 302
    client.force_login(people["outsider"])
    assert client.post(path.format(mine.pk)).status_code == 404
    client.force_login(people["admin"])
    assert client.post(path.format(mine.pk)).status_code == 302
    assert Share.objects.filter(revoked_at=None).count() == 0


def test_titles_say_how_many_links_are_open(world, link, executive):
    client, page = Client(), f"/p/{world.product.slug}/shares/"
    client.force_login(executive)
    said = [client.get(page).context_data["page"].title]
    link()
    said.append(client.get(page).context_data["page"].title)
    link()
    said.append(client.get(page).context_data["page"].title)
    Share.objects.update(expires_at=timezone.now())
    said.append(client.get(page).context_data["page"].title)
    name = world.product.name
    assert said == [
        f"Nobody outside reads {name}",
        f"One link opens {name} to people without an account",
        f"Two links open {name} to people without an account",
        f"No link to {name} is open any more",
    ]


def test_a_product_without_a_figure_is_shown_with_its_reason(product, client, manager):
    _, secret = sharing.share(manager, product, name="board", days=1)
    text = client.get(f"/shared/{secret}/").content.decode()
    assert "no projection is set up" in text


@pytest.fixture
def pack(world, manager, compute):
    """An issued pack of the product."""
    made = packs.issue(manager, world.product)
    compute()
    made.refresh_from_db()
    assert made.state == "issued"
    return made


def test_an_issued_pack_is_shared_with_its_files_and_stays_what_it_was(pack, link, client):
    row, address = link(pack=pack.pk)
    text = client.get(address).content.decode()
    assert pack.title in text
    assert f"{address}pdf/" in text
    assert client.get(f"{address}pdf/").content.startswith(b"%PDF")
    assert client.get(f"{address}figures/").status_code == 404
    assert "/receipts/" not in text
    assert came(row)[:2] == ["read", "read"]


def test_a_pack_that_is_withdrawn_and_one_of_others_are_not_read(pack, link, client, manager, make_product):
    _, address = link(pack=pack.pk)
    packs.withdraw(manager, pack, reason="a wrong month")
    assert client.get(address).status_code == 404
    assert client.get(f"{address}pdf/").status_code == 404
    with pytest.raises(Invalid) as refused:
        link(make_product("Deposits"), pack=pack.pk)
    assert [fault.field for fault in refused.value.faults] == ["pack"]


def test_a_link_to_a_page_has_no_files(world, link, client):
    assert client.get(f"{link()[1]}pdf/").status_code == 404
