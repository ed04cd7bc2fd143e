"""What has happened since to what a figure stands on: a run that was withdrawn, a mapping that is not in force."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from zoneinfo import ZoneInfo

from metrics import store
from metrics.core.documents import Document, under
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import MappingVersion
from metrics.models.product import Product
from metrics.queries.documents.known import Known


def standing(document: Document, known: Known) -> tuple[str, ...]:
    """Sentences, the figure's own first; none where all that it stands on still counts."""
    documents = list(_beneath(document, known))
    versions = {name for each in documents if (name := each.get("mapping"))}
    runs = {name for each in documents if (name := each.get("run"))}
    return tuple(chain(_withdrawn(runs, known.product), _not_in_force(versions, known.product)))


def _beneath(document: Document, known: Known) -> Iterator[Document]:
    """A document and the documents of figures under it; those of files name neither run nor mapping."""
    yield document
    for digest in under(document):
        try:
            found = known.source.document(digest)
        except store.Missing:
            continue
        yield from _beneath(found, known)


def _withdrawn(runs: set[str], product: Product) -> Iterator[str]:
    rows = EvaluationRun.objects.filter(product=product, pk__in=runs, state=EvaluationRun.State.WITHDRAWN)
    for run in rows.order_by("withdrawn_at"):
        moment = run.withdrawn_at
        on = f" on {moment.astimezone(ZoneInfo(product.time_zone)):%-d %b %Y}" if moment else ""
        reason = run.withdrawn_reason.rstrip(".")
        yield f"Run {run.name} was withdrawn{on}: {reason}. This figure stood on it, and counts nowhere any more."


def _not_in_force(digests: set[str], product: Product) -> Iterator[str]:
    """Of mapping versions: one that says the same may be in force, under another number."""
    rows = MappingVersion.objects.filter(mapping__product=product, digest__in=digests).select_related("mapping")
    versions = list(rows.order_by("mapping__name", "number"))
    in_force = {row.digest for row in versions if row.state == MappingVersion.State.APPROVED}
    for row in versions:
        if row.digest not in in_force:
            yield f"Version {row.number} of the mapping {row.mapping.name} is not in force: {row.get_state_display()}."
