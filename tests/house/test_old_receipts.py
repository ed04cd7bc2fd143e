"""Receipts that were exported by an earlier house: whatever was rebuilt since, they follow from what they hold."""

from pathlib import Path

import pytest

from metrics.core.offline.archive import read
from metrics.core.offline.verifying import verified

KEPT = sorted((Path(__file__).parent / "receipts").glob("*.zip"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_receipt_exported_before_is_computed_again_as_it_was(path: Path) -> None:
    found = verified(read(path))
    assert (found["verdict"], found["differences"]) == ("equal", [])


def test_receipts_of_money_of_metrics_and_of_a_decision_are_kept() -> None:
    assert {path.stem for path in KEPT} == {"projection", "metric", "decision"}
