"""Faults and when they come: drawn from a seed, at shares of the work done, so that a schedule can be run again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

KILL = "kill a worker"
# Kind of fault → how many come with a hundred kills of workers; at least one of each.
BESIDE = {
    "kill the dispatcher": 6,
    "stop a worker for a while": 6,
    "empty the broker": 6,
    "kill the broker": 4,
    "restart the database": 5,
    "cut the wire to the database": 4,
    "stall the wire to the database": 4,
    "fill the disk": 4,
    "set a worker's clock an hour off": 4,
    "end a worker in turn": 20,
    "deliver everything five times": 5,
}
LEAST = {"empty the broker": 3, "end a worker in turn": 2}
LONG = (0.5, 6.0)  # seconds that what is stopped, cut or stalled stays so


@dataclass(frozen=True)
class Fault:
    """at: the share of the load that is done when it comes; pause, lasts: seconds; victim: 0 to 1."""

    at: float
    kind: str
    pause: float
    lasts: float
    victim: float


def counts(kills: int, *, beside: Mapping[str, int] = BESIDE) -> dict[str, int]:
    """Kind → how many; kills: of workers."""
    return {KILL: kills} | {kind: max(LEAST.get(kind, 1), round(share * kills / 100)) for kind, share in beside.items()}


def draw(seed: int, kills: int, *, until: float = 0.98) -> list[Fault]:
    """Faults in order of their coming; the same for the same seed. until: no fault begins after that share."""
    chance = random.Random(seed)
    kinds = [kind for kind, count in counts(kills).items() for _ in range(count)]
    chance.shuffle(kinds)
    return [
        Fault(
            at=until * (number + chance.random()) / len(kinds),
            kind=kind,
            pause=chance.choice([0.0, 0.0, 0.1, 0.3]),
            lasts=chance.uniform(*LONG),
            victim=chance.random(),
        )
        for number, kind in enumerate(kinds)
    ]


def in_words(faults: list[Fault]) -> str:
    found = Counter(fault.kind for fault in faults)
    return ", ".join(f"{kind} ×{found[kind]}" for kind in (KILL, *BESIDE) if found[kind])
