import numpy as np
import pyarrow as pa
import pytest

from metrics.core.evaluation.statistics.threshold_sums import MOST_THRESHOLDS, Thresholds
from metrics.core.rows.reading import read_block
from metrics.core.rows.segment_names import Naming


@pytest.mark.parametrize("weighted", [False, True])
def test_each_threshold_acts_on_the_rows_strictly_above_it(weighted: bool) -> None:
    random = np.random.default_rng(2)
    n, at = 2000, np.arange(20) / 20
    score, label = np.round(random.random(n), 2), (random.random(n) < 0.4).astype(float)
    value, shop = random.gamma(2, 10, n), random.choice(["a", "b", "c"], n)
    weight = random.gamma(2, 1, n) if weighted else np.ones(n)
    columns = {"example_id": np.arange(n).astype(str), "y_true": label, "y_score": score, "value": value, "shop": shop}
    table = pa.table(columns | ({"weight": weight} if weighted else {}))
    naming = Naming(["shop"], "UTC")
    naming.add(naming.prepare(table))
    held = Thresholds(at, "value")
    for piece in (table.slice(0, 700), table.slice(700)):
        held.add(held.prepare(read_block(piece, naming.groupings())))
    for column, group, kept in [
        ("", 0, np.ones(n, bool)),
        *(("shop", i, shop == name) for i, name in enumerate("abc")),
    ]:
        acted = held.acted(column, group)
        above = (score > at[:, np.newaxis]) & kept
        np.testing.assert_allclose(acted.true_positives, (above * label * weight).sum(axis=1))
        np.testing.assert_allclose(acted.false_positives, (above * (1 - label) * weight).sum(axis=1))
        gained = (above * label * weight * value).sum(axis=1)
        expected = 0.3 * gained - 5 * (above * weight).sum(axis=1)
        np.testing.assert_allclose(acted.profit(gain=0.3, cost=5), expected, rtol=1e-9, atol=1e-6)


def test_too_many_thresholds_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        Thresholds(np.arange(MOST_THRESHOLDS + 1) / MOST_THRESHOLDS, "value")
