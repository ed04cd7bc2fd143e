"""The panel: every check in its place, real runs, and content that is odd but never an error."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from metrics.core.documents import canonical
from metrics.core.evidence.foretold import FORETOLD, At, judge_foretold
from metrics.core.evidence.panel import examine, read
from metrics.core.evidence.registry import CHECKS as REGISTERED
from metrics.core.rows.table import utc, with_kinds
from tests.core.evidence.test_drift import psi_expected
from tests.examined import Tables, document
from tests.quick import quick

CHECKS = {key: kind for key, kind in REGISTERED.items() if not kind.apart}

FULL = {"reference": {"name": "valid", "rows": "reference"}, "training": {"rows": "training"}, "votes": "votes"}


def test_checks_come_in_their_order_and_say_why_they_were_not_made(rows):
    checks = examine(document(manifest=None), Tables(rows=rows(y_true=[1.0, 0.0], y_score=[0.7, 0.2])))
    assert tuple(one.key for one in checks) == tuple(CHECKS)
    verdicts = {one.key: one.verdict for one in checks}
    assert [key for key in CHECKS if verdicts[key] != "not checked"] == ["quality", "labels"]
    assert all(one.text.endswith(".") for one in checks)
    assert next(one.text for one in checks if one.key == "drift") == "No reference was named."


@pytest.fixture(scope="module")
def hotel(shared):
    """Test and valid rows of one run with its features."""
    folder = shared / "data" / "hotel_cancel"
    run, inputs = (
        pq.read_table(folder / "predictions" / "hotel-06-hgb-mid.parquet"),
        pq.read_table(folder / "features.parquet"),
    )
    columns = {
        "example_id": run["example_id"].cast(pa.string()),
        "y_true": run["y_true"].cast(pa.float64()),
        "y_score": run["y_score"],
        "event_time": run["event_time"].cast(utc()),
        "ingest_time": run["ingest_time"].cast(utc()),
        "hotel": run["segment"].cast(pa.string()),
    }
    for name in ("adr", "lead_time", "total_of_special_requests"):
        columns[f"feature.{name}"] = inputs[name].cast(pa.float64())
    columns["feature.meal"] = inputs["meal"].cast(pa.string())
    table = with_kinds(pa.table(columns), segments=["hotel"], amounts=[])
    split = run["split"].cast(pa.string())
    return {name: table.filter(pc.equal(split, name)) for name in ("test", "valid")}


@pytest.mark.shared
def test_the_drifting_month_of_the_hotel_is_found_with_all_its_figures(hotel, shared):
    source = Tables(rows=hotel["test"], reference=hotel["valid"])
    checks = {one.key: one for one in examine(document(reference=FULL["reference"]), source)}
    drift = checks["drift"]
    assert drift.verdict == "fails"
    assert "adr with a PSI of 2.07 in 2017-01" in drift.text
    months = {(one["column"], one["period"]): one["psi"] for one in drift.numbers["months"]}
    expected = json.loads((shared / "data" / "hotel_cancel" / "EXPECTED.json").read_text())["feature_drift_vs_valid"]
    for month, features in expected.items():
        for name, figures in features.items():
            wanted = psi_expected(hotel["test"], hotel["valid"], f"feature.{name}", month, figures["psi"])
            assert months[f"feature.{name}", month] == pytest.approx(wanted, abs=1e-9)
    half = At(policy=None, words="at 0.5")
    told = FORETOLD.check(judge_foretold(hotel["test"], hotel["valid"], name="valid", at=half, seed=1))
    accuracy = told.numbers["expected"][0]["figures"]["accuracy"]
    assert accuracy["point"] == pytest.approx(accuracy["found"], abs=0.05)
    # Cancellations are known before the day of arrival, which is the event here.
    assert checks["timeliness"].verdict == "fails"


@pytest.mark.shared
def test_the_same_document_gives_the_same_bytes(hotel):
    source = Tables(rows=hotel["test"], reference=hotel["valid"], training=hotel["valid"])
    asked = document(reference=FULL["reference"], training=FULL["training"])
    first, second = (canonical([one.as_json() for one in examine(asked, source)]) for _ in range(2))
    assert first == second
    assert [one.as_json() for one in read(json.loads(first))] == json.loads(first)


def test_votes_with_too_many_labels_are_not_judged_as_classes(rows):
    said = pa.table({"example_id": ["e0"] * 60, "labeler_id": ["L"] * 60, "label": [str(at / 7) for at in range(60)]})
    checks = examine(document(votes="votes"), Tables(rows=rows(y_true=[1.0]), votes=said))
    assert {one.key: one.verdict for one in checks}["labelers"] == "not checked"


def of(values):
    return st.lists(st.one_of(st.none(), values), min_size=4, max_size=4)


numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True, width=64), st.sampled_from([0.0, 1.0, -1.0, 5e-324, 1e308, 1e-300])
)
times = st.sampled_from(["2025-01-31T23:30", "2025-02-01", "1970-01-01", "2262-01-01", "1900-06-15"])
texts = st.sampled_from(["", " ", "a", "A", "(missing)", "(other)", "é", "1.0", "1"])
SIZES = [0, 1, 2, 4]


@st.composite
def odd_rows(draw, rows, task):
    """Up to four rows of any content that the canonical form allows, and some that it does not."""
    columns = {"example_id": draw(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=4, max_size=4))}
    if task == "multiclass":
        columns |= {"y_true": draw(of(texts)), "y_pred": draw(of(texts))}
    elif task in ("regression", "forecast"):
        columns |= {"y_true": draw(of(numbers)), "y_pred": draw(of(numbers))}
    else:
        columns |= {"y_true": draw(of(st.sampled_from([0.0, 1.0]))), "y_score": draw(of(st.floats(0, 1)))}
    if task == "forecast":
        columns |= {"y_low": draw(of(numbers)), "y_high": draw(of(numbers))}
    columns |= {"event_time": draw(of(times)), "ingest_time": draw(of(times))}
    columns |= {"x_number": pa.array(draw(of(numbers)), pa.float64()), "x_text": pa.array(draw(of(texts)), pa.string())}
    columns |= {"x_void": pa.nulls(4), "x_same": [1.0] * 4, "x_flag": draw(of(st.booleans()))}
    columns["part"] = pa.array(draw(of(texts)), pa.string())
    kept = draw(st.sets(st.sampled_from(sorted(set(columns) - {"example_id"}))))
    table = rows(segments=["part"], **{name: one for name, one in columns.items() if name not in kept})
    return table.slice(0, draw(st.sampled_from(SIZES)))


said = st.lists(
    st.tuples(
        st.sampled_from("abcd"), st.sampled_from("LMN"), st.one_of(st.none(), texts), st.one_of(st.none(), texts)
    ),
    max_size=8,
).map(
    lambda found: pa.table(
        {
            name: pa.array([row[at] for row in found], pa.string())
            for at, name in enumerate(("example_id", "labeler_id", "label", "gold"))
        }
    )
)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression", "forecast", "ranking"])
# A failing draw is large whatever is taken from it: shrinking it takes minutes and tells nothing.
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_odd_content_never_raises_and_gives_finite_json(rows, task, data):
    source = Tables(
        rows=data.draw(odd_rows(rows, task)),
        reference=data.draw(odd_rows(rows, task)),
        training=data.draw(odd_rows(rows, task)),
        votes=data.draw(said),
    )
    checks = examine(document(task=task, time_zone="Europe/Lisbon", **FULL), source)
    assert tuple(one.key for one in checks) == tuple(CHECKS)
    assert canonical([one.as_json() for one in checks])


def table_of(n, seed):
    generator = np.random.default_rng(seed)
    score = generator.random(n)
    event = np.datetime64("2025-01-01", "us") + (generator.random(n) * 365 * 86400e6).astype("timedelta64[us]")
    columns = {
        "example_id": [f"{seed}-{at}" for at in range(n)],
        "y_true": (generator.random(n) < score).astype(float),
        "y_score": score,
        "event_time": pa.array(event).cast(utc()),
        "ingest_time": pa.array(event + np.timedelta64(5, "D")).cast(utc()),
        "plan": generator.choice(["basic", "plus"], n),
        **{f"feature.x{at}": generator.normal(size=n) for at in range(8)},
        **{f"feature.c{at}": generator.choice(list("abcdef"), n) for at in range(2)},
    }
    return with_kinds(pa.table(columns), segments=["plan"], amounts=[])


@pytest.mark.parametrize(("n", "seconds"), [(20_000, 1.0), pytest.param(1_000_000, 15.0, marks=pytest.mark.slow)])
def test_the_panel_is_made_in_time(n, seconds):
    source = Tables(rows=table_of(n, 1), reference=table_of(n, 2))
    asked = document(reference=FULL["reference"])
    examine(asked, source)
    with quick(seconds):
        examine(asked, source)
