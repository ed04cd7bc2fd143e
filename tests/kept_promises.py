"""Decisions that were signed, and the money that came after: fixtures of `conftest.py` in a file of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from metrics.models.evaluation import EvaluationRun, Model
from metrics.models.product import Product
from metrics.models.selection import Decision
from metrics.services.kpi import kpis
from metrics.services.revenue import projections
from metrics.services.selection import decisions, rounds, terms

SPRING = {"2017-04": 31_000.0, "2017-05": 52_000.0, "2017-06": 45_000.0}


class Deciding:
    """`world` as it is made ready for decisions, and what comes after them."""

    def __init__(self, world: Any, rows: Callable[..., pd.DataFrame], monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.rows, self.monkeypatch = world, rows, monkeypatch
        self.product, self.people = world.product, world.people

    def on(self, *day: int) -> None:
        """That day it is, for every product."""
        self.monkeypatch.setattr(Product, "today", lambda _: date(*day))

    def counts_money(self) -> None:
        """The product has a KPI for the money that came."""
        manager, product = self.people["manager"], self.product
        money = kpis.create_kpi(manager, product, key="money", name="Money", unit="EUR", aggregation="sum")
        growth = product.assumptions.get(key="growth")
        of = {"value_kpi": self.world.value, "volume_kpi": self.world.volume, "revenue_kpi": money, "growth": growth}
        projections.set_projection(manager, product, **of)
        self.world.compute()

    def brought(self, amounts: Mapping[str, float]) -> None:
        """The money of months, as the business counted it."""
        values = [(date.fromisoformat(f"{month}-01"), Decimal(f"{amount:.2f}")) for month, amount in amounts.items()]
        kpis.import_actuals(self.people["manager"], self.product.kpis.get(key="money"), values=values, source="ledger")

    def candidate(self, name: str, shift: float, frame: pd.DataFrame | None = None, version: str = "") -> Any:
        """A run that is computed, of a version of the same name where no other is named."""
        rows = self.rows(shift=shift) if frame is None else frame
        told = {"name": name, "version": version or name, "where": {"split": "test"}}
        self.world.log(self.people["scientist"], self.product, rows, **told)
        self.world.compute()
        return EvaluationRun.objects.get(name=name)

    def terms(self) -> None:
        """Terms that two have signed."""
        manager, scientist = self.people["manager"], self.people["scientist"]
        draft = terms.create(manager, Model.objects.get())
        for act, who in ((terms.propose, manager), (terms.endorse, scientist), (terms.approve, manager)):
            draft = act(who, draft, seen=draft.digest)

    def signed(self, run: Any, *day: int) -> Any:
        """A decision for a run, signed by all three on a day."""
        manager = self.people["manager"]
        made = decisions.open_(manager, Model.objects.get())
        rounds.close(manager, made)
        made = decisions.propose(manager, made, run, reason="it calls fewer guests")
        decisions.assent(self.people["scientist"], made, seen=made.digest)
        return self.dated(decisions.sign(self.people["executive"], made, seen=made.digest), *day)

    def dated(self, made: Any, *day: int) -> Any:
        """A signed decision, signed on another day; what it led to is computed."""
        at = datetime(*day, 12, tzinfo=UTC)  # type: ignore[misc, arg-type]
        Decision.objects.filter(pk=made.pk).update(proposed_at=at, signed_at=at)
        self.world.compute()
        return Decision.objects.get(pk=made.pk)


@pytest.fixture
def deciding(world: Any, rows: Callable[..., pd.DataFrame], monkeypatch: pytest.MonkeyPatch) -> Deciding:
    """See `Deciding`: on 10 March 2017 terms are in force, and a rival of the champion, "second", is scored."""
    found = Deciding(world, rows, monkeypatch)
    found.on(2017, 3, 10)
    found.candidate("second", 0.03)
    found.terms()
    return found


@pytest.fixture
def chosen(deciding: Deciding) -> Any:
    """A decision for "second", signed on 10 March 2017, in a product that counts its money."""
    deciding.counts_money()
    return deciding.signed(EvaluationRun.objects.get(name="second"), 2017, 3, 10)
