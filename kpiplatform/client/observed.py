"""What the business observed, from files: KPI actuals by month, and pairs of a metric and a KPI."""

from __future__ import annotations

import base64
from pathlib import Path

from kpiplatform.client.connection import Answer, Connection, part
from kpiplatform.client.errors import ClientError, unreadable

PAIRS = ("history", "experiment")
MOST_BYTES = 200_000


class Observed(Connection):
    """The part of the client that is about observed values. Sending a file again writes nothing twice."""

    def import_actuals(
        self,
        product: str,
        kpi: str,
        file: str | Path,
        *,
        source: str | None = None,
        decimal: str | None = None,
        dates: str | None = None,
        preview: bool = False,
    ) -> Answer:
        """Import a file with a month and a value a line: {"import", "written", "unchanged", "partial", "said"}.

        Of a ratio also month, numerator and denominator, under a first line of these names. preview: write nothing;
        {"would_write", "restated", "completed", "unchanged", "partial", "values", "said"}. partial: the months that are
        not over. said: how the columns were read. source: by default the file's name. decimal: the sign before
        decimals, "," or "."; dates: "dmy" or "mdy"; each where a column can be read in two ways.
        """
        body = {"kpi": kpi, "source": _source(file, source), "preview": preview, **_file(file, decimal, dates)}
        return self._post(f"/products/{part(product)}/actuals/", body)

    def undo_actuals(self, product: str, import_id: str) -> None:
        """Take the import back that a value came with; for each of its months what was known before stands again."""
        self._server.delete(f"/products/{part(product)}/actuals/{part(import_id)}/", whole="1")

    def restore_actuals(self, product: str, import_id: str) -> Answer:
        """Bring back what was taken back together with a value: {"import", "months"}; newer values stay."""
        return self._post(f"/products/{part(product)}/actuals/{part(import_id)}/restore/", {})

    def import_pairs(
        self,
        product: str,
        kpi: str,
        file: str | Path,
        *,
        metric: str,
        kind: str = PAIRS[0],
        source: str | None = None,
        decimal: str | None = None,
        dates: str | None = None,
        preview: bool = False,
    ) -> Answer:
        """Import a CSV file with the columns x (the metric), y (the KPI): {"batch", "written", "unchanged", "said"}.

        Further columns: x_error, y_error, covariance (of the two errors), disjoint (measured on different units), at.
        kind: "history", or "experiment" where x and y are changes: these need x_error, and covariance or disjoint, for
        grade A. preview: write nothing; {"would_write", "unchanged", "pairs", "said"}. decimal, dates: as of actuals.
        """
        body = {"kpi": kpi, "metric": metric, "kind": kind, "source": _source(file, source), "preview": preview}
        return self._post(f"/products/{part(product)}/pairs/", body | _file(file, decimal, dates))

    def undo_pairs(self, product: str, batch: str) -> None:
        """Take one import of pairs back."""
        self._server.delete(f"/products/{part(product)}/pairs/{part(batch)}/")

    def restore_pairs(self, product: str, batch: str) -> Answer:
        """Bring back an import of pairs that was taken back: {"batch", "pairs"}."""
        return self._post(f"/products/{part(product)}/pairs/{part(batch)}/restore/", {})


def _source(file: str | Path, given: str | None) -> str:
    return Path(file).name[:240] if given is None else given


def _file(file: str | Path, decimal: str | None, dates: str | None) -> dict[str, str]:
    """The bytes of a file as the server reads them, and how. Raises ClientError where it is none, or too long."""
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise unreadable(file, error) from error
    if len(content) > MOST_BYTES:
        raise ClientError(f"{file} has over {MOST_BYTES:,} bytes", field="file", remedy="Import it in parts.")
    sent = {"file": base64.b64encode(content).decode("ascii"), "decimal": decimal, "dates": dates}
    return {name: value for name, value in sent.items() if value is not None}
