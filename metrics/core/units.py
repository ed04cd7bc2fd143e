"""Units of measure: currencies, counting nouns and their products.

Nothing is ever converted: EUR and USD, month and year are different units, and only their algebra is used. A dated
exchange rate or "12 month/year" is an assumption of its own, with a unit that makes the formula come out.

Grammar: factors joined by `*`, `·`, `/` or `per`, read from left to right, each with an optional power, such as
`EUR`, `EUR/booking`, `EUR per booking per month`, `1/month`, `customer^2`. A pure number is `""`, or one of the words
of `NUMBER_WORDS`. Money is an ISO 4217 code in capitals; what is measured has a symbol of `SYMBOLS`, such as GW and
MWh; every other unit is a noun in lower-case letters, of one word or of several: "half hour" is half_hour.

>>> str(unit("EUR per booking") * unit("bookings/month"))
'EUR/month'
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import cast

from metrics.core.late import pint

_ISO_4217 = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF
    IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
    MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR
    SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES
    VND VUV WST XAF XCD XOF XPF YER ZAR ZMW"""
_FAMILIAR = """
    booking call case click contact contract customer day email event hour impression lead loan message minute month
    night order passenger prediction product quarter request review room row second shipment stay subscription ticket
    transaction trip unit user visit week year"""

_MEASURED = """
    W kW MW GW TW Wh kWh MWh GWh TWh J kJ MJ GJ TJ kV A Hz kHz MHz GHz N kN Pa kPa MPa K mL L kL ML GL dB B kB MB GB
    TB"""

CURRENCIES = frozenset(_ISO_4217.split())
SYMBOLS = frozenset(_MEASURED.split())
"""Symbols with a capital letter; those in small letters, such as t, kg, km and ms, are nouns like any other."""
NOUNS = frozenset(_FAMILIAR.split())
"""Nouns whose plural with s means the same unit; any other lower-case noun is a unit too."""
NUMBER_WORDS = frozenset({"", "1", "share", "ratio", "fraction", "probability", "score"})
SHARE_WORDS = frozenset({"share", "fraction", "probability"})
"""Those of them that lie between 0 and 1."""
MOST_CHARACTERS = 120
HIGHEST_POWER = 12

# Lower-case words that are surely a mistyped currency; rarer codes (all, cup, pen, try) are also English nouns.
_MISTYPED = frozenset({"eur", "usd", "gbp", "chf", "jpy", "cny", "sek", "nok", "dkk", "pln", "inr", "aud"})
_MISSPELT = {one.lower(): one for one in ("W", "kW", "MW", "GW", "TW", "Wh", "kWh", "MWh", "GWh", "TWh")}
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
_PIECE = re.compile(
    r"\s*(?:(?P<join>\*(?!\*)|/|·|per\b)|(?P<one>1\b)"
    r"|(?P<name>[a-z][a-z0-9_]*(?:(?:-| +)(?!per\b)[a-z][a-z0-9_]*)+(?![A-Za-z0-9_])|[A-Za-z][A-Za-z0-9_]*)"
    r"(?:\s*(?:\^|\*\*)\s*(?P<power>-?\d{1,2}|\(\s*-?\d{1,2}\s*/\s*\d{1,2}\s*\)))?)\s*",
    re.ASCII,
)


class UnitError(ValueError):
    """A text is no unit, or two units do not go together; the message names the remedy."""


@dataclass(frozen=True)
class Unit:
    """A product of powers of base units. Equal units are equal objects; `str` gives the one spelling of each."""

    powers: pint.UnitsContainer

    def __post_init__(self) -> None:
        for name, power in self.factors().items():
            if abs(power) > HIGHEST_POWER or power.denominator > HIGHEST_POWER:
                raise UnitError(f"{_shown(name, power)} is beyond the powers that a unit may have ({HIGHEST_POWER})")

    def factors(self) -> dict[str, Fraction]:
        """Base unit → power, none of them 0; currencies first, then by name."""
        ordered = sorted(self.powers, key=lambda name: (name not in CURRENCIES, name))
        return {name: cast("Fraction", self.powers[name]) for name in ordered}

    @property
    def is_number(self) -> bool:
        """Whether this is a pure number (a share, a ratio, a count without a noun)."""
        return not self.powers

    def __mul__(self, other: Unit) -> Unit:
        return Unit(self.powers * other.powers)

    def __truediv__(self, other: Unit) -> Unit:
        return Unit(self.powers / other.powers)

    def __pow__(self, power: Fraction | int) -> Unit:
        return Unit(_container({name: own * power for name, own in self.factors().items()}))

    def __str__(self) -> str:
        factors = self.factors().items()
        above = "*".join(_shown(name, power) for name, power in factors if power > 0)
        below = "".join("/" + _shown(name, -power) for name, power in factors if power < 0)
        return (above or ("1" if below else "")) + below


def _container(powers: dict[str, Fraction]) -> pint.UnitsContainer:
    return pint.UnitsContainer({name: power for name, power in powers.items() if power}, non_int_type=Fraction)


def _shown(name: str, power: Fraction) -> str:
    if power == 1:
        return name
    return f"{name}^{power}" if power.denominator == 1 else f"{name}^({power})"


@lru_cache(maxsize=1)
def number() -> Unit:
    """The unit of a pure number."""
    return Unit(_container({}))


@lru_cache(maxsize=4096)
def unit(text: str) -> Unit:
    """The unit that a text means. Raises UnitError, naming the part that is not understood and the remedy."""
    if len(text) > MOST_CHARACTERS:
        raise UnitError(f"a unit has at most {MOST_CHARACTERS} characters, this one {len(text)}")
    if text.strip() in NUMBER_WORDS:
        return number()
    if "%" in text:
        raise UnitError("rates are kept as fractions: write share instead of %")
    if sign := next((sign for sign in _SIGNS if sign in text), ""):
        raise UnitError(f"write the currency {sign} by its code: {_SIGNS[sign]}")
    text = text.replace("²", "^2").replace("³", "^3")
    powers: dict[str, Fraction] = {}
    above, needs_factor, place = 1, True, 0
    while place < len(text):
        piece = _PIECE.match(text, place)
        if piece is None or needs_factor == bool(piece["join"]):
            beside = piece is not None and not needs_factor
            remedy = "join two units by / or *, such as EUR/booking" if beside else "write it like EUR/booking"
            raise UnitError(f"{_quoted(text)} is not a unit at {_quoted(text[place:])}: {remedy}")
        if piece["join"]:
            above = -1 if piece["join"] in ("/", "per") else 1
        elif piece["name"]:
            name = _known(piece["name"])
            if name not in NUMBER_WORDS:
                powers[name] = powers.get(name, Fraction(0)) + above * _power(piece["power"])
        needs_factor, place = bool(piece["join"]), piece.end()
    if needs_factor:
        raise UnitError(f"{_quoted(text)} ends too early: write a unit after the last sign")
    return Unit(_container(powers))


def same(first: str, second: str) -> bool:
    """Whether two texts mean one unit: "share" and "", "EUR per booking" and "EUR/booking". Raises UnitError."""
    return unit(first) == unit(second)


def _power(written: str | None) -> Fraction:
    if written is None:
        return Fraction(1)
    above, _, below = written.strip("() ").partition("/")
    if below and int(below) == 0:
        raise UnitError("a power over 0 has no meaning")
    return Fraction(int(above), int(below or 1))


def misspelt(text: str) -> str:
    """What a symbol without its capitals is meant to be: "EUR/mwh" is EUR/MWh; "" where nothing is misspelt."""
    meant = re.sub(r"[A-Za-z0-9_]+", lambda word: _MISSPELT.get(word[0], word[0]), text)
    return meant if meant != text else ""


def noun(text: str) -> str:
    """A noun as it is written in a unit: "Half-hour" is half_hour. Raises UnitError for what is none."""
    written = re.sub(r"[-\s]+", "_", text.strip().lower())
    if not re.fullmatch(r"[a-z][a-z0-9_]*", written, re.ASCII):
        raise UnitError(f"{_quoted(text)} is no noun: write letters and digits, such as booking or half hour")
    if written in NUMBER_WORDS or written == "per":
        raise UnitError(f"{_quoted(text)} names no thing that is counted: write a noun, such as booking or half hour")
    return _known(written)


def _known(name: str) -> str:
    """The base unit that a name stands for: a currency or a symbol as it is, a familiar plural as its singular."""
    if name in CURRENCIES or name in SYMBOLS:
        return name
    words = re.split(r"[- ]+", name)
    if len(words) > 1 and not {"of", *NUMBER_WORDS}.isdisjoint(words):
        raise UnitError(f"{_quoted(name)} says what it is of: write the unit alone, such as share or booking")
    name = "_".join(words)
    if name.upper() in CURRENCIES and (name in _MISTYPED or not name.islower()):
        raise UnitError(f"write the currency {_quoted(name)} in capitals: {name.upper()}")
    if not name.islower():
        near = difflib.get_close_matches(name[:8].upper(), sorted(CURRENCIES), n=1, cutoff=0.8)
        symbol = next((one for one in sorted(SYMBOLS) if one.lower() == name.lower()), "")
        hint = f"did you mean {symbol or near[0]}?" if symbol or near else f"a noun has small letters: {name.lower()}"
        raise UnitError(f"{_quoted(name)} is no currency and no unit of measure known here: {hint}")
    whole, last = name[:-1], name.rpartition("_")[2]
    return whole if name.endswith("s") and last[:-1] in NOUNS else name


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
