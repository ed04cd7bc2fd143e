"""Computing what could take a product's money away: a file made from the champion's rows."""

from __future__ import annotations

from metrics import jobs
from metrics.models.evaluation import Artifact
from metrics.models.product import Product
from metrics.models.work import Work
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.rows import removed
from metrics.queries.revenue import risks
from metrics.services.writing.ledger import Ledger


def ask(product: Product) -> None:
    """Ask for the champion's risks where they are not known yet."""
    known = Known(product)
    digest = risks.document(known)
    if digest and not removed([known.book[digest]["rows"]]) and not Artifact.objects.filter(digest=digest).exists():
        jobs.ask("risk", product.pk, product=product)


def assess(work: Work) -> None:
    """Make the file of the risks as of now. Done with the file."""
    known = Known(Product.objects.get(pk=work.scope))
    digest = risks.document(known)
    if digest and not removed([known.book[digest]["rows"]]):
        Ledger(known.book).content(digest)
    jobs.finish(work)
