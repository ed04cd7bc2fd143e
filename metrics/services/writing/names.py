"""Names and units that a formula can use: each name means one thing in a product, each unit is one that can be read.

A model is called what its people call it, in any letters; in formulas it has a key, which is made from that name once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from django.core.exceptions import ValidationError

from metrics.core.formula import RESERVED
from metrics.core.units import UnitError, misspelt, noun, unit
from metrics.models.evaluation import Metric, Model
from metrics.models.kpi import KPI, Assumption
from metrics.models.product import Product, key_name
from metrics.queries.documents.definitions import is_built_in
from metrics.services.writing.refusal import invalid


def check_unit(text: str, field: str = "unit") -> None:
    """Raises Invalid for a text that is no unit, or a symbol without its capitals."""
    try:
        unit(text)
    except UnitError as error:
        remedy = "give a unit such as EUR, EUR/booking, booking, GW, half hour or share"
        raise invalid(field, str(error), code="units", remedy=remedy) from error
    if meant := misspelt(text):
        raise invalid(field, f"“{text[:40]}” has a unit without its capitals", code="units", remedy=f"write {meant}")


def counting_noun(text: str, field: str) -> str:
    """What one row is, as units write it: "half hour" is half_hour. Raises Invalid for what is no noun."""
    try:
        return noun(text)
    except UnitError as error:
        raise invalid(field, str(error), code="units") from error


def check_free(product: Product, key: str) -> None:
    """A formula finds a thing by its name alone, so metrics, assumptions and KPIs share one space of names."""
    if is_built_in(key):
        raise invalid("key", f"“{key}” is a built-in metric", code="taken", remedy="choose another key")
    if any(table.objects.filter(product=product, key=key).exists() for table in (KPI, Assumption, Metric)):
        raise invalid("key", f"“{key}” is in use in this product", code="taken", remedy="choose another key")


LONGEST_KEY = 60


def free_key(product: Product, name: str, *, word: str) -> str:
    """A key that nothing of the product has, for a KPI or an assumption of this name; word: it begins so at need."""
    taken = {key for table in (KPI, Assumption, Metric) for key in _keys(table, product)}
    key = model_key(name, taken, word=word)
    return model_key(f"{word} {name}", taken, word=word) if is_built_in(key) else key


def _keys(table: type[KPI | Assumption | Metric], product: Product) -> list[str]:
    return list(table.objects.filter(product=product).values_list("key", flat=True))


def free_model_key(product: Product, name: str) -> str:
    """A key that no other model of the product has, for one of this name."""
    return model_key(name, set(Model.objects.filter(product=product).values_list("key", flat=True)))


def is_key(text: str) -> bool:
    """Whether a text is a key: what a formula can write."""
    try:
        key_name(text)
    except ValidationError:
        return False
    return True


def model_key(name: str, taken: Collection[str] = (), *, word: str = "model") -> str:
    """A name as a formula can write it: "Fraud detector v2" is fraud_detector_v2; "Модель" model, and then model_2.

    Accents are left out, what is no letter or digit becomes _; it starts with a letter, or else with `word`, and is no
    word of the language.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST_KEY].rstrip("_")
    if not key or not key[0].isalpha() or key in RESERVED:
        key = f"{word}_{key}"[:LONGEST_KEY].rstrip("_")
    found, number = key, 1
    while found in taken:
        number += 1
        end = f"_{number}"
        found = f"{key[: LONGEST_KEY - len(end)]}{end}"
    return found
