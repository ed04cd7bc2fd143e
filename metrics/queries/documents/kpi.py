"""The documents of KPIs: a run under a mapping version, made from what is known now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from metrics.core import distributions
from metrics.core.documents import Document
from metrics.core.engine import ENGINE
from metrics.core.formula import EvaluationError, FormulaError, aspect
from metrics.core.kpi.kinds import kind_of
from metrics.core.kpi.matrix import MappingError
from metrics.models.evaluation import EvaluationRun, Model
from metrics.models.kpi import MappingVersion
from metrics.queries.documents import aspects, calibration, evaluation
from metrics.queries.documents.baselines import BaselineRuns
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import NO_APPROVED, NO_CHAMPION, Known
from metrics.queries.documents.models import no_champion, own_model, read_only_from, speaks_of, stands_on
from metrics.queries.documents.rounds import troubles
from metrics.queries.documents.vocabulary import vocabulary


def kpi(book: Book, run: EvaluationRun, version: MappingVersion, known: Known) -> str:
    """The document of a KPI of one run under a mapping version, whose other models stand by their champions."""
    if book is not known.book:
        return _kpi(book, run, version, known)
    return known.once(f"kpi {run.pk} {version.pk} {version.digest}", lambda: _kpi(book, run, version, known))


def _kpi(book: Book, run: EvaluationRun, version: MappingVersion, known: Known) -> str:
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
    if not speaks_of(version, run, known):
        return book.add(document | {"unknown": read_only_from(version, known)[:500]})
    kind, facts = kind_of(version.definition), RunFacts(book, run, version, known)
    try:
        reading = kind.read(version.definition, facts.vocabulary)
        return book.add(document | kind.parts(reading, facts))
    except (FormulaError, MappingError, EvaluationError) as error:
        return book.add(document | {"unknown": str(error)[:500]})


class RunFacts:
    """What the document of one KPI is made from; see `core.kpi.kind.Facts`.

    run: the one that stands for its model; every other model is read from its champion. own: that of the model which
    the version names, None where that model has no champion.
    """

    def __init__(self, book: Book, run: EvaluationRun, version: MappingVersion, known: Known) -> None:
        self.book, self.run, self.kpi, self.known = book, run, version.mapping.kpi, known
        self.model = own_model(version, known)
        self.own = self._of(self.model)
        self.rows, self.task = (self.own.rows, self.own.task) if self.own else ("", run.task)
        self.seed, self.vocabulary = known.product.seed, vocabulary(self.kpi, known)

    def _of(self, model: Model | None) -> EvaluationRun | None:
        """The run that a model is read from."""
        if model is None or model.pk == self.run.version.model_id:
            return self.run
        return self.known.champions.get(model.pk)

    def add(self, document: Document) -> str:
        shared = {"rows": self.rows, "time_zone": self.known.product.time_zone, "engine": ENGINE}
        return self.book.add({**document, **shared})

    def cube(self) -> str:
        return evaluation.cube(self.book, self.own or self.run)

    def rows_of(self, run: str) -> str:
        return BaselineRuns(self.known.product).rows_of(run, self.own or self.run)

    def assumption(self, key: str) -> Document:
        return evaluation.assumption(self.known.assumptions[key])

    def point(self, key: str) -> float:
        return distributions.parse(self.assumption(key)["distribution"]).point

    def operand(self, name: str) -> Document:
        """An assumption, another KPI, or a metric of the version's model or of the one named; with its unit."""
        part = aspect(name)
        unit = {"unit": self.vocabulary.names.get(part.metric if part else name, "")}
        if name in self.known.assumptions:
            return {"assumption": self.assumption(name), **unit}
        if name in self.vocabulary.kpis:
            return {**self._of_kpi(name), **unit}
        key, _, metric = (part.metric if part else name).rpartition(".")
        model = self.known.models[key] if key else self.model
        run = self._of(model)
        if run is None:
            return {"unknown": f"{model.name if model else name}: {NO_CHAMPION}", **unit}
        if part is None:
            return {"result": evaluation.metric(self.book, run, metric), **unit}
        cube = evaluation.cube(self.book, run) if run.rows else ""
        return aspects.operand(run, replace(part, metric=metric), cube=cube) | unit

    def _of_kpi(self, name: str) -> Mapping[str, Any]:
        """By its mapping in force: of the same run where that is of one of its models, else of its champion."""
        if why := troubles(self.known).get(name):
            return {"unknown": why}
        under = self.known.approved.get(name)
        if under is None:
            return {"unknown": f"{name}: {NO_APPROVED}"}
        run = self.run if speaks_of(under, self.run, self.known) else stands_on(under, self.known)
        if run is None:
            return {"unknown": no_champion(under, self.known)}
        return {"result": kpi(self.book, run, under, self.known)}

    def pairs(self, metric: str, pairs: str) -> Document:
        measured = self.known.metrics.get(metric)
        rows = self.known.pairs.get((self.kpi.key, metric, pairs), [])
        return calibration.part(rows, increasing=measured is None or measured.direction == self.kpi.direction)
