"""People, products and a complete chain for the tests: fixtures of `conftest.py` in a file of their own."""

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from metrics import jobs, tasks
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI, MappingVersion, Target
from metrics.models.product import Membership, Product, User
from metrics.services.delivery import notices
from metrics.services.evaluation import promotion, runs
from metrics.services.evaluation.rows import File
from metrics.services.kpi import kpis, mappings
from metrics.services.product import products as services
from metrics.services.product.tokens import create_token
from metrics.services.recompute import work as recompute
from metrics.services.revenue import projections
from tests.snapshot import Snapshot

PASSWORD = "a-long-password"


@pytest.fixture(scope="session")
def kept(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """What tests of one process share: the rows and the store of the first `world` that was built."""
    kept: dict[str, Any] = {}
    yield kept
    if kept:
        with django_db_blocker.unblock():
            kept["rows"].lift()


@pytest.fixture
def _django_db_helper(ground: None, _django_db_helper: None) -> None:
    """pytest-django's transaction of a test, which begins upon the ground."""


@pytest.fixture
def ground(request: pytest.FixtureRequest, kept: dict[str, Any], django_db_blocker: Any) -> None:
    """Under a test of `world` that takes back what it writes lies the world that was built before; else nothing."""
    if kept:
        with django_db_blocker.unblock():
            if "world" in request.fixturenames and not commits(request.node):
                kept["rows"].lie()
            else:
                kept["rows"].lift()


def commits(test: Any) -> bool:
    """Whether what a test writes is there for other connections, and not taken back by a roll-back at its end."""
    marker = test.get_closest_marker("django_db")
    asked = marker is not None and (marker.kwargs.get("transaction") or marker.args[:1] == (True,))
    return bool(asked) or not {"transactional_db", "live_server"}.isdisjoint(test.fixturenames)


@pytest.fixture
def rebuilt(request: pytest.FixtureRequest, kept: dict[str, Any], settings: Any, db: None) -> bool:
    """Whether the test starts from a `world` that was built before; people and product are then those of it."""
    if "world" not in request.fixturenames or not kept:
        return False
    shutil.copytree(kept["store"], settings.STORE_DIR, dirs_exist_ok=True)
    if commits(request.node):
        kept["rows"].put_back()
    return True


@pytest.fixture
def people(rebuilt: bool) -> dict[str, Any]:
    """Username → person; everyone's password is PASSWORD. Roles come from a product."""

    names = ("scientist", "manager", "executive", "outsider")
    if rebuilt:
        return {name: User.objects.get(username=name) for name in (*names, "admin")}
    found = {name: User.objects.create_user(name, password=PASSWORD) for name in names}
    return found | {"admin": User.objects.create_superuser("admin", password=PASSWORD)}


@pytest.fixture
def scientist(people: dict[str, Any]) -> Any:
    return people["scientist"]


@pytest.fixture
def manager(people: dict[str, Any]) -> Any:
    return people["manager"]


@pytest.fixture
def executive(people: dict[str, Any]) -> Any:
    return people["executive"]


@pytest.fixture
def admin(people: dict[str, Any]) -> Any:
    """An administrator, who is no member of any product."""
    return people["admin"]


@pytest.fixture
def outsider(people: dict[str, Any]) -> Any:
    return people["outsider"]


@pytest.fixture
def make_product(people: dict[str, Any]) -> Callable[..., Any]:
    """Make a product with the three members and nothing in it."""

    def make(name: str = "Cancellation calls", *, seed: int = 11, **settings: Any) -> Any:
        admin = people["admin"]
        of = {"currency": "EUR", "case_noun": "booking"} | settings
        made = services.create_product(admin, name=name, seed=seed, **of)
        for username, role in (
            ("manager", "project_manager"),
            ("scientist", "data_scientist"),
            ("executive", "executive"),
        ):
            services.add_member(admin, made, username=username, role=role)
        Membership.objects.filter(product=made, user=admin).delete()
        return made

    return make


@pytest.fixture
def product(rebuilt: bool, make_product: Callable[..., Any]) -> Any:
    """An empty product of the manager, the scientist and the executive; in a test of `world` the world's."""

    return Product.objects.get() if rebuilt else make_product()


def month(year: int, number: int) -> date:
    """The first day of a month of a year; of later years from 13 on."""
    return date(year + (number - 1) // 12, (number - 1) % 12 + 1, 1)


def bookings(n: int = 1200, *, seed: int = 5, shift: float = 0.0, moved: int = 0) -> pd.DataFrame:
    """Predictions over four months: calibrated scores, a segment, an amount.

    shift: makes another classifier of it. moved: by how many months on.
    """
    generator = np.random.Generator(np.random.Philox(seed))
    chance = generator.uniform(0.02, 0.98, n)
    noise = generator.normal(0, 0.05, n)
    return pd.DataFrame(
        {
            "example_id": [f"b{number:05d}" for number in range(n)],
            "y_true": (generator.uniform(size=n) < chance).astype(float),
            "y_score": np.clip(chance + noise + shift, 0.001, 0.999).round(6),
            "split": np.where(np.arange(n) % 5 == 0, "valid", "test"),
            "hotel": np.where(np.arange(n) % 3 == 0, "Resort", "City"),
            "value": (generator.gamma(2.0, 60.0, n) + 20).round(2),
            "event_time": pd.to_datetime(month(2016, 10 + moved), utc=True)
            + pd.to_timedelta(np.arange(n) % 120, unit="D"),
        }
    )


@pytest.fixture
def rows() -> Callable[..., pd.DataFrame]:
    """Makes predictions: see `bookings`."""
    return bookings


@pytest.fixture
def log(tmp_path: Path) -> Callable[..., Any]:
    """Log a frame of predictions as a run of a product, the way the API does."""

    def logged(actor: Any, product: Any, frame: pd.DataFrame, *, form: str = "parquet", **manifest: Any) -> Any:
        path = tmp_path / f"rows-{np.random.Generator(np.random.PCG64()).integers(1 << 40)}.{form}"
        frame.to_parquet(path) if form == "parquet" else frame.to_csv(path, index=False)
        manifest = {"model": "cancellation", "version": "one"} | manifest
        return runs.log_run(actor, product, manifest=manifest, file=File(path=path, name=f"rows.{form}"))

    return logged


@pytest.fixture
def compute() -> Callable[[], int]:
    """Do all due work here and now, as workers do; gives how many rows of the work table that were."""
    from django.utils import timezone

    def done() -> int:
        count = 0
        while leased := jobs.lease_due(now=timezone.now()):
            for work_id, _ in leased:
                recompute.perform(work_id)
                count += 1
        return count

    return done


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """Computes what is due, as the dispatcher and a worker do, until the test ends."""
    from django.db import connections
    from django.utils import timezone

    stopped = threading.Event()

    def work() -> None:
        while not stopped.wait(0.05):
            for work_id, _ in jobs.lease_due(now=timezone.now()):
                tasks.run_work(work_id)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stopped.set()
    thread.join()


def calls_matrix(offer: str = "offer", threshold: dict[str, Any] | None = None) -> dict[str, Any]:
    """A value matrix over the assumptions of `world`; version two of the story multiplies the offer."""
    return {
        "kind": "value_matrix",
        "cells": {
            "tp": {
                "base": "-call_cost",
                "rate": "-((1 - keep_rate) * unsold_share + keep_rate * offer)",
                "column": "value",
            },
            "fp": {"base": "-call_cost", "rate": f"-{offer}", "column": "value"},
            "fn": {"rate": "-unsold_share", "column": "value"},
            "tn": {},
        },
        "threshold": threshold or {"kind": "per_row"},
        "baseline": "act_on_none",
        "per": "case",
    }


@pytest.fixture
def matrix() -> Callable[..., dict[str, Any]]:
    return calls_matrix


class World:
    """A product whose chain is complete, from a champion's rows to a projection with a target; all of it computed.

    moved: by how many months its days are moved on, which are else those of 2015 to 2018.
    """

    ASSUMPTIONS = (
        ("unsold_share", "share", 0.33, 0.47),
        ("keep_rate", "share", 0.29, 0.41),
        ("offer", "share", 0.04, 0.06),
        ("call_cost", "{currency}/booking", 2.4, 3.6),
        ("growth", "share", 0.02, 0.14),
    )

    def __init__(
        self,
        product: Any,
        people: dict[str, Any],
        log: Any,
        compute: Callable[[], int],
        *,
        built: bool = False,
        moved: int = 0,
    ) -> None:
        self.product, self.people, self.compute, self.log, self.moved = product, people, compute, log, moved
        if not built:
            self._build()
        self._find()

    def _build(self) -> None:

        product = self.product
        scientist, manager = self.people["scientist"], self.people["manager"]
        run = self.log(scientist, product, bookings(moved=self.moved), name="first", where={"split": "test"})
        promotion.promote(manager, run.version)
        for key, unit, low, high in self.ASSUMPTIONS:
            kpis.create_assumption(
                manager,
                product,
                key=key,
                name=key.replace("_", " "),
                unit=unit.format(currency=product.currency),
                distribution={"kind": "interval90", "low": low, "high": high},
                owner="sales",
                source="study of 2016",
            )
        value = kpis.create_kpi(
            manager, product, key="value_per_booking", name="Value", unit=f"{product.currency}/booking"
        )
        volume = kpis.create_kpi(manager, product, key="bookings", name="Bookings", unit="booking", aggregation="sum")
        months = [(month(2015, 1 + number + self.moved), Decimal(900 + 31 * (number % 12))) for number in range(26)]
        kpis.import_actuals(manager, volume, values=months, source="arrivals")
        self.approved(value, "Value per call", calls_matrix())
        growth = product.assumptions.get(key="growth")
        projections.set_projection(manager, product, value_kpi=value, volume_kpi=volume, growth=growth)
        span = {"from_period": month(2017, 3 + self.moved), "until_period": month(2018, 2 + self.moved)}
        kpis.set_target(manager, product, value=Decimal(50_000), **span)
        self.compute()
        notices.read_all(scientist)  # that their mapping is approved

    def _find(self) -> None:

        self.run = EvaluationRun.objects.get(product=self.product, name="first")
        self.value = KPI.objects.get(product=self.product, key="value_per_booking")
        self.volume = KPI.objects.get(product=self.product, key="bookings")
        self.version = MappingVersion.objects.get(mapping__kpi=self.value)
        self.target = Target.objects.get(product=self.product)

    def approved(self, of: Any, name: str, definition: dict[str, Any], **given: str) -> Any:
        """A mapping with both signatures, and so in force. given: its note, its model."""

        scientist, manager = self.people["scientist"], self.people["manager"]
        draft = mappings.create_mapping(scientist, self.product, kpi=of, name=name, definition=definition, **given)
        mappings.propose(scientist, draft, seen=draft.digest)
        return mappings.approve(manager, draft, seen=draft.digest)

    def second_version(self, definition: dict[str, Any] | None = None) -> Any:
        """Version two of the value mapping, endorsed and waiting for the manager."""

        scientist = self.people["scientist"]
        draft = mappings.create_version(
            scientist, self.version.mapping, definition=definition or calls_matrix("offer * 0.8"), note="most take it"
        )
        return mappings.propose(scientist, draft, seen=draft.digest)


@pytest.fixture
def world(
    rebuilt: bool,
    kept: dict[str, Any],
    product: Any,
    people: dict[str, Any],
    log: Callable[..., Any],
    compute: Callable[[], int],
    settings: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> World:
    """A product with a complete and computed chain: see `World`. Built once a process, then put back as it was."""

    found = World(product, people, log, compute, built=rebuilt)
    if not rebuilt:
        kept["store"] = shutil.copytree(settings.STORE_DIR, tmp_path_factory.mktemp("world") / "store")
        kept["rows"] = Snapshot.taken()
    return found


@pytest.fixture
def march_2017(monkeypatch: pytest.MonkeyPatch) -> None:
    """For every product it is 10 March 2017: what `world` projects, March 2017 to February 2018, is to come."""
    monkeypatch.setattr(Product, "today", lambda self: date(2017, 3, 10))


@pytest.fixture
def up_to_date(world: World) -> None:
    """The volume of `world` is known until last month, so that what it projects is to come."""
    last = world.product.today().replace(day=1) - timedelta(days=1)
    span = range(2017 * 12 + 2, last.year * 12 + last.month)
    months = [(date(at // 12, at % 12 + 1, 1), Decimal(900 + 31 * (at % 12))) for at in span]
    kpis.import_actuals(world.people["manager"], world.volume, values=months, source="arrivals")
    world.compute()


@pytest.fixture
def api() -> Callable[..., Any]:
    """A client of the API signed in by a token as a person, or as nobody; bodies are JSON unless format= says else.

    Each answer is checked against the OpenAPI document.
    """
    from tests.openapi import Client

    def signed_in(user: Any = None, *, raising: bool = True, **settings: Any) -> Any:
        client = Client(**settings)
        client.raise_request_exception = raising
        if user is not None:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user, name='test')[1]}")
        return client

    return signed_in
