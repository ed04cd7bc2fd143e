"""Reading the audit: what it says of a product or of all, narrowed to what somebody looks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from metrics.models.kpi import KPI, Assumption
from metrics.models.product import PERSON, AuditEntry, AuditLink, Product
from metrics.models.revenue import Scenario
from metrics.queries.product import chain, people

AT_ONCE = 1000
NAMED: dict[str, Any] = {"kpi": KPI, "assumption": Assumption, "scenario": Scenario}  # what entries name by its key
Names = Mapping[str, Mapping[str, Mapping[str, str]]]  # product's slug → kind → key → name


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody looks for; what is empty narrows nothing. Days are those of the current time zone, both within."""

    who: str = ""
    what: str = ""
    thing: str = ""
    since: date | None = None
    until: date | None = None


def audit(of: Product | None, wanted: Wanted | None = None) -> QuerySet[AuditEntry]:
    """Entries of a product, or of all and of none in particular, newest first."""
    rows = AuditEntry.objects.all() if of is None else AuditEntry.objects.filter(product=of.slug)
    wanted = wanted or Wanted()
    if wanted.who:
        others = Q(actor__icontains=wanted.who) & ~Q(actor__startswith=PERSON)  # such as who ran a command
        rows = rows.filter(Q(actor__in=people.marks(wanted.who)) | Q(actor=wanted.who) | others)
    if wanted.what:
        rows = rows.filter(action=wanted.what)
    if wanted.thing:
        rows = rows.filter(_called(of, wanted.thing))
    if wanted.since:
        rows = rows.filter(created_at__gte=_begin(wanted.since))
    if wanted.until:
        rows = rows.filter(created_at__lt=_begin(wanted.until + timedelta(days=1)))
    return rows


def _called(of: Product | None, text: str) -> Q:
    """By what the entry says, or by the name that the thing or the person has now."""
    found = Q(subject__icontains=text) | Q(detail__name__icontains=text) | Q(subject__in=people.marks(text))
    for kind, table in NAMED.items():
        rows = table.objects.filter(name__icontains=text)
        keys = (rows if of is None else rows.filter(product=of)).values("key")
        rooms = Q(action__startswith=f"{kind}.")
        if kind == "kpi":
            rooms |= Q(action__startswith="actual.") | Q(action__startswith="target.")
        found |= rooms & Q(subject__in=keys)
    return found


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def names(products: Iterable[str]) -> Names:
    """The names of the things that entries of some products, named by their slugs, name by their keys."""
    slugs = set(filter(None, products))
    found: dict[str, dict[str, dict[str, str]]] = {slug: {kind: {} for kind in NAMED} for slug in slugs}
    for kind, table in NAMED.items() if slugs else ():
        for slug, key, name in table.objects.filter(product__slug__in=slugs).values_list(
            "product__slug", "key", "name"
        ):
            found[slug][kind][key] = name
    return found


def lines(entries: QuerySet[AuditEntry]) -> Iterator[tuple[AuditEntry, dict[str, Any]]]:
    """Each entry with its line of the chain, in the chain's order; number and digests are None where it is in none."""
    link = AuditLink.objects.filter(entry=OuterRef("pk"))
    of_link = {name: Subquery(link.values(name)[:1]) for name in ("number", "previous", "digest")}
    rows = entries.annotate(**of_link).order_by(F("number").asc(nulls_last=True), "created_at", "pk")
    for entry in rows.iterator(AT_ONCE):
        held = {name: getattr(entry, name) for name in of_link}
        yield entry, chain.content(entry) | {"seal": entry.seal} | held
