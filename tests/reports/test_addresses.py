"""Each kind of thing has one address, and it is a page."""

import re
from typing import get_args

import pytest
from django.urls import resolve

from metrics.things import Kind, Thing
from reports.addresses import address

KEYS = {
    "run": ("calls", "1a2b"),
    "runs": ("calls",),
    "evidence": ("calls", "1a2b"),
    "mapping": ("calls", "1a2b", "2"),
    "assumption": ("calls", "keep_rate"),
    "product": ("calls",),
    "kpi": ("calls", "bookings"),
    "model": ("calls", "leavers & stayers"),
    "metric": ("calls", "log_loss"),
    "data_set": ("calls", "1a2b"),
    "member": ("calls", "1a2b"),
    "checklist": ("calls",),
    "invitation": ("MQ", "abc-def"),
    "terms": ("calls", "churn", "2"),
    "decision": ("calls", "4"),
    "receipt": ("calls", "a" * 64),
}


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_thing_has_a_page(kind):
    found = address(Thing(kind, KEYS[kind]))
    assert resolve(re.split("[#?]", found)[0]).url_name


def test_evidence_is_a_place_on_the_page_of_its_run():
    assert address(Thing("evidence", ("calls", "1a2b"))) == "/p/calls/runs/1a2b/#evidence"
    assert address(Thing("mapping", ("calls", "1a2b", "2"))) == "/p/calls/mappings/1a2b/2/"


def test_a_receipt_has_an_address_that_names_no_product():
    assert address(Thing("receipt", ("calls", "a" * 64))) == f"/receipts/{'a' * 64}/"


def test_a_model_is_its_runs_and_a_member_a_place_on_their_page():
    assert address(Thing("model", ("calls", "leavers & stayers"))) == "/p/calls/runs/?model=leavers%20%26%20stayers"
    assert address(Thing("member", ("calls", "1a2b"))) == "/p/calls/members/#member-1a2b"
