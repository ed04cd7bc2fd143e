"""How fast a formula is answered: python -m tests.benchmarks.formula [URL SLUG USERNAME PASSWORD].

Printed: reading a formula, and its value over 2,000 draws (held to 1 ms, median). With the address of a running
server and somebody who may look at the product: the what-if over HTTP, with one slider moved each time (held to 50 ms,
99th percentile of 300 answers after 20 to warm up).
"""

from __future__ import annotations

import re
import sys
import time

import httpx
import numpy as np

from metrics.core.draws import K
from metrics.core.estimate import Estimate
from metrics.core.formula import estimate, parse
from metrics.core.formula.parsing import _parsed

DRAWS_LIMIT, HTTP_LIMIT = 0.001, 0.050
UNITS = {
    "recall": "",
    "precision": "",
    "volume": "booking/month",
    "value": "EUR/booking",
    "offer": "",
    "call_cost": "EUR/booking",
}
TEXTS = (
    "volume * value * recall",
    "volume * (recall * (value * (1 - offer)) - call_cost / precision)",
    "volume * clip(value * recall - call_cost, 0 * call_cost, value) if precision > 0.5 else 0",
    "min(volume * value, volume * call_cost * 40) * sqrt(recall * precision) + 0",
)


def timed(act, repeats):
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - start)
    return np.array(seconds)


def formulas():
    generator = np.random.default_rng(3)
    draws = {name: 0.6 + 0.05 * generator.standard_normal(K) for name in UNITS}
    values = {name: Estimate(0.6, unit, draws[name]) for name, unit in UNITS.items()}
    held = True
    for text in TEXTS:
        formula = parse(text, UNITS)
        read = timed(lambda text=text: _parsed.__wrapped__(text, tuple(UNITS.items()), ()), 200)
        over = timed(lambda formula=formula: formula.evaluate(draws), 500)
        whole = timed(lambda formula=formula: estimate(formula, values), 200)
        held &= bool(np.median(over) <= DRAWS_LIMIT)
        print(
            f"{text}\n  read {1e3 * np.median(read):.2f} ms; {K:,} draws: median {1e3 * np.median(over):.3f} ms, "
            f"p99 {1e3 * np.quantile(over, 0.99):.3f} ms; as an estimate {1e3 * np.median(whole):.3f} ms"
        )
    return held


def what_if(url, slug, username, password):
    with httpx.Client(base_url=url, follow_redirects=True) as client:

        def token(page):
            found = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)
            return {"X-CSRFToken": found[1] if found else "", "HX-Request": "true", "Referer": url}

        given = {"username": username, "password": password}
        client.post("/sign-in/", data=given, headers=token(client.get("/sign-in/").text)).raise_for_status()
        address = f"/p/{slug}/what-if/"
        sliders = client.get(address, headers={"HX-Request": "true"}).text
        slider = next(tag for tag in re.findall(r"<input[^>]+>", sliders) if 'type="range"' in tag)
        name, low, high = (re.search(rf' {part}="([^"]+)"', slider)[1] for part in ("name", "min", "max"))
        headers = token(sliders)
        moves = iter(np.linspace(float(low), float(high), 320))

        def answer():
            client.post(address, data={name: f"{next(moves):.6g}"}, headers=headers).raise_for_status()

        timed(answer, 20)
        seconds = timed(answer, 300)
    print(
        f"what-if of {slug} over HTTP, {name} moved: median {1e3 * np.median(seconds):.1f} ms, "
        f"p99 {1e3 * np.quantile(seconds, 0.99):.1f} ms"
    )
    return bool(np.quantile(seconds, 0.99) <= HTTP_LIMIT)


if __name__ == "__main__":
    held = formulas()
    if len(sys.argv) == 5:
        held &= what_if(*sys.argv[1:])
    sys.exit(0 if held else 1)
