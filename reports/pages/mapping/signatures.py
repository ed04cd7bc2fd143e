"""The two signatures of a version: who has signed, whose turn it is, and what this person may do now.

room: what is signed, a mapping or terms of choice, as the first word of its actions in `access`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metrics import access, rights
from metrics.queries.kpi import catalogue as kpi_queries
from reports.words.dates import day
from reports.words.phrases import Verdict

NEEDED = (
    ("endorsed", rights.SCIENTIST, "a data scientist", "Endorsed", "endorse", "proposed"),
    ("approved", rights.MANAGER, "a manager", "Approved", "approve", "endorsed"),
)
ROLE_WORDS = {rights.SCIENTIST: "data scientist", rights.MANAGER: "manager", rights.EXECUTIVE: "executive"}


@dataclass(frozen=True)
class SignatureLine:
    name: str
    what: str
    signed: bool
    verdict: Verdict
    remark: str = ""

    @property
    def initial(self) -> str:
        """Of the person, or of the role that is still to sign."""
        return self.name.removeprefix("a ").removeprefix("an ")[:1].upper()


@dataclass(frozen=True)
class Action:
    """A button: `dialog` asks for the reason first, `asks` the server says first what it changes; `why_not` stands in
    its place where it cannot be done.
    """

    act: str
    label: str
    primary: bool = False
    dialog: bool = False
    asks: bool = False
    danger: bool = False
    why_not: str = ""


def signature_lines(user: Any, version: Any, product: Any, room: str = "mapping") -> tuple[SignatureLine, ...]:
    signed = {row.act: row for row in kpi_queries.signatures(version)}
    lines = []
    if "proposed" in signed:
        row = signed["proposed"]
        lines.append(_signed(row, "proposed", Verdict("same", "Proposed")))
    for act, _, who, word, action, state in NEEDED:
        if act in signed:
            lines.append(_signed(signed[act], act, Verdict("good", word)))
            continue
        if version.state in ("superseded", "retired", "approved"):
            continue
        mine = (
            version.state == state and access.may(user, f"{room}.{action}", product) and not alone(user, version, act)
        )
        order = "signs first" if act == "endorsed" else "signs last"
        if mine:
            lines.append(
                SignatureLine(str(user), f"{who.partition(' ')[2]} · {order}", False, Verdict("info", "Your turn"))
            )
        else:
            turn = Verdict("info", "Next") if version.state == state else Verdict("unknown", "Open")
            lines.append(SignatureLine(who, order, False, turn))
    return tuple(lines)


def _signed(row: Any, act: str, verdict: Verdict) -> SignatureLine:
    role = ROLE_WORDS.get(row.role, "administrator")
    return SignatureLine(str(row.user), f"{role} · {act} {day(row.created_at)}", True, verdict)


def alone(user: Any, version: Any, act: str = "approved") -> bool:
    """Whether nobody but this person has endorsed the version, so that approving it needs another."""
    if act != "approved":
        return False
    endorsers = {row.user_id for row in kpi_queries.signatures(version) if row.act == "endorsed"}
    return endorsers == {user.pk}


def actions(user: Any, version: Any, product: Any, room: str = "mapping") -> tuple[Action, ...]:
    """What this person may do with the version in its state; the service decides again."""
    own, number = version.author_id == user.pk, version.number

    def may(action: str) -> bool:
        return access.may(user, f"{room}.{action}", product, own=own)

    found: list[Action] = []
    if version.state == "draft" and may("submit"):
        scientist = access.role(user, product) == rights.SCIENTIST
        found.append(
            Action("propose", "Propose and endorse" if scientist else f"Propose version {number}", primary=True)
        )
    if version.state == "proposed" and may("endorse"):
        found.append(Action("endorse", f"Endorse version {number}", primary=True))
    if version.state == "endorsed" and may("approve"):
        why = "You endorsed it yourself; another person has to approve it." if alone(user, version) else ""
        found.append(Action("approve", f"Approve version {number}", primary=True, why_not=why))
    proposers = {row.user_id for row in kpi_queries.signatures(version) if row.act == "proposed"}
    if version.state in ("proposed", "endorsed") and may("submit") and user.pk in proposers:
        found.append(Action("withdraw", "Take it back", asks=room == "mapping"))
    if version.state in ("proposed", "endorsed") and may("object"):
        found.append(Action("object", "Object", dialog=True))
    if room == "mapping" and version.state == "approved" and may("retire"):
        found.append(Action("retire", "Retire", danger=True, asks=True))
    return tuple(found)


@dataclass(frozen=True)
class Said:
    """One entry of what was signed: who, in which role, when, what it was, and the words."""

    who: str
    role: str
    when: Any
    verdict: Verdict
    text: str


ACT_VERDICTS = {
    "proposed": Verdict("info", "Proposed"),
    "endorsed": Verdict("good", "Endorsed"),
    "approved": Verdict("good", "Approved"),
    "objected": Verdict("warn", "Objected"),
    "withdrawn": Verdict("same", "Taken back"),
    "retired": Verdict("same", "Retired"),
}


def said_lines(version: Any) -> tuple[Said, ...]:
    """Signatures and objections in the order of time; a cleared signature says so."""
    made = []
    for row in kpi_queries.said(version):
        cleared = row.cleared and row.act in ("proposed", "endorsed", "approved")
        text = row.text or ("Cleared since: it went back to draft." if cleared else "")
        made.append(Said(str(row.by), ROLE_WORDS.get(row.role, ""), row.at, ACT_VERDICTS[row.act], text))
    return tuple(made)


def turn_words(user: Any, version: Any) -> str:
    """What happens next, and who has to act."""
    if version.state == "draft":
        return "A draft. It is proposed first; then a data scientist endorses it, and a manager approves it."
    if version.state == "proposed":
        return "Next, a data scientist endorses it: the metrics and the rule are right. Then a manager approves it."
    if version.state == "endorsed":
        return "Next, a manager approves it: the business means this. It is in force from that moment."
    if version.state == "approved":
        return "Both have signed. Figures are computed by this version."
    return "This version is kept for the record. It gives no figures any more."
