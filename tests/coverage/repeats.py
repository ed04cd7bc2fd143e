"""Repeats of a simulation over processes: each has a seed of its own, so the result does not hang on how many."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

T = TypeVar("T")


def repeated(judged: Callable[[int], T], repeats: int, *, at_once: int, processes: int | None = None) -> list[T]:
    """What `judged`, which can be sent to another process, gives of each repeat, in their order."""
    batch, starts = partial(_batch, judged, repeats, at_once), range(0, repeats, at_once)
    if processes == 1:
        batches = list(map(batch, starts))
    else:
        with ProcessPoolExecutor(processes or os.cpu_count(), mp_context=get_context("spawn")) as pool:
            batches = list(pool.map(batch, starts))
    return [one for made in batches for one in made]


def _batch(judged: Callable[[int], T], repeats: int, at_once: int, start: int) -> list[T]:
    return [judged(repeat) for repeat in range(start, min(start + at_once, repeats))]
