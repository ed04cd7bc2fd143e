"""A pack of twelve pages on a scratch installation: python -m tests.benchmarks.pack.

The product of the tests with its document, whose pages are repeated until there are twelve. Printed, as seconds of one
processor and of the wall, medians: of making the document from its pages, of writing it as PDF, PPTX and XLSX (held to
2 s), and of all together (held to 5 s). On a machine that has other work, the seconds of the processor are the ones to
read.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

PAGES, REPEATS = 12, 3


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {
            "VAR_DIR": name,
            "SECRET_KEY": secrets.token_urlsafe(64),
            "DJANGO_SETTINGS_MODULE": "kpiplatform.settings",
        }
        import django

        django.setup()
        from tests.benchmarks import desk

        desk.RIVALS = 0
        held = measured(desk.built(Path(name)))
    sys.exit(0 if held else 1)


def measured(world: Any) -> bool:
    from metrics import access
    from metrics.queries.documents.known import Known
    from metrics.queries.revenue.outlook import Outlook
    from reports.exports import files
    from reports.exports.documents import product
    from tests.benchmarks.desk import timed

    user, today = access.operator(), world.product.today()

    def made() -> Any:
        return product.document(user, Outlook(Known(world.product)), today=today)

    total = timed("the document, made from its pages", made, REPEATS)
    document = made()
    repeated = [replace(one, key=f"{one.key}.{at}") for at in range(PAGES) for one in document.sections]
    document = replace(document, sections=tuple(repeated[:PAGES]))
    held = True
    for kind, written in files.WRITERS.items():
        seconds = timed(f"{PAGES} pages as {kind.upper()}", lambda written=written: written(document), REPEATS)
        total += seconds
        held &= kind != "xlsx" or seconds <= 2
    print(f"together {total:.2f} s of the processor (held to 5)")
    return held and total <= 5


if __name__ == "__main__":
    main()
