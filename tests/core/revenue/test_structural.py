"""The grid of structural models: what the filter says is what the definition says, month by month and ahead.

The reference writes every month of a model as a sum of independent normals and conditions by plain linear algebra: no
recursion, no state.
"""

import numpy as np
import pytest
from scipy import stats

from metrics.core.revenue import structural
from metrics.core.revenue.structural import CENTRED, FIRST_LEVEL, FIRST_SEASONS, SEASON

GRID = structural.grid(True)


def joint(model, months):
    """Covariance of the first months of a model, (months, months), from its definition."""
    level, moves, seen, keeps, part, first, season = (float(one[model]) for one in GRID)
    pieces = []  # (what each month has of a piece, variance of the piece)
    pieces.append((np.ones(months), FIRST_LEVEL))
    parts = [(0, first), *((at, part) for at in range(1, months))]
    for born, variance in parts:
        size, moved, reads = 1.0, 0.0, np.zeros(months)
        for at in range(born, months):
            if at > born:
                moved, size = moved + moves * size, keeps * size
            reads[at] = moved + seen * size
        pieces.append((reads, variance))
    pieces += [((np.arange(months) >= at).astype(float), level) for at in range(1, months)]
    pieces += [(np.eye(months)[at], 1.0) for at in range(months)]
    covariance = sum(variance * np.outer(reads, reads) for reads, variance in pieces)
    place = np.arange(months) % SEASON
    shared = FIRST_SEASONS + season * np.minimum.outer(np.arange(months), np.arange(months))
    return covariance + shared * CENTRED[np.ix_(place, place)]


@pytest.mark.parametrize("model", range(0, len(GRID.level), 7))
@pytest.mark.parametrize("n", [13, 29])
def test_each_model_foretells_what_its_definition_implies(model, n):
    rng = np.random.default_rng(model)
    series, months = rng.normal(size=n), 15
    whole = joint(model, n + months)
    past, cross = whole[:n, :n], whole[n:, :n]
    # The filter takes the first month as the level's centre.
    mean = series[0] + cross @ np.linalg.solve(past, series - series[0])
    spread = whole[n:, n:] - cross @ np.linalg.solve(past, cross.T)
    reads, covariance = structural.ahead(n, months, True)
    found = structural.run(series, slopes=True)
    assert reads[model] @ found.state[model] == pytest.approx(mean, abs=1e-8)
    assert covariance[model] == pytest.approx(spread, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("model", range(0, len(GRID.level), 7))
def test_the_one_step_errors_carry_the_density_of_the_series(model):
    series = np.random.default_rng(model).normal(size=30)
    found = structural.run(series, slopes=True)
    by_month = stats.norm.logpdf(found.errors[:, model], scale=np.sqrt(found.variances[:, model])).sum()
    whole = stats.multivariate_normal(np.full(30, series[0]), joint(model, 30)).logpdf(series)
    assert by_month == pytest.approx(whole, rel=1e-9)


def test_without_slopes_no_model_has_a_direction_of_its_own():
    grid = structural.grid(False)
    assert not grid.moves[grid.seen == 0].any()
    assert not grid.first[grid.seen == 0].any()
    assert (grid.keeps[grid.seen == 1] < 1).all()


def test_models_differ_from_one_another():
    assert len(np.unique(np.array(GRID).T, axis=0)) == len(GRID.level)
