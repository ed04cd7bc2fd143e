"""Names and units that a formula can use: each name means one thing in a product, each unit is one that can be read."""

from __future__ import annotations

from metrics.core.units import UnitError, unit
from metrics.models.evaluation import Metric
from metrics.models.kpi import KPI, Assumption
from metrics.models.product import Product
from metrics.queries.documents.definitions import is_built_in
from metrics.services.writing.refusal import invalid


def check_unit(text: str, field: str = "unit") -> None:
    """Raises Invalid for a text that is no unit."""
    try:
        unit(text)
    except UnitError as error:
        raise invalid(field, str(error), code="units", remedy="such as EUR, EUR/booking, booking, share") from error


def check_free(product: Product, key: str) -> None:
    """A formula finds a thing by its name alone, so metrics, assumptions and KPIs share one space of names."""
    if is_built_in(key):
        raise invalid("key", f"“{key}” is a built-in metric", code="taken", remedy="choose another key")
    if any(table.objects.filter(product=product, key=key).exists() for table in (KPI, Assumption, Metric)):
        raise invalid("key", f"“{key}” is in use in this product", code="taken", remedy="choose another key")
