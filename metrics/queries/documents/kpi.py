"""The documents of KPIs: a run under a mapping version, made from what is known now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

from metrics.core.assumptions import assumption
from metrics.core.documents import Document
from metrics.core.engine import ENGINE
from metrics.core.formula import EvaluationError, FormulaError, aspect
from metrics.core.kpi.kind import Vocabulary
from metrics.core.kpi.kinds import kind_of
from metrics.core.kpi.matrix import MappingError
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI, MappingVersion
from metrics.queries.documents import aspects, calibration, evaluation
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import NO_APPROVED, Known

V = TypeVar("V")


def kpi(book: Book, run: EvaluationRun, version: MappingVersion, known: Known) -> str:
    """The document of a KPI of one run under one mapping version."""
    mine, product = version.mapping.kpi, known.product
    document: dict[str, Any] = {
        "kind": "kpi",
        "product": product.slug,
        "kpi": mine.key,
        "mapping": version.digest,
        "run": run.pk,
        "definition": version.definition,
        "unit": mine.unit,
        "currency": product.currency,
        "case": product.case_noun,
        "seed": product.seed,
        "engine": ENGINE,
    }
    kind, facts = kind_of(version.definition), RunFacts(book, run, mine, known)
    try:
        reading = kind.read(version.definition, facts.vocabulary)
        return book.add(document | kind.parts(reading, facts))
    except (FormulaError, MappingError, EvaluationError) as error:
        return book.add(document | {"unknown": str(error)[:500]})


def vocabulary(of: KPI, known: Known) -> Vocabulary:
    """What a mapping of this KPI may name; a KPI never names itself."""
    return Vocabulary(
        currency=known.product.currency,
        case=known.product.case_noun,
        unit=of.unit,
        assumptions={key: row.assumption.unit for key, row in known.assumptions.items()},
        metrics=Late(lambda: {key: row.unit for key, row in known.metrics.items()}),
        kpis=Late(lambda: {key: row.unit for key, row in known.kpis.items() if key != of.key}),
        measured=Late(lambda: aspects.measured(known.metrics)),
    )


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


class RunFacts:
    """What the document of one KPI of a run is made from; see `core.kpi.kind.Facts`."""

    def __init__(self, book: Book, run: EvaluationRun, of: KPI, known: Known) -> None:
        self.book, self.run, self.kpi, self.known = book, run, of, known
        self.rows, self.task, self.seed = run.rows, run.task, known.product.seed
        self.vocabulary = vocabulary(of, known)

    def add(self, document: Document) -> str:
        shared = {"rows": self.run.rows, "time_zone": self.known.product.time_zone, "engine": ENGINE}
        return self.book.add({**document, **shared})

    def cube(self) -> str:
        return evaluation.cube(self.book, self.run)

    def assumption(self, key: str) -> Document:
        return evaluation.assumption(self.known.assumptions[key])

    def point(self, key: str) -> float:
        return assumption(self.assumption(key), self.seed).point

    def operand(self, name: str) -> Document:
        """An assumption, the KPI of the same run by its mapping in force, or a metric of the run; with its unit."""
        if (part := aspect(name)) is not None:
            asked = aspects.operand(self.run, part, cube=self.cube() if self.run.rows else "")
            return asked | {"unit": self.vocabulary.metrics[part.metric]}
        unit = {"unit": self.vocabulary.names.get(name, "")}
        if name in self.known.assumptions:
            return {"assumption": self.assumption(name), **unit}
        if name in self.vocabulary.kpis:
            return {**self._of_kpi(name), **unit}
        return {"result": evaluation.metric(self.book, self.run, name), **unit}

    def _of_kpi(self, name: str) -> Mapping[str, Any]:
        under = self.known.approved.get(name)
        return (
            {"result": kpi(self.book, self.run, under, self.known)} if under else {"unknown": f"{name}: {NO_APPROVED}"}
        )

    def pairs(self, metric: str, pairs: str) -> Document:
        measured = self.known.metrics.get(metric)
        rows = self.known.pairs.get((self.kpi.key, metric, pairs), [])
        return calibration.part(rows, increasing=measured is None or measured.direction == self.kpi.direction)
