"""Uploads as a test sends them."""

import io
from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metrics.core.evaluation.metrics.tasks import rows_of
from metrics.core.rows.upload.table import Caps, Upload, UploadError, UploadOptions, read_upload

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="session")
def read(tmp_path_factory):
    """Send CSV text, bytes, a frame or a table through read_upload under a fitting name."""
    path = tmp_path_factory.mktemp("sent") / "upload"

    def send(content, *, name=None, caps=None, task="binary", **options) -> Upload:
        if isinstance(content, pd.DataFrame):
            content = pa.Table.from_pandas(content, preserve_index=False)
        if isinstance(content, pa.Table):
            buffer = io.BytesIO()
            pq.write_table(content, buffer)
            content, name = buffer.getvalue(), name or "rows.parquet"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_upload(
            path,
            name=name or "rows.csv",
            content_type="",
            options=UploadOptions(task=rows_of(task), **options),
            caps=caps or Caps(),
            now=NOW,
        )

    return send


@pytest.fixture(scope="session")
def refusal(read):
    """Send likewise what must be refused, and give the error."""

    def send(content, **options) -> UploadError:
        with pytest.raises(UploadError) as caught:
            read(content, **options)
        return caught.value

    return send
