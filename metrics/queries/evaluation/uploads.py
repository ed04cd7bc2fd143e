"""Reading the files that a person sends in parts. Nobody else sees them."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from metrics import access
from metrics.models.product import Product, User
from metrics.models.upload import Upload, UploadPart
from metrics.models.work import Work

KIND = "upload"  # of the work that takes a file whose parts are all there


def uploads(user: User, product: Product) -> QuerySet[Upload]:
    """A person's own uploads in a product."""
    found = Upload.objects.filter(product=product, created_by=user).select_related("product", "run", "data_set")
    return found.prefetch_related("parts")


def one(user: User, product: Product, key: str) -> Upload:
    """One of them. Raises Hidden."""
    return access.there(uploads(user, product).filter(pk=key).first())


def given_up(upload: Upload) -> str:
    """Why the check of an upload was given up, and waits for an administrator; "" where it was not."""
    parked = Work.objects.filter(kind=KIND, scope=upload.pk, state=Work.State.PARKED)
    return parked.values_list("error", flat=True).first() or ""


def missing(upload: Upload) -> list[int]:
    """Numbers of the parts that are not there yet."""
    there = set(upload.parts.values_list("number", flat=True))
    return [number for number in range(1, upload.parts_in_all + 1) if number not in there]


def named_files() -> Iterator[str]:
    """Digests of the parts that are there."""
    yield from UploadPart.objects.values_list("digest", flat=True).iterator()
