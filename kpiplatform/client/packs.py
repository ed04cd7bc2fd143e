"""Packs from Python: those that one may read, and their files."""

from __future__ import annotations

from pathlib import Path

from kpiplatform.client.connection import Answer, Connection, part
from kpiplatform.client.errors import ClientError, named

PORTFOLIO = "portfolio"
FILES = {"pdf": "pack.pdf", "pptx": "pack.pptx", "xlsx": "pack.xlsx", "zip": "tables.zip"}


class Packs(Connection):
    """The part of the client that carries packs away. of: a product, or PORTFOLIO."""

    def packs(self, of: str, *, limit: int = 200) -> list[Answer]:
        """The packs of a product, or of portfolios all of whose products one may read; the newest first."""
        with named(f"product “{of}”", "kpi product list names those that you are a member of."):
            return list(self._server.listed(_packs(of), limit=limit))

    def download_pack(self, of: str, to: str | Path, *, number: int | None = None) -> Answer:
        """Write the files of the newest issued pack into a folder, or of one by its number; give what it is.

        Raises ClientError where there is none, and where it is not made yet.
        """
        pack = self._chosen(of, number)
        folder = Path(to)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ClientError(
                f"{to} cannot be made: {error.strerror or error}",
                field="out",
                remedy="Name a folder that you may write to.",
            ) from error
        named_by = pack["id"] if of == PORTFOLIO else pack["number"]
        for kind, name in FILES.items():
            if kind in pack["files"]:
                self._server.download(f"{_packs(of)}{part(named_by)}/files/{kind}/", folder / name)
        return pack

    def _chosen(self, of: str, number: int | None) -> Answer:
        if of == PORTFOLIO and number is not None:
            told = "numbers are of a product's packs; those of portfolios are counted by who issued them"
            raise ClientError(told, field="number", remedy="Leave it out for the newest one.")
        found = self.packs(of)
        wanted = [one for one in found if (one["state"] == "issued" if number is None else one["number"] == number)]
        if not wanted:
            told = "no pack is issued" if number is None else f"there is no pack {number}"
            remedy = f"A manager or an executive issues one at {self.url}{_page(of)}."
            raise ClientError(f"{told} of {of}", remedy=remedy)
        chosen = wanted[0]
        if chosen["state"] == "making":
            why = chosen["failed"] or "it is being made"
            raise ClientError(
                f"pack {chosen['number']} is not issued: {why}", code="making", remedy=f"See {self.url}{_page(of)}."
            )
        return chosen


def _packs(of: str) -> str:
    return "/portfolio/packs/" if of == PORTFOLIO else f"/products/{part(of)}/packs/"


def _page(of: str) -> str:
    return "/portfolio/packs/" if of == PORTFOLIO else f"/p/{part(of)}/packs/"
