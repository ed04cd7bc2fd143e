"""What endpoints that take a file share: a multipart body of `manifest` (JSON) and `file`, or JSON alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser

from metrics.api.protocol.parsing import StrictJSON, loads
from metrics.api.protocol.view import View
from metrics.services.evaluation.rows import File
from metrics.services.writing.refusal import Fault, TooLarge, invalid


class Uploads(View):
    """A door that takes a file. `manifest_form` says which fields the manifest may have."""

    manifest_form: ClassVar[type[serializers.Serializer[Any]]]
    parser_classes = [StrictJSON, MultiPartParser]

    def manifest(self) -> dict[str, Any]:
        """The manifest, each field checked. Raises Invalid for a field that is not one of the form's."""
        data: Any = self.request.data
        if self.request.content_type.startswith("multipart/"):
            text = data.get("manifest", "")
            if not isinstance(text, str):
                raise invalid("manifest", "is a text part of JSON, not a file")
            if len(text) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                raise TooLarge(Fault(field="manifest", message="is over the limit", code="too_large"))
            try:
                data = loads(text or "{}")
            except ParseError as error:
                raise invalid("manifest", str(error.detail), code="json") from error
        return checked(data, self.manifest_form)

    def file(self) -> File | None:
        """The file that was sent. Raises TooLarge."""
        sent = self.request.FILES.get("file")
        if sent is None:
            return None
        if sent.size > settings.UPLOAD_MAX_BYTES:
            most = f"{settings.UPLOAD_MAX_BYTES / 2**20:,.0f} MiB"
            raise TooLarge(
                Fault(
                    field="file",
                    message=f"is over {most}",
                    code="too_large",
                    remedy="send it in parts, as `kpi run log` does, or send fewer columns or rows, or Parquet",
                )
            )
        return File(path=Path(sent.temporary_file_path()), name=sent.name or "", content_type=sent.content_type or "")


def checked(data: Any, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """A manifest as its form reads it. Raises Invalid or ValidationError."""
    if not isinstance(data, dict):
        raise invalid("manifest", "is a JSON object")
    reader = _reader(form)
    found: dict[str, Any] = reader.run_validation(data)
    unknown = sorted(set(data) - set(reader.fields))
    if unknown:
        known = ", ".join(sorted(reader.fields))
        raise invalid(
            str(unknown[0])[:60], "is no field of a manifest", code="unknown", remedy=f"the fields are {known}"
        )
    return found


@cache
def _reader(form: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """One for all requests: making its fields takes longer than reading a manifest, and reading leaves no trace."""
    return form()
