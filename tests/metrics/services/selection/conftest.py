"""A model with terms in force, and a decision that is open."""

import pytest

from metrics.models.evaluation import EvaluationRun, Model
from metrics.services.selection import decisions, rounds, terms


@pytest.fixture
def model(world):
    return Model.objects.get()


@pytest.fixture
def in_force(model, scientist, manager):
    """Makes terms of the model that two have signed: the first ones, with what is given changed."""

    def made(**changed):
        draft = terms.create(manager, model)
        if changed:
            draft = terms.edit_draft(manager, draft, definition=draft.definition | changed, seen=draft.digest)
        draft = terms.propose(manager, draft, seen=draft.digest)
        draft = terms.endorse(scientist, draft, seen=draft.digest)
        return terms.approve(manager, draft, seen=draft.digest)

    return made


@pytest.fixture
def runs_of_three(world, log, rows, scientist):
    """Two candidates beside the champion, on its rows."""
    made = []
    for name, shift in (("second", 0.03), ("third", -0.04)):
        made.append(log(scientist, world.product, rows(shift=shift), name=name, version=name, where={"split": "test"}))
    world.compute()
    return {run.name: run for run in EvaluationRun.objects.all()}


@pytest.fixture
def opened(in_force, runs_of_three, model, manager):
    in_force()
    return decisions.open_(manager, model)


@pytest.fixture
def proposed(opened, runs_of_three, manager):
    rounds.close(manager, opened)
    return decisions.propose(manager, opened, runs_of_three["second"], reason="it calls fewer guests")
