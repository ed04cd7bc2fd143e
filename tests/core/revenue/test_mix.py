"""Mix: the change of a mean in what happened within segments, what their shares did, and what both did at once."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.draws import K
from metrics.core.estimate import Estimate, Unknown
from metrics.core.evaluation.metrics import multiclass, regression
from metrics.core.kpi.deciding import decide
from metrics.core.kpi.decisions import CellValue
from metrics.core.kpi.value import Means, value
from metrics.core.revenue.mix import at_mix, columns, split
from tests.core.kpi.definitions import parsed

PRICES = {"tp": CellValue(10.0, 0.0, None), "fp": CellValue(-2.0, 0.0, None),
          "fn": CellValue(0.0, 0.0, None), "tn": CellValue(0.0, 0.0, None)}  # fmt: skip
FIXED = {"kind": "fixed", "at": 0.5}


def sums_of(segments, *, amounts=None, prefix="r", buckets=None):
    """Decisions of rows {segment: (acted and right, acted and wrong, left alone)}; acted scores 0.9, the rest 0.1."""
    names, truth, score = [], [], []
    for name, (right, wrong, left) in segments.items():
        names += [name] * (right + wrong + left)
        truth += [1.0] * right + [0.0] * (wrong + left)
        score += [0.9] * (right + wrong) + [0.1] * left
    table = {"example_id": [f"{prefix}{at}" for at in range(len(names))], "y_true": truth, "y_score": score,
             "region": names}  # fmt: skip
    table |= {"amount": [float(amounts)] * len(names)} if amounts else {}
    prices = PRICES | ({"tp": CellValue(0.0, 1.0, "amount")} if amounts else {})
    return decide(pa.table(table), points=prices, threshold=FIXED, segments=["region"], n_buckets=buckets)


def worth(decisions):
    found = value(decisions, PRICES, PRICES, seed=3, baseline="none", per="case", unit="EUR")
    assert isinstance(found, Estimate)
    return found


def parts(before, after):
    return split(
        worth(before),
        within=worth(at_mix(after, before, "region")),
        mix=worth(at_mix(before, after, "region")),
        after=worth(after),
    )


def test_within_mix_and_interaction_are_those_computed_by_hand():
    """North earns 4.8 then 3.6 a row, south 0.8 then 2.0; north falls from 60 to 25 of 100 rows.

    within 0.6·(−1.2) + 0.4·1.2 = −0.24; mix −0.35·4.8 + 0.35·0.8 = −1.4; interaction −0.35·(−1.2) + 0.35·1.2 = 0.84;
    from 0.6·4.8 + 0.4·0.8 = 3.2 to 0.25·3.6 + 0.75·2.0 = 2.4.
    """
    before = sums_of({"north": (30, 6, 24), "south": (4, 4, 32)})
    after = sums_of({"north": (10, 5, 10), "south": (18, 15, 42)})
    assert (worth(before).point, worth(after).point) == (pytest.approx(3.2), pytest.approx(2.4))
    found = parts(before, after)
    points = [part.point for part in (found.within, found.mix, found.interaction)]
    assert points == pytest.approx([-0.24, -1.40, 0.84])


COUNT = st.integers(0, 9)
ROWS = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), st.tuples(COUNT, COUNT, st.integers(1, 9)), min_size=1)


@settings(max_examples=150, deadline=None)
@given(ROWS, ROWS)
def test_the_three_add_up_and_agree_with_the_shares_and_means_of_any_segments(old, new):
    """Recomputed from the counts alone; a segment of one side takes the other side's mean."""
    before, after = sums_of(old, buckets=256), sums_of(new, buckets=256)
    if "region" not in columns(before, after):
        return
    found = parts(before, after)
    share = [{name: sum(rows) / sum(map(sum, side.values())) for name, rows in side.items()} for side in (old, new)]
    mean = [{name: (10 * r - 2 * w) / (r + w + left) for name, (r, w, left) in side.items()} for side in (old, new)]
    within = mix = both = 0.0
    for name in {*old, *new}:
        s0, s1 = share[0].get(name, 0.0), share[1].get(name, 0.0)
        m0, m1 = mean[0].get(name, mean[1].get(name)), mean[1].get(name, mean[0].get(name))
        within, mix, both = within + s0 * (m1 - m0), mix + (s1 - s0) * m0, both + (s1 - s0) * (m1 - m0)
    assert found.within.point == pytest.approx(within, abs=1e-9)
    assert found.mix.point == pytest.approx(mix, abs=1e-9)
    assert found.interaction.point == pytest.approx(both, abs=1e-9)
    change = worth(after).point - worth(before).point
    assert found.within.point + found.mix.point + found.interaction.point == pytest.approx(change, abs=1e-9)


def test_the_parts_are_paired_draw_by_draw():
    before = sums_of({"north": (300, 60, 240), "south": (40, 40, 320)})
    after = sums_of({"north": (100, 50, 100), "south": (180, 150, 420)})
    found = parts(before, after)
    whole = found.within.draws + found.mix.draws + found.interaction.draws
    assert whole == pytest.approx(worth(after).draws - worth(before).draws)
    assert whole.shape == (K,)


def test_rows_at_the_mix_of_others_keep_their_weight_and_take_the_shares():
    before, after = sums_of({"a": (5, 0, 5), "b": (0, 0, 10)}), sums_of({"a": (1, 0, 3), "b": (1, 0, 35)})
    found = at_mix(before, after, "region")
    assert found.n() == pytest.approx(20)
    assert found.counts()["tp"] == pytest.approx(5 * (4 / 40) / (10 / 20))
    whole = Means.of(found, seed=1)
    assert not isinstance(whole, Unknown)


def test_rows_at_their_own_mix_are_what_they_were():
    before = sums_of({"a": (5, 1, 5), "b": (0, 2, 10)})
    found = at_mix(before, before, "region")
    assert found.dense() == pytest.approx(before.dense())
    assert columns(before, before) == ()


def test_a_segment_that_came_with_other_amounts_cannot_be_valued():
    before, after = sums_of({"a": (2, 1, 3)}), sums_of({"a": (2, 1, 3), "new": (2, 0, 1)}, amounts=7)
    with pytest.raises(ValueError, match="different amounts"):
        at_mix(before, after, "region")
    assert at_mix(after, before, "region").n() == pytest.approx(after.n())


def test_names_beyond_the_most_that_are_kept_are_one_segment_on_both_sides():
    many = {f"s{at:02d}": (1, 0, 1 + at % 3) for at in range(60)}
    before, after = sums_of({"s00": (5, 1, 5), "s59": (1, 2, 3)}), sums_of(many)
    found = parts(before, after)
    change = worth(after).point - worth(before).point
    assert found.within.point + found.mix.point + found.interaction.point == pytest.approx(change)


def test_what_is_unknown_splits_into_nothing():
    one = Estimate(1.0, "EUR")
    assert split(one, within=Unknown("no rows"), mix=one, after=one) == Unknown("no rows")
    assert np.isclose(split(one, within=one, mix=one, after=Estimate(3.0, "EUR")).interaction.point, 2.0)


def error_sums(regions):
    """Sums of a regression: {region: errors of its rows}, each row's truth 10 and its prediction off by the error."""
    rows = [(name, error) for name, errors in regions.items() for error in errors]
    table = {"example_id": [f"e{at}" for at in range(len(rows))], "y_true": [10.0] * len(rows),
             "y_pred": [10.0 + error for _, error in rows], "region": [name for name, _ in rows]}  # fmt: skip
    return regression.scan(pa.table(table), segments=["region"])


def cost_of(sums):
    mapping = parsed({"kind": "error_cost", "under": "4", "over": "2", "per": "case"}, {}, "EUR", case="row")
    return mapping.value(sums, {}, {}, seed=3)


def test_the_cost_of_errors_splits_by_segments_as_by_hand():
    """North costs 2 then 6 a row, south 4 then 4; north falls from three rows in four to one in four.

    value −(0.75·2 + 0.25·4) = −2.5 to −(0.25·6 + 0.75·4) = −4.5; within −0.75·4 = −3; mix −(−0.5·2 + 0.5·4) = −1;
    interaction −(−0.5·4) = 2.
    """
    before = error_sums({"north": [1.0, 1.0, 1.0], "south": [-1.0]})
    after = error_sums({"north": [3.0], "south": [-1.0, -1.0, -1.0]})
    assert columns(before, after) == ("region",)
    found = split(
        cost_of(before),
        within=cost_of(at_mix(after, before, "region")),
        mix=cost_of(at_mix(before, after, "region")),
        after=cost_of(after),
    )
    points = [part.point for part in (found.within, found.mix, found.interaction)]
    assert (cost_of(before).point, cost_of(after).point) == (pytest.approx(-2.5), pytest.approx(-4.5))
    assert points == pytest.approx([-3.0, -1.0, 2.0])


def test_a_region_that_came_takes_its_own_errors_and_is_all_mix():
    before, after = error_sums({"north": [1.0, 1.0]}), error_sums({"north": [1.0], "new": [5.0]})
    assert cost_of(at_mix(before, after, "region")).point == pytest.approx(-(0.5 * 2 + 0.5 * 10))
    assert cost_of(at_mix(after, before, "region")).point == pytest.approx(-2.0)


def test_a_matrix_of_classes_is_read_at_the_mix_of_others():
    """North is worth (3·10 − 2) / 4 = 7 a row, south 1; of 4 and 4 rows 4 on average, at 2 and 6 of 8 rows 2.5."""

    def of(rows):
        names, truth, said = zip(*(row for row, times in rows for _ in range(times)), strict=True)
        ids = [f"c{at}" for at in range(len(names))]
        table = pa.table({"example_id": ids, "y_true": truth, "y_pred": said, "region": names})
        return multiclass.scan(
            table.replace_schema_metadata({"classes": json.dumps(["a", "b", "c"])}), segments=["region"]
        )

    before = of([(("north", "a", "a"), 3), (("north", "b", "a"), 1), (("south", "c", "c"), 4)])
    after = of([(("north", "a", "a"), 1), (("north", "b", "a"), 1), (("south", "c", "c"), 6)])
    cells = {"a": {"a": "10", "b": "0", "c": "0"}, "b": {"a": "-2", "b": "0", "c": "0"}}
    cells |= {"c": {"a": "0", "b": "0", "c": "1"}}
    mapping = parsed({"kind": "class_matrix", "classes": ["a", "b", "c"], "cells": cells}, {}, "EUR", case="row")
    assert mapping.value(before, {}, {}, seed=3).point == pytest.approx(4.0)
    assert mapping.value(at_mix(before, after, "region"), {}, {}, seed=3).point == pytest.approx(2.5)
