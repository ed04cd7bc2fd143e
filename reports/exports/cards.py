"""The cards of a KPI and of a model, and the files that they are carried away as."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.utils import timezone

from metrics import access
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import models
from metrics.queries.kpi import catalogue
from reports.exports import hugging_face, markdown, pdf, plain
from reports.exports.document import Document
from reports.exports.documents import kpi_card, model_card

if TYPE_CHECKING:
    from metrics.models.product import Product, User

MARKDOWN = "text/markdown; charset=utf-8"
# What an address may end in → the type of the file, and what writes it.
FORMS: dict[str, tuple[str, Callable[[Document], bytes]]] = {
    "md": (MARKDOWN, markdown.written),
    "pdf": ("application/pdf", pdf.written),
    "json": ("application/json", plain.written),
}
HUB = "hf.md"
NAMES = {"md": "Markdown", "pdf": "PDF", "json": "JSON", HUB: "Hugging Face"}


def of_kpi(user: User, product: Product, key: str) -> Document:
    return kpi_card.document(user, catalogue.kpi(product, key), Known(product), today=timezone.localdate())


def of_model(user: User, product: Product, key: str) -> tuple[Document, model_card.Facts]:
    facts = model_card.Facts(user, models.by_key(product, key), Known(product))
    return model_card.told(facts, today=timezone.localdate()), facts


def kpi(user: User, product: Product, key: str, form: str) -> tuple[str, bytes]:
    """The card of a KPI as a file. Raises Hidden for a form that there is not."""
    kind, written = access.there(FORMS.get(form))
    return kind, written(of_kpi(user, product, key))


def model(user: User, product: Product, key: str, form: str) -> tuple[str, bytes]:
    """The card of a model as a file. Raises Hidden for a form that there is not."""
    if form == HUB:
        document, facts = of_model(user, product, key)
        return MARKDOWN, hugging_face.written(document, facts.model.name, model_card.results(facts))
    kind, written = access.there(FORMS.get(form))
    return kind, written(of_model(user, product, key)[0])
