"""Checking a mapping's definition against what the product has: names, units, columns, and no KPI that needs itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metrics.core.formula import Formula, FormulaError, parse
from metrics.core.kpi.matrix import MappingError, Matrix, parse_matrix
from metrics.core.kpi.summed import SUMMED, parse_summed
from metrics.core.units import same
from metrics.models.kpi import KPI, Assumption, MappingVersion
from metrics.models.product import Product
from metrics.queries.documents import definitions
from metrics.queries.documents.aspects import measured
from metrics.services.kpi import calibration
from metrics.services.writing.refusal import Fault, Invalid, invalid

KINDS = ("value_matrix", "formula", "calibrated", *SUMMED)


def assumption_units(product: Product) -> dict[str, str]:
    return dict(Assumption.objects.filter(product=product).values_list("key", "unit"))


def formula_units(product: Product, *, but: KPI | None = None) -> dict[str, str]:
    """Every name that a formula of this product may use, with its unit; a KPI never uses itself."""
    metrics = {metric.key: metric.unit for metric in definitions.of_product(product)}
    kpis = KPI.objects.filter(product=product).exclude(pk=but.pk if but else None)
    return metrics | assumption_units(product) | dict(kpis.values_list("key", "unit"))


def matrix(product: Product, definition: Mapping[str, Any]) -> Matrix:
    """The value matrix of a definition. Raises MappingError."""
    return parse_matrix(definition, assumption_units(product), product.currency, case=product.case_noun)


def formula(kpi: KPI, definition: Mapping[str, Any]) -> Formula:
    """The formula of a definition. Raises FormulaError."""
    units = formula_units(kpi.product, but=kpi)
    return parse(str(definition.get("text", "")), units, measured(units))


def checked(kpi: KPI, definition: Mapping[str, Any]) -> dict[str, Any]:
    """The definition, complete, as it is stored and signed. Raises Invalid naming the field and the position in it."""
    kind = definition.get("kind")
    if kind == "value_matrix":
        try:
            found = matrix(kpi.product, definition)
        except MappingError as error:
            raise Invalid(
                Fault(field=f"definition.{error.field}", message=error.message, code="mapping", position=error.position)
            ) from error
        _agree(kpi, found.unit, "definition.per")
        return {
            "kind": "value_matrix",
            "cells": {
                name: {"base": cell.base.text, "rate": cell.rate.text, "column": cell.column, "says": cell.says}
                for name, cell in found.cells.items()
            },
            "threshold": dict(found.threshold),
            "baseline": found.baseline,
            "per": found.per,
        }
    if kind in SUMMED:
        return _summed(kpi, definition)
    if kind == "formula":
        try:
            parsed = formula(kpi, definition)
        except FormulaError as error:
            raise Invalid(
                Fault(field="definition.text", message=error.message, code=error.code, position=error.position)
            ) from error
        _agree(kpi, parsed.unit, "definition.text", reckoned=parsed.reckoned())
        _no_circle(kpi, parsed.names)
        return {"kind": "formula", "text": parsed.text, "says": str(definition.get("says", ""))[:300]}
    if kind == "calibrated":
        return calibration.checked(kpi, definition)
    raise invalid("definition.kind", f"“{str(kind)[:40]}” is no kind of mapping", remedy="one of " + ", ".join(KINDS))


def _summed(kpi: KPI, definition: Mapping[str, Any]) -> dict[str, Any]:
    product = kpi.product
    try:
        found = parse_summed(definition, assumption_units(product), product.currency, case=product.case_noun)
    except MappingError as error:
        raise Invalid(
            Fault(field=f"definition.{error.field}", message=error.message, code="mapping", position=error.position)
        ) from error
    _agree(kpi, found.unit, "definition.per")
    return found.definition()


def _agree(kpi: KPI, unit: str, field: str, *, reckoned: str = "") -> None:
    if not same(unit, kpi.unit):
        because = f" ({reckoned} is {unit or 'a pure number'}, not {kpi.unit or 'a pure number'})" if reckoned else ""
        raise Invalid(
            Fault(
                field=field,
                code="units",
                position=0,
                message=f"gives {unit or 'a pure number'}, but {kpi.name} is in {kpi.unit or 'pure numbers'}{because}",
                remedy=f"make it {kpi.unit or 'a pure number'}, or choose a KPI in {unit or 'pure numbers'}",
            )
        )


def _no_circle(kpi: KPI, names: frozenset[str]) -> None:
    """Refuse a formula through which a KPI would, in the end, be computed from itself."""
    texts = {
        version.mapping.kpi.key: version
        for version in MappingVersion.objects.filter(
            mapping__product=kpi.product, state=MappingVersion.State.APPROVED, definition__kind="formula"
        ).select_related("mapping__kpi__product")
    }
    waiting, seen = list(names), set()
    while waiting:
        name = waiting.pop()
        if name == kpi.key:
            raise invalid("definition.text", f"{kpi.key} would be computed from itself", code="circle")
        if name in texts and name not in seen:
            seen.add(name)
            waiting.extend(formula(texts[name].mapping.kpi, texts[name].definition).names)
