"""Each promise is held by a test, and the README says by which, with the figure that was measured last."""

import json
import re

from tests.promises import FIGURES, PROMISES, README, kept_by, table, written


def test_all_promises_of_reliability_and_security_are_there():
    assert list(PROMISES) == [*(f"R{number}" for number in range(1, 15)), *(f"S{number}" for number in range(1, 14))]


def test_each_promise_has_a_test_that_says_it_holds_it():
    assert [promise for promise, files in kept_by().items() if not files] == []


def test_each_figure_is_of_a_promise_with_the_command_that_measured_it_and_when():
    figures = json.loads(FIGURES.read_text())
    assert set(figures) == set(PROMISES), "run: make promises"
    for promise, kept in figures.items():
        assert kept, promise
        for command, entry in kept.items():
            assert re.fullmatch(r"make \w+", command)
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", entry["date"])
            assert entry["figure"].strip()


def test_the_readme_says_what_is_kept():
    text = README.read_text()
    assert table() in text, "run: make promises"
    assert written(text) == text
