"""The level of measurement of voted labels: declared with the file, declared anew, and judged by."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from metrics import store
from metrics.core.rows.table import read_rows, scale_of
from metrics.models.evaluation import DataSet

pytestmark = pytest.mark.django_db

SAID = "".join(f"e{at},L{who},{1 + (at + (who == 2 and at % 2)) % 4}\n" for at in range(40) for who in (1, 2, 3))


@pytest.fixture
def send(asks, product):
    def sent(**manifest):
        file = SimpleUploadedFile("votes.csv", f"example_id,labeler_id,y_true\n{SAID}".encode())
        body = {"name": "grades", "role": "evaluation", "task": "multiclass", **manifest}
        path = f"/products/{product.slug}/datasets/"
        return asks("scientist").post(path, {"manifest": json.dumps(body), "file": file}, format="multipart")

    return sent


def declared():
    (held,) = DataSet.objects.all()
    return scale_of(read_rows(store.path(held.votes)))


def test_a_scale_is_declared_with_the_votes_and_can_be_declared_anew(send):
    assert send(label_scale="ordinal").status_code == 201
    assert declared() == ("ordinal", [])
    assert send(label_scale="ordinal", label_order=["4", "3", "2", "1"]).json()["version"] == 1
    assert declared() == ("ordinal", ["4", "3", "2", "1"])
    send(label_scale="ratio")
    assert declared() == ("ratio", [])


def test_what_is_no_scale_of_these_labels_is_refused(send, refused):
    refused(send(label_scale="cardinal"), 400, "label_scale")
    refused(send(label_scale="ordinal", label_order=["1", "2"]), 400, "label_scale")
    refused(send(label_order=["1", "2", "3", "4"]), 400, "label_order")
