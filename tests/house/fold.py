"""`python -m tests.house.fold`: the first migration anew from the models, each table with its constraints and indexes.

Django writes them as operations of their own, and each of those makes every model again: two thirds of the time that an
empty database takes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import django
from django.apps import apps
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel, Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.optimizer import MigrationOptimizer
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import MigrationWriter

APP = "metrics"
FOLDER = Path(__file__).parents[2] / APP / "migrations"
FIRST = "0001_tables"


def folded(operations: Sequence[Operation]) -> list[Operation]:
    """Each constraint and index behind its table's last field, and in its table where those fields are."""
    own: dict[str, list[Operation]] = {}
    rest = []
    for operation in operations:
        if isinstance(operation, AddConstraint | AddIndex):
            own.setdefault(operation.model_name_lower, []).append(operation)
        else:
            rest.append(operation)
    last = {}
    for at, operation in enumerate(rest):
        if isinstance(operation, CreateModel):
            last[operation.name_lower] = at
        elif isinstance(operation, AddField):
            last[operation.model_name_lower] = at
    ordered = []
    for at, operation in enumerate(rest):
        ordered.append(operation)
        for model, place in last.items():
            if place == at:
                ordered += own.pop(model, [])
    assert not own
    return MigrationOptimizer().optimize(ordered, APP)


def made() -> str:
    """The text of the migration."""
    loader = MigrationLoader(None)
    before = loader.project_state([node for node in loader.graph.leaf_nodes() if node[0] != APP])
    for key in [key for key in before.models if key[0] == APP]:
        before.remove_model(*key)
    found = MigrationAutodetector(before, ProjectState.from_apps(apps)).changes(loader.graph, trim_to_apps={APP})
    (whole,) = found[APP]
    dependencies = sorted(one for one in whole.dependencies if one[0] != APP)
    told = {"initial": True, "dependencies": dependencies, "operations": folded(whole.operations)}
    text = MigrationWriter(type("Migration", (Migration,), told)(FIRST, APP), include_header=False).as_string()
    text = text.replace("class Migration(migrations.Migration)", "class Migration(AtOnce)")
    return text.replace("\n\n\nclass", "\nfrom metrics.migrations._at_once import AtOnce\n\n\nclass", 1)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpiplatform.settings")
    django.setup()
    (FOLDER / f"{FIRST}.py").write_text(made())
