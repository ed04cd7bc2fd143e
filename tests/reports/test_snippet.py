"""What pages give to be pasted works when it is pasted."""

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from metrics.services.product.tokens import create_token
from reports.pages.run import snippet
from tests.places import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


def pasted(command: list[str], compute, **environment: str) -> str:
    """The output of a command, with the work that it causes done meanwhile."""
    held = {key: value for key, value in os.environ.items() if not key.startswith("KPI_")}
    held["PYTHONPATH"] = str(ROOT)
    process = subprocess.Popen(  # in a folder that is in no repository, as a notebook's may be
        command,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=held | environment,
        cwd=environment["HOME"],
    )
    ends = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < ends:
        compute()
        time.sleep(0.1)
    process.kill()
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return output


def test_the_notebook_s_lines_log_a_run(live_server, product, scientist, compute, tmp_path: Path) -> None:
    _, secret = create_token(scientist, name="notebook")
    lines = snippet.python(live_server.url, product)
    home = {"KPI_TOKEN": secret, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    output = pasted([sys.executable, "-c", lines], compute, **home)
    run = product.runs.get()
    assert run.state == "scored"
    assert f"/p/{product.slug}/runs/{run.pk}/" in output
    assert "roc_auc" in output
    assert run.manifest["environment"]["python"]
    assert "could not find: " in output  # no seed was set, and it is said


def test_a_new_token_s_page_gives_one_call_that_logs_a_run(
    live_server, client, product, scientist, compute, tmp_path: Path
) -> None:
    client.force_login(scientist)
    made = client.post("/tokens/", {"name": "notebook", "days": 30}, headers={"host": live_server.url[7:]})
    lines = made.context["made"]["notebook"]
    assert len(ast.parse(lines).body) == 3  # an import, the call, and what came of it
    secret = made.context["made"]["secret"]
    assert secret not in lines
    home = {"KPI_TOKEN": secret, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    pasted([sys.executable, "-c", lines], compute, **home)
    assert product.runs.get().state == "scored"


def test_who_may_log_no_run_is_given_no_lines_to_log_one(client, product, executive) -> None:
    client.force_login(executive)
    made = client.post("/tokens/", {"name": "reading", "days": 30}).context["made"]
    assert made["notebook"] == ""
    assert f"kpi run list {product.slug}" in made["snippet"]


def test_the_shell_s_lines_log_a_file(live_server, product, scientist, rows, compute, tmp_path: Path) -> None:
    _, secret = create_token(scientist, name="shell")
    rows(300).to_parquet(tmp_path / "predictions.parquet")
    kpi = Path(sys.executable).with_name("kpi")
    lines = snippet.shell(live_server.url, product, like={"where": {"split": "test"}}).replace("kpi ", f"{kpi} ")
    lines = lines.replace("login", f"login --token {secret}", 1)
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    pasted(["bash", "-ec", f"cd {tmp_path}\n{lines}"], compute, **home)
    run = product.runs.get()
    assert run.state == "scored"
    assert run.n_rows == 240


def test_a_new_token_s_lines_show_the_runs(live_server, product, scientist, compute, tmp_path: Path) -> None:
    _, secret = create_token(scientist, name="shell")
    kpi = Path(sys.executable).with_name("kpi")
    lines = snippet.token_snippet(live_server.url, secret, product).replace("kpi run", f"{kpi} run")
    pasted(["bash", "-ec", lines], compute, HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
