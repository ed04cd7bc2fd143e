"""All that is held about a person, table by table: what an export of them has.

Every foreign key to a person is in HELD under its table, or in ASIDE with the reason; the tests ask the models.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q, QuerySet

from metrics.models.kpi import KPI, AssumptionVersion
from metrics.models.product import PERSON, AuditEntry, User
from metrics.queries.product import owners

AT_ONCE = 1000
ACCOUNT = (
    "id",
    "username",
    "first_name",
    "last_name",
    "email",
    "theme",
    "is_active",
    "is_staff",
    "is_superuser",
    "administers_by",
)
DATES = ("date_joined", "last_login", "removed_at")


@dataclass(frozen=True)
class Held:
    """A table that names people. words: what its rows are to the person. without: columns that are left out, for they
    let somebody in or are another's. named: only which row it is, for the rest of it is the product's.
    """

    words: str
    without: tuple[str, ...] = ()
    named: bool = False


HELD: dict[str, Held] = {
    "metrics.membership": Held("your roles in products"),
    "metrics.token": Held("your access tokens, without their fingerprints", without=("hash",)),
    "metrics.session": Held("where you are signed in, without the keys", without=("session_key", "session_data")),
    "metrics.twofactor": Held(
        "that codes of an app are asked of you, without what they are made of", without=("secret",)
    ),
    "metrics.recoverycode": Held("your recovery codes, used or not, without the codes", without=("hash",)),
    "metrics.savedview": Held("your saved views of tables"),
    "metrics.reading": Held("the period that you chose, and when you looked at the portfolio"),
    "metrics.idempotencykey": Held("your keyed posts of the last two days, without the answers", without=("answer",)),
    "metrics.notice": Held("what you were told under Waiting for you"),
    "metrics.subscription": Held("regular mails to you, and those that you set up"),
    "metrics.alert": Held("alerts to you, and those that you set up"),
    "metrics.webhook": Held("webhooks that you set up, without what their secrets are made of", without=("salt",)),
    "metrics.delivery": Held("what was sent to you, and when"),
    "metrics.answerlink": Held("links by which you were asked to sign, without their secrets", without=("hash",)),
    "metrics.share": Held("links for others that you made or revoked, without secrets", without=("hash", "phrase")),
    "metrics.comment": Held("comments that you wrote, withdrew or resolved"),
    "metrics.comment_mentioned": Held("comments that mention you"),
    "metrics.commentact": Held("what you did with comments, with the words before"),
    "metrics.sheet": Held("what you answered in decisions"),
    "metrics.decisionsignature": Held("what you signed of decisions"),
    "metrics.signature": Held("what you signed of mappings"),
    "metrics.termssignature": Held("what you signed of terms of choice"),
    "metrics.evaluationrun": Held("runs that you logged or withdrew", named=True),
    "metrics.dataset": Held("data sets that you logged", named=True),
    "metrics.metric": Held("metrics that you registered", named=True),
    "metrics.championrun": Held("runs that you accepted for a champion", named=True),
    "metrics.upload": Held("files that you sent in parts, or began to, in the last two days"),
    "metrics.import": Held("imports that you set up", named=True),
    "metrics.product": Held("products that you made", named=True),
    "metrics.target": Held("targets that you set or withdrew", named=True),
    "metrics.actual": Held("observed values that you imported or withdrew", named=True),
    "metrics.pair": Held("pairs for fitting that you imported or withdrew", named=True),
    "metrics.assumptionversion": Held("versions of assumptions that you wrote", named=True),
    "metrics.mappingversion": Held("versions of mappings that you wrote", named=True),
    "metrics.termsversion": Held("versions of terms of choice that you wrote", named=True),
    "metrics.decision": Held("decisions that you opened", named=True),
    "metrics.round": Held("rounds of decisions that you closed", named=True),
    "metrics.scenario": Held("scenarios that you kept or removed", named=True),
    "metrics.exchangerate": Held("exchange rates that you wrote", named=True),
    "metrics.pack": Held("packs that you issued or withdrew", named=True),
    "socialaccount.socialaccount": Held("what single sign-on calls you, and since when you come by it"),
    "admin.logentry": Held("what you did in the administrators' tables"),
}
ASIDE: dict[str, str] = {
    "account.emailaddress": "a table of the library that single sign-on uses; nothing is written there",
    "metrics.user_groups": "Django's groups give no right here, and nobody is put into one",
    "metrics.user_user_permissions": "Django's permissions give no right here, and nobody is given one",
}


def naming() -> dict[str, list[str]]:
    """Table → its columns that are foreign keys to a person, of every table that Django knows."""
    found: dict[str, list[str]] = {}
    for table in apps.get_models(include_auto_created=True):
        columns = [one.name for one in table._meta.concrete_fields if one.remote_field and one.related_model is User]
        if columns and not table._meta.proxy:
            found[table._meta.label_lower] = columns
    return found


def account(of: User) -> dict[str, Any]:
    return {name: getattr(of, name) for name in (*ACCOUNT, *DATES)}


def rows(of: User, table: str) -> Iterator[dict[str, Any]]:
    """The rows of a table that name a person: as what, and the columns that an export has."""
    held, model, columns = HELD[table], apps.get_model(table), naming()[table]
    wanted = Q()
    for column in columns:
        wanted |= Q(**{column: of})
    for row in model._base_manager.filter(wanted).order_by("pk").iterator(AT_ONCE):
        told = {"as": [column for column in columns if getattr(row, f"{column}_id") == of.pk]}
        if held.named:
            made = getattr(row, "created_at", None)
            yield told | {"id": row.pk, "called": str(row), "created_at": made}
        else:
            yield told | {
                one.attname: _told(row, one) for one in row._meta.concrete_fields if one.name not in held.without
            }


def _told(row: models.Model, column: Any) -> Any:
    value = getattr(row, column.attname)
    return f"{PERSON}{value}" if column.related_model is User and value is not None else value


def owned(of: User) -> Iterator[dict[str, Any]]:
    """The KPIs and versions of assumptions whose owner is a text that calls the person."""
    for table in (KPI, AssumptionVersion):
        for row in table._default_manager.filter(owners.calling(of)).order_by("pk").iterator(AT_ONCE):
            yield {"table": table._meta.label_lower, "id": row.pk, "called": str(row), "owner": row.owner}


def entries(of: User) -> QuerySet[AuditEntry]:
    """What the audit has by and about a person, oldest first."""
    about = Q(actor=of.mark) | Q(subject=of.mark) | Q(detail__receiver=of.mark) | Q(detail__owner=of.mark)
    return AuditEntry.objects.filter(about).order_by("created_at", "pk")
