"""Rows that stay where they lie, from the command line: what is refused before anything is scanned."""

import sys

import pytest

LOG = ("run", "log", "s3://lake/preds", "--product", "churn", "--model", "m", "--version", "1", "--engine", "spark")


def test_an_engine_that_is_not_installed_is_told_in_one_line(typed, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.delitem(sys.modules, "kpiplatform.spark", raising=False)
    code, out, err = typed(*LOG)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert 'pip install "kpiplatform[spark]"' in err


@pytest.mark.parametrize(
    ("given", "field"),
    [(("--where", "split=test"), "where"), (("--drop-missing",), "drop-missing"), (("--decimal", ","), "decimal")],
)
def test_what_is_read_of_files_alone_is_refused_by_its_name(typed, given, field):
    code, out, err = typed(*LOG, *given)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"{field}: is read of files that are sent" in err


@pytest.mark.parametrize(
    ("given", "field"),
    [(("--segment", "shop"), "segment"), (("--classes", "a,b"), "classes"), (("--least-count", "5"), "least-count")],
)
def test_what_is_of_a_lake_alone_is_refused_where_a_file_is_sent(typed, given, field):
    code, out, err = typed(*LOG[:-2], *given)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"{field}: says how rows that stay where they lie are scanned" in err
    assert "--engine spark" in err
