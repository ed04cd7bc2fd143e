"""People inside the product: invited by mail over a real SMTP server, added, closed and invited again."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.utils import timezone

from metrics.models.product import AuditEntry, Membership, User
from metrics.services.product import invitations
from metrics.services.product.tokens import create_token, user_of_token

pytestmark = pytest.mark.django_db

ADA = "ada@example.org"
NEW = "a-Password-of-40-letters"
LINK = re.compile(r"https?://\S+(/invitation/\S+)")


@pytest.fixture
def members(client, product, manager):
    client.force_login(manager)
    return f"/p/{product.slug}/members/"


@pytest.fixture
def invited(client, members, mail_server):
    """Ada, invited as a data scientist, and the link in her mail."""
    answer = client.post(members, {"username": "Ada@Example.org", "role": "data_scientist"}, follow=True)
    assert f"A mail with a link goes to {ADA}" in answer.content.decode()
    (letter,) = mail_server.letters
    assert letter["To"] == ADA
    return LINK.search(letter.get_content())[1]


def opened(client, link):
    client.logout()
    return client.get(link, follow=True)


def test_somebody_without_an_account_gets_a_link_by_mail_that_works_once(client, product, invited, mail_server) -> None:
    ada = User.objects.get(username=ADA)
    assert Membership.objects.get(user=ada).role == "data_scientist"
    assert "within 24 hours; the link works once" in mail_server.letters[0].get_content()
    form = opened(client, invited)
    assert f"You then sign in with {ADA}" in form.content.decode()
    assert "at least 10 characters" in form.content.decode()
    assert "your old password" not in form.content.decode()  # there is none
    set_ = client.post(form.redirect_chain[-1][0], {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert set_.context["user"] == ada  # signed in, and at home
    assert client.get(f"/p/{product.slug}/").status_code == 200
    assert "This link no longer works" in opened(client, invited).content.decode()
    assert client.login(username=ADA, password=NEW)


def test_a_link_ends_after_a_day(client, invited, monkeypatch) -> None:
    later = timezone.now() + timedelta(hours=invitations.HOURS, minutes=1)
    monkeypatch.setattr(invitations.LINKS, "_now", lambda: later.replace(tzinfo=None))
    assert "This link no longer works" in opened(client, invited).content.decode()


def test_a_link_is_no_link_for_a_forgotten_password_and_opens_no_closed_account(client, invited) -> None:
    ada = User.objects.get(username=ADA)
    uid = invited.split("/")[2]
    forgotten = f"/invitation/{uid}/{default_token_generator.make_token(ada)}/"
    assert "This link no longer works" in opened(client, forgotten).content.decode()
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert "This link no longer works" in opened(client, invited).content.decode()


def test_where_the_mail_does_not_go_out_nobody_is_added(client, members, mail_server) -> None:
    mail_server.refuses = True
    answer = client.post(members, {"username": ADA, "role": "executive"})
    assert "The mail could not be sent, so nothing was done" in answer.content.decode()
    assert not User.objects.filter(username=ADA).exists()
    assert not AuditEntry.objects.filter(action="invitation.create").exists()


def test_who_has_an_account_is_added_by_name_or_mail_and_gets_no_mail(client, members, people, mail_server) -> None:
    User.objects.filter(username="outsider").update(email="out@example.org")
    client.post(members, {"username": "OUT@example.org", "role": "executive"})
    assert Membership.objects.get(user=people["outsider"]).role == "executive"
    assert mail_server.letters == []


@pytest.mark.parametrize("wrong", ["nobody", "a@", "two words"])
def test_what_is_neither_a_name_nor_a_mail_is_refused_with_what_to_do(client, members, wrong) -> None:
    answer = client.post(members, {"username": wrong, "role": "executive"})
    told = str(answer.context["form"].errors["username"])
    assert "There is no person" in told
    assert "mail address, to invite them" in told


def test_a_manager_invites_no_manager_and_a_scientist_nobody(client, members, scientist, mail_server) -> None:
    assert client.post(members, {"username": ADA, "role": "project_manager"}).status_code == 422
    client.force_login(scientist)
    assert client.post(members, {"username": ADA, "role": "executive"}).status_code == 403
    assert not User.objects.filter(username=ADA).exists()


def test_who_has_not_answered_is_marked_and_invited_again(
    client, members, product, manager, invited, mail_server
) -> None:
    client.force_login(manager)
    page = client.get(members).content.decode()
    assert "Invited" in page
    ada = Membership.objects.get(user__username=ADA)
    client.post(f"{members}{ada.pk}/invite/")
    again = LINK.search(mail_server.letters[1].get_content())[1]
    assert "Welcome: choose a password" in opened(client, again).content.decode()
    client.force_login(manager)
    mine = Membership.objects.get(user__username="scientist")
    told = client.post(f"{members}{mine.pk}/invite/", follow=True).content.decode()
    assert "has an account already" in told
    assert len(mail_server.letters) == 2


def test_an_administrator_invites_closes_and_opens_accounts_and_each_is_audited(
    client, admin, people, mail_server
) -> None:
    client.force_login(admin)
    client.post("/people/", {"username": ADA})
    (letter,) = mail_server.letters
    assert letter.get_content().startswith("admin invites you to kpiplatform.\r\n")
    page = client.get("/people/?q=ada").content.decode()
    assert ADA in page
    assert "none yet" in page
    assert "scientist" not in page.split("<table")[1]
    scientist = people["scientist"]
    token = create_token(scientist, name="script")[1]
    client.post(f"/people/{scientist.pk}/active/")
    scientist.refresh_from_db()
    assert (scientist.is_active, user_of_token(token)) == (False, None)
    assert "Closed" in client.get("/people/?q=scientist").content.decode()
    client.post(f"/people/{scientist.pk}/active/", {"open": "1"})
    assert user_of_token(token) is None  # it ended for good
    assert "Nobody closes their own account" in client.post(f"/people/{admin.pk}/active/", follow=True).content.decode()
    kept = AuditEntry.objects.filter(action__startswith="user.").values_list("action", "subject")
    assert set(kept) == {
        ("user.create", User.objects.get(username=ADA).mark),
        ("user.disable", scientist.mark),
        ("user.enable", scientist.mark),
    }


@pytest.mark.parametrize("role", ["manager", "scientist", "executive", "outsider"])
def test_the_page_of_people_is_the_administrators(client, people, product, role) -> None:
    client.force_login(people[role])
    assert client.get("/people/").status_code == 403
    assert "People" not in client.get("/profile/").content.decode()


def test_the_page_of_people_asks_no_more_with_more_people(
    client, admin, product, django_assert_max_num_queries
) -> None:
    client.force_login(admin)
    User.objects.bulk_create(User(username=f"p{number}", password="!") for number in range(60))
    with django_assert_max_num_queries(20):
        page = client.get("/people/").content.decode()
    assert "Page 1 of 2" in page


def test_of_who_is_in_many_products_the_first_are_named_and_the_others_counted(
    client, people, make_product, product, executive
) -> None:
    for number in range(7):
        make_product(f"Another {number}", seed=number)
    client.force_login(people["admin"])
    text = client.get("/people/").content.decode()
    assert "Another 4</a>, executive" in text
    assert "Another 5</a>, executive" not in text
    assert f'<a href="/people/{executive.pk}/">and 3 more</a>' in text
    assert "Another 6" in client.get(f"/people/{executive.pk}/").content.decode()


def test_where_no_mail_server_is_set_nobody_is_said_to_get_mail(client, members, settings, tmp_path) -> None:
    letters = tmp_path / "mail"
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "django.core.mail.backends.filebased.EmailBackend", letters
    answer = client.post(members, {"username": ADA, "role": "data_scientist"}, follow=True).content.decode()
    assert f"nothing reaches {ADA}" in answer
    assert "goes to" not in answer
    (letter,) = letters.iterdir()
    assert LINK.search(letter.read_text())  # it lies where the page says that it does
    start = members.replace("members", "start")
    asked = client.post(f"{start}ask/", {"step": "run"}, follow=True).content.decode()
    assert "” under Waiting for you." in asked


def test_step_2_stays_whatever_is_done_on_it(client, members, product, people, mail_server) -> None:
    new = f"{members}?new=1"
    client.post(new, {"username": ADA, "role": "data_scientist"})
    member = Membership.objects.get(user__username=ADA)
    page = client.get(new).content.decode()
    for act in ("invite", "remove"):
        address = f"{members}{member.pk}/{act}/?new=1"
        assert f'action="{address}"' in page
        answer = client.post(address, follow=True)
        assert "Step 2 of 3" in answer.content.decode(), act
    assert "Step 2 of 3" not in client.get(members).content.decode()
