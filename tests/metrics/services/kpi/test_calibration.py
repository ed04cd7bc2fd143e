"""Calibrated mappings through the house: pairs imported and undone, the figure of a run, its grade, its receipt."""

from datetime import date

import numpy as np
import pytest
from django.utils import timezone
from scipy.stats import theilslopes

from metrics import access
from metrics.core.estimate import Estimate, Unknown
from metrics.core.kpi.calibrated import NOT_SEPARATE
from metrics.core.kpi.calibration import NO_ERRORS
from metrics.models.calibration import Pair
from metrics.models.evaluation import MetricResult
from metrics.models.kpi import KPIResult, MappingVersion
from metrics.models.work import Change
from metrics.queries.documents import calibration as documents_calibration
from metrics.queries.documents import kpi as kpi_documents
from metrics.queries.documents.book import Book
from metrics.queries.documents.calibration import BEYOND
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.results import quantity
from metrics.queries.kpi import calibration as queries
from metrics.queries.kpi.grade import Grader
from metrics.services.kpi import calibration, kpis, mappings
from metrics.services.kpi.pairs_given import PairRow, read_pairs
from metrics.services.recompute import verification
from metrics.services.writing.refusal import Invalid

pytestmark = pytest.mark.django_db

HISTORY = {"kind": "calibrated", "metric": "log_loss", "pairs": "history"}
EXPERIMENT = {"kind": "calibrated", "metric": "log_loss", "pairs": "experiment", "base_x": 0.5, "base_y": 10.0}


def rows_around(centre, n=12, spread=0.1, **more):
    """Pairs on a falling line with a little noise."""
    noise = np.random.default_rng(3).normal(0, 0.2, n)
    return [
        PairRow(x=float(x), y=float(20 - 10 * x + off), **more)
        for x, off in zip(np.linspace(centre - spread, centre + spread, n), noise, strict=True)
    ]


@pytest.fixture
def sold(world):
    return kpis.create_kpi(world.people["manager"], world.product, key="sold", name="Sold", unit="EUR/booking")


@pytest.fixture
def loss(world):
    return MetricResult.objects.get(run=world.run, metric="log_loss").point


def bring(world, of, rows, kind="history", metric="log_loss"):
    return calibration.import_pairs(world.people["manager"], of, metric=metric, kind=kind, rows=rows, source="crm")


def computed(world, of):
    world.compute()
    return KPIResult.objects.filter(version__mapping__kpi=of).order_by("-known_at", "-created_at").first()


def fault(call, *arguments, **named):
    with pytest.raises(Invalid) as refused:
        call(*arguments, **named)
    return refused.value.faults[0]


def test_a_text_is_read_as_pairs():
    found = read_pairs("\ufeffX; y ;y_error;disjoint;at\n0.5;12;0.2;yes;2017-03\n\n0.6;11;;;2017-04-15\n").rows
    assert found == [
        PairRow(x=0.5, y=12, y_error=0.2, disjoint=True, at=date(2017, 3, 1)),
        PairRow(x=0.6, y=11, at=date(2017, 4, 15)),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "must name the columns"),
        ("x\n1\n", "must name the columns"),
        ("x,y,z\n1,2,3\n", "“z” is no column"),
        ("x,y\n1,two\n", "row 1, y: “two” is no number"),
        ("x,y\n1,2\n1\n", "line 3: has 1 cell where the columns x, y are two"),
        ("x,y\n1,2\n1,\n", "row 2, y: “” is no number"),
        ("x,y\n1,nan\n", "no number"),
        ("x,y,at\n1,2,May\n", "“May” is no date"),
        ("x,y,at\n1,2,2017-02-30\n", "is no date"),
        ("x,y,disjoint\n1,2,maybe\n", "say yes or no"),
        ("x,y\n" + "1,2\n" * 501, "at most 500"),
    ],
)
def test_what_cannot_be_read_names_its_place(text, told):
    assert told in fault(read_pairs, text).message


def test_pairs_are_imported_as_a_batch_and_taken_back_as_one(world, sold):
    manager = world.people["manager"]
    first, second = bring(world, sold, rows_around(0.5)), bring(world, sold, rows_around(0.5, n=13))
    assert {pair.batch for pair in first} != {pair.batch for pair in second}
    assert Change.objects.filter(cause=Change.Cause.ACTUALS, text__startswith="Sold: 12 pairs").exists()
    known = documents_calibration.known_pairs(world.product)[("sold", "log_loss", "history")]
    assert len(known) == len(first) + len(second)
    assert calibration.withdraw_pairs(manager, sold, first[0].batch) == 12
    assert calibration.withdraw_pairs(manager, sold, first[0].batch) == 0
    assert [batch.id for batch in queries.batches(world.product, "sold")] == [second[0].batch]
    with pytest.raises(access.Hidden):
        queries.batch(world.product, first[0].batch)
    assert Pair.objects.count() == len(first) + len(second)


def test_pairs_known_already_are_left_out(world, sold):
    rows = rows_around(0.5)
    assert len(bring(world, sold, rows)) == 12
    assert bring(world, sold, rows) == []
    assert len(bring(world, sold, [*rows, PairRow(x=1.0, y=1.0)])) == 1


def test_equal_pairs_of_one_import_are_as_many_observations(world, sold):
    twice = [PairRow(x=0.45, y=12.0), PairRow(x=0.52, y=11.0), PairRow(x=0.45, y=12.0)]
    assert len(bring(world, sold, twice)) == 3
    assert bring(world, sold, twice) == []
    assert bring(world, sold, twice[:1]) == []
    assert len(bring(world, sold, [*twice, twice[0]])) == 1


def test_what_was_known_at_a_moment_stays(world, sold):
    bring(world, sold, rows_around(0.5))
    then = timezone.now()
    bring(world, sold, rows_around(0.7))
    key = ("sold", "log_loss", "history")
    assert len(Known(world.product, at=then).pairs[key]) == 12
    assert len(Known(world.product).pairs[key]) == 24


@pytest.mark.parametrize("who", ["scientist", "executive", "outsider"])
def test_only_a_manager_imports_and_undoes(world, sold, who):
    batch = bring(world, sold, rows_around(0.5))[0].batch
    with pytest.raises((access.Denied, access.Hidden)):
        calibration.withdraw_pairs(world.people[who], sold, batch)
    with pytest.raises((access.Denied, access.Hidden)):
        calibration.import_pairs(world.people[who], sold, metric="log_loss", kind="history", rows=rows_around(0.4))


def test_pairs_that_cannot_be_are_refused(world, sold):
    assert fault(bring, world, sold, rows_around(0.5), metric="no_such").field == "metric"
    assert fault(bring, world, sold, rows_around(0.5), kind="dream").field == "kind"
    assert fault(bring, world, sold, []).field == "text"
    wrong = fault(bring, world, sold, [PairRow(x=1, y=1), PairRow(x=2, y=2, y_error=-1)])
    assert (wrong.row, wrong.field) == (2, "text")
    many = [PairRow(x=float(place), y=0.0) for place in range(501)]
    assert fault(bring, world, sold, many).code == "too_many"
    assert not Pair.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"metric": ""}, "definition.metric"),
        ({"metric": "no_such"}, "definition.metric"),
        ({"pairs": "dream"}, "definition.pairs"),
        ({"pairs": "experiment"}, "definition.base_x"),
        ({"pairs": "experiment", "base_x": 1, "base_y": "ten"}, "definition.base_y"),
        ({"pairs": "experiment", "base_x": True, "base_y": 1}, "definition.base_x"),
    ],
)
def test_a_definition_names_what_is_wrong_with_it(world, sold, change, field):
    scientist = world.people["scientist"]
    wrong = fault(mappings.create_mapping, scientist, world.product, kpi=sold, name="Sold", definition=HISTORY | change)
    assert wrong.field == field


def test_the_kpi_of_a_run_is_read_off_the_pairs(world, sold, loss):
    rows = rows_around(loss)
    bring(world, sold, rows)
    world.approved(sold, "Sold", HISTORY)
    row = computed(world, sold)
    slope, intercept, _, _ = theilslopes([r.y for r in rows], [r.x for r in rows], method="joint")
    found = quantity(row, reason="")
    assert isinstance(found, Estimate)
    assert found.point == pytest.approx(slope * loss + intercept)
    assert found.unit == "EUR/booking"
    low, high = found.band()
    assert low < found.point < high
    assert row.document["increasing"] is False
    assert verification.verified(row.digest)["verdict"] == "equal"


def test_a_new_pair_moves_the_figure_and_taking_it_back_restores_it(world, sold, loss):
    bring(world, sold, rows_around(loss))
    world.approved(sold, "Sold", HISTORY)
    first = computed(world, sold)
    batch = bring(world, sold, [PairRow(x=loss + 0.01, y=30.0)])[0].batch
    assert computed(world, sold).digest != first.digest
    calibration.withdraw_pairs(world.people["manager"], sold, batch)
    mine = MappingVersion.objects.get(mapping__kpi=sold)
    assert kpi_documents.kpi(Book(), world.run, mine, Known(world.product)) == first.digest


def test_too_few_pairs_are_unknown_with_the_reason(world, sold, loss):
    bring(world, sold, rows_around(loss, n=7))
    world.approved(sold, "Sold", HISTORY)
    assert quantity(computed(world, sold), reason="") == Unknown("7 pairs of metric and KPI are known; 8 are needed")


def test_far_from_the_pairs_is_unknown(world, sold, loss):
    bring(world, sold, rows_around(loss + 3))
    world.approved(sold, "Sold", HISTORY)
    found = quantity(computed(world, sold), reason="")
    assert isinstance(found, Unknown)
    assert "pairs are known from" in found.reason


def test_experiments_count_from_their_base(world, sold, loss):
    rows = [PairRow(x=row.x, y=4 - row.y / 5) for row in rows_around(loss - 0.5, spread=0.2)]
    bring(world, sold, rows, kind="experiment")
    world.approved(sold, "Sold", EXPERIMENT)
    slope, intercept, _, _ = theilslopes([r.y for r in rows], [r.x for r in rows], method="joint")
    found = quantity(computed(world, sold), reason="")
    assert found.point == pytest.approx(10 + slope * (loss - 0.5) + intercept)


def grade(world, of):
    return Grader(Known(world.product), today=date(2026, 11, 22)).of(computed(world, of).document)


ERRORS = {"x_error": 0.02, "y_error": 0.2}
LARGE = {"x_error": 0.05, "y_error": 0.2, "disjoint": True}


@pytest.mark.parametrize(
    ("kind", "more", "reasons"),
    [
        ("history", {}, None),
        ("experiment", {**ERRORS, "disjoint": True}, ()),
        ("experiment", {**ERRORS, "covariance": 0.001}, ()),
        ("experiment", {"x_error": 0.0, "disjoint": True}, ()),
        ("experiment", ERRORS, (NOT_SEPARATE,)),
        ("experiment", {"disjoint": True}, (NO_ERRORS,)),
        ("experiment", {"y_error": 0.2, "disjoint": True}, (NO_ERRORS,)),
        ("experiment", {}, (NO_ERRORS, NOT_SEPARATE)),
    ],
)
def test_experiments_are_causal_where_their_errors_are_known_and_apart(world, sold, loss, kind, more, reasons):
    bring(world, sold, rows_around(loss if kind == "history" else loss - 0.5, **more), kind=kind)
    world.approved(sold, "Sold", HISTORY if kind == "history" else EXPERIMENT)
    found = grade(world, sold)
    assert (found.letter, found.counts) == ("A" if reasons == () else "B", True)
    assert found.reasons == (reasons or ())


def test_experiments_that_are_mostly_noise_are_not_causal(world, sold, loss):
    bring(world, sold, rows_around(loss - 0.5, n=60, **LARGE), kind="experiment")
    world.approved(sold, "Sold", EXPERIMENT)
    found = grade(world, sold)
    assert found.letter == "B"
    # 60 changes evenly over 0.2 have the variance (0.2 / 59)² · 60 · 61 / 12 = 0.003505; their errors 0.0025.
    assert found.reasons == (
        "71 % of the spread of the metric's changes is their own error; at most 50 % may be for grade A",
    )


def test_experiments_whose_errors_drown_their_changes_give_no_figure(world, sold, loss):
    bring(world, sold, rows_around(loss - 0.5, n=12, **(LARGE | {"x_error": 0.5})), kind="experiment")
    world.approved(sold, "Sold", EXPERIMENT)
    found = quantity(computed(world, sold), reason="")
    assert isinstance(found, Unknown)
    assert "no slope can be told" in found.reason


def test_a_figure_read_off_experiments_is_verified(world, sold, loss):
    bring(world, sold, rows_around(loss - 0.5, **ERRORS, covariance=0.001), kind="experiment")
    world.approved(sold, "Sold", EXPERIMENT)
    row = computed(world, sold)
    assert verification.verified(row.digest)["verdict"] == "equal"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"covariance": 0.001}, "is of the errors of x and y, which are not given"),
        ({**ERRORS, "covariance": 0.5}, "lies beyond x_error · y_error, which is 0.004"),
        ({**ERRORS, "covariance": -0.0041}, "lies beyond"),
        ({**ERRORS, "covariance": 0.001, "disjoint": True}, "different units have no covariance"),
    ],
)
def test_a_covariance_that_cannot_be_is_refused(world, sold, more, told):
    found = fault(bring, world, sold, [PairRow(x=1.0, y=1.0), PairRow(x=2.0, y=2.0, **more)], kind="experiment")
    assert (found.row, told in found.message, bool(found.remedy)) == (2, True, True)
    assert not Pair.objects.exists()


def test_in_the_fringe_the_grade_is_one_lower(world, sold, loss):
    bring(world, sold, rows_around(loss - 0.105))
    world.approved(sold, "Sold", HISTORY)
    found = grade(world, sold)
    assert (found.letter, found.reasons) == ("C", (BEYOND,))


def test_a_formula_over_a_calibrated_kpi_is_as_weak_as_its_weakest_link(world, sold, loss):
    twice = kpis.create_kpi(world.people["manager"], world.product, key="twice", name="Twice", unit="EUR/booking")
    bring(world, sold, rows_around(loss))
    world.approved(sold, "Sold", HISTORY)
    world.approved(twice, "Twice", {"kind": "formula", "text": "2 * sold"})
    assert grade(world, twice).letter == "C"
    assert quantity(computed(world, twice), reason="").point == pytest.approx(
        2 * quantity(computed(world, sold), reason="").point
    )
