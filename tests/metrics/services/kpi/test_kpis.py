"""What the business says: names that mean one thing, assumptions in versions, actuals that are restated and undone."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from metrics import access
from metrics.models.kpi import KPI, Actual, Assumption, AssumptionVersion, Target
from metrics.models.product import AuditEntry
from metrics.models.work import Change, Work
from metrics.queries.documents.known import Known
from metrics.queries.kpi import board, catalogue
from metrics.services.evaluation import registry
from metrics.services.kpi import kpis, undone
from metrics.services.writing.refusal import Conflict, Invalid

pytestmark = pytest.mark.django_db

POINT = {"kind": "point", "value": 0.4}
JANUARY, FEBRUARY = date(2017, 1, 1), date(2017, 2, 1)


def make_kpi(manager, product, key="bookings", **fields):
    return kpis.create_kpi(manager, product, key=key, name="Bookings", **({"unit": "booking"} | fields))


def make_assumption(manager, product, key="share", **fields):
    fields = {"name": "Share", "distribution": POINT, "unit": "share"} | fields
    return kpis.create_assumption(manager, product, key=key, **fields)


def fault(call, *arguments, **named):
    with pytest.raises(Invalid) as refused:
        call(*arguments, **named)
    return refused.value.faults[0]


def test_metrics_assumptions_and_kpis_share_one_space_of_names(manager, scientist, product):
    make_kpi(manager, product, key="taken")
    make_assumption(manager, product, key="held")
    registry.register_metric(scientist, product, key="own_metric", name="Own", direction="up")
    for key in ("taken", "held", "own_metric", "roc_auc"):
        assert fault(make_kpi, manager, product, key=key).field == "key"
        assert fault(make_assumption, manager, product, key=key).field == "key"
    for key in ("taken", "held", "roc_auc"):
        refused = fault(registry.register_metric, scientist, product, key=key, name="Own", direction="up")
        assert refused.field == "key"


def test_two_products_may_use_the_same_name(manager, product, make_product):
    make_kpi(manager, product)
    make_kpi(manager, make_product("Deposits"))
    assert KPI.objects.filter(key="bookings").count() == 2


@pytest.mark.parametrize("key", ["Upper", "1st", "a-b", "a b", "ä", "a" * 61])
def test_a_key_is_an_identifier_of_small_letters(manager, product, key):
    assert fault(make_kpi, manager, product, key=key).field == "key"
    assert not KPI.objects.exists()


@pytest.mark.parametrize("unit", ["EUR/", "EUR^^2", "Furlongs", "__import__('os')"])
def test_a_unit_that_is_none_is_refused_with_examples(manager, product, unit):
    refused = fault(make_kpi, manager, product, unit=unit)
    assert (refused.field, refused.code) == ("unit", "units")
    assert "EUR/booking" in refused.remedy


def test_a_kpi_may_be_renamed_and_its_key_stays(manager, product):
    made = make_kpi(manager, product)
    kpis.update_kpi(manager, made, name="Arrivals", owner="front desk", unit="guest")
    made.refresh_from_db()
    assert (made.name, made.owner, made.unit) == ("Arrivals", "front desk", "guest")
    assert fault(kpis.update_kpi, manager, made, key="arrivals").field == "key"
    assert fault(kpis.update_kpi, manager, made, unit="EUR^^").field == "unit"


def test_an_assumption_keeps_all_its_versions_and_the_newest_is_known(manager, product):
    first = make_assumption(manager, product)
    second = kpis.update_assumption(
        manager, first.assumption, distribution={"kind": "point", "value": 0.5}, source="survey", after=1
    )
    assert (first.number, second.number) == (1, 2)
    assert Known(product).assumptions["share"] == second
    assert Known(product, at=first.created_at).assumptions["share"] == first
    assert list(AssumptionVersion.objects.order_by("number").values_list("distribution__value", flat=True)) == [
        0.4,
        0.5,
    ]


def test_a_version_saved_meanwhile_is_a_conflict_and_writes_nothing(manager, product):
    first = make_assumption(manager, product)
    kpis.update_assumption(manager, first.assumption, distribution=POINT, after=1)
    with pytest.raises(Conflict, match="version 2 was saved meanwhile"):
        kpis.update_assumption(manager, first.assumption, distribution=POINT, after=1)
    assert AssumptionVersion.objects.count() == 2


def test_a_new_version_of_an_assumption_is_a_change_and_asks_for_a_recompute(manager, product):
    first = make_assumption(manager, product)
    kpis.update_assumption(manager, first.assumption, distribution=POINT)
    change = Change.objects.get()
    assert (change.cause, change.actor) == ("assumption", "manager")
    assert Work.objects.get(kind="recompute").scope == product.pk


@pytest.mark.parametrize(
    ("distribution", "field"),
    [
        ({}, "distribution.kind"),
        ({"kind": "normal", "mean": 1, "sd": -1}, "distribution.sd"),
        ({"kind": "normal", "mean": 1}, "distribution.sd"),
        ({"kind": "interval90", "low": 2, "high": 1}, "distribution.high"),
        ({"kind": "point", "value": float("nan")}, "distribution.value"),
        ({"kind": "point", "value": "much"}, "distribution.value"),
        ({"kind": "cauchy"}, "distribution.kind"),
    ],
)
def test_a_distribution_that_is_none_is_refused_at_its_field(manager, product, distribution, field):
    refused = fault(make_assumption, manager, product, distribution=distribution)
    assert (refused.field, refused.code) == (field, "distribution")
    assert not Assumption.objects.exists()


def test_a_target_ends_no_earlier_than_it_starts_and_counts_in_whole_months(manager, product):
    span = {"value": Decimal(5), "from_period": date(2017, 2, 14)}
    assert fault(kpis.set_target, manager, product, until_period=JANUARY, **span).field == "until_period"
    made = kpis.set_target(manager, product, until_period=date(2017, 3, 31), **span)
    assert (made.from_period, made.until_period) == (FEBRUARY, date(2017, 3, 1))


def test_a_target_for_the_kpi_of_another_product_is_not_there(manager, product, make_product):
    foreign = make_kpi(manager, make_product("Deposits"))
    with pytest.raises(access.Hidden):
        kpis.set_target(manager, product, kpi=foreign, value=Decimal(1), from_period=JANUARY, until_period=JANUARY)


def test_a_withdrawn_target_counts_no_more(manager, product):
    made = kpis.set_target(manager, product, value=Decimal(5), from_period=JANUARY, until_period=FEBRUARY)
    undone.withdraw_target(manager, made)
    assert not catalogue.targets(product).exists()
    assert Target.objects.get().withdrawn_at


def known_months(product, of, at=None):
    return Known(product, at=at).actuals(of)


def test_an_actual_is_restated_by_a_newer_one_and_stands_again_when_that_is_undone(manager, product):
    of = make_kpi(manager, product)
    early, late = datetime(2017, 3, 1, tzinfo=UTC), datetime(2017, 4, 1, tzinfo=UTC)
    kpis.import_actuals(manager, of, values=[(JANUARY, Decimal(10))], source="ledger", known_at=early)
    (newer,) = kpis.import_actuals(manager, of, values=[(JANUARY, Decimal(12))], source="ledger", known_at=late)
    assert known_months(product, of) == [("2017-01", 12.0)]
    assert known_months(product, of, at=early) == [("2017-01", 10.0)]
    undone.withdraw_actual(manager, newer)
    assert known_months(product, of) == [("2017-01", 10.0)]


def test_actuals_that_are_known_already_are_left_alone(manager, product):
    of = make_kpi(manager, product)
    values = [(JANUARY, Decimal(10)), (FEBRUARY, Decimal(11))]
    assert len(kpis.import_actuals(manager, of, values=values, source="ledger")) == 2
    assert kpis.import_actuals(manager, of, values=values, source="ledger") == []
    assert (Actual.objects.count(), Change.objects.count()) == (2, 1)


def test_a_month_that_comes_twice_is_refused_by_its_row_and_nothing_is_written(manager, product):
    of = make_kpi(manager, product)
    values = [(JANUARY, Decimal(10)), (date(2017, 1, 15), Decimal(11))]
    refused = fault(kpis.import_actuals, manager, of, values=values, source="ledger")
    assert (refused.field, refused.row) == ("period", 2)
    assert not Actual.objects.exists()


def test_no_actuals_at_all_is_refused(manager, product):
    assert fault(kpis.import_actuals, manager, make_kpi(manager, product), values=[], source="").field == "values"


def test_undoing_twice_is_one_change(manager, product):
    of = make_kpi(manager, product)
    (row,) = kpis.import_actuals(manager, of, values=[(JANUARY, Decimal(10))], source="ledger")
    undone.withdraw_actual(manager, row)
    undone.withdraw_actual(manager, row)
    assert Change.objects.count() == 2
    assert AuditEntry.objects.filter(action="actual.undo").count() == 1


@pytest.mark.parametrize("name", ["scientist", "executive", "outsider", "admin"])
def test_only_a_manager_says_what_the_business_expects(people, manager, product, name):
    of = make_kpi(manager, product)
    held = make_assumption(manager, product).assumption
    actor = people[name]
    for call in (
        lambda: make_kpi(actor, product, key="other"),
        lambda: kpis.update_kpi(actor, of, name="mine"),
        lambda: kpis.set_target(actor, product, value=Decimal(1), from_period=JANUARY, until_period=JANUARY),
        lambda: make_assumption(actor, product, key="other"),
        lambda: kpis.update_assumption(actor, held, distribution=POINT),
        lambda: kpis.import_actuals(actor, of, values=[(JANUARY, Decimal(1))], source=""),
    ):
        with pytest.raises(access.Hidden if name == "outsider" else access.Denied):
            call()


def test_the_board_shows_figure_target_chance_and_what_is_open(world):
    row = next(row for row in board.board(Known(world.product)) if row.figure.kpi == world.value)
    assert row.figure.quantity.unit == "EUR/booking"
    assert (row.figure.grade.letter, row.figure.version, row.open_version) == ("C", world.version, None)
    draft = world.second_version()
    row = next(row for row in board.board(Known(world.product)) if row.figure.kpi == world.value)
    assert row.open_version == draft
    volume = next(row for row in board.board(Known(world.product)) if row.figure.kpi == world.volume)
    assert volume.figure.grade.word == "observed"


@pytest.mark.parametrize(
    ("distribution", "field"),
    [
        ({"kind": "point", "value": 1.5}, "distribution.value"),
        ({"kind": "point", "value": -0.1}, "distribution.value"),
        ({"kind": "interval90", "low": 0.9, "high": 1.1}, "distribution.high"),
        ({"kind": "normal", "mean": 0.9, "sd": 0.2}, "distribution.sd"),
    ],
)
def test_an_assumption_that_is_no_share_is_refused_by_its_field(manager, product, distribution, field):
    with pytest.raises(Invalid) as refused:
        make_assumption(manager, product, distribution=distribution)
    assert refused.value.faults[0].field == field
    assert "between 0 and 1" in refused.value.faults[0].message
    held = make_assumption(manager, product, distribution={"kind": "point", "value": 1}).assumption
    with pytest.raises(Invalid):
        kpis.update_assumption(manager, held, distribution=distribution)
    assert make_assumption(manager, product, key="factor", unit="ratio", distribution=distribution).number == 1


def test_a_growth_may_be_below_0_and_above_1_in_whatever_unit_and_not_below_minus_1(manager, product):
    for value in (-0.05, 1.5):
        held = {"kind": "point", "value": value}
        make_assumption(manager, product, key="growth" if value < 0 else "discount", distribution=held)
    growth = product.assumptions.get(key="growth")
    with pytest.raises(Invalid):
        kpis.update_assumption(manager, growth, distribution={"kind": "point", "value": -1.5})
