"""A token ends with what it stands on: the password, the account, the membership."""

import pytest
from django.core.management import call_command

from metrics.models.product import AuditEntry, Membership, User
from metrics.services.product import products
from metrics.services.product.invitations import set_active
from metrics.services.product.tokens import create_token, user_of_token

pytestmark = [pytest.mark.django_db, pytest.mark.promise("S11")]


@pytest.fixture
def secret(scientist):
    return create_token(scientist, name="script")[1]


def ended():
    return list(AuditEntry.objects.filter(action="token.end").values_list("actor", "subject", "detail"))


def test_with_the_password_that_its_owner_changes_on_the_page(client, scientist, secret):
    scientist.set_password("a-long-password")
    scientist.save()
    fresh = create_token(scientist, name="script")[1]
    assert (user_of_token(secret), user_of_token(fresh)) == (None, scientist)
    client.force_login(scientist)
    new = {"old_password": "a-long-password", "new_password1": "another-long-one", "new_password2": "another-long-one"}
    assert client.post("/password/", new).status_code == 302
    assert user_of_token(fresh) is None
    assert ended()[-1] == (scientist.mark, scientist.mark, {"why": "password", "count": 1})


def test_with_the_password_that_an_operator_sets_by_a_command(scientist, secret, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: "another-long-one")
    call_command("changepassword", "scientist")
    assert user_of_token(secret) is None


def test_but_not_when_anything_else_of_the_account_is_saved(scientist, secret):
    scientist.first_name = "S"
    scientist.save()
    assert user_of_token(secret) == scientist


def test_with_the_last_membership_and_one_for_a_product_with_that_of_its_product(
    admin, scientist, product, make_product, secret
):
    other = make_product("Deposits")
    Membership.objects.get_or_create(product=other, user=scientist, role="data_scientist")
    bound = create_token(scientist, name="of the product", product=product)[1]
    products.remove_member(admin, Membership.objects.get(product=product, user=scientist))
    assert (user_of_token(bound), user_of_token(secret)) == (None, scientist)
    products.remove_member(admin, Membership.objects.get(product=other, user=scientist))
    assert user_of_token(secret) is None
    assert [entry[2]["why"] for entry in ended()] == ["member", "member"]


def test_an_administrator_keeps_theirs_who_is_a_member_of_nothing(admin, product):
    boss = User.objects.create_user("boss", is_staff=True)
    member = Membership.objects.create(product=product, user=boss, role="executive")
    secret = create_token(boss, name="script")[1]
    products.remove_member(admin, member)
    assert user_of_token(secret) == boss


def test_with_the_account_and_for_good(admin, scientist, secret):
    set_active(admin, scientist, active=False)
    set_active(admin, scientist, active=True)
    assert user_of_token(secret) is None


def test_a_token_does_not_make_another(api, scientist):
    answer = api(scientist).post("/api/v1/tokens/", {"name": "second", "days": 300})
    assert answer.status_code == 403
    assert "no token makes another" in answer.json()["detail"]
