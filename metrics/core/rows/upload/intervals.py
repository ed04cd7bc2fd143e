"""Which columns of a forecast are the bounds of its interval, and at what level: said by names or by the sender."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from metrics.core.rows.refusal import UploadError, UploadWarning, ascii_controls

PAIR = ("y_low", "y_high")
_SIDES = r"(lo|low|lower|hi|high|upper)"
# lo80, y_low_80, yhat_lower_80, AutoARIMA-hi-95, upper_95%, lower_0.8
_BOUND = re.compile(rf"(?i)(?:(.*)[^a-z])?{_SIDES}[-_. ]*([1-9][0-9](?:\.[0-9]+)?|0?\.[0-9]+)%?")
# q05, q0.95, p10, quantile_0.975, yhat_q95, 0.05
_QUANTILE = re.compile(
    r"(?i)(?:(.*)[^a-z0-9.])?(?:(?:q|p|quantile|percentile)[-_. ]*([0-9]{1,3}|0?\.[0-9]+)|(0?\.[0-9]+))"
)
# yhat_lower, lower, upper_bound, ci_high
_PLAIN = re.compile(rf"(?i)(?:(.*)[^a-z])?{_SIDES}(?:[-_. ]?(?:bound|ci|limit))?")
_OTHER = {"lo": "hi", "low": "high", "lower": "upper", "hi": "lo", "high": "low", "upper": "lower"}
_LOWER = ("lo", "low", "lower")
_SAY = "Say it: --interval 80 for 80 %, interval_level=0.8 from Python."


class Interval(NamedTuple):
    """The columns of the lower and the upper bound, and the nominal level between them."""

    low: str
    high: str
    level: float


@dataclass(frozen=True, kw_only=True)
class _Bound:
    """What the name of a column says of a bound. stem: what stands before, by which models are told apart.

    other: the name of the other bound, "" of a quantile, which may be there without it.
    """

    stem: str
    level: float
    lower: bool
    other: str


def interval_columns(names: Mapping[str, str], level: float | None) -> Interval | None:
    """The interval of a forecast; None where it has none.

    names: after renaming → in the file. y_low and y_high have the level that their names in the file say, or that is
    asked for. Other bounds have it in their names: lo90 and hi90, yhat_lower_80 and yhat_upper_80, q05 and q95. Raises
    UploadError for half a pair, where nothing says the level, and where it is open which pair is meant.
    """
    pairs = _pairs(names)
    if set(PAIR) & set(names):
        own = _own_level(names, level)
        same = [pair for pair in pairs if pair.level == level and names[pair.low] == pair.low]
        if own is not None or not same:
            return Interval(*PAIR, own if own is not None else _asked(level))
        pairs = [Interval(*PAIR, _asked(level)), *same]
        level = None
    meant = [pair for pair in pairs if level in (None, pair.level)]
    if len(meant) > 1 or (pairs and not meant):
        raise _open(pairs, meant, level)
    return meant[0] if meant else None


def level_by_names(names: Mapping[str, str], interval: Interval) -> UploadWarning:
    """What is told of a level that nobody asked for and that the names of the bounds say."""
    low, high = (names.get(name, name) for name in (interval.low, interval.high))
    message = f"{low} to {high} is read as an interval of {100 * interval.level:g} %, as the names say"
    remedy = "If another level is meant, name the columns after it."
    return UploadWarning(field=interval.low, code="interval_level", message=ascii_controls(message), remedy=remedy)


def unnamed_bounds(names: Iterable[str]) -> UploadWarning | None:
    """What is told of columns that look like the bounds of an interval, and are not read as such."""
    found = {name: (parts[1] or "", parts[2].lower()) for name in names if (parts := _PLAIN.fullmatch(name))}
    for low, (stem, side) in found.items():
        high = next((name for name, at in found.items() if at == (stem, _OTHER[side])), None)
        if side in _LOWER and high is not None:
            message = f"{low} and {high} look like the bounds of an interval, and are left out"
            remedy = f"{_renamed(low, high)} --interval LEVEL, such as 80."
            return UploadWarning(field=low, code="unknown_column", message=ascii_controls(message), remedy=remedy)
    return None


def _pairs(names: Mapping[str, str]) -> list[Interval]:
    """The pairs of bounds that say their level, the lowest level first."""
    bounds = {name: bound for name in names if name not in PAIR and (bound := _bound(name))}
    found = []
    for name, bound in bounds.items():
        high = next(
            (
                other
                for other, at in bounds.items()
                if not at.lower
                and (at.stem, at.level) == (bound.stem, bound.level)
                and bool(at.other) == bool(bound.other)
            ),
            None,
        )
        if bound.lower and high is not None:
            found.append(Interval(name, high, bound.level))
    paired = {name for pair in found for name in pair[:2]}
    for name, bound in bounds.items():
        if bound.other and name not in paired:
            raise _half(bound.other, name)
    return sorted(found, key=lambda pair: (pair.level, pair.low))


def _bound(name: str) -> _Bound | None:
    """What a name says of a bound; None for any other name."""
    if parts := _BOUND.fullmatch(name):
        side, start = parts[2].lower(), parts.start(2)
        other = name[:start] + _OTHER[side] + name[parts.end(2) :]
        level = float(parts[3]) if float(parts[3]) < 1 else float(parts[3]) / 100
        return _Bound(stem=parts[1] or "", level=round(level, 6), lower=side in _LOWER, other=other)
    if parts := _QUANTILE.fullmatch(name):
        digits = parts[2] or parts[3]
        share = float(digits) if "." in digits else float(digits) / (1000 if len(digits) == 3 else 100)
        if 0 < share < 1 and share != 0.5:
            return _Bound(stem=parts[1] or "", level=round(abs(1 - 2 * share), 6), lower=share < 0.5, other="")
    return None


def _own_level(names: Mapping[str, str], level: float | None) -> float | None:
    """The level that y_low and y_high had in their names before they were renamed. Raises UploadError for one alone,
    and where that is not the level asked for or neither is there."""
    for name, other in (PAIR, PAIR[::-1]):
        if name not in names:
            raise _half(name, other)
    said = {bound.level for name in PAIR if (bound := _bound(names[name]))}
    own = said.pop() if len(said) == 1 else None
    if own is None and level is None:
        message = "at what level the interval from y_low to y_high is meant, such as 80 % or 95 %, is not said"
        raise UploadError("interval_level", "required", message, remedy=_SAY)
    if own is not None and level not in (None, own):
        message = (
            f"by their names {names['y_low']} and {names['y_high']} are of the level {own:g}, and the level asked "
        )
        message += f"for is {level:g}"
        raise UploadError("interval_level", "contradiction", ascii_controls(message), remedy=f"Ask for {own:g}.")
    return own


def _asked(level: float | None) -> float:
    assert level is not None  # _own_level
    return level


def _half(name: str, other: str) -> UploadError:
    message = f"the column {other} has no {name} beside it; an interval has two bounds"
    remedy = f"Add {name}, or leave {other} out."
    return UploadError(name, "missing_column", ascii_controls(message), remedy=ascii_controls(remedy))


def _open(pairs: list[Interval], meant: list[Interval], level: float | None) -> UploadError:
    message = f"it is open which interval is meant: the file has {', '.join(f'{p.low} to {p.high}' for p in pairs[:6])}"
    message += "" if level is None else f", and the level asked for is {level:g}"
    chosen = (meant or pairs)[0]
    remedy = f"Give its level, such as --interval {100 * chosen.level:g}."
    if chosen[:2] == PAIR:
        remedy = "Leave one out, or give the other a name: --rename y_low=unused_low --rename y_high=unused_high."
    elif len({pair.level for pair in meant}) < len(meant):
        remedy = f"Name its columns, such as {_renamed(chosen.low, chosen.high)}"
    return UploadError("interval_level", "contradiction", ascii_controls(message), remedy=remedy)


def _renamed(low: str, high: str) -> str:
    words = " ".join(f"--rename {shlex.quote(f'{name}={ours}')}" for name, ours in zip((low, high), PAIR, strict=True))
    return ascii_controls(words)
