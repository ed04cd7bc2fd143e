"""Documents by digest, each made from what is known now."""

from __future__ import annotations

from collections.abc import Iterable

from metrics.core.documents import Document, digest, digests
from metrics.models.evaluation import Metric


class Book(dict[str, Document]):
    """Documents by digest, each added after those that it names."""

    def __init__(self) -> None:
        super().__init__()
        self._custom: dict[str, dict[str, Metric]] = {}

    def add(self, document: Document) -> str:
        name = digest(document)
        self[name] = document
        return name

    def add_each(self, document: Document, field: str, values: Iterable[str]) -> dict[str, str]:
        """Value → digest, of a document with each of some values in a field."""
        made = digests(document, field, values)
        for value, name in made.items():
            self[name] = {**document, field: value}
        return made

    def custom(self, product_id: str) -> dict[str, Metric]:
        """Key → metric that the product defines by a formula; read once."""
        if product_id not in self._custom:
            rows = Metric.objects.filter(product=product_id, kind=Metric.Kind.CUSTOM)
            self._custom[product_id] = {metric.key: metric for metric in rows}
        return self._custom[product_id]
