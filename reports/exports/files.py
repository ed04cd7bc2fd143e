"""The files of a document: PDF, PPTX, XLSX and a CSV a table, all from the same figures."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator

from reports.exports import csv, pdf, pptx, xlsx
from reports.exports.document import Document

WRITERS: dict[str, Callable[[Document], bytes]] = {"pdf": pdf.written, "pptx": pptx.written, "xlsx": xlsx.written}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that an archive can name
TYPES = {
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


def tables(document: Document) -> Iterator[tuple[str, bytes]]:
    """(name of the file, its bytes) of each table; of two with one name the second has a number."""
    seen: dict[str, int] = {}
    for table in document.tables():
        name = re.sub(r"[^a-z0-9]+", "-", table.name.lower()).strip("-") or "table"
        seen[name] = seen.get(name, 0) + 1
        number = f"-{seen[name]}" if seen[name] > 1 else ""
        yield f"{name}{number}.csv", csv.written(table)


def zipped(document: Document) -> bytes:
    """All tables in one archive, with the figures; the same bytes for equal documents."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [*tables(document), ("figures.json", figures(document))]:
            archive.writestr(zipfile.ZipInfo(name, date_time=EPOCH), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def figures(document: Document) -> bytes:
    """Key → printed text of every figure, as JSON."""
    return json.dumps(document.figures(), indent=2, ensure_ascii=False).encode() + b"\n"
