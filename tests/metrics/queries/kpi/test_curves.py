"""What the curves of a run's page leave in memory."""

import pytest

from metrics.memory import MEMORY
from metrics.queries.documents.known import Known
from metrics.queries.kpi import board, curves

pytestmark = pytest.mark.django_db
FEW = 4 << 20  # bytes


def test_a_profit_curve_is_remembered_without_the_draws_that_it_is_made_of(world) -> None:
    _, document = board.in_money(world.run, Known(world.product), acts=True)
    MEMORY.forget()
    curve = curves.profit(world.run, document)
    assert curve.point.size > 100
    assert curves.profit(world.run, document) is curve
    assert MEMORY.bytes < FEW
