"""CheckKind: all that is one check's own, from what it needs to the figures that are shown of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from metrics.core.documents import RowsTooMany
from metrics.core.evaluation.metrics.tasks import TASKS, Task
from metrics.core.evidence.check import Check, Judged, NotChecked, Numbers, too_many, worst, worst_first
from metrics.core.evidence.figures import Figure
from metrics.core.evidence.inputs import Input, Inputs


@dataclass(frozen=True, kw_only=True)
class CheckKind:
    """A check of evidence.

    key: in documents and addresses; name: on pages. rule: the thresholds that decide. needs: what must be there, in the
    order in which it is asked for, each with what is said without it. of: whether it is asked of a task, and elsewhere:
    what is said for another. run: what it sees in its inputs. figures: the numbers behind it as they are
    shown. always: it is shown of a run without rows too. apart: it is made from a document of its own, not with the
    others, for it looks at more than the rows.
    """

    key: str
    name: str
    rule: str
    needs: Mapping[Input, NotChecked]
    run: Callable[[Inputs], Judged | NotChecked]
    figures: Callable[[Numbers], Sequence[Figure]]
    of: Callable[[Task], bool] = lambda task: True
    elsewhere: str = "It is asked of other tasks."
    always: bool = False
    apart: bool = False

    @property
    def of_runs_only(self) -> bool:
        """Whether it looks at how a run came about, which a data set says nothing of."""
        return self.apart or bool({"training", "manifest"} & set(self.needs))

    @property
    def of_manifest(self) -> bool:
        """Whether it looks at the manifest alone, and so needs no rows."""
        return set(self.needs) == {"manifest"}

    def asked_of(self, task: str) -> bool:
        return self.of(TASKS[task])

    def examine(self, inputs: Inputs) -> Check:
        """The check of these inputs; not checked, with the reason, where one that it needs is not there, or too large
        to be held at once."""
        try:
            return self.check(self._wanting(inputs) or self.run(inputs))
        except RowsTooMany as many:
            return self.check(too_many(many))

    def check(self, seen: Judged | NotChecked) -> Check:
        """What was seen as a check: as bad as its worst finding, worst first."""
        if isinstance(seen, NotChecked):
            return Check(key=self.key, name=self.name, verdict="not checked", text=seen.why, remedy=seen.remedy)
        findings = worst_first(seen.findings)
        return Check(
            key=self.key,
            name=self.name,
            verdict=worst([finding.verdict for finding in findings]),
            text=(" ".join(finding.text for finding in findings) or seen.good) + seen.also,
            remedy=" ".join(dict.fromkeys(finding.remedy for finding in findings if finding.remedy)),
            rule=self.rule,
            numbers=seen.numbers,
        )

    def _wanting(self, inputs: Inputs) -> NotChecked | None:
        if not self.asked_of(inputs.task):
            return NotChecked(self.elsewhere)
        return next((without for wanted, without in self.needs.items() if not inputs.have(wanted)), None)
