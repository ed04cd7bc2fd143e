"""Links in mails and answers lead to what is served, whatever its port."""

import os
import subprocess
import sys

from kpiplatform import supervise
from tests.places import ROOT

SAY = "from django.conf import settings; print(settings.URL_BASE)"


def said_by_a_child():
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "kpiplatform.settings"}
    return subprocess.run(
        [sys.executable, "-c", SAY], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_without_a_setting_it_is_the_address_that_is_served(monkeypatch, settings):
    monkeypatch.setenv("KPI_URL_BASE", "")
    supervise.be_at("0.0.0.0", 8123)
    assert settings.URL_BASE == said_by_a_child() == "http://127.0.0.1:8123"


def test_with_one_it_is_that_one(monkeypatch, settings):
    monkeypatch.setenv("KPI_URL_BASE", "http://localhost:9000")
    settings.URL_BASE = "http://localhost:9000"
    supervise.be_at("127.0.0.1", 8123)
    assert settings.URL_BASE == said_by_a_child() == "http://localhost:9000"
