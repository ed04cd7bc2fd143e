"""Administrators: one always stays, and none comes into a product unseen."""

import pytest

from metrics.models.notice import Notice
from metrics.models.product import AuditEntry, User
from metrics.services.product.products import add_member

pytestmark = [pytest.mark.django_db, pytest.mark.promise("S10")]


@pytest.fixture
def boss(admin, client):
    User.objects.filter(pk=admin.pk).update(is_superuser=True)
    client.force_login(admin)
    return client


def form(user, **changed):
    """What the admin's page of an account sends."""
    sent = {"username": user.username, "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    return sent | dict.fromkeys(("is_active", "is_staff", "is_superuser"), "on") | changed


@pytest.mark.parametrize("ended", ["is_active", "is_staff"])
def test_the_last_one_does_not_end_themselves_and_is_told_what_to_do(boss, admin, ended):
    sent = form(admin)
    del sent[ended]
    answer = boss.post(f"/admin/metrics/user/{admin.pk}/change/", sent)
    assert "this is the last administrator; make another one first" in answer.content.decode()
    admin.refresh_from_db()
    assert getattr(admin, ended)


def test_with_another_one_they_do_and_it_is_audited(boss, admin):
    User.objects.create_user("second", is_staff=True)
    sent = form(admin)
    del sent["is_staff"]
    assert boss.post(f"/admin/metrics/user/{admin.pk}/change/", sent).status_code == 302
    admin.refresh_from_db()
    assert not admin.is_staff
    assert AuditEntry.objects.filter(action="user.save", subject=admin.mark, actor=admin.mark).exists()


def test_accounts_are_not_deleted(boss, scientist):
    assert boss.post(f"/admin/metrics/user/{scientist.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=scientist.pk).exists()


def test_one_who_joins_a_product_is_told_to_its_managers_and_nobody_else(admin, product, compute):
    add_member(admin, product, username="admin", role="executive")
    assert AuditEntry.objects.filter(action="member.add", subject=admin.mark, product=product.slug).exists()
    compute()
    told = Notice.objects.filter(kind="joined").values_list("user__username", "text")
    assert list(told) == [("manager", f"admin, an administrator, joined as executive of {product}.")]


def test_nor_do_they_make_another_one_a_manager_unseen(admin, product, compute):
    add_member(admin, product, username="outsider", role="project_manager")
    compute()
    told = Notice.objects.filter(kind="joined").values_list("user__username", "text")
    assert list(told) == [("manager", f"admin, an administrator, made outsider manager of {product}.")]


def test_whom_a_manager_adds_is_no_news_to_managers(manager, product, compute):
    add_member(manager, product, username="outsider", role="executive")
    compute()
    assert not Notice.objects.filter(kind="joined").exists()


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\u2028", "\x1b", "\x85", "\ufeff", "\n"])
def test_no_name_holds_a_sign_that_is_not_seen(api, manager, product, sign):
    named = {"name": f"Ca{sign}lls", "key": "x", "unit": "share"}
    answer = api(manager).post(f"/api/v1/products/{product.slug}/kpis/", named)
    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert (fault["field"], f"U+{ord(sign):04X}" in fault["message"]) == ("name", True)


@pytest.mark.parametrize("name", ["Größe", "收入", "الإيرادات", "राजस्व", "👩‍👩‍👧 families", "Ação – «dez»"])
def test_names_of_all_scripts_are_taken(api, manager, product, name):
    named = {"name": name, "key": "x", "unit": "share"}
    assert api(manager).post(f"/api/v1/products/{product.slug}/kpis/", named).status_code == 201


def test_every_cookie_is_for_https_and_for_no_script(client, settings, manager, product):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    manager.set_password("a-long-password")
    manager.save()
    client.post("/sign-in/", {"username": "manager", "password": "a-long-password"})
    client.get(f"/p/{product.slug}/settings/")
    cookies = {name: (bool(held["secure"]), bool(held["httponly"])) for name, held in client.cookies.items()}
    assert len(cookies) >= 3
    assert set(cookies.values()) == {(True, True)}
