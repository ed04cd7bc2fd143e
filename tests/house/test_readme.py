"""The README is executed: `sh` and `python` blocks against the running demonstration, other commands by parsing.

Names that a reader replaces are replaced here too: the file of predictions, the digest of a receipt.
"""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from django.core.management import get_commands, load_command_class

from metrics.core.evaluation.metrics.tasks import TASKS
from tests.places import ROOT

README = (ROOT / "README.md").read_text()
MODE = {
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "KPI_URL_BASE",
    "KPI_PRODUCTION",
    "STORE_DIR",
    "KPI_TOKEN",
    "KPI_URL",
}


def blocks(*languages: str) -> list[str]:
    found = re.findall(r"^```(\w+)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    return [text for language, text in found if language in languages]


COMMANDS = [line.strip() for text in blocks("sh", "console") for line in text.splitlines() if line.strip()]


def of(first: str) -> list[str]:
    return [command for command in COMMANDS if command.startswith(first)]


@pytest.fixture(scope="module")
def demonstration(
    tmp_path_factory: pytest.TempPathFactory, demonstrated: Callable[[Path], dict[str, dict[str, Any]]]
) -> Iterator[dict[str, str]]:
    """The environment of a reader: the demonstration is up, `kpi` has a token, and a file of predictions lies here."""
    folder = tmp_path_factory.mktemp("readme")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    here = {name: value for name, value in os.environ.items() if name not in MODE}
    path = f"{Path(sys.executable).parent}{os.pathsep}{here.get('PATH', '')}"
    env = {
        **here,
        "PATH": path,
        "VAR_DIR": str(folder / "var"),
        "KPI_URL": f"http://127.0.0.1:{port}",
        "HOME": str(folder),
    }
    manage = [sys.executable, str(ROOT / "manage.py")]
    calls = demonstrated(folder / "var")["cancellation-calls"]
    up = subprocess.Popen([*manage, "up", "--port", str(port)], env=env, stderr=subprocess.DEVNULL)
    try:
        wait_for(env["KPI_URL"])
        words = json.loads((folder / "var/demo_users.json").read_text())
        predictions().to_parquet(folder / "predictions.parquet")
        bookings = [f"{year}-{month:02d},{100 + month}" for year in (2016, 2017) for month in range(1, 13)]
        (folder / "bookings.csv").write_text("\n".join(bookings))
        token = token_of("scientist", words["scientist"], env["KPI_URL"])
        yield {**env, "KPI_TOKEN": token, "FOLDER": str(folder), "DIGEST": calls["projection"]["receipt"]}
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(timeout=20)


def predictions() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    score = rng.uniform(size=400)
    return pd.DataFrame(
        {
            "example_id": [f"mine-{number}" for number in range(400)],
            "y_true": (rng.uniform(size=400) < score).astype(int),
            "y_score": score,
            "split": ["test", "valid"] * 200,
            "value": rng.uniform(50, 400, size=400).round(2),
        }
    )


def wait_for(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(f"{address}/health/ready", timeout=2):
            return
        time.sleep(0.2)
    pytest.fail("the server did not come up")


def token_of(username: str, password: str, address: str) -> str:
    body = json.dumps({"username": username, "password": password, "name": "readme", "days": 1}).encode()
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{address}/api/v1/tokens/", body, headers)) as answer:
        return str(json.load(answer)["token"])


def test_the_commands_of_the_client_work_as_written(demonstration: dict[str, str]) -> None:
    commands = [
        command
        for command in [
            *of("kpi "),
            *of(".venv/bin/python manage.py verify"),
            *of(".venv/bin/python manage.py evaluate"),
            *of(".venv/bin/python manage.py forecast"),
        ]
        if "login" not in command
    ]
    assert len(commands) >= 5
    for command in commands:
        line = re.sub(r"\bRECEIPT\b", demonstration["DIGEST"][:12], command)
        line = line.replace(
            ".venv/bin/python manage.py", f"{shlex.quote(sys.executable)} {shlex.quote(str(ROOT / 'manage.py'))}"
        )
        done = subprocess.run(
            ["bash", "-c", line],  # as a reader would type it
            cwd=demonstration["FOLDER"],
            env=demonstration,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def test_the_python_of_the_readme_runs(demonstration: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KPI_URL", "KPI_TOKEN", "HOME"):
        monkeypatch.setenv(name, demonstration[name])
    rows = predictions()
    names = {"ids": list(rows.example_id), "labels": list(rows.y_true), "scores": rows.y_score, "values": rows.value}
    found = blocks("python")
    assert found
    for text in found:
        exec(compile(text, "README.md", "exec"), dict(names))


@pytest.mark.parametrize("command", of("make "))
def test_make_has_what_the_readme_names(command: str) -> None:
    done = subprocess.run(["make", "-n", *shlex.split(command)[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", re.findall(r"(?:`|python )(manage\.py [a-z][^`\n]*)", README))
def test_every_management_command_of_the_readme_exists(command: str) -> None:
    name, *arguments = shlex.split(command)[1:]
    loaded = load_command_class(get_commands()[name], name)
    loaded.create_parser("manage.py", name).parse_args(arguments)


@pytest.mark.parametrize("command", of("docker compose "))
def test_compose_knows_the_services_of_the_readme(command: str) -> None:
    words = shlex.split(command)
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert words[2] in {"up", "exec"}
    assert words[2] == "up" or words[3] in services


@pytest.mark.parametrize("command", of("cp "))
def test_files_to_copy_are_there(command: str) -> None:
    assert (ROOT / shlex.split(command)[1]).is_file()


def test_every_command_of_the_readme_is_of_a_kind_that_is_tested() -> None:
    kinds = ("kpi ", "make ", "docker compose ", "cp ", ".venv/bin/python manage.py ")
    assert [command for command in COMMANDS if not command.startswith(kinds)] == []


def test_every_picture_of_the_readme_is_there() -> None:
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README)
    assert [picture for picture in pictures if not (ROOT / picture).is_file()] == []


def test_every_variable_of_the_readme_is_read() -> None:
    table = README[README.index("| variable |") :].split("\n\n")[0]
    source = "".join((ROOT / name).read_text() for name in ("kpiplatform/settings.py", "kpiplatform/env.py"))
    assert [
        name for name in re.findall(r"`([A-Z][A-Z_]+)`", table.replace("`VAR_DIR/", "`")) if f'"{name}"' not in source
    ] == []


def test_the_table_of_tasks_names_each_with_the_columns_that_are_its_own():
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", README, flags=re.MULTILINE))
    for name, task in TASKS.items():
        named = {
            column for column in (*task.rows.predicted, *task.rows.placed, *task.rows.needed) if column in rows[name]
        }
        assert named == {*task.rows.predicted, *task.rows.placed, *task.rows.needed}
