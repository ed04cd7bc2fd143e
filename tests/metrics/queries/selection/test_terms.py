"""Terms of choice of a product: what there is to choose by, and the first ones that are proposed."""

import pytest

from metrics.core.selection.reading import TermsError
from metrics.models.evaluation import Model
from metrics.queries.documents.known import Known
from metrics.queries.selection import terms


def test_first_terms_choose_by_the_loss_and_the_projected_money_and_say_what_to_look_at(world):
    model = Model.objects.get()
    found = terms.first(Known(world.product), model)
    again = terms.read(found.definition, Known(world.product), model)
    assert [(one.key, one.asks.role) for one in again.objectives] == [
        ("log_loss", "data_scientist"),
        ("money", "executive"),
    ]
    assert set(found.look) == {"objectives.log_loss.smallest", "objectives.money.smallest"}
    assert all(one.asks.smallest > 0 for one in again.objectives)


def test_without_a_projection_the_executive_chooses_by_the_kpi_in_money(world):
    world.product.projection.delete()
    world.product.refresh_from_db()
    found = terms.first(Known(world.product), Model.objects.get())
    assert [one["key"] for one in found.definition["objectives"]] == ["log_loss", "value_per_booking"]


def test_of_an_empty_product_the_loss_alone_is_proposed(product, scientist, rows, log):
    log(scientist, product, rows())
    found = terms.first(Known(product), Model.objects.get(product=product))
    assert [(one["key"], one["smallest"]) for one in found.definition["objectives"]] == [("log_loss", 0.0)]


def test_segments_are_those_by_which_the_champions_rows_are_parted(world):
    known, model = Known(world.product), Model.objects.get()
    assert terms.offered(known, model).columns == ("hotel",)
    figure = {"kind": "worst", "column": "town", "figure": {"kind": "metric", "metric": "log_loss"}}
    with pytest.raises(TermsError, match="town") as refused:
        terms.read({"objectives": [{"figure": figure, "role": "executive"}]}, known, model)
    assert refused.value.remedy == "one of hotel"
