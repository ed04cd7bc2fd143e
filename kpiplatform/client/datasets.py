"""Data sets from Python: named rows that runs are trained on, evaluated on or compared with."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from kpiplatform.client import parts, rows, sending
from kpiplatform.client.connection import Answer, Connection, part
from kpiplatform.client.errors import ClientError

ROLES = ("train", "evaluation", "reference", "production")
LABEL_SCALES = ("nominal", "ordinal", "interval", "ratio")


class DataSets(Connection):
    """The part of the client that is about data sets."""

    def log_dataset(
        self,
        product: str,
        name: str,
        *,
        role: str,
        file: str | Path | None = None,
        frame: Any = None,
        task: str | None = None,
        segments: Any = None,
        amounts: Any = None,
        features: Any = None,
        progress: sending.Told | None = None,
        **more: Any,
    ) -> Answer:
        """Log named rows; the same name with other rows is a new version of it.

        role: train, evaluation, reference or production. Give a CSV or Parquet file, or a frame or mapping of columns
        with the platform's names: example_id, y_true, times, segments, features, but no predictions; or the votes of
        several labelers, a row a vote: example_id, labeler_id, label and, where the truth is known, gold.
        more: rename, where, time_zone (of times without one), decimal (of amounts, "," or "."); label_scale (nominal,
        ordinal, interval or ratio), by which the agreement of votes is judged, and label_order, ordinal labels from
        least to most.
        Gives {"id", "name", "version", "digest", "n", "new", …}. Raises ClientError.
        """
        if role not in ROLES:
            raise ClientError(f"“{role}” is no role", field="role", remedy=f"One of {', '.join(ROLES)}.")
        given = rows.Given(segments=segments, amounts=amounts, features=features, frame=frame)
        columns = rows.columns(given, task)
        if (file is None) == (not columns):
            raise ClientError("there is nothing to log", field="file", remedy="Give a file, or a frame.")
        body = more | {"name": name, "role": role, "task": task}
        body |= {"segments": rows.names_of(segments), "amounts": rows.names_of(amounts)}
        body = {key: value for key, value in body.items() if value is not None}
        with parts.whole(file) as sent:
            key = uuid.uuid4().hex
            return self._send_rows(product, "dataset", body, key=key, file=sent, columns=columns, told=progress)

    def datasets(self, product: str, *, limit: int = 200) -> list[Answer]:
        """The data sets of a product, newest first."""
        return list(self._server.listed(f"/products/{part(product)}/datasets/", limit=limit))
