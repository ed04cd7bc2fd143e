"""Files in parts over the API: what is there is not sent again, and a whole file is what one in a request would be."""

import base64
import hashlib
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from metrics import jobs, store
from metrics.models.evaluation import DataSet, EvaluationRun
from metrics.models.product import AuditEntry, Membership, Token
from metrics.models.upload import Upload, UploadPart
from metrics.models.work import Work
from metrics.services.evaluation import uploads as services
from metrics.services.product import tokens
from metrics.services.recompute import stored, work
from metrics.services.writing.refusal import Busy

pytestmark = pytest.mark.django_db

PART = 1 << 16
ROWS = b"example_id,y_true,y_score\n" + b"".join(b"%d,%d,0.%03d\n" % (n, n % 3 == 0, n % 997) for n in range(17_000))
MANIFEST = {"model": "gbm", "version": "3"}


@pytest.fixture(autouse=True)
def small_parts(settings):
    settings.UPLOAD_PART_BYTES = PART


def sha(content):
    return hashlib.sha256(content).hexdigest()


class Sender:
    """One who sends a file in parts, and what is answered."""

    def __init__(self, door, product, content=ROWS, name="rows.csv"):
        self.door, self.at, self.content, self.name = door, f"/products/{product.slug}/uploads/", content, name

    def begin(self, **more):
        body = {"name": self.name, "size": len(self.content), "digest": sha(self.content)}
        answer = self.door.post(self.at, body | more)
        if answer.status_code in (200, 201):
            self.own = f"{self.at}{answer.json()['id']}/"
            self.parts = answer.json()["parts"]
        return answer

    def put(self, number, content=None, digest=None, **headers):
        content = self.content[(number - 1) * PART : number * PART] if content is None else content
        said = base64.b64encode(hashlib.sha256(content).digest() if digest is None else digest).decode()
        headers = {"HTTP_CONTENT_DIGEST": f"sha-256=:{said}:"} | headers
        return self.door.put(f"{self.own}parts/{number}/", content, content_type="application/octet-stream", **headers)

    def put_all(self):
        assert [self.put(number).status_code for number in range(1, self.parts + 1)] == [200] * self.parts

    def complete(self, kind="run", manifest=MANIFEST, **headers):
        return self.door.post(f"{self.own}complete/", {kind: manifest}, **headers)

    def told(self):
        return self.door.get(self.own).json()


@pytest.fixture
def sender(asks, product):
    return Sender(asks("scientist"), product)


def test_a_file_in_parts_becomes_the_run_that_it_would_be_in_one_request(sender, asks, product, compute):
    begun = sender.begin()
    assert begun.status_code == 201
    assert begun["Location"] == f"/api/v1{sender.own}"
    assert (begun.json()["parts"], begun.json()["part_bytes"], begun.json()["received"]) == (4, PART, [])
    sender.put_all()
    told = sender.told()
    assert [part["number"] for part in told["received"]] == [1, 2, 3, 4]
    assert sum(part["size"] for part in told["received"]) == len(ROWS)
    assert told["state"] == "open"
    completed = sender.complete()
    assert completed.status_code == 202
    assert (completed.json()["state"], completed["Location"]) == ("checking", f"/api/v1{sender.own}")
    compute()
    told = sender.told()
    assert (told["state"], told["received"], told["errors"]) == ("taken", [], [])
    run = asks("executive").get(f"/runs/{told['run']['id']}/").json()
    assert (run["state"], run["n"], run["created_by"]) == ("scored", 17_000, "scientist")
    assert AuditEntry.objects.get(action="run.create").detail["run"] == run["id"]
    whole = {"manifest": '{"model": "gbm", "version": "4"}', "file": SimpleUploadedFile("rows.csv", ROWS)}
    other = asks("scientist").post(f"/products/{product.slug}/runs/", whole, format="multipart").json()
    assert EvaluationRun.objects.get(pk=other["id"]).rows == run["rows_digest"]


def test_a_data_set_in_parts(sender, compute):
    sender.begin()
    sender.put_all()
    assert sender.complete("dataset", {"name": "bookings"}).status_code == 202
    compute()
    told = sender.told()
    assert (told["state"], told["dataset"]["name"], told["dataset"]["new"]) == ("taken", "bookings", True)
    assert DataSet.objects.get().n_rows == 17_000


def test_who_begins_again_is_told_what_is_there_and_sends_the_rest(sender, asks, product):
    sender.begin()
    sender.put(1)
    sender.put(3)
    again = Sender(asks("scientist"), product)
    begun = again.begin(name="the same.csv")
    assert begun.status_code == 200
    assert again.own == sender.own
    assert [part["number"] for part in begun.json()["received"]] == [1, 3]
    assert begun.json()["name"] == "the same.csv"
    refusal = again.complete()
    assert refusal.status_code == 400
    assert refusal.json()["errors"][0]["message"] == "2, 4 of 4 are missing"
    assert Work.objects.count() == 0


def test_a_part_that_is_not_what_was_said_is_refused_and_leaves_nothing(sender, settings, refused):
    sender.begin()
    refused(sender.put(1, ROWS[: PART - 1]), 400, "body")
    refused(sender.put(1, digest=bytes(32)), 400, "Content-Digest")
    refused(sender.put(1, HTTP_CONTENT_DIGEST="md5=:abc=:"), 400, "Content-Digest")
    refused(sender.put(9, b"more"), 400, "number")
    refused(sender.put(9), 400, "body")
    refused(sender.put(4, ROWS[:PART]), 400, "body")
    settings.UPLOAD_MAX_BYTES = PART
    assert sender.put(1, ROWS[: PART + 9]).status_code == 413
    said = base64.b64encode(bytes(32)).decode()
    as_json = sender.door.put(f"{sender.own}parts/1/", {}, HTTP_CONTENT_DIGEST=f"sha-256=:{said}:")
    assert as_json.status_code == 415
    assert not list(store.files())
    assert not UploadPart.objects.exists()


def test_a_part_sent_twice_is_there_once(sender):
    sender.begin()
    assert sender.put(2).json() == sender.put(2).json()
    assert len(sender.told()["received"]) == 1


def test_a_file_that_is_not_the_one_announced_is_refused_and_sent_anew(sender, compute):
    sender.begin(digest="a" * 64)
    sender.put_all()
    sender.complete()
    compute()
    told = sender.told()
    assert told["state"] == "refused"
    assert told["errors"][0]["field"] == "file"
    assert "it changed while it was sent" in told["errors"][0]["remedy"]
    assert not EvaluationRun.objects.exists()


def test_rows_that_are_refused_name_field_and_row_and_other_words_need_no_byte_again(asks, product, compute):
    bad = Sender(asks("scientist"), product, ROWS.replace(b"y_score", b"chance"))
    bad.begin()
    bad.put_all()
    bad.complete()
    compute()
    told = bad.told()
    assert (told["state"], told["errors"][0]["field"]) == ("refused", "y_score")
    assert told["errors"][0]["remedy"]
    assert not EvaluationRun.objects.exists()
    assert len(told["received"]) == 4
    assert bad.complete(manifest=MANIFEST | {"rename": {"chance": "y_score"}}).status_code == 202
    compute()
    assert bad.told()["state"] == "taken"
    assert EvaluationRun.objects.get().n_rows == 17_000


def test_a_manifest_that_is_wrong_is_refused_at_once(sender, refused):
    sender.begin()
    sender.put_all()
    refused(sender.complete(manifest={"model": "gbm"}), 400, "version")
    refused(sender.complete(manifest=MANIFEST | {"modle": "x"}), 400, "modle")
    refused(sender.complete("model", {}), 400, "body")
    assert sender.told()["state"] == "open"


def test_what_is_being_checked_or_was_taken_is_neither_changed_nor_ended(sender, compute):
    sender.begin()
    sender.put_all()
    sender.complete()
    for state in ("being checked", "taken"):
        for answer in (sender.put(1), sender.complete(), sender.door.delete(sender.own)):
            assert answer.status_code == 409
            assert state in answer.json()["detail"]
        compute()
    assert EvaluationRun.objects.count() == 1


def test_a_key_makes_one_upload_and_one_run_however_often_it_is_posted(sender, compute):
    keyed = {"HTTP_IDEMPOTENCY_KEY": "k-1"}
    body = {"name": "rows.csv", "size": len(ROWS), "digest": sha(ROWS)}
    first, again = (sender.door.post(sender.at, body, **keyed) for _ in range(2))
    assert first.content == again.content
    sender.begin()
    sender.put_all()
    assert sender.complete(**keyed).content == sender.complete(**keyed).content
    compute()
    assert sender.complete(**keyed).status_code == 202
    compute()
    assert EvaluationRun.objects.count() == 1
    assert sender.door.post(sender.at, body, **keyed).json()["id"] == first.json()["id"]


def test_an_upload_is_seen_by_its_sender_alone(sender, asks, product, people):
    sender.begin()
    Membership.objects.create(user=people["outsider"], product=product, role="data_scientist")
    other = asks("outsider")
    assert other.get(sender.own).status_code == 404
    assert other.delete(sender.own).status_code == 404
    assert other.get(sender.at).json()["results"] == []
    assert Sender(other, product).begin().status_code == 201
    assert [one["id"] for one in asks("scientist").get(sender.at).json()["results"]] == [sender.own.split("/")[-2]]


def test_a_token_that_logs_may_send_and_one_that_reads_may_not(api, product, scientist):
    statuses = {}
    for scope in Token.Scope.values:
        _, secret = tokens.create_token(scientist, name=scope, scope=scope)
        body = {"name": "rows.csv", "size": 9, "digest": "a" * 64}
        answer = api(None).post(
            f"/api/v1/products/{product.slug}/uploads/", body, HTTP_AUTHORIZATION=f"Bearer {secret}"
        )
        statuses[scope] = answer.status_code in (200, 201)
    assert {scope for scope, may in statuses.items() if may} == {Token.Scope.ALL.value, Token.Scope.LOG.value}


def test_who_is_no_data_scientist_any_more_is_refused_when_it_is_checked(sender, people, product, compute):
    sender.begin()
    sender.put_all()
    sender.complete()
    Membership.objects.filter(user=people["scientist"], product=product).update(role="executive")
    compute()
    upload = Upload.objects.get()
    assert (upload.state, upload.faults[0]["code"]) == ("refused", "denied")
    assert not EvaluationRun.objects.exists()


def test_limits_of_size_and_number(sender, asks, product, settings, refused):
    settings.UPLOAD_IN_PARTS_MAX_BYTES = len(ROWS) - 1
    fault = refused(sender.begin(), 413, "size")
    assert "UPLOAD_IN_PARTS_MAX_BYTES" in fault["remedy"]
    settings.UPLOAD_IN_PARTS_MAX_BYTES = 1 << 40
    for number in range(services.MOST_OPEN):
        assert Sender(asks("scientist"), product, b"%d" % number).begin().status_code == 201
    assert refused(sender.begin(), 400, "digest")["code"] == "too_many"
    Upload.objects.first().delete()
    assert sender.begin().status_code == 201


def swept():
    row = jobs.put("sweep", f"by hand {Work.objects.count()}")
    work.sweep(row)
    return Work.objects.get(pk=row.pk).result


def test_parts_are_kept_while_they_wait_and_forgotten_two_days_after_the_last(sender, monkeypatch):
    sender.begin()
    sender.put(1)
    assert set(stored.named_files()) == {sha(ROWS[:PART])}
    monkeypatch.setattr(store, "ORPHAN_AGE", -60)
    assert swept()["files"] == 0
    moment = timezone.now() - services.LIVES
    Upload.objects.update(touched_at=moment + timedelta(minutes=1))
    assert swept()["uploads"] == 0
    Upload.objects.update(touched_at=moment - timedelta(minutes=1))
    found = swept()
    assert (found["uploads"], found["files"]) == (1, 1)
    assert not list(store.files())


def test_one_that_is_ended_leaves_its_parts_to_the_sweep(sender, monkeypatch):
    sender.begin()
    sender.put(1)
    assert sender.door.delete(sender.own).status_code == 204
    assert sender.door.get(sender.own).status_code == 404
    monkeypatch.setattr(store, "ORPHAN_AGE", -60)
    assert swept()["files"] == 1


def test_a_check_waits_for_a_place_and_one_that_was_given_up_says_so(sender, monkeypatch, settings):
    sender.begin()
    sender.put_all()
    sender.complete()
    asked = []

    def busy(*_, **__):
        asked.append(1)
        raise Busy("all places are taken")

    monkeypatch.setattr(services, "PATIENCE", 0.05)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("metrics.services.evaluation.rows.checked", busy)
        row = Work.objects.get(kind="upload")
        for _ in range(jobs.MOST_ATTEMPTS):
            work.perform(row.pk)
    assert len(asked) > jobs.MOST_ATTEMPTS
    told = sender.told()
    assert told["state"] == "failed"
    assert "all places are taken" in told["error"]
    assert jobs.retry(row.pk)
    work.perform(row.pk)
    assert sender.told()["state"] == "taken"


def test_parts_in_a_bucket_become_a_run(bucket, sender, compute):
    sender.begin()
    sender.put_all()
    sender.complete()
    compute()
    assert sender.told()["state"] == "taken"
    assert store.has(EvaluationRun.objects.get().rows)
