"""Scenarios: kept under a name with a reason, called otherwise, removed, and brought back."""

from __future__ import annotations

import math
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from metrics import access
from metrics.models.kpi import Assumption
from metrics.models.product import Product, User
from metrics.models.revenue import Scenario
from metrics.queries.documents.known import Known
from metrics.queries.documents.supports import GROWTH, outside
from metrics.queries.revenue.scenarios import scenarios, stands
from metrics.services.writing import audit, taking_back
from metrics.services.writing.refusal import Conflict, clean, invalid

MOST = 50


@transaction.atomic
def save(actor: User, product: Product, *, name: str, overrides: Mapping[str, float], why: str = "") -> Scenario:
    """Keep a set of assumptions at other values, under a name; the same name again replaces it."""
    access.require(actor, "scenario.save", product)
    known = Known(product)
    _check(known, overrides)
    called = _called(name)
    scenario = scenarios(product).filter(name__iexact=called).first()
    if scenario is None and scenarios(product).count() >= MOST:
        raise invalid("name", f"there are {MOST} scenarios", code="limit", remedy="remove one first")
    before = {"replaced": scenario.overrides} if scenario else {}
    scenario = scenario or Scenario(product=product, key=_free(product, called))
    scenario.name, scenario.why, scenario.saved_by, scenario.saved_at = called, why.strip(), actor, timezone.now()
    scenario.overrides = {held: float(value) for held, value in sorted(overrides.items())}
    scenario.stood = {held: version.pk for held in overrides if (version := stands(known, held)) is not None}
    clean(scenario).save()
    audit.record(actor, "scenario.save", scenario.key, product=product, **before)
    return scenario


def _called(name: str) -> str:
    called = " ".join(name.split())
    if not _key(called)[:1].isalpha():
        raise invalid("name", "begins with no letter", code="invalid", remedy="give it a name of words")
    return called


def _key(name: str) -> str:
    return slugify(name).replace("-", "_")[:50]


def _free(product: Product, name: str) -> str:
    """A key that no scenario of the product has, in use or removed: an address means one for ever."""
    key = _key(name)
    taken = set(Scenario.objects.filter(product=product, key__startswith=key).values_list("key", flat=True))
    return next(one for one in (key, *(f"{key}_{at}" for at in range(2, len(taken) + 3))) if one not in taken)


def _check(known: Known, overrides: Mapping[str, float]) -> None:
    """Raise Invalid for what names no assumption, is no number, or lies where its assumption cannot."""
    if not overrides:
        raise invalid("overrides", "names no assumption", code="required", remedy="move at least one assumption")
    there = {GROWTH, *Assumption.objects.filter(product=known.product).values_list("key", flat=True)}
    if strange := sorted(set(overrides) - there):
        raise invalid(f"overrides.{strange[0][:60]}", "is no assumption of this product", code="unknown")
    if bad := [held for held, value in overrides.items() if not math.isfinite(value)]:
        raise invalid(f"overrides.{bad[0]}", "is no number", code="invalid")
    for held, lies in outside(known, overrides).items():
        remedy = f"give it a value that is {lies.words()}"
        raise invalid(f"overrides.{held}", lies.refusal(overrides[held]), code="range", remedy=remedy)


@transaction.atomic
def rename(actor: User, scenario: Scenario, *, name: str, why: str) -> Scenario:
    """Call it otherwise, and say anew why it may come so; its address stays."""
    access.require(actor, "scenario.save", scenario.product)
    called = _called(name)
    if scenarios(scenario.product).filter(name__iexact=called).exclude(pk=scenario.pk).exists():
        raise invalid("name", f"another scenario is called {called}", code="taken", remedy="give it another name")
    before = {"name": scenario.name, "why": scenario.why}
    scenario.name, scenario.why = called, why.strip()
    clean(scenario).save()
    audit.record(actor, "scenario.rename", scenario.key, product=scenario.product, **before)
    return scenario


@transaction.atomic
def remove(actor: User, scenario: Scenario) -> None:
    """Take it from everybody's list; it can be brought back."""
    access.require(actor, "scenario.save", scenario.product)
    if taking_back.withdraw(actor, Scenario.objects.filter(pk=scenario.pk)):
        held = {"name": scenario.name, "overrides": scenario.overrides}
        audit.record(actor, "scenario.remove", scenario.key, product=scenario.product, **held)


@transaction.atomic
def restore(actor: User, scenario: Scenario) -> Scenario:
    """Bring one back that was removed, as it was saved. Raises Conflict where it is back, or its name is another's."""
    access.require(actor, "scenario.save", scenario.product)
    rows = taking_back.gone_with(scenario, Scenario.objects.filter(pk=scenario.pk))
    if scenarios(scenario.product).filter(name__iexact=scenario.name).exists():
        raise Conflict(f"another scenario is called {scenario.name} by now; call that one otherwise first")
    if scenarios(scenario.product).count() >= MOST:
        raise Conflict(f"there are {MOST} scenarios; remove one first")
    (made,) = taking_back.restore(rows)
    audit.record(actor, "scenario.restore", made.key, product=made.product)
    return made
