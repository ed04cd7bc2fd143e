"""Timeliness: delays, and stamps that cannot be true."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from metrics.core.evidence.timeliness import TIMELINESS, by_month, delays
from metrics.core.rows.table import utc
from tests.examined import examined


def stamped(rows, days, start="2025-01-01"):
    """Rows stored so many days after one and the same moment."""
    first = np.datetime64(start)
    return rows(
        event_time=[str(first)] * len(days),
        ingest_time=[str(first + np.timedelta64(int(one * 86400), "s")) for one in days],
    )


def timeliness_check(rows):
    return examined(TIMELINESS, rows)


def test_quantiles_are_those_of_numpy(rows):
    days = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55]
    found = delays(stamped(rows, days))
    assert found.quantiles == {level: float(np.quantile(days, level)) for level in (0.5, 0.9, 0.95, 0.99)}
    assert (found.n, found.longest, found.mean) == (10, 55, np.mean(days))
    assert found.within == {1: 0.2, 7: 0.5, 30: 0.8, 90: 1.0}


@pytest.mark.shared
def test_the_label_delays_of_the_hotel_are_as_expected(shared):
    """Every booking with a value: from the day it was made to the day its outcome was known."""
    source = pd.read_parquet(shared / "data" / "hotel_cancel" / "source" / "hotel_bookings.parquet")
    arrival = pd.to_datetime(
        source.arrival_date_year.astype(str)
        + "-"
        + source.arrival_date_month
        + "-"
        + source.arrival_date_day_of_month.astype(str),
        format="%Y-%B-%d",
    )
    nights = source.stays_in_weekend_nights + source.stays_in_week_nights
    kept = (source.adr * nights).round(2) > 0
    booked = arrival - pd.to_timedelta(source.lead_time, unit="D")
    known = pd.to_datetime(source.reservation_status_date)
    table = pa.table(
        {
            "event_time": pa.array(booked[kept].to_numpy("datetime64[us]")).cast(utc()),
            "ingest_time": pa.array(known[kept].to_numpy("datetime64[us]")).cast(utc()),
        }
    )
    expected = json.loads((shared / "data" / "hotel_cancel" / "EXPECTED.json").read_text())["label_latency_days"]
    found = delays(table)
    assert found.n == expected["n"]
    assert found.mean == pytest.approx(expected["mean"], abs=1e-9)
    assert [found.quantiles[level] for level in (0.5, 0.9, 0.95)] == [expected[name] for name in ("p50", "p90", "p95")]
    assert found.longest == expected["max"]
    assert found.within[30] == pytest.approx(expected["share_within_30d"], abs=1e-12)
    assert found.within[7] == pytest.approx(expected["share_within_7d"], abs=1e-12)


def test_a_few_rows_stored_before_their_event_are_a_warning_and_many_fail(rows):
    few = timeliness_check(stamped(rows, [-0.5] + [2] * 199))
    assert (few.verdict, few.text) == ("warning", "1 of 200 rows (0.5 %) are stored before their event.")
    assert timeliness_check(stamped(rows, [-0.5] * 3 + [2] * 197)).verdict == "fails"


def test_an_event_after_the_latest_storage_time_is_a_fault(rows):
    table = rows(
        event_time=["2025-01-01"] * 3 + ["2026-01-01"], ingest_time=["2025-01-02", "2025-01-03", "2025-01-04", None]
    )
    found = delays(table)
    assert (found.n, found.future, found.negative) == (3, 1, 0)
    assert timeliness_check(table).verdict == "fails"


def test_no_delay_is_no_fault(rows):
    check = timeliness_check(stamped(rows, [0, 0, 0]))
    assert check.verdict == "holds"
    assert "0.0 hours" in check.text


def test_months_have_quantiles_of_their_own(rows):
    table = rows(
        event_time=["2025-01-01", "2025-02-01", "2025-02-02"], ingest_time=["2025-01-11", "2025-02-02", "2025-02-05"]
    )
    assert [(one["month"], one["n"], one["p50"]) for one in by_month(table, "UTC")] == [
        ("2025-01", 1, 10.0),
        ("2025-02", 2, 2.0),
    ]


def test_without_both_times_nothing_is_checked(rows):
    assert timeliness_check(rows(y_true=[1.0])).verdict == "not checked"
    assert timeliness_check(rows(event_time=["2025-01-01"], ingest_time=[None])).verdict == "not checked"
