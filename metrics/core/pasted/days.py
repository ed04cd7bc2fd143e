"""A column of months or days as people write them, read by what the whole column says.

A year that comes first, a month by its name, "01/2014" and "31/01/2014" are certain; "01/02/2014" is read in the order
that the column shows, and refused with both readings where it shows none. Whole numbers of five digits, where all
cells are such, are Excel's days since 1899-12-30 (ECMA-376, 18.17.4.1).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from metrics.core.calendar import month_number
from metrics.core.pasted.wrong import NotRead, Wrong, quoted

ORDERS = {"dmy": "day/month/year", "mdy": "month/day/year"}
FIRST, LAST = 1900, 2200
EXCEL, EXCEL_FIRST, EXCEL_LAST = date(1899, 12, 30), date(1954, 1, 1), date(2119, 1, 1)
LEAST_SHOWN = 3  # months one after the other, by which an order shows

# English, German, French, Spanish and Italian; a name is known by its beginning.
_NAMES = (
    ("jan", "jän", "ene", "gen"),
    ("feb", "fév", "fev"),
    ("mar", "mär", "mrz"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mag"),
    ("jun", "juin", "giu"),
    ("jul", "juil", "lug"),
    ("aug", "aoû", "aou", "ago"),
    ("sep", "set"),
    ("oct", "okt", "ott"),
    ("nov",),
    ("dec", "dez", "déc", "dic"),
)
_FULL = """
    january february march april may june july august september october november december
    januar jänner februar märz mai juni juli oktober dezember
    janvier février fevrier mars avril juin juillet août aout septembre octobre novembre décembre decembre
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
    sept janv févr avr juil fevr
"""
_MONTHS = {name: number for number, names in enumerate(_NAMES, 1) for name in names}
_MONTHS |= {
    name: max((len(start), number) for start, number in _MONTHS.items() if name.startswith(start))[1]
    for name in _FULL.split()
}
_WORD = r"(?P<name>[A-Za-zäéûüöÄÉÛ]{3,10})\.?"
_TIME = (
    r"(?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[AaPp][Mm])?)"
    r"(?P<zone> ?Z| ?[+-][0-9]{2}:?[0-9]{2}| UTC)?"
)
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"(?P<year>[0-9]{4})(?P<by>[-/.])(?P<month>[0-9]{1,2})(?:(?P=by)(?P<day>[0-9]{1,2}))?",
        r"(?P<year>(?:19|20|21)[0-9]{2})(?P<month>0[1-9]|1[0-2])(?P<day>[0-9]{2})?",
        r"(?P<month>[0-9]{1,2})[-/.](?P<year>[0-9]{4})",
        rf"(?:(?P<day>[0-9]{{1,2}})\.?[- ])?{_WORD}[-/ ,]{{1,2}}(?:'|’)?(?P<year>[0-9]{{4}}|[0-9]{{2}})",
        rf"{_WORD} (?P<day>[0-9]{{1,2}}),? (?P<year>[0-9]{{4}})",
        rf"(?P<year>[0-9]{{4}})[-/ ]{_WORD}(?:[-/ ](?P<day>[0-9]{{1,2}}))?",
        r"(?P<one>[0-9]{1,2})(?P<by>[-/.])(?P<two>[0-9]{1,2})(?P=by)(?P<year>[0-9]{4})",
    )
)
_SERIAL = re.compile(r"([0-9]{5})(?:\.[0-9]+)?")
_ASK = "Say which of the two it is: dates “dmy” (the day first) or “mdy” (the month first)"


@dataclass(frozen=True)
class Day:
    """A day, or with whole the month that begins with it."""

    date: date
    whole: bool = False


@dataclass(frozen=True)
class Days:
    """The days of a column; said: sentences on what was decided over them."""

    days: tuple[Day, ...]
    said: tuple[str, ...] = ()


def days(texts: Sequence[str], *, order: str = "", monthly: bool = False) -> Days:
    """The days, or months, of a column of texts without empty cells.

    order: a key of ORDERS where somebody said it. monthly: that a line is of a month of its own, which shows an order
    too. Raises NotRead naming each cell that is none, or why the column as a whole has no one reading.
    """
    bare = [_bare(text) for text in texts]
    if bare and all(_serial(text) for text in bare):
        found = tuple(Day(_serial(text) or EXCEL) for text in bare)
        return Days(found, (f"days are read as Excel numbers them: {bare[0]} is {found[0].date}",))
    readings = [_readings(text) for text in bare]
    noun, write = ("month", "2017-08") if monthly else ("date", "2017-08-31")
    wrong = [
        Wrong(
            at=at,
            message=f"{quoted(texts[at].strip())} is no {noun}",
            remedy=f"Write it as {write}, or leave the line out",
        )
        for at, found in enumerate(readings)
        if not found
    ]
    if wrong:
        raise NotRead(wrong)
    whole = {
        way: [one for one in (found.get(way) or found.get("") for found in readings) if one]
        for way in ([order] if order else ORDERS)
    }
    whole = {way: found for way, found in whole.items() if len(found) == len(texts)}
    if not whole:
        raise NotRead([_no_order(texts, readings, order)])
    way = next(iter(whole))
    if len(whole) > 1 and whole["dmy"] != whole["mdy"]:
        way = _shown(whole) if monthly else ""
        if not way:
            raise NotRead([_open(texts, whole)])
    ordered = not order and any("" not in found for found in readings)
    return Days(tuple(whole[way]), (f"dates are read as {ORDERS[way]}",) if ordered else ())


def is_day(text: str) -> bool:
    """Whether a cell, looked at alone, can be read as a day or a month in any way."""
    return bool(_readings(_bare(text)) or _serial(_bare(text)))


def _bare(text: str) -> str:
    return re.sub(r"[\s\u00a0\u202f]+", " ", text.replace("\ufeff", "").replace("\u200e", "")).strip().strip("'\"")


def _readings(text: str) -> dict[str, Day]:
    """The day that a text is, under "" where it is one in any order, else under the orders in which it is one."""
    timed = re.fullmatch(rf"(?P<day>.+?)(?:T|,? ){_TIME}", text)
    for shape in _SHAPES:
        if found := shape.fullmatch(timed["day"] if timed else text):
            break
    else:
        return {}
    parts = {name: part or "" for name, part in found.groupdict().items()}
    year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)
    if not FIRST <= year <= LAST:
        return {}
    if parts.get("one", ""):
        one, two = int(parts.get("one", "")), int(parts.get("two", ""))
        ways = {"dmy": _day(year, two, one), "mdy": _day(year, one, two)}
        if parts.get("by", "") == ".":
            ways.pop("mdy")  # with points the day comes first, wherever dates are written so (CLDR)
        known = {way: day for way, day in ways.items() if day and not (timed and _may_be_another(timed, day))}
        return {"": known["dmy"]} if known.get("dmy") == known.get("mdy") and known else known
    month = _MONTHS.get(parts.get("name", "").lower(), 0) if parts.get("name", "") else int(parts["month"])
    day = _day(year, month, int(parts.get("day", "") or 1), whole=not parts.get("day", ""))
    return {"": day} if day and not (timed and _may_be_another(timed, day)) else {}


def _day(year: int, month: int, day: int, *, whole: bool = False) -> Day | None:
    try:
        return Day(date(year, month, day), whole)
    except ValueError:
        return None


def _may_be_another(timed: re.Match[str], day: Day) -> bool:
    """Whether a time with a zone can be of another month where the product is; midnight is meant as the day."""
    if not timed["zone"] or re.fullmatch(r"0?0:00(:00(\.0+)?)?", timed["time"]):
        return False
    return (day.date - timedelta(days=1)).month != (day.date + timedelta(days=1)).month


def _serial(text: str) -> date | None:
    found = _SERIAL.fullmatch(text)
    day = EXCEL + timedelta(days=int(found[1])) if found else EXCEL
    return day if EXCEL_FIRST <= day < EXCEL_LAST else None


def _no_order(texts: Sequence[str], readings: Sequence[dict[str, Day]], order: str) -> Wrong:
    if order:
        at = next(at for at, found in enumerate(readings) if not {order, ""} & set(found))
        return Wrong(at=at, message=f"{quoted(texts[at])} is no {ORDERS[order]}", remedy=_ASK)
    day, month = (next(at for at, found in enumerate(readings) if [*found] == [way]) for way in ORDERS)
    what = f"{quoted(texts[day])} has the day first and {quoted(texts[month])} the month"
    return Wrong(at=max(day, month), code="mixed", message=what, remedy="Write the whole column in one order")


def _shown(whole: dict[str, list[Day]]) -> str:
    """The order in which the days are the first of months one after the other, while in the other months repeat."""
    for way, other in (("dmy", "mdy"), ("mdy", "dmy")):
        months = [month_number(f"{day.date:%Y-%m}") for day in whole[way]]
        again = {(day.date.year, day.date.month) for day in whole[other]}
        firsts = all(day.date.day == 1 for day in whole[way])
        if firsts and len(months) >= LEAST_SHOWN and all(b - a == 1 for a, b in pairwise(sorted(months))):
            return way if len(again) < len(months) else ""
    return ""


def _open(texts: Sequence[str], whole: dict[str, list[Day]]) -> Wrong:
    at = next(at for at, (a, b) in enumerate(zip(whole["dmy"], whole["mdy"], strict=True)) if a != b)
    day, month = whole["dmy"][at].date, whole["mdy"][at].date
    what = f"{quoted(texts[at].strip())} is {day} with the day first and {month} with the month first"
    return Wrong(at=at, code="ambiguous_dates", message=f"{what}, and nothing in the column says which", remedy=_ASK)
