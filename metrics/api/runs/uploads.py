"""Files in parts: begun or gone on with, a part at a time, completed as a run or a data set, or ended."""

from __future__ import annotations

import base64
import re
import tempfile
from datetime import datetime
from typing import IO, Any, Literal, TypedDict, cast

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from metrics.api.evaluation.data_sets import DataSetInput, LoggedDataSet, UploadWarning
from metrics.api.evaluation.data_sets import show as show_data_set
from metrics.api.protocol.answers import Accepted, Answer, Created, Fault, Gone, Page
from metrics.api.protocol.parsing import TooBig
from metrics.api.protocol.uploads import checked
from metrics.api.protocol.view import View
from metrics.api.runs.table import RunInput, SealedOutput, sealed
from metrics.models.upload import Upload, UploadPart
from metrics.queries.evaluation import uploads as queries
from metrics.services.evaluation import uploads as services
from metrics.services.writing.refusal import invalid

IN_MEMORY = 1 << 20  # bytes of a part beyond which it goes to the disk
PIECE = 1 << 16
SHA256 = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
DIGEST = OpenApiParameter(
    "Content-Digest",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="sha-256=:BASE64: of the part (RFC 9530)",
)


class Bytes(BaseParser):
    """A body as it comes, held on the disk beyond a mebibyte; at most as long as a body may be."""

    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        held: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (the door closes it)
        while piece := stream.read(PIECE):
            held.write(piece)
            if held.tell() > settings.UPLOAD_MAX_BYTES:
                held.close()
                raise TooBig(f"A part has at most {settings.UPLOAD_MAX_BYTES:,} bytes.")
        return held


class UploadInput(serializers.Serializer[Any]):
    """digest: the sha256 of the whole file, in hexadecimal."""

    name = serializers.CharField(max_length=255)
    size = serializers.IntegerField(min_value=1)
    digest = serializers.RegexField(r"^[0-9a-f]{64}\Z")
    content_type = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class CompletionInput(serializers.Serializer[Any]):
    """What the file is of: one of the two, as it is said of a file that is sent in one request."""

    run = RunInput(required=False)
    dataset = DataSetInput(required=False)


class UploadedPart(TypedDict):
    """digest: sha256 of the part, in hexadecimal."""

    number: int
    size: int
    digest: str


class UploadOutput(TypedDict):
    """parts: how many there are, each of part_bytes bytes but the last. received: those that are there.

    state: failed where its check was given up, for the reason in error, until an administrator has it tried again.
    errors: why it was refused. run, dataset: what it is since it was taken. expires_at: unless something comes before.
    """

    id: str
    name: str
    size: int
    digest: str
    part_bytes: int
    parts: int
    received: list[UploadedPart]
    state: Literal["open", "checking", "refused", "taken", "failed"]
    errors: list[Fault]
    error: str | None
    run: SealedOutput | None
    dataset: LoggedDataSet | None
    expires_at: datetime


def address(upload: Upload) -> str:
    return f"/api/v1/products/{upload.product.slug}/uploads/{upload.pk}/"


def show_part(upload: Upload, part: UploadPart) -> UploadedPart:
    return {"number": part.number, "size": upload.bytes_of(part.number), "digest": part.digest}


def show(upload: Upload) -> UploadOutput:
    failed = queries.given_up(upload) if upload.state == Upload.State.CHECKING else ""
    found = upload.data_set
    warnings = cast("list[UploadWarning]", upload.warnings)
    return {
        "id": upload.pk,
        "name": upload.name,
        "size": upload.size,
        "digest": upload.digest,
        "part_bytes": upload.part_bytes,
        "parts": upload.parts_in_all,
        "received": [show_part(upload, part) for part in upload.parts.all()],
        "state": "failed" if failed else cast("Any", upload.state),
        "errors": upload.faults,
        "error": failed or None,
        "run": sealed(upload.run, upload.product) if upload.run else None,
        "dataset": {**show_data_set(found), "new": upload.new, "warnings": warnings} if found else None,
        "expires_at": services.ends(upload),
    }


class Uploads(View):
    """Files that you send in parts. Beginning one again, by the digest of the file, goes on with it: what is there
    already is told, and is not sent again."""

    actions = {"GET": "upload.send", "POST": "upload.send"}
    idempotent = {"POST"}

    @extend_schema(operation_id="products_uploads_list")
    def get(self, request: Request, slug: str) -> Answer[Page[UploadOutput]]:
        return self.listed(queries.uploads(self.user, self.product), show)

    @extend_schema(request=UploadInput)
    def post(self, request: Request, slug: str) -> Answer[UploadOutput] | Created[UploadOutput]:
        given = self.read(UploadInput)

        def begin() -> Answer[UploadOutput]:
            upload, new = services.begin(self.user, self.product, **given)
            headers = {"Location": address(upload)}
            return Created(show(upload), headers=headers) if new else Answer(show(upload), headers=headers)

        return self.once(begin)


class OneUpload(View):
    actions = {"GET": "upload.send", "DELETE": "upload.send"}

    def get(self, request: Request, slug: str, pk: str) -> Answer[UploadOutput]:
        return Answer(show(queries.one(self.user, self.product, pk)))

    def delete(self, request: Request, slug: str, pk: str) -> Gone:
        services.abort(self.user, queries.one(self.user, self.product, pk))
        return Gone()


class Part(View):
    """A part of a file, by its number from 1. Sent again it takes the place of the one before."""

    actions = {"PUT": "upload.send"}
    parser_classes = [Bytes]

    @extend_schema(request={Bytes.media_type: OpenApiTypes.BINARY}, parameters=[DIGEST])
    def put(self, request: Request, slug: str, pk: str, number: int) -> Answer[UploadedPart]:
        upload = queries.one(self.user, self.product, pk)
        said = SHA256.fullmatch(request.headers.get("Content-Digest", ""))
        if said is None:
            remedy = "say sha-256=:BASE64: of the part, as RFC 9530 has it"
            raise invalid("Content-Digest", "is needed", code="required", remedy=remedy)
        content: Any = request.data
        if not hasattr(content, "read"):
            raise invalid("body", "is empty", code="required", remedy="send the bytes of the part")
        with content:
            digest = base64.b64decode(said[1]).hex()
            part = services.receive_part(self.user, upload, number=number, content=content, digest=digest)
        return Answer(show_part(upload, part))


class Completion(View):
    """Say that all parts are there, and what the file is of: `run` or `dataset` with its manifest. A worker checks it;
    `Location` tells what became of it."""

    actions = {"POST": "upload.send"}
    idempotent = {"POST"}

    @extend_schema(request=CompletionInput)
    def post(self, request: Request, slug: str, pk: str) -> Accepted[UploadOutput]:
        upload = queries.one(self.user, self.product, pk)
        kind, manifest = self._said()

        def complete() -> Accepted[UploadOutput]:
            services.complete(self.user, upload, kind=kind, manifest=manifest)
            return Accepted(show(queries.one(self.user, self.product, pk)), headers={"Location": address(upload)})

        return self.once(complete)

    def _said(self) -> tuple[str, dict[str, Any]]:
        forms: dict[str, type[serializers.Serializer[Any]]] = {"run": RunInput, "dataset": DataSetInput}
        data: Any = self.request.data
        if not isinstance(data, dict) or len(data) != 1 or not data.keys() <= forms.keys():
            raise invalid("body", "is an object with one of run and dataset", remedy='such as {"run": {"model": "m"}}')
        ((kind, manifest),) = data.items()
        return kind, checked(manifest, forms[kind])
