"""Removing a person, and noting that what is held about one is carried away.

Who they were is erased, and what they did for a product stays, by a person without a name.

What is a person's own (sessions, tokens, views, notices, what is sent to them) goes with the columns that name them:
all that their account is deleted with (CASCADE). What a product keeps (runs, signatures, comments) keeps its author's
number (PROTECT). A new table says by its foreign key which of the two it is.
"""

from __future__ import annotations

from copy import copy

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone

from metrics import access
from metrics.models.product import Membership, Product, User
from metrics.models.sharing import Share
from metrics.queries.product import hands, held
from metrics.services.product import called
from metrics.services.writing import audit
from metrics.services.writing.refusal import Conflict


@transaction.atomic
def remove(actor: User, of: User) -> None:
    """Erase who a person is. It is not undone: the audit says who did it, and not of whom but by their number.

    Raises Conflict with the remedy for oneself, and for the only manager of a product.
    """
    access.require(actor, "user.remove")
    if of.pk == actor.pk:
        raise Conflict("nobody removes their own account; ask another administrator")
    products = Product.objects.filter(memberships__user=of)
    list(products.select_for_update(no_key=True, of=("self",)).order_by("pk"))  # nobody changes their members meanwhile
    of = User.objects.select_for_update(no_key=True).get(pk=of.pk)
    if of.removed_at is not None:
        raise Conflict("this person is removed already")
    if alone := hands.only_manager_of(of):
        names = ", ".join(str(product) for product in alone)
        raise Conflict(f"{of} is the only manager of {names}; name another manager there first")
    before = copy(of)
    for member in Membership.objects.filter(user=of).select_related("product"):
        audit.record(actor, "member.remove", of.mark, product=member.product, role=member.role)
    Share.objects.filter(made_by=of, revoked_at=None).update(revoked_at=timezone.now(), revoked_by=actor)
    for table, column in own():
        table._base_manager.filter(**{column: of}).delete()
    _erase(of)
    called.rename(before, of)
    of_people = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=of_people, object_id=str(of.pk)).update(object_repr=str(of))
    audit.record(actor, "user.remove", of.mark)


@transaction.atomic
def exported(actor: User, of: User) -> None:
    """Note that all that is held about a person is carried away, by themselves or by an administrator."""
    access.require(actor, "me.export" if actor.pk == of.pk else "user.export")
    audit.record(actor, "user.export", of.mark)


def own() -> list[tuple[type[models.Model], str]]:
    """(table, column) of all that is a person's own."""
    found = []
    for name, columns in held.naming().items():
        table = apps.get_model(name)
        for column in columns:
            points = table._meta.get_field(column).remote_field
            if points is not None and points.on_delete is models.CASCADE:
                found.append((table, column))
    return found


def _erase(of: User) -> None:
    of.username, of.first_name, of.last_name, of.email, of.theme = f"removed-{of.pk}", "", "", "", ""
    of.administers_by = ""
    of.is_active = of.is_staff = of.is_superuser = False
    of.last_login, of.removed_at = None, timezone.now()
    of.set_unusable_password()
    of.save()
