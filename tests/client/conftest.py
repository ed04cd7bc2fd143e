"""Nobody is signed in, whoever runs the tests."""

import pytest


@pytest.fixture(autouse=True)
def nobody_signed_in(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("KPI_URL", raising=False)
    monkeypatch.delenv("KPI_TOKEN", raising=False)
