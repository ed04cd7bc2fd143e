"""A model with terms in force, and a decision that is open."""

import pytest

from metrics.models.evaluation import Model
from metrics.services.selection import terms


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
