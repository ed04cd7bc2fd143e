"""Telling people, on a page and by mail: of what they own that expires, and of what others do to their mappings.

Owners of assumptions are warned 30 and 7 days before an expiry, and on it. The author of a mapping version and the
owner of its KPI hear of objections, comments, endorsements and approvals that are not their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from textwrap import shorten

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from metrics import access, jobs
from metrics.core.calendar import newest_day
from metrics.models.kpi import Assumption, AssumptionVersion, MappingVersion, Signature
from metrics.models.notice import Notice
from metrics.models.product import Membership, Product, Role, User
from metrics.models.work import Work
from metrics.services.delivery import ledger
from metrics.services.writing import audit
from metrics.things import Thing

Kind = Notice.Kind
EARLY, LATE = 30, 7  # days before an expiry
MAILED_FOR = timedelta(days=2)  # what could not be mailed for so long is not mailed any more
MOST_IN_A_MAIL = 50
LONGEST = 300  # characters of a notice
SAID = {  # what somebody did with a mapping version, and what follows from it
    Kind.OBJECTED: "{who} objects to {what}, which is a draft again: {words}",
    Kind.ENDORSED: "{who} endorses {what}. A manager approves it next.",
    Kind.APPROVED: "{who} approves {what}. It is in force.",
}


def kind_of(valid_until: date, today: date) -> str:
    """Which notice is due on a day: nothing ("") while more than 30 days are left."""
    left = (valid_until - today).days
    if left < 0:
        return Kind.EXPIRED
    if left <= LATE:
        return Kind.EXPIRES_7
    return Kind.EXPIRES_30 if left <= EARLY else ""


def write_due(work: Work) -> None:
    """Write the notices that are due today where each product is, then mail what was not mailed yet; periodic work."""
    held = expiring(newest_day(timezone.now()))
    made = [notice for version in held for notice in _notices(version, version.assumption.product.today())]
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
    members = _members(version.assumption.product)
    named = members.filter(_called(version.owner))
    found = named if named.exists() else members.filter(role=Role.PROJECT_MANAGER)
    return [row.user for row in found]


def _members(product: Product) -> QuerySet[Membership]:
    return Membership.objects.filter(product=product, user__is_active=True).select_related("user")


def _called(owner: str) -> Q:
    """Members whose username or mail an owner's text is; nobody where there is no text."""
    name = owner.strip()
    return Q(user__username__iexact=name) | Q(user__email__iexact=name) if name else Q(pk__in=())


def subject(version: AssumptionVersion) -> str:
    return f"assumption version {version.pk}"


def _notices(version: AssumptionVersion, today: date) -> Iterable[Notice]:
    held, until = version.assumption, version.valid_until
    if until is None or not (kind := kind_of(until, today)):
        return []
    about = Thing("assumption", (held.product.slug, held.key))
    return [
        Notice(
            user=user,
            product=held.product,
            kind=kind,
            subject=subject(version),
            text=expiry_words(held.name, until, today)[:LONGEST],
            thing=str(about),
        )
        for user in told(version)
    ]


def expiry_words(name: str, until: date, today: date) -> str:
    """What the owner of an assumption is told of its end."""
    if until < today:
        return f"{name} expired on {until:%-d %b %Y}. All money that stands on it is graded D, and enters no total."
    then = "All money that stands on it is graded D from the day after, and enters no total"
    return f"{name} holds until {until:%-d %b %Y}. {then}."


def tell(of: Signature) -> None:
    """Tell the author of a version and the owner of its KPI what somebody else did with it, once each.

    Only who may see the version is told. A later act makes what was said of earlier ones read; comments stay.
    """
    kind, version, words = Kind(of.act), of.version, of.reason
    mapping, product = version.mapping, version.mapping.product
    about = str(Thing("mapping", (product.slug, mapping.pk, str(version.number))))
    earlier = Notice.objects.filter(product=product, thing=about, read_at=None).exclude(kind=Kind.COMMENTED)
    earlier.update(read_at=timezone.now())
    text = SAID[kind].format(who=of.user, what=f"{mapping.name}, version {version.number}", words=words)
    say(
        product,
        [user for user in concerned(version, kind) if user.pk != of.user_id],
        kind=kind,
        subject=f"signature {of.pk}",
        text=text,
        thing=about,
    )


def say(product: Product, people: Iterable[User], *, kind: str, subject: str, text: str, thing: str) -> None:
    """Tell people one sentence about a thing, each once a subject."""
    given = {"text": shorten(text, LONGEST, placeholder=" …"), "thing": thing, "product": product, "kind": kind}
    told = [Notice(user=user, subject=subject, **given) for user in people]
    Notice.objects.bulk_create(told, ignore_conflicts=True)
    if told:
        jobs.ask("notices", "told")  # mails them


def members(product: Product, *roles: str) -> list[User]:
    """The members of a product who have one of these roles and may sign in."""
    return [row.user for row in _members(product).filter(role__in=roles)]


def _who(by: User | None, work: Work) -> str:
    """Who made a member: an administrator, or a group of single sign-on."""
    return f"{by}, an administrator," if by else f"Single sign-on, by the group “{work.payload['group']}”,"


def joined(work: Work) -> None:
    """Tell the managers of a product whom an administrator made a member of it, perhaps themselves."""
    member = Membership.objects.filter(pk=work.scope).select_related("product", "user").first()
    with transaction.atomic():
        if member is not None:
            by, product = User.objects.filter(pk=work.payload["by"]).first(), member.product
            managers = [user for user in members(product, Role.PROJECT_MANAGER) if user != by]
            role = member.get_role_display()
            did = f"joined as {role}" if member.user == by else f"made {member.user} {role}"
            say(
                product,
                [user for user in managers if user.pk != member.user_id],
                kind=Kind.JOINED,
                subject=f"member {member.pk}",
                text=f"{_who(by, work)} {did} of {product}.",
                thing=str(Thing("member", (product.slug, member.pk))),
            )
        jobs.finish(work)


@transaction.atomic
def ask(actor: User, product: Product, *, step: str, roles: Collection[str], text: str) -> list[User]:
    """Ask the members of some roles for a step of the product's list, each once a day. Gives who is asked now.

    text: the sentence that they read; whoever asks stands before it.
    """
    access.require(actor, "product.read", product)
    asked = [user for user in members(product, *roles) if user.pk != actor.pk]
    subject, about = f"step {step} of {product.pk}, {product.today()}", Thing("checklist", (product.slug,))
    known = Notice.objects.filter(user__in=asked, kind=Kind.ASKED, subject=subject).values_list("user", flat=True)
    new = [user for user in asked if user.pk not in set(known)]
    shared = {"product": product, "kind": Kind.ASKED, "subject": subject, "thing": str(about)}
    told = shorten(f"{actor} asks you to {text}", LONGEST, placeholder=" …")
    Notice.objects.bulk_create([Notice(user=user, text=told, **shared) for user in new], ignore_conflicts=True)
    if new:
        jobs.ask("notices", "told")  # mails them
        audit.record(actor, "step.ask", step, product=product, asked=[user.mark for user in new])
    return new


def concerned(version: MappingVersion, kind: str) -> list[User]:
    """The author of a version and the owner of its KPI, where they are members that may see it."""
    product = version.mapping.product
    found = _members(product).filter(Q(user=version.author_id) | _called(version.mapping.kpi.owner))
    shown = kind == Kind.APPROVED or version.approved_at is not None
    return [row.user for row in found if shown or access.may(row.user, "mapping.preview", product)]


def mail_due() -> int:
    """Owe each person one letter of what they were told lately and have not read; give how many letters there are.

    Whoever has no address is told on the page alone.
    """
    rows = Notice.objects.filter(mailed_at=None, read_at=None, created_at__gte=timezone.now() - MAILED_FOR)
    letters: dict[User, list[Notice]] = defaultdict(list)
    for notice in rows.exclude(user__email="").filter(user__is_active=True).select_related("user"):
        letters[notice.user].append(notice)
    return sum(_owe(user, found[:MOST_IN_A_MAIL]) for user, found in letters.items())


@transaction.atomic
def _owe(user: User, found: list[Notice]) -> int:
    """One row of the ledger for some notices, in the transaction that takes them."""
    free = Notice.objects.select_for_update().filter(pk__in=[notice.pk for notice in found], mailed_at=None)
    keys = list(free.order_by("created_at").values_list("pk", flat=True))
    if not keys:  # another worker was first
        return 0
    row = ledger.owe(source=f"notices {keys[0]}", receiver=user, period="once")
    Notice.objects.filter(pk__in=keys).update(mailed_at=timezone.now(), letter=row)
    return int(row is not None)


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
