"""Roles by groups of single sign-on: what each group gives is said by administrators, and done at each sign-in.

What a person gave stands: a membership by hand is neither changed nor ended by a group, and who changes the role of one
that came by a group makes it one by hand. What came by a group goes with it.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from django.core.exceptions import ValidationError
from django.db import transaction

from metrics import access
from metrics.models.product import GroupRole, Membership, Product, Role, User
from metrics.services.product import products, tokens
from metrics.services.writing import audit
from metrics.services.writing.refusal import Invalid, clean, invalid

# Of several groups that give roles in one product the first of these counts.
FIRST = (Role.PROJECT_MANAGER, Role.EXECUTIVE, Role.DATA_SCIENTIST)
ACTION = "user.create_or_disable"


@transaction.atomic
def give(actor: User, *, group: str, product: Product | None, role: str) -> GroupRole:
    """Let a group give a role in a product, in place of what it gave there; without a product that of an administrator.

    It is given to each person at their next sign-in.
    """
    access.require(actor, ACTION)
    if (product is None) != (role == "") or role not in ("", *Role.values):
        raise invalid("role", "a product needs a role, and an administrator has none", remedy="choose both or neither")
    GroupRole.objects.filter(group=group, product=product).delete()
    made = GroupRole(group=group, product=product, role=role)
    clean(made).save()
    audit.record(actor, "group.give", group, product=product, what=made.what)
    return made


@transaction.atomic
def take_back(actor: User, given: GroupRole) -> None:
    """The group gives it no more; who has it by the group loses it at their next sign-in."""
    access.require(actor, ACTION)
    audit.record(actor, "group.take_back", given.group, product=given.product, what=given.what)
    given.delete()


@transaction.atomic
def apply(user: User, groups: Collection[str]) -> None:
    """Make a person what their groups give. A last manager and a last administrator stay until there is another."""
    given = list(GroupRole.objects.filter(group__in=groups).select_related("product"))
    wanted: dict[str, GroupRole] = {}
    for one in sorted(given, key=lambda one: (FIRST.index(Role(one.role)) if one.role else 0, one.group)):
        if one.product and one.product.archived_at is None:
            wanted.setdefault(one.product.pk, one)
    rows = Membership.objects.filter(user=user).select_related("product", "user")
    held = {member.product_id: member for member in rows}
    for key in sorted({*wanted, *held}):  # in one order, so that two sign-ins do not wait for one another
        with suppress(Invalid):  # the last manager stays
            _in_product(user, held.get(key), wanted.get(key))
    _administration(user, min((one.group for one in given if one.product is None), default=""))


def _in_product(user: User, member: Membership | None, given: GroupRole | None) -> None:
    if member is None:
        if given is not None and given.product is not None:
            products.join_by(given.group, given.product, user, role=given.role)
    elif member.from_group and given is None:
        if member.product.archived_at is None:
            products.leave_by(member)
    elif member.from_group and given is not None and (member.from_group, member.role) != (given.group, given.role):
        products.move_by(given.group, member, role=given.role)


def _administration(user: User, group: str) -> None:
    """A superuser is one who may also use the admin's pages of accounts, as each that a command made."""
    if user.is_staff and not user.administers_by:  # by hand
        return
    if bool(group) == user.is_staff:
        if group != user.administers_by:
            User.objects.filter(pk=user.pk).update(administers_by=group)
        return
    user.is_staff = user.is_superuser = bool(group)
    user.administers_by, before = group, user.administers_by
    try:
        user.clean()
    except ValidationError:  # the last administrator stays
        return
    user.save(update_fields=["is_staff", "is_superuser", "administers_by"])
    action = "user.administer" if group else "user.unadminister"
    audit.record(access.directory(), action, user.mark, group=group or before)
    if not group and not Membership.objects.filter(user=user).exists():
        tokens.end(user, "member", by=access.directory())
