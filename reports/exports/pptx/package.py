"""The file of a presentation, made so that equal presentations are equal to the byte."""

from __future__ import annotations

import io
import zipfile
from typing import Any

DAY = (1980, 1, 1, 0, 0, 0)


def saved(presentation: Any) -> bytes:
    """The package with the dates of its parts taken off: those of a zip are when it was written."""
    made, whole = io.BytesIO(), io.BytesIO()
    presentation.save(made)
    with zipfile.ZipFile(made) as parts, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for name in parts.namelist():
            part = zipfile.ZipInfo(name, DAY)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.external_attr = 0o600 << 16
            package.writestr(part, parts.read(name))
    return whole.getvalue()
