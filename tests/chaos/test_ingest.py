"""Runs are taken once each and none is lost: posts at once, web killed, broker away, one writer, bad ones among good.

The long form is `make ingest`, with the counts that RELIABILITY.md promises; it keeps what it measured.
"""

import json
import os
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from kpiplatform.client import ClientError
from tests.chaos import ingest
from tests.chaos.ingest import ROWS, SLUG, Broker, Served, manifest
from tests.promises import measured

pytestmark = pytest.mark.chaos

LONG = os.environ.get("KPI_INGEST") == "long"
SEED = int(os.environ.get("KPI_SEED", "14"))
ROUNDS = 200 if LONG else 3
AT_ONCE = 50
KEYED, WEB_KILLS = (1000, 20) if LONG else (60, 2)
AWAY = 60.0 if LONG else 3.0
SLOWER = 1.5
WRITERS, WRITES = 8, 200 if LONG else 8
KILLS = 50
SUBMISSIONS, A_BATCH = (10_000, 250) if LONG else (120, 40)
FIGURES: dict[str, list[str]] = {}  # of the long form; a promise may be held by several tests


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Broker]]:
    with ingest.on_postgresql(tmp_path_factory.mktemp("ingest")) as found:
        yield found


@pytest.fixture
def said(figure: Callable[[str, str], None]) -> Callable[[str, str], None]:
    """Says what was measured; of the long form it is kept."""

    def tell(promise: str, text: str) -> None:
        print(f"{promise}  {text}")
        figure(promise, text)
        if LONG:
            FIGURES.setdefault(promise, []).append(text)
            measured(promise, figure="; ".join(FIGURES[promise]), command="make ingest")

    return tell


@pytest.mark.services
@pytest.mark.promise("R1")
def test_posts_at_once_with_one_key_make_one_run_and_get_one_answer(production: Any, said: Any) -> None:
    served, _ = production
    runs, keys = served.count("evaluationrun"), served.count("idempotencykey")
    codes: Counter[int] = Counter()
    with served.http() as http, ThreadPoolExecutor(AT_ONCE) as posts:
        for number in range(ROUNDS):
            key = {"Idempotency-Key": f"round {SEED} {number}"}
            body = _body(number)
            found = list(posts.map(lambda _: http.post("/runs/", headers=key, **body), range(AT_ONCE)))  # noqa: B023
            codes.update(answer.status_code for answer in found)
            assert {answer.status_code for answer in found} <= {202, 409}, [answer.text for answer in found]
            assert len({answer.content for answer in found if answer.status_code == 202}) == 1
            again = http.post("/runs/", headers=key, **body)
            assert again.content in {answer.content for answer in found}
            other = http.post("/runs/", headers=key, **_body(number, brier=0.5))
            assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "reused")
    assert served.count("evaluationrun") - runs == ROUNDS
    assert served.count("idempotencykey") - keys == ROUNDS
    answered = ", ".join(f"{count:,} × {code}" for code, count in sorted(codes.items()))
    said("R1", f"{ROUNDS} rounds of {AT_ONCE} posts at once: {ROUNDS} runs; {answered}")


def _body(number: int, brier: float = 0.25) -> dict[str, Any]:
    """Metrics alone, or every other time with a file of rows."""
    of = {"model": "at once", "version": "one", "name": f"round {number}", "metrics": {"brier": brier}}
    if number % 2 == 0:
        return {"json": of}
    return {"data": {"manifest": json.dumps(of)}, "files": {"file": ("rows.csv", ROWS, "text/csv")}}


@pytest.mark.services
@pytest.mark.promise("R2")
def test_the_web_killed_under_keyed_posts_loses_no_run_and_doubles_none(production: Any, said: Any) -> None:
    served, _ = production
    before, ids, given_up = served.count("evaluationrun"), [], []
    left = iter(range(KEYED))

    def send(number: int) -> None:
        with served.client() as client:
            while (at := next(left, None)) is not None:
                of = {"model": f"killed {number}", "version": "one", "name": f"killed {at}", "collect": False}
                of |= {"metrics": {"brier": at / KEYED}, "idempotency_key": f"killed {SEED} {at}"}
                while True:
                    try:
                        ids.append((at, client.log_run(SLUG, **of)["id"]))
                        break
                    except ClientError as error:  # where a start takes longer than the client keeps at it
                        given_up.append(error)
                        if error.status or len(given_up) > KEYED:
                            raise

    ended = ingest.started(8, send, lambda: ids)
    killed, chance = 0, random.Random(SEED)
    for at in sorted(chance.sample(range(5, KEYED - 5), WEB_KILLS)):
        ingest.until(lambda at=at: len(ids) >= at, within=300, every=0.005)
        served.kill_web(whole=killed % 2 == 0)
        killed += 1
        ingest.until(served.answers, within=60)
    ended()
    rows = served.installation.ask("SELECT name, id FROM metrics_evaluationrun WHERE name LIKE 'killed %'")
    lost = {(f"killed {at}", key) for at, key in ids} - set(rows)
    double = len(rows) - len({name for name, _ in rows})
    assert (len(ids), len(lost), double) == (KEYED, 0, 0)
    assert served.count("evaluationrun") - before == KEYED
    said("R2", f"{KEYED:,} keyed posts, web killed {killed} times: {len(lost)} lost, {double} double")
    print(f"    the client gave up {len(given_up)} times, and was asked again with the same key")


@pytest.mark.services
@pytest.mark.promise("R5")
@pytest.mark.parametrize("how", ["down", "frozen"])
def test_with_the_broker_away_every_run_is_taken_and_computed_once_it_is_back(
    production: Any, how: str, said: Any
) -> None:
    served, broker = production
    served.drained(within=300)
    normal = _sent_for(served, AWAY) if LONG else None
    go, come = (broker.kill, broker.start) if how == "down" else (broker.freeze, broker.thaw)
    go()
    try:
        found = _sent_for(served, AWAY)
        waiting = served.undone()
    finally:
        come()
    drained = served.drained()
    assert found.codes
    assert set(found.codes) == {202}
    assert waiting
    assert served.count("evaluationrun", "state = 'received'") == 0
    text = f"broker {how} {AWAY:.0f} s: {len(found.codes):,} posts, all 2xx, nothing left {drained:.0f} s after"
    if normal is not None:
        share = found.p95() / normal.p95()
        text += f", p95 {1000 * found.p95():.0f} ms, {share:.2f} × normal"
        assert share <= SLOWER
    said("R5", text)


def _sent_for(served: Served, seconds: float) -> ingest.Sent:
    stop = threading.Event()
    ended = served.sending(4, stop)
    time.sleep(seconds)
    stop.set()
    found: ingest.Sent = ended()
    return found


@pytest.mark.promise("R11")
def test_of_eight_who_write_at_once_on_sqlite_none_is_told_of_a_lock(tmp_path: Path, said: Any) -> None:
    with ingest.on_sqlite(tmp_path) as served:
        codes: Counter[int] = Counter()

        def write(number: int) -> None:
            with served.http() as http:
                for at in range(WRITES):
                    codes[http.post("/runs/", json=manifest(number, at)).status_code] += 1

        ingest.started(WRITERS, write, lambda: codes)()
        served.drained()
        assert codes == {202: WRITERS * WRITES}
        assert served.count("evaluationrun") == WRITERS * WRITES
        assert served.count("evaluationrun", "state <> 'scored'") == 0
        assert ingest.locked(served.installation) == []
    said("R11", f"SQLite: {WRITERS} threads × {WRITES} writes beside the worker, 0 told of a lock")


@pytest.mark.slow
@pytest.mark.promise("R11")
def test_the_program_killed_fifty_times_in_the_demonstration_loses_nothing(
    loaded: Callable[[], Path], computed: Callable[[], Path], embedded: Any, tools: Any, said: Any
) -> None:
    calm = tools.Installation(computed())
    shutil.copytree(loaded(), embedded.folder, dirs_exist_ok=True)
    chance, killed = random.Random(SEED), 0
    for at in range(KILLS):
        words = ("demo", "--no-serve") if at % 2 else ("up", "--port", str(tools.free_port()))
        process = embedded.start(*words)
        time.sleep(chance.uniform(1.0, 7.0))
        below = tools.descendants(process.pid)
        if process.poll() is None:
            process.kill()
            killed += 1
        process.wait()
        for pid in below:  # they end by themselves; whoever does not would keep the file
            tools.until(lambda pid=pid: not _alive(pid), within=30)
    last = embedded.start("demo", "--no-serve", "--json")
    assert last.wait(timeout=900) == 0, last.err.read_text()[-3000:]
    told, calmly = (json.loads(text.read_text()) for text in (last.out, calm.folder / "printed.json"))
    assert told["products"] == calmly["products"]
    for table in ("metrics_metricresult", "metrics_kpiresult", "metrics_revenueresult"):
        asked = f"SELECT digest, unit, point, unknown_reason, low80, high80, low95, high95, draws FROM {table}"
        assert set(calm.ask(asked)) <= set(embedded.ask(asked))
    assert embedded.ask("SELECT count(*) FROM metrics_work WHERE state <> 'done'") == [(0,)]
    said("R11", f"killed {killed} times in the demonstration: 0 lost, every value equal to the last bit")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# What is wrong with a run, and the field that its rejection names.
FAULTS: tuple[tuple[Callable[[dict[str, Any]], object], str], ...] = (
    (lambda of: of.pop("model"), "model"),
    (lambda of: of.update(model=""), "model"),
    (lambda of: of.update(version="x" * 121), "version"),
    (lambda of: of.update(task="divination"), "task"),
    (lambda of: of.update(metrics={}), "file"),
    (lambda of: of.update(metrics={"brier": 25}), "brier"),
    (lambda of: of.update(metrics={"brier": "low"}), "brier"),
    (lambda of: of.update(surprise=1), "surprise"),
    (lambda of: of.update(version="one\x07"), "version"),
    (lambda of: of.update(name="a\x00b"), "name"),
    (lambda of: of.update(name="half \ud83d"), "name"),
    (lambda of: of.update(metrics={"brier": float("nan")}), "brier"),
    (lambda of: of.update(metrics={"brier": 10**40}), "brier"),
)


@pytest.mark.services
@pytest.mark.promise("R12")
def test_accepted_and_rejected_are_all_that_was_sent_and_each_rejection_says_why(production: Any, said: Any) -> None:
    served, _ = production
    before, chance, counted = served.count("evaluationrun"), random.Random(SEED), Counter[str]()
    with served.http() as http:
        for start in range(0, SUBMISSIONS, A_BATCH):
            sent = [_perhaps_wrong(chance, start + at) for at in range(A_BATCH)]
            bodies = [body for body, _ in sent]
            # most together, as a script sends them; the last ten one by one
            together = _posted(http, "/runs/batch/", {"runs": bodies[:-10]})
            assert together.status_code == 200, together.text
            answer = together.json()
            alone = [_posted(http, "/runs/", body) for body in bodies[-10:]]
            found = [*answer["runs"], *(one.json() for one in alone)]
            assert answer["accepted"] + answer["rejected"] == len(answer["runs"]) == A_BATCH - 10
            for (body, wrong), one in zip(sent, found, strict=True):
                counted["rejected" if "errors" in one or "id" not in one else "accepted"] += 1
                if wrong:
                    reasons = one.get("errors", [])
                    assert reasons, (body, one)
                    assert all(error["field"] and error["message"] for error in reasons), (body, one)
                    assert any(wrong in error["field"] for error in reasons), (body, one)
                else:
                    assert "id" in one, (body, one)
    assert counted.total() == SUBMISSIONS
    assert served.count("evaluationrun") - before == counted["accepted"]
    text = f"{SUBMISSIONS:,} sent: {counted['accepted']:,} accepted + {counted['rejected']:,} rejected with a reason"
    said("R12", text)


def _posted(http: httpx.Client, path: str, body: dict[str, Any]) -> httpx.Response:
    """As any program may send it, with NaN and halves of characters."""
    return http.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})


def _perhaps_wrong(chance: random.Random, at: int) -> tuple[dict[str, Any], str]:
    """A manifest, one in three of them with a fault; and the field that is at fault, "" for none."""
    of = manifest(at % 7, at) | {"name": f"sent {at}"}
    if chance.random() > 1 / 3:
        return of, ""
    spoil, wrong = chance.choice(FAULTS)
    spoil(of)
    return of, wrong
