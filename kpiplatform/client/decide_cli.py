"""The commands `kpi terms …` and `kpi decide …`."""

from __future__ import annotations

from typing import Any

from kpiplatform.client import arguments
from kpiplatform.client import decide_commands as commands
from kpiplatform.client.deciding import SAYS, SIGNATURES, TERMS_ACTS
from kpiplatform.client.grammar import added, group


def add(rooms: Any) -> None:
    """Add both groups."""
    _terms(group(rooms, "terms", f"terms of choice: show, draft, {', '.join(TERMS_ACTS)}"))
    _decide(group(rooms, "decide", "decisions on a champion: list, show, open, answer, propose, sign, revert, export"))


def _terms(verbs: Any) -> None:
    show = added(verbs, "show", commands.terms_show, "the versions of a model's terms of choice")
    draft = added(verbs, "draft", commands.terms_draft, "draft terms: by default from what there is to choose by")
    draft.add_argument("--file", metavar="FILE.json", help="objectives, guardrails, gates, rule, quorum")
    draft.add_argument("--note", help="what is new in this version")
    acts = {act: added(verbs, act, commands.terms_act, f"{act} a version, as it is now") for act in TERMS_ACTS}
    for act, made in acts.items():
        made.set_defaults(act=act)
        made.add_argument("--number", type=arguments.whole, help="of the version (default: the newest)")
    acts["object"].add_argument("--reason", required=True, help="what would have to change")
    for made in (show, draft, *acts.values()):
        made.add_argument("product")
        made.add_argument("model", help="its key")


def _decide(verbs: Any) -> None:
    listed = added(verbs, "list", commands.decisions_list, "the decisions of a product, the newest first")
    listed.add_argument("product")
    held = added(verbs, "calibration", commands.calibration_show, "how far the promises of signed decisions held")
    held.add_argument("product")
    begun = added(verbs, "open", commands.decision_open, "begin a choice of a model's champion, and ask the roles")
    begun.add_argument("product")
    begun.add_argument("model", help="its key")
    weigh = added(verbs, "weigh", commands.decision_weigh, "set your weights; nobody sees them before all are in")
    lead = added(verbs, "lead", commands.decision_lead, "who leads at weights that you try; nothing is kept")
    for made in (weigh, lead):
        made.add_argument(
            "--weight",
            type=arguments.weight,
            action="append",
            required=True,
            metavar="OBJECTIVE=SHARE",
            help="of 1 in all",
        )
    answer = added(verbs, "answer", commands.decision_answer, "answer what you would give up for what")
    answer.add_argument(
        "file", metavar="FILE.json", help='[{"of", "give", "to", "gain", "says": yes | no | cannot say}]'
    )
    propose = added(verbs, "propose", commands.decision_propose, "propose a run's version as champion")
    propose.add_argument("--run", required=True)
    propose.add_argument("--reason", default="", help="due where the rule says another")
    ask = added(verbs, "ask", commands.decision_ask, "ask the roles anew; answers before count no more")
    for made in (begun, ask):
        made.add_argument(
            "--until", type=arguments.day, metavar="DATE", help="the day on which it is revealed, whoever is missing"
        )
    revert = added(verbs, "revert", commands.decision_revert, "propose the champion that a signed decision replaced")
    revert.add_argument("--reason", required=True)
    signatures = {act: added(verbs, act, commands.decision_sign, f"{act} what is proposed now") for act in SIGNATURES}
    for act, made in signatures.items():
        made.set_defaults(act=act)
        made.add_argument("--reason", required=act in ("dissent", "refuse"), default="")
    export = added(
        verbs, "export", commands.decision_export, "the record with its receipt, as a file made again offline"
    )
    export.add_argument("--file", metavar="F.zip", required=True, help="where to write it")
    question = added(verbs, "question", commands.decision_question, "what you are asked next, and your answer to it")
    question.add_argument("--says", choices=SAYS, help="the answer to what is asked now")
    flips = added(verbs, "flips", commands.decision_flips, "where it turns over, and what knowing more first is worth")
    flips.add_argument("--rows", type=arguments.whole, help="how many more rows are asked about")
    of_one = (
        question,
        flips,
        export,
        added(verbs, "show", commands.decision_show, "one decision: its candidates, round and signatures"),
        added(verbs, "seal", commands.decision_seal, "hand in your sheet"),
        added(verbs, "close", commands.decision_close, "reveal what was answered, whoever is missing"),
        added(verbs, "withdraw", commands.decision_withdraw, "take a proposal back, or end an open decision"),
    )
    for made in (weigh, lead, answer, propose, ask, revert, *signatures.values(), *of_one):
        made.add_argument("--product", required=True)
        made.add_argument("number", type=arguments.whole, help="of the decision")
