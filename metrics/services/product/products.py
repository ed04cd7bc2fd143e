"""Products, members, tokens: who works on what, and with which key."""

from __future__ import annotations

import secrets
from copy import copy
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from metrics import access, jobs
from metrics.core.evidence.registry import CHECKS
from metrics.core.units import CURRENCIES
from metrics.models.product import Group, Membership, Product, Role, User
from metrics.queries.product import people, time_zone
from metrics.services.product import called, tokens
from metrics.services.product.invitations import invite
from metrics.services.writing import audit
from metrics.services.writing.names import counting_noun
from metrics.services.writing.refusal import Conflict, clean, invalid

MOST_GROUP = 80  # characters
SETTINGS = (
    "name", "sentence", "time_zone", "fiscal_year_start", "case_noun", "gates", "direct_promotion", "group",
    "keep_rows_months",
)  # fmt: skip


@transaction.atomic
def create_product(
    actor: User,
    *,
    name: str,
    currency: str,
    sentence: str = "",
    time_zone: str = "UTC",
    fiscal_year_start: int = 1,
    case_noun: str = "case",
    seed: int | None = None,
) -> Product:
    """Make a product; who makes it becomes its manager. The seed of its draws is fixed here, once and for all."""
    access.require(actor, "product.create")
    slug = slugify(name)[:60]
    if not slug:
        raise invalid("name", "needs at least one letter or digit")
    if Product.objects.filter(slug=slug).exists():
        raise invalid("name", f"there is a product “{slug}” already", code="taken", remedy="choose another name")
    _check_currency(currency)
    product = Product(
        slug=slug,
        name=name,
        sentence=sentence,
        currency=currency,
        time_zone=time_zone,
        fiscal_year_start=fiscal_year_start,
        case_noun=counting_noun(case_noun, "case_noun"),
        seed=secrets.randbits(48) if seed is None else seed,
        created_by=actor,
    )
    clean(product).save()
    Membership.objects.create(product=product, user=actor, role=Role.PROJECT_MANAGER)
    access.forget(actor)
    audit.record(actor, "product.create", slug, product=product)
    return product


@transaction.atomic
def update_product(actor: User, product: Product, **changes: Any) -> Product:
    """Change settings. The time zone only while nothing is kept that its days and months cut. group: the name of the
    business unit that it stands with, made where there is none of that name; "" for none."""
    access.require(actor, "product.update_settings", product)
    for field, value in changes.items():
        if field not in SETTINGS:
            raise invalid(field, "cannot be changed", remedy="changeable: " + ", ".join(SETTINGS))
        if field == "time_zone" and value != product.time_zone:
            _check_time_zone(product, value)
        setattr(product, field, _setting(field, value))
    if unknown := sorted(set(product.gates) - set(CHECKS)):
        raise invalid("gates", f"“{unknown[0][:40]}” is no check", remedy="one of " + ", ".join(CHECKS))
    clean(product).save()
    Group.objects.filter(products=None).delete()
    audit.record(
        actor, "product.update_settings", product.slug, product=product, **{k: str(v) for k, v in changes.items()}
    )
    return product


def _setting(field: str, value: Any) -> Any:
    if field == "case_noun":
        return counting_noun(value, field)
    if field != "group":
        return value
    name = " ".join(str(value or "").split())
    if len(name) > MOST_GROUP or not name.isprintable():
        raise invalid("group", f"a name of a group has at most {MOST_GROUP} characters that can be printed")
    return Group.objects.get_or_create(name=name)[0] if name else None


def _check_currency(text: str) -> None:
    """Money is counted in a currency of ISO 4217 alone: units of the product's KPIs are made of it."""
    if text not in CURRENCIES:
        meant = text.strip().upper()
        remedy = f"write {meant}" if meant in CURRENCIES else "give three capital letters, such as EUR, USD or JPY"
        raise invalid("currency", f"“{text[:20]}” is no currency of ISO 4217", code="unknown", remedy=remedy)


@transaction.atomic
def archive(actor: User, product: Product) -> Product:
    """Take a product out of work: it is read only, and stands in no list, total or notice. Undone by `restore`."""
    access.require(actor, "product.archive", product)
    return _archived(actor, product, timezone.now(), "product.archive")


@transaction.atomic
def restore(actor: User, product: Product) -> Product:
    """Bring an archived product back; what changed meanwhile, such as the day, is computed anew."""
    access.require(actor, "product.archive", product)
    restored = _archived(actor, product, None, "product.restore")
    jobs.ask("recompute", product.pk, product=product)
    return restored


def _archived(actor: User, product: Product, at: datetime | None, action: str) -> Product:
    """Raises Conflict where it is so already."""
    if not Product.objects.filter(pk=product.pk, archived_at__isnull=at is not None).update(archived_at=at):
        raise Conflict(f"{product.name} is {'archived already' if at else 'not archived'}")
    product.archived_at = at
    audit.record(actor, action, product.slug, product=product)
    return product


def _check_time_zone(product: Product, wanted: str) -> None:
    if kept := time_zone.kept(product):
        raise invalid(
            "time_zone",
            f"cannot change any more: {kept} are kept in days and months of {product.time_zone}",
            code="fixed",
            remedy=f"make another product with the time zone {wanted[:60]}, and log and import there",
        )


@transaction.atomic
def add_member(actor: User, product: Product, *, username: str, role: str) -> Membership:
    """Give a person a role in the product, by name or mail; whoever has no account is invited, by mail.

    A manager may add data scientists and executives.
    """
    access.require(actor, "member.add", product, granted=role)
    if role not in Role.values:
        raise invalid("role", f"“{role}” is no role", remedy="one of " + ", ".join(Role.values))
    user = people.called(username)
    if user is None:
        return invite(actor, product, email=username, role=role)
    if Membership.objects.filter(product=product, user=user).exists():
        raise invalid("username", f"{username} is a member already", code="taken")
    member = Membership.objects.create(product=product, user=user, role=role)
    if access.role(actor, product) != Role.PROJECT_MANAGER or user.pk == actor.pk:
        jobs.ask("joined", member.pk, product=product, payload={"by": actor.pk})
    access.forget(actor)
    audit.record(actor, "member.add", user.mark, product=product, role=role)
    return member


def join_by(group: str, product: Product, user: User, *, role: str) -> Membership:
    """As `add_member`, by a group of single sign-on, within the caller's transaction; managers are told."""
    member = Membership.objects.create(product=product, user=user, role=role, from_group=group)
    jobs.ask("joined", member.pk, product=product, payload={"by": None, "group": group})
    audit.record(access.directory(), "member.add", user.mark, product=product, role=role, group=group)
    return member


def move_by(group: str, member: Membership, *, role: str) -> None:
    """As `change_role`, by a group. Raises Invalid where the product would have no manager."""
    member = _held(member)
    if role != Role.PROJECT_MANAGER:
        _keep_a_manager(member)
    changed, member.role, member.from_group = member.role != role, role, group
    member.save(update_fields=["role", "from_group"])
    if changed:
        actor, name = access.directory(), member.user.mark
        audit.record(actor, "member.change_role", name, product=member.product, role=role, group=group)


def leave_by(member: Membership) -> None:
    """As `remove_member`, for who is in no group any more that gives the role. Raises as `move_by`."""
    _leave(access.directory(), _held(member), group=member.from_group)


@transaction.atomic
def change_role(actor: User, member: Membership, *, role: str) -> Membership:
    access.require(actor, "member.change_role", member.product, own=member.user_id == actor.pk)
    member = _held(member)
    if role not in Role.values:
        raise invalid("role", f"“{role}” is no role", remedy="one of " + ", ".join(Role.values))
    if role != Role.PROJECT_MANAGER:
        _keep_a_manager(member)
    member.role, member.from_group = role, ""  # from now on what a person gave
    member.save(update_fields=["role", "from_group"])
    access.forget(actor)
    audit.record(actor, "member.change_role", member.user.mark, product=member.product, role=role)
    return member


@transaction.atomic
def remove_member(actor: User, member: Membership) -> None:
    member = _held(member)
    access.require(actor, "member.remove", member.product, granted=member.role)
    _leave(actor, member)


def _leave(actor: User, member: Membership, **why: str) -> None:
    _keep_a_manager(member)
    audit.record(actor, "member.remove", member.user.mark, product=member.product, role=member.role, **why)
    member.delete()
    access.forget(actor)
    of = member.user
    alone = not of.is_staff and not Membership.objects.filter(user=of).exists()
    tokens.end(of, "member", by=actor, product=None if alone else member.product)


def _held(member: Membership) -> Membership:
    """The membership as it is now; until the end of the transaction nobody else changes who the members are.

    Raises Hidden where it is gone.
    """
    Product.objects.select_for_update(no_key=True).get(pk=member.product_id)
    return access.there(Membership.objects.filter(pk=member.pk).select_related("product", "user").first())


def _keep_a_manager(member: Membership) -> None:
    others = Membership.objects.filter(~Q(pk=member.pk), product=member.product, role=Role.PROJECT_MANAGER)
    if member.role == Role.PROJECT_MANAGER and not others.exists():
        raise invalid("role", "a product keeps at least one manager", remedy="name another manager first")


@transaction.atomic
def update_profile(user: User, *, first_name: str, last_name: str, email: str, theme: str) -> User:
    """Change what a person is called, where mail reaches them, and how pages look to them.

    Texts that call them by the old name or mail, such as the owner of a KPI, go with it.
    """
    before = copy(user)
    user.first_name, user.last_name, user.email, user.theme = first_name, last_name, email, theme
    clean(user).save(update_fields=["first_name", "last_name", "email", "theme"])
    if (str(user), user.email) != (str(before), before.email):
        called.rename(before, user)
    return user
