"""Warning the owners of assumptions: 30 and 7 days before an expiry, and on it; on a page and by mail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from metrics import access, jobs
from metrics.models.kpi import Assumption, AssumptionVersion
from metrics.models.notice import Notice
from metrics.models.product import Membership, Role, User
from metrics.models.work import Work

Kind = Notice.Kind
EARLY, LATE = 30, 7  # days before an expiry
MAILED_FOR = timedelta(days=2)  # what could not be mailed for so long is not mailed any more
MOST_IN_A_MAIL = 50


def kind_of(valid_until: date, today: date) -> str:
    """Which notice is due on a day: nothing ("") while more than 30 days are left."""
    left = (valid_until - today).days
    if left < 0:
        return Kind.EXPIRED
    if left <= LATE:
        return Kind.EXPIRES_7
    return Kind.EXPIRES_30 if left <= EARLY else ""


def write_due(work: Work) -> None:
    """Write the notices that are due today, then mail what was not mailed yet; periodic work."""
    today = timezone.localdate()
    made = [notice for version in expiring(today) for notice in _notices(version, today)]
    with transaction.atomic():
        Notice.objects.bulk_create(made, ignore_conflicts=True, batch_size=200)
        for kind in (Kind.EXPIRES_7, Kind.EXPIRED):
            _outdate(kind, [notice.subject for notice in made if notice.kind == kind])
    mailed = mail_due()
    with transaction.atomic():
        jobs.finish(work, result={"due": len(made), "mailed": mailed})


def _outdate(kind: str, subjects: list[str]) -> None:
    """The earlier warnings of what a later one has been written of are read."""
    earlier = Notice.objects.filter(subject__in=subjects, read_at=None).exclude(kind=kind)
    earlier.update(read_at=timezone.now())


def expiring(today: date) -> list[AssumptionVersion]:
    """The newest version of each assumption of a product in use, where it expires within 30 days or has expired."""
    newest = Assumption.objects.filter(product__archived_at=None).annotate(newest=Max("versions__number"))
    wanted = Q(valid_until__lte=today + timedelta(days=EARLY))
    rows = AssumptionVersion.objects.filter(wanted, assumption__product__archived_at=None)
    numbers = dict(newest.values_list("pk", "newest"))
    held = rows.select_related("assumption__product").order_by("valid_until")
    return [row for row in held if row.number == numbers.get(row.assumption_id)]


def told(version: AssumptionVersion) -> list[User]:
    """Who answers for a version: the member whose username or mail its owner is, else the managers of the product."""
    members = Membership.objects.filter(product=version.assumption.product, user__is_active=True)
    owner = version.owner.strip()
    named = members.filter(Q(user__username__iexact=owner) | Q(user__email__iexact=owner)) if owner else None
    found = named if named is not None and named.exists() else members.filter(role=Role.PROJECT_MANAGER)
    return [row.user for row in found.select_related("user")]


def subject(version: AssumptionVersion) -> str:
    return f"assumption version {version.pk}"


def _notices(version: AssumptionVersion, today: date) -> Iterable[Notice]:
    held, until = version.assumption, version.valid_until
    if until is None or not (kind := kind_of(until, today)):
        return []
    if until < today:
        text = (
            f"{held.name} expired on {until:%-d %b %Y}. All money that stands on it is graded D, and enters no total."
        )
    else:
        then = "All money that stands on it is graded D from the day after, and enters no total"
        text = f"{held.name} holds until {until:%-d %b %Y}. {then}."
    link = f"/p/{held.product.slug}/assumptions/{held.key}/"
    return [
        Notice(user=user, product=held.product, kind=kind, subject=subject(version), text=text[:300], link=link)
        for user in told(version)
    ]


def mail_due() -> int:
    """Mail each person what they were told lately and have not read, in one mail; give how many mails went out."""
    rows = Notice.objects.filter(mailed_at=None, read_at=None, created_at__gte=timezone.now() - MAILED_FOR)
    letters: dict[User, list[Notice]] = defaultdict(list)
    for notice in rows.exclude(user__email="").filter(user__is_active=True).select_related("user", "product"):
        letters[notice.user].append(notice)
    for user, found in letters.items():
        shown = found[:MOST_IN_A_MAIL]
        lines = "\n\n".join(f"{notice.product}: {notice.text}\n{settings.URL_BASE}{notice.link}" for notice in shown)
        title = shown[0].text.partition(".")[0] if len(shown) == 1 else f"{len(found)} assumptions need another look"
        send_mail(title.replace("\n", " "), lines, None, [user.email])
        Notice.objects.filter(pk__in=[notice.pk for notice in found]).update(mailed_at=timezone.now())
    return len(letters)


def settle(assumption: Assumption) -> None:
    """A newer version of an assumption makes what was said of the older ones read."""
    subjects = [subject(version) for version in AssumptionVersion.objects.filter(assumption=assumption)]
    Notice.objects.filter(subject__in=subjects, read_at=None).update(read_at=timezone.now())


@transaction.atomic
def read(actor: User, notice: Notice) -> None:
    """Mark one's own notice as read."""
    if notice.user_id != actor.pk:
        raise access.Hidden
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=timezone.now())


def read_all(actor: User) -> int:
    """Mark all one's notices as read; give how many there were."""
    return Notice.objects.filter(user=actor, read_at=None).update(read_at=timezone.now())
