"""Rows of every task, small enough for a page and large enough to be drawn."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

N = 900
CLASSES = ["bronze", "gold", "silver"]
START = pd.Timestamp("2024-01-01", tz="UTC")


def _common(generator: np.random.Generator, n: int) -> dict[str, Any]:
    return {
        "example_id": [f"r{at:05d}" for at in range(n)],
        "region": generator.choice(["North", "South"], n),
        "plan": generator.choice(["basic", "plus"], n),
        "event_time": START + pd.to_timedelta(np.arange(n) * 172_800 // n, unit="min"),
    }


def _regression(generator: np.random.Generator, n: int) -> pd.DataFrame:
    truth = generator.gamma(2.0, 50.0, n)
    return pd.DataFrame(_common(generator, n) | {"y_true": truth, "y_pred": truth * 1.1 + generator.normal(0, 8.0, n)})


def _forecast(generator: np.random.Generator, n: int) -> pd.DataFrame:
    frame = _regression(generator, n)
    return frame.assign(y_low=frame["y_pred"] - 8.0, y_high=frame["y_pred"] + 8.0)


def _multiclass(generator: np.random.Generator, n: int) -> pd.DataFrame:
    truth = generator.integers(0, len(CLASSES), n)
    chances = generator.dirichlet([1.0] * len(CLASSES), n)
    chances[np.arange(n), truth] += 0.5
    chances /= chances.sum(axis=1, keepdims=True)
    given = {f"p.{name}": chances[:, at] for at, name in enumerate(CLASSES)}
    return pd.DataFrame(_common(generator, n) | {"y_true": [CLASSES[at] for at in truth]} | given)


def _ranking(generator: np.random.Generator, n: int) -> pd.DataFrame:
    relevance = generator.integers(0, 3, n).astype(float)
    frame = pd.DataFrame(_common(generator, n) | {"y_true": relevance, "query_id": np.arange(n) // 6})
    return frame.assign(y_score=relevance + generator.normal(0, 1.0, n))


MADE = {"regression": _regression, "forecast": _forecast, "multiclass": _multiclass, "ranking": _ranking}
MORE = {"forecast": {"interval_level": 0.9}}


@pytest.fixture
def task_rows() -> Callable[..., pd.DataFrame]:
    """Makes rows of a task other than binary, with two segments over four months; the same for the same seed."""

    def made(task: str, n: int = N, *, seed: int = 3) -> pd.DataFrame:
        return MADE[task](np.random.Generator(np.random.Philox(seed)), n)

    return made


@pytest.fixture
def logged(product: Any, scientist: Any, log: Any, compute: Any, task_rows: Any) -> Callable[..., Any]:
    """Logs a run of a task and computes it."""

    def run(task: str, frame: pd.DataFrame | None = None, **manifest: Any) -> Any:
        named = {"model": task, "version": "1", "name": f"{task} run", "segments": ["region", "plan"]}
        found = log(
            scientist,
            product,
            task_rows(task) if frame is None else frame,
            task=task,
            **(named | MORE.get(task, {}) | manifest),
        )
        compute()
        found.refresh_from_db()
        assert found.state == "scored", found.error
        return found

    return run
