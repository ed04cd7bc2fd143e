"""Sliders on the assumptions under a projection, and what it would be with some of them moved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse

from metrics.core import numerals, unit_names
from metrics.core.estimate import Quantity, Unknown, difference
from metrics.core.numerals import Figure
from metrics.queries.documents.supports import outside
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.scenarios import scenarios
from metrics.queries.revenue.what_if import Movable, decides, movable, unmovable, what_if

STEPS = 100
HELD = {
    True: "Move what is assumed. Decisions on each case are held as they are now.",
    False: "Move what is assumed. What was measured of the model is held as it is now.",
}


@dataclass(frozen=True)
class Slider:
    """A range input: its ends and step as text that HTML reads, its value in words."""

    name: str
    label: str
    unit: str
    low: str
    high: str
    step: str
    value: str
    words: str
    percent: bool
    describes: str


@dataclass(frozen=True)
class Choice:
    """A kept scenario that may be chosen; `chosen`: it is what the sliders show."""

    key: str
    name: str
    chosen: bool


@dataclass(frozen=True)
class Answer:
    """What the figure would be, beside what it is. moved: in words, what was moved; without it nothing would change."""

    total: Quantity
    difference: Quantity | None
    chance: float | None
    chance_now: float | None
    now: Quantity
    moved: tuple[str, ...]


@dataclass(frozen=True)
class WhatIfPage:
    """still: what a slider leaves as it is, or why nothing can be moved where there is no slider."""

    url: str
    page_url: str
    sliders: tuple[Slider, ...]
    still: str
    answer: Answer
    scenarios: tuple[Choice, ...]
    save_url: str
    compare_url: str
    fault: str = ""


def moved_by(posted: Mapping[str, Any]) -> dict[str, float]:
    """The finite numbers of a sent form, by name; whatever is no number is left out."""
    found = {}
    for key, text in posted.items():
        try:
            number = float(str(text))
        except ValueError:
            continue
        if math.isfinite(number):
            found[str(key)] = number
    return found


def what_if_page(
    one: Outlook,
    asked: Mapping[str, float],
    *,
    scenario: str = "",
    may_save: bool = False,
    fault: str = "",
) -> WhatIfPage:
    """The sliders, and the answer to what was asked.

    scenario: the key of the kept one that `asked` is. may_save: whether the reader may keep scenarios.
    fault: why one was not kept.
    """
    refused = _refused(one, asked)
    may = {key: at for key, at in asked.items() if key not in refused}
    found = _movable(one, may, scenario)
    moved = _moved(found, may)
    return WhatIfPage(
        url=reverse("what-if", args=[one.product.slug]),
        page_url=reverse("outlook", args=[one.product.slug]),
        sliders=tuple(slider_of(driver, moved.get(driver.key, driver.point)) for driver in found),
        still=HELD[decides(one)] if found else f"Nothing can be moved here: {unmovable(one)}.",
        answer=_answer(one, found, moved, refused),
        scenarios=tuple(Choice(row.key, row.name, row.key == scenario) for row in scenarios(one.product)),
        save_url=reverse("scenarios", args=[one.product.slug]) if may_save else "",
        compare_url=reverse("scenarios", args=[one.product.slug]) + (f"?compare={scenario}" if scenario else ""),
        fault=fault,
    )


def answer_to(one: Outlook, asked: Mapping[str, float], *, scenario: str = "") -> Answer:
    """The answer alone: a slider that is moved asks for nothing else. Unknown where one is moved where it cannot be."""
    found = _movable(one, asked, scenario)
    return _answer(one, found, _moved(found, asked), _refused(one, asked))


def _refused(one: Outlook, asked: Mapping[str, float]) -> dict[str, str]:
    """Name → why it cannot be what is asked, of the drivers that are asked to be where they cannot be."""
    names = {driver.key: driver.name for driver in movable(one)}
    lies = outside(one.known, {key: at for key, at in asked.items() if key in names})
    return {key: f"{names[key]}: {lie.refusal(asked[key])}" for key, lie in lies.items()}


def _movable(one: Outlook, asked: Mapping[str, float], scenario: str) -> list[Movable]:
    """Those of a kept scenario reach as far as it needs."""
    return [_reaching(driver, asked) if scenario else driver for driver in movable(one)]


def _moved(found: list[Movable], asked: Mapping[str, float]) -> dict[str, float]:
    """Where drivers are moved to, within their ends."""
    return {
        driver.key: min(max(asked[driver.key], driver.low), driver.high) for driver in found if _leaves(driver, asked)
    }


def _leaves(driver: Movable, asked: Mapping[str, float]) -> bool:
    """Whether a driver is moved at all: within half a step of its point it is not."""
    return abs(asked.get(driver.key, driver.point) - driver.point) > 0.51 * _step(driver)


def _answer(one: Outlook, found: list[Movable], moved: Mapping[str, float], refused: Mapping[str, str]) -> Answer:
    """refused: name → why it cannot be what is asked; nothing is computed then."""
    solved = Unknown("; ".join(refused.values())) if refused else what_if(one, moved) if moved else None
    total = one.total if solved is None else solved if isinstance(solved, Unknown) else solved.total
    return Answer(
        total=total,
        difference=difference(total, one.total) if moved or refused else None,
        chance=one.chance if solved is None else None if isinstance(solved, Unknown) else solved.chance,
        chance_now=one.chance,
        now=one.total,
        moved=(
            *(f"{driver.name} {_words(driver, moved[driver.key])}" for driver in found if driver.key in moved),
            *refused,
        ),
    )


def moved_from(one: Outlook, asked: Mapping[str, float]) -> dict[str, float]:
    """What was asked of the sliders, without those that stand where their assumption is."""
    return {driver.key: asked[driver.key] for driver in movable(one) if _leaves(driver, asked)}


def _reaching(driver: Movable, asked: Mapping[str, float]) -> Movable:
    at = asked.get(driver.key, driver.point)
    return replace(driver, low=min(driver.low, at), high=max(driver.high, at))


def _step(driver: Movable) -> float:
    """A step that is 1, 2 or 5 times a power of ten, about a hundredth of the range."""
    raw = (driver.high - driver.low) / STEPS
    power = 10.0 ** math.floor(math.log10(raw))
    return next(power * part for part in (1, 2, 5, 10) if power * part >= raw)


def slider_of(driver: Movable, value: float | None = None, *, prefix: str = "") -> Slider:
    """value: where it stands, at its assumption where None. prefix: of its name."""
    value = driver.point if value is None else value
    step = _step(driver)
    places = max(0, -math.floor(math.log10(step) + 1e-9))

    def text(number: float) -> str:
        return f"{number:.{places}f}"

    low, high = math.ceil(driver.low / step) * step, math.floor(driver.high / step) * step
    return Slider(
        name=f"{prefix}{driver.key}",
        label=driver.name,
        unit="" if _percent(driver) else unit_names.unit_words(driver.unit),
        low=text(low),
        high=text(high),
        step=text(step),
        value=text(round(value / step) * step),
        words=_words(driver, value),
        percent=_percent(driver),
        describes=f"95 % band {numerals.span(low, high, driver.unit, places=_shown(driver))}",
    )


def _percent(driver: Movable) -> bool:
    return unit_names.is_share(driver.unit)


def _shown(driver: Movable) -> int:
    """Decimals of a value in words: those of its step."""
    return max(0, -math.floor(math.log10(_step(driver)) + 1e-9) - (2 if _percent(driver) else 0))


def _words(driver: Movable, value: float) -> str:
    return str(numerals.word(Figure(value, driver.unit), places=_shown(driver), scale="%" if _percent(driver) else ""))
