"""An exported receipt, computed again with no database, and held to every word and digit that it prints."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from dataclasses import replace

import pytest

from metrics import store
from metrics.core.documents import digest as digest_of
from metrics.core.offline.archive import NotAReceipt, read
from metrics.core.offline.receipt import NO_ROWS
from metrics.core.offline.verifying import verified
from metrics.queries.documents.known import Known
from metrics.queries.receipts import receipts
from metrics.queries.receipts.statement import seal
from metrics.queries.revenue import outlook as queries
from metrics.services.recompute.export import exported
from tests.metrics.services.recompute.test_verification import changed_byte, headline, links
from tests.places import ROOT
from tests.statements import leaves, put

pytestmark = pytest.mark.django_db


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


def other(value):
    """A forger's value: a grade of A, another word, a band moved by a ten-millionth."""
    if isinstance(value, float | int):
        return value * (1 + 1e-7) if value else 1.0
    return "A" if value in (None, "C", "D") else ["signed off"] if value == [] else f"{value} signed off"


def test_each_text_and_number_that_is_printed_is_refused_when_it_is_changed(receipt):
    whole = read(receipt)
    assert verified(whole)["verdict"] == "equal"
    changed = 0
    for path, value in leaves(whole.statement):
        forged = replace(read(receipt), statement=put(whole.statement, path, other(value)))
        with zipfile.ZipFile(receipt) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        sealed = json.loads(parts["statement.json"]) | {"statement": forged.statement}
        file = receipt.with_name("forged.zip")
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in (parts | {"statement.json": json.dumps(sealed).encode()}).items():
                archive.writestr(name, content)
        try:
            found = verified(read(file))
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


def held(path):
    """What is in an archive, by name; None where it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, ValueError, EOFError):
        return None


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
        # a byte of the archive's own, such as the time of a file, changes nothing that is in it
        assert elsewhere(path)[0] in ((0,) if held(path) == held(receipt) else (1, 2))


def test_no_flipped_byte_of_a_stored_file_breaks_the_recomputation(receipt):
    with zipfile.ZipFile(receipt) as archive:
        (name,) = [name for name in archive.namelist() if name.startswith("files/")]
        length = len(archive.read(name))
    for at in range(0, length, max(1, length // 40)):
        exported_file = read(receipt)
        content = bytearray(exported_file.files[name.removeprefix("files/")])
        content[at] ^= 255
        exported_file.files[name.removeprefix("files/")] = bytes(content)
        assert verified(exported_file)["verdict"] in ("equal", "differs")
