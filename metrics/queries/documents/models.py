"""The models that a mapping version is read from, and the run of theirs that it stands on.

A metric without a model's key before it, and the rows of a kind that decides on rows, are those of the model that the
version names; a KPI is read from the models of its own mapping in force.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from metrics.core.formula import FormulaError, aspect
from metrics.core.kpi.kind import MappingKind, unit_of_value
from metrics.core.kpi.kinds import kind_of
from metrics.core.kpi.matrix import MappingError
from metrics.models.evaluation import EvaluationRun, Model
from metrics.models.kpi import MappingVersion
from metrics.models.product import Product
from metrics.queries.documents.known import NO_CHAMPION, Known
from metrics.queries.documents.vocabulary import vocabulary


def own_model(version: MappingVersion, known: Known) -> Model | None:
    """The model that a version names; the product's first, for one that was written before there was any."""
    return version.model or next(iter(known.models.values()), None)


def read_from(version: MappingVersion, known: Known) -> tuple[Model, ...]:
    """The models that a version is read from, its own first; its own alone where it reads none. () without any model.

    Where the text cannot be read any more, its own.
    """
    return known.once(f"models of {version.pk} {version.digest}", lambda: _read_from(version, known))


def _read_from(version: MappingVersion, known: Known) -> tuple[Model, ...]:
    own = own_model(version, known)
    found = _under(version, known, set())
    first = [own] if own is not None and (own.key in found or not found) else []
    return (*first, *(found[key] for key in sorted(found) if found[key] not in first))


def _under(version: MappingVersion, known: Known, seen: set[str]) -> dict[str, Model]:
    """Key → model, of those that a version and the KPIs under it are read from."""
    own, kind = own_model(version, known), kind_of(version.definition)
    mine = {} if own is None else {own.key: own}
    try:
        names = kind.read(version.definition, vocabulary(version.mapping.kpi, known)).names
    except (FormulaError, MappingError):
        return mine
    found = dict(mine) if names_own(kind, names, known) else {}
    for name in names:
        if model := _named(name):
            found[model] = known.models[model]
        under = known.approved.get(name)
        if under is not None and name not in seen:
            seen.add(name)
            found |= _under(under, known, seen)
    return found


def mapped_by(product: Product, key: str) -> str:
    """The name of a mapping whose text names a metric in a version that was proposed or signed; "" where none does."""
    versions = MappingVersion.objects.filter(mapping__product=product).exclude(state=MappingVersion.State.DRAFT)
    known = Known(product)
    for version in versions.select_related("mapping__kpi", "model"):
        if key in _metrics_named(version, known):
            return version.mapping.name
    return ""


def _metrics_named(version: MappingVersion, known: Known) -> set[str]:
    """Keys of what a version's text names of a run, without the model before it and without threshold or segment.

    Where the text cannot be read any more, every word in it.
    """
    kind = kind_of(version.definition)
    try:
        names = kind.read(version.definition, vocabulary(version.mapping.kpi, known)).names
    except (FormulaError, MappingError):
        return set(re.findall(r"\w+", json.dumps(version.definition)))
    parts = ((aspect(name), name) for name in names)
    return {(part.metric if part else name).rpartition(".")[2] for part, name in parts}


def names_own(kind: MappingKind, names: Iterable[str], known: Known) -> bool:
    """Whether a definition that uses these names is read from the one model that its version names."""
    return bool(kind.sums) or any(
        name not in known.assumptions and not _named(name) and name not in known.kpis for name in names
    )


def _named(name: str) -> str:
    """The key of the model that an operand names, "" where it names none."""
    part = aspect(name)
    return (part.metric if part else name).rpartition(".")[0]


def speaks_of(version: MappingVersion, run: EvaluationRun, known: Known) -> bool:
    """Whether a version is read from the run's model."""
    return any(model.pk == run.version.model_id for model in read_from(version, known))


def stands_on(version: MappingVersion, known: Known) -> EvaluationRun | None:
    """The run that a version's figure in force is of: the champion's of the first of its models that has one."""
    runs = (known.champions.get(model.pk) for model in read_from(version, known))
    return next((run for run in runs if run is not None), None)


def in_money(known: Known, run: EvaluationRun | None = None) -> MappingVersion | None:
    """The mapping in force by which runs are worth money: that of the projection, else the first to money by name.

    run: of those that are read from its model.
    """
    units = {unit_of_value(known.product.currency, known.product.case_noun, per) for per in ("case", "total")}
    money = [row for row in known.approved.values() if row.mapping.kpi.unit in units]
    money.sort(key=lambda row: row.mapping.name)
    if known.projection is not None and (row := known.approved.get(known.projection.value_kpi.key)):
        money.insert(0, row)
    return next((row for row in money if run is None or speaks_of(row, run, known)), None)


def foremost(known: Known) -> EvaluationRun | None:
    """The champion's run that a page of the whole product speaks of: by which it is worth money, else the newest."""
    version = in_money(known)
    run = stands_on(version, known) if version else None
    return run or max(known.champions.values(), key=lambda one: (one.created_at, one.pk), default=None)


def anchor(known: Known, model: str = "") -> EvaluationRun | None:
    """The champion's run of the model of this name, or `foremost` where there is no such name."""
    named = next((one for one in known.models.values() if one.name == model), None) if model else None
    return foremost(known) if named is None else known.champions.get(named.pk)


def no_champion(version: MappingVersion, known: Known) -> str:
    """Why a version has no run to stand on, naming the models; "" where it has one."""
    if stands_on(version, known) is not None:
        return ""
    names = " and ".join(model.name for model in read_from(version, known))
    return f"{names}: {NO_CHAMPION}" if names else NO_CHAMPION


def read_only_from(version: MappingVersion, known: Known) -> str:
    """Why a run of another model has no such KPI."""
    names = " and ".join(model.name for model in read_from(version, known))
    return f"{version.mapping.kpi.name} is read from {names}"
