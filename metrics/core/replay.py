"""Recompute any figure from its document: the one path by which results are made, verified, and verified offline.

A document is plain JSON and names the documents under it by digest, from money down to rows:

    revenue, realised → kpi → decisions   → rows
                            → cube        → rows
                            → metric      → cube, or sums for a custom one → rows
                                          → label_noise                    → rows, votes

Whoever calls gives a Source, which finds documents, files and rows by their digests: the database and the store on a
server, the exported file offline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metrics.core.documents import Document, RowsElsewhere, RowsNotHeld, RowsTooMany, Source
from metrics.core.estimate import Quantity, Unknown
from metrics.core.evaluation import figure
from metrics.core.kpi.pricing import REASON, Pricing, measured
from metrics.core.revenue.projecting import figures


def quantity(document: Document, source: Source) -> Quantity:
    """The figure that a document stands for; Unknown, with the reason, where it cannot be computed."""
    if "unknown" in document:
        return Unknown(document["unknown"])
    try:
        return _quantity(document, source)
    except (RowsElsewhere, RowsTooMany) as why:
        return Unknown(str(why))


def _quantity(document: Document, source: Source) -> Quantity:
    match document["kind"]:
        case "metric" | "reported":
            return measured(document, source)
        case "kpi":
            return Pricing(document, source).value()
        case "revenue" | "realised":
            try:
                return figures(document, source)[document["figure"]]
            except ValueError as error:
                return Unknown(str(error)[:REASON] or "cannot be computed")
    return Unknown(f"no such kind of figure: {document['kind']!r}")


def quantities(documents: Sequence[Document], source: Source) -> list[Quantity]:
    """The figures of several documents, in their order; metrics of one cube are computed together."""
    keys: dict[str, list[str]] = {}
    for document in documents:
        if _of_cube(document):
            keys.setdefault(document["cube"], []).append(document["metric"])
    together: dict[str, Mapping[str, Quantity]] = {}
    computed = []
    for document in documents:
        if not _of_cube(document):
            computed.append(quantity(document, source))
            continue
        cube = document["cube"]
        try:
            if cube not in together:
                together[cube] = figure.measured(document, keys[cube], source)
            computed.append(figure.noisy(together[cube][document["metric"]], document, source))
        except RowsNotHeld as why:
            computed.append(Unknown(str(why)))
    return computed


def _of_cube(document: Document) -> bool:
    return document["kind"] == "metric" and "cube" in document
