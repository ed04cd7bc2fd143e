"""Every file of the corpus of bad uploads ends as its manifest says, quickly and in little memory (S2)."""

import json
import re
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from metrics.core.evaluation.metrics.tasks import TASKS, rows_of
from metrics.core.rows.upload.table import Caps, UploadError, UploadOptions, read_upload
from tests.places import SHARED

MANIFEST = SHARED / "corpora" / "upload_manifest.jsonl"
CASES = [json.loads(line) for line in MANIFEST.read_text().splitlines()] if MANIFEST.exists() else []

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SECONDS = 10
MEMORY = 512 << 20

pytestmark = [pytest.mark.shared, pytest.mark.promise("S2")]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """The folder of files, written anew, and the manifest that came with them by file name."""
    folder = tmp_path_factory.mktemp("bad_uploads")
    make = SHARED / "corpora" / "make_bad_uploads.py"
    (which,) = re.findall(r"choices=\['(\w+)'\]", make.read_text())
    subprocess.run([sys.executable, make, "--set", which, "--out", folder], check=True, capture_output=True)
    lines = (folder / "manifest.jsonl").read_text().splitlines()
    return folder, {case["file"]: case for case in map(json.loads, lines)}


def read(folder, case, *, task="binary", **options):
    return read_upload(
        folder / case["file"],
        name=case["file"],
        content_type=case["content_type"],
        options=UploadOptions(task=rows_of(task), **options),
        caps=Caps(),
        now=NOW,
    )


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("name", [case["file"] for case in CASES])
def test_an_upload_ends_as_the_manifest_says(corpus, name):
    folder, cases = corpus
    case = cases[name]
    before, begun = peak(), time.perf_counter()
    try:
        upload = read(folder, case)
    except UploadError as error:
        outcome, fields, told = "reject", [error.field], [error]
    else:
        outcome, fields, told = (
            "warn" if upload.warnings else "accept",
            [w.field for w in upload.warnings],
            upload.warnings,
        )
        upload.table.validate(full=True)
    assert time.perf_counter() - begun < SECONDS
    assert peak() - before < MEMORY
    assert outcome in (case["outcome"], *case["accept_also"]), [entry.as_json() for entry in told]
    if outcome == case["outcome"] and case["field"] is not None:
        assert case["field"] in fields
    for entry in told:
        assert entry.message
        assert len(entry.message) < 400


def test_every_file_that_the_generator_makes_is_in_the_manifest(corpus):
    assert sorted(corpus[1]) == sorted(case["file"] for case in CASES)


def test_no_planted_program_is_run(corpus, tmp_path):
    folder, cases = corpus
    planted = [
        Path(check.split()[0]) for case in cases.values() for check in case["checks"] if "must not exist" in check
    ]
    assert planted
    for name in [name for name in cases if "pickle" in name or name.endswith((".pkl", ".npy", ".zip"))]:
        renamed = {"label": "y_true", "score": "y_score"} if "label" in names_of(folder / name) else {}
        try:
            read(folder, cases[name], rename=renamed)
        except UploadError as error:
            assert error.field  # noqa: PT017 (either end is right, as long as nothing runs)
    assert not [path for path in planted if path.exists()]


def names_of(path: Path) -> list[str]:
    return pq.read_schema(path).names if path.suffix == ".parquet" else []


def test_text_ids_keep_their_zeros_and_instants_their_time(corpus):
    folder, cases = corpus
    zeros = read(folder, cases["id_leading_zeros.csv"]).table.column("example_id").to_pylist()
    assert zeros[7] == "0000007"
    stamps = read(folder, cases["ts_plus14.csv"]).table.column("event_time").to_pylist()
    assert min(stamps) == datetime(2026, 3, 1, tzinfo=UTC)


def test_three_labelers_give_one_row_an_example_and_their_votes_say_where_they_disagree(corpus):
    folder, cases = corpus
    upload = read(folder, cases["labelers_three.csv"])
    assert (upload.n_sent, upload.n, upload.n_unlabelled) == (600, 200, 0)
    votes = upload.votes.to_pandas()
    assert votes.labeler_id.nunique() == 3
    assert (votes.groupby("example_id").label.nunique() > 1).sum() == 21
    majority = votes.groupby("example_id").label.agg(lambda of: of.mode()[0]).astype(float)
    assert upload.table.to_pandas().set_index("example_id").y_true.sort_index().equals(majority.sort_index())


def test_ties_of_two_labelers_are_counted_and_are_no_label(corpus):
    folder, cases = corpus
    upload = read(folder, cases["labelers_tie.csv"])
    assert (upload.n, upload.n_unlabelled) == (200, 21)
    (tie,) = [warning for warning in upload.warnings if warning.code == "tie"]
    assert tie.message.startswith("21 of 200 examples")


def test_every_file_of_the_corpus_ends_by_name_in_every_task_and_as_a_data_set(corpus):
    folder, cases = corpus
    for task in TASKS:
        for kind in ("run", "dataset"):
            for case in cases.values():
                try:
                    read(folder, case, task=task, kind=kind).table.validate(full=True)
                except UploadError as error:
                    assert error.field and error.message  # noqa: PT017, PT018 (either end is right, if it is one)
