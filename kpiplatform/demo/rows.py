"""The demonstration's rows: hotel bookings and the scores that fourteen classifiers gave them.

They are of 2015 to 2017, and are told as many whole years later as make their last month the newest August that is
over, so that what is projected from them is to come, or as they were. No other thing about them changes.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.late import pa, pc, pq

LAST = date(2017, 8, 1)
FOLDER = Path(__file__).resolve().parent
MILLIONTHS = 1_000_000
BOOKING = ("example_id", "y_true", "split", "event_time", "segment", "channel", "value")
# Column of the source → what it is called here, where people read it.
FEATURES = {"lead_time": "lead_time", "adr": "daily_rate", "total_of_special_requests": "special_requests"}


@dataclass(frozen=True)
class Run:
    """One classifier's evaluation: its name, its version's name, and its manifest."""

    name: str
    version: str
    manifest: dict[str, Any]


@lru_cache(maxsize=1)
def bookings() -> pa.Table:
    """All bookings, their days as they were."""
    return pq.read_table(FOLDER / "bookings.parquet")


def years_on(today: date) -> int:
    """By how many years the rows are moved on when the story is told on a day."""
    return today.year - LAST.year - (today.month <= LAST.month)


def runs(years: int = 0) -> list[Run]:
    found = []
    for told in json.loads((FOLDER / "runs.json").read_text()):
        name = told["run_id"]
        manifest = {
            "seed": told["seed"],
            "split": f"arrivals before July {2016 + years} train, October {2016 + years} to August {2017 + years} test",
            "parameters": {"estimator": told["model"], "loss": told["optimised_loss"], **told["params"]},
            "environment": told["environment"],
            "trained_on": {"rows": told["train_rows"], "sha256": told["train_data_sha256"]},
        }
        found.append(Run(name, name.split("-", 2)[2], manifest))
    return found


def predictions(run: str, folder: Path, years: int = 0) -> Path:
    """Write a run's predictions as they would be sent: Parquet, both splits, stamps in UTC, the model's main inputs."""
    held = bookings()
    table = held.select([*BOOKING, *FEATURES]).rename_columns(
        [*BOOKING, *(f"feature.{name}" for name in FEATURES.values())]
    )
    table = table.append_column("y_score", pc.divide(held[run].cast(pa.float64()), MILLIONTHS))
    table = table.set_column(table.column_names.index("event_time"), "event_time", _stamps("event_time", years))
    path = folder / f"{run}.parquet"
    pq.write_table(table.filter(pc.is_valid(table["y_score"])), path, compression="zstd")
    return path


def as_booked(folder: Path, years: int = 0, *, today: date | None = None) -> Path:
    """Write the bookings as they came in: when each was made, and when its outcome became known, if it is by today."""
    columns = {name: bookings()[name] for name in ("example_id", "y_true", "segment", "channel", "value")}
    times = {"event_time": _stamps("booking_time", years), "ingest_time": _stamps("ingest_time", years)}
    table = pa.table({**columns, **times})
    if today is not None:
        table = table.filter(pc.less(table["ingest_time"].cast(pa.date32()), pa.scalar(today)))
    path = folder / "as-booked.parquet"
    pq.write_table(table, path, compression="zstd")
    return path


def _stamps(name: str, years: int) -> pa.ChunkedArray:
    """A column of days as stamps in UTC, so many years on."""
    return moved(np.asarray(bookings()[name].to_numpy(), dtype="datetime64[D]"), years)


def moved(days: NDArray[np.datetime64], years: int) -> pa.ChunkedArray:
    """Days as stamps in UTC, so many years on; 29 February becomes the 28th where there is none."""
    month = days.astype("datetime64[M]")
    later = month + 12 * years
    longest = (later + 1).astype("datetime64[D]") - later.astype("datetime64[D]") - 1
    found = later.astype("datetime64[D]") + np.minimum(days - month.astype("datetime64[D]"), longest)
    return pa.chunked_array([pa.array(found.astype("datetime64[us]")).cast(pa.timestamp("us", tz="UTC"))])


def months(hotel: str | None = None, years: int = 0) -> list[tuple[date, Decimal]]:
    """Bookings by month of arrival, of both hotels or of one."""
    counts: dict[date, int] = defaultdict(int)
    with (FOLDER / "months.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if hotel is None or row["hotel"] == hotel:
                month = date.fromisoformat(f"{row['month']}-01")
                counts[month.replace(year=month.year + years)] += int(row["bookings"])
    return [(month, Decimal(count)) for month, count in sorted(counts.items())]
