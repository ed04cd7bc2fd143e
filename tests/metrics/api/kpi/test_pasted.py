"""Bodies with lines: text or the bytes of a file, read by what their columns say or by what the body says of them."""

import base64

import pytest

from metrics.models.kpi import Actual

HITS = {"key": "hit_rate", "name": "Hit rate", "direction": "up", "unit": "share"}


@pytest.fixture
def path(asks, product):
    assert asks("manager").post(f"/products/{product.slug}/kpis/", HITS).status_code == 201
    return f"/products/{product.slug}/actuals/"


def bytes_of(text, encoding):
    return base64.b64encode(text.encode(encoding)).decode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_bytes_of_a_file_are_read(asks, path, encoding):
    body = {"kpi": "hit_rate", "file": bytes_of("Monat;Erlös €\n2017-04;4711,98\n2017-05;3820,00\n", encoding)}
    made = asks("manager").post(path, body)
    assert made.status_code == 201, made.content
    told = {"utf-16": "the file is read as UTF-16", "cp1252": "the file is read as Windows-1252"}.get(encoding)
    assert [one.split(",")[0] for one in made.json()["said"]] == ([told] if told else [])
    rows = asks("manager").get(path).json()["results"]
    assert {row["period"]: row["value"] for row in rows} == {"2017-04": 4711.98, "2017-05": 3820.0}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"file": "no base64!"}, "file"),
        ({"file": 5}, "file"),
        ({"file": base64.b64encode(b"PK\x03\x04" + bytes(40)).decode()}, "file"),
        ({"file": base64.b64encode(b"2017-04;5\n" * 20_001).decode()}, "file"),
        ({"file": bytes_of("2017-04;5", "utf-8"), "csv": "2017-04;5"}, "values"),
        ({"csv": "2017-04;5", "decimal": "'"}, "decimal"),
        ({"csv": "2017-04;5", "dates": "ymd"}, "dates"),
        ({"csv": "2017-04;1,250"}, "text"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_field(asks, path, refused, change, field):
    refused(asks("manager").post(path, {"kpi": "hit_rate"} | change), 400, field)
    assert not Actual.objects.exists()


def test_small_rates_keep_their_digits_and_are_known_when_they_come_again(asks, path):
    body = {"kpi": "hit_rate", "csv": "2017-04,0.00034\n2017-05,0.000310000000001"}
    assert asks("manager").post(path, body).json()["written"] == 2
    rows = asks("manager").get(path).json()["results"]
    assert {row["period"]: row["value"] for row in rows} == {"2017-04": 0.00034, "2017-05": 0.000310000000001}
    assert asks("manager").post(path, body).json()["unchanged"] == 2
    given = [{"period": "2017-04", "value": 0.00034}, {"period": "2017-05", "value": "0.000310000000001"}]
    assert asks("manager").post(path, {"kpi": "hit_rate", "values": given}).json()["unchanged"] == 2


def test_a_word_settles_what_a_text_leaves_open(asks, path):
    body = {"kpi": "hit_rate", "csv": "03/04/2017;1,250", "preview": True}
    seen = asks("manager").post(path, body | {"decimal": ",", "dates": "dmy"}).json()
    assert seen["values"] == [{"period": "2017-04", "value": 1.25, "numerator": None, "denominator": None}]
    seen = asks("manager").post(path, body | {"decimal": ".", "dates": "mdy"}).json()
    assert [(row["period"], row["value"]) for row in seen["values"]] == [("2017-03", 1250.0)]
