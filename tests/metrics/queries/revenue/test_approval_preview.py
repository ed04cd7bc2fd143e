"""What signers are shown of the projection, against what it is once they have signed."""

import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.queries.documents.known import Known
from metrics.queries.revenue.approval_preview import preview
from metrics.queries.revenue.outlook import outlook
from metrics.services.kpi import kpis, mappings
from metrics.services.revenue import projections
from tests.world import calls_matrix

pytestmark = pytest.mark.django_db


@pytest.fixture
def with_a_cost_for_each_case_acted_on(world, manager):
    visit = kpis.create_assumption(
        manager,
        world.product,
        key="visit",
        name="Visit",
        unit="EUR/booking",
        distribution={"kind": "interval90", "low": 0.4, "high": 0.6},
        owner="finance",
        source="board",
    ).assumption
    projections.set_projection(
        manager, world.product, value_kpi=world.value, volume_kpi=world.volume, intervention=visit
    )
    world.compute()


def test_what_approving_projects_counts_the_cost_of_each_case_acted_on(
    world, manager, scientist, with_a_cost_for_each_case_acted_on
):
    draft = mappings.create_version(scientist, world.version.mapping, definition=calls_matrix("offer * 0.8"))
    mappings.propose(scientist, draft, seen=draft.digest)
    world.compute()
    shown = preview(draft, Known(world.product))
    assert shown.projected_in_force.point == outlook(Known(world.product)).total.point
    assert isinstance(shown.restates, Estimate)
    mappings.approve(manager, draft, seen=draft.digest)
    world.compute()
    assert shown.projected.point == pytest.approx(outlook(Known(world.product)).total.point, rel=1e-9)


def test_a_formula_which_acts_on_nothing_has_no_projection_with_such_a_cost(
    world, scientist, with_a_cost_for_each_case_acted_on
):
    formula = {"kind": "formula", "text": "offer * call_cost"}
    draft = mappings.create_version(scientist, world.version.mapping, definition=formula)
    world.compute()
    shown = preview(draft, Known(world.product))
    assert isinstance(shown.value, Estimate)
    assert isinstance(shown.projected, Unknown)
    assert "value matrix" in shown.projected.reason


def test_a_formula_is_projected_without_the_season_of_the_matrix_in_force(world, manager, scientist):
    formula = {"kind": "formula", "text": "offer * call_cost"}
    draft = mappings.create_version(scientist, world.version.mapping, definition=formula)
    mappings.propose(scientist, draft, seen=draft.digest)
    world.compute()
    shown = preview(draft, Known(world.product))
    mappings.approve(manager, draft, seen=draft.digest)
    world.compute()
    assert shown.projected.point == pytest.approx(outlook(Known(world.product)).total.point, rel=1e-9)
