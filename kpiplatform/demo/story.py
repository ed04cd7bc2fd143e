"""The demonstration's story: three products, their people, and what was agreed. Telling it again changes nothing."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from kpiplatform.demo import rows, shifts, steps
from metrics.models.evaluation import DataSet, EvaluationRun, ModelVersion
from metrics.models.kpi import KPI, Assumption, Mapping, MappingVersion, Target
from metrics.models.product import Product, User
from metrics.models.revenue import Projection
from metrics.services.evaluation import data_sets, promotion, runs
from metrics.services.evaluation.rows import File
from metrics.services.kpi import kpis, mappings
from metrics.services.revenue import projections
from metrics.services.selection import direct

CALLS, DEPOSITS = "cancellation-calls", "deposit-requests"
AS_BOOKED = "bookings, as they were made"
CHAMPION = "hotel-01-logreg-c1"
FIRST = "tree-d5"  # the version that was champion before; see `decided`
SEEDS = {CALLS: 20161001, DEPOSITS: 20170801}
PEOPLE = ("scientist", "manager", "executive", "admin")
SOURCE = "cost model of the demonstration"

# key, name, unit, 90 % sure between, owner
ASSUMPTIONS = (
    ("unsold_share", "Share of a cancelled room that stays unsold", "share", 0.33, 0.47, "revenue office"),
    ("keep_rate", "Share of called guests who stay", "share", 0.29, 0.41, "call centre"),
    ("offer", "Offer made with the call", "share", 0.04, 0.06, "sales"),
    ("call_cost", "Cost of one call", "EUR/booking", 2.4, 3.6, "call centre"),
    ("taken", "Share of guests who were coming anyway and take the offer", "share", 0.7, 0.9, "sales"),
    ("growth", "Growth of bookings a year", "share", 0.02, 0.14, "revenue office"),
)


# What was known first, and was stated anew since (see `news`): of an assumption, and of the last month's bookings.
EARLIER = {"growth": (0.0, 0.10)}
EARLY_SHARE = Decimal("0.97")


def people(*, say: Callable[[str], None] = print) -> dict[str, str]:
    """The demonstration's users, with passwords that are made at the first start and kept beside the database."""
    kept = Path(settings.VAR_DIR) / "demo_users.json"
    words: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}
    for name in PEOPLE:
        user = User.objects.filter(username=name).first()
        if user is None:
            words[name] = secrets.token_urlsafe(9)
            make = User.objects.create_superuser if name == "admin" else User.objects.create_user
            make(username=name, password=words[name])
    kept.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(words, file)
    return words


def moved_on() -> int | None:
    """By how many years the days of the story were moved on when it was first told; None where it was not yet."""
    told = EvaluationRun.objects.filter(product__slug=CALLS, name=CHAMPION)
    last = told.values_list("last_event", flat=True).first()
    return last.year - rows.LAST.year if last else None


def tell(years: int | None = None) -> list[Product]:
    """Write the whole story, as far as it is not written yet; its days are those of the first time that it is told.

    years: by how many they are then moved on; None: by as many as make its last month the newest that is over.
    """
    who = {name: User.objects.get(username=name) for name in PEOPLE}
    calls = _bookings(
        who, CALLS, "Cancellation calls", "We call guests whom the model expects to cancel, with an offer."
    )
    deposits = _bookings(who, DEPOSITS, "Deposit requests", "We ask resort guests who may cancel for a deposit.")
    with tempfile.TemporaryDirectory() as folder:
        told = moved_on()
        years = told if told is not None else rows.years_on(calls.today()) if years is None else years
        for run in rows.runs(years):
            _run(who, calls, run, Path(folder), {"split": "test"}, {"split": "valid"}, years)
        if not DataSet.objects.filter(product=calls, name=AS_BOOKED).exists():
            booked = File(path=rows.as_booked(Path(folder), years, today=calls.today()), name="as-booked.parquet")
            named = {"name": AS_BOOKED, "role": "production"}
            data_sets.log_data_set(who["scientist"], calls, manifest=named, file=booked)
        first = next(run for run in rows.runs(years) if run.name == CHAMPION)
        _run(who, deposits, first, Path(folder), {"split": "test", "segment": "Resort Hotel"}, {}, years)
        desk = shifts.tell(who, Path(folder), years)
    for owner in (calls, deposits):
        version = ModelVersion.objects.get(model__product=owner, name="logreg-c1")
        if version.state != ModelVersion.State.CHAMPION:
            _champion(who["manager"], version)
    _calls(who, calls, years)
    _deposits(who, deposits, years)
    return [calls, deposits, desk]


def _bookings(who: dict[str, User], slug: str, name: str, sentence: str) -> Product:
    """A product of which a case is a booking."""
    return steps.product(who, slug, name, sentence, seed=SEEDS[slug], currency="EUR", noun="booking")


def _champion(manager: User, version: ModelVersion) -> None:
    """Make a version champion: in place of the first one, where there is that, as `decided` tells."""
    first = ModelVersion.objects.filter(model=version.model, name=FIRST).first()
    direct.promote(manager, first or version)
    if first is not None:
        promotion.appoint(manager, version)


def _run(
    who: dict[str, User],
    owner: Product,
    run: rows.Run,
    folder: Path,
    where: dict[str, str],
    reference: dict[str, str],
    years: int,
) -> None:
    if EvaluationRun.objects.filter(product=owner, name=run.name).exists():
        return
    manifest: dict[str, Any] = run.manifest | {
        "model": "cancellation",
        "version": run.version,
        "name": run.name,
        "dataset": "hotel bookings, test split",
        "where": where,
    }
    path = rows.predictions(run.name, folder, years)
    runs.log_run(
        who["scientist"],
        owner,
        manifest=manifest | ({"reference": reference} if reference else {}),
        file=File(path=path, name=path.name),
    )


def _calls(who: dict[str, User], owner: Product, years: int) -> None:
    manager, scientist = who["manager"], who["scientist"]
    for key, name, unit, low, high, owned_by in ASSUMPTIONS:
        steps.assumption(manager, owner, key, name, unit, *EARLIER.get(key, (low, high)), owned_by, SOURCE)
    value = steps.kpi(
        manager, owner, "value_per_booking", "Value per booking", "EUR/booking", "ratio", "calls against none"
    )
    volume = steps.kpi(manager, owner, "bookings", "Bookings", "booking", "sum", "arrivals in the month")
    *earlier, (last, booked) = rows.months(None, years)
    steps.actuals(manager, volume, [*earlier, (last, (booked * EARLY_SHARE).to_integral_value())], years)
    hits = steps.kpi(
        manager, owner, "top_hit_rate", "Cancellations in the top tenth", "share", "ratio", "of the riskiest tenth"
    )
    steps.approved(
        scientist, manager, hits, "Hit rate", {"kind": "formula", "text": "precision_top10"}, "read from the run"
    )
    steps.approved(
        scientist, manager, value, "Value per call", matrix("offer"), "calls priced at the booking's own value"
    )
    if not MappingVersion.objects.filter(mapping__kpi=value, number=2).exists():
        mappings.create_version(
            manager,
            Mapping.objects.get(kpi=value),
            definition=matrix("offer * taken"),
            note="not every guest who was coming anyway takes the offer",
        )
    draft = MappingVersion.objects.get(mapping__kpi=value, number=2)
    if draft.state == MappingVersion.State.DRAFT and not draft.signatures.exists():
        mappings.propose(manager, draft, seen=draft.digest)
    if not Projection.objects.filter(product=owner).exists():
        growth = Assumption.objects.get(product=owner, key="growth")
        projections.set_projection(manager, owner, value_kpi=value, volume_kpi=volume, growth=growth)
    if not Target.objects.filter(product=owner).exists():
        first, last = date(2017 + years, 9, 1), date(2018 + years, 8, 1)
        for kpi, goal in ((None, Decimal(600_000)), (value, Decimal(10))):
            kpis.set_target(manager, owner, kpi=kpi, value=goal, from_period=first, until_period=last)


def matrix(fp_offer: str) -> dict[str, Any]:
    """What each outcome of a call is worth; every cell is money of the booking's own value."""
    return {
        "kind": "value_matrix",
        "cells": {
            "tp": {
                "base": "-call_cost",
                "rate": "-((1 - keep_rate) * unsold_share + keep_rate * offer)",
                "column": "value",
                "says": "We call, and the guest would have cancelled: some stay for the offer.",
            },
            "fp": {
                "base": "-call_cost",
                "rate": f"-{fp_offer}",
                "column": "value",
                "says": "We call, and the guest would have come anyway: the call and the offer were not needed.",
            },
            "fn": {
                "base": "0",
                "rate": "-unsold_share",
                "column": "value",
                "says": "We do not call, and the guest cancels: part of the room stays unsold.",
            },
            "tn": {
                "base": "0",
                "rate": "0",
                "column": None,
                "says": "We do not call, and the guest comes: nothing is spent.",
            },
        },
        "threshold": {"kind": "per_row"},
        "baseline": "act_on_none",
        "per": "case",
    }


def news() -> None:
    """What came in once the first figures were there: the last month counted to its end, and growth stated anew."""
    owner, manager = Product.objects.get(slug=CALLS), User.objects.get(username="manager")
    growth = Assumption.objects.get(product=owner, key="growth")
    if growth.versions.count() > 1:
        return
    (first,) = growth.versions.all()
    low, high = next((low, high) for key, _, _, low, high, _ in ASSUMPTIONS if key == "growth")
    with transaction.atomic():
        volume, years = KPI.objects.get(product=owner, key="bookings"), moved_on() or 0
        counted = rows.months(None, years)[-1:]
        kpis.import_actuals(manager, volume, values=counted, source=steps.moved(steps.DATA, years))
        known: dict[str, Any] = {"owner": first.owner, "source": first.source, "valid_until": first.valid_until}
        kpis.update_assumption(manager, growth, distribution={"kind": "interval90", "low": low, "high": high}, **known)


def _deposits(who: dict[str, User], owner: Product, years: int) -> None:
    """The product whose money rests on an opinion: nobody has said where its rate comes from."""
    manager, scientist = who["manager"], who["scientist"]
    saved = "Share of a cancelled stay that a deposit saves"
    steps.assumption(manager, owner, "saved_share", saved, "share", 0.02, 0.10, owner="", source="")
    value = steps.kpi(
        manager, owner, "value_per_booking", "Value per booking", "EUR/booking", "ratio", "deposits against none"
    )
    volume = steps.kpi(manager, owner, "bookings", "Bookings", "booking", "sum", "arrivals at the resort in the month")
    steps.actuals(manager, volume, rows.months("Resort Hotel", years), years)
    cells = {
        "tp": {
            "base": "-0.5",
            "rate": "saved_share",
            "column": "value",
            "says": "We ask a guest who cancels: we keep a part.",
        },
        "fp": {"base": "-0.5", "says": "We ask a guest who comes: it costs a message."},
        "fn": {"base": "0", "says": "We do not ask, and the guest cancels: the yardstick."},
        "tn": {"base": "0", "says": "We do not ask, and the guest comes: nothing happens."},
    }
    definition = {
        "kind": "value_matrix",
        "cells": cells,
        "threshold": {"kind": "fixed", "at": 0.5},
        "baseline": "act_on_none",
        "per": "case",
    }
    steps.approved(
        scientist, manager, value, "Value per request", definition, "a first guess, its rate has no source yet"
    )
    if not Projection.objects.filter(product=owner).exists():
        projections.set_projection(manager, owner, value_kpi=value, volume_kpi=volume)
