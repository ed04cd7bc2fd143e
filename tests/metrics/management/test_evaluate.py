"""manage.py evaluate: a file by itself. No test here may touch a database, which pytest-django sees to."""

import json
import os
import secrets
import subprocess
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from metrics.core.evaluation.metrics.binary import DEFINITIONS
from tests.places import ROOT

N = 5000


def rows(**changed: object) -> pa.Table:
    random = np.random.default_rng(4)
    label = (random.random(N) < 0.2).astype(np.int8)
    ids = np.arange(N)
    ids[[7, 8]] = 1
    columns = {
        "row_id": ids,
        "y_true": pa.array(label, mask=np.arange(N) == 17),
        "y_score": np.clip(0.3 * label + random.beta(1, 4, N), 0, 1).astype(np.float32),
        "segment": random.choice(["a", "b"], N),
        "value": np.round(random.lognormal(3, 0.5, N), 2),
        "event_ts": pa.array(np.arange(N) * 60_000_000, pa.timestamp("us")),
        "ingest_ts": pa.array(np.arange(N) * 60_000_000 + random.integers(0, 10**9, N), pa.timestamp("us")),
    }
    return pa.table(columns | changed)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    pq.write_table(rows(), tmp_path / "rows.parquet", row_group_size=900)
    return tmp_path / "rows.parquet"


def run(*given: object) -> str:
    out = StringIO()
    call_command("evaluate", *map(str, given), stdout=out)
    return out.getvalue()


def test_a_file_gives_all_metrics_as_scikit_learn_computes_them(file: Path) -> None:
    found = json.loads(run(file, "--json", "--segment", "segment"))
    table = rows().filter(rows()["y_true"].is_valid())
    label, score, segment = (table[name].to_numpy() for name in ("y_true", "y_score", "segment"))
    assert set(found["metrics"]) == set(DEFINITIONS)
    assert set(found["segments"]["segment"]) == {"a", "b"}
    for name, figures in [(None, found), *found["segments"]["segment"].items()]:
        y = label[segment == name] if name else label
        s = (score[segment == name] if name else score).astype(float)
        assert figures["rows_measured"] == len(y)
        eps = np.finfo(np.float32).eps
        for key, expected in {
            "roc_auc": roc_auc_score(y, s),
            "average_precision": average_precision_score(y, s),
            "log_loss": log_loss(y, np.clip(s, eps, 1 - eps)),
            "brier": brier_score_loss(y, s),
        }.items():
            assert figures["metrics"][key]["point"] == pytest.approx(expected, abs=1e-9)
            assert figures["metrics"][key]["low"] is None


def test_counts_and_delays_are_of_all_rows(file: Path) -> None:
    found = json.loads(run(file, "--json", "--segment", "segment"))
    assert (found["rows"], found["labelled"], found["unlabelled"], found["left_out"]) == (N, N - 1, 1, 0)
    assert found["duplicates"] == 2
    assert found["nulls"]["y_true"] == 1
    delays = (rows()["ingest_ts"].to_numpy() - rows()["event_ts"].to_numpy()).astype(float) / 1e6
    expected = np.quantile(delays, [0.5, 0.9, 0.99, 0.999])
    assert list(found["delay"]["seconds"].values()) == pytest.approx(expected.tolist())
    assert found["seconds"] > 0
    assert found["peak_mb"] > 0


def test_the_profit_is_of_decisions_strictly_above_a_threshold(file: Path) -> None:
    found = json.loads(run(file, "--json", "--amount", "value", "--gain", "0.3", "--cost", "5"))
    table = rows().filter(rows()["y_true"].is_valid())
    label, score, value = (table[name].to_numpy().astype(float) for name in ("y_true", "y_score", "value"))
    expected = []
    for threshold in np.arange(200) / 200:
        act = score > threshold
        expected.append(0.3 * (value * label)[act].sum() - 5 * act.sum())
    assert found["profit"]["profit"] == pytest.approx(expected)
    assert found["profit"]["best_on_these_rows"]["profit"] == pytest.approx(max(expected))


def test_bands_are_given_when_asked_for(file: Path) -> None:
    auc = json.loads(run(file, "--json", "--bands", "--segment", "segment"))["metrics"]["roc_auc"]
    assert auc["low"] < auc["point"] < auc["high"]


def test_points_are_the_same_with_bands_and_with_any_number_of_threads(file: Path) -> None:
    points = [
        {key: value["point"] for key, value in json.loads(run(file, "--json", *more))["metrics"].items()}
        for more in ([], ["--bands"], ["--threads", 1], ["--threads", 3])
    ]
    assert all(other == pytest.approx(points[0], rel=1e-11) for other in points)


def test_rows_without_a_score_are_refused_by_count_and_first_row_unless_dropped(tmp_path: Path) -> None:
    score = np.full(N, 0.5, dtype=np.float32)
    score[:100] = 0.9
    empty = np.isin(np.arange(N), [40, 4000, 4999])
    path = tmp_path / "rows.parquet"
    pq.write_table(rows(y_score=pa.array(score, mask=empty)), path)
    with pytest.raises(CommandError, match="3 rows have no y_score, the first is row 41") as refused:
        run(path, "--json")
    assert refused.value.returncode == 2
    found = json.loads(run(path, "--json", "--drop-missing"))
    assert (found["left_out"], found["nulls"]["y_score"], found["labelled"]) == (3, 3, N - 4)


def test_rows_without_the_amount_are_refused_or_left_out_only_where_a_profit_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(rows(value=pa.array(np.ones(N), mask=np.arange(N) == 3)), path)
    assert json.loads(run(path, "--json"))["left_out"] == 0
    with pytest.raises(CommandError, match="1 rows have no value, the first is row 4"):
        run(path, "--json", "--amount", "value")
    assert json.loads(run(path, "--json", "--amount", "value", "--drop-missing"))["left_out"] == 1


def test_columns_of_other_names_are_renamed(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(rows().rename_columns(["key", "truth", "p", "segment", "value", "event_ts", "ingest_ts"]), path)
    found = json.loads(run(path, "--json", "--rename", "example_id=key", "y_true=truth", "--rename", "y_score=p"))
    assert found["labelled"] == N - 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--rename", "y_score=nothing"], "column nothing is missing"),
        (["--rename", "y_score=value"], "y_score is there already"),
        (["--segment", "nothing"], "column nothing is missing"),
        (["--amount", "nothing"], "column nothing is missing"),
    ],
)
def test_a_column_that_is_not_there_is_named(file: Path, more: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said) as refused:
        run(file, *more)
    assert refused.value.returncode == 2


def test_what_is_no_parquet_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_text("a,b\n1,2\n")
    for path in (tmp_path / "rows.parquet", tmp_path / "none.parquet"):
        with pytest.raises(CommandError) as refused:
            run(path)
        assert refused.value.returncode == 2
        assert "\n" not in str(refused.value)


def test_one_class_has_metrics_that_are_unknown_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(rows(y_true=np.zeros(N)), path)
    metrics = json.loads(run(path, "--json"))["metrics"]
    assert "same label" in metrics["roc_auc"]["unknown"]
    assert metrics["log_loss"]["point"] > 0


def test_without_json_a_table_is_printed(file: Path) -> None:
    printed = run(file, "--segment", "segment", "month", "--amount", "value", "--gain", "0.3", "--cost", "5")
    for word in ("5,000 rows", "roc_auc", "average_precision", "at most, acting above", "1970-01", "MB"):
        assert word in printed


def test_the_command_runs_where_the_database_does_not_answer_and_exits_as_it_says(file: Path, tmp_path: Path) -> None:
    # Settings of production, with a database and a broker at a port where nobody listens.
    settings = {
        "VAR_DIR": str(tmp_path / "var"),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "KPI_URL_BASE": "http://localhost:8000",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "PATH": os.environ["PATH"],
    }

    def command(*more: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, str(ROOT / "manage.py"), "evaluate", str(file), *more]
        return subprocess.run(line, env=settings, capture_output=True, text=True, check=False, cwd=tmp_path)

    done = command("--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["labelled"] == N - 1
    refused = command("--rename", "y_true=row")
    assert refused.returncode == 2
    assert refused.stderr.strip().splitlines() == ["CommandError: rows.parquet: column row is missing"]
    assert command("--no-color", "--json").returncode == 0  # an option of Django's: it reads the line
    assert "manage.py evaluate" in command("--help").stdout
    unknown = command("--nothing")
    assert unknown.returncode == 2
    assert "unrecognized arguments: --nothing" in unknown.stderr
    nowhere = command("--time-zone", "Mars/Olympus")
    assert nowhere.returncode == 2
    assert "Mars/Olympus is no time zone; give one such as Europe/Lisbon" in nowhere.stderr


def test_a_usual_line_is_answered_without_django(file: Path) -> None:
    code = (
        "import sys, manage; sys.argv = ['manage.py', 'evaluate', *sys.argv[1:]]\n"
        "try: manage.main()\n"
        "except SystemExit as end: print('\\n', sorted({'django', 'pandas', 'scipy'} & set(sys.modules)), end.code)"
    )
    line = [sys.executable, "-c", code, str(file), "--segment", "segment"]
    done = subprocess.run(line, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1].strip() == "[] 0"


def test_a_folder_of_parts_is_evaluated_as_one_file(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    for at, part in enumerate((rows().slice(3000), rows().slice(0, 3000))):
        pq.write_table(part, folder / f"{at}.parquet")
    asked = ("--json", "--bands", "--segment", "segment", "--amount", "value")
    whole, parts = (json.loads(run(path, *asked)) for path in (file, folder))
    for own in ("file", "seconds", "peak_mb"):
        del whole[own], parts[own]
    assert parts == whole
