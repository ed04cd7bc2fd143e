"""What a search came upon, in words: each thing with its figure, its page and, where it has one, its receipt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.urls import reverse

from metrics.core import distributions
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.rows.refusal import counted
from metrics.queries.documents import definitions
from metrics.queries.kpi import board
from metrics.queries.names.finding import Found, find, words_of
from metrics.queries.runs.table import figures
from metrics.things import Thing
from reports.addresses import address
from reports.pages.decision.list import title_of
from reports.pages.decision.words import STATES
from reports.pages.home.navigation import ROLE_WORDS
from reports.pages.manage.board import standing
from reports.pages.search import places
from reports.words.dates import day
from reports.words.phrases import Verdict

ACTIONS_ONLY, PEOPLE_ONLY = ">", "@"


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A thing that was found. quantity: its figure; aside: what stands there instead; receipt: of the figure."""

    name: str
    url: str
    detail: str = ""
    quantity: Any = None
    unit: str = ""
    grade: str = ""
    receipt: str = ""
    aside: str = ""
    verdict: Verdict | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    title: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, kw_only=True)
class Palette:
    """words: what was looked for; count: how many things have it in their names; groups: those, or what to do next."""

    words: tuple[str, ...]
    count: int
    groups: tuple[Group, ...]


def palette(user: Any, text: str, products: list[Any], *, here: Any, most: int) -> Palette:
    """What a text finds: `>` before it looks through pages and actions alone, `@` through people.

    products: those at work that the person is in; here: the one at hand, whose pages and actions stand where nothing is
    looked for, or nothing is found.
    """
    lead, text = (text[:1], text[1:].strip()) if text[:1] in (ACTIONS_ONLY, PEOPLE_ONLY) else ("", text)
    words = words_of(text)
    groups: list[Group] = []
    if lead != ACTIONS_ONLY:
        kinds = ("person",) if lead == PEOPLE_ONLY else None
        groups += _things(user, find(user, text, here=here, most=most, kinds=kinds), here)
    if lead != PEOPLE_ONLY:
        groups += _places(user, words, products, here, most)
    first = text.lower()
    groups = [group for group in groups if group.hits]
    if first:
        groups.sort(key=lambda group: not any(hit.name.lower().startswith(first) for hit in group.hits))
    count = sum(len(group.hits) for group in groups)
    if not groups and here is not None:
        groups = [_group("Actions", _first(user, places.actions(here), most))]
    return Palette(words=tuple(words), count=count, groups=tuple(group for group in groups if group.hits))


def _things(user: Any, found: Found, here: Any) -> list[Group]:
    rows = found.rows
    return [
        Group(title="Products", hits=tuple(_product(row) for row in rows.get("product", ()))),
        Group(title="KPIs", hits=tuple(_kpis(rows.get("kpi", ())))),
        Group(title="Mappings", hits=tuple(_mapping(row) for row in rows.get("mapping", ()))),
        Group(title="Assumptions", hits=tuple(_assumption(row) for row in rows.get("assumption", ()))),
        Group(title="Runs", hits=tuple(_runs(rows.get("run", ())))),
        Group(title="Decisions", hits=tuple(_decision(row) for row in rows.get("decision", ()))),
        Group(title="Terms of choice", hits=tuple(_terms(row) for row in rows.get("terms", ()))),
        Group(title="Models", hits=tuple(_model(row) for row in rows.get("model", ()))),
        Group(title="Cards", hits=tuple(_cards(rows))),
        Group(title="Metrics", hits=tuple(_metric(*pair) for pair in found.metrics)),
        Group(title="Data sets", hits=tuple(_data_set(row) for row in rows.get("data_set", ()))),
        Group(title="People", hits=tuple(_person(held, here) for held in found.people)),
        Group(title="Next", hits=tuple(_next(user, rows))),
    ]


def _cards(rows: Mapping[str, Iterable[Any]]) -> Iterator[Hit]:
    """The card of each KPI and model that was found."""
    for kind, name in (("kpi", "kpi-card"), ("model", "model-card")):
        for row in rows.get(kind, ()):
            url = reverse(name, args=[row.product.slug, row.key])
            yield Hit(name=f"Card of {row.name}", detail=f"{row.product}, one page to carry away", url=url)


def _product(row: Any) -> Hit:
    return Hit(name=row.name, detail=row.sentence, url=address(Thing("product", (row.slug,))))


def _kpis(rows: Iterable[Any]) -> list[Hit]:
    """With the figure that the board shows, in a number of queries that does not grow with the products."""
    held = list(rows)
    boards = board.boards({row.product_id: row.product for row in held}.values()) if held else []
    by_kpi = {row.figure.kpi.pk: row.figure for one in boards for row in one.rows}
    hits = []
    for row in held:
        figure = by_kpi.get(row.pk)
        hits.append(
            Hit(
                name=row.name,
                detail=f"KPI of {row.product}",
                url=address(Thing("kpi", (row.product.slug, row.key))),
                quantity=figure.quantity if figure else None,
                grade=figure.grade.letter if figure and figure.receipt else "",
                receipt=figure.receipt if figure else "",
            )
        )
    return hits


def _mapping(version: Any) -> Hit:
    mapping = version.mapping
    return Hit(
        name=mapping.name,
        detail=f"gives {mapping.kpi} of {mapping.product}",
        url=address(Thing("mapping", (mapping.product.slug, mapping.pk, str(version.number)))),
        aside=f"version {version.number}, {version.get_state_display()}",
    )


def _assumption(row: Any) -> Hit:
    newest = row.versions.all()[0]
    told = [newest.owner, newest.source, f"until {day(newest.valid_until)}" if newest.valid_until else ""]
    held = standing(newest, row.product.today(), frozenset())
    return Hit(
        name=row.name,
        detail=" · ".join(part for part in (str(row.product), *told) if part),
        url=address(Thing("assumption", (row.product.slug, row.key))),
        quantity={"point": distributions.parse(newest.distribution).point, "unit": row.unit},
        verdict=held if held.kind == "bad" else None,
    )


def _runs(rows: Iterable[Any]) -> list[Hit]:
    """With the first metric of their task."""
    held = list(rows)
    firsts = {row.pk: TASKS[row.task].headline[0] for row in held}
    by_run = figures(held, sorted(set(firsts.values()))) if held else {}
    hits = []
    for row in held:
        figure = by_run.get(row.pk, {}).get(firsts[row.pk])
        version = row.version
        told = [f"{version.model}, version {version}", "champion" if version.state == "champion" else ""]
        hits.append(
            Hit(
                name=row.name,
                detail=" · ".join(part for part in (str(row.product), *told) if part),
                url=address(Thing("run", (row.product.slug, row.pk))),
                quantity=figure,
                unit=firsts[row.pk].replace("_", " ") if figure else "",
                receipt=figure["receipt"] if figure else "",
                aside="" if figure else row.get_state_display(),
            )
        )
    return hits


def _model(row: Any) -> Hit:
    champion = next((version for version in row.versions.all() if version.state == "champion"), None)
    return Hit(
        name=row.name,
        detail=f"model of {row.product}, its runs",
        url=address(Thing("model", (row.product.slug, row.name))),
        aside=f"champion {champion}" if champion else "no champion",
    )


def _decision(row: Any) -> Hit:
    return Hit(
        name=row.called,
        detail=f"{row.product} · {title_of(row)}",
        url=address(Thing("decision", (row.product.slug, str(row.number)))),
        verdict=STATES[row.state],
    )


def _terms(row: Any) -> Hit:
    state = "in force" if row.state == "approved" else row.get_state_display()
    return Hit(
        name=row.called,
        detail=str(row.model.product),
        url=address(Thing("terms", (row.model.product.slug, row.model.key, str(row.number)))),
        aside=f"version {row.number}, {state}",
    )


def _metric(product: Any, metric: Any) -> Hit:
    kind = "built in" if metric.own is None else f"metric of {product}"
    return Hit(
        name=metric.name,
        detail=f"{kind} · {metric.key}",
        url=address(Thing("metric", (product.slug, metric.key))),
        aside=definitions.KINDS[metric.kind] if metric.own is not None else "",
    )


def _data_set(row: Any) -> Hit:
    return Hit(
        name=row.name,
        detail=f"{row.product} · {row.get_role_display()}, version {row.number}",
        url=address(Thing("data_set", (row.product.slug, row.pk))),
        aside=counted(row.n_rows, "row"),
    )


def _person(held: list[Any], here: Any) -> Hit:
    """On the page of members of the product at hand, where they are in it."""
    member = next((row for row in held if here is not None and row.product_id == here.pk), held[0])
    role = ROLE_WORDS[member.role]
    others = f" and {counted(len(held) - 1, 'product')} more" if len(held) > 1 else ""
    name = str(member.user)
    return Hit(
        name=name,
        detail=member.user.username if member.user.username != name else "",
        url=address(Thing("member", (member.product.slug, member.pk))),
        aside=f"{role} of {member.product}{others}",
    )


def _next(user: Any, rows: dict[str, list[Any]]) -> list[Hit]:
    """What may be done with the KPIs and assumptions that were found."""
    hits = []
    for kpi in rows.get("kpi", ())[:2]:
        url = places.of_kpi(kpi)
        if places.opens(user, url, kpi.product, acts=True):
            hits.append(Hit(name=f"Import actuals of {kpi.name}", detail=str(kpi.product), url=url))
    for row in rows.get("assumption", ())[:2]:
        url = address(Thing("assumption", (row.product.slug, row.key)))
        if places.opens(user, url, row.product, acts=True):
            hits.append(Hit(name=f"Renew {row.name}", detail="new value, source and date", url=url))
    return hits


def _places(user: Any, words: list[str], products: list[Any], here: Any, most: int) -> list[Group]:
    """Pages and actions of the product at hand, and of those whose name has one of the words."""
    named = [product for product in products if here is None or product.pk != here.pk]
    named = [product for product in named if any(word.lower() in product.name.lower() for word in words)]
    asked = [*([here] if here is not None else []), *named]
    pages = [page for product in asked for page in places.pages(product)]
    pages += places.everywhere(user) if words else []
    acts = [*(act for product in asked for act in places.actions(product)), places.product_new()]
    groups = [
        _group("Pages", _first(user, _holding(pages, words), most)),
        _group("Actions", _first(user, _holding(acts, words), most)),
    ]
    return groups if words else groups[::-1]


def _holding(rows: list[places.Place], words: list[str]) -> list[places.Place]:
    """Those that have each word; the ones whose own name begins with the first come first."""
    held = [row for row in rows if all(word.lower() in _text_of(row) for word in words)]
    first = words[0].lower() if words else ""
    return sorted(held, key=lambda row: not row.name.lower().startswith(first))


def _text_of(row: places.Place) -> str:
    return f"{row.name} {row.detail} {row.product or ''}".lower()


def _first(user: Any, rows: Iterable[places.Place], most: int) -> list[places.Place]:
    """The first of them that are there for a person."""
    return list(islice((row for row in rows if row.opens_to(user)), most))


def _group(title: str, rows: Iterable[places.Place]) -> Group:
    return Group(title=title, hits=tuple(Hit(name=row.name, detail=row.detail, url=row.url) for row in rows))
