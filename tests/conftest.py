"""What the tests find on this machine, and what they get everywhere.

A marker names a need: `shared` (the material of KPI_SHARED), `services` (PostgreSQL and Redis), `browser` (Chromium),
`office` (LibreOffice Calc and poppler-utils).
Tests whose need is not met are left out and listed at the end with the way to meet it; with CI=true that is a failure.
"""

import gc
import hashlib
import importlib
import json
import os
import shutil
import socket
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

from kpiplatform.process import one_of_several
from tests.places import SHARED
from tests.promises import SHORT, measured
from tests.snapshot import Snapshot

pytest_plugins = [
    "tests.world",
    "tests.chosen",
    "tests.kept_promises",
    "tests.demonstration",
    "tests.local_servers",
    "tests.oidc_provider",
    "tests.s3_server",
    "tests.spark_cluster",
]

one_of_several()  # as every process of the house, and before anything numeric is loaded

# Nothing is judged by the seconds that it takes, beside other tests.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

CI = os.environ.get("CI", "").lower() in {"1", "true"}
KEEP_FIGURES = os.environ.get("KPI_KEEP_FIGURES") == "1"
POSTGRESQL = (
    os.environ.get("TEST_DATABASE_URL")
    or os.environ.get("DATABASE_URL")
    or "postgresql://postgres@127.0.0.1:5432/postgres"
)
REDIS = os.environ.get("TEST_REDIS_URL") or os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/0"
# The shell first: the same browser without its windows, for half the processor's time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in BROWSERS if (found := shutil.which(name))), None)

# On PostgreSQL the suite has those tests already.
collect_ignore = ["metrics/test_on_postgresql.py"] if os.environ.get("DATABASE_URL") else []
FINE = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
CHAOS = "tests/chaos/"
# What takes longest, by the processor's time and with a minute or more in a file, begins first.
LONGEST = (
    CHAOS,
    "tests/browser/test_screenshots.py",
    "tests/browser/",
    "tests/security/",
    "tests/house/",
    "tests/kpiplatform/",
    "tests/reports/test_links.py",
    "tests/reports/test_first_use.py",
    "tests/flows/",
    "tests/core/revenue/",
    "tests/core/evidence/",
)
LEFT_OUT = pytest.StashKey[dict[str, int]]()
# Promise → what each test that holds it has measured; nothing for most.
KEPT: dict[str, list[str]] = {}
BROKEN: set[str] = set()  # promises of which a test failed


def _answers(url: str, default_port: int) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or default_port), timeout=2):
            return True
    except OSError:
        return False


def _missing() -> dict[str, str]:
    """Marker → how to get what it needs, for every need this machine does not meet."""
    missing = {}
    if not (SHARED / "data").is_dir():
        missing["shared"] = f"set KPI_SHARED to the folder that holds data/ and corpora/ (looked in {SHARED})"
    if not (_answers(POSTGRESQL, 5432) and _answers(REDIS, 6379) and shutil.which("redis-server")):
        missing["services"] = (
            "apt-get install postgresql redis-server and start both, or set TEST_DATABASE_URL and TEST_REDIS_URL"
        )
    if CHROMIUM is None:
        missing["browser"] = "apt-get install chromium-headless-shell"
    if not (shutil.which("soffice") and shutil.which("pdftotext")):
        missing["office"] = "apt-get install --no-install-recommends libreoffice-calc poppler-utils"
    return missing


def pytest_configure(config: pytest.Config) -> None:
    """Tests never touch the installation's database file, and two runs side by side do not meet."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        # A file, not shared memory: threads then wait for one another as they do in an installation.
        folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"kpiplatform-tests-{os.getpid()}"
        folder.mkdir(parents=True, exist_ok=True)
        database.setdefault("TEST", {})["NAME"] = str(folder / "test.sqlite3")
        # Nobody reads this file after a power cut: an installation waits for the disk, the tests need not.
        options = database["OPTIONS"]
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    else:
        database.setdefault("TEST", {})["NAME"] = f"test_{database['NAME']}_{os.getpid()}"
        database["OPTIONS"]["options"] += " -c synchronous_commit=off"
    # Each test client would list all static files anew.
    settings.WHITENOISE_AUTOREFRESH = True
    # Hashing a password costs what it should; four users in each test should not.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: the garbage collector need not walk through it, now or ever after."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    """Leave out the slow form unless asked for by `-m`, and what this machine cannot run; put the rest in order."""
    missing = _missing()
    left_out: dict[str, int] = {}
    kept, dropped = [], []
    asked = config.getoption("markexpr") or ""
    for item in items:
        lacking = [marker for marker in missing if item.get_closest_marker(marker)]
        for marker in lacking:
            left_out[marker] = left_out.get(marker, 0) + 1
        long_form = item.get_closest_marker("slow") and "slow" not in asked
        (dropped if lacking or long_form else kept).append(item)
    items[:] = kept
    if dropped:
        config.hook.pytest_deselected(items=dropped)
    config.stash[LEFT_OUT] = left_out
    yield
    # No process is left alone with a long file at the end.
    items.sort(
        key=lambda item: next((at for at, long in enumerate(LONGEST) if item.nodeid.startswith(long)), len(LONGEST))
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: some wait for a browser, a worker that was killed, or a database."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file stays in one process and shares its fixtures; no two installations are broken at the same time."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return CHAOS if file.startswith(CHAOS) else file

    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_terminal_summary(terminalreporter, exitstatus: int, config: pytest.Config) -> None:
    """List what was left out and how to get it."""
    left_out = config.stash.get(LEFT_OUT, {})
    if left_out:
        terminalreporter.section("left out")
        how = _missing()
        for marker, count in left_out.items():
            terminalreporter.line(f"{count} tests marked {marker}: {how.get(marker, '')}")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error) -> None:
    """Under xdist the workers collect; each tells the controller what it left out, which is the same for all."""
    node.config.stash[LEFT_OUT] = node.workeroutput.get("left_out", {})


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With CI=true a test left out is a test failed."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, {})
    elif CI and session.config.stash.get(LEFT_OUT, {}) and session.exitstatus in FINE:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    elif KEEP_FIGURES and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        for name, said in KEPT.items():
            if name in BROKEN:  # it keeps the figure of when all its tests passed
                continue
            tests = f"{said.count('')} tests" if said.count("") > 1 else "1 test"
            measured(name, ": ".join([tests, ", ".join(text for text in said if text)]).removesuffix(": "), SHORT)


@pytest.fixture(autouse=True)
def promised(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    """The report of each test says which promises it holds."""
    for marker in request.node.iter_markers("promise"):
        for name in marker.args:
            record_property(f"promise {name}", "")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Gathers what the tests that passed have measured of promises, and of which a test failed."""
    for name, said in report.user_properties:
        if name.startswith("promise ") and report.failed:
            BROKEN.add(name.removeprefix("promise "))
        elif name.startswith("promise ") and report.when == "call" and report.passed:
            KEPT.setdefault(name.removeprefix("promise "), []).append(str(said))


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str, str], None]:
    """Says what this test measured of a promise: `figure("R1", "20 rounds of 50 posts, 20 runs")`."""
    return lambda promise, text: record_property(f"promise {promise}", text)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with data/ and corpora/."""
    return SHARED


@pytest.fixture(autouse=True)
def store_of_its_own(settings, tmp_path: Path) -> None:
    """Every test has an empty store, nothing of it in memory, and an empty mail folder."""
    from metrics.memory import MEMORY

    settings.STORE_DIR = tmp_path / "store"
    settings.STORE_DIR.mkdir()
    MEMORY.forget()


@pytest.fixture(scope="session", autouse=True)
def rendered_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the renderer makes of a spec is made once in all processes of a run, though each test has its own store."""
    from reports.charts import drawing

    render = drawing.plain
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "rendered"
    folder.mkdir(exist_ok=True)

    def plain(spec: drawing.Spec, theme: str = "light") -> str:
        asked = json.dumps([spec, theme], sort_keys=True)
        file = folder / hashlib.sha256(asked.encode()).hexdigest()
        if not file.exists():
            made = folder / f"{file.name}.{os.getpid()}"
            made.write_text(render(spec, theme), "utf-8")
            made.replace(file)
        return file.read_text("utf-8")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "plain", plain)
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """The system's Chromium: no browser is downloaded."""
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """A test that commits leaves the tables as the migrations made them.

    The audit refuses to be emptied: its triggers are taken off. Django's own way, to truncate all and write what
    belongs to every table anew, takes ten times as long.
    """
    from django.db import DatabaseError
    from django.test import TransactionTestCase

    with django_db_blocker.unblock():
        _audit("undo")
        made = Snapshot.taken()

    def as_made(_: object) -> None:
        try:
            made.put_back()
        except DatabaseError:  # the test put the triggers back: those that follow are not to suffer for it
            _audit("undo")
            made.put_back()
            raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", as_made)
        yield


@pytest.fixture
def append_only(transactional_db: None) -> Iterator[None]:
    """The audit's triggers, as an installation has them."""
    _audit("write")
    yield
    _audit("undo")


def _audit(step: str) -> None:
    from django.db import connection

    migration = importlib.import_module("metrics.migrations.0002_append_only_audit")
    with connection.schema_editor() as editor:
        getattr(migration, step)(None, editor)
