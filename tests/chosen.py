"""Data sets of `KPI_SHARED/data` as candidates of one model, with the KPIs and terms that their references name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from metrics.models.evaluation import EvaluationRun, Model
from metrics.queries.documents.known import Known
from metrics.queries.selection import terms
from metrics.queries.selection.desk import Desk, desk
from metrics.services.evaluation import promotion, registry, runs
from metrics.services.evaluation.rows import File
from metrics.services.kpi import kpis, mappings

COSTS = {"tp": "tp_cost", "fp": "fp_cost", "fn": "fn_cost", "tn": "tn_cost"}
ACTED = "mean(p > (fp_cost - tn_cost) / ((fp_cost - tn_cost) + (fn_cost - tp_cost)))"
ROLES = {"log_loss": "data_scientist", "acted": "project_manager", "profit": "executive"}


@dataclass
class Choice:
    """A model whose runs are those of a data set; the champion is the run named."""

    product: Any
    people: dict[str, Any]
    compute: Callable[[], int]

    def log(self, folder: Path, *, model: str, **manifest: Any) -> None:
        """Log every file of predictions as a version of its own."""
        for path in sorted((folder / "predictions").glob("*.parquet")):
            told = {"model": model, "version": path.stem, "name": path.stem} | manifest
            runs.log_run(self.people["scientist"], self.product, manifest=told, file=File(path=path, name=path.name))

    def promote(self, name: str) -> None:
        run = EvaluationRun.objects.get(product=self.product, name=name)
        promotion.promote(self.people["manager"], run.version)

    def kpi(self, key: str, unit: str, definition: dict[str, Any], direction: str = "up") -> None:
        """A KPI with a mapping in force."""
        scientist, manager = self.people["scientist"], self.people["manager"]
        made = kpis.create_kpi(manager, self.product, key=key, name=key, unit=unit, direction=direction)
        draft = mappings.create_mapping(scientist, self.product, kpi=made, name=key, definition=definition)
        mappings.propose(scientist, draft, seen=draft.digest)
        mappings.approve(manager, draft, seen=draft.digest)

    def acted(self) -> None:
        """The share acted upon, as a metric of the product's own."""
        told = {"key": "acted", "name": "acted", "direction": "down", "unit": "share", "formula": ACTED}
        registry.register_metric(self.people["scientist"], self.product, task="binary", **told)

    def profit(self) -> None:
        """Profit, as the references have it: minus the row's cost, decided by it."""
        cells = {cell: {"rate": "-1", "column": column} for cell, column in COSTS.items()}
        matrix = {"kind": "value_matrix", "cells": cells, "threshold": {"kind": "per_row"}, "baseline": "none"}
        self.kpi("profit", "EUR/booking", {**matrix, "per": "case"})

    def assume(self, **points: tuple[str, float]) -> None:
        """Assumptions whose mean is known: key → unit and mean, with a spread of a tenth about it."""
        for key, (unit, mean) in points.items():
            distribution = {"kind": "interval90", "low": 0.9 * mean, "high": 1.1 * mean}
            told = {"key": key, "name": key, "unit": unit, "distribution": distribution, "source": "a study"}
            kpis.create_assumption(self.people["manager"], self.product, owner="sales", **told)

    def value_by_assumptions(self) -> None:
        """The same money, with its prices as assumptions over the row's value: decided by them, too."""
        hit = {"base": "-call_cost", "rate": "-((1 - keep_rate) * unsold + keep_rate * offer)", "column": "value"}
        cells = {
            "tp": hit,
            "fp": {"base": "-call_cost", "rate": "-offer", "column": "value"},
            "fn": {"rate": "-unsold", "column": "value"},
            "tn": {},
        }
        matrix = {"kind": "value_matrix", "cells": cells, "threshold": {"kind": "per_row"}, "baseline": "none"}
        self.kpi("by_assumptions", "EUR/booking", {**matrix, "per": "case"})

    def objectives(self, smallest: dict[str, float] | None = None) -> list[dict[str, Any]]:
        """Those of the references: the log loss, the share acted upon and the profit."""
        figures = {
            "log_loss": {"kind": "metric", "metric": "log_loss"},
            "profit": {"kind": "kpi", "kpi": "profit"},
            "acted": {"kind": "metric", "metric": "acted"},
        }
        return [
            {"figure": figure, "role": ROLES[key], "smallest": (smallest or {}).get(key, 0.0)}
            for key, figure in figures.items()
        ]

    def desk(self, **definition: Any) -> Desk:
        known, model = Known(self.product), Model.objects.get(product=self.product)
        return desk(known, model, terms.read(definition, known, model))


@pytest.fixture
def choice(product: Any, people: dict[str, Any], compute: Callable[[], int]) -> Choice:
    """An empty product in which a data set's runs are chosen among."""
    return Choice(product, people, compute)
