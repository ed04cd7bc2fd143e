"""Files that are sent in parts: begun, sent a part at a time, completed, checked by a worker, and forgotten.

A part is a file of the store from when it comes, so that whichever process takes the next one, and whenever, knows of
it. Once all are there a worker puts them together and takes the file as one that came in a request is taken.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from metrics import access, jobs, store
from metrics.models.product import Product, User
from metrics.models.upload import Upload, UploadPart
from metrics.models.work import Work
from metrics.queries.evaluation import uploads as queries
from metrics.services.evaluation import data_sets, runs
from metrics.services.evaluation.rows import File
from metrics.services.writing.refusal import Busy, Conflict, Fault, Invalid, TooLarge, clean, invalid
from metrics.storage import answering

LIVES = timedelta(hours=48)  # from when something of it came last
MOST_OPEN = 8  # of a person in a product
TOLD = 10  # missing parts that are named
PIECE = 1 << 20  # bytes copied at a time
PATIENCE = 60.0  # seconds that a worker waits for a place to check in, each time that it tries
WAITING = (Upload.State.OPEN, Upload.State.REFUSED)


def ends(upload: Upload) -> datetime:
    """When it is forgotten, unless something of it comes before."""
    return upload.touched_at + LIVES


def begin(
    actor: User, product: Product, *, name: str, size: int, digest: str, content_type: str = ""
) -> tuple[Upload, bool]:
    """An upload of a file of so many bytes with this sha256, and whether it is new: the one that the person has begun
    already goes on. Raises TooLarge, and Invalid where too many are open."""
    access.require(actor, "upload.send", product)
    most = settings.UPLOAD_IN_PARTS_MAX_BYTES
    if size > most:
        message = f"has {size:,} bytes, and at most {most:,} are taken"
        remedy = "send fewer columns or rows, or Parquet, or ask for a higher UPLOAD_IN_PARTS_MAX_BYTES"
        raise TooLarge(Fault(field="size", message=message, code="too_large", remedy=remedy))
    waiting = Upload.objects.filter(product=product, created_by=actor, state__in=WAITING)
    upload = waiting.filter(digest=digest, size=size).first()
    new = upload is None
    if upload is None:
        if waiting.count() >= MOST_OPEN:
            message = f"is one more than the {MOST_OPEN} files that you may be sending to a product"
            raise invalid("digest", message, code="too_many", remedy="complete one of them, or end it by DELETE")
        part_bytes = min(settings.UPLOAD_PART_BYTES, settings.UPLOAD_MAX_BYTES)
        upload = Upload(product=product, created_by=actor, size=size, digest=digest, part_bytes=part_bytes)
    upload.name, upload.content_type, upload.touched_at = name, content_type, timezone.now()
    try:
        with transaction.atomic():
            clean(upload, unique=False).save()
    except IntegrityError:  # begun twice at the same moment
        return waiting.get(digest=digest), False
    return upload, new


def receive_part(actor: User, upload: Upload, *, number: int, content: IO[bytes], digest: str) -> UploadPart:
    """Store a part, in place of one of that number; what comes again does no harm.

    Raises Invalid where its size or its sha256 is another than was said.
    """
    access.require(actor, "upload.send", upload.product)
    if not 1 <= number <= upload.parts_in_all:
        raise invalid("number", f"is none of 1 to {upload.parts_in_all:,}", remedy="send the parts that are missing")
    found, size = _sha256(content), content.tell()
    if size != upload.bytes_of(number):
        message = f"has {size:,} bytes, and part {number} of this file has {upload.bytes_of(number):,}"
        raise invalid("body", message, code="size", remedy="send the whole part again")
    if found != digest:
        message = f"says sha256 {digest[:12]}…, and what came has {found[:12]}…"
        raise invalid("Content-Digest", message, code="digest", remedy="send the part again")
    store.put_open(content)
    with transaction.atomic():
        _waiting(upload, "takes no more parts")
        part, _ = UploadPart.objects.update_or_create(upload=upload, number=number, defaults={"digest": digest})
    return part


def complete(actor: User, upload: Upload, *, kind: str, manifest: Mapping[str, Any]) -> Work:
    """Have a file taken as what a manifest says, by a worker. kind: run or dataset. Raises Invalid, naming the parts
    that are missing, and Conflict where it is being checked or was taken."""
    access.require(actor, "upload.send", upload.product)
    access.require(actor, TAKES[kind][0], upload.product)
    with transaction.atomic():
        _waiting(upload, "is not completed again", state=Upload.State.CHECKING, faults=[])
        if missing := queries.missing(upload):
            named = [*map(str, missing[:TOLD]), *([f"{len(missing) - TOLD:,} more"] if len(missing) > TOLD else [])]
            message = f"{', '.join(named)} of {upload.parts_in_all:,} are missing"
            raise invalid("parts", message, code="missing", remedy="send them, then complete the upload again")
        payload = {"kind": kind, "manifest": dict(manifest)}
        return jobs.put(queries.KIND, upload.pk, product=upload.product, payload=payload)


def abort(actor: User, upload: Upload) -> None:
    """Forget an upload and its parts. Raises Conflict where it is being checked or was taken."""
    access.require(actor, "upload.send", upload.product)
    with transaction.atomic():
        _waiting(upload, "is not ended")
        upload.delete()


def _waiting(upload: Upload, what: str, **changes: Any) -> None:
    """Take hold of an upload that waits for its sender, in a transaction. Raises Conflict for one that does not."""
    rows = Upload.objects.filter(pk=upload.pk, state__in=WAITING)
    if not rows.update(touched_at=timezone.now(), **changes):
        upload.refresh_from_db()
        verb = "was" if upload.state == Upload.State.TAKEN else "is"
        raise Conflict(f"{upload.name} {what}: it {verb} {upload.get_state_display()}")


def _sha256(content: IO[bytes]) -> str:
    content.seek(0)
    read = hashlib.sha256()
    while piece := content.read(PIECE):
        read.update(piece)
    return read.hexdigest()


Seal = Callable[[], dict[str, Any]]


def _run(actor: User, product: Product, manifest: Mapping[str, Any], file: File) -> Seal:
    received = runs.receive(actor, product, manifest=manifest, file=file)
    return lambda: {"run": runs.seal(actor, product, received)}


def _data_set(actor: User, product: Product, manifest: Mapping[str, Any], file: File) -> Seal:
    rows = data_sets.receive(actor, product, manifest=manifest, file=file)

    def seal() -> dict[str, Any]:
        found, new = data_sets.seal(actor, product, manifest=manifest, rows=rows)
        return {"data_set": found, "new": new, "warnings": rows.warnings}

    return seal


# Kind → the right that it needs, and how a file is checked; what that gives writes it to the database.
TAKES: dict[str, tuple[str, Callable[[User, Product, Mapping[str, Any], File], Seal]]] = {
    "run": ("run.create", _run),
    "dataset": ("dataset.create", _data_set),
}


def take(work: Work) -> None:
    """Check a file whose parts are all there, with the rights that its sender has now; write what it is, or why not."""
    upload = Upload.objects.select_related("product", "created_by").filter(pk=work.scope).first()
    if upload is None or upload.state != Upload.State.CHECKING:
        jobs.finish(work)
        return
    try:
        with tempfile.TemporaryDirectory(prefix="upload-") as folder:
            file = File(path=_joined(upload, Path(folder)), name=upload.name, content_type=upload.content_type)
            seal = _checked(upload, work.payload, file)
        with transaction.atomic():
            _settle(work, upload, state=Upload.State.TAKEN, **seal())
            upload.parts.all().delete()
    except (Invalid, Conflict, access.Denied, access.Hidden) as error:
        with transaction.atomic():
            _settle(work, upload, state=Upload.State.REFUSED, faults=[fault.as_json() for fault in _faults(error)])


def _settle(work: Work, upload: Upload, **changes: Any) -> None:
    for name, value in (changes | {"touched_at": timezone.now()}).items():
        setattr(upload, name, value)
    upload.save()
    jobs.finish(work)


def _checked(upload: Upload, payload: Mapping[str, Any], file: File) -> Seal:
    """As TAKES; a worker waits longer than a request for a place to check in. Raises Busy."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return TAKES[payload["kind"]][1](upload.created_by, upload.product, payload["manifest"], file)
        except Busy:
            if time.monotonic() > until:
                raise


def _joined(upload: Upload, folder: Path) -> Path:
    """The file, put together from its parts. Raises Invalid where it is not the one that was announced."""
    whole, read = folder / "file", hashlib.sha256()
    with whole.open("wb") as to:
        for digest in upload.parts.values_list("digest", flat=True):
            with store.opened(digest) as part, answering(digest):
                shutil.copyfileobj(_Read(part, read), to, PIECE)
    if read.hexdigest() != upload.digest:
        message = f"has sha256 {read.hexdigest()[:12]}…, and {upload.digest[:12]}… was announced"
        raise invalid("file", message, code="digest", remedy="it changed while it was sent: send it anew")
    return whole


class _Read:
    """A file whose bytes are digested as they are read."""

    def __init__(self, file: IO[bytes], into: Any) -> None:
        self._file, self._into = file, into

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._into.update(piece)
        return piece


def _faults(error: Exception) -> tuple[Fault, ...]:
    if isinstance(error, Invalid):
        return error.faults
    code = "conflict" if isinstance(error, Conflict) else "denied"
    return (Fault(field="upload", message=str(error) or "you are no member of this product any more", code=code),)


def forget_old() -> int:
    """Forget uploads of which nothing came for a long time, unless they are being checked; give how many."""
    busy = Work.objects.filter(kind=queries.KIND, state__in=[Work.State.DUE, Work.State.LEASED]).values("scope")
    old = Upload.objects.filter(touched_at__lt=timezone.now() - LIVES).exclude(pk__in=busy)
    count = old.count()
    old.delete()
    return count
