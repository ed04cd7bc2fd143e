"""`make licences` writes docs/licences.md: what a server is run with, and under which licence each is."""

from __future__ import annotations

import re
from collections.abc import Collection
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.places import ROOT

PLACE = ROOT / "docs" / "licences.md"
# What may stand beside Apache 2.0 in one installation: permissive ones, and weak copyleft of libraries that are used
# as they come and not changed.
PERMISSIVE = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "HPND", "ISC", "MIT", "MIT-0", "MIT-CMU"),
    *("PSF-2.0", "Python-2.0", "Unlicense", "Zlib"),
}
WEAK = {"LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MPL-2.0"}
# As older packages say it → the expression of SPDX.
OLDER = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD 3-Clause OR Apache-2.0": "BSD-3-Clause OR Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


def needed(root: str = "kpiplatform", of: Collection[str] = ("server", "otel")) -> dict[str, Distribution]:
    """Name → distribution of all that an installation of the server needs on this machine, itself left out."""
    found: dict[str, Distribution] = {}
    waiting = [(root, frozenset(of))]
    while waiting:
        name, extras = waiting.pop()
        held = distribution(name)
        for text in held.requires or ():
            wanted = Requirement(text)
            if wanted.marker and not any(wanted.marker.evaluate({"extra": one}) for one in extras or {""}):
                continue
            key = canonicalize_name(wanted.name)
            if key == root or key in found:
                continue
            try:
                found[key] = distribution(key)
            except PackageNotFoundError:  # of another system
                continue
            waiting.append((key, frozenset(wanted.extras) or frozenset({""})))
    return dict(sorted(found.items()))


def licence(of: Distribution) -> str:
    """The licence of a distribution as an expression of SPDX; "" where it names none that is known here."""
    said = of.metadata.get("License-Expression") or ""
    if not said:
        rows = [
            row.split(" :: ")[-1] for row in of.metadata.get_all("Classifier") or () if row.startswith("License ::")
        ]
        said = " AND ".join(OLDER.get(row, row) for row in rows if row != "OSI Approved")
    return said or OLDER.get(of.metadata.get("License") or "", of.metadata.get("License") or "")


def names(expression: str) -> set[str]:
    """The licences in an expression."""
    return {word for word in re.split(r"[\s()]+", expression) if word and word not in ("AND", "OR", "WITH")}


def table() -> str:
    rows = [f"| {name} | {licence(held)} |" for name, held in needed().items()]
    return "\n".join(
        [
            "# Licences",
            "",
            "kpiplatform is under Apache 2.0. A server needs the packages below; those of the extra `otel`, which are",
            "among them, where it sends traces. `make licences` writes this table, and a test holds it against what is",
            "installed. Those under the LGPL or MPL are libraries, used unchanged.",
            "Tools that develop and test it are not part of what is given away, and stand in no table.",
            "",
            "| package | licence |",
            "|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    PLACE.write_text(table())
