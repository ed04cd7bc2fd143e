"""Months and pairs from files against the real server: seen first, imported, restated, and taken back."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from metrics.core.calendar import later
from metrics.models.calibration import Pair
from metrics.models.product import Product
from metrics.services.kpi import kpis
from metrics.services.product.tokens import create_token

OF = ("--product", "churn", "--kpi", "kept")


@pytest.fixture
def as_manager(signed_in, manager, monkeypatch):
    """The manager of the product, which has a KPI; models are read when it is asked for."""
    from metrics.services.product.tokens import create_token

    monkeypatch.setenv("KPI_TOKEN", create_token(manager, name="months")[1])
    return kpis.create_kpi(manager, Product.objects.get(slug="churn"), key="kept", name="Kept", unit="customer")


@pytest.fixture
def file(tmp_path):
    """Writes a file and gives its path."""

    def written(text, name="months.csv"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return written


def known(kpi):
    rows = kpi.actuals.filter(withdrawn_at=None).order_by("known_at").values_list("period", "value")
    return {f"{period:%Y-%m}": value for period, value in rows}


def test_months_are_seen_imported_restated_and_taken_back_as_a_whole(as_manager, typed, file):
    first = file("month;value\n2017-07;5'313\n2017-08;4925,5\n")
    assert typed("actuals", "import", first, *OF, "--dry-run")[:2] == (
        0,
        "2017-07  5313\n2017-08  4925.5\nwould write 2 months; 0 as known before; nothing is written\n",
    )
    assert known(as_manager) == {}
    code, out, err = typed("actuals", "import", first, *OF, "--source", "ledger")
    assert (code, err) == (0, "")
    assert known(as_manager) == {"2017-07": Decimal(5313), "2017-08": Decimal("4925.5")}
    assert set(as_manager.actuals.values_list("source", flat=True)) == {"ledger"}

    second = file("2017-07, 5313\n2017-08, 5000\n2017-09, 4100\n")
    assert (
        "2 months, 1 of them restating another value; 1 as known"
        in typed("actuals", "import", second, *OF, "--dry-run")[1]
    )
    restated = json.loads(typed("actuals", "import", second, *OF, "--json")[1])
    assert (restated["written"], restated["unchanged"]) == (2, 1)
    assert known(as_manager)["2017-08"] == 5000
    undo = ("actuals", "undo", restated["import"], "--product", "churn")
    assert typed(*undo)[0] == 0
    assert known(as_manager) == {"2017-07": Decimal(5313), "2017-08": Decimal("4925.5")}
    code, out, err = typed(*undo)
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_pairs_are_seen_imported_and_taken_back(as_manager, typed, file):

    path = file("x,y,y_error,at\n0.42,3.1,0.2,2017-07-31\n0.40,3.3,,2017-08-31\n", "pairs.csv")
    command = ("pairs", "import", path, *OF, "--metric", "log_loss")
    assert typed(*command, "--dry-run")[1].splitlines()[:3] == [
        "x 0.42  y 3.1  y_error 0.2  at 2017-07-31",
        "x 0.4  y 3.3  at 2017-08-31",
        "would write 2 pairs; 0 as known before; nothing is written",
    ]
    assert not Pair.objects.exists()
    made = json.loads(typed(*command, "--json")[1])
    assert set(Pair.objects.values_list("x", "y", "y_error", "source")) == {
        (0.42, 3.1, 0.2, "pairs.csv"),
        (0.40, 3.3, None, "pairs.csv"),
    }
    assert typed(*command)[1] == "wrote 0 pairs; 2 as known before\n"
    back = f"`kpi pairs restore {made['batch']} --product churn` brings it back"
    undone = typed("pairs", "undo", made["batch"], "--product", "churn")
    assert undone == (0, f"took import {made['batch']} back; {back}\n", "")
    assert not Pair.objects.filter(withdrawn_at=None).exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("actuals", "2017-07, much\nsoon, 3\n"),
            "text: line 2: “soon” is no month. Write it as 2017-08, or leave the line out (1 more)",
        ),
        (("actuals", "2017-07, 1\n2017-7, 2\n"), "stands in line 1 already"),
        (("actuals", "\n"), "there is no month with a value in it"),
        (("pairs", "x,y\n1,2\n"), "there is no metric “no_such”"),
        (("pairs", "a,b\n1,2\n"), "“a” is no column"),
        (("pairs", "x,y,x_error\n1,2,-1\n"), "no_such"),
    ],
)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_what_cannot_be_read_is_one_line_whether_it_is_tried_or_done(as_manager, typed, file, words, says, dry):
    room, text = words
    more = ("--metric", "no_such") if room == "pairs" else ()
    code, out, err = typed(room, "import", file(text), *OF, *more, *dry)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


def test_who_may_not_import_is_told_so(as_manager, scientist, typed, file, monkeypatch):

    monkeypatch.setenv("KPI_TOKEN", create_token(scientist, name="months")[1])
    for dry in ((), ("--dry-run",)):
        code, _, err = typed("actuals", "import", file("2017-07, 1\n"), *OF, *dry)
        assert (code, err.count("\n")) == (2, 1)
        assert "your role here does not allow this" in err


def test_the_month_that_runs_is_told_and_a_month_to_come_is_refused(as_manager, typed, file):
    now = f"{as_manager.product.today():%Y-%m}"
    told = f"{now} is not over: its value is partial, and counts nowhere until it is entered after\n"
    path = file(f"2017-07,5\n{now},402\n")
    for dry in (("--dry-run",), ()):
        code, out, _ = typed("actuals", "import", path, *OF, *dry)
        assert (code, out.endswith(told)) == (0, True), out
    for dry in (("--dry-run",), ()):
        code, out, err = typed("actuals", "import", file(f"{later(now, 1)},1\n"), *OF, *dry)
        assert (code, out) == (2, "")
        assert f"row 1: {later(now, 1)} has not come yet" in err
    assert len(known(as_manager)) == 2


def test_a_partial_month_that_is_completed_is_told(as_manager, manager, typed, file):
    while_it_ran = datetime(2017, 7, 12, tzinfo=UTC)
    kpis.import_actuals(manager, as_manager, values=[(date(2017, 7, 1), Decimal(5))], source="", known_at=while_it_ran)
    out = typed("actuals", "import", file("2017-07,5\n"), *OF, "--dry-run")[1]
    told = "would write 1 month, 1 of them completing a partial one; 0 as known before; nothing is written"
    assert out.splitlines() == ["2017-07  5", told]


def test_the_parts_of_a_ratio_are_imported(as_manager, typed, file):
    code, out, err = typed("actuals", "import", file("month,numerator,denominator\n2017-07,1,10\n"), *OF)
    assert (code, err) == (0, ""), out
    row = as_manager.actuals.get()
    assert (row.value, row.numerator, row.denominator) == (None, 1, 10)
