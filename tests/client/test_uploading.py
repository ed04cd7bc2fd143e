"""Large files from the client against the real server: in parts, with progress, gone on with, refused and mended."""

import json

import pytest

from kpiplatform.client import Client, ClientError, cli, transport, uploading
from metrics.models.evaluation import DataSet, EvaluationRun
from metrics.models.upload import Upload
from tests.cut_cable import Cable

PART = 1 << 16
ROWS = "example_id,y_true,y_score\n" + "".join(f"{n},{n % 3 == 0:d},0.{n % 997:03d}\n" for n in range(17_000))
WORDS = 1 << 13  # bytes of requests that carry no part


@pytest.fixture(autouse=True)
def small(monkeypatch, settings):
    monkeypatch.setattr(uploading, "IN_PARTS", PART)
    monkeypatch.setattr(transport, "KEYED_PAUSES", (0.01, 0.01))
    settings.UPLOAD_PART_BYTES = PART


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    return path


@pytest.fixture
def cable(live_server, signed_in, monkeypatch):
    """The client is led over a cable that counts, and can be cut."""
    with Cable(live_server.thread.port) as found:
        monkeypatch.setenv("KPI_URL", f"http://127.0.0.1:{found.port}")
        yield found


def log(path, **more):
    with Client() as kpi:
        return kpi.log_run("churn", model="gbm", version="3", file=path, collect=False, **more)


def test_a_large_file_is_the_run_that_it_would_be_in_one_request_and_tells_its_progress(
    cable, worker, file, monkeypatch
):
    told = []
    run = log(file, progress=lambda sent, size: told.append((sent, size)), wait=True)
    assert (run["state"], run["n"]) == ("scored", 17_000)
    assert run.link.endswith(f"/p/churn/runs/{run['id']}/")
    size = file.stat().st_size
    assert told == [(min(at * PART, size), size) for at in range(5)]
    assert size < cable.carried < size + WORDS
    monkeypatch.setattr(uploading, "IN_PARTS", 1 << 30)
    assert log(file, wait=True)["rows_digest"] == run["rows_digest"]
    assert Upload.objects.count() == 1


def test_what_is_there_after_a_cut_is_not_sent_again(cable, worker, file, capsys):
    size = file.stat().st_size
    cable.cut_after = 2 * PART + PART // 2 + WORDS
    words = ["run", "log", str(file), "--product", "churn", "--model", "gbm", "--version", "3", "--json"]
    assert cli.main(words) != 0
    assert uploading.GOES_ON in capsys.readouterr().err
    there = sum(upload.bytes_of(part.number) for upload in Upload.objects.all() for part in upload.parts.all())
    assert there == 2 * PART
    cable.mend()
    assert cli.main(words) == 0
    assert size - there < cable.carried < size - there + WORDS
    assert EvaluationRun.objects.get(pk=json.loads(capsys.readouterr().out)["id"]).n_rows == 17_000
    assert Upload.objects.count() == 1


def test_the_same_key_is_the_same_run_and_sends_nothing_twice(cable, worker, file):
    first = log(file, idempotency_key="night-7")
    cable.mend()
    assert log(file, idempotency_key="night-7")["id"] == first["id"]
    assert cable.carried < WORDS
    assert EvaluationRun.objects.filter(version__name="3").count() == 1


def test_rows_that_are_refused_are_told_as_of_a_small_file_and_mended_without_sending_them_again(cable, worker, file):
    file.write_text(ROWS.replace("y_score", "chance", 1))
    with pytest.raises(ClientError) as refused:
        log(file)
    assert (refused.value.field, refused.value.status) == ("y_score", 400)
    assert refused.value.remedy
    cable.mend()
    assert log(file, rename={"chance": "y_score"}, wait=True)["state"] == "scored"
    assert cable.carried < WORDS


def test_a_large_data_set(cable, worker, file):
    with Client() as kpi:
        found = kpi.log_dataset("churn", "bookings", role="evaluation", file=file)
    assert (found["name"], found["n"], found["new"]) == ("bookings", 17_000, True)
    assert DataSet.objects.filter(name="bookings").count() == 1


def test_a_check_that_was_given_up_is_an_error_that_says_whom_to_ask(cable, worker, file, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("metrics.services.evaluation.rows.checked", broken)
    monkeypatch.setattr("metrics.jobs.MOST_ATTEMPTS", 1)
    with pytest.raises(ClientError, match=r"checking rows.csv failed: RuntimeError: a fault of ours.*/work/"):
        log(file)
