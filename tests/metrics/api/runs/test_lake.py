"""A lake run: its cube comes from whoever has the rows; all above it is computed here, and the rest says why not."""

import hashlib
import json
import uuid
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from metrics import store
from metrics.core.estimate import Unknown
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.container import packed, unpacked
from metrics.core.offline.archive import read
from metrics.core.offline.verifying import verified
from metrics.core.rows.table import data_digest
from metrics.models.evaluation import Artifact, DataSet, EvaluationRun, MetricResult
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.results import quantity
from metrics.queries.evaluation.rows import amount_columns, lacking
from metrics.queries.evidence import checks
from metrics.queries.kpi.board import of_run
from metrics.queries.receipts import receipts
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.risks import of_product
from metrics.services.evaluation import promotion
from metrics.services.kpi import mappings
from metrics.services.recompute import stored, verification
from metrics.services.recompute.export import exported
from tests.metrics.services.recompute.test_offline import rewritten

pytestmark = pytest.mark.django_db
SOURCE = "delta:main.preds@v412"


def table(n: int = 1_200) -> pa.Table:
    random = np.random.default_rng(3)
    label = (random.random(n) < 0.3).astype(float)
    made = {
        "example_id": [f"r{at}" for at in range(n)],
        "y_true": label,
        "y_score": np.clip(0.3 * label + random.beta(1, 3, n), 0, 1),
        "shop": random.choice(["a", "b"], n).tolist(),
        "value": random.gamma(2, 50, n),
    }
    return pa.table(made).replace_schema_metadata({b"segments": b'["shop"]', b"amounts": b'["value"]'})


@pytest.fixture
def send(world, asks) -> Any:
    """Posts a lake run and gives the answer."""

    def post(content: bytes, **more: Any) -> Any:
        rows = table()
        said = {
            "model": "lake model",
            "version": "1",
            "source": SOURCE,
            "n_rows": rows.num_rows,
            "rows_digest": data_digest(rows),
            "cube": hashlib.sha256(content).hexdigest(),
            "months_in": world.product.time_zone,
            "segments": ["shop"],
            "amounts": ["value"],
        } | more
        return asks("scientist").post(
            f"/products/{world.product.slug}/runs/lake/",
            {"manifest": json.dumps(said), "file": SimpleUploadedFile("cube.kpi", content)},
            format="multipart",
            headers={"Idempotency-Key": uuid.uuid4().hex},
        )

    return post


def cube() -> bytes:
    return TASKS["binary"].scan(table(), time_zone="UTC").to_bytes()


@pytest.fixture
def run(world, send) -> EvaluationRun:
    answer = send(cube())
    assert answer.status_code == 202, answer.json()
    world.compute()
    return EvaluationRun.objects.get(pk=answer.json()["id"])


def figures(run: EvaluationRun) -> dict[str, Any]:
    return {one.metric: quantity(one) for one in MetricResult.objects.filter(run=run, newest=True)}


def test_the_figures_of_a_lake_run_are_those_of_the_same_rows_held_here(world, run, asks, tmp_path):
    frame = pd.DataFrame(table().to_pydict())
    held = world.log(
        world.people["scientist"], world.product, frame, name="held", model="held model", segments=["shop"]
    )
    world.compute()
    here, there = figures(EvaluationRun.objects.get(pk=held.pk)), figures(run)
    assert run.state == "scored"
    assert here.keys() == there.keys()
    for key, one in there.items():
        assert one == here[key] if isinstance(one, Unknown) else one.point == here[key].point, key
    shown = asks("scientist").get(f"/runs/{run.pk}/").json()
    assert (shown["source"], shown["n"], shown["state"]) == (SOURCE, 1_200, "scored")
    assert asks("scientist").get(f"/runs/{held.pk}/").json()["source"] is None


def test_what_needs_rows_says_where_they_lie(world, run, asks):
    assert SOURCE in lacking(run).reason
    assert amount_columns(run) == ["value"]
    found = checks.checks(run, None)
    asked_rows = [check for check in found if SOURCE in check.text]
    assert asked_rows
    assert not checks.waits(found)
    assert asks("scientist").get(f"/runs/{run.pk}/rows/").status_code == 404
    assert stored.check().damage == []
    assert run.rows not in set(stored.named_files())
    assert DataSet.objects.get(pk=run.data_set_id).rows == ""


def test_a_receipt_of_a_lake_run_names_the_source_and_is_verified_down_to_the_cube(world, run, asks):
    auc = MetricResult.objects.get(run=run, metric="roc_auc", newest=True)
    found = verification.verified(auc.digest)
    assert found["differences"] == []
    assert found["verdict"] != "differs"
    assert found["says"] == [
        f"cube supplied by its sender, rows not held here but at {SOURCE}; verified down to the cube"
    ]
    receipt = asks("scientist").get(f"/receipts/{auc.digest}/").json()
    said = json.dumps(receipt, ensure_ascii=False)
    assert f"{SOURCE} · cube supplied by its sender, rows not held here" in said


def test_a_receipt_of_a_lake_run_is_made_again_offline_down_to_the_cube_and_a_changed_byte_of_it_is_found(
    world, run, tmp_path
):
    auc = MetricResult.objects.get(run=run, metric="roc_auc", newest=True)
    receipt, rows = tmp_path / "receipt.zip", tmp_path / "rows.parquet"
    receipt.write_bytes(exported(receipts.receipt(world.people["scientist"], auc.digest)))
    pq.write_table(table(), rows)
    for given in (None, rows):
        found = verified(read(receipt), rows=given)
        assert (found["verdict"], found["differences"]) == ("equal", [])
        (said,) = [one for one in found["not_verified"] if "rows" in one]
        assert said.startswith("that the cube follows from its rows: cube supplied by its sender, rows not held here")
        assert f"but at {SOURCE}; scan them there, by kpi verify RUN --engine spark --rows PATH" in said
    content = receipt.read_bytes()
    for at in (0.02, 0.5, 0.99):
        receipt.write_bytes(content)
        found = verified(read(rewritten(receipt, lambda name, part, at=at: _flipped(name, part, at))))
        assert found["verdict"] == "differs"
        assert {"cube"} <= {one["link"] for one in found["differences"]}


def _flipped(name: str, part: bytes, at: float) -> bytes:
    """A part of a receipt; of a cube, a byte is another."""
    if not name.startswith("files/"):
        return part
    changed = bytearray(part)
    changed[int(at * len(part))] ^= 1
    return bytes(changed)


def test_a_kpi_of_a_metric_has_money_and_one_of_decisions_says_why_not(world, send):
    rows = TASKS["binary"].scan(table(), time_zone=world.product.time_zone).to_bytes()
    answer = send(rows, model=world.run.version.model.name, version="lake")
    world.compute()
    made = EvaluationRun.objects.select_related("version", "product").get(pk=answer.json()["id"])
    (figure,) = of_run(made, Known(world.product), [world.version])
    assert isinstance(figure.quantity, Unknown)
    assert SOURCE in figure.quantity.reason
    second = world.second_version({"kind": "formula", "text": "roc_auc * call_cost"})
    mappings.approve(world.people["manager"], second, seen=second.digest)
    world.compute()
    (figure,) = of_run(made, Known(world.product), [second])
    assert figure.quantity.point == pytest.approx(figures(made)["roc_auc"].point * 3, rel=0.02)
    promotion.promote(world.people["manager"], made.version)
    world.compute()
    found = outlook(Known(world.product))
    assert found.total.point > 0
    assert found.receipt
    risks = of_product(Known(world.product))
    assert SOURCE in risks.why


def test_no_bytes_but_those_of_a_scan_are_taken(world, send, refused):
    good = cube()
    header, arrays = unpacked(good)
    infinite = [array.astype(float).copy() for array in arrays]
    infinite[4][0] = np.inf
    claims = good[:16] + good[16:].replace(b'"bytes":', b'"bytes":99', 1)
    hostile = {
        "empty": b"",
        "text": b"not a cube",
        "cut": good[: len(good) // 2],
        "bomb": claims,
        "other kind": TASKS["regression"].scan(numbers()).to_bytes(),
        "not finite": packed(header, infinite),
        "huge buckets": packed(header | {"n_buckets": 1 << 40}, arrays),
        "no groups": packed(header | {"groups": []}, arrays),
        "columns twice": packed(header | {"columns": ["shop", "shop"]}, arrays),
        "no header": packed({}, arrays),
        "arrays short": packed(header, arrays[:-1]),
    }
    files = Artifact.objects.count(), {file.name for file in store.files()}
    for name, content in hostile.items():
        fault = refused(send(content), 400, "file")
        assert fault["remedy"], name
    assert files == (Artifact.objects.count(), {file.name for file in store.files()})
    assert not EvaluationRun.objects.filter(source=SOURCE).exists()


def test_a_changed_bit_is_refused_in_words_or_gives_a_cube_of_one_piece(world, send):
    good, random = cube(), np.random.default_rng(0)
    for _ in range(60):
        changed = bytearray(good)
        changed[int(random.integers(0, len(changed)))] ^= 1 << int(random.integers(0, 8))
        answer = send(bytes(changed))
        assert answer.status_code in (202, 400), answer.content
        assert answer.status_code == 202 or answer.json()["errors"][0]["remedy"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"cube": "0" * 64}, "cube"),
        ({"segments": ["shop", "country"]}, "segments"),
        ({"amounts": ["value", "margin"]}, "amounts"),
        ({"amounts": []}, "amounts"),
        ({"source": " "}, "source"),
        ({"source": "a\u0000b"}, "source"),
        ({"n_rows": 5}, "n_rows"),
        ({"n_rows": -1}, "n_rows"),
        ({"rows_digest": "x" * 32}, "rows_digest"),
        ({"months_in": "Pacific/Apia"}, "months_in"),
        ({"task": "cooking"}, "task"),
        ({"model": ""}, "model"),
        ({"rows": "mine"}, "rows"),
    ],
)
def test_a_wrong_manifest_is_refused_by_its_field(world, send, refused, more, field):
    refused(send(cube(), **more), 400, field)
    assert not EvaluationRun.objects.filter(source=SOURCE).exists()


def test_only_who_may_log_a_run_may_log_a_lake_run(world, asks):
    for who, status in (("executive", 403), ("outsider", 404)):
        path = f"/products/{world.product.slug}/runs/lake/"
        said = {"manifest": "{}", "file": SimpleUploadedFile("cube.kpi", b"")}
        assert asks(who).post(path, said, format="multipart").status_code == status


def numbers() -> pa.Table:
    truth = np.arange(30.0)
    rows = {"example_id": [f"r{at}" for at in range(30)], "y_true": truth, "y_pred": truth + 1}
    return pa.table(rows).replace_schema_metadata({b"task": b'"regression"'})


def test_the_page_of_a_lake_run_tells_it_from_one_whose_rows_are_held(world, run, client):
    client.force_login(world.people["scientist"])
    shown = client.get(f"/p/{world.product.slug}/runs/{run.pk}/").content.decode()
    assert "A lake run" in shown
    assert SOURCE in shown
    assert "Download the rows" not in shown
    held = client.get(f"/p/{world.product.slug}/runs/{world.run.pk}/").content.decode()
    assert "A lake run" not in held
    assert "Download the rows" in held
    for part in ("evidence", "segments", "curves"):
        assert client.get(f"/p/{world.product.slug}/runs/{run.pk}/{part}/").status_code == 200, part
