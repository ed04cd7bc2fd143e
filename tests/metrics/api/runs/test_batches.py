"""Many runs in one body: what is wrong with one refuses that one, by its place, and the others are taken."""

import json

import pytest

from metrics.api.runs import batches
from metrics.models.evaluation import EvaluationRun

pytestmark = pytest.mark.django_db

GOOD = '{"model": "m", "version": "%d", "metrics": {"brier": 0.2}}'
# The text of one run among others → the field that its refusal names.
BAD = {
    '{"model": "m\\u0000", "version": "1", "metrics": {"brier": 0.2}}': "model",
    '{"model": "m", "version": "\\ud800", "metrics": {"brier": 0.2}}': "version",
    '{"model": "m", "version": "1", "name": "\\udfff", "metrics": {"brier": 0.2}}': "name",
    '{"model": "m", "version": "1", "metrics": {"brier": 0.2}, "tags": {"a": "b\\u0000"}}': "tags.a",
    '{"model": "m", "version": "1", "metrics": {"brier": 0.2}, "where": {"k\\u0000": "b"}}': "where",
    '{"model": "m", "version": "1", "metrics": {"brier": NaN}}': "metrics.brier",
    '{"model": "m", "version": "1", "metrics": {"brier": -Infinity}}': "metrics.brier",
    '{"model": "m", "version": "1", "metrics": {"brier": 1e999}}': "metrics.brier",
    '{"model": "m", "version": "1", "metrics": {"brier": 1' + "0" * 5000 + "}}": "metrics.brier",
    '{"model": "m", "version": "1", "metrics": {"brier": "low"}}': "metrics.brier",
    '{"model": "m", "version": "1", "metrics": {"brier": 25}}': "metrics.brier",
    '{"model": ' + "[" * 400 + "]" * 400 + "}": "body",
    '{"model": "m", "version": }': "body",
    '{"model": "m", "version": "1", "metrics": {"brier": 0.2}, "started": "0001-01-01T00:00:00+14:00"}': "started",
    '{"model": "m", "surprise": 1, "version": "1", "metrics": {"brier": 0.2}}': "surprise",
    '{"version": "1", "metrics": {"brier": 0.2}}': "model",
    "{}": "model",
    "[]": "manifest",
    "null": "manifest",
    '"a\\u0000"': "body",
    "NaN": "body",
    "3": "manifest",
}


@pytest.fixture
def send(api, scientist, product):
    client, path = api(scientist), f"/api/v1/products/{product.slug}/runs/batch/"
    return lambda text, **more: client.generic("POST", path, text.encode(), content_type="application/json", **more)


def of(*runs: str) -> str:
    return '{"runs": [' + ", ".join(runs) + "]}"


@pytest.mark.promise("S12", "R12")
def test_of_many_runs_each_bad_one_is_refused_by_its_place_with_field_cause_and_remedy(send, figure):
    texts = []
    for number, bad in enumerate(BAD):
        texts += [bad, GOOD % number]
    answer = send(of(*texts))
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["accepted"], body["rejected"]) == (len(BAD), len(BAD))
    for (text, field), refused, taken in zip(BAD.items(), body["runs"][::2], body["runs"][1::2], strict=True):
        assert taken["id"], text
        assert refused["status"] == 400, text
        [fault] = [one for one in refused["errors"] if one["field"] in (field, f"{field}.value")]
        assert fault["message"], text
    assert EvaluationRun.objects.count() == len(BAD)
    figure("S12", f"{len(BAD)} kinds of bad run in one batch, each refused alone")


@pytest.mark.parametrize("text", [text for text, field in BAD.items() if "\\u0" in text or "NaN" in text])
def test_what_cannot_be_kept_is_told_with_what_to_do(send, text):
    [refused, _] = send(of(text, GOOD % 1)).json()["runs"]
    [fault] = refused["errors"]
    assert fault["remedy"]
    assert "NUL" in fault["message"] or "NaN" in fault["message"]


def test_the_same_body_under_one_key_is_answered_alike_and_another_is_not(send):
    body = '{"runs": [%s, {"model": "%s"}]}'
    first = send(body % (GOOD % 1, "\\u0000"), HTTP_IDEMPOTENCY_KEY="k")
    again = send(body % (GOOD % 1, "\\u0000"), HTTP_IDEMPOTENCY_KEY="k")
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert send(body % (GOOD % 1, "\\ud800"), HTTP_IDEMPOTENCY_KEY="k").status_code == 422
    assert EvaluationRun.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"runs": []}', "runs"),
        ('{"runs": 3}', "runs"),
        ("[]", "runs"),
        ('{"note": "\\u0000", "runs": [{}]}', "note"),
        ('{"runs": "\\u0000"}', "runs"),
    ],
)
def test_what_is_no_list_of_runs_is_refused_whole(send, refused, text, field):
    refused(send(text), 400, field)


@pytest.mark.parametrize("text", ['{"runs": [{]}', '{"runs": [{}', '{"runs": [{"a": "b}]}', "{" * 3000, '{"runs": [1'])
def test_what_is_no_json_is_refused_whole(send, refused, text):
    refused(send(text), 400)


def test_a_name_that_stands_twice_is_read_as_json_reads_it(send):
    assert send('{"runs": [{}], "runs": [%s]}' % (GOOD % 1)).json()["accepted"] == 1


def test_brackets_and_commas_in_texts_are_no_ends(send):
    named = {"model": '},{"\\', "version": "]", "metrics": {"brier": 0.2}}
    assert send(json.dumps({"runs": [named, named | {"version": "["}]})).json()["accepted"] == 2


def test_more_than_may_be_sent_at_once_is_413(send, refused):
    refused(send(of(*["1"] * (batches.MOST_RUNS + 1))), 413, "runs")


# Doors that take a list as one thing, which is written whole or not at all: each bad place of it is named.
WHOLE = {
    "actuals/": ("values", {"kpi": "k", "source": "s"}),
    "pairs/": ("rows", {"kpi": "k", "metric": "m", "kind": "online", "source": "s"}),
}


@pytest.mark.parametrize("door", WHOLE)
def test_what_is_written_whole_names_the_row_and_field_of_what_cannot_be_kept(asks, product, refused, door):
    name, rest = WHOLE[door]
    rows = [{"period": "2026-01", "value": 1}, {"period": "2026-02\x00", "value": 1}, {"period": "\ud800"}]
    answer = asks("manager").client.generic(
        "POST",
        f"/api/v1/products/{product.slug}/{door}",
        json.dumps(rest | {name: rows}).encode(),
        content_type="application/json",
    )
    body = refused(answer, 400)
    assert [(fault["field"], fault["row"]) for fault in body["errors"]] == [
        (f"{name}.period", 2),
        (f"{name}.period", 3),
    ]
    assert all(fault["remedy"] for fault in body["errors"])
