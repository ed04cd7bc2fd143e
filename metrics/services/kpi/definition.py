"""Checking a mapping's definition against what the product has: names, units, columns, and no KPI that needs itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metrics.core.formula import FormulaError
from metrics.core.kpi.kind import Reading
from metrics.core.kpi.kinds import KINDS, kind_of
from metrics.core.kpi.matrix import MappingError
from metrics.core.units import same
from metrics.models.kpi import KPI
from metrics.queries.documents.known import Known
from metrics.queries.documents.kpi import vocabulary
from metrics.services.writing.refusal import Fault, Invalid, invalid


def checked(kpi: KPI, definition: Mapping[str, Any], known: Known) -> dict[str, Any]:
    """The definition, complete, as it is stored and signed. Raises Invalid naming the field and the position in it."""
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
    return reading.definition()


def _agree(kpi: KPI, reading: Reading, field: str) -> None:
    unit, reckoned = reading.unit, reading.reckoned()
    if not same(unit, kpi.unit):
        because = f" ({reckoned} is {unit or 'a pure number'}, not {kpi.unit or 'a pure number'})" if reckoned else ""
        raise Invalid(
            Fault(
                field=f"definition.{field}",
                code="units",
                position=0,
                message=f"gives {unit or 'a pure number'}, but {kpi.name} is in {kpi.unit or 'pure numbers'}{because}",
                remedy=f"make it {kpi.unit or 'a pure number'}, or choose a KPI in {unit or 'pure numbers'}",
            )
        )


def _no_circle(kpi: KPI, names: frozenset[str], known: Known) -> None:
    """Refuse a mapping through which a KPI would, in the end, be computed from itself."""
    waiting, seen = list(names), set()
    while waiting:
        name = waiting.pop()
        if name == kpi.key:
            raise invalid("definition.text", f"{kpi.key} would be computed from itself", code="circle")
        if name in known.approved and name in known.kpis and name not in seen:
            seen.add(name)
            version = known.approved[name]
            under = kind_of(version.definition).read(version.definition, vocabulary(version.mapping.kpi, known))
            waiting.extend(under.names)
