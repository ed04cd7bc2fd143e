"""The house as it was drawn: who may import whom, how long a file gets, what no file may hold."""

import re
import shlex
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands, load_command_class
from packaging.utils import canonicalize_name

from kpiplatform import supervise
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evidence.registry import CHECKS
from tests.places import ROOT

LONGEST = 400
VAGUE = {"utils", "helpers", "common", "base", "manager", "managers", "data", "misc", "util", "helper"}

# Written in pieces, so that this file does not hold what it looks for.
FORBIDDEN = {
    "registry host": re.compile(
        "|".join(("pypi" + r"\.org", "python" + "hosted", "registry" + r"\.npmjs", "--" + "index-url"))
    ),
    "absolute path": re.compile(
        r"(?<![\w.:/-])/(?:" + "|".join(("wo" + "rk", "ho" + "me", "ro" + "ot", "Us" + "ers")) + r")/\w"
    ),
    "private key": re.compile("BEGIN [A-Z ]*" + "PRIVATE KEY"),
    "token": re.compile(r"\b(?:kpi_[A-Za-z0-9]{24,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,})\b"),
    "secret": re.compile(r"""(?i)\b(?:secret_key|api_key|password)\s*[:=]\s*["'][A-Za-z0-9+/_-]{24,}["']"""),
    "password in an address": re.compile(r"://[A-Za-z0-9_.]+:(?!password@)[A-Za-z0-9_.-]+@"),
}


def kept_files() -> list[Path]:
    """Every file that is tracked or would be: what a clone gets."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name.decode() for name in listed.stdout.split(b"\0") if name)
    return sorted(path for path in paths if path.is_file())


FILES = kept_files()
TEMPLATES = [str(path.relative_to(ROOT / "templates")) for path in FILES if path.is_relative_to(ROOT / "templates")]
MODULES = [path for path in FILES if path.suffix == ".py"]


def test_import_contracts_hold() -> None:
    done = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in MODULES
        if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > LONGEST
    }
    assert not long


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if path.stem in VAGUE or VAGUE & set(path.relative_to(ROOT).parts[:-1])
    }
    assert not vague


def test_nobody_asks_which_task_or_metric_it_is() -> None:
    tasks, metrics = "|".join(TASKS), "|".join(key for task in TASKS.values() for key in task.definitions)
    asked = re.compile(
        rf"""(?:(?:[=!]=|\bcase|\bin) *[({{[]?["'](?:{tasks})["'])|(?:(?:[=!]=|\bcase) *["'](?:{metrics})["'])"""
    )
    assert not places_of(asked)


def test_nobody_asks_which_check_it_is() -> None:
    keys = "|".join(CHECKS)
    assert not places_of(
        re.compile(rf"""\b(?:check|kind)(?:\.key|\[.key.\]) *(?:[=!]=|in\b) *[({{[]?["'](?:{keys})["']""")
    )


def places_of(asked: re.Pattern[str]) -> list[str]:
    """Lines of the house in which something is asked."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in FILES
        if path.suffix in {".py", ".html"} and not {"tests", "migrations"} & set(path.relative_to(ROOT).parts)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if asked.search(line)
    ]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = []
    for path in FILES:
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue  # pictures, fonts, Parquet
        for number, line in enumerate(text.splitlines(), 1):
            if hit := FORBIDDEN[what].search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {hit.group()[:60]}")
    assert not found


def test_the_server_package_is_empty_so_that_the_client_imports_without_django() -> None:
    assert (ROOT / "kpiplatform/__init__.py").read_text().strip() == ""
    code = "import sys, kpiplatform.client; sys.exit(bool({'django', 'numpy', 'pyarrow'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.mark.parametrize("service", ["web", "dispatcher", "worker"])
def test_compose_runs_commands_that_exist_and_that_are_tested(service: str) -> None:
    command = shlex.split(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][service]["command"])
    if service == "worker":
        assert command[:3] == ["nice", "-n", str(supervise.BEHIND)]
        command = command[3:]
    assert command[0] == "python"
    if command[1:3] == ["-m", "celery"]:
        assert tuple(command[3:]) == supervise.WORKER
        return
    assert command[1] == "manage.py"
    name, *arguments = command[2:]
    loaded = load_command_class(get_commands()[name], name)
    loaded.create_parser("manage.py", name).parse_args(arguments)  # SystemExit where an option is unknown


def test_compose_has_one_volume_that_web_and_workers_share() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert set(services) == {"web", "dispatcher", "worker", "redis", "postgres"}
    assert all("data:/data" in services[name]["volumes"] for name in ("web", "dispatcher", "worker"))


def test_the_lock_file_pins_every_dependency_by_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    pinned = re.findall(r"^[A-Za-z0-9._-]+==\S+.*\\$", lock, flags=re.MULTILINE)
    assert len(pinned) > 50
    unpinned = [
        line for line in lock.splitlines() if line and not line.startswith((" ", "#")) and not line.endswith("\\")
    ]
    assert not unpinned


def test_the_server_needs_no_package_that_it_never_names() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["server"]
    needed = {re.split(r"[\[<>=]", line)[0].lower() for line in declared}
    owned = {module: [*map(canonicalize_name, owners)] for module, owners in packages_distributions().items()}
    modules = {
        distribution: [module for module, owners in owned.items() if distribution in owners] for distribution in needed
    }
    source = "\n".join(path.read_text() for path in MODULES if path.relative_to(ROOT).parts[0] != "tests")
    unnamed = {
        distribution
        for distribution, names in modules.items()
        if not any(re.search(rf"\b{name}\b", source) for name in names)
    }
    assert unnamed == set()


def names_of(template: str) -> set[str]:
    """How a template is asked for: by its path, or a component by its name."""
    return {f'"{template}"', f'component "{Path(template).stem}"'} if "components/" in template else {f'"{template}"'}


def test_no_template_lies_unused() -> None:
    by_their_status = {"400.html", "500.html", "403_csrf.html"}  # Django asks for them
    readers = (
        path for path in FILES if path.suffix in {".py", ".html"} and "tests" not in path.relative_to(ROOT).parts
    )
    source = "\n".join(path.read_text() for path in readers)
    unused = {name for name in TEMPLATES if not any(asked in source for asked in names_of(name))}
    assert unused == by_their_status


def test_no_line_of_a_template_is_longer_than_160() -> None:
    long = [
        f"{name}:{number}"
        for name in TEMPLATES
        for number, line in enumerate((ROOT / "templates" / name).read_text().splitlines(), 1)
        if len(line) > 160
    ]
    assert not long


def test_what_keeps_its_white_space_stands_in_one_line() -> None:
    """Else the formatter would move it."""
    for name in TEMPLATES:
        assert not re.search(r"<(pre|textarea)\b(?![^\n]*</\1>)", (ROOT / "templates" / name).read_text()), name


@pytest.mark.parametrize("command", ["DJADE", "DJHTML"])
def test_templates_are_formatted(command: str) -> None:
    given = re.search(rf"^{command} = \$\(BIN\)/(.+)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert given is not None
    program, *options = shlex.split(given[1])
    paths = [ROOT / "templates" / name for name in TEMPLATES if name.endswith(".html")]
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *options, "--check", *paths], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_what_a_page_links_to_is_there(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text())
    assert links
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []
