"""The whole chain over HTTP, as four people walk it: from a file of predictions to a receipt that recomputes."""

import io
import json
import subprocess
import sys

import httpx
import pytest
from sklearn.metrics import roc_auc_score

from tests.places import ROOT

PASSWORD = "a-long-password"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def signed_in(live_server, people):
    """Sign in with name and password, as `kpi login` does; give a client that holds the token."""
    clients = []

    def sign_in(name):
        made = httpx.post(
            f"{live_server.url}/api/v1/tokens/", json={"username": name, "password": PASSWORD, "name": "story"}
        )
        assert made.status_code == 201, made.text
        client = httpx.Client(
            base_url=f"{live_server.url}/api/v1",
            headers={"Authorization": f"Bearer {made.json()['token']}"},
            timeout=30,
        )
        clients.append(client)
        return client

    yield sign_in
    for client in clients:
        client.close()


def done(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


def test_from_a_file_to_a_receipt_that_anybody_recomputes(march_2017, signed_in, rows, matrix, compute, tmp_path):
    admin, manager, scientist, executive = (signed_in(name) for name in ("admin", "manager", "scientist", "executive"))

    # An administrator makes the product and names its people.
    made = done(
        admin.post("/products/", json={"name": "Cancellation calls", "currency": "EUR", "case_noun": "booking"}), 201
    )
    at = f"/products/{made['slug']}"
    for username, role in (("manager", "project_manager"), ("scientist", "data_scientist"), ("executive", "executive")):
        done(admin.post(f"{at}/members/", json={"username": username, "role": role}), 201)
    assert done(executive.get("/me/"))["roles"] == [{"product": made["slug"], "role": "executive"}]

    # The data scientist logs a run, twice by accident: the key makes one of it.
    frame = rows()
    content = io.BytesIO()
    frame.to_parquet(content)
    manifest = {"model": "cancellation", "version": "logreg", "where": {"split": "test"}, "seed": 7}

    def send():
        return scientist.post(
            f"{at}/runs/",
            data={"manifest": json.dumps(manifest)},
            files={"file": ("rows.parquet", content.getvalue())},
            headers={"Idempotency-Key": "night run"},
        )

    received = done(send(), 202)
    assert done(send(), 202) == received
    compute()
    run = done(scientist.get(f"/runs/{received['id']}/"))
    test = frame[frame.split == "test"]
    assert run["state"] == "scored"
    assert run["metrics"]["roc_auc"]["point"] == pytest.approx(roc_auc_score(test.y_true, test.y_score), abs=1e-9)
    assert len(done(scientist.get(f"{at}/runs/"))["results"]) == 1

    # The manager names the champion, says what the business assumes, and what was observed.
    (version,) = done(manager.get(f"{at}/versions/"))["results"]
    assert done(manager.post(f"{at}/versions/{version['id']}/promote/"))["state"] == "champion"
    for key, unit, low, high in (
        ("unsold_share", "share", 0.33, 0.47),
        ("keep_rate", "share", 0.29, 0.41),
        ("offer", "share", 0.04, 0.06),
        ("call_cost", "EUR/booking", 2.4, 3.6),
        ("growth", "share", 0.02, 0.14),
    ):
        body = {"key": key, "name": key, "unit": unit, "source": "study", "owner": "sales"}
        distribution = {"kind": "interval90", "low": low, "high": high}
        done(manager.post(f"{at}/assumptions/", json=body | {"distribution": distribution}), 201)
    done(manager.post(f"{at}/kpis/", json={"key": "value", "name": "Value", "unit": "EUR/booking"}), 201)
    volume = {"key": "bookings", "name": "Bookings", "unit": "booking", "aggregation": "sum"}
    done(manager.post(f"{at}/kpis/", json=volume), 201)
    months = [{"period": f"{2015 + n // 12}-{n % 12 + 1:02d}", "value": 900 + 31 * (n % 12)} for n in range(26)]
    done(manager.post(f"{at}/actuals/", json={"kpi": "bookings", "values": months, "source": "arrivals"}), 201)
    done(manager.put(f"{at}/projection/", json={"value_kpi": "value", "volume_kpi": "bookings", "growth": "growth"}))
    target = {"value": 50_000, "from_period": "2017-03", "until_period": "2018-02"}
    done(manager.post(f"{at}/targets/", json=target), 201)
    compute()
    assert "no approved mapping" in done(executive.get(f"{at}/projection/"))["total"]["unknown"]

    # The manager writes the mapping and proposes it, the scientist endorses, the manager approves; nobody alone can.
    body = {"kpi": "value", "name": "Value per call", "definition": matrix()}
    mapping = done(manager.post(f"{at}/mappings/", json=body), 201)
    one = f"/mappings/{mapping['id']}/versions/1"
    seen = {"digest": mapping["versions"][0]["digest"]}
    assert done(manager.post(f"{one}/propose/", json=seen))["state"] == "proposed"
    assert manager.post(f"{one}/approve/", json=seen).status_code == 409
    assert scientist.post(f"{one}/approve/", json=seen).status_code == 403
    assert done(scientist.post(f"{one}/endorse/", json=seen))["state"] == "endorsed"
    assert done(manager.post(f"{one}/approve/", json=seen))["state"] == "approved"
    compute()

    # The executive reads the figure, moves an assumption, and goes down to the rows.
    projection = done(executive.get(f"{at}/projection/"))
    total = projection["total"]
    assert total["low"] < total["point"] < total["high"]
    assert (total["unit"], projection["grade"], projection["counts"]) == ("EUR", "C", True)
    assert 0 < projection["chance"] < 1
    moved = done(executive.post(f"{at}/what-if/", json={"assumptions": {"keep_rate": 0.41}}))
    assert moved["total"]["point"] > total["point"]
    receipt = done(executive.get(f"/receipts/{projection['receipt'][:12]}/"))
    assert [link["link"] for link in receipt["links"]] == ["revenue", "kpi", "evidence", "evaluation", "rows"]
    assert receipt["links"][-1]["digest"] == run["data_digest"]

    # Anybody may have it computed again: here, and elsewhere with no database.
    asked = done(executive.post(f"/receipts/{receipt['digest']}/verify/"), 202)
    compute()
    verdict = done(executive.get(asked["status"].removeprefix("/api/v1")))
    assert (verdict["state"], verdict["result"]["verdict"]) == ("done", "equal")
    carried = manager.get(f"/receipts/{receipt['digest']}/export/")
    assert carried.headers["Content-Type"] == "application/zip"
    path = tmp_path / "receipt.zip"
    path.write_bytes(carried.content)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    verified = subprocess.run(
        [sys.executable, "manage.py", "verify", str(path), "--json"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "VAR_DIR": str(elsewhere)},
        capture_output=True,
        text=True,
    )
    assert verified.returncode == 0, verified.stderr
    found = json.loads(verified.stdout)
    assert (found["verdict"], found["recomputed"]["point"]) == ("equal", total["point"])

    # An outsider finds none of it.
    outsider = signed_in("outsider")
    for path_there in (at, f"{at}/projection", f"/runs/{run['id']}", f"/receipts/{receipt['digest']}", one):
        assert outsider.get(f"{path_there}/").status_code == 404
