"""A column of numbers as people write them, read by what the whole column says.

A comma or a point stands before decimals or between thousands; one cell often leaves it open ("1,250"), and the others
tell ("987,50"). Where they do not, the column is refused with both readings. Groups have three digits and do not begin
with 0 (CLDR number patterns: #,##0, and #,##,##0 of India); blanks and apostrophes are always between groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import overload

from metrics.core.pasted.wrong import NotRead, Wrong, quoted

SIGNS = (",", ".")
CALLED = {",": "a comma", ".": "a point"}
LIMIT = Decimal(10) ** 16
MINUSES = "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d-"  # the hyphen last, as in a class of characters
BLANKS = " \u00a0\u2007\u2009\u202f"
_APOSTROPHES = "'’ʼ"
_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u200e\u200f\u202a\u202c\u2060\u2066\u2069"))
_SYMBOLS = {"€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₴": "UAH", "₪": "ILS", "฿": "THB"}
_SYMBOLS |= {"US$": "USD", "R$": "BRL", "A$": "AUD", "C$": "CAD", "HK$": "HKD", "zł": "PLN", "Kč": "CZK", "Fr.": "CHF"}
_CODES = (
    "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW MAD MXN MYR NGN "
    "NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD UAH USD UYU VND ZAR"
)
_CURRENCY = "|".join(
    re.escape(one) for one in [*sorted(_SYMBOLS, key=len, reverse=True), "$", "¥", "kr", *_CODES.split()]
)
_LEADS = re.compile(rf"(?:(?P<sign>[+{MINUSES}])|(?P<currency>{_CURRENCY})|(?P<percent>%))[{BLANKS}]*")
_ENDS = re.compile(
    rf"[{BLANKS}]*(?:(?P<sign>[+{MINUSES}])|(?P<currency>{_CURRENCY})|(?P<percent>%)|(?P<scale>k|K|M|bn))$"
)
_SCALES = {"k": 3, "K": 3, "M": 6, "bn": 9}
_EXPONENT = re.compile(rf"(.*[0-9.,])[eE]([+{MINUSES}]?[0-9]{{1,3}})")
_WHOLE = {
    sign: re.compile(
        rf"[0-9]+|[1-9][0-9]{{0,2}}([{re.escape(group)}{BLANKS}{_APOSTROPHES}])[0-9]{{3}}(?:\1[0-9]{{3}})*"
        + (r"|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}" if group == "," else "")
    )
    for sign, group in ((",", "."), (".", ","))
}
_PLAINLY = "Write it with digits alone, such as -1200.50"
_NOTHING = frozenset(
    {"", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "#div/0!", "#wert!", "#value!", "#ref!", "…"}
)
_LEAVE_OUT = "Leave out the line where nothing is known"
_ASK = "Say which of the two stands before decimals: decimal “,” or decimal “.”"


@dataclass(frozen=True)
class Numbers:
    """The numbers of a column, None where a cell is empty; said: sentences on what was decided over them.

    currency: the code or sign that stands beside them, "" where none does.
    """

    values: tuple[Decimal | None, ...]
    said: tuple[str, ...] = ()
    currency: str = ""


@dataclass(frozen=True)
class _Cell:
    """A cell that is not empty: its place and text; the digits with what is between them; what stands around these."""

    at: int
    text: str
    body: str = ""
    negative: bool = False
    power: int = 0
    exponent: bool = False
    currency: str = ""
    percent: bool = False
    scale: str = ""

    @property
    def quoted(self) -> str:
        return quoted(self.text)

    @property
    def is_nothing(self) -> bool:
        return self.text.strip(MINUSES + "—. ").lower() in _NOTHING

    def value(self, sign: str) -> Decimal | None:
        """Its value where `sign` stands before decimals; None where it cannot be written so."""
        whole, _, decimals = self.body.partition(sign)
        if not re.fullmatch("[0-9]*", decimals) or not (whole or decimals):
            return None
        plain = re.fullmatch("[0-9]+", whole) if self.exponent else _WHOLE[sign].fullmatch(whole)
        if whole and not plain:
            return None
        digits = re.sub("[^0-9]", "", whole)
        written = f"{'-' if self.negative else ''}{digits or 0}{'.' if decimals else ''}{decimals}"
        found = Decimal(written).scaleb(self.power)
        if abs(found) >= LIMIT:
            return None
        return found.quantize(Decimal(1)) if int(found.as_tuple().exponent) > 0 else found

    def wrong(self, message: str, remedy: str, code: str = "invalid") -> Wrong:
        return Wrong(at=self.at, message=message, remedy=remedy, code=code)


def numbers(texts: Sequence[str], *, decimal: str = "", beside: Iterable[Sequence[str]] = ()) -> Numbers:
    """The numbers of a column of texts; percents are divided by 100.

    decimal: the sign before decimals where somebody said it, "," or ".". beside: further columns of the same file,
    asked where this one leaves it open. Raises NotRead naming each cell that is no number, or why the column as a whole
    has no one reading.
    """
    cells = _cells(texts)
    signs = decimal or "".join(SIGNS)
    with_sign = f" with {CALLED[decimal]} before decimals" if decimal else ""
    wrong = [
        cell.wrong(f"{cell.quoted} is no number{with_sign}", _LEAVE_OUT if cell.is_nothing else _PLAINLY)
        for cell in cells
        if all(cell.value(sign) is None for sign in signs)
    ] or [*_units(cells)]
    if wrong:
        raise NotRead(wrong)
    whole = _whole_readings(cells, signs)
    if not whole:
        raise NotRead([_two_signs(cells)])
    said = []
    sign = next(iter(whole))
    if len({tuple(values) for values in whole.values()}) > 1:
        others = {_only_sign(other) for other in beside} - {""}
        if len(others) != 1:
            raise NotRead([_open(cells, whole)])
        sign = others.pop()
        said.append(f"{CALLED[sign]} is read as the sign before decimals, as in the other columns")
    values = dict(zip((cell.at for cell in cells), whole[sign], strict=True))
    currency = next((cell.currency for cell in cells if cell.currency), "")
    return Numbers(tuple(map(values.get, range(len(texts)))), (*said, *_said(cells, whole[sign])), currency)


def number(text: str) -> Decimal | None:
    """A number that stands by itself, None where there is none; raises NotRead, whose remedy is what to write."""
    try:
        return numbers([text]).values[0]
    except NotRead as refused:
        wrong = refused.wrong[0]
        if wrong.code != "ambiguous_decimal":
            raise
        readings = (numbers([text], decimal=sign).values[0] for sign in SIGNS)
        remedy = "Write " + " or ".join(plainly(value) for value in readings if value is not None)
        raise NotRead([replace(wrong, remedy=remedy)]) from refused


def plainly(value: Decimal) -> str:
    """A number so that it can be read in one way alone: never with three decimals."""
    whole, _, decimals = shown(value).partition(".")
    return f"{whole}.{decimals}0" if len(decimals) == 3 else shown(value)


def is_number(text: str) -> bool:
    """Whether a cell, looked at alone, can be read as a number in any way."""
    return any(cell.value(sign) is not None for cell in _cells([text]) for sign in SIGNS)


def _only_sign(texts: Sequence[str]) -> str:
    """The sign before decimals, where a column can be read with one only."""
    found = [*_whole_readings(_cells(texts), SIGNS)]
    return found[0] if len(found) == 1 else ""


def _whole_readings(cells: Sequence[_Cell], signs: Iterable[str]) -> dict[str, list[Decimal]]:
    """Sign before decimals → the values of the column, where each cell has one."""
    readings = {sign: [value for cell in cells if (value := cell.value(sign)) is not None] for sign in signs}
    return {sign: values for sign, values in readings.items() if len(values) == len(cells)}


def _cells(texts: Sequence[str]) -> list[_Cell]:
    bare = [text.translate(_UNSEEN).strip(BLANKS + "\t\r\n") for text in texts]
    return [_cell(at, text) for at, text in enumerate(bare) if text]


def _cell(at: int, text: str) -> _Cell:
    """A cell parted into its digits and what stands around them, each at most once."""
    seen: dict[str, str] = {}
    rest = text
    while True:
        if not {"bracket", "sign"} & set(seen) and rest[:1] == "(" and rest[-1:] == ")":
            seen["bracket"], rest = "(", rest[1:-1].strip(BLANKS)
            continue
        found = _LEADS.match(rest) or _ENDS.search(rest)
        kind = (found and found.lastgroup) or ""
        if not found or kind in seen:
            break
        seen[kind], rest = found[kind], rest[: found.start()] + rest[found.end() :]
        if kind == "sign" and ("bracket" in seen or rest[-1:] in SIGNS):  # “1.200,-” has no cents, and is no minus
            return _Cell(at, text)
    exponent = _EXPONENT.fullmatch(rest)
    power = int(re.sub(f"[{MINUSES}]", "-", exponent[2])) if exponent else 0
    currency = seen.get("currency", "")
    return _Cell(
        at,
        text,
        body=exponent[1] if exponent else rest,
        negative="bracket" in seen or seen.get("sign", "+") in MINUSES,
        power=power + _SCALES.get(seen.get("scale", ""), 0) - (2 if "percent" in seen else 0),
        exponent=exponent is not None,
        currency=_SYMBOLS.get(currency, currency),
        percent="percent" in seen,
        scale=seen.get("scale", ""),
    )


def _units(cells: Sequence[_Cell]) -> Iterator[Wrong]:
    """Percents beside plain numbers, and several currencies, are not of one unit."""
    kinds = {cell.percent: cell for cell in reversed(cells)}
    if len(kinds) > 1:
        what = f"{kinds[True].quoted} is a percent and {kinds[False].quoted} is none"
        later = max(kinds.values(), key=lambda cell: cell.at)
        yield later.wrong(what, "Write all of them with %, or none", "mixed")
    coins = {cell.currency: cell for cell in reversed(cells) if cell.currency}
    if len(coins) > 1:
        first, second, *_ = sorted(coins.values(), key=lambda cell: cell.at)
        what = f"{first.quoted} and {second.quoted} are of different currencies"
        yield second.wrong(what, "Convert them to one", "mixed")


def _two_signs(cells: Sequence[_Cell]) -> Wrong:
    """Where each cell is a number, and the column has none: some need a comma before decimals, some a point."""
    comma, point = (next(cell for cell in cells if cell.value(sign) is None) for sign in (".", ","))
    what = f"{comma.quoted} has a decimal comma and {point.quoted} a decimal point"
    later = max(comma, point, key=lambda cell: cell.at)
    return later.wrong(what, "Write the whole column with one of them", "mixed")


def _open(cells: Sequence[_Cell], whole: Mapping[str, Sequence[Decimal]]) -> Wrong:
    readings = zip(cells, whole[","], whole["."], strict=True)
    cell, comma, point = next(one for one in readings if one[1] != one[2])
    what = f"{cell.quoted} is {shown(point)} with a decimal point and {shown(comma)} with a decimal comma"
    where = " in the column" if len(cells) > 1 else ""
    return cell.wrong(f"{what}, and nothing{where} says which", _ASK, "ambiguous_decimal")


def _said(cells: Sequence[_Cell], values: Sequence[Decimal]) -> Iterator[str]:
    """What a reader of the values must know: how percents and scales were read, and the currency."""
    told = [*zip(cells, values, strict=True)]
    if first := next((one for one in told if one[0].percent), None):
        yield f"percents are divided by 100: {first[0].text} is {shown(first[1])}"
    if first := next((one for one in told if one[0].scale), None):
        yield f"{first[0].text} is read as {shown(first[1])}"
    if first := next((one for one in told if one[0].currency), None):
        yield f"the numbers are given in {first[0].currency}"


@overload
def trimmed(value: Decimal) -> Decimal: ...
@overload
def trimmed(value: None) -> None: ...
def trimmed(value: Decimal | None) -> Decimal | None:
    """A number without the zeros at its end that a table adds."""
    return None if value is None else Decimal(shown(value))


def shown(value: Decimal | None) -> str:
    """A number as it may be pasted again: digits and a point, without zeros at its end; "" where there is none."""
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
