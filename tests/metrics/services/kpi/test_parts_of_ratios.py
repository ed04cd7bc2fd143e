"""Ratios by their numerators and denominators: read from text, stored, compared with what is known, refused."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from metrics.core.kpi.months import AGGREGATIONS
from metrics.models.kpi import KPI
from metrics.queries.documents.known import Known
from metrics.queries.kpi import months
from metrics.services.kpi import kpis
from metrics.services.kpi.actuals import read_actuals
from metrics.services.kpi.months_given import Parts, new_actuals
from metrics.services.writing.refusal import Invalid

JANUARY, FEBRUARY = date(2017, 1, 1), date(2017, 2, 1)
LATER = datetime(2017, 6, 1, tzinfo=UTC)


def test_a_kpi_may_be_put_together_in_each_way_that_there_is():
    assert set(KPI.Aggregation.values) == set(AGGREGATIONS)


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_three_named_columns_are_read_as_parts(between):
    lines = ["Month,Numerator,Denominator", "2017-01,1,10", '2017-02,"90",100']
    found = read_actuals("\n".join(line.replace(",", between) for line in lines)).values
    assert found == [
        (JANUARY, Parts(Decimal(1), Decimal(10))),
        (FEBRUARY, Parts(Decimal(90), Decimal(100))),
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("2017-01,1", "line 2: has 2 cells where month, numerator and denominator are three"),
        ("2017-01,1,2,3", "has 4 cells"),
        ("2017-01,1,many", "“many” is no number"),
        ("soon,1,2", "“soon” is no month"),
    ],
)
def test_a_line_that_is_not_three_cells_is_named(line, says):
    with pytest.raises(Invalid) as refused:
        read_actuals(f"month,numerator,denominator\n{line}")
    assert says in refused.value.faults[0].message


@pytest.mark.django_db
class TestStored:
    @pytest.fixture
    def rate(self, manager, product):
        return kpis.create_kpi(manager, product, key="rate", name="Rate", unit="share", aggregation="ratio")

    def bring(self, manager, of, *given):
        return kpis.import_actuals(manager, of, values=list(given), source="crm", known_at=LATER)

    def test_both_parts_are_stored_and_the_value_is_made_of_them(self, manager, product, rate):
        (row,) = self.bring(manager, rate, (JANUARY, Parts(Decimal(1), Decimal(3))))
        row.refresh_from_db()
        assert (row.value, row.numerator, row.denominator) == (None, 1, 3)
        assert row.figure == Decimal("0.333333333333")
        assert Known(product).actuals(rate)[0][1] == pytest.approx(1 / 3, rel=1e-12)

    def test_the_same_parts_are_known_and_other_parts_of_the_same_ratio_are_not(self, manager, rate):
        self.bring(manager, rate, (JANUARY, Parts(Decimal(1), Decimal(10))))
        assert self.bring(manager, rate, (JANUARY, Parts(Decimal(1), Decimal(10)))) == []
        new = new_actuals(rate, [(JANUARY, Parts(Decimal(10), Decimal(100)))])
        assert (len(new.values), new.restated) == (1, 1)

    def test_a_value_can_be_completed_with_its_parts(self, manager, product, rate):
        self.bring(manager, rate, (JANUARY, Decimal("0.1")), (FEBRUARY, Decimal("0.9")))
        both = ("2017-01", "2017-02")
        assert "enter the numerator and the denominator" in months.over(Known(product), rate, both).whole.reason
        parts = ((JANUARY, Parts(Decimal(1), Decimal(10))), (FEBRUARY, Parts(Decimal(90), Decimal(100))))
        self.bring(manager, rate, *parts)
        assert months.over(Known(product), rate, both).whole.point == pytest.approx(91 / 110)

    def test_a_month_without_cases_is_none_of_its_own_and_adds_nothing(self, manager, product, rate):
        self.bring(manager, rate, (JANUARY, Parts(Decimal(1), Decimal(10))), (FEBRUARY, Parts(Decimal(0), Decimal(0))))
        assert Known(product).actuals(rate) == [("2017-01", 0.1)]
        assert months.over(Known(product), rate, ("2017-01", "2017-02")).whole.point == pytest.approx(0.1)

    @pytest.mark.parametrize(
        ("aggregation", "parts", "field"),
        [
            ("ratio", (1, 0), "denominator"),
            ("ratio", (1, -2), "denominator"),
            ("sum", (1, 2), "numerator"),
            ("last", (1, 2), "numerator"),
        ],
    )
    def test_parts_that_are_no_ratio_are_refused(self, manager, product, aggregation, parts, field):
        of = kpis.create_kpi(manager, product, key="of", name="Of", aggregation=aggregation)
        with pytest.raises(Invalid) as refused:
            self.bring(manager, of, (JANUARY, Parts(*map(Decimal, parts))))
        assert (refused.value.faults[0].field, refused.value.faults[0].row) == (field, 1)
        assert not of.actuals.exists()
