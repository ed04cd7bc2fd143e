"""What an executive reads holds no jargon and one law of numbers: every page of theirs, on a product with all in it.

The pages are those of the navigation but for the scientist's part and the mappings, with all that they lead to there.
"""

import re
from collections import deque
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client

from metrics.models.evaluation import EvaluationRun
from metrics.models.product import Product

PAGE = re.compile(r"/(portfolio|waiting|receipts/\w+|p/[\w-]+(/(risks|changes|kpis|assumptions)(/[\w-]+)?)?)/")
LINK = re.compile(r'href="(/[^"#?]*)"')
HIDDEN = re.compile(r"<(script|style|svg|select|textarea|nav|aside)\b.*?</\1>|<head>.*?</head>|<!--.*?-->", re.DOTALL)
INLINE = re.compile(r"</?(?:a|b|i|em|strong|span)\b[^>]*>")
SPOKEN = re.compile(r'\s(?:aria-label|title|alt)="([^"]*)"')
RUN = "gbm-0417-s2"
MONEY = r"(?:k|M|bn)? ?[A-Z]{3}\b"
NUMBER = r"[−+]?\d[\d,.]*"

# What must not be read, and an example of it.
FORBIDDEN = {
    "the name of a run": (re.compile(RUN), f"by {RUN}"),
    "a name as programs write it": (re.compile(r"\b[a-z][a-z0-9]*_[a-z0-9_]+\b"), "mix by lead_time"),
    "a word of statistics or of programs": (
        re.compile(r"\b(?:PSI|AUC|ROC|Kolmogorov|Wasserstein|Krippendorff|Brier|null|NaN|dict)\b"),
        "adr with a PSI of 2.07",
    ),
    "“definition”": (re.compile(r"\bdefinition\b", re.IGNORECASE), "Definition +59.6 k"),
    "a month as programs write it": (re.compile(r"(?<![\w-])\d{4}-(?:0[1-9]|1[0-2])(?![\w-])"), "up to 2017-03"),
    "months that are not named": (
        re.compile(r"\b(?:next|last|coming|past) (?:\d+|two|three|six|nine|twelve) months\b", re.IGNORECASE),
        "in the next twelve months",
    ),
    "a whole number with decimals": (re.compile(r"(?<![\d.,])1\.0{3,}(?!\d)"), "1.0000"),
    "a share that is no percent": (
        re.compile(rf"(?<!loss )(?<![\d.,±−+])0\.\d+(?!\d)(?! (?:–|to) {NUMBER})(?! ?(?:%|k\b|M\b|bn\b|[A-Z]{{3}}\b))"),
        "now 0.4 of all",
    ),
    "a percent without its space": (re.compile(r"\d%"), "100.0%"),
    "a range of two units": (
        re.compile(rf"{NUMBER} {MONEY} (?:to|–) {NUMBER} {MONEY}"),
        "−59,520,930 EUR to 1.39 M EUR",
    ),
}


def read(html: str) -> str:
    """What is read of a page, seen or spoken: no side, no drawing, no fields."""
    spoken = SPOKEN.findall(HIDDEN.sub(" ", html))
    seen = re.sub(r"<[^>]+>", " | ", INLINE.sub("", HIDDEN.sub(" ", html)))
    return re.sub(r"\s+", " ", unescape(" | ".join([seen, *spoken])))


def pages(client: Client) -> Iterator[tuple[str, str]]:
    """Address and text of each page, of those of one kind a few."""
    waiting, seen = deque(["/portfolio/", "/waiting/"]), {"/portfolio/", "/waiting/"}
    while waiting:
        address = waiting.popleft()
        answer = client.get(address)
        assert answer.status_code == 200, address
        html = answer.content.decode()
        yield address, read(html)
        for to in LINK.findall(html):
            if PAGE.fullmatch(to) and to not in seen and "/new/" not in to:
                seen.add(to)
                waiting.append(to)


def faults(client: Client) -> list[str]:
    found = []
    for address, text in pages(client):
        for what, (pattern, _) in FORBIDDEN.items():
            found += [
                f"{address}: {what}: …{text[max(0, at.start() - 40) : at.end() + 40]}…" for at in pattern.finditer(text)
            ]
    return found


@pytest.mark.parametrize(("pattern", "example"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_each_rule_finds_what_it_forbids(pattern: re.Pattern[str], example: str) -> None:
    assert pattern.search(example)


@pytest.mark.parametrize(
    "fine",
    [
        "0.55 M EUR",
        "0.50 – 0.86 M",
        "80 % band 0.44 to 0.76 M",
        "−0.05 M EUR",
        "−54 to −41 M EUR",
        "2.4 EUR / booking",
        "0.034 %",
        "10.05",
        "2017-03-01",
        "Sep 2026 – Aug 2027",
    ],
)
def test_what_is_printed_as_it_should_be_is_fine(fine: str) -> None:
    assert not [what for what, (pattern, _) in FORBIDDEN.items() if pattern.search(fine)]


@pytest.mark.django_db
@pytest.mark.parametrize("today", [date(2017, 3, 10), date(2017, 6, 10), date(2026, 11, 29)])
def test_an_executive_reads_plain_words_and_numbers_of_one_law(world, executive, client, monkeypatch, today) -> None:
    """While the projection is to come, while a part of it is over, and when all of it is."""
    EvaluationRun.objects.update(name=RUN)
    monkeypatch.setattr(Product, "today", lambda self: today)
    client.force_login(executive)
    assert faults(client) == []


@pytest.mark.django_db
def test_of_an_empty_product_too(product: Any, executive: Any, client: Client) -> None:
    client.force_login(executive)
    assert faults(client) == []


@pytest.mark.django_db
@pytest.mark.parametrize("task", ["forecast", "multiclass"])
def test_of_a_product_that_has_a_run_and_nothing_else(logged: Any, executive: Any, client: Client, task: str) -> None:
    logged(task, name=RUN)
    client.force_login(executive)
    assert faults(client) == []
