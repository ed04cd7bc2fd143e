"""The form of terms of choice: a line each for objectives, guardrails and gates, and what decides among the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from django import forms

from metrics.core import unit_names
from metrics.core.documents import canonical
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.rows.refusal import capitalised
from metrics.core.selection import figures
from metrics.core.selection.figures import Figure, Offered
from metrics.core.selection.reading import TermsError
from metrics.core.selection.rules import RULES
from metrics.core.selection.terms import MOST_GUARDRAILS, MOST_OBJECTIVES, MOST_SIGNING, ROLES
from metrics.core.selection.told import ROLE_WORDS, way
from reports.forms.sent import WrittenFloat

if TYPE_CHECKING:
    from metrics.models.evaluation import Model

BLANK = 2  # lines that stand empty below those that are there
NONE = ("", "nothing")
SENSES = [("at_most", "at most"), ("at_least", "at least")]
ONS = [("point", "at the point"), ("lower", "at the lower end of the band")]
SECTIONS = {"objectives": MOST_OBJECTIVES, "guardrails": MOST_GUARDRAILS, "gates": MOST_GUARDRAILS}
FIELDS = {
    "objectives": ("figure", "role", "smallest"),
    "guardrails": ("figure", "sense", "limit", "probability"),
    "gates": ("figure", "threshold", "least_absolute", "least_relative", "on"),
}
KEPT = ("key", "level")  # of a line, which the form does not ask for
LABELS = {
    "figure": "Figure",
    "role": "Whose",
    "smallest": "Worth having from",
    "sense": "It is",
    "limit": "Limit",
    "probability": "With a probability of",
    "threshold": "At least as good as",
    "least_absolute": "Better than the champion by",
    "least_relative": "or by this share of it",
    "on": "Read",
}


def figure_choices(offered: Offered, model: Model, held: Sequence[Figure]) -> list[Any]:
    """Figures under what they are, each by its definition as text; those that are held are among them."""
    loss = TASKS[model.task].headline
    single = [{"kind": "metric", "metric": key} for key in offered.metrics]
    kpis = [{"kind": "kpi", "kpi": key} for key in offered.kpis]
    money = [] if not isinstance(offered.money, figures.Measure) else [{"kind": "money"}]
    parted = [*({"kind": "metric", "metric": key} for key in loss), *kpis]
    columns = offered.columns or ()
    groups: dict[str, list[Mapping[str, Any]]] = {
        "Metrics": [*single],
        "KPIs": [*kpis],
        "Money": [*money],
        "Worst segment": [{"kind": "worst", "column": name, "figure": one} for name in columns for one in parted],
        "Gap between segments": [{"kind": "gap", "column": name, "figure": one} for name in columns for one in parted],
        "Against the champion": [{"kind": "over_champion", "figure": one} for one in (*parted, *money)],
    }
    known = {_text(one) for group in groups.values() for one in group}
    groups["As it stands"] = [one for one in held if _text(one) not in known]
    return [NONE, *((name, made) for name, group in groups.items() if (made := _named(group, offered)))]


def _named(group: Sequence[Mapping[str, Any]], offered: Offered) -> list[tuple[str, str]]:
    found = {}
    for one in group:
        try:
            measure = figures.measure(figures.read(one, offered, ""), offered)
        except TermsError:
            continue
        unit = f", in {unit_names.unit_words(measure.unit)}" if measure.unit else ""
        found[_text(one)] = f"{measure.name}{unit} ({way(measure.direction)})"
    return list(found.items())


def _less(offered: Offered) -> list[Mapping[str, Any]]:
    """Metrics of which less is better, among them what a run reports of its cost or its size."""
    return [{"kind": "metric", "metric": key} for key, one in offered.metrics.items() if one.direction == "down"]


def _text(figure: Mapping[str, Any]) -> str:
    return canonical(dict(figure)).decode()


class TermsForm(forms.Form):
    """Fields are named by section, line and part: "objectives-0-figure". A line without a figure is no line."""

    note = forms.CharField(label="What is new in this version", max_length=500, required=False)

    def __init__(
        self, *args: Any, offered: Offered, model: Model, definition: Mapping[str, Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.was = definition
        held = [one["figure"] for name in SECTIONS for one in definition[name]]
        choices = figure_choices(offered, model, held)
        self.lines = {name: min(most, len(definition[name]) + BLANK) for name, most in SECTIONS.items()}
        for name, count in self.lines.items():
            for at in range(count):
                line = definition[name][at] if at < len(definition[name]) else {}
                self._line(name, at, line, choices)
        self.fields["rule"] = forms.ChoiceField(
            label="Chosen is",
            choices=[(rule.key, f"{rule.says} ({rule.name})") for rule in RULES.values()],
            widget=forms.RadioSelect,
            initial=definition["rule"],
        )
        simplest = definition["simplest_by"]
        self.fields["simplest_by"] = forms.ChoiceField(
            label="Of close candidates the simpler has less",
            choices=[NONE, *_named(_less(offered), offered)],
            required=False,
            initial=_text(simplest) if simplest else "",
        )
        for role in ROLES:
            self.fields[f"quorum-{role}"] = forms.IntegerField(
                label=f"{capitalised(ROLE_WORDS[role])}s who sign",
                min_value=0,
                max_value=MOST_SIGNING,
                initial=definition["quorum"].get(role, 0),
            )

    def _line(self, name: str, at: int, line: Mapping[str, Any], choices: list[Any]) -> None:
        for part in FIELDS[name]:
            made: forms.Field
            if part == "figure":
                made = forms.ChoiceField(choices=choices, required=False)
                made.initial = _text(line["figure"]) if line else ""
            elif part in ("role", "sense", "on"):
                given = {"role": [(role, ROLE_WORDS[role]) for role in ROLES], "sense": SENSES, "on": ONS}[part]
                made = forms.ChoiceField(choices=given, required=False)
                made.initial = line.get(part)
            else:
                made = WrittenFloat(required=False)
                made.initial = line.get(part, 0.95 if part == "probability" else None)
            made.label = LABELS[part]
            self.fields[f"{name}-{at}-{part}"] = made

    def rows(self, name: str) -> Iterator[list[forms.BoundField]]:
        """The lines of a section, for the template."""
        for at in range(self.lines[name]):
            yield [self[f"{name}-{at}-{part}"] for part in FIELDS[name]]

    def objectives(self) -> Iterator[list[forms.BoundField]]:
        return self.rows("objectives")

    def guardrails(self) -> Iterator[list[forms.BoundField]]:
        return self.rows("guardrails")

    def gates(self) -> Iterator[list[forms.BoundField]]:
        return self.rows("gates")

    def quorum(self) -> list[forms.BoundField]:
        return [self[f"quorum-{role}"] for role in ROLES]

    def _sent(self, name: str) -> list[tuple[int, dict[str, Any]]]:
        """Lines that name a figure, with their place in the form."""
        found = []
        for at in range(self.lines[name]):
            given = {part: self.cleaned_data.get(f"{name}-{at}-{part}") for part in FIELDS[name]}
            if given["figure"]:
                found.append((at, self._made(name, at, given)))
        return found

    def _made(self, name: str, at: int, given: Mapping[str, Any]) -> dict[str, Any]:
        was = self.was[name][at] if at < len(self.was[name]) else {}
        figure = _figures(self.fields[f"{name}-{at}-figure"])[given["figure"]]
        same = was and _text(was["figure"]) == given["figure"]
        kept = {part: was[part] for part in KEPT if part in was} if same else {}
        rest = {part: value for part, value in given.items() if part != "figure" and value is not None}
        return kept | {"figure": figure} | rest

    def definition(self) -> dict[str, Any]:
        """What was written, as terms that a service checks."""
        simplest = self.cleaned_data["simplest_by"]
        made: dict[str, Any] = {name: [one for _, one in self._sent(name)] for name in SECTIONS}
        keys = [one.get("key") for one in made["objectives"]]
        same = keys == [one["key"] for one in self.was["objectives"]]
        return made | {
            "rule": self.cleaned_data["rule"],
            "simplest_by": _figures(self.fields["simplest_by"])[simplest] if simplest else None,
            "quorum": {role: self.cleaned_data[f"quorum-{role}"] for role in ROLES},
            "reference": self.was["reference"] if same else None,
        }

    def names(self) -> dict[str, str]:
        """The service's field → the form's."""
        found = {"definition.rule": "rule", "definition.simplest_by": "simplest_by"}
        found |= {f"definition.quorum.{role}": f"quorum-{role}" for role in ROLES}
        found["definition.quorum"] = f"quorum-{ROLES[0]}"
        for name in SECTIONS:
            for sent, (at, _) in enumerate(self._sent(name)):
                found[f"definition.{name}.{sent}"] = f"{name}-{at}-figure"
                found |= {f"definition.{name}.{sent}.{part}": f"{name}-{at}-{part}" for part in FIELDS[name]}
            found[f"definition.{name}"] = f"{name}-0-figure"
        return found


def _figures(field: forms.Field) -> dict[str, Any]:
    """Text of a choice → the figure that it names."""
    found: dict[str, Any] = {}
    for value, words in cast("list[Any]", cast("forms.ChoiceField", field).choices):
        texts = [one for one, _ in words] if isinstance(words, list | tuple) else [value]
        found |= {text: json.loads(text) for text in texts if text}
    return found
