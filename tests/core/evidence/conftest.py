"""Canonical rows and votes as a test writes them down."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from metrics.core.rows.table import utc, with_kinds
from tests.places import SHARED


def column(name, values):
    """A column in its canonical type: times from ISO text, labels and scores as doubles, the rest as Arrow takes it."""
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    values = list(values)
    if name.endswith("_time"):
        times = [None if one is None else datetime.fromisoformat(one).replace(tzinfo=UTC) for one in values]
        return pa.array(times, utc())
    if name in ("y_true", "y_score", "y_pred", "y_low", "y_high") and not any(isinstance(one, str) for one in values):
        return pa.array(values, pa.float64())
    return pa.array(values)


@pytest.fixture(scope="session")
def rows():
    """rows(y_true=[…], **columns) → canonical table; columns called x_… become features, ids are made where missing."""

    def build(*, segments=(), **columns):
        n = len(next(iter(columns.values())))
        columns = {"example_id": [f"e{number}" for number in range(n)]} | columns
        named = {("feature." + name[2:] if name.startswith("x_") else name): one for name, one in columns.items()}
        table = pa.table({name: column(name, values) for name, values in named.items()})
        return with_kinds(table, segments=list(segments), amounts=[])

    return build


@pytest.fixture(scope="session")
def votes():
    """votes({"e0": "aab"}, gold={"e0": "a"}) → a table in which labeler L0 said a, L1 said a, L2 said b."""

    def build(said, gold=None):
        flat = [(example, f"L{at}", label) for example, labels in said.items() for at, label in enumerate(labels)]
        columns = {
            "example_id": [example for example, _, _ in flat],
            "labeler_id": [labeler for _, labeler, _ in flat],
            "label": [label for _, _, label in flat],
        }
        if gold is not None:
            columns["gold"] = [gold.get(example) for example, _, _ in flat]
        return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})

    return build


@pytest.fixture(scope="session")
def golden():
    """golden("name") → the cases of a golden file, by id."""

    def read(name):
        content = json.loads((SHARED / "data" / "golden" / f"{name}.json").read_text())
        return {case["id"]: case for case in content["cases"]}

    return read
