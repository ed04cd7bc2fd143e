"""What a mapping may name: assumptions, KPIs, metrics of the model that it names, and those of any model by its key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar

from metrics.core.formula import Measured
from metrics.core.kpi.kind import Vocabulary
from metrics.models.kpi import KPI
from metrics.queries.documents import aspects
from metrics.queries.documents.baselines import BaselineRuns
from metrics.queries.documents.known import Known

V = TypeVar("V")


def vocabulary(of: KPI, known: Known) -> Vocabulary:
    """What a mapping of this KPI may name; a KPI never names itself."""
    return Vocabulary(
        currency=known.product.currency,
        case=known.product.case_noun,
        unit=of.unit,
        assumptions={key: row.assumption.unit for key, row in known.assumptions.items()},
        metrics=Late(lambda: {key: row.unit for key, row in known.metrics.items()}),
        of_models=OfModels(known),
        kpis=Late(lambda: {key: row.unit for key, row in known.kpis.items() if key != of.key}),
        measured=Late(lambda: known.once("measured", lambda: _measured(known))),
        runs=BaselineRuns(known.product),
    )


class OfModels(Mapping[str, str]):
    """`fraud.recall` → unit, of every metric of every model; there may be thousands, and few are asked for."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def __getitem__(self, name: str) -> str:
        model, _, metric = name.partition(".")
        if model not in self._known.models:
            raise KeyError(name)
        return self._known.metrics[metric].unit

    def __iter__(self) -> Iterator[str]:
        return (f"{model}.{metric}" for model in self._known.models for metric in self._known.metrics)

    def __len__(self) -> int:
        return len(self._known.models) * len(self._known.metrics)


def _measured(known: Known) -> Measured:
    own = aspects.measured(known.metrics)
    return {**own, **{f"{model}.{key}": may for model in known.models for key, may in own.items()}}


class Late(Mapping[str, V]):
    """A mapping that is read when it is first asked: most kinds name assumptions alone."""

    def __init__(self, read: Callable[[], Mapping[str, V]]) -> None:
        self._read = read

    @cached_property
    def _held(self) -> Mapping[str, V]:
        return self._read()

    def __getitem__(self, key: str) -> V:
        return self._held[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)
