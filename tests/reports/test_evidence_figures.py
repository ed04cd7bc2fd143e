"""The figures behind the checks, as the panel shows what the checks found."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import numpy as np
import pyarrow as pa
import pytest

from metrics.core.evidence import figures
from metrics.core.evidence.check import Check
from metrics.core.evidence.drift import DRIFT, MOST_COLUMNS
from metrics.core.evidence.inputs import Input
from metrics.core.evidence.intervals import INTERVALS
from metrics.core.evidence.maturity import MATURITY
from metrics.core.evidence.quality import QUALITY
from metrics.core.evidence.registry import CHECKS
from metrics.core.evidence.reproducibility import REPRODUCIBILITY, Contradiction, judge_reproducibility
from metrics.core.evidence.timeliness import TIMELINESS
from metrics.core.evidence.training import TRAINING
from metrics.core.rows.table import with_kinds
from reports.pages.run import blocks, drawn, evidence, worded
from tests.examined import examined

N = 2000
START = datetime(2017, 1, 1, tzinfo=UTC)
TIME = pa.timestamp("us", tz="UTC")


def made(seed: int = 1, *, moved: float = 0.0, **columns) -> pa.Table:
    generator = np.random.Generator(np.random.Philox(seed))
    plain = {
        "example_id": pa.array([f"{seed}-{at}" for at in range(N)]),
        "y_true": generator.integers(0, 2, N).astype(float),
        "y_score": generator.uniform(size=N),
        "hotel": pa.array(np.where(np.arange(N) % 4 == 0, "Resort", "City")),
        "feature.price": generator.gamma(4.0, 25.0, N) + moved * (np.arange(N) >= N // 2),
        "event_time": pa.array([START + timedelta(minutes=int(at * 59 * 1440 / N)) for at in range(N)], TIME),
    }
    return with_kinds(pa.table(plain | columns), segments=["hotel"], amounts=[])


def drifted(moved: float = 0.0) -> Check:
    return examined(DRIFT, made(moved=moved), reference=made(2), name="rows of 2016")


def table(found: list[blocks.Block], title: str) -> dict[str, list[str]]:
    block = next(one for one in found if one.kind == "table" and title in one.title)
    assert isinstance(block, blocks.Table)
    assert all(len(line.cells) + 1 == len(block.heads) for line in block.lines)
    return {line.name: [cell.text for cell in line.cells] for line in block.lines}


def test_the_month_that_moved_most_stands_out_among_columns_and_months() -> None:
    check = drifted(moved=120.0)
    assert check.verdict == "fails"
    found = evidence.blocks(check)
    heat = found[0]
    assert isinstance(heat, blocks.Table)
    assert "rows of 2016: February 2017 stands out (price" in heat.title
    assert heat.loud == {"Feb\u00a02017"}
    price = next(line for line in heat.lines if line.name == "price")
    assert [cell.tone for cell in price.cells[1:]] == ["muted", "heat-worst"]
    assert {line.name for line in heat.lines} == {"price", "score", "label"}
    assert table(found, "most moved first")["price"][0] == price.cells[0].text


def test_drift_that_is_none_marks_no_month() -> None:
    heat = evidence.blocks(drifted())[0]
    assert isinstance(heat, blocks.Table)
    assert heat.title == "PSI against rows of 2016"
    assert heat.loud == frozenset()
    assert {cell.tone for line in heat.lines for cell in line.cells} == {"muted"}


def test_scores_and_labels_are_shown_however_many_features_there_are() -> None:
    one = {"psi": 9.0, "shifted": True, "n": 5, "ks": 0.1, "jensen_shannon": 0.1, "wasserstein": 1.0, "adjusted": 0.0}
    names = [*(f"feature.f{at}" for at in range(60)), "y_score", "y_true"]
    numbers = {
        "reference": "old",
        "months": [],
        "expected": [],
        "columns": [{**one, "column": n, "period": ""} for n in names],
    }
    heat = evidence.blocks(Check(key="drift", name="Drift", verdict="fails", text="", numbers=numbers))[0]
    assert isinstance(heat, blocks.Table)
    assert [line.name for line in heat.lines][-2:] == ["score", "label"]
    assert len(heat.lines) == MOST_COLUMNS
    assert "and 32 more columns" in heat.note.lower()


def test_delays_are_said_in_days_or_hours() -> None:
    stored = pa.array([START + timedelta(minutes=int(at * 59 * 1440 / N), hours=6) for at in range(N)], TIME)
    found = evidence.blocks(examined(TIMELINESS, made(ingest_time=stored)))
    facts = dict(found[0].pairs)  # type: ignore[union-attr]
    assert facts["Half of the rows within"] == "6.0\u00a0hours"
    assert dict(found[1].pairs)["Within 1 day"] == "100\u00a0%"  # type: ignore[union-attr]
    assert found[2].kind == "drawing"
    assert [worded.days(value) for value in (0, 1, 2.5, 40, -3)] == [
        "at once", "1\u00a0day", "2.5\u00a0days", "40\u00a0days", "−3\u00a0days",
    ]  # fmt: skip


def test_a_month_whose_labels_are_still_coming_is_marked_with_what_it_will_come_to() -> None:
    events = [START + timedelta(days=at % 150) for at in range(N)]
    waits = [at * 7 % 60 for at in range(N)]
    now = START + timedelta(days=150)
    known = [event + timedelta(days=wait) <= now for event, wait in zip(events, waits, strict=True)]
    arrivals = [e + timedelta(days=w) if k else None for e, w, k in zip(events, waits, known, strict=True)]
    rows = made(
        event_time=pa.array(events, TIME),
        ingest_time=pa.array(arrivals, TIME),
        y_true=pa.array([float(at % 2) if k else None for at, k in enumerate(known)]),
    )
    check = examined(MATURITY, rows)
    assert check.verdict != "holds"
    found = evidence.blocks(check)
    months = table(found, "newest first")
    assert next(iter(months)) == "May\u00a02017"
    assert months["Jan\u00a02017"][2] == "100\u00a0%"
    marked = [line.name for line in found[1].lines if line.marked]  # type: ignore[union-attr]
    assert "May\u00a02017" in marked
    assert found[0].kind == "drawing"


@pytest.mark.parametrize(("half", "words"), [(0.5, "too few"), (10.0, "too many"), (1.645, "may be chance")])
def test_tests_of_intervals_are_said_in_words(half: float, words: str) -> None:
    generator = np.random.Generator(np.random.Philox(4))
    truth = generator.normal(size=N)
    rows = pa.table(
        {
            "example_id": [str(at) for at in range(N)],
            "y_true": truth,
            "y_pred": np.zeros(N),
            "y_low": np.full(N, -half),
            "y_high": np.full(N, half),
            "event_time": pa.array([START + timedelta(hours=at) for at in range(N)], TIME),
        }
    )
    rows = with_kinds(rows, segments=[], amounts=[], task="forecast", interval=0.9)
    found = evidence.blocks(examined(INTERVALS, rows, task="forecast"))
    facts = dict(found[0].pairs)  # type: ignore[union-attr]
    inside = int((np.abs(truth) <= half).sum())
    assert facts["Found inside"] == blocks.percent(inside / N, 1)
    assert words in facts["Kupiec’s test"]
    assert "come in runs" in facts["Christoffersen’s test"]
    assert len(table(found, "By month")) == 3


def test_quality_lists_units_categories_and_empty_cells() -> None:
    price = made()["feature.price"].to_numpy()
    wrong = np.where(np.arange(N) >= N // 2, price * 100, price)
    rows = made(**{"feature.price": wrong, "feature.room": pa.array(["sea", "Sea", None, "sea"] * (N // 4))})
    reference = made(2, **{"feature.room": pa.array(["sea"] * N)})
    found = evidence.blocks(examined(QUALITY, rows, reference=reference))
    assert table(found, "another unit")["price"][2] == "100"
    assert table(found, "Empty cells")["room"] == ["500", "25.0\u00a0%"]
    assert table(found, "Categories")["Sea"][2] == "new: “sea”?"
    assert set(table(found, "Labels")) == {"0", "1"}


def test_overlap_with_the_training_rows_is_counted_and_thin_cells_come_first() -> None:
    rows = made()
    hotel = pa.array(["City"] * (N - 40) + ["Resort"] * 40)
    overlap = made(example_id=pa.array([f"1-{at}" if at < 10 else f"t-{at}" for at in range(N)]), hotel=hotel)
    found = evidence.blocks(examined(TRAINING, rows, training=overlap))
    facts = dict(found[0].pairs)  # type: ignore[union-attr]
    assert facts["Evaluated ids that occur in training"] == "10 of 2,000"
    assert facts["… with the same features"] == "10"
    assert set(table(found, "thinnest")) == {"hotel Resort"}


def test_what_a_manifest_lacks_and_what_contradicts_it_is_listed() -> None:
    seen = judge_reproducibility({"seed": 0}, [Contradiction("one", "two", {"mae": (1.0, 2.0)})])
    found = evidence.blocks(REPRODUCIBILITY.check(seen))
    facts = dict(found[0].pairs)  # type: ignore[union-attr]
    assert (facts["Seed"], facts["Code commit"]) == ("recorded", "missing")
    assert table(found, "Equal manifests") == {"one and two": ["mae", "1", "2"]}


def test_checks_not_made_come_last_and_those_that_fail_are_open() -> None:
    numbers = examined(QUALITY, made()).numbers
    found = [
        Check(key="labels", name="Labels", verdict="not checked", text="There are no rows."),
        drifted(moved=120.0),
        Check(key="quality", name="Quality", verdict="fails", text="Bad.", numbers=numbers),
    ]
    panel = evidence.of_run(found, ["drift"])
    assert [check["key"] for check in panel] == ["drift", "quality", "labels"]
    assert [check["open"] for check in panel] == [True, False, False]
    assert [check["gates"] for check in panel] == [True, False, False]
    assert panel[2]["blocks"] == []
    told = evidence.summary(found, [])
    assert (told["holding"], told["checked"], told["unchecked"]) == (0, 2, 1)
    assert [check["key"] for check in told["checks"]] == ["drift", "quality", "labels"]


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "0\u00a0%"),
        (1.0, "100\u00a0%"),
        (0.9999, ">99.9\u00a0%"),
        (0.0001, "<0.1\u00a0%"),
        (0.615, "62\u00a0%"),
        (None, "–"),
    ],
)
def test_only_nothing_is_0_percent_and_only_all_is_100(share: float | None, words: str) -> None:
    assert blocks.percent(share) == words


def test_every_value_of_a_figure_has_its_words() -> None:
    assert set(worded.WORDS) == set(get_args(figures.Value)) - {str}
    nothing = (figures.Count(None), figures.Share(None), figures.Number(None), figures.Digits(None))
    assert {worded.words(value) for value in nothing} == {"–"}
    parts = (figures.Column("feature.price"), figures.Month("2017-02", long=True), figures.PValue(0.0001))
    assert worded.words(figures.Phrase("{} in {} (p {})", parts)) == "price in February 2017 (p under\u00a00.001)"
    mean = figures.Digits(2.5, 4, padded=True)
    assert [worded.words(value) for value in (mean, figures.Digits(1e-7), "{as it is}")] == [
        "2.500", "1e-07", "{as it is}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("p", "told"),
    [(0.0, "under 0.001"), (0.0312, "0.031"), (0.9994, "0.999"), (0.99951, "over 0.999"), (1.0, "1")],
)
def test_a_p_value_is_0_or_1_only_where_it_is(p: float, told: str) -> None:
    assert worded.words(figures.PValue(p)).replace("\u00a0", " ") == told


def test_only_checks_that_there_are_have_a_drawing_of_their_own() -> None:
    assert set(drawn.SHOWN) <= set(CHECKS)
    assert all(set(without) <= set(get_args(Input)) for without in (kind.needs for kind in CHECKS.values()))
