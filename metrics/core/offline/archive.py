"""An exported file: what it states under its seal, and the parts from which that is computed again."""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from metrics.core.documents import digest as digest_of
from metrics.core.recomputed import DIFFERS

STATEMENT, DOCUMENTS, FILES = "statement.json", "documents/", "files/"
MOST_BYTES = 2**30
# What reading a damaged zip may raise: cut short, checksums, a stream or a method that cannot be unpacked.
DAMAGED = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, KeyError, ValueError)


class NotAReceipt(Exception):  # no ValueError: those are the Unknowns of a figure
    """The file is no exported receipt; the message says what is wanting."""


@dataclass
class Archive:
    """A sealed statement, its documents and files by digest, and what was found to differ."""

    form: str
    statement: dict[str, Any]
    seal: str
    documents: dict[str, Any]
    files: dict[str, bytes]
    differences: list[dict[str, str]] = field(default_factory=list)

    def differ(self, link: str, digest: str, message: str) -> None:
        self.differences.append({"link": link, "digest": digest, "message": message})

    def held_to(self, seal: str) -> None:
        """Compare the seal with that which the platform shows, or how it begins."""
        if not self.seal.startswith(seal):
            self.differ("seal", self.seal, f"the platform's begins with {seal[:12]}, the file's with {self.seal[:12]}")

    def verdict(self, otherwise: str) -> str:
        return DIFFERS if self.differences else otherwise


def read(path: Path) -> Archive:
    """The file, its seal compared with what it states. Raises NotAReceipt."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                raise NotAReceipt("the file unpacks to more than 1 GiB")
            parts = {name: archive.read(name) for name in archive.namelist()}
            if len(parts) < len(archive.namelist()):
                raise NotAReceipt(f"{path.name} holds a part twice")
        sealed = _plain(parts.pop(STATEMENT))
        documents = {
            name.removeprefix(DOCUMENTS).removesuffix(".json"): _plain(parts.pop(name))
            for name in list(parts)
            if name.startswith(DOCUMENTS)
        }
    except DAMAGED as error:
        raise NotAReceipt(f"{path.name} is no exported receipt: {error}") from error
    if not isinstance(sealed, dict) or not isinstance(sealed.get("form"), str):
        raise NotAReceipt(f"{path.name} is of no form that is known: export it again")
    if not isinstance(sealed.get("statement"), dict):
        raise NotAReceipt(f"{path.name} states nothing: export the receipt again")
    files = {name.removeprefix(FILES): parts.pop(name) for name in list(parts) if name.startswith(FILES)}
    found = Archive(sealed["form"], sealed["statement"], str(sealed.get("seal")), documents, files)
    if (seal := digest_of(found.statement)) != found.seal:
        found.differ(
            "seal", found.seal, f"what is printed was changed after it was sealed: its seal would be {seal[:12]}"
        )
    for name in sorted({*parts, *(sealed.keys() - {"form", "seal", "statement"})}):
        found.differ("seal", found.seal, f"{name!r} is no part of a receipt, and nothing vouches for it")
    return found


def _plain(content: bytes) -> Any:
    return json.loads(content, parse_constant=_not_finite)


def _not_finite(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of a receipt")
