"""What the products of the story are made of, each as it is not there yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from metrics.models.kpi import KPI, Actual, Assumption, Mapping, MappingVersion
from metrics.models.product import Membership, Product, User
from metrics.services.delivery import notices
from metrics.services.kpi import kpis, mappings
from metrics.services.product import products

Who = dict[str, User]
DATA = "hotel bookings, CC BY 4.0"


def product(who: Who, slug: str, name: str, sentence: str, *, seed: int, currency: str, noun: str) -> Product:
    """A product with its three roles; an administrator needs none."""
    found = Product.objects.filter(slug=slug).first() or products.create_product(
        who["admin"],
        name=name,
        currency=currency,
        sentence=sentence,
        time_zone="Europe/Lisbon",
        case_noun=noun,
        seed=seed,
    )
    for role in ("project_manager", "data_scientist", "executive"):
        person = {"project_manager": "manager", "data_scientist": "scientist"}.get(role, role)
        if not Membership.objects.filter(product=found, user=who[person]).exists():
            products.add_member(who["admin"], found, username=person, role=role)
    Membership.objects.filter(product=found, user=who["admin"]).delete()
    return found


def assumption(
    manager: User, of: Product, key: str, name: str, unit: str, low: float, high: float, owner: str, source: str
) -> None:
    """90 % sure between low and high, for a year; without an owner and a source it is an opinion without an end."""
    if not Assumption.objects.filter(product=of, key=key).exists():
        known: dict[str, Any] = {"owner": owner, "source": source, "valid_until": _in_a_year()} if source else {}
        distribution = {"kind": "interval90", "low": low, "high": high}
        kpis.create_assumption(manager, of, key=key, name=name, unit=unit, distribution=distribution, **known)


def kpi(
    manager: User, of: Product, key: str, name: str, unit: str, aggregation: str, meaning: str, direction: str = "up"
) -> KPI:
    named = {"name": name, "unit": unit, "aggregation": aggregation, "meaning": meaning, "direction": direction}
    made = KPI.objects.filter(product=of, key=key).first()
    return made or kpis.create_kpi(manager, of, key=key, owner="manager", **named)


def actuals(manager: User, of: KPI, values: Sequence[tuple[date, Decimal]], years: int, source: str = DATA) -> None:
    """What was observed by month, of a story whose days were moved so many years on."""
    if not Actual.objects.filter(kpi=of).exists():
        kpis.import_actuals(manager, of, values=values, source=moved(source, years))


def moved(source: str, years: int) -> str:
    return f"{source}, moved {years} years on" if years else source


def approved(
    scientist: User, manager: User, of: KPI, name: str, definition: dict[str, Any], note: str
) -> MappingVersion:
    """A mapping with both signatures: written, proposed and so endorsed by the scientist, approved by the manager."""
    mapping = Mapping.objects.filter(kpi=of).first()
    version = (
        mapping.versions.get(number=1)
        if mapping
        else mappings.create_mapping(scientist, of.product, kpi=of, name=name, definition=definition, note=note)
    )
    if version.state == MappingVersion.State.DRAFT:
        version = mappings.propose(scientist, version, seen=version.digest)
    if version.state == MappingVersion.State.ENDORSED:
        version = mappings.approve(manager, version, seen=version.digest)
        for person in (scientist, manager):
            notices.read_all(person)  # so that what waits for them is the version that is on its way
    return version


def _in_a_year() -> date:
    today = date.today()  # noqa: DTZ011 - a civil date, as a manager would write it
    return today.replace(year=today.year + 1, day=min(today.day, 28))
