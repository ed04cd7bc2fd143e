"""The figures of a choice as one file: every run that was judged, with all its draws. The choice follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import Draws, Estimate, Quantity, Unknown
from metrics.core.evaluation.statistics.container import packed, unpacked
from metrics.core.selection.choice import Choice, judged
from metrics.core.selection.terms import asks

FORM = "kpiplatform figures of a choice 1"


@dataclass(frozen=True)
class Version:
    """The version of a run, as it was called then."""

    name: str


@dataclass(frozen=True)
class Called:
    """A run, as it was called then."""

    pk: str
    name: str
    version: Version


def frozen(of: Choice[Any]) -> bytes:
    """The file; the same choice, the same bytes."""
    draws: list[Draws] = []
    runs = [
        {
            "run": one.run.pk,
            "name": one.run.name,
            "version": one.run.version.name,
            "called": one.name,
            "complexity": one.complexity,
            "figures": {key: _figure(figure, draws) for key, figure in sorted(one.figures.items(), key=itemgetter(0))},
        }
        for one in of.judged
    ]
    champion = of.champion.name if of.champion else ""
    header = {"form": FORM, "runs": runs, "champion": champion, "waiting": of.waits}
    return packed(header, [np.stack(draws) if draws else np.zeros((0, 0))])


def _figure(figure: Quantity, draws: list[Draws]) -> dict[str, Any]:
    """A figure with the place of its draws, which are added to those there are."""
    if isinstance(figure, Unknown):
        return {"unknown": figure.reason}
    place = None
    if figure.draws is not None:
        place = len(draws)
        draws.append(figure.draws)
    return {"point": figure.point, "unit": figure.unit, "no_band": figure.no_band, "draws": place}


def thawed(content: bytes, terms: Mapping[str, Any], aside: Iterable[tuple[str, str]]) -> Choice[Called]:
    """The choice of a file, by terms as they were stored, without the lines that were set aside.

    Raises ValueError, LookupError or TypeError where the file is none, or not of these terms.
    """
    header, (draws,) = unpacked(content)
    if header["form"] != FORM:
        raise ValueError(f"the figures are of another form than {FORM}")
    asked, champion = asks(terms, aside), header["champion"]
    figures = {one["called"]: _figures(one["figures"], draws) for one in header["runs"]}
    found = [
        judged(
            Called(one["run"], one["name"], Version(one["version"])),
            one["called"],
            figures[one["called"]],
            asked,
            champion=None if one["called"] == champion or not champion else figures[champion],
            complexity=None if one["complexity"] is None else float(one["complexity"]),
        )
        for one in header["runs"]
    ]
    return Choice(found, asked, champion=champion, waiting=bool(header["waiting"]))


def _figures(given: Mapping[str, Any], draws: Floats) -> dict[str, Quantity]:
    return {
        key: Unknown(one["unknown"])
        if "unknown" in one
        else Estimate(
            float(one["point"]),
            one["unit"],
            None if one["draws"] is None else draws[one["draws"]],
            one["no_band"],
        )
        for key, one in given.items()
    }
