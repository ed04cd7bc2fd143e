"""What is in a person's hands: what stops, or waits for another, when their account is closed or removed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils import timezone

from metrics.models.delivery import Alert, Subscription, Webhook
from metrics.models.kpi import KPI, AssumptionVersion, MappingVersion
from metrics.models.product import Membership, Product, Role, Token, User
from metrics.models.selection import Round, Sheet, TermsVersion
from metrics.models.session import Session
from metrics.models.sharing import Share
from metrics.queries.product import owners


@dataclass(frozen=True, kw_only=True)
class Hands:
    """How many of each. mails: regular ones that they receive; for_others: those that they set up for other people.

    answers: open rounds of decisions in which their answer is not sealed. kpis, assumptions: that call them owner.
    """

    sessions: int
    tokens: int
    mails: int
    for_others: int
    alerts: int
    webhooks: int
    links: int
    drafts: int
    answers: int
    kpis: int
    assumptions: int
    only_manager: tuple[Product, ...]


def hands(of: User) -> Hands:
    now = timezone.now()
    open_ = {"deleted_at": None, "product__archived_at": None}
    mails = Subscription.objects.filter(deleted_at=None)
    kpis = KPI.objects.filter(owners.calling(of), product__archived_at=None)
    versions = AssumptionVersion.objects.filter(owners.calling(of), assumption__product__archived_at=None)
    drafts = {"author": of, "state": "draft"}
    return Hands(
        sessions=Session.objects.filter(user=of, expire_date__gt=now).count(),
        tokens=Token.objects.filter(user=of, revoked_at=None, expires_at__gt=now).count(),
        mails=mails.filter(receiver=of).count(),
        for_others=mails.filter(owner=of).exclude(receiver=of).count()
        + Alert.objects.filter(owner=of, deleted_at=None).exclude(receiver=of).count(),
        alerts=Alert.objects.filter(receiver=of, **open_).count(),
        webhooks=Webhook.objects.filter(owner=of, **open_).count(),
        links=Share.objects.filter(made_by=of, revoked_at=None, expires_at__gt=now).count(),
        drafts=MappingVersion.objects.filter(**drafts).count() + TermsVersion.objects.filter(**drafts).count(),
        answers=_answers(of),
        kpis=kpis.count(),
        assumptions=versions.values("assumption").distinct().count(),
        only_manager=only_manager_of(of),
    )


def _answers(of: User) -> int:
    sealed = Sheet.objects.filter(round=OuterRef("pk"), user=of, sealed_at__isnull=False)
    rounds = Round.objects.filter(closed_at=None, decision__product__memberships__user=of)
    return rounds.filter(~Exists(sealed)).count()


def only_manager_of(of: User) -> tuple[Product, ...]:
    """The products, archived ones too, that would have no manager who may sign in without them."""
    managers = Membership.objects.filter(role=Role.PROJECT_MANAGER)
    others = managers.filter(product=OuterRef("pk"), user__is_active=True).exclude(user=of)
    mine = Product.objects.filter(Exists(managers.filter(product=OuterRef("pk"), user=of)))
    return tuple(mine.filter(~Exists(others)))
