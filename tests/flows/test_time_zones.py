"""Three products in three time zones, with the same rows at the edges of months: each has the months of its own clocks.

The months of every figure are counted by pandas' own time zones.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from metrics.core.evidence.timeliness import TIMELINESS
from metrics.models.evaluation import Artifact
from metrics.queries.evaluation.segments import segments
from metrics.queries.evidence import checks
from metrics.services.evaluation import promotion
from metrics.services.kpi import kpis, mappings
from metrics.services.revenue import projections

pytestmark = pytest.mark.django_db

ZONES = {"Asia/Kolkata": 22, "America/Los_Angeles": 23, "Pacific/Auckland": 24}
EDGES = ("2016-06-30T20:00", "2016-07-01T03:00", "2016-07-31T23:59", "2016-08-31T09:00", "2016-08-31T11:59")
EDGES += ("2016-08-31T12:00", "2016-08-31T18:30", "2016-10-01T06:59", "2016-10-01T07:00", "2016-10-31T11:00")
GAIN, LOSS = 10.0, -1.0
KINDS = ("cube", "decisions", "evidence")


def frame(n=1200):
    generator = np.random.Generator(np.random.Philox(16))
    score = generator.uniform(0.02, 0.98, n)
    event = pd.to_datetime([EDGES[number % len(EDGES)] for number in range(n)]).tz_localize("UTC")
    return pd.DataFrame(
        {
            "example_id": [f"b{number:05d}" for number in range(n)],
            "y_true": (generator.uniform(size=n) < score).astype(int),
            "y_score": score.round(6),
            "event_time": event,
            "ingest_time": event + pd.to_timedelta(generator.uniform(1, 20, n).round(3), unit="h"),
        }
    )


@pytest.fixture
def chains(make_product, scientist, manager, log, compute):
    """Time zone → (product, champion's run) with the same rows, a constant value matrix and two years of volume."""
    made = {}
    for zone, seed in ZONES.items():
        product = make_product(zone, time_zone=zone, seed=seed)
        run = log(scientist, product, frame(), name="edges")
        promotion.promote(manager, run.version)
        value = kpis.create_kpi(manager, product, key="value", name="Value", unit="EUR/booking")
        volume = kpis.create_kpi(manager, product, key="bookings", name="Bookings", unit="booking", aggregation="sum")
        months = [(date(2015 + n // 12, n % 12 + 1, 1), Decimal(100 + n)) for n in range(24)]
        kpis.import_actuals(manager, volume, values=months, source="counted")
        cells = {"tp": {"base": str(GAIN)}, "fp": {"base": str(LOSS)}, "fn": {}, "tn": {}}
        definition = {
            "kind": "value_matrix",
            "cells": cells,
            "threshold": {"kind": "fixed", "at": 0.5},
            "baseline": "act_on_none",
            "per": "case",
        }
        draft = mappings.create_mapping(scientist, product, kpi=value, name="Value", definition=definition)
        mappings.propose(scientist, draft, seen=draft.digest)
        mappings.approve(manager, draft, seen=draft.digest)
        projections.set_projection(manager, product, value_kpi=value, volume_kpi=volume)
        made[zone] = (product, run)
    compute()
    return made


@pytest.fixture(params=ZONES)
def chain(request, chains):
    return request.param, *chains[request.param]


def months_of(rows, zone):
    return rows.event_time.dt.tz_convert(zone).dt.strftime("%Y-%m")


def test_the_zones_have_other_months_of_the_same_rows():
    counted = {zone: tuple(sorted(months_of(frame(), zone).value_counts().items())) for zone in (*ZONES, "UTC")}
    assert len(set(counted.values())) == 4
    assert "2016-06" not in dict(counted["Asia/Kolkata"])
    assert dict(counted["America/Los_Angeles"])["2016-06"] == 240


def test_metrics_and_decisions_are_cut_by_the_months_of_the_place(chain, api, executive):
    zone, product, run = chain
    rows = frame()
    rows["month"] = months_of(rows, zone)
    found = {one.name: one.n for one in segments(run, ("roc_auc",)) if one.column == "month"}
    assert found == rows.month.value_counts().to_dict()

    rows["money"] = np.where(rows.y_score > 0.5, np.where(rows.y_true == 1, GAIN, LOSS), 0.0)
    mean = rows.groupby("month").money.mean()
    cases = {f"{2015 + n // 12}-{n % 12 + 1:02d}": 100 + n for n in range(24)}
    told = api(executive).get(f"/api/v1/products/{product.slug}/projection/").json()
    realised = {one["period"]: one["value"]["point"] for one in told["realised"] if "point" in one["value"]}
    assert realised == {month: pytest.approx(mean[month] * cases[month]) for month in mean.index}
    assert told["realised_total"]["point"] == pytest.approx(sum(mean[month] * cases[month] for month in mean.index))


def test_evidence_is_cut_by_the_months_of_the_place(chain):
    zone, _, run = chain
    by_month = next(one for one in checks.checks(run, None) if one.key == TIMELINESS.key).numbers["by_month"]
    assert [one["month"] for one in by_month] == sorted(set(months_of(frame(), zone)))


def test_the_time_zone_stands_in_the_documents_so_that_the_same_rows_have_other_digests(chains):
    files = {run.rows for _, run in chains.values()}
    assert len(files) == 1
    of_rows = [row for row in Artifact.objects.all() if row.document.get("rows") in files]
    by_kind = {kind: {row.digest for row in of_rows if row.document["kind"] == kind} for kind in KINDS}
    assert {kind: len(digests) for kind, digests in by_kind.items()} == dict.fromkeys(KINDS, 3)
    assert {row.document["time_zone"] for row in of_rows} == set(ZONES)


def test_a_receipt_names_the_months_of_the_place(chain, api, executive):
    zone, product, _ = chain
    reader = api(executive)
    told = reader.get(f"/api/v1/products/{product.slug}/projection/").json()
    links = reader.get(f"/api/v1/receipts/{told['receipt']}/").json()["links"]
    event = frame().event_time.dt.tz_convert(zone)
    assert f"{event.min():%B %Y} to {event.max():%B %Y}" in str(links[-1])


def test_today_and_the_days_of_pages_are_those_of_the_place(chains):
    moment = datetime(2026, 6, 30, 20, tzinfo=UTC)
    days = {zone: product.day(moment) for zone, (product, _) in chains.items()}
    assert days == {
        "Asia/Kolkata": date(2026, 7, 1),
        "America/Los_Angeles": date(2026, 6, 30),
        "Pacific/Auckland": date(2026, 7, 1),
    }
