"""Revenue at risk: each cause against the same sum by hand or by pandas, bands that hold, and silence where due."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.kpi.deciding import decide
from metrics.core.kpi.decisions import CellValue
from metrics.core.revenue.at_risk import at_risk
from metrics.core.revenue.lately import not_known
from metrics.core.rows.table import with_kinds

CELLS = {
    "tp": CellValue(-3.0, 0.2, "amount"),
    "fp": CellValue(-3.0, -0.05, "amount"),
    "tn": CellValue(0.0, 0.0, None),
    "fn": CellValue(0.0, -0.4, "amount"),
}
FLAT = {"tp": CellValue(10, 0, None), "fp": CellValue(-2, 0, None), "tn": CellValue(0, 0, None)}
FLAT |= {"fn": CellValue(0, 0, None)}
HALF = {"kind": "fixed", "at": 0.5}
TIME = pa.timestamp("us", tz="UTC")


def times(months):
    return pa.array([datetime(2024, 1 + month, 10, tzinfo=UTC) for month in months], TIME)


def rows(n=6000, seed=1, months=10, **more):
    generator = np.random.default_rng(seed)
    score = generator.random(n)
    columns = {
        "example_id": [f"id-{i}" for i in range(n)],
        "y_true": (generator.random(n) < score).astype(float),
        "y_score": score,
        "amount": generator.lognormal(4, 1, n).round(2),
        "region": [f"r{i}" for i in generator.integers(0, 3, n)],
        "feature.age": generator.normal(40, 9, n),
        "event_time": times(generator.integers(0, months, n)),
    }
    return kinds(pa.table(columns | more))


def kinds(table):
    return with_kinds(table, segments=["region"], amounts=["amount"])


def causes(table, cells=CELLS, **more):
    given_options = {"points": cells, "threshold": HALF, "baseline": "act_on_none", "seed": 5} | more
    return at_risk(table, **given_options)


def one(found, key, name=""):
    return next(cause for cause in found if (cause.key, cause.name) == (key, name))


def gains(table, cells=CELLS):
    """Money of each row against acting on none, one row at a time."""
    frame = table.to_pandas()

    def money(cell, row):
        return cells[cell].base + (cells[cell].rate * row.amount if cells[cell].column else 0.0)

    names = {(1, 1): "tp", (0, 1): "fp", (0, 0): "tn", (1, 0): "fn"}
    acted = frame.y_score > 0.5
    frame["gain"] = [
        money(names[int(row.y_true), int(on)], row) - money(names[int(row.y_true), 0], row)
        for row, on in zip(frame.itertuples(), acted, strict=True)
    ]
    return frame.assign(month=frame.event_time.dt.month)


def test_recent_is_the_mean_of_the_last_three_months_less_the_mean_of_all():
    table = rows(n=2000)
    frame = gains(table)
    expected = frame[frame.month >= 8].gain.mean() - frame.gain.mean()
    assert one(causes(table), "recent").change == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("column", ["region", "y_true"])
def test_a_mix_is_the_change_of_shares_times_the_value_measured_in_each_group(column):
    table = rows(n=2000)
    frame = gains(table)
    value, share = frame.groupby(column).gain.mean(), frame[column].value_counts(normalize=True)
    lately = frame[frame.month >= 8][column].value_counts(normalize=True)
    expected = ((lately.reindex(value.index).fillna(0) - share) * value).sum()
    assert one(causes(table), "drift", column).change == pytest.approx(expected, rel=1e-9)


def test_a_number_is_mixed_by_its_tenths_and_its_empty_cells_are_left_out():
    table = rows(n=4000)
    age = table["feature.age"].to_numpy().copy()
    age[::7] = np.nan
    table = kinds(table.set_column(table.column_names.index("feature.age"), "feature.age", pa.array(age)))
    frame = gains(table)
    known = frame[frame["feature.age"].notna()]
    edges = np.quantile(known["feature.age"], np.linspace(0, 1, 11)[1:-1])
    tenth = np.searchsorted(edges, known["feature.age"], side="right")
    value, share = known.gain.groupby(tenth).mean(), np.bincount(tenth) / len(known)
    late = (known.month >= 8).to_numpy()
    lately = np.bincount(tenth[late], minlength=10) / late.sum()
    assert one(causes(table), "drift", "age").change == pytest.approx(((lately - share) * value).sum(), rel=1e-9)


def test_a_region_that_earns_nothing_and_takes_over_costs_what_it_displaces():
    n = 4000
    months = np.arange(n) % 8
    rich = (months < 5) | (np.arange(n) % 2 == 0)
    table = rows(n=n).set_column(4, "region", pa.array(np.where(rich, "rich", "poor")))
    score = np.where(rich, 0.9, 0.1)
    table = table.set_column(2, "y_score", pa.array(score)).set_column(1, "y_true", pa.array(np.ones(n)))
    table = kinds(table.set_column(6, "event_time", times(months)))
    cause = one(causes(table, FLAT), "drift", "region")
    everywhere, lately = rich.mean(), rich[months >= 5].mean()
    assert cause.change == pytest.approx(10 * (lately - everywhere))
    assert cause.low <= cause.change <= cause.high
    assert cause.facts["bin"] in ("rich", "poor")
    assert cause.at_risk == pytest.approx(-cause.low)


def test_the_value_measured_is_that_of_the_decisions():
    table = rows()
    sums = decide(table, points=CELLS, threshold=HALF)
    dense = sums.dense().sum(axis=0)
    chosen = sum(
        CELLS[cell].base * dense[place][0] + CELLS[cell].rate * dense[place][1]
        for cell, place in {"tp": (1, 1), "fp": (0, 1), "fn": (1, 0)}.items()
    )
    none = CELLS["fn"].rate * (dense[1, 0, 1] + dense[1, 1, 1])
    assert gains(table).gain.sum() == pytest.approx(chosen - none)


def test_the_one_that_may_cost_most_comes_first():
    found = causes(rows())
    assert [cause.at_risk for cause in found] == sorted((cause.at_risk for cause in found), reverse=True)


def test_bands_hold_the_truth_about_as_often_as_they_say():
    inside, repeats = 0, 150
    for seed in range(repeats):
        cause = one(causes(rows(n=2500, seed=seed), FLAT), "recent")
        inside += cause.low <= 0 <= cause.high  # nothing changes over time here
    assert 0.70 <= inside / repeats <= 0.90


def test_labels_to_come_are_priced_at_what_a_positive_is_worth():
    n = 6000
    months = np.arange(n) % 8
    truth = (np.arange(n) // 8 % 4 == 0).astype(float)
    late = (truth == 1) & (np.arange(n) // 32 % 2 == 0)  # half of the positives come in a month later
    event = [datetime(2024, 1 + month, 5, tzinfo=UTC) for month in months]
    stored = [at + timedelta(days=35 if after else 1) for at, after in zip(event, late, strict=True)]
    seen = np.array([at < datetime(2024, 9, 1, tzinfo=UTC) for at in stored])
    table = rows(n=n).set_column(1, "y_true", pa.array(truth))
    table = table.set_column(6, "event_time", pa.array(event, TIME)).append_column(
        "ingest_time", pa.array(stored, TIME)
    )
    found = causes(kinds(table.filter(pa.array(seen))))
    cause = one(found, "maturity")
    assert cause.facts["completed"] == pytest.approx(0.25, abs=0.01)
    assert cause.facts["so_far"] < cause.facts["completed"]
    frame = gains(table.filter(pa.array(seen)))
    worth = frame[frame.y_true == 1].gain.mean() - frame[frame.y_true == 0].gain.mean()
    assert cause.change == pytest.approx((cause.facts["completed"] - cause.facts["so_far"]) * worth, rel=1e-6)


def never_labelled(n=8000, share=0.2):
    """Half of the labels are positive, a fifth of the rows never has one, and acting is worth what the label is."""
    random = np.random.default_rng(5)
    event = [datetime(2024, 1 + place % 8, 5, tzinfo=UTC) for place in range(n)]
    late = random.random(n) < 0.3
    stored = [at + timedelta(days=35 if after else 1) for at, after in zip(event, late, strict=True)]
    end = datetime(2024, 8, 31, 12, tzinfo=UTC)
    known = (random.random(n) >= share) & np.array([at <= end for at in stored])
    truth = [float(one) if given else None for one, given in zip(random.random(n) < 0.5, known, strict=True)]
    times = [at if given else end for at, given in zip(stored, known, strict=True)]
    table = rows(n=n).set_column(1, "y_true", pa.array(truth, pa.float64()))
    return kinds(
        table.set_column(6, "event_time", pa.array(event, TIME)).append_column("ingest_time", pa.array(times, TIME))
    )


def test_rows_that_never_have_a_label_put_nothing_at_risk_and_the_band_has_a_width():
    cause = one(causes(never_labelled()), "maturity")
    assert cause.facts["so_far"] == pytest.approx(0.5, abs=0.02)
    assert cause.facts["completed"] == pytest.approx(0.5, abs=0.02)
    assert cause.facts["never"] == pytest.approx(0.2, abs=0.02)
    assert cause.low < cause.change < cause.high
    assert cause.low <= 0.0 <= cause.high


def test_rows_of_one_cluster_have_no_band_and_rank_last():
    table = never_labelled(n=2000)
    same = table.append_column("cluster_id", pa.array(["c"] * 2000))
    found = causes(same)
    assert found
    without = [cause for cause in found if cause.low is None]
    assert without == found[-len(without) :]
    assert all(cause.why and cause.at_risk == 0 for cause in without)
    assert all(cause.low is not None for cause in causes(table))


def test_disputed_labels_spread_and_expect_nothing():
    table = rows(n=1500)
    wrong = np.random.default_rng(3).random((600, 3)) < 0.3
    votes = [(f"id-{i}", f"l{j}", str(float((i + wrong[i, j]) % 2))) for i in range(600) for j in range(3)]
    names = ("example_id", "labeler_id", "label")
    given_votes = pa.table({name: [vote[at] for vote in votes] for at, name in enumerate(names)})
    cause = one(causes(table, votes=given_votes), "labels")
    assert cause.change == 0
    assert cause.low < 0 < cause.high


def test_without_times_votes_or_labels_nothing_is_said():
    table = rows()
    assert causes(table.drop_columns(["event_time"])) == []
    assert causes(rows(months=5)) == []
    nothing = table.set_column(1, "y_true", pa.array([None] * table.num_rows, pa.float64()))
    assert causes(nothing) == []


@pytest.mark.parametrize(
    ("months", "without", "kinds", "why"),
    [
        (5, [], {"recent", "drift"}, "the rows are of 5 months, and 6 are needed"),
        (8, ["event_time"], {"recent", "drift"}, "the rows do not say when each case was"),
        (8, [], set(), ""),
    ],
)
def test_what_rows_tell_nothing_of_is_said_with_its_reason(months, without, kinds, why):
    told = not_known(rows(months=months).drop_columns(without), None, "UTC")
    assert told.keys() - {"maturity"} == kinds | {"labels"}
    assert {told[kind] for kind in kinds} <= {why}


def test_labels_that_nobody_disputes_are_looked_at_and_move_nothing():
    table = rows(n=1500)
    votes = [(f"id-{i}", f"l{j}", str(float(table["y_true"][i].as_py()))) for i in range(60) for j in range(3)]
    names = ("example_id", "labeler_id", "label")
    given_votes = pa.table({name: [vote[at] for vote in votes] for at, name in enumerate(names)})
    told = not_known(table, given_votes, "UTC")
    assert "labels" not in told
    cause = one(causes(table, votes=given_votes), "labels")
    assert (cause.low, cause.change, cause.high) == pytest.approx((0, 0, 0), abs=1e-6)


def test_an_amount_that_is_missing_is_refused_by_name():
    with pytest.raises(ValueError, match="amount"):
        causes(rows().drop_columns(["amount"]))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 50), st.floats(0.1, 50), st.sampled_from(["act_on_none", "act_on_all", "none"]))
def test_money_in_another_unit_and_rows_in_another_order_change_nothing_else(seed, factor, baseline):
    table = rows(n=1500, seed=seed)
    scaled = {cell: CellValue(value.base * factor, value.rate * factor, value.column) for cell, value in CELLS.items()}
    order = np.random.default_rng(seed).permutation(table.num_rows)
    plain = {(c.key, c.name): c for c in causes(table, baseline=baseline)}
    other = {(c.key, c.name): c for c in causes(kinds(table.take(order)), scaled, baseline=baseline)}
    assert plain.keys() == other.keys()
    for key, cause in plain.items():
        for field in ("change", "low", "high"):
            assert getattr(other[key], field) == pytest.approx(factor * getattr(cause, field), rel=1e-6, abs=1e-9)
