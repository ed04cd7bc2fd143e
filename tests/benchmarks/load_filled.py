"""What `tests.benchmarks.load` reads and writes: 200 products, 100,000 runs and two years of history, made in bulk.

Run by it, in the environment of the installation, as `python -m tests.benchmarks.load_filled PLAN`. One product is
computed whole, by the services and with real rows, its days moved to those of now: KPIs with 26 months, a mapping with
both signatures, a champion, a projection, a target. It is copied with all that is stored of it, each copy with figures
of its own (see `portfolio`). The runs report six metrics and fifteen parameters each, by COPY, over two years: the
first product has a sixth of them, the hundredth one in six hundred. A tenth are of the champion's model, whose KPI
values are computed. Each run has its entry in the audit, linked. PLAN is told who there is, signed in, and what is
there to be opened.
"""

from __future__ import annotations

import base64
import io
import json
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpiplatform.settings")

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from metrics import jobs  # noqa: E402
from metrics.core import replay  # noqa: E402
from metrics.core.estimate import Quantity, Unknown  # noqa: E402
from metrics.models.evaluation import EvaluationRun, Metric, MetricResult, Model, ModelVersion  # noqa: E402
from metrics.models.kpi import KPIResult, MappingVersion  # noqa: E402
from metrics.models.product import AuditEntry, Group, Membership, Product, User  # noqa: E402
from metrics.models.revenue import RevenueResult  # noqa: E402
from metrics.models.row import new_id  # noqa: E402
from metrics.queries.documents import evaluation  # noqa: E402
from metrics.queries.documents import kpi as kpi_documents  # noqa: E402
from metrics.queries.documents.book import Book  # noqa: E402
from metrics.queries.documents.known import Known  # noqa: E402
from metrics.queries.product import chain as audit_chain  # noqa: E402
from metrics.queries.runs.text import run_text  # noqa: E402
from metrics.services.evaluation import runs as run_services  # noqa: E402
from metrics.services.evaluation.rows import File  # noqa: E402
from metrics.services.kpi import kpis, mappings  # noqa: E402
from metrics.services.product import products as product_services  # noqa: E402
from metrics.services.product.sessions import SessionStore  # noqa: E402
from metrics.services.product.tokens import create_token  # noqa: E402
from metrics.services.recompute import work as recompute  # noqa: E402
from metrics.services.writing import chain  # noqa: E402
from metrics.services.writing.ledger import Ledger, fields  # noqa: E402
from tests.benchmarks.portfolio import EXTRA, copied  # noqa: E402
from tests.world import World, bookings, month  # noqa: E402

PRODUCTS, RUNS, YEARS = 200, 100_000, 2
REPORTED = ("roc_auc", "log_loss", "brier", "precision_top10", "latency_ms", "train_hours")
PARAMETERS, MODELS, VERSIONS = 15, 8, 12
OF_CHAMPION = 10  # one in so many runs is of the champion's model
ROLES = {"data_scientist": 24, "project_manager": 14, "executive": 10}
ADMINISTRATORS, MEMBER_OF, CLIENTS = 2, 12, 8
GROUPS = ("Hotels", "Retail", "Energy", "Bank")
CHANCE = random.Random(14)


def main() -> None:
    call_command("migrate", verbosity=0)
    unlimited()
    for what, act in (("a product", whole), ("copies of it", copies), ("runs", runs), ("people", people)):
        began = time.perf_counter()
        act()
        print(f"  {what}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    made = plan()
    opened(made)
    Path(sys.argv[1]).write_text(json.dumps(made, indent=1))


def unlimited() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")


def whole() -> None:
    """The product that the others are copies of, with its three people and its administrator."""
    who = {name: User.objects.create_user(name) for name in ("scientist", "manager", "executive")}
    admin = User.objects.create_superuser("admin")
    product = product_services.create_product(admin, name="Product 000", seed=11, currency="EUR", case_noun="booking")
    for name, role in (("manager", "project_manager"), ("scientist", "data_scientist"), ("executive", "executive")):
        product_services.add_member(admin, product, username=name, role=role)
    today = product.today()
    moved = (today.year - 2017) * 12 + today.month - 3  # the last of the months that are known is the last one
    World(product, who, _log, compute, moved=moved)
    months = [(month(2015, 1 + at + moved), Decimal(20 + at)) for at in range(26)]
    for key in EXTRA:
        kpi = kpis.create_kpi(who["manager"], product, key=key, name=key.replace("_", " "), aggregation="sum")
        kpis.import_actuals(who["manager"], kpi, values=months, source="desk")
    compute()


def _log(actor: User, product: Product, frame: Any, **manifest: Any) -> EvaluationRun:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        frame.to_parquet(file.name)
        manifest = {"model": "cancellation", "version": "one"} | manifest
        return run_services.log_run(
            actor, product, manifest=manifest, file=File(path=Path(file.name), name="rows.parquet")
        )


def compute() -> int:
    """Do all due work here and now."""
    done = 0
    while leased := jobs.lease_due(now=timezone.now()):
        for work, _ in leased:
            recompute.perform(work)
            done += 1
    return done


def copies() -> None:
    """The other products, and of each a second mapping in force, which is read from what runs report."""
    origin, manager = Product.objects.get(), User.objects.get(username="manager")
    groups = [Group.objects.create(name=name) for name in GROUPS]
    with transaction.atomic():
        for number in range(1, PRODUCTS):
            copied(origin, number, groups[number % len(groups)])
    scientist = User.objects.get(username="scientist")
    for product in Product.objects.all():
        with transaction.atomic():
            hits = kpis.create_kpi(manager, product, key="hit_rate", name="Hit rate", unit="share")
            definition = {"kind": "formula", "text": "precision_top10"}
            draft = mappings.create_mapping(scientist, product, kpi=hits, name="Hit rate", definition=definition)
            mappings.propose(scientist, draft, seen=draft.digest)
            mappings.approve(manager, draft, seen=draft.digest)


def runs() -> None:
    """All runs by COPY, with their metrics, KPI values and entries of the audit; two processes take turns."""
    products = list(Product.objects.order_by("slug"))
    shares = [1 / (at + 1) for at in range(len(products))]
    counts = [int(RUNS * share / sum(shares)) for share in shares]
    counts[0] += RUNS - sum(counts)
    scientist = User.objects.get(username="scientist")
    given = list(zip(products, counts, strict=True))
    connection.close()
    children = [os.fork() or _some_of(given[at::2], scientist) for at in range(2)]
    if any(os.waitpid(child, 0)[1] for child in children):
        raise SystemExit("the runs could not be filled in")
    unlimited()
    compute()
    chain.link()


def _some_of(given: list[tuple[Product, int]], scientist: User) -> NoReturn:
    """In a child: the runs of some products, and its end."""
    code = 1
    try:
        unlimited()
        for product, count in given:
            _runs_of(product, scientist, count)
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)


def _runs_of(product: Product, scientist: User, count: int) -> None:
    for key in REPORTED[-2:]:
        Metric.objects.create(product=product, key=key, name=key.replace("_", " "), direction="down")
    champion = Model.objects.get(product=product)
    others = [Model(product=product, key=f"model_{at}", name=f"model {at}") for at in range(MODELS)]
    models = [champion, *Model.objects.bulk_create(others)]
    versions = ModelVersion.objects.bulk_create(
        ModelVersion(model=model, name=f"v{at}") for model in models for at in range(VERSIONS)
    )
    own, rest = versions[:VERSIONS], versions[VERSIONS:]
    now, span = timezone.now(), timedelta(days=365 * YEARS)
    made = []
    for at in range(count):
        version = own[at % VERSIONS] if at % OF_CHAMPION == 0 else rest[at % len(rest)]
        made.append(_run(product, version, scientist, f"run {at:06}", now - span * (1 - (at + 0.5) / count)))
    champions = EvaluationRun.objects.exclude(rows="").filter(product=product)
    copy(EvaluationRun, map(_row, made))
    copy(MetricResult, _results(made))
    copy(KPIResult, map(_row, list(_values(Known(product), [*made[::OF_CHAMPION], *champions]))))
    copy(AuditEntry, map(_row, map(_entry, made)))


def _run(product: Product, version: ModelVersion, by: User, name: str, at: Any) -> EvaluationRun:
    given = {key: round(CHANCE.random(), 6) for key in REPORTED}
    run = EvaluationRun(
        product=product,
        version=version,
        name=name,
        state="scored",
        created_at=at,
        created_by=by,
        reported={key: {"value": value, "standard_error": None, "unit": ""} for key, value in given.items()},
        manifest={
            "seed": CHANCE.randrange(10_000),
            "code_commit": f"{CHANCE.getrandbits(160):040x}",
            "parameters": {f"parameter_{index}": CHANCE.randrange(1000) for index in range(PARAMETERS)},
        },
    )
    run.search = run_text(run)
    return run


def _results(runs: list[EvaluationRun]) -> Iterator[tuple[Any, ...]]:
    """What `fields` makes of reported figures, column by column: a digest is made once, and no model for each row."""
    book, columns = Book(), MetricResult._meta.concrete_fields
    empty = MetricResult()
    for run in runs:
        for key, given in run.reported.items():
            digest = evaluation.metric(book, run, key)
            held = {"id": new_id(), "digest": digest, "document": json.dumps(book.pop(digest)), "metric": key}
            held |= {"point": given["value"], "product_id": run.product_id, "run_id": run.pk}
            held |= {"created_at": run.created_at, "known_at": run.created_at}
            yield tuple(held.get(field.attname, vars(empty)[field.attname]) for field in columns)


def _values(known: Known, runs: list[EvaluationRun]) -> Iterator[KPIResult]:
    """What runs of the champion's model are worth under the mappings in force, as far as it is not stored."""
    for run in runs:
        for version in known.approved.values():
            digest = kpi_documents.kpi(known.book, run, version, known)
            if KPIResult.objects.filter(digest=digest).exists():
                continue
            document = known.book[digest]
            found: Quantity = Unknown(document["unknown"]) if "unknown" in document else _figure(known, digest)
            yield KPIResult(run=run, version=version, known_at=run.created_at, **fields(document, found))


def _figure(known: Known, digest: str) -> Quantity:
    return replay.quantity(known.book[digest], Ledger(known.book))


def _entry(run: EvaluationRun) -> AuditEntry:
    entry = AuditEntry(
        created_at=run.created_at,
        actor=run.created_by.username,
        product=run.product.slug,
        action="run.create",
        subject=run.name,
        detail={"run": run.pk, "rows": None},
    )
    entry.seal = audit_chain.seal(entry)
    return entry


def _row(made: Any) -> tuple[Any, ...]:
    found = (getattr(made, field.attname) for field in made._meta.concrete_fields)
    return tuple(json.dumps(value) if isinstance(value, dict | list) else value for value in found)


def copy(table: Any, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows as PostgreSQL's COPY takes them."""
    names = ", ".join(f'"{field.column}"' for field in table._meta.concrete_fields)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table._meta.db_table} ({names}) FROM STDIN") as sink:
        for row in rows:
            sink.write_row(row)


def people() -> None:
    """Fifty people of all roles: executives of every product, others of a dozen; the first products have the most."""
    products = list(Product.objects.order_by("slug"))
    for role, count in ROLES.items():
        for at in range(count):
            person = User.objects.create_user(f"{role}-{at:02}", f"{role}-{at:02}@example.org")
            held = products if role == "executive" else [products[at], *CHANCE.sample(products, MEMBER_OF)]
            Membership.objects.bulk_create(
                Membership(product=product, user=person, role=role) for product in dict.fromkeys(held)
            )
    for at in range(ADMINISTRATORS):
        User.objects.create_superuser(f"admin-{at:02}", f"admin-{at:02}@example.org")


def session(person: User) -> str:
    """The key of a session in which a person is signed in."""
    held = SessionStore()
    held[SESSION_KEY] = str(person.pk)
    held[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    held[HASH_SESSION_KEY] = person.get_session_auth_hash()
    held.create()
    return str(held.session_key)


def plan() -> dict[str, Any]:
    """Who there is, with their sessions and products, what each product has to be opened, and the clients' tokens."""
    staff = User.objects.exclude(email="")
    held = Membership.objects.filter(user__in=staff).select_related("product")
    found: dict[str, Any] = {"people": [], "products": {}, "clients": []}
    for person in staff:
        mine = [row for row in held if row.user_id == person.pk]
        role = mine[0].role if mine else "admin"
        products = [row.product.slug for row in mine]
        found["people"].append({"role": role, "session": session(person), "products": products})
    for product in Product.objects.order_by("slug"):
        found["products"][product.slug] = _to_open(product)
    scientists = [one for one in staff if one.username.startswith("data_scientist")]
    for at, person in enumerate(scientists[:CLIENTS]):
        slug = f"product-{at:03}"
        secret = create_token(person, name="load")[1]
        found["clients"].append({"product": slug, "token": secret, "rows": _rows(at)})
    return found


def opened(made: dict[str, Any]) -> None:
    """Every product's outlook and its champion's run, looked at once, as they were in two years: their charts lie in
    the store from then on. What processes remember of them is not kept."""
    admin = next(one for one in made["people"] if one["role"] == "admin")
    products = list(made["products"].items())
    connection.close()
    children = [os.fork() or _look(products[at::2], admin["session"]) for at in range(2)]
    if any(os.waitpid(child, 0)[1] for child in children):
        raise SystemExit("the pages could not be opened")


def _look(products: list[tuple[str, dict[str, Any]]], session: str) -> NoReturn:
    """In a child: the pages of some products, and its end."""
    code = 1
    try:
        browser = Client(HTTP_HOST="127.0.0.1:8000")
        browser.cookies["kpi_session"] = session
        for slug, there in products:
            for address in (f"/p/{slug}/", f"/p/{slug}/runs/{there['champion']}/curves/"):
                assert browser.get(address, headers={"HX-Request": "true"}).status_code == 200, address
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)


def _rows(at: int) -> str:
    """The file of predictions that a client sends: 1,200 rows, in base 64."""
    file = io.BytesIO()
    bookings(seed=100 + at, moved=110).to_parquet(file)
    return base64.b64encode(file.getvalue()).decode()


def _to_open(product: Product) -> dict[str, Any]:
    runs = list(EvaluationRun.objects.filter(product=product, rows="").values_list("pk", flat=True)[:40])
    version = MappingVersion.objects.get(mapping__product=product, mapping__kpi__key="value_per_booking")
    total = RevenueResult.objects.filter(product=product, kind="projected", period=None).first()
    return {
        "champion": EvaluationRun.objects.exclude(rows="").get(product=product).pk,
        "runs": runs,
        "mapping": f"mappings/{version.mapping_id}/{version.number}/",
        "receipt": total.digest if total else "",
    }


if __name__ == "__main__":
    main()
