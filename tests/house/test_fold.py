"""The first migration is as `python -m tests.house.fold` makes it."""

from importlib import import_module

from django.apps import apps
from django.db.migrations import AddConstraint, AddIndex

from tests.house.fold import APP, FIRST, folded

OPERATIONS = import_module(f"{APP}.migrations.{FIRST}").Migration.operations


def separate(operations):
    return [operation for operation in operations if isinstance(operation, AddConstraint | AddIndex)]


def test_constraints_and_indexes_stand_in_their_tables_where_the_fields_are():
    again = folded(list(OPERATIONS))
    told = "run python -m tests.house.fold: the first migration has what can stand in a table beside it"
    assert len(separate(again)) == len(separate(OPERATIONS)), told


def test_folding_loses_nothing():
    tables = {operation.name_lower: operation.options for operation in OPERATIONS if hasattr(operation, "options")}
    inside = sum(len(options.get("constraints", ())) + len(options.get("indexes", ())) for options in tables.values())
    wanted = sum(
        len(model._meta.constraints) + len(model._meta.indexes) for model in apps.get_app_config(APP).get_models()
    )
    assert inside + len(separate(OPERATIONS)) == wanted
