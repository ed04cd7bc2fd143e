"""The core on its way to where the rows are: a small archive that an executor imports."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import metrics

PARTS = ("core", "engines")
DAWN_OF_ZIP = (1980, 1, 1, 0, 0, 0)
_SENT = "kpiplatform.core"  # a session's note of what it has already


@cache
def archive() -> Path:
    """The modules that the jobs of a scan need, as a zip; nothing of the server is in it.

    It lies there as long as this process: a session in it reads it when an executor first asks.
    """
    root = Path(str(metrics.__path__[0]))
    files = [root / "__init__.py", *(path for part in PARTS for path in sorted((root / part).rglob("*.py")))]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    folder = Path(tempfile.mkdtemp(prefix="kpi-core-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = folder / f"kpiplatform_core_{digest[:12]}.zip"
    with zipfile.ZipFile(made, "w") as file:
        for path in files:
            name = zipfile.ZipInfo(f"metrics/{path.relative_to(root).as_posix()}", DAWN_OF_ZIP)
            file.writestr(name, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return made


def send(spark: Any) -> None:
    """Have a session's executors know the core; once a session."""
    made = archive()
    if spark.conf.get(_SENT, "") != made.name:
        spark.addArtifacts(str(made), pyfile=True)
        spark.conf.set(_SENT, made.name)
