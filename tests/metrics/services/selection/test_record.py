"""A decision carried away, with the figures that were frozen when it was proposed."""

import pytest
from django.core.management import call_command

from metrics.core.offline.archive import read
from metrics.core.offline.decision import DIRECT
from metrics.core.offline.verifying import verified
from metrics.models.evaluation import EvaluationRun
from metrics.models.selection import Decision
from metrics.queries.selection import catalogue, record
from metrics.services.recompute import stored
from metrics.services.recompute.export import exported_decision
from metrics.services.selection import decisions, direct, rounds
from metrics.services.writing.refusal import Conflict

GUARDRAIL = {"figure": {"kind": "metric", "metric": "brier"}, "sense": "at_most", "limit": 0.5}
GATE = {"figure": {"kind": "metric", "metric": "log_loss"}, "least_absolute": -0.0035}


@pytest.fixture
def signed(in_force, runs_of_three, model, people, world):
    """A champion chosen by three objectives' worth of terms, one candidate left out by a gate; two have answered."""
    in_force(guardrails=[GUARDRAIL], gates=[GATE])
    manager, scientist, executive = people["manager"], people["scientist"], people["executive"]
    opened = decisions.open_(manager, model)
    answer = {"of": "money", "give": 1000.0, "to": "log_loss", "gain": 0.01, "says": "yes"}
    rounds.fill(scientist, opened, answers=[answer])
    rounds.seal(scientist, opened)
    rounds.weigh(executive, opened, weights={"money": 0.8, "log_loss": 0.2})
    rounds.seal(executive, opened)
    proposed = decisions.propose(manager, opened, runs_of_three["second"], reason="it calls fewer guests")
    decisions.dissent(scientist, proposed, seen=proposed.digest, reason="never counted")
    decisions.sign(executive, proposed, seen=proposed.digest)
    return catalogue.decision(world.product, proposed.number)


@pytest.fixture
def file(signed, tmp_path):
    path = tmp_path / "decision.zip"
    path.write_bytes(exported_decision(signed))
    return path


@pytest.mark.promise("R14")
def test_a_decision_is_carried_away_by_the_same_bytes_each_time_and_the_command_makes_it_again(signed, file, capsys):
    assert exported_decision(signed) == file.read_bytes()
    call_command("verify", str(file), "--seal", record.seal(signed)[:8])
    told = capsys.readouterr().out
    assert told.startswith("equal  ")
    assert "printed values" in told
    assert "decision 1 on" in told
    assert "not verified: that the figures follow from the rows" in told
    with pytest.raises(SystemExit) as ended:
        call_command("verify", str(file), "--seal", "00000000")
    assert ended.value.code == 1
    # The sweep leaves what was frozen, and takes that of a proposal that was withdrawn.
    assert signed.record["figures"] in set(stored.named_files())
    Decision.objects.filter(pk=signed.pk).update(record={})
    assert signed.record["figures"] not in set(stored.named_files())


def test_before_a_proposal_there_is_no_record_to_carry_away(opened):
    with pytest.raises(Conflict, match="holds no record"):
        exported_decision(opened)


def test_a_direct_promotion_is_a_record_too_and_says_that_nothing_was_frozen(world, manager, runs_of_three, tmp_path):
    world.product.direct_promotion = True
    world.product.save()
    made = direct.promote(manager, EvaluationRun.objects.get(name="second").version)
    path = tmp_path / "direct.zip"
    path.write_bytes(exported_decision(made))
    found = verified(read(path))
    assert found["verdict"] == "equal"
    assert DIRECT in found["not_verified"]
