"""The audit in sentences: what each code that is written there means, after the name of who did it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MONEY = "revenue"  # how an entry names the target of a product's money
ROOMS = {"actual": "kpi", "target": "kpi"}  # whose things are called as another room's
# Code → what somebody did; {} is the thing, as the entry names it.
DID = {
    "actual.import": "imported observed values of {}",
    "actual.restore": "brought observed values of {} back",
    "actual.undo": "took observed values of {} back",
    "assumption.correct": "corrected the assumption {}",
    "assumption.create": "made the assumption {}",
    "assumption.delete": "deleted the assumption {}",
    "assumption.update": "changed the assumption {}",
    "comment.create": "commented on {}",
    "comment.delete": "withdrew a comment on {}",
    "comment.edit": "changed a comment on {}",
    "comment.reopened": "opened a comment on {} again",
    "comment.resolved": "resolved a comment on {}",
    "dataset.create": "logged the data set {}",
    "decision.answer": "answered {}",
    "decision.ask": "asked the roles in {}",
    "decision.assent": "assented to {}",
    "decision.close_round": "closed {}",
    "decision.dissent": "dissented from {}",
    "decision.open": "opened {}",
    "decision.revert": "reverted {}",
    "decision.settle": "settled {}",
    "decision.sign": "signed {} off",
    "decision.withdraw": "took {} back",
    "delivery.again": "had {} sent again",
    "delivery.arrived": "said that {} arrived",
    "delivery.delete": "deleted {}",
    "delivery.mute": "muted {}",
    "delivery.pause": "paused {}",
    "delivery.restore": "brought {} back",
    "delivery.resume": "resumed {}",
    "delivery.rotate": "made another secret of {}",
    "delivery.save": "kept {}",
    "delivery.stop": "stopped {} by its mail",
    "delivery.test": "sent a test of {}",
    "group.give": "gave the group {} a role",
    "group.take_back": "took the role of the group {} back",
    "import.mlflow": "imported runs from {}",
    "import.stop": "stopped the imports from {}",
    "invitation.create": "invited {}",
    "kpi.create": "made the KPI {}",
    "kpi.delete": "deleted the KPI {}",
    "kpi.update": "changed the KPI {}",
    "mapping.approve": "approved {}",
    "mapping.create_draft": "drafted {}",
    "mapping.delete_draft": "deleted the draft {}",
    "mapping.edit_draft": "edited the draft of {}",
    "mapping.endorse": "endorsed {}",
    "mapping.object": "objected to {}",
    "mapping.retire": "retired {}",
    "mapping.submit": "proposed {}",
    "mapping.withdraw": "took the proposal of {} back",
    "member.add": "added the member {}",
    "member.change_role": "changed the role of {}",
    "member.remove": "removed the member {}",
    "metric.delete": "deleted the metric {}",
    "metric.register": "registered the metric {}",
    "metric.restore": "brought the metric {} back",
    "metric.update_definition": "changed the metric {}",
    "mfa.code_used": "came in with a recovery code, as {}",
    "mfa.codes": "made new recovery codes of {}",
    "mfa.remove": "turned two-factor authentication of {} off",
    "mfa.reset": "reset two-factor authentication of {}",
    "mfa.set_up": "set up two-factor authentication of {}",
    "model.create": "made the model {}",
    "model.update": "changed the model {}",
    "pack.withdraw": "withdrew the pack {}",
    "product.archive": "archived the product",
    "product.create": "made the product",
    "product.restore": "brought the product back",
    "rows.remove": "removed rows that {} keeps no longer, by retention",
    "product.update_settings": "changed the settings",
    "projection.edit": "set up the projection",
    "rate.write": "wrote the exchange rate {}",
    "report.generate": "issued the pack {}",
    "run.accept": "accepted the run {} for the champion",
    "run.accept_undo": "took back that the run {} is accepted",
    "run.create": "logged the run {}",
    "run.withdraw": "withdrew the run {}",
    "scenario.remove": "removed the scenario {}",
    "scenario.rename": "renamed the scenario {}",
    "scenario.restore": "brought the scenario {} back",
    "scenario.save": "kept the scenario {}",
    "session.end": "ended a session of {}",
    "session.end_all": "ended all sessions of {}",
    "share.make": "shared it by a link for {}",
    "share.revoke": "revoked the link for {}",
    "step.ask": "asked for a next step: {}",
    "target.restore": "brought the target of {} back",
    "target.set": "set a target of {}",
    "target.withdraw": "withdrew the target of {}",
    "terms.approve": "approved {}",
    "terms.delete_draft": "deleted the draft of {}",
    "terms.draft": "drafted {}",
    "terms.edit_draft": "edited the draft of {}",
    "terms.endorse": "endorsed {}",
    "terms.object": "objected to {}",
    "terms.retire": "retired {}",
    "terms.submit": "proposed {}",
    "terms.withdraw": "took the proposal of {} back",
    "token.create": "made an API token",
    "token.end": "ended the API tokens of {}",
    "token.revoke": "revoked an API token",
    "user.create": "made the account of {}",
    "user.export": "downloaded what is held about {}",
    "user.remove": "removed the person {}",
    "user.disable": "closed the account of {}",
    "user.enable": "opened the account of {} again",
    "user.link": "linked the account of {} with single sign-on",
    "user.administer": "made {} an administrator",
    "user.save": "changed the account of {}",
    "user.unadminister": "ended that {} is an administrator",
    "user.way_in": "made a link by which {} comes in",
    "version.promote": "made the version {} the champion",
    "work.retry": "had work tried again that had stopped: {}",
}


def acts() -> list[tuple[str, str]]:
    """(code, what it says of a thing) of every act, by its words."""
    return sorted(((code, said.format("…")) for code, said in DID.items()), key=lambda act: act[1].lower())


def told(entry: Any, names: Mapping[str, Mapping[str, str]], people: Mapping[str, str]) -> str:
    """An audit entry as a sentence, such as "manager made the KPI Hit rate"; an old code without one as it is.

    names: of each room the names of its things, by key. What has gone is called as the entry says, or by its key.
    people: the names of people, by their marks.
    """
    room = entry.action.partition(".")[0]
    whole = room == "target" and entry.subject == MONEY
    name = names.get(ROOMS.get(room, room), {}).get(entry.subject) or entry.detail.get("name") or entry.subject
    subject = "the product’s value" if whole else people.get(name, name)
    return (
        f"{people.get(entry.actor, entry.actor)} {DID.get(entry.action, f'did {entry.action}: {{}}').format(subject)}"
    )
