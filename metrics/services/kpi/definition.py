"""Checking a mapping's definition against what the product has: names, units, columns, and no KPI that needs itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrics.core.formula import FormulaError
from metrics.core.kpi.kind import MappingKind, Reading
from metrics.core.kpi.kinds import KINDS
from metrics.core.kpi.matrix import MappingError
from metrics.core.numerals import plain
from metrics.core.unit_names import unit_words
from metrics.core.units import same
from metrics.models.evaluation import Model
from metrics.models.kpi import KPI
from metrics.queries.documents import rounds
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import names_own
from metrics.queries.documents.vocabulary import vocabulary
from metrics.services.writing.refusal import Fault, Invalid, invalid


@dataclass(frozen=True)
class Checked:
    """A definition that is complete, as it is stored and signed, and the model whose champion it is read from."""

    definition: dict[str, Any]
    model: Model | None


def checked(kpi: KPI, definition: Mapping[str, Any], known: Known, *, model: str = "") -> Checked:
    """The definition with its model. Raises Invalid naming the field and the position in it.

    model: the key, or the name, of the one that it names; "" for the only one, or none where it names each in its text.
    """
    kind = KINDS.get(str(definition.get("kind")))
    if kind is None:
        told = f"“{str(definition.get('kind'))[:40]}” is no kind of mapping"
        raise invalid("definition.kind", told, remedy="one of " + ", ".join(KINDS))
    try:
        reading = kind.read(definition, vocabulary(kpi, known))
    except FormulaError as error:
        fault = Fault(field="definition.text", message=error.message, code=error.code, position=error.position)
        raise Invalid(fault) from error
    except MappingError as error:
        raise Invalid(
            Fault(
                field=f"definition.{error.field}",
                message=error.message,
                code=error.code,
                position=error.position,
                remedy=error.remedy,
            )
        ) from error
    _agree(kpi, reading, kind.unit_from)
    _no_circle(kpi, reading.names, known)
    return Checked(reading.definition(), _model(model, kind, reading.names, known))


def _model(asked: str, kind: MappingKind, names: frozenset[str], known: Known) -> Model | None:
    """The model that a definition names; where nothing is asked for the product's only one, or the only one of several
    that has a champion."""
    models = list(known.models.values())
    remedy = "one of " + ", ".join(known.models) if models else "log a run of it first"
    if asked:
        found = known.models.get(asked) or next((model for model in models if model.name == asked), None)
        if found is None:
            message = f"there is no model “{asked[:60]}” in this product"
            raise invalid("model", message, code="unknown", remedy=remedy)
        return found
    if len(models) > 1 and names_own(kind, names, known):
        in_force = [model for model in models if model.pk in known.standing]
        if len(in_force) == 1:
            return in_force[0]
        message = "the product has several models: say whose champion it is read from"
        raise invalid("model", message, code="required", remedy=remedy)
    return models[0] if len(models) == 1 else None


def _said(unit: str, nothing: str = "a pure number") -> str:
    return plain(unit_words(unit)) or nothing


def _agree(kpi: KPI, reading: Reading, field: str) -> None:
    unit, reckoned = reading.unit, reading.reckoned()
    if not same(unit, kpi.unit):
        because = f" ({reckoned} is {_said(unit)}, not {_said(kpi.unit)})" if reckoned else ""
        raise Invalid(
            Fault(
                field=f"definition.{field}",
                code="units",
                position=0,
                message=f"gives {_said(unit)}, but {kpi.name} is in {_said(kpi.unit, 'pure numbers')}{because}",
                remedy=f"make it {_said(kpi.unit)}, or choose a KPI in {_said(unit, 'pure numbers')}",
            )
        )


def _no_circle(kpi: KPI, names: frozenset[str], known: Known) -> None:
    """Refuse a mapping through which a KPI would, in the end, be computed from itself, or through too many others.

    The others are taken as they are in force, and as they are proposed or endorsed; drafts are nobody's word yet.
    """
    under, others = names & (known.kpis.keys() | {kpi.key}), rounds.open_names(known)

    def edges(key: str) -> frozenset[str]:
        return others.get(key, frozenset())

    if way := rounds.round_trip(kpi.key, under, edges):
        told = f"{kpi.key} would be computed from itself: {rounds.in_words(way)}"
        remedy = "leave out one of these, or change what the others are computed from (in force or proposed) first"
        raise invalid("definition.text", told, code="circle", remedy=remedy)
    if rounds.depth(under, edges) > rounds.MOST_DEEP:
        told = f"{kpi.key} would be computed through more than {rounds.MOST_DEEP} KPIs, one under the other"
        raise invalid(
            "definition.text", told, code="deep", remedy="name metrics or assumptions instead of KPIs of KPIs"
        )
