"""What may be commented on, by kind: how each is called, who may read it, and who answers for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from metrics import access
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI, MappingVersion
from metrics.models.product import Product, User
from metrics.models.selection import Decision
from metrics.queries.kpi import catalogue
from metrics.queries.receipts import receipts
from metrics.things import Kind, Thing

Keys = tuple[str, ...]


def _everybody(user: User) -> bool:
    return True


@dataclass(frozen=True, eq=False)
class Subject:
    """A thing that is there. called: in words. readable: whether a member may read it. owners: ids of those who answer
    for it; owned_by: the same as a text, a username or a mail address."""

    thing: Thing
    called: str
    readable: Callable[[User], bool] = _everybody
    owners: frozenset[int] = field(default_factory=frozenset)
    owned_by: str = ""


Found = Mapping[Keys, Subject]


def _outlook(product: Product, keys: Iterable[Keys]) -> Found:
    one = Subject(Thing("product", (product.slug,)), f"the outlook of {product.name}")
    return {(): one} if () in keys else {}


def _kpis(product: Product, keys: Iterable[Keys]) -> Found:
    rows = KPI.objects.filter(product=product, key__in=[key[0] for key in keys if len(key) == 1])
    return {(row.key,): Subject(_thing("kpi", product, row.key), row.name, owned_by=row.owner) for row in rows}


def _mappings(product: Product, keys: Iterable[Keys]) -> Found:
    wanted = {key for key in keys if len(key) == 2}
    rows = MappingVersion.objects.filter(mapping__product=product, mapping__in=[key[0] for key in wanted])
    found: dict[Keys, Subject] = {}
    for row in rows.select_related("mapping__product", "mapping__kpi"):
        key = (row.mapping_id, str(row.number))
        if key in wanted:
            found[key] = Subject(
                _thing("mapping", product, *key),
                f"{row.mapping.name}, version {row.number}",
                lambda user, row=row: catalogue.readable(user, row),  # type: ignore[misc]
                frozenset({row.author_id}),
                row.mapping.kpi.owner,
            )
    return found


def _runs(product: Product, keys: Iterable[Keys]) -> Found:
    rows = EvaluationRun.objects.filter(product=product, pk__in=[key[0] for key in keys if len(key) == 1])
    return {
        (row.pk,): Subject(_thing("run", product, row.pk), row.name, owners=frozenset({row.created_by_id}))
        for row in rows
    }


def _decisions(product: Product, keys: Iterable[Keys]) -> Found:
    numbers = [int(key[0]) for key in keys if len(key) == 1 and key[0].isdecimal() and len(key[0]) < 10]
    rows = Decision.objects.filter(product=product, number__in=numbers)
    return {
        (str(row.number),): Subject(
            _thing("decision", product, str(row.number)),
            f"decision {row.number}",
            owners=frozenset({row.opened_by_id}),
        )
        for row in rows
    }


def _figures(product: Product, keys: Iterable[Keys]) -> Found:
    found = {}
    for key in keys:
        row = receipts.result_row(key[0]) if len(key) == 1 and len(key[0]) == 64 else None
        if row is not None and receipts.product_of(row).pk == product.pk:
            found[key] = Subject(
                _thing("receipt", product, *key),
                f"the figure {key[0][:8]}",
                lambda user, row=row: receipts.readable(user, row),  # type: ignore[misc]
            )
    return found


def _thing(kind: Kind, product: Product, *keys: str) -> Thing:
    return Thing(kind, (product.slug, *keys))


KINDS: dict[str, Callable[[Product, Iterable[Keys]], Found]] = {
    "product": _outlook,
    "kpi": _kpis,
    "mapping": _mappings,
    "run": _runs,
    "decision": _decisions,
    "receipt": _figures,
}


def subjects(product: Product, things: Iterable[str]) -> dict[str, Subject]:
    """Thing, as text → what it is, of those that are there; read kind by kind."""
    wanted: dict[str, list[Keys]] = {}
    for text in dict.fromkeys(things):
        kind, *keys = text.split("/")
        if kind in KINDS and keys[:1] == [product.slug]:
            wanted.setdefault(kind, []).append(tuple(keys[1:]))
    found = {kind: KINDS[kind](product, keys) for kind, keys in wanted.items()}
    return {str(one.thing): one for held in found.values() for one in held.values()}


def subject(user: User, product: Product, thing: str) -> Subject:
    """Raises Hidden where there is no such thing for this person."""
    one = subjects(product, [thing[:240]] if "\0" not in thing else []).get(thing)
    if one is None or not sees(user, product, one):
        raise access.Hidden
    return one


def sees(user: User, product: Product, one: Subject) -> bool:
    """Whether a person may read a thing, and what is said of it, now."""
    return access.may(user, "comment.read", product) and one.readable(user)
