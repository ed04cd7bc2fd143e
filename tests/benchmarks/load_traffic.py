"""The people and clients of `tests.benchmarks.load`, all in one process: what each asks for, and how long it took."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import random
import re
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import httpx

# Role → (what is looked at, how often, address): the homes and lists first, what lies deeper less often.
SCIENCE = (
    ("science: home", 12, "/science/"),
    ("runs: newest first", 14, "/p/{product}/runs/"),
    ("runs: by a metric", 9, "/p/{product}/runs/?sort=-roc_auc"),
    ("runs: a text", 7, "/p/{product}/runs/?q=parameter_3%3D{number}"),
    ("runs: a condition", 5, "/p/{product}/runs/?where=roc_auc+%3E+0.9&sort=log_loss"),
    ("run: champion's", 10, "/p/{product}/runs/{champion}/"),
    ("run: reported", 10, "/p/{product}/runs/{run}/"),
    ("compare", 5, "/p/{product}/compare/?run={champion}&run={run}"),
    ("metrics", 4, "/p/{product}/metrics/"),
    ("data sets", 4, "/p/{product}/datasets/"),
    ("mapping", 6, "/p/{product}/{mapping}"),
    ("which loss?", 3, "/p/{product}/fidelity/"),
    ("search", 6, "/search/?q=run+00{number}"),
    ("waiting", 5, "/waiting/"),
)
MANAGE = (
    ("manage: home", 14, "/manage/"),
    ("KPI board", 14, "/p/{product}/kpis/"),
    ("KPI", 12, "/p/{product}/kpis/value_per_booking/"),
    ("outlook", 12, "/p/{product}/"),
    ("assumptions", 6, "/p/{product}/assumptions/"),
    ("assumption", 5, "/p/{product}/assumptions/growth/"),
    ("mapping", 7, "/p/{product}/{mapping}"),
    ("decisions", 4, "/p/{product}/decisions/"),
    ("runs: newest first", 6, "/p/{product}/runs/"),
    ("changes", 5, "/p/{product}/changes/"),
    ("search", 5, "/search/?q=value"),
    ("waiting", 6, "/waiting/"),
    ("audit of a product", 4, "/p/{product}/audit/"),
)
EXECUTIVE = (
    ("portfolio", 16, "/portfolio/"),
    ("portfolio: a year", 8, "/portfolio/?period=fiscal-year&against=target"),
    ("portfolio: a group", 6, "/portfolio/?period=fiscal-year&against=target&group=Hotels"),
    ("outlook", 26, "/p/{product}/"),
    ("what-if", 8, "/p/{product}/what-if/?growth=0.1"),
    ("scenarios", 6, "/p/{product}/scenarios/"),
    ("risks", 5, "/p/{product}/risks/"),
    ("changes", 6, "/p/{product}/changes/"),
    ("receipt", 6, "/receipts/{receipt}/"),
    ("packs", 4, "/p/{product}/packs/"),
    ("deliveries", 4, "/deliveries/"),
    ("search", 5, "/search/?q=product+1"),
)
ADMIN = (
    ("work", 30, "/work/"),
    ("people", 20, "/people/"),
    ("audit of all", 20, "/audit/"),
    ("portfolio", 10, "/portfolio/"),
    ("audit of a product", 10, "/p/{product}/audit/"),
    ("search", 10, "/search/?q=product+1"),
)
PAGES = {"data_scientist": SCIENCE, "project_manager": MANAGE, "executive": EXECUTIVE, "admin": ADMIN}
LOADED = re.compile(r"<[^>]*\bhx-get=\"([^\"]+)\"[^>]*>")
PARTS = "parts that pages load"
PART = {"HX-Request": "true"}


@dataclass
class Found:
    """Kind → seconds of each answer, and what was no right answer."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: Counter[str] = field(default_factory=Counter)

    def of(self, prefix: str = "", *, but: str = "\0") -> list[float]:
        return sorted(
            one
            for kind, all_of in self.seconds.items()
            if kind.startswith(prefix) and not kind.startswith(but)
            for one in all_of
        )


def at(ordered: list[float], share: float) -> float:
    """The value that so many do not exceed, in ms."""
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Traffic:
    def __init__(self, url: str, plan: dict[str, Any], *, think: float, pause: float, seed: int = 14) -> None:
        self.url, self.plan, self.think, self.pause = url, plan, think, pause
        self.chance, self.found = random.Random(seed), Found()
        self.until = 0.0

    async def flow(self, seconds: float) -> Found:
        """Let all come for so long; gives what was found, and begins anew with the next call."""
        self.found, self.until = Found(), time.monotonic() + seconds
        people = [self._person(one) for one in self.plan["people"]]
        await asyncio.gather(*people, *(self._client(n, one) for n, one in enumerate(self.plan["clients"])))
        return self.found

    async def _person(self, person: dict[str, Any]) -> None:
        pages = PAGES[person["role"]]
        cookies = {"kpi_session": person["session"]}
        async with httpx.AsyncClient(base_url=self.url, cookies=cookies, timeout=60) as browser:
            await asyncio.sleep(self.chance.uniform(0, self.think))
            while time.monotonic() < self.until:
                kind, address = self.chosen(person, pages)
                text = await self._asked(browser, kind, "GET", address, headers=PART if kind == "what-if" else {})
                parts = [html.unescape(one[1]) for one in LOADED.finditer(text) if at_once(one[0])]
                await asyncio.gather(*(self._asked(browser, PARTS, "GET", one, headers=PART) for one in parts))
                await asyncio.sleep(self.chance.uniform(0.5, 1.5) * self.think)

    def chosen(self, person: dict[str, Any], pages: Any) -> tuple[str, str]:
        kind, _, address = self.chance.choices(pages, [often for _, often, _ in pages])[0]
        product = self.chance.choice(person["products"] or list(self.plan["products"]))
        there = self.plan["products"][product]
        run = self.chance.choice(there["runs"])
        number = self.chance.randrange(1000)
        return kind, address.format(**{**there, "run": run, "product": product, "number": number})

    async def _client(self, number: int, client: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {client['token']}"}
        address = f"/api/v1/products/{client['product']}/runs/"
        rows, sent = base64.b64decode(client["rows"]), 0
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=60) as http:
            await asyncio.sleep(self.chance.uniform(0, self.pause))
            while time.monotonic() < self.until:
                told = {"model": f"model {number % 8}", "version": f"v{sent % 12}", "name": f"logged {time.time():.3f}"}
                key = {"Idempotency-Key": f"{number} {time.time_ns()}"}
                if sent % 2:
                    of = told | {"metrics": {"roc_auc": self.chance.random(), "brier": 0.2}}
                    await self._asked(http, "log: metrics", "POST", address, json=of, headers=key)
                else:
                    of = {"manifest": json.dumps(told | {"dataset": f"rows {number}"})}
                    files = {"file": ("rows.parquet", rows, "application/octet-stream")}
                    await self._asked(http, "log: 1,200 rows", "POST", address, data=of, files=files, headers=key)
                sent += 1
                await asyncio.sleep(self.chance.uniform(0.5, 1.5) * self.pause)

    async def _asked(self, http: httpx.AsyncClient, kind: str, method: str, address: str, **more: Any) -> str:
        began = time.monotonic()
        try:
            answer = await http.request(method, address, **more)
        except httpx.HTTPError as error:
            self.found.wrong[f"{kind}: {type(error).__name__}"] += 1
            return ""
        self.found.seconds[kind].append(time.monotonic() - began)
        if not answer.is_success:
            self.found.wrong[f"{kind}: {answer.status_code} at {address.split('?')[0]}"] += 1
            return ""
        return answer.text if method == "GET" else ""


def at_once(tag: str) -> bool:
    """Whether a page loads a part as soon as it is there."""
    trigger = re.search(r"hx-trigger=\"([^\"]*)\"", tag)
    return trigger is not None and "load" in [word.strip() for word in trigger[1].split(",")]
