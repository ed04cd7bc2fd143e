"""A keyed post is done once and answered alike, however often and from however many sides it comes."""

import json
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from metrics.api.protocol.answers import Answer
from metrics.api.protocol.view import View
from metrics.models.evaluation import EvaluationRun, Model
from metrics.models.kpi import KPI, MappingVersion, Signature
from metrics.models.product import IdempotencyKey, User
from metrics.models.work import Work
from metrics.services.kpi import kpis, mappings
from metrics.services.product.products import add_member

MANIFEST = {"model": "gbm", "version": "3", "metrics": {"brier": 0.1}}
ROWS = b"example_id,y_true,y_score\na,1,0.9\nb,0,0.2\n"


def post(client, product, body=MANIFEST, key="k-1", **rest):
    return client.post(f"/api/v1/products/{product.slug}/runs/", body, HTTP_IDEMPOTENCY_KEY=key, **rest)


def at_once(count, act):
    """Run act(number) in threads that start together; give what each returned, or raised."""
    barrier, found = threading.Barrier(count), [None] * count

    def run(number):
        try:
            barrier.wait()
            found[number] = act(number)
        except Exception as error:  # noqa: BLE001 - whatever a thread raises is the finding
            found[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.django_db
def test_the_same_key_and_body_give_the_same_answer_and_one_run(api, scientist, product):
    client = api(scientist)
    first, again = post(client, product), post(client, product)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.content == again.content
    assert (first.get("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (None, "true")
    assert again["Location"] == first["Location"]
    assert (EvaluationRun.objects.count(), Work.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_the_same_file_again_is_known_whatever_the_boundary(api, scientist, product):
    def send(content):
        manifest = json.dumps({"model": "gbm", "version": "3"})
        body = {"manifest": manifest, "file": SimpleUploadedFile("rows.csv", content)}
        return post(api(scientist), product, body, format="multipart")

    first, again, other = send(ROWS), send(ROWS), send(ROWS.replace(b"0.9", b"0.8"))
    assert first.json() == again.json()
    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 422)
    assert EvaluationRun.objects.count() == 1


@pytest.mark.promise("R1")
@pytest.mark.django_db
def test_the_same_key_with_another_body_is_422_and_changes_nothing(api, scientist, product):
    client = api(scientist)
    post(client, product)
    other = post(client, product, MANIFEST | {"metrics": {"brier": 0.2}})
    assert other.status_code == 422
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    assert EvaluationRun.objects.get().reported["brier"]["value"] == 0.1


@pytest.mark.django_db
def test_the_order_of_fields_does_not_make_another_body(api, scientist, product):
    client = api(scientist)
    post(client, product)
    assert post(client, product, dict(reversed(MANIFEST.items()))).status_code == 202
    assert EvaluationRun.objects.count() == 1


@pytest.mark.promise("R1")
@pytest.mark.django_db
def test_a_key_belongs_to_one_person_one_product_and_one_address(api, people, product, make_product, admin):

    second = User.objects.create_user("second", password="a-long-password")
    add_member(admin, product, username="second", role="data_scientist")
    other = make_product("Deposits")
    answers = [
        post(api(people["scientist"]), product),
        post(api(second), product),
        post(api(people["scientist"]), other),
    ]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert EvaluationRun.objects.count() == 3


@pytest.mark.django_db
def test_a_refused_post_does_not_use_up_its_key(api, scientist, product):
    client = api(scientist)
    assert post(client, product, MANIFEST | {"metrics": {"brier": 25}}).status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert post(client, product).status_code == 202


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 201, "a\tb", "a\x7fb"])
def test_a_key_that_cannot_be_kept_is_refused(api, scientist, product, key):
    assert post(api(scientist), product, key=key).status_code == 400
    assert not EvaluationRun.objects.exists()


@pytest.mark.promise("R1")
@pytest.mark.django_db(transaction=True)
def test_fifty_posts_at_once_with_one_key_make_one_run(api, scientist, product, figure):
    clients = [api(scientist, raising=False) for _ in range(50)]
    answers = at_once(50, lambda number: post(clients[number], product))
    codes = {answer.status_code for answer in answers}
    assert codes <= {202, 409}, [answer for answer in answers if getattr(answer, "status_code", 0) not in (202, 409)]
    assert len({answer.content for answer in answers if answer.status_code == 202}) == 1
    assert (EvaluationRun.objects.count(), Work.objects.filter(kind="reported").count()) == (1, 1)
    assert Model.objects.count() == 1
    figure("R1", "50 posts at once, one run")


@pytest.mark.django_db(transaction=True)
def test_ten_posts_at_once_with_keys_of_their_own_make_ten_runs_of_one_model(api, scientist, product):
    clients = [api(scientist, raising=False) for _ in range(10)]
    answers = at_once(10, lambda number: post(clients[number], product, key=f"k-{number}"))
    assert [answer.status_code for answer in answers] == [202] * 10
    assert (EvaluationRun.objects.count(), Model.objects.count()) == (10, 1)


@pytest.mark.django_db(transaction=True)
def test_eight_who_want_the_same_name_at_once_make_one_and_none_an_internal_error(api, manager, product):
    clients = [api(manager, raising=False) for _ in range(8)]
    body = {"key": "hit_rate", "name": "Hits", "unit": "share"}
    path = f"/api/v1/products/{product.slug}/kpis/"
    codes = sorted(answer.status_code for answer in at_once(8, lambda number: clients[number].post(path, body)))
    assert codes[0] == 201
    assert set(codes[1:]) <= {400, 409}
    assert KPI.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_versions_saved_at_once_are_numbered_in_a_row_and_nobody_overwrites_another(api, manager, product):
    point = {"kind": "point", "value": 0.4}
    first = kpis.create_assumption(manager, product, key="taken", name="Taken", unit="share", distribution=point)
    clients = [api(manager, raising=False) for _ in range(8)]
    path = f"/api/v1/products/{product.slug}/assumptions/taken/"
    answers = at_once(8, lambda number: clients[number].post(path, {"distribution": point, "after": 1}))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    codes = [
        answer.status_code for answer in at_once(8, lambda number: clients[number].post(path, {"distribution": point}))
    ]
    assert set(codes) <= {201, 409, 400}
    numbers = list(first.assumption.versions.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 3 + codes.count(201)))


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_make_one_signature(api, people, manager, scientist, admin, product):

    second = User.objects.create_user("second", password="a-long-password")
    add_member(admin, product, username="second", role="project_manager")
    version = _endorsed(manager, scientist, product)
    clients = [api(person, raising=False) for person in (manager, second) * 4]
    path = f"/api/v1/mappings/{version.mapping_id}/versions/1/approve/"
    answers = at_once(8, lambda number: clients[number].post(path, {"digest": version.digest}))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert Signature.objects.filter(act="approved").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_versions_approved_at_once_leave_one_in_force(api, manager, scientist, product):
    first = _endorsed(manager, scientist, product)
    definition = {"kind": "formula", "text": "precision"}
    versions = [first]
    for _ in range(3):
        draft = mappings.create_version(scientist, first.mapping, definition=definition)
        versions.append(mappings.propose(scientist, draft, seen=draft.digest))
    clients = [api(manager, raising=False) for _ in versions]

    def approve(number):
        path = f"/api/v1/mappings/{first.mapping_id}/versions/{versions[number].number}/approve/"
        return clients[number].post(path, {"digest": versions[number].digest})

    assert [answer.status_code for answer in at_once(4, approve)] == [200] * 4
    states = sorted(MappingVersion.objects.values_list("state", flat=True))
    assert states == ["approved", "superseded", "superseded", "superseded"]


def _endorsed(manager, scientist, product):
    hits = kpis.create_kpi(manager, product, key="hit_rate", name="Hits", unit="share")
    definition = {"kind": "formula", "text": "precision_top10"}
    draft = mappings.create_mapping(scientist, product, kpi=hits, name="Hits", definition=definition)
    return mappings.propose(scientist, draft, seen=draft.digest)


def test_a_key_is_taken_by_the_methods_that_say_so(rf):
    """What is idempotent is told in the document, so a door cannot take a key without saying it."""
    view = View()
    view.request = rf.post("/")
    with pytest.raises(TypeError, match="does not say that its POST"):
        view.once(lambda: Answer({}))
