"""A decision that was carried away, made again of what the file holds and held to every word and digit it prints."""

import json
import zipfile

import pytest

from metrics.core.documents import digest as digest_of
from metrics.core.evaluation.statistics.container import packed, unpacked
from metrics.core.offline.archive import NotAReceipt, read
from metrics.core.offline.verifying import verified
from tests.places import ROOT
from tests.statements import leaves, put

KEPT = ROOT / "tests" / "house" / "receipts" / "decision.zip"
# What no figure of the file says; the digest and the seal cover it, and an answer names it.
SEALED = ("names", "dates", "reasons", "grades", "promise", "who signed", "set aside", "what the record stands on")


@pytest.fixture(scope="module")
def whole():
    return read(KEPT).statement


@pytest.fixture
def rewritten(tmp_path):
    """Makes the file with another statement under a seal of its own, as somebody who knows the form would."""

    def made(statement, *, seal="", **parts):
        with zipfile.ZipFile(KEPT) as archive:
            kept = {name: archive.read(name) for name in archive.namelist()}
        sealed = json.loads(kept["statement.json"])
        sealed |= {"seal": seal or digest_of(statement), "statement": statement}
        path = tmp_path / "forged.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in (kept | parts | {"statement.json": json.dumps(sealed).encode()}).items():
                archive.writestr(name, content)
        return path

    return made


@pytest.fixture
def forged(rewritten):
    """As `rewritten`, with the record's digest and the signatures over it made to fit as well."""

    def made(statement):
        its = digest_of(statement["record"])
        signatures = [one | {"digest": its} for one in statement["signatures"]]
        return rewritten(statement | {"digest": its, "signatures": signatures})

    return made


def other(value):
    """A forger's value."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, float | int):
        return value * (1 + 1e-7) if value else 1.0
    if value in (None, [], {}):
        return 1.0
    return {"up": "down", "down": "up"}.get(value, f"{value}x")


def test_the_desk_is_made_again_and_what_is_not_is_named(whole):
    found = verified(read(KEPT))
    assert (found["verdict"], found["differences"]) == ("equal", [])
    assert found["links"] > 100
    assert all(word in found["not_verified"][0] for word in SEALED)
    assert "receipts are named" in found["not_verified"][1]
    assert any("second in place of" in line and "signed" in line for line in found["says"])
    assert any("never counted" in line for line in found["says"])


@pytest.mark.parametrize("shown", ["seal", "digest"])
def test_the_seal_that_the_platform_shows_or_the_digest_of_the_record_vouch_for_the_rest(whole, shown):
    known = read(KEPT).seal if shown == "seal" else whole["digest"]
    found = verified(read(KEPT), seal=known[:12])
    assert found["verdict"] == "equal"
    assert not found["not_verified"][0].startswith("names")
    assert verified(read(KEPT), seal="0" * 12)["verdict"] == "differs"


def test_a_candidate_that_a_gate_leaves_out_is_in_the_file_with_its_reason(whole):
    desk = whole["record"]["desk"]
    assert [one["name"] for one in desk["refused"]] == ["third"]
    assert "gate of log_loss" in desk["left_out"][0]["reason"]


def test_each_text_and_number_is_refused_when_it_is_changed(whole, rewritten):
    seal, changed = read(KEPT).seal, 0
    for path, value in leaves(whole):
        again = rewritten(put(whole, path, other(value)), seal=seal)
        assert "seal" in {one["link"] for one in read(again).differences}, path
        changed += 1
    assert changed > 200


# Of the record, by its place: what the platform says and no figure of the file does.
SAID = ("form", "product", "number", "at", "reverts", "reason", "promise", "stands_on", "direct")
SAID_OF_THE_DESK = ("set_aside", "waiting")
NAMED = (["objectives", "name"], ["objectives", "asks"])


def is_said(path):
    """Whether a place is one of those that an answer names as not verified."""
    _, *at = path
    if at[0] in SAID and at[:2] != ["stands_on", "terms"]:
        return True
    if at[0] == "terms" and at[1] == "number":
        return True
    if at[0] == "roles":
        return at[-1] == "by"
    if at[0] == "desk":
        return at[1] in SAID_OF_THE_DESK or bool({"receipts", "grades"} & set(at)) or at[1::2] in NAMED
    return False


def test_whoever_makes_digest_signatures_and_seal_anew_is_found_out_by_what_follows_from_the_figures(whole, forged):
    found_out = 0
    for path, value in leaves({"record": whole["record"]}):
        if is_said(path):
            continue
        again = forged(put(whole, path, other(value)))
        try:
            found = verified(read(again))
        except NotAReceipt:
            found_out += 1
            continue
        assert found["verdict"] == "differs", (path, value)
        found_out += 1
    assert found_out > 150


def test_what_differs_is_named_by_its_place_with_the_digits(whole, forged):
    path = ("record", "desk", "candidates", 0, "regret", "money", "amount")
    value = whole["record"]["desk"]["candidates"][0]["regret"]["money"]["amount"]
    found = verified(read(forged(put(whole, path, value + 1))))
    (one,) = found["differences"]
    assert one["message"].startswith("desk.candidates.0.regret.money.amount: printed ")
    assert ", computed " in one["message"]


def test_figures_that_were_changed_since_they_were_frozen_are_refused(whole, rewritten):
    name = whole["record"]["figures"]
    content = bytearray(read(KEPT).files[name])
    content[-1] ^= 1  # of the checksum of its draws
    with pytest.raises(NotAReceipt, match="cannot be read"):
        verified(read(rewritten(whole, **{f"files/{name}": bytes(content)})))


def test_other_figures_under_the_same_name_are_refused(whole, rewritten):
    name = whole["record"]["figures"]
    header, arrays = unpacked(read(KEPT).files[name])
    moved = packed(header, [arrays[0] * (1 + 1e-6)])
    found = verified(read(rewritten(whole, **{f"files/{name}": moved})))
    assert {"figures", "desk"} <= {one["link"] for one in found["differences"]}


def test_a_file_without_its_figures_is_no_receipt(tmp_path):
    bare = tmp_path / "bare.zip"
    with zipfile.ZipFile(KEPT) as archive, zipfile.ZipFile(bare, "w") as less:
        less.writestr("statement.json", archive.read("statement.json"))
    with pytest.raises(NotAReceipt, match="not in the file"):
        verified(read(bare))


def test_a_part_of_the_desk_that_nothing_makes_again_is_named_as_not_verified(whole, forged):
    told = verified(read(forged(put(whole, ("record", "desk", "omen"), "good"))))
    assert told["verdict"] == "equal"
    assert "of the desk, what no figure of the file makes again: omen" in told["not_verified"]


def test_a_signature_over_another_record_is_named(whole, rewritten):
    signatures = [whole["signatures"][0] | {"digest": "0" * 64}, *whole["signatures"][1:]]
    found = verified(read(rewritten(whole | {"signatures": signatures})))
    assert [one["link"] for one in found["differences"]] == ["signature"]
    assert "manager, proposed" in found["differences"][0]["message"]
