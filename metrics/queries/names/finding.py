"""Finding things by name: what is named to a person can be opened by that person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from metrics import access
from metrics.models.evaluation import DataSet
from metrics.models.kpi import MappingVersion
from metrics.models.product import Membership, Product, User
from metrics.models.selection import TermsVersion
from metrics.queries.documents.definitions import Definition
from metrics.queries.evaluation.catalogue import products
from metrics.queries.names.kinds import KINDS, metrics, open_version

MOST_WORDS = 6
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
        open_to = [product.pk for product in mine if access.may(user, kind.action, product)]
        rows = _holding(kind.rows(open_to), words, kind.fields)
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
