"""Label maturity: the chain ladder on published and simulated triangles, and cohorts of rows."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.evidence.chain_ladder import chain_ladder, curve, development_factors
from metrics.core.evidence.maturity import MATURITY, maturity
from tests.examined import examined

# Taylor, Ashe (1983), "Second moments of estimates of outstanding claims", Journal of Econometrics 23:37–61.
TAYLOR_ASHE = """
357848 1124788 1735330 2218270 2745596 3319994 3466336 3606286 3833515 3901463
352118 1236139 2170033 3353322 3799067 4120063 4647867 4914039 5339085
290507 1292306 2218525 3235179 3985995 4132918 4628910 4909315
310608 1418858 2195047 3757447 4029929 4381982 4588268
443160 1136350 2128333 2897821 3402672 3873311
396132 1333217 2180715 2985752 3691712
440832 1288463 2419861 3483130
359480 1421128 2864498
376686 1363294
344014
"""


def published():
    lines = [[float(cell) for cell in line.split()] for line in TAYLOR_ASHE.split("\n") if line]
    return np.array([[*line, *[np.nan] * (10 - len(line))] for line in lines])


def maturity_check(rows):
    return examined(MATURITY, rows)


def test_the_chain_ladder_gives_the_published_reserve_of_taylor_and_ashe():
    triangle = published()
    latest = triangle[np.arange(10), 9 - np.arange(10)]
    assert round((chain_ladder(triangle) - latest).sum()) == 18_680_856
    # Mack (1993), table 2: factors to four digits.
    published_factors = [3.4906, 1.7473, 1.4574, 1.1739, 1.1038, 1.0863, 1.0539, 1.0766, 1.0177]
    assert development_factors(triangle).tolist() == pytest.approx(published_factors, abs=5e-5)


def test_the_chain_ladder_by_hand():
    triangle = np.array([[100.0, 150, 165], [200, 300, np.nan], [80, np.nan, np.nan]])
    assert development_factors(triangle).tolist() == pytest.approx([1.5, 1.1])
    assert chain_ladder(triangle).tolist() == pytest.approx([165, 330, 132])
    assert curve(triangle).tolist() == pytest.approx([1 / 1.65, 1 / 1.1, 1])


def test_nothing_known_develops_by_a_factor_of_one():
    triangle = np.array([[0.0, 0.0], [0.0, np.nan]])
    assert development_factors(triangle).tolist() == [1.0]
    assert chain_ladder(np.array([[np.nan, np.nan], [3.0, np.nan]])).tolist()[1] == 3.0
    assert np.isnan(chain_ladder(np.array([[np.nan, np.nan], [3.0, np.nan]]))[0])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 1000), min_size=2, max_size=8), st.lists(st.floats(1, 3), min_size=8, max_size=8))
def test_cohorts_that_develop_alike_are_completed_exactly(sizes, factors):
    n = len(sizes)
    growth = np.cumprod([1.0, *factors[: n - 1]])
    full = np.outer(sizes, growth)
    known = np.add.outer(np.arange(n), np.arange(n)) < n
    assert chain_ladder(np.where(known, full, np.nan)).tolist() == pytest.approx(full[:, -1].tolist())


def late(rows, *, months=6, daily=40, waiting=True):
    """Half of the labels come in the event's month, three tenths a month later, two tenths two months later.

    Looked at on the last day of the sixth month; positives are the ones that come two months later.
    """
    events, stored, labels = [], [], []
    end = datetime(2025, 6, 30, 12, tzinfo=UTC)
    for month in range(1, months + 1):
        for number in range(daily):
            event = datetime(2025, month, 1 + number % 10, tzinfo=UTC)
            after = 0 if number % 10 < 5 else 1 if number % 10 < 8 else 2
            arrives = datetime(2025, month + after, 15, tzinfo=UTC)
            known = arrives <= end
            if known or waiting:
                events.append(event.isoformat())
                stored.append(arrives.isoformat() if known else end.isoformat())
                labels.append((1.0 if after == 2 else 0.0) if known else None)
    stored[0] = end.isoformat()  # the latest storage time: the sixth month is complete
    return rows(y_true=labels, event_time=events, ingest_time=stored)


def test_young_months_carry_the_share_of_labels_that_is_in(rows):
    found = maturity(late(rows))
    shares = {one.month: round(one.share, 3) for one in found.cohorts}
    assert found.until == "2025-06"
    assert {month: shares[month] for month in ("2025-04", "2025-05", "2025-06")} == {
        "2025-04": 1.0,
        "2025-05": 0.8,
        "2025-06": 0.5,
    }


def test_without_the_waiting_rows_the_chain_ladder_finds_the_same_shares(rows):
    # The first row is stored at the end, an outlier of its cohort: five months shift the curve by less than 3 %.
    found = {one.month: one for one in maturity(late(rows, daily=400, waiting=False)).cohorts}
    assert found["2025-06"].share == pytest.approx(0.5, abs=0.02)
    assert found["2025-05"].share == pytest.approx(0.8, abs=0.02)
    assert found["2025-06"].ultimate == pytest.approx(400, rel=0.04)


def test_a_completed_mean_counts_the_positives_still_to_come(rows):
    # All positives come two months late: of a month looked at after one there are none yet, and none to scale up.
    found = {one.month: one for one in maturity(late(rows)).cohorts}
    assert found["2025-04"].completed == pytest.approx(0.2)
    assert found["2025-05"].mean == 0.0
    assert found["2025-05"].completed == 0.0


def test_labels_that_come_evenly_complete_to_the_true_rate(rows):
    generator = np.random.default_rng(5)
    end = datetime(2025, 8, 31, 23, tzinfo=UTC)
    events, stored, labels = [], [], []
    for _ in range(20_000):
        event = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=float(generator.uniform(0, 242)))
        positive = generator.random() < 0.3
        # Negatives are known late: an early look overstates the rate.
        arrives = event + timedelta(days=float(generator.exponential(10 if positive else 40)))
        if arrives <= end:
            events.append(event.isoformat())
            stored.append(arrives.isoformat())
            labels.append(float(positive))
    events.append("2025-08-31T22:00")
    stored.append(end.isoformat())
    labels.append(1.0)
    last = maturity(rows(y_true=labels, event_time=events, ingest_time=stored)).cohorts[-1]
    assert last.mean > 0.4
    assert abs(last.completed - 0.3) < abs(last.mean - 0.3) / 2


def test_the_check_names_immature_months_with_their_share(rows):
    check = maturity_check(late(rows))
    assert check.verdict == "warning"
    assert "2025-06 has 50 % of labels in" in check.text
    assert "2025-05 has 80 % of labels in" in check.text
    assert len(check.numbers["curve"]) == 6


def test_the_check_fails_where_most_rows_are_young(rows):
    """Nine tenths of January's labels came a month late, so that a tenth of February's are in."""
    events = ["2025-01-05"] * 10 + ["2025-02-05"] * 90
    stored = ["2025-01-06"] + ["2025-02-06"] * 9 + ["2025-02-28"] * 90
    labels = [1.0] * 10 + [1.0] * 9 + [None] * 81
    check = maturity_check(rows(y_true=labels, event_time=events, ingest_time=stored))
    assert check.verdict == "fails"
    assert "2025-02 has 10 % of labels in" in check.text
    assert "never" not in check.text


def mixed(rows, *, never=0.2, months=8, monthly=500, late=0.3, seed=1):
    """Half of the labels are positive; this share of rows never has one; this share of labels comes a month late."""
    random = np.random.default_rng(seed)
    events, stored, labels = [], [], []
    for month in range(1, months + 1):
        for number in range(monthly):
            waits = int(random.random() < late)
            known = random.random() >= never and month + waits <= months
            events.append(f"2025-{month:02}-{1 + number % 20:02}")
            stored.append(f"2025-{month + waits:02}-25" if known else f"2025-{months:02}-28")
            labels.append(float(random.random() < 0.5) if known else None)
    stored[-1] = f"2025-{months:02}-{31 if months in (1, 3, 5, 7, 8, 10, 12) else 30}"
    return rows(y_true=labels, event_time=events, ingest_time=stored)


def test_rows_that_never_have_a_label_are_no_negatives(rows):
    """0.50 became 0.40: a fifth of the rows were counted as labels that are 0."""
    known = maturity(mixed(rows, never=0.2), seed=1)
    for cohort in known.cohorts:
        assert cohort.completed == pytest.approx(0.5, abs=0.08), cohort
        assert cohort.ultimate == pytest.approx(400, abs=40), cohort
    shares = [cohort.share for cohort in known.cohorts]
    assert shares[:-1] == pytest.approx([1.0] * 7, abs=0.01)
    assert shares[-1] == pytest.approx(0.7, abs=0.05)


@pytest.mark.parametrize("never", [0.0, 0.2, 0.6])
def test_the_share_that_is_never_labelled_has_a_band(rows, never):
    known = maturity(mixed(rows, never=never), seed=1)
    assert known.never.low <= never + 0.005
    assert known.never.high >= never - 0.005
    assert known.never.point == pytest.approx(never, abs=0.03)
    assert 0 <= known.never.high - known.never.low < 0.08


def test_the_check_says_how_many_are_never_labelled(rows):
    check = maturity_check(mixed(rows, never=0.2))
    assert re.search(r"As delays so far tell, \d+ % of the rows \(\d+ % to \d+ %\) never have a label", check.text)
    most = maturity_check(mixed(rows, never=0.7))
    assert "Over half of the rows seem never to be labelled." in most.text
    assert most.verdict == "warning"


def test_a_table_without_waiting_rows_says_nothing_of_rows_that_are_never_labelled(rows):
    assert maturity(late(rows, waiting=False)).never is None


def test_a_month_without_any_label_yet_comes_to_the_share_of_the_others(rows):
    events = ["2025-01-05"] * 40 + ["2025-02-05"] * 40 + ["2025-03-05"] * 40
    stored = ["2025-02-06"] * 30 + ["2025-03-28"] * 10 + ["2025-03-06"] * 30 + ["2025-03-28"] * 9 + ["2025-03-31"] * 41
    labels = [1.0] * 30 + [None] * 10 + [1.0] * 30 + [None] * 50
    young = maturity(rows(y_true=labels, event_time=events, ingest_time=stored)).cohorts[-1]
    assert (young.labels, young.share, young.completed) == (0, 0.0, None)
    assert young.ultimate == pytest.approx(30)


def test_an_open_month_is_not_looked_at(rows):
    table = rows(
        y_true=[1.0, 0.0, 1.0],
        event_time=["2025-01-05", "2025-02-05", "2025-03-05"],
        ingest_time=["2025-01-06", "2025-02-06", "2025-03-10"],
    )
    found = maturity(table)
    assert found.until == "2025-02"
    assert [one.month for one in found.cohorts] == ["2025-01", "2025-02"]
    assert found.left_out == 1


def test_the_last_day_of_a_month_ends_it_though_it_has_25_hours(rows):
    """In Cairo the clocks went back by an hour at the end of 31 October 2024; half past midnight there is 21:30Z."""
    table = rows(
        y_true=[1.0, 0.0, 1.0],
        event_time=["2024-09-05", "2024-10-05", "2024-10-06"],
        ingest_time=["2024-09-06", "2024-10-06", "2024-10-30T21:30Z"],
    )
    assert maturity(table, time_zone="Africa/Cairo").until == "2024-10"
    assert maturity(table, time_zone="America/Lima") is None


def test_a_label_known_before_its_event_counts_as_in_at_once(rows):
    table = rows(
        y_true=[1.0, 0.0, 0.0],
        event_time=["2025-03-05", "2025-02-05", "2025-03-31"],
        ingest_time=["2025-01-06", "2025-02-06", "2025-03-31"],
    )
    assert maturity(table).triangle[1, 0] == 2.0


def test_nothing_is_said_without_times_or_within_one_month(rows):
    assert maturity(rows(y_true=[1.0])) is None
    assert maturity(rows(y_true=[1.0], event_time=["2025-01-05"], ingest_time=["2025-01-31"])) is None
    assert maturity(rows(y_true=[1.0], event_time=[None], ingest_time=["2025-01-31"])) is None
    assert (
        maturity_check(rows(y_true=[None], event_time=["2025-01-05"], ingest_time=["2025-03-31"])).verdict
        == "not checked"
    )
