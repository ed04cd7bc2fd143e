"""Every benchmark can be started: each chooses its database before it meets a model."""

import subprocess
import sys

from tests.places import ROOT

FILES = sorted((ROOT / "tests" / "benchmarks").glob("*.py"))
# Run within an installation that another has made.
WITHIN = {"load_filled"}


def test_every_benchmark_can_be_imported_before_there_is_a_database():
    names = [f"tests.benchmarks.{file.stem}" for file in FILES if file.stem not in WITHIN]
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    run = subprocess.run([sys.executable, "-c", code, *names], cwd=ROOT, capture_output=True, text=True, check=False)
    assert len(names) > 10
    assert run.returncode == 0, run.stderr
