"""Roles by groups of single sign-on: given, changed and ended at each sign-in, and never against what a person gave."""

import pytest
from django.test import Client

from metrics.access import Denied
from metrics.models.notice import Notice
from metrics.models.product import AuditEntry, GroupRole, Membership, User
from metrics.services.product import directory
from metrics.services.product import products as services
from metrics.services.product.tokens import create_token

pytestmark = pytest.mark.django_db
MAIL = "ada@example.org"


@pytest.fixture
def ada(db):
    return User.objects.create_user(MAIL, email=MAIL)


@pytest.fixture
def comes(provider, settings, ada):
    """Sign in as somebody of these groups; gives the answer."""
    settings.OIDC_GROUPS_CLAIM = "groups"

    def signs_in(*groups, **claims):
        provider.knows("ada-1", email=MAIL, email_verified=True, **({"groups": list(groups)} | claims))
        return provider.walks(Client(), "ada-1")

    return signs_in


@pytest.fixture
def gives(admin):
    def made(group, product=None, role=""):
        return directory.give(admin, group=group, product=product, role=role)

    return made


def role_of(user):
    return dict(Membership.objects.filter(user=user).values_list("role", "from_group"))


def done(action):
    mark = User.objects.get(username=MAIL).mark
    return list(AuditEntry.objects.filter(action=action, subject=mark).values_list("actor", flat=True))


def test_a_group_gives_a_role_changes_it_and_takes_it_along(comes, gives, product, ada, compute):
    gives("science", product, "data_scientist")
    gives("board", product, "executive")
    assert comes("science", "unknown").status_code == 302
    assert role_of(ada) == {"data_scientist": "science"}
    create_token(ada, name="x", product=product)
    compute()
    (told,) = Notice.objects.filter(kind="joined", user__username="manager", text__contains=MAIL)
    assert told.text == f"Single sign-on, by the group “science”, made {MAIL} data scientist of {product}."
    comes("science", "board")
    assert role_of(ada) == {"executive": "board"}
    comes()
    assert role_of(ada) == {}
    assert not ada.tokens.filter(revoked_at=None).exists()
    for action in ("member.add", "member.change_role", "member.remove"):
        assert done(action) == ["single sign-on"]


def test_the_same_groups_again_write_nothing(comes, gives, product, ada):
    gives("science", product, "data_scientist")
    comes("science")
    before = AuditEntry.objects.count()
    comes("science")
    assert AuditEntry.objects.count() == before


def test_what_a_person_gave_stands_and_what_a_person_changed_is_theirs(comes, gives, product, ada, admin):
    member = services.add_member(admin, product, username=MAIL, role="executive")
    gives("science", product, "data_scientist")
    comes("science")
    comes()
    assert role_of(ada) == {"executive": ""}
    services.remove_member(admin, member)
    comes("science")
    services.change_role(admin, Membership.objects.get(user=ada), role="executive")
    comes()
    assert role_of(ada) == {"executive": ""}


def test_the_last_manager_stays_until_there_is_another(comes, gives, product, ada, admin):
    gives("leads", product, "project_manager")
    comes("leads")
    Membership.objects.filter(user__username="manager").delete()
    assert comes().status_code == 302
    assert role_of(ada) == {"project_manager": "leads"}
    services.add_member(admin, product, username="manager", role="project_manager")
    comes()
    assert role_of(ada) == {}


def test_a_group_makes_an_administrator_and_unmakes_whom_it_made_alone(comes, gives, ada, admin):
    gives("admins")
    comes("admins")
    ada.refresh_from_db()
    assert (ada.is_staff, ada.administers_by) == (True, "admins")
    comes()
    ada.refresh_from_db()
    assert (ada.is_staff, ada.is_superuser, ada.administers_by) == (False, False, "")
    assert done("user.administer") == done("user.unadminister") == ["single sign-on"]
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    comes()
    ada.refresh_from_db()
    assert ada.is_staff


def test_the_last_administrator_stays(comes, gives, ada, admin):
    gives("admins")
    comes("admins")
    User.objects.filter(pk=admin.pk).update(is_active=False)
    assert comes().status_code == 302
    ada.refresh_from_db()
    assert (ada.is_staff, ada.administers_by) == (True, "admins")


@pytest.mark.parametrize("claims", [{"groups": None}, {"groups": {"a": 1}}, {"groups": [1, None]}, {"groups": ""}])
def test_a_claim_that_names_no_groups_gives_none(comes, gives, product, ada, claims):
    gives("science", product, "data_scientist")
    comes("science")
    assert comes(**claims).status_code == 302
    assert role_of(ada) == {}


def test_where_the_provider_leaves_the_groups_out_nothing_is_taken_for_none(comes, gives, product, ada):
    gives("science", product, "data_scientist")
    comes("science")
    assert comes("science", _claim_names={"groups": "src1"}).status_code == 403
    assert role_of(ada) == {"data_scientist": "science"}


def test_without_the_setting_groups_touch_nothing(comes, gives, product, ada, settings):
    gives("science", product, "data_scientist")
    settings.OIDC_GROUPS_CLAIM = ""
    comes("science")
    assert role_of(ada) == {}


def test_an_archived_product_is_neither_joined_nor_left(comes, gives, product, ada, admin):
    gives("science", product, "data_scientist")
    comes("science")
    services.archive(admin, product)
    comes()
    assert role_of(ada) == {"data_scientist": "science"}


def test_administrators_say_on_a_page_what_groups_give(client, admin, product, settings):
    client.force_login(admin)
    assert "until <code>OIDC_GROUPS_CLAIM</code>" in client.get("/people/groups/").content.decode()
    sent = {"group": "science", "product": product.slug, "role": "executive"}
    assert client.post("/people/groups/", sent).status_code == 302
    client.post("/people/groups/", sent | {"role": "data_scientist"})
    client.post("/people/groups/", {"group": "admins"})
    assert [row.what for row in GroupRole.objects.all()] == ["administrator", f"data scientist of {product}"]
    assert client.post("/people/groups/", {"group": "x", "role": "executive"}).status_code == 422
    assert client.post("/people/groups/", sent | {"role": ""}).status_code == 422
    client.post(f"/people/groups/{GroupRole.objects.first().pk}/take-back/")
    assert GroupRole.objects.count() == 1
    shown = client.get("/audit/").content.decode()
    assert "gave the group science a role" in shown
    assert "took the role of the group admins back" in shown


def test_a_page_of_members_says_which_role_a_group_gave(client, comes, gives, product, manager):
    gives("science", product, "data_scientist")
    comes("science")
    client.force_login(manager)
    assert "by the group science" in client.get(f"/p/{product.slug}/members/").content.decode()


def test_a_manager_gives_groups_nothing(manager, product):
    with pytest.raises(Denied):
        directory.give(manager, group="mine", product=product, role="executive")
    assert not GroupRole.objects.exists()
