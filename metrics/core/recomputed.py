"""Whether a figure that is computed again is the one that was kept: equal, equal on another machine, or different.

Results keep their draws in single precision. A draw that another machine computes a little differently may round to the
neighbouring number there, and to no other: what is kept must lie between the draws a billionth lower and higher, each
rounded as results are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

import numpy as np

from metrics.core.estimate import Draws, Estimate, Quantity, Unknown, as_json

EQUAL, CLOSE, DIFFERS = "equal", "equal within 1e-9 (other machine)", "differs"
WITHIN = 1e-9
FEWEST_DIGITS, MOST_DIGITS = 6, 17


def in_single(draws: Draws) -> Draws:
    """Draws as results keep them."""
    return draws.astype("<f4").astype(np.float64)


def differences(kept: Quantity, again: Quantity) -> tuple[str, list[str]]:
    """How a kept quantity stands to the same computed again, and each part of it that differs, in words."""
    if isinstance(kept, Unknown) or isinstance(again, Unknown):
        found = apart(as_json(kept), as_json(again))
        return (DIFFERS, found) if found else (EQUAL, [])
    found = apart(_heading(kept), _heading(again))
    if (kept.draws is None) != (again.draws is None):
        found.append(f"draws: kept {_number_of(kept.draws)}, computed {_number_of(again.draws)}")
    elif kept.draws is not None and again.draws is not None:
        found += _draws_apart(kept.draws, again.draws)
    if found:
        return DIFFERS, found
    if kept.draws is not None and again.draws is not None and not np.array_equal(kept.draws, in_single(again.draws)):
        return CLOSE, []
    return (EQUAL if kept.point == again.point else CLOSE), []


def printed_differences(printed: Mapping[str, Any], again: Quantity) -> tuple[str, list[str]]:
    """As `differences`, of a quantity of which only the printed point and band are at hand."""
    level = printed.get("level", 0.95)
    if not isinstance(level, float) or not 0 < level < 1:
        return DIFFERS, [f"level: printed {level!r}, computed 0.95"]
    if isinstance(again, Unknown) or again.draws is None:
        found = apart(printed, as_json(again, level))
        return (DIFFERS if found else _exact(printed, as_json(again, level))), found
    single = Estimate(again.point, again.unit, in_single(again.draws))
    shown = as_json(single, level)
    found = apart({**printed, "low": None, "high": None}, {**shown, "low": None, "high": None})
    below, above = (Estimate(again.point, again.unit, edge).band(level) for edge in _edges(again.draws))
    for name, least, most in zip(("low", "high"), below or (), above or (), strict=True):
        value = printed.get(name)
        if not _is_number(value) or not least <= value <= most:
            found += apart({name: value}, {name: shown[name]}, within=0)
    return (DIFFERS, found) if found else (_exact(printed, shown), [])


def apart(printed: Mapping[str, Any], again: Mapping[str, Any], *, within: float = WITHIN) -> list[str]:
    """Each name under which two printed figures differ, with the digits that differ: "point: printed …, computed …"."""
    found = []
    for name in dict.fromkeys([*printed, *again]):
        one, other = printed.get(name), again.get(name)
        if _is_number(one) and _is_number(other):
            if abs(one - other) > within * max(abs(one), abs(other)):
                found.append("{}: printed {}, computed {}".format(name, *digits(one, other)))
        elif one != other or (name in printed) != (name in again):
            found.append(f"{name}: printed {_said(printed, name)}, computed {_said(again, name)}")
    return found


def digits(one: float, other: float) -> tuple[str, str]:
    """Two numbers with as many significant digits as tell them apart."""
    for count in range(FEWEST_DIGITS, MOST_DIGITS):
        shown = _written(one, count), _written(other, count)
        if shown[0] != shown[1]:
            return shown
    return repr(one), repr(other)


def _written(value: float, count: int) -> str:
    if value == 0 or not 1e-5 <= abs(value) < 1e15:
        return f"{value:.{count}g}"
    return np.format_float_positional(value, precision=count, unique=False, fractional=False, trim="-")


def _heading(estimate: Estimate) -> dict[str, Any]:
    heading = {"point": estimate.point, "unit": estimate.unit}
    return heading if estimate.no_band is None else heading | {"no_band": estimate.no_band}


def _exact(printed: Mapping[str, Any], again: Mapping[str, Any]) -> str:
    return EQUAL if dict(printed) == dict(again) else CLOSE


def _edges(draws: Draws) -> tuple[Draws, Draws]:
    margin = WITHIN * np.abs(draws)
    return in_single(draws - margin), in_single(draws + margin)


def _draws_apart(kept: Draws, again: Draws) -> list[str]:
    if kept.shape != again.shape:
        return [f"draws: kept {len(kept)}, computed {len(again)}"]
    least, most = _edges(again)
    wrong = np.flatnonzero(~((least <= kept) & (kept <= most)))
    if not wrong.size:
        return []
    first = int(wrong[0])
    told = "draw {}: kept {}, computed {}".format(
        first + 1, *digits(float(kept[first]), float(in_single(again)[first]))
    )
    return [told + (f", and {wrong.size - 1} more" if wrong.size > 1 else "")]


def _number_of(draws: Draws | None) -> str:
    return "none" if draws is None else str(len(draws))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _said(of: Mapping[str, Any], name: str) -> str:
    return repr(of[name]) if name in of else "nothing"
