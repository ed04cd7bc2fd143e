"""manage.py forecast: JSON for programs, a table for people. No test here may touch a database."""

import json
import subprocess
import sys
from io import BytesIO, StringIO, TextIOWrapper

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from metrics.core.calendar import later
from metrics.core.draws import K
from metrics.core.estimate import Estimate
from metrics.core.revenue.projection import project
from tests.places import ROOT, SHARED

PEERS = SHARED / "bench" / "forecast_peers.py"
# statsmodels' exponential smoothing on the same series, by the same script (data/monthly/README.md).
PEER = {"24": 0.976, "36": 0.760, "60": 0.884, "96": 0.654}


def months_of(values, first="2015-01"):
    return [[later(first, at), float(value)] for at, value in enumerate(values)]


def season(n, seed=1):
    at = np.arange(n)
    return 400 * np.exp(0.3 * np.sin(2 * np.pi * at / 12) + 0.05 * np.random.default_rng(seed).standard_normal(n))


@pytest.fixture
def ask(monkeypatch):
    """The command with a text on standard input."""

    def asked(text, *given):
        content = text if isinstance(text, bytes) else text.encode()
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(content)))
        out = StringIO()
        call_command("forecast", *given, stdout=out)
        return out.getvalue()

    return asked


def refusal(ask, text, *given):
    with pytest.raises(CommandError) as error:
        ask(text, *given)
    assert error.value.returncode == 2
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_question_is_answered_as_projections_are(ask):
    volume = months_of(season(40))
    found = json.loads(ask(json.dumps({"volume": volume, "months": 7}), "--seed", "3"))
    case = Estimate(1.0, "", np.ones(K))
    same = project(value=case, volume=[(m, v) for m, v in volume], months=7, growth=None, seed=3, unit="")
    assert [month["month"] for month in found["months"]] == list(same.months)
    for told, figure in [*zip(found["months"], same.months.values(), strict=True), (found["total"], same.total)]:
        assert told["point"] == figure.point
        assert (told["low80"], told["high80"]) == figure.band(0.8)
        assert (told["low95"], told["high95"]) == figure.band(0.95)
        assert told["low95"] < told["low80"] < told["point"] < told["high80"] < told["high95"]
    assert (found["history"], found["flags"]) == (40, [])


def test_months_ahead_are_twelve_where_none_are_named(ask):
    assert len(json.loads(ask(json.dumps({"volume": months_of(season(36))})))["months"]) == 12


def test_a_list_of_questions_is_answered_by_a_list(ask):
    asked = [{"volume": months_of(season(n)), "months": 12} for n in (13, 24, 36, 5)]
    found = json.loads(ask(json.dumps(asked), "--batch"))
    assert [one.get("history") for one in found] == [13, 24, 36, None]
    assert "5 up to 2015-05" in found[3]["unknown"]
    assert found[1] == json.loads(ask(json.dumps(asked[1])))
    assert json.loads(ask("[]", "--batch")) == []
    assert json.loads(ask(json.dumps(asked[1]), "--batch")) == found[1]  # one alone is no list


@pytest.mark.parametrize(("n", "assumed"), [(13, True), (24, True), (25, False), (36, False)])
def test_up_to_24_months_it_is_said_to_be_assumed(ask, n, assumed):
    found = json.loads(ask(json.dumps({"volume": months_of(season(n))})))
    assert ("assumed, not tested" in found["flags"]) == assumed


@pytest.mark.parametrize("n", [0, 1, 2, 3, 6, 12])
def test_too_few_months_are_unknown_with_the_reason(ask, n):
    found = json.loads(ask(json.dumps({"volume": months_of(season(n))})))
    assert set(found) == {"unknown"}
    assert ("13 months" in found["unknown"]) == (n > 0)


def test_a_gap_ends_the_history_and_is_named(ask):
    volume = [row for row in months_of(season(30)) if row[0] != "2017-01"]
    assert "2017-01 is missing" in json.loads(ask(json.dumps({"volume": volume})))["unknown"]
    assert "no month" in json.loads(ask(json.dumps({"volume": months_of([0] * 20)})))["unknown"]


GOOD = months_of(season(14))
BAD = [
    ("no json", ["line 1, column 1", "send"]),
    ("", ["line 1", "send"]),
    ("[" * 100_000, ["send"]),
    ("[]", ["--batch"]),
    ("3", ["3 is no question", "send"]),
    ('{"volume": 3}', ["volume", "list", "send"]),
    ('{"months": 12}', ["volume", "list", "send"]),
    (json.dumps({"volume": GOOD, "monts": 3}), ["monts", "no such field", "volume and months"]),
    (json.dumps({"volume": GOOD, "months": 0}), ["months: 0", "send 1 to 60"]),
    (json.dumps({"volume": GOOD, "months": 61}), ["months: 61", "send 1 to 60"]),
    (json.dumps({"volume": GOOD, "months": 2.5}), ["months: 2.5", "send 1 to 60"]),
    (json.dumps({"volume": GOOD, "months": True}), ["months: true", "send 1 to 60"]),
    (json.dumps({"volume": [*GOOD, 3]}), ["volume, row 15", "3", "send"]),
    (json.dumps({"volume": [*GOOD, ["2016-13", 3]]}), ["row 15", '"2016-13" is no month', "write it as"]),
    (json.dumps({"volume": [*GOOD, [201603, 3]]}), ["row 15", "201603 is no month", "write it as"]),
    (json.dumps({"volume": [*GOOD, GOOD[2]]}), ["row 15", "2015-03 stands in row 3 already", "leave one"]),
    (json.dumps({"volume": [*GOOD, ["2016-03", "3"]]}), ["row 15", '"3" is no number', "send a number"]),
    (json.dumps({"volume": [*GOOD, ["2016-03", None]]}), ["row 15", "null is no number", "leave the month out"]),
    (json.dumps({"volume": [*GOOD, ["2016-03", True]]}), ["row 15", "true is no number", "send a number"]),
    (json.dumps({"volume": [*GOOD, ["2016-03", -3]]}), ["row 15", "-3 cannot be counted", "0 or more"]),
    (json.dumps({"volume": [*GOOD, ["2016-03", float("nan")]]}), ["row 15", "NaN is no number", "send a number"]),
    (json.dumps({"volume": [*GOOD, ["2016-03", float("inf")]]}), ["row 15", "Infinity cannot", "below 1e+300"]),
    (json.dumps({"volume": [*GOOD, ["2016-03", 10**400]]}), ["row 15", "cannot be counted", "below 1e+300"]),
    (b'{"volume": "\xff"}', ["byte 12", "UTF-8"]),
]


@pytest.mark.parametrize(("text", "said"), BAD, ids=range(len(BAD)))
def test_what_cannot_be_read_is_refused_in_one_line_with_place_cause_and_remedy(ask, text, said):
    message = refusal(ask, text)
    for words in said:
        assert words in message


def test_a_batch_names_the_question(ask):
    good = {"volume": GOOD}
    assert "question 2: volume, row 1" in refusal(ask, json.dumps([good, {"volume": [["x", 1]]}]), "--batch")
    assert "--seed -1" in refusal(ask, json.dumps(good), "--seed", "-1")


def test_a_file_of_months_is_printed_as_a_table(ask, tmp_path):
    file = tmp_path / "bookings.csv"
    file.write_text("month,bookings\n" + "".join(f"{month},{value}\n" for month, value in months_of(season(18))))
    lines = ask("", str(file), "--months", "3").splitlines()
    assert lines[0].startswith("from 18 months in a row (assumed, not tested;")
    assert lines[1].split()[:2] == ["month", "expected"]
    assert [line.split()[0] for line in lines[2:]] == ["2016-07", "2016-08", "2016-09", "total"]
    assert len({len(line) for line in lines[1:]}) == 1
    told = json.loads(ask(json.dumps({"volume": months_of(season(18)), "months": 3})))
    assert float(lines[2].split()[1]) == pytest.approx(told["months"][0]["point"], abs=0.5)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"month,cases\n2015-01,12\n2015-13,12\n", ["line 3", "2015-13", "2017-08"]),
        (b"2015-01,12\n2015-02,many\n", ["line 2", "many", "no number", "with digits"]),
        (b"month,numerator,denominator\n2015-01,1,2\n", ["line 1", "numerator", "give a month"]),
        (b"2015-01,12\n2015-02,-3\n", ["2015-02", "-3 cannot be counted", "0 or more"]),
        (b"2015-01,12\n2015-02,14\n", ["13 months", "2 up to 2015-02", "give"]),
        (b"", ["no month", "give a month"]),
        (b"2015-01,\xff", ["line 1", "“ÿ” is no number"]),
        (b"\xff\xfe2", ["byte 2 is no UTF-16", "UTF-8"]),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_its_name(ask, tmp_path, content, said):
    file = tmp_path / "bookings.csv"
    file.write_bytes(content)
    message = refusal(ask, "", str(file))
    assert message.startswith("bookings.csv: ")
    for words in said:
        assert words in message


def test_a_file_that_leaves_the_comma_open_is_settled_by_a_word(ask, tmp_path):
    file = tmp_path / "bookings.csv"
    file.write_text("".join(f'{month};"1,{100 + value:03.0f}"\n' for month, value in months_of(season(14))))
    assert "with a decimal comma" in refusal(ask, "", str(file))
    in_thousands = float(ask("", str(file), "--decimal", ".").splitlines()[2].split()[1].replace(",", ""))
    assert 1000 < in_thousands < 2000
    assert 1 < float(ask("", str(file), "--decimal", ",").splitlines()[2].split()[1]) < 2


def test_files_and_options_that_do_not_go_together_are_refused(ask, tmp_path):
    file = tmp_path / "bookings.csv"
    assert "name a file" in refusal(ask, "", str(file))
    file.write_text("2015-01,3")
    assert "--batch is for JSON" in refusal(ask, "", str(file), "--batch")
    assert "ask for 1 to 60" in refusal(ask, "", str(file), "--months", "61")


@pytest.mark.shared
def test_on_public_series_points_are_better_than_statsmodels_and_bands_hold_what_they_promise():
    """The shared script with this command: whatever series lie there, all their origins."""
    command = f"{sys.executable} {ROOT / 'manage.py'} forecast --batch"
    run = [sys.executable, str(PEERS), "--no-peer", "--json", "--batch", "--command", command]
    out = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    told = json.loads(out[out.rindex('{"seasonal naive"') :])
    for history, found in told["command"].items():
        assert found["mase"] <= 1.02 * PEER[history], history
        assert found["mase"] < told["seasonal naive"][history]["mase"]
        if history == "24":
            assert min(found[name] for name in ("months95", "first95", "total95")) >= 0.88
            continue
        for months in ("months", "first"):
            assert 0.74 <= found[f"{months}80"] <= 0.88, (history, months)
            assert 0.91 <= found[f"{months}95"] <= 0.99, (history, months)
        assert found["total95"] >= 0.90
