"""Budget of uncertainty: how much of a band each input causes, what to measure next, and what knowing is worth.

The share is the first-order Sobol index Var(E[Y | X]) / Var(Y), from the figure's own draws: they are sorted by the
input and cut into cells of equal size, whose means vary with the input alone. What they vary by chance is taken off
(given-data estimator: Plischke, Borgonovo, Smith 2013; the correction is one-way analysis of variance's).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import varies
from metrics.core.draws import K
from metrics.core.estimate import Draws, Estimate, Unknown

CELLS = 40


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Share of the figure's variance by input, the largest first; interaction: what no input causes alone.

    measure_next: the reducible input with the largest share, None where none has any.
    """

    shares: Mapping[str, float]
    interaction: float
    measure_next: str | None


def budget(figure: Estimate, inputs: Mapping[str, Draws], *, reducible: Collection[str]) -> Budget | Unknown:
    """The budget of a figure from its draws and those of its inputs, (K,) each, draw k with draw k.

    An input with many numbers (the rows, a path of volumes) stands as the figure with it alone drawn. reducible: inputs
    that somebody could measure. Shares are known to about ±0.02. Unknown where the figure has no draws or none vary.
    """
    if figure.draws is None:
        return Unknown(figure.no_band or "no spread is known")
    if not varies(figure.draws):
        return Unknown("nothing varies")
    found = {name: first_order(figure.draws, drawn) for name, drawn in inputs.items()}
    shares = dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
    first = next((name for name, share in shares.items() if name in reducible and share > 0), None)
    return Budget(shares=shares, interaction=max(0.0, 1 - sum(shares.values())), measure_next=first)


def first_order(figure: Draws, drawn: Draws) -> float:
    """First-order share of one input, between 0 and 1; 0 for an input that does not vary."""
    if not varies(figure) or not varies(drawn):
        return 0.0
    whole = float(np.var(figure))
    cells = _cells(figure, drawn)
    between = float(np.var(cells.mean(axis=1)))
    chance = float(cells.var(axis=1, ddof=1).mean()) / cells.shape[1] * (1 - 1 / len(cells))
    return float(min(1.0, max(0.0, (between - chance) / whole)))


def value_of_certainty(choices: Mapping[str, Draws]) -> float:
    """Expected value of perfect information: mean over draws of the best choice, less the best of the means.

    choices: name → money in each draw, (K,). Never below 0. Raiffa and Schlaifer 1961.
    """
    table = _table(choices)
    return float(table.max(axis=0).mean() - table.mean(axis=1).max())


def value_of_knowing(choices: Mapping[str, Draws], drawn: Draws) -> float:
    """What knowing one input exactly before choosing is worth: the same, with means within cells of that input.

    A cell's choice is made on every other of its draws and scored on those between, and the reverse, so that chance
    among nearly equal choices is not taken for knowledge. Between 0 and what certainty is worth.
    """
    table = _table(choices)
    cells = np.stack([_cells(row, drawn) for row in table])
    halves = cells[..., ::2].mean(axis=2), cells[..., 1::2].mean(axis=2)
    known = [
        np.take_along_axis(scored, chosen.argmax(axis=0)[None], axis=0).mean()
        for chosen, scored in (halves, halves[::-1])
    ]
    return float(np.clip(np.mean(known) - table.mean(axis=1).max(), 0, value_of_certainty(choices)))


def _table(choices: Mapping[str, Draws]) -> Draws:
    if not choices:
        raise ValueError("there is nothing to choose from")
    return np.stack([np.broadcast_to(drawn, (K,)) for drawn in choices.values()])


def _cells(figure: Draws, drawn: Draws) -> Draws:
    """The figure's draws by cell of the input, (CELLS, K / CELLS), equal inputs in the order of their draws."""
    return figure[np.argsort(drawn, kind="stable")].reshape(CELLS, -1)
