"""Causes: the value under a projection with one cause of its spread at a time, and with assumptions moved.

Causes are the rows of the test ("sampling"), how well pairs predict each calibrated KPI ("mapping:" and its key: what
refits and left-over errors add, apart from the noise of the metric that it is read off), and each assumption by its
key. All others stand at their points, so that a cause's draws are the value with it alone drawn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from metrics.core import replay
from metrics.core.documents import Document, Source
from metrics.core.draws import K
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.formula import estimate, parse
from metrics.core.kpi import calibration_document
from metrics.core.kpi.decisions import CellName, CellValue, Decisions
from metrics.core.kpi.matrix import cells_at
from metrics.core.kpi.summed import SUMMED
from metrics.core.kpi.value import value_share

SAMPLING, MAPPING = "sampling", "mapping:"
NOT_APART = "the causes of its spread cannot be told apart"


class Value:
    """The value a case that a KPI document stands for, whatever its mapping: matrix, cost, calibration or formula."""

    def __init__(self, document: Document, source: Source) -> None:
        self.document, self.source = document, source
        self._sums: dict[str, Decisions] = {}
        self._cubes: dict[str, Sums] = {}
        self._metrics: dict[str, Quantity] = {}
        under = list(self._under(document))
        self.assumptions = {key: held for one in under for key, held in self._assumptions(one)}
        self.mappings = tuple(
            dict.fromkeys(MAPPING + one["kpi"] for one in under if _kind(one) == calibration_document.KIND)
        )

    @property
    def sums(self) -> Decisions | None:
        """The decisions that the value is made of; None where it is no value matrix."""
        return self._decisions(self.document) if "decisions" in self.document else None

    def at(self, moved: Mapping[str, float]) -> Quantity:
        """The value without any spread, with assumptions moved."""
        return self._read(self.document, "", moved)

    def alone(self, cause: str) -> Quantity:
        """The value with this cause drawn and all others at their points; Unknown where that cannot be told."""
        return self._read(self.document, cause, {})

    def season(self, moved: Mapping[str, float]) -> dict[str, float]:
        """Calendar month → its value as a multiple of the value over all rows, with assumptions moved."""
        return replay.season(self.document, self.sums, self._cells(self.document, moved) if self.sums else None)

    def _under(self, document: Document) -> Iterator[Document]:
        """The KPI documents under one, itself first."""
        yield document
        for operand in document.get("operands", {}).values():
            if "result" in operand and _kind(found := self.source.document(operand["result"])):
                yield from self._under(found)

    @staticmethod
    def _assumptions(document: Document) -> Iterator[tuple[str, Estimate]]:
        operands = document.get("operands", {}).values()
        for held in (
            *document.get("assumptions", {}).values(),
            *(o["assumption"] for o in operands if "assumption" in o),
        ):
            yield held["id"], replay.assumption(held, document["seed"])

    def _read(self, document: Document, cause: str, moved: Mapping[str, float]) -> Quantity:
        if "unknown" in document:
            return Unknown(document["unknown"])
        match _kind(document):
            case "":
                found = self._metric(document)
                return found if cause == SAMPLING or isinstance(found, Unknown) else _sure(found)
            case "value_matrix":
                return self._priced(document, cause, moved)
            case kind if kind in SUMMED:
                return self._summed(document, cause, moved)
            case calibration_document.KIND:
                (metric,) = document["operands"].values()
                read = self._operand(metric, document, cause, moved)
                certain = cause != MAPPING + document["kpi"]
                return calibration_document.prediction(document, read, certain=certain).quantity
            case "formula":
                operands = document["operands"]
                units = {name: held["unit"] for name, held in operands.items()}
                read_off = {name: self._operand(held, document, cause, moved) for name, held in operands.items()}
                return estimate(parse(document["definition"]["text"], units), read_off)
        return Unknown(NOT_APART)

    def _metric(self, document: Document) -> Quantity:
        """Computed once, however often a cause asks for it."""
        key = json.dumps(document, sort_keys=True)
        if key not in self._metrics:
            self._metrics[key] = replay.quantity(document, self.source)
        return self._metrics[key]

    def _operand(self, found: Document, document: Document, cause: str, moved: Mapping[str, float]) -> Quantity:
        if "assumption" in found:
            held = replay.assumption(found["assumption"], document["seed"])
            key = found["assumption"]["id"]
            return held if key == cause else _sure(Estimate(moved.get(key, held.point), held.unit))
        if "unknown" in found:
            return Unknown(found["unknown"])
        under = found["metric"] if "metric" in found else self.source.document(found["result"])
        return self._read(under, cause, moved)

    def _priced(self, document: Document, cause: str, moved: Mapping[str, float]) -> Quantity:
        matrix = replay.matrix(document)
        drawn = {
            key: held.draws for key, held in self._assumptions(document) if key == cause and held.draws is not None
        }
        shares = value_share(
            self._decisions(document),
            self._cells(document, moved),
            self._cells(document, moved, drawn),
            seed=document["seed"],
            baseline=matrix.baseline,
            per=matrix.per,
            unit=matrix.unit,
        )
        return shares.sampling if cause == SAMPLING else shares.assumptions

    def _summed(self, document: Document, cause: str, moved: Mapping[str, float]) -> Quantity:
        """What errors cost, or the money of several classes."""
        known = dict(self._assumptions(document))
        points = {key: moved.get(key, held.point) for key, held in known.items()}
        drawn = {key: held.draws for key, held in known.items() if key == cause and held.draws is not None}
        if (digest := document["cube"]) not in self._cubes:
            self._cubes[digest] = Sums.from_bytes(self.source.content(digest))
        return replay.summed(document).value(
            self._cubes[digest], points, points | drawn, seed=document["seed"], certain=cause != SAMPLING
        )

    def _cells(
        self, document: Document, moved: Mapping[str, float], drawn: Mapping[str, Any] | None = None
    ) -> dict[CellName, CellValue]:
        points = {key: moved.get(key, held.point) for key, held in self._assumptions(document)}
        return cells_at(replay.matrix(document), points | dict(drawn or {}))

    def _decisions(self, document: Document) -> Decisions:
        if (digest := document["decisions"]) not in self._sums:
            self._sums[digest] = Decisions.from_bytes(self.source.content(digest))
        return self._sums[digest]


def _kind(document: Document) -> str:
    """Of a KPI's definition; "" for a metric."""
    return str(document["definition"]["kind"]) if document["kind"] == "kpi" else ""


def _sure(found: Estimate) -> Estimate:
    """The same, its point in every draw."""
    return Estimate(found.point, found.unit, np.full(K, found.point))
