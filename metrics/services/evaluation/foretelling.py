"""Making what the scores of runs foretell: a file a run, anew whenever the policy of the mapping in force changes."""

from __future__ import annotations

from collections.abc import Iterable

from metrics import jobs
from metrics.models.evaluation import Artifact, EvaluationRun
from metrics.models.product import Product
from metrics.models.work import Work
from metrics.queries.documents.foretold import foretold
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.rows import not_held
from metrics.services.writing.ledger import Ledger


def ask(product: Product) -> None:
    """Ask for what the runs of a product lack."""
    if _missing(Known(product)):
        jobs.ask("foretold", product.pk, product=product)


def foretell(work: Work) -> None:
    """Make what the runs of a product lack. Done with the files."""
    known = Known(Product.objects.get(pk=work.scope))
    make(known, known.with_rows)
    jobs.finish(work)


def make(known: Known, runs: Iterable[EvaluationRun]) -> None:
    """Make the files of some runs."""
    for wanted in _missing(known, runs):
        Ledger(known.book).content(wanted)


def _missing(known: Known, runs: Iterable[EvaluationRun] | None = None) -> list[str]:
    """Digests of what should exist and does not."""
    looked_at = list(known.with_rows if runs is None else runs)
    gone = not_held(looked_at)
    documents = (foretold(run, known) for run in looked_at if run.rows not in gone)
    wanted = [known.book.add(document) for document in documents if document is not None]
    have = set(Artifact.objects.filter(digest__in=wanted).values_list("digest", flat=True))
    return [one for one in dict.fromkeys(wanted) if one not in have]
