"""Receipts: from a figure down to its rows, recomputed here and elsewhere, and exact about what was changed."""

import html
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from metrics import access, store
from metrics.core.documents import digest as digest_of
from metrics.core.offline import NO_ROWS, NotAReceipt, opened, verified
from metrics.core.recomputed import digits
from metrics.models.evaluation import Artifact, MetricResult
from metrics.models.kpi import KPIResult
from metrics.models.revenue import RevenueResult
from metrics.models.work import Work
from metrics.queries.documents.known import Known
from metrics.queries.receipts import receipts
from metrics.queries.receipts.statement import seal, statement
from metrics.queries.revenue import outlook as queries
from metrics.services.evaluation import runs
from metrics.services.recompute import verification
from metrics.services.recompute import work as recompute
from metrics.services.recompute.export import exported
from tests.places import ROOT

pytestmark = pytest.mark.django_db


def headline(world):
    return queries.outlook(Known(world.product)).receipt


def changed_byte(file, at=0.5):
    content = bytearray(file.read_bytes())
    content[int(len(content) * at)] ^= 1
    file.write_bytes(content)


def links(found):
    return {difference["link"] for difference in found["differences"]}


def test_a_receipt_leads_from_money_to_the_digest_of_the_rows_in_five_links(world):
    found = receipts.receipt(world.people["executive"], headline(world))
    assert [link.link for link in found.links] == ["revenue", "kpi", "evidence", "evaluation", "rows"]
    assert found.quantity.point == queries.outlook(Known(world.product)).total.point
    assert found.links[-1].digest == world.run.data_set.digest
    assert found.grade.letter == "C"
    assert "2 signatures" in found.links[1].note
    assert f"file {world.run.rows[:12]}" in found.links[-1].note


def test_a_receipt_is_found_by_the_first_eight_digits_and_not_by_fewer(world):
    digest = headline(world)
    assert receipts.receipt(world.people["executive"], digest[:8]).digest == digest
    for name in (digest[:7], "", "not hexadecimal", digest.upper(), digest + "0", "0" * 64):
        with pytest.raises(access.Hidden):
            receipts.receipt(world.people["executive"], name)


def test_the_digest_of_a_result_is_that_of_its_document(world):
    for table in (MetricResult, KPIResult, RevenueResult):
        for row in table.objects.all():
            assert digest_of(row.document) == row.digest


def test_a_receipt_is_not_there_for_somebody_outside(world, outsider):
    with pytest.raises(access.Hidden):
        receipts.receipt(outsider, headline(world))


def test_an_executive_finds_no_receipt_of_a_draft(world):
    draft = world.second_version()
    recompute.request_recompute(world.people["manager"], world.product)
    world.compute()
    digest = KPIResult.objects.get(version=draft).digest
    assert receipts.receipt(world.people["manager"], digest).digest == digest
    with pytest.raises(access.Hidden):
        receipts.receipt(world.people["executive"], digest)


@pytest.mark.parametrize("kind", ["projected", "realised"])
def test_every_revenue_figure_verifies_as_equal(world, kind):
    for row in RevenueResult.objects.filter(kind=kind):
        found = verification.verified(row.digest)
        assert (found["verdict"], found["differences"]) == ("equal", [])
        assert found["links"] >= 3


def test_kpis_and_metrics_verify_as_equal(world):
    for row in (*KPIResult.objects.all(), *MetricResult.objects.all()[:4]):
        assert verification.verified(row.digest)["verdict"] == "equal"


def test_verifying_is_work_that_anybody_with_the_receipt_may_ask_for(world):
    digest = headline(world)
    for name in ("executive", "manager", "scientist", "admin"):
        work = recompute.request_verification(world.people[name], world.product, digest)
        world.compute()
        work.refresh_from_db()
        assert work.result["verdict"] == "equal"
    with pytest.raises(access.Hidden):
        recompute.request_verification(world.people["outsider"], world.product, digest)


@pytest.mark.parametrize("at", [0.02, 0.3, 0.5, 0.7, 0.98])
def test_one_changed_byte_of_the_stored_rows_is_found_and_the_rows_are_named(world, at):
    changed_byte(store.path(world.run.rows), at)
    found = verification.verified(headline(world))
    assert found["verdict"] == "differs"
    assert links(found) == {"rows"}
    assert found["differences"][0]["digest"] == world.run.rows
    assert found["value"]["point"] == queries.outlook(Known(world.product)).total.point


def test_rows_that_are_gone_are_named(world):
    store.path(world.run.rows).unlink()
    found = verification.verified(headline(world))
    assert (found["verdict"], links(found)) == ("differs", {"rows"})
    assert "restore" in found["differences"][0]["message"]


def test_a_changed_cube_is_found_where_it_is_used(world):
    row = MetricResult.objects.get(metric="roc_auc")
    cube = Artifact.objects.get(digest=row.document["cube"])
    changed_byte(store.path(cube.file))
    found = verification.verified(row.digest)
    assert (found["verdict"], links(found)) == ("differs", {"cube"})
    assert found["differences"][0]["digest"] == cube.digest
    assert verification.verified(headline(world))["verdict"] == "equal"


def test_changed_sums_of_decisions_are_found(world):
    decisions = Artifact.objects.get(document__kind="decisions")
    changed_byte(store.path(decisions.file))
    found = verification.verified(headline(world))
    assert (found["verdict"], links(found)) == ("differs", {"decisions"})


def test_a_cube_put_in_the_place_of_another_is_found(world, rows, log):
    log(world.people["scientist"], world.product, rows(shift=0.1), version="two", where={"split": "test"})
    world.compute()
    row = MetricResult.objects.get(metric="roc_auc", run=world.run)
    mine, other = Artifact.objects.filter(document__kind="cube").order_by("created_at")
    Artifact.objects.filter(pk=mine.pk).update(file=other.file)
    found = verification.verified(row.digest)
    assert links(found) == {"cube"}
    assert "not what was stored" in found["differences"][0]["message"]


def test_a_figure_changed_in_the_database_is_found_with_both_values(world):
    digest = headline(world)
    RevenueResult.objects.filter(digest=digest).update(point=1_000_000.0)
    found = verification.verified(digest)
    assert links(found) == {"revenue"}
    assert "point: printed 1000000, computed " in found["differences"][0]["message"]


def test_changed_draws_are_found(world):
    row = RevenueResult.objects.get(digest=headline(world))
    RevenueResult.objects.filter(pk=row.pk).update(draws=bytes(row.draws)[4:] + bytes(row.draws)[:4])
    assert verification.verified(row.digest)["verdict"] == "differs"


def test_a_changed_document_is_found(world):
    row = RevenueResult.objects.get(digest=headline(world))
    RevenueResult.objects.filter(pk=row.pk).update(document=row.document | {"months": 11})
    assert verification.verified(row.digest)["verdict"] == "differs"


def test_a_changed_document_that_the_figure_does_not_show_is_found_too(world):
    row = RevenueResult.objects.get(digest=headline(world))
    RevenueResult.objects.filter(pk=row.pk).update(document=row.document | {"baseline": "act_on_all"})
    found = verification.verified(row.digest)
    assert (found["verdict"], links(found)) == ("differs", {"revenue"})


def test_verifying_writes_nothing_but_its_own_answer(world):
    before = [table.objects.count() for table in (MetricResult, KPIResult, RevenueResult, Artifact)]
    store.path(Artifact.objects.first().file).unlink()
    verification.verified(headline(world))
    assert [table.objects.count() for table in (MetricResult, KPIResult, RevenueResult, Artifact)] == before


def test_a_figure_that_is_gone_is_parked_work_with_its_reason(world):
    digest = headline(world)
    work = recompute.request_verification(world.people["manager"], world.product, digest)
    RevenueResult.objects.filter(digest=digest).delete()
    world.compute()
    assert Work.objects.get(pk=work.pk).state == "parked"
    assert "there is no figure" in Work.objects.get(pk=work.pk).error


@pytest.fixture
def receipt(world, tmp_path):
    """The headline's receipt as the file that is carried away."""
    path = tmp_path / "receipt.zip"
    path.write_bytes(exported(receipts.receipt(world.people["manager"], headline(world))))
    return path


def nowhere(folder):
    """An environment in which there is no database."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPYCACHEPREFIX") if name in os.environ}
    return kept | {"VAR_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "kpiplatform.settings"}


def said(code, out, err, folder):
    assert not list(folder.glob("*.sqlite3"))
    assert "Traceback" not in err
    return code, json.loads(out) if out.strip() else {}, err


@pytest.fixture
def command(tmp_path):
    """Run manage.py verify where there is no database: (exit code, answer, complaint)."""

    def run(*arguments):
        asked = [sys.executable, "manage.py", "verify", *map(str, arguments), "--json"]
        done = subprocess.run(asked, cwd=ROOT, env=nowhere(tmp_path), capture_output=True, text=True)
        return said(done.returncode, done.stdout, done.stderr, tmp_path)

    return run


# A process takes two seconds to begin: this one runs the command as often as it is asked.
AGAIN = """
import contextlib, io, json, sys, traceback
from django.core.management import execute_from_command_line
for line in sys.stdin:
    code, out, err = 0, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            execute_from_command_line(["manage.py", "verify", *json.loads(line), "--json"])
        except SystemExit as end:
            code = end.code
        except BaseException:
            code = traceback.print_exc() or 1
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """`command` once and again in one process."""
    folder = tmp_path_factory.mktemp("elsewhere")
    asked = [sys.executable, "-c", AGAIN]
    with subprocess.Popen(
        asked, cwd=ROOT, env=nowhere(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def run(*arguments):
            process.stdin.write(json.dumps([str(one) for one in arguments]) + "\n")
            process.stdin.flush()
            return said(*json.loads(process.stdout.readline()), folder)

        yield run


def rewritten(path, change):
    """Write the file once more, each part through `change(name, content)`; None leaves a part out."""
    content = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(content, "w") as new:
        for name in old.namelist():
            part = change(name, old.read(name))
            if part is not None:
                new.writestr(name, part)
    path.write_bytes(content.getvalue())
    return path


def test_the_same_receipt_is_exported_as_the_same_bytes(world, receipt):
    again = exported(receipts.receipt(world.people["scientist"], headline(world)))
    assert receipt.read_bytes() == again


def test_an_exported_receipt_is_equal_with_no_database_and_with_the_rows_at_hand(world, receipt, command, tmp_path):
    code, found, _ = command(receipt)
    assert (code, found["verdict"]) == (0, "equal")
    assert found["recomputed"]["point"] == queries.outlook(Known(world.product)).total.point
    rows = tmp_path / "rows.parquet"
    shutil.copy(store.path(world.run.rows), rows)
    code, found, _ = command(receipt, "--rows", rows)
    assert (code, found["verdict"], found["differences"]) == (0, "equal", [])


def test_a_receipt_holds_no_row_and_no_name_of_a_person(world, receipt):
    with zipfile.ZipFile(receipt) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert all(name.startswith(("statement.json", "documents/", "files/")) for name in parts)
    everything = b"".join(parts.values())
    for word in (b"b00001", b"scientist", b"manager", b"study of 2016"):
        assert word not in everything


def tamper_figure(name, content):
    return content.replace(b'"point": ', b'"point": 1') if name == "statement.json" else content


def tamper_document(name, content):
    return content.replace(b'"high":0.06', b'"high":0.07')


def tamper_volume(name, content):
    return content.replace(b'["2017-02",931]', b'["2017-02",9310]')


def tamper_file(name, content):
    return content[:-9] + bytes([content[-9] ^ 1]) + content[-8:] if name.startswith("files/") else content


@pytest.mark.parametrize("change", [tamper_figure, tamper_document, tamper_volume, tamper_file])
def test_a_tampered_receipt_differs(receipt, elsewhere, change):
    before = receipt.read_bytes()
    code, found, _ = elsewhere(rewritten(receipt, change))
    assert receipt.read_bytes() != before
    assert (code, found["verdict"]) == (1, "differs")
    assert found["differences"][0]["message"]


def leaves(part, path=()):
    """Every text, number, truth value and gap of a statement, by its place."""
    children = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else None
    if children is None or not part:
        yield path, part
    for name, child in children or ():
        yield from leaves(child, (*path, name))


def other(value):
    """A forger's value: a grade of A, another word, a band moved by a ten-millionth."""
    if isinstance(value, float | int):
        return value * (1 + 1e-7) if value else 1.0
    return "A" if value in (None, "C", "D") else ["signed off"] if value == [] else f"{value} signed off"


def put(statement, path, value):
    changed = json.loads(json.dumps(statement))
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return changed


def test_each_text_and_number_that_is_printed_is_refused_when_it_is_changed(receipt):
    whole = opened(receipt)
    assert verified(whole)["verdict"] == "equal"
    changed = 0
    for path, value in leaves(whole.statement):
        forged = replace(opened(receipt), statement=put(whole.statement, path, other(value)))
        with zipfile.ZipFile(receipt) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        sealed = json.loads(parts["statement.json"]) | {"statement": forged.statement}
        file = receipt.with_name("forged.zip")
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in (parts | {"statement.json": json.dumps(sealed).encode()}).items():
                archive.writestr(name, content)
        try:
            found = verified(opened(file))
        except NotAReceipt:
            continue
        assert found["verdict"] == "differs", (path, value)
        assert "seal" in links(found), (path, value)
        changed += 1
    assert changed > 30


def resealed(path, change):
    """The file with a changed statement under a seal of its own, as somebody who knows the form would make it."""

    def part(name, content):
        if name != "statement.json":
            return content
        sealed = json.loads(content)
        statement = change(sealed["statement"])
        return json.dumps(sealed | {"statement": statement, "seal": digest_of(statement)}).encode()

    return rewritten(path, part)


@pytest.mark.parametrize(
    ("place", "value", "link"),
    [
        (("value", "low"), 1 + 1e-7, "revenue"),
        (("value", "high"), 1 - 1e-7, "revenue"),
        (("value", "point"), 1 + 1e-8, "revenue"),
        (("value", "unit"), "USD", "revenue"),
        (("value", "level"), 0.8, "revenue"),
        (("product",), "another-product", "product"),
        (("links", 1, "value", "point"), 1 + 1e-8, "kpi"),
        (("links", 1, "value", "high"), 1 + 1e-7, "kpi"),
    ],
)
def test_a_figure_that_was_changed_is_found_under_a_new_seal_too(receipt, elsewhere, place, value, link):
    def change(statement):
        before = statement
        for name in place:
            before = before[name]
        return put(statement, place, before * value if isinstance(before, float) and value != 0.8 else value)

    code, found, _ = elsewhere(resealed(receipt, change))
    assert (code, found["verdict"]) == (1, "differs")
    assert links(found) == {link}


def test_a_better_grade_under_a_new_seal_is_named_as_not_verified_and_differs_from_the_seal_on_the_page(
    world, receipt, elsewhere
):
    shown = seal(receipts.receipt(world.people["executive"], headline(world)))
    assert elsewhere(receipt, "--seal", shown[:16])[1]["not_verified"] == [NO_ROWS]
    forged = resealed(receipt, lambda statement: statement | {"grade": "A"})
    code, found, _ = elsewhere(forged)
    assert (code, found["verdict"]) == (0, "equal")
    assert any(part.startswith("the grade, ") for part in found["not_verified"])
    code, found, _ = elsewhere(forged, "--seal", shown[:16])
    assert (code, links(found)) == (1, {"seal"})


def test_what_is_no_part_of_a_receipt_is_named(receipt, elsewhere):
    with zipfile.ZipFile(receipt, "a") as archive:
        archive.writestr("approval.txt", "grade A, signed off")
    code, found, _ = elsewhere(receipt)
    assert (code, links(found)) == (1, {"seal"})
    assert "approval.txt" in found["differences"][0]["message"]


def test_numbers_that_differ_are_printed_with_the_digits_that_differ():
    assert digits(692210.28, 692210.2800001) == ("692210.28", "692210.2800001")
    assert digits(1.0, 1.0 + 2**-52) == ("1.0", "1.0000000000000002")
    assert digits(0.25, 0.75) == ("0.25", "0.75")
    assert digits(1e-9, 2e-9) == ("1e-09", "2e-09")


@pytest.mark.parametrize("column", ["low80", "high80", "low95", "high95", "unit"])
def test_what_is_printed_beside_the_point_is_verified_on_the_server_too(world, column):
    row = RevenueResult.objects.get(digest=headline(world))
    value = "USD" if column == "unit" else getattr(row, column) * (1 + 1e-7)
    RevenueResult.objects.filter(pk=row.pk).update(**{column: value})
    found = verification.verified(row.digest)
    assert (found["verdict"], links(found)) == ("differs", {"revenue"})
    assert column in found["differences"][0]["message"]


def test_draws_that_moved_by_a_ten_millionth_are_found(world):
    row = RevenueResult.objects.get(digest=headline(world))
    draws = np.frombuffer(bytes(row.draws), "<f4")
    RevenueResult.objects.filter(pk=row.pk).update(draws=np.nextafter(draws, np.float32(np.inf)).tobytes())
    found = verification.verified(row.digest)
    assert found["verdict"] == "differs"
    assert "draw 1: kept" in found["differences"][0]["message"]


def test_the_figure_of_a_link_further_down_is_verified_with_the_receipt(world):
    digest = headline(world)
    value = KPIResult.objects.get(digest=RevenueResult.objects.get(digest=digest).document["value"])
    KPIResult.objects.filter(pk=value.pk).update(point=value.point + 1)
    found = verification.verified(digest)
    assert (found["verdict"], links(found)) == ("differs", {"kpi"})


def test_a_receipt_of_a_withdrawn_run_says_so_wherever_it_is_read(world, executive, client):
    digest = headline(world)
    assert receipts.receipt(world.people["executive"], digest).standing == ()
    runs.withdraw(world.people["scientist"], world.run, reason="Wrong rows.")
    found = receipts.receipt(world.people["executive"], digest)
    (sentence,) = found.standing
    assert sentence.endswith(": Wrong rows. This figure stood on it, and counts nowhere any more.")
    assert sentence.startswith(f"Run {world.run.name} was withdrawn on ")
    assert statement(found)["standing"] == [sentence]
    client.force_login(executive)
    assert sentence in html.unescape(client.get(f"/receipts/{digest}/").content.decode())
    assert client.get(f"/api/v1/receipts/{digest}/").json()["standing"] == [sentence]


def test_a_receipt_under_a_mapping_that_was_retired_says_so(world):
    digest = headline(world)
    version = KPIResult.objects.get(digest=RevenueResult.objects.get(digest=digest).document["value"]).version
    type(version).objects.filter(pk=version.pk).update(state="retired")
    (sentence,) = receipts.receipt(world.people["executive"], digest).standing
    assert sentence == f"Version 1 of the mapping {version.mapping.name} is not in force: retired."


def test_other_rows_than_the_receipts_differ(world, receipt, elsewhere, rows, log, tmp_path):
    other = log(world.people["scientist"], world.product, rows(shift=0.1), version="two")
    code, found, _ = elsewhere(receipt, "--rows", store.path(other.rows))
    assert (code, found["verdict"]) == (1, "differs")
    assert {"rows", "decisions"} <= links(found)


def without_documents(name, content):
    return None if name.startswith("documents/") else content


def without_files(name, content):
    return None if name.startswith("files/") else content


@pytest.mark.parametrize("change", [without_documents, without_files])
def test_a_receipt_with_a_part_missing_is_none(receipt, elsewhere, change):
    code, _, complaint = elsewhere(rewritten(receipt, change))
    assert code == 2
    assert "is not in the file" in complaint


def test_a_damaged_or_other_file_is_no_receipt(receipt, elsewhere, tmp_path):
    whole = receipt.read_bytes()
    for number, content in enumerate((b"", b"no zip", whole[: len(whole) // 2], b"PK\x03\x04" + whole[4:200])):
        path = tmp_path / f"bad{number}.zip"
        path.write_bytes(content)
        assert elsewhere(path)[0] == 2
    for number, at in enumerate((0.1, 0.3, 0.6, 0.9)):
        path = tmp_path / f"flipped{number}.zip"
        path.write_bytes(whole)
        changed_byte(path, at)
        assert elsewhere(path)[0] in (1, 2)


def test_no_flipped_byte_of_a_stored_file_breaks_the_recomputation(receipt):
    with zipfile.ZipFile(receipt) as archive:
        (name,) = [name for name in archive.namelist() if name.startswith("files/")]
        length = len(archive.read(name))
    for at in range(0, length, max(1, length // 40)):
        exported_file = opened(receipt)
        content = bytearray(exported_file.files[name.removeprefix("files/")])
        content[at] ^= 255
        exported_file.files[name.removeprefix("files/")] = bytes(content)
        assert verified(exported_file)["verdict"] in ("equal", "differs")
