"""Who signs a decision: signatures that are there, those that are due, and what this person may do now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metrics import access
from metrics.core.rows.refusal import counted, enumerated
from metrics.core.selection.told import ROLE_WORDS
from metrics.queries.selection.decisions import asked_of, due
from reports.pages.mapping.signatures import SignatureLine
from reports.words.dates import day
from reports.words.phrases import Verdict

if TYPE_CHECKING:
    from metrics.models.selection import Decision

ACTS = {
    "proposed": Verdict("same", "Proposed"),
    "assented": Verdict("good", "Assents"),
    "dissented": Verdict("warn", "Dissents"),
    "signed_off": Verdict("good", "Signed"),
    "refused": Verdict("bad", "Refused"),
    "withdrawn": Verdict("same", "Taken back"),
}
ORDER = {
    "project_manager": "proposes, and freezes the figures",
    "data_scientist": "assents or dissents; dissent is kept and stops nobody",
    "executive": "signs; with the last signature the champion changes",
}
ASKED = {
    "answer": "Say what you would give up for what",
    "propose": "Propose a candidate",
    "assent": "Assent, or dissent with your reason",
    "sign": "Sign, or refuse with your reason",
}


@dataclass(frozen=True)
class Button:
    """What may be done. reason: "" where none is asked for, "optional", or "required"."""

    act: str
    label: str
    title: str
    says: str
    reason: str = ""
    primary: bool = False
    danger: bool = False


def signature_lines(user: Any, decision: Decision) -> tuple[SignatureLine, ...]:
    """Standing signatures, and one for each that is still due."""
    standing = [row for row in decision.signatures.all() if not row.cleared]
    lines = [_signed(row) for row in standing]
    if decision.state not in ("open", "proposed"):
        return tuple(lines)
    mine = access.role(user, decision.product)
    asked = asked_of(decision, mine, user)
    for role, count in due(decision).items():
        if decision.state == "open" and role == "project_manager" and count > 0:
            verdict = Verdict("info", "Your turn") if asked == "propose" else Verdict("unknown", "Not yet")
        elif decision.state == "proposed":
            turn = asked in ("assent", "sign") and role == mine
            verdict = Verdict("info", "Your turn") if turn else Verdict("info", "Next")
        else:
            verdict = Verdict("unknown", "Not yet")
        lines.append(
            SignatureLine(
                f"{'an' if role == 'executive' else 'a'} {counted_role(role, count)}", ORDER[role], False, verdict
            )
        )
    return tuple(lines)


def _signed(row: Any) -> SignatureLine:
    role = ROLE_WORDS.get(row.role, "member")
    return SignatureLine(str(row.user), f"{role} · {day(row.created_at)}", True, ACTS[row.act], row.reason)


def counted_role(role: str, count: int) -> str:
    return ROLE_WORDS[role] if count == 1 else f"{ROLE_WORDS[role]}, {count} of them"


def missing_words(decision: Decision) -> str:
    """Whose signatures are still due, in a sentence; "" where none is."""
    missing = due(decision)
    if not missing:
        return ""
    return f"Still due: {enumerated([counted(count, ROLE_WORDS[role]) for role, count in missing.items()])}."


def said_lines(decision: Decision) -> tuple[tuple[str, str, Any, Verdict, str], ...]:
    """All that was done, once a signature was cleared: who, role, when, what, and the words; else none."""
    if not any(row.cleared for row in decision.signatures.all()):
        return ()
    return tuple(
        (str(row.user), ROLE_WORDS.get(row.role, ""), row.created_at, ACTS[row.act], row.reason)
        for row in decision.signatures.all()
    )


def buttons(user: Any, decision: Decision, *, stands: bool) -> tuple[Button, ...]:
    """What this person may do with the decision in its state, but for proposing; the service decides again.

    stands: whether what it chose is champion still, so that it can be reverted.
    """
    product = decision.product
    mine = [row for row in decision.signatures.all() if row.user_id == user.pk and not row.cleared]
    found = []

    def may(action: str) -> bool:
        return access.may(user, action, product)

    if decision.state == "proposed" and not mine:
        if may("decision.sign"):
            says = "You sign what is frozen here. With the last signature that is due it is champion."
            found.append(Button("sign", "Sign", "Sign this choice?", says, "optional", primary=True))
            says = "It is open again, and its signatures are cleared and kept."
            found.append(Button("refuse", "Refuse", "Refuse this choice?", says, "required", danger=True))
        if may("decision.assent"):
            says = "You assent to what is frozen here."
            found.append(Button("assent", "Assent", "Assent to this choice?", says, "optional", primary=True))
        if may("decision.dissent") and not may("decision.propose"):
            says = "Your reason stays on the record for ever, and stops nobody."
            found.append(Button("dissent", "Dissent", "Dissent from this choice?", says, "required"))
    if decision.state in ("open", "proposed") and may("decision.propose"):
        back = decision.state == "proposed" and decision.reverts is None
        says = (
            "It is open again, and its signatures are cleared and kept."
            if back
            else "Nothing comes of it, and it stays in the list."
        )
        found.append(
            Button("withdraw", "Take it back" if back else "End without a choice", "Take it back?", says, danger=True)
        )
    if stands and decision.before is not None and not decision.direct and may("decision.revert"):
        says = (
            f"Proposes {decision.before.version.name} as champion again, as a decision of its own that two roles sign."
        )
        found.append(Button("revert", "Revert", "Revert this decision?", says, "required", danger=True))
    return tuple(found)
