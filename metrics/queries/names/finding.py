"""Finding things by name: what is named to a person can be opened by that person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from metrics import access
from metrics.models.evaluation import DataSet, EvaluationRun, Model, ModelVersion
from metrics.models.kpi import MappingVersion
from metrics.models.product import Membership, Product, User
from metrics.models.selection import TermsVersion
from metrics.queries.documents.definitions import Definition
from metrics.queries.evaluation.catalogue import products
from metrics.queries.names.kinds import KINDS, metrics, open_version

MOST_WORDS = 6
FEW = 500  # versions
SPARE = 3  # times as many rows are read as are shown, where some of them fall together


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search came upon, by kind, the names that begin with its first word first.

    rows: of a mapping the version that may be opened, of a data set its newest version. people: a person's memberships
    in products that the reader is in too. metrics: each with the product on whose page it stands.
    """

    rows: dict[str, list[Any]] = field(default_factory=dict)
    people: list[list[Membership]] = field(default_factory=list)
    metrics: list[tuple[Product, Definition]] = field(default_factory=list)


def words_of(text: str) -> list[str]:
    """The words that are looked for, at most six."""
    return text.split()[:MOST_WORDS]


def find(user: User, text: str, *, here: Product | None, most: int, kinds: Iterable[str] | None = None) -> Found:
    """Things of products at work that hold every word of the text in their names; no words are held by nothing.

    here: the product at hand, whose metrics come before those of others. most: things of each kind. kinds: those that
    are looked for, "metric" among them; all where none are named.
    """
    words = words_of(text)
    wanted = set(kinds) if kinds is not None else {*KINDS, "metric"}
    mine = sorted(products(user), key=lambda one: here is None or one.pk != here.pk)
    found = Found()
    if not words and wanted != {"person"}:
        return found
    for name in KINDS:
        if name not in wanted:
            continue
        kind = KINDS[name]
        open_to = [product for product in mine if access.may(user, kind.action, product)]
        if name == "run":
            found.rows[name] = _runs(open_to, words, most)
            continue
        rows = _holding(kind.rows([product.pk for product in open_to]), words, kind.fields)
        if name == "person":
            found.people.extend(_by_person(rows)[:most])
        else:
            found.rows[name] = _apart(user, name, rows[: most * SPARE])[:most]
    if "metric" in wanted:
        found.metrics.extend(_metrics(metrics(user, mine), words)[:most])
    return found


def _holding(rows: QuerySet[Any], words: Sequence[str], fields: tuple[str, ...]) -> QuerySet[Any]:
    """Rows that have each word in one of the fields; those whose name begins with the first, then holds it, first."""
    for word in words:
        held = Q()
        for at in fields:
            held |= Q(**{f"{at}__icontains": word})
        rows = rows.filter(held)
    if not words:
        return rows
    name, first = fields[0], words[0]
    place = Case(
        When(**{f"{name}__istartswith": first}, then=Value(0)),
        When(**{f"{name}__icontains": first}, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    ordered = rows.query.order_by or rows.model._meta.ordering
    placed: QuerySet[Any] = rows.annotate(place=place).order_by("place", *ordered)
    return placed


def _runs(mine: Sequence[Product], words: Sequence[str], most: int) -> list[EvaluationRun]:
    """Runs that have each word in one of their names, their own, their version's, model's or product's, in the order of
    `_holding`. There may be a hundred thousand: so the few versions, models and products that have a word are found
    first, and of the runs only keys, those with the first word in their own name before any other.
    """
    rows = EvaluationRun.objects.filter(product__in=[product.pk for product in mine]).order_by("-created_at", "-pk")
    for word in words:
        named = [product.pk for product in mine if word.upper() in product.name.upper()]
        if len(named) < len(mine):
            # in this order: a key is compared at once, and a name with all its letters made large
            rows = rows.filter(Q(product__in=named) | Q(version__in=_versions(word)) | Q(name__icontains=word))
    own = rows.filter(name__icontains=words[0])
    begins = Case(When(name__istartswith=words[0], then=Value(0)), default=Value(1), output_field=IntegerField())
    keys = list(own.order_by(begins, "-created_at", "-pk").values_list("pk", flat=True)[:most])
    if len(keys) < most:
        keys += rows.exclude(pk__in=keys).values_list("pk", flat=True)[: most - len(keys)]
    held = KINDS["run"].rows([product.pk for product in mine]).in_bulk(keys)
    return [held[key] for key in keys if key in held]


def _versions(word: str) -> list[str] | QuerySet[Any, Any]:
    """Keys of the versions that have a word in their own name or in their model's; as keys where they are few, with
    which a database can do without reading every run."""
    models = list(Model.objects.filter(name__icontains=word).order_by().values_list("pk", flat=True))
    rows = ModelVersion.objects.filter(Q(model__in=models) | Q(name__icontains=word)).order_by()
    few = list(rows.values_list("pk", flat=True)[: FEW + 1])
    return few if len(few) <= FEW else rows.values("pk")


def _apart(user: User, kind: str, rows: Iterable[Any]) -> list[Any]:
    """The rows as they are shown: one a data set, of a mapping the version that may be opened, and of the terms of a
    model the ones in force, else the newest."""
    if kind == "mapping":
        versions: list[MappingVersion | None] = [open_version(user, row) for row in rows]
        return [version for version in versions if version is not None]
    if kind == "data_set":
        newest: dict[tuple[str, str], DataSet] = {}
        for row in rows:
            newest.setdefault((row.product_id, row.name), row)
        return list(newest.values())
    if kind == "terms":
        by_model: dict[str, TermsVersion] = {}
        for row in rows:
            by_model.setdefault(row.model_id, row)
        return list(by_model.values())
    return list(rows)


def _by_person(memberships: Iterable[Membership]) -> list[list[Membership]]:
    people: dict[int, list[Membership]] = {}
    for row in memberships:
        people.setdefault(row.user_id, []).append(row)
    return list(people.values())


def _metrics(rows: Iterable[tuple[Product, Definition]], words: Sequence[str]) -> list[tuple[Product, Definition]]:
    held = []
    for product, metric in rows:
        text = f"{metric.name} {metric.key} {metric.key.replace('_', ' ')}".lower()
        if all(word.lower() in text for word in words):
            held.append((product, metric))
    first = words[0].lower() if words else ""
    return sorted(held, key=lambda one: not one[1].name.lower().startswith(first))
