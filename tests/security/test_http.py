"""Every line of the corpus of HTTP attacks that concerns what exists: no 5xx, an expected status, and its invariant."""

import json
import re
import time
from pathlib import Path

import pytest
from django.test import Client

from metrics.models.evaluation import EvaluationRun
from metrics.services.kpi import kpis
from metrics.services.product import products
from tests.places import SHARED

pytestmark = pytest.mark.promise("S4")

CORPUS = SHARED / "corpora" / "http_attacks.jsonl"
LINES = [json.loads(line) for line in CORPUS.read_text().splitlines()] if CORPUS.exists() else []
CASES = {line["id"]: line for line in LINES}
PASSWORD = "a-long-password"

# Rooms that do not exist yet: (what a line's path or category shows, why nothing here answers it).
NOT_YET = [
    (lambda line: "/reports/" in line["path"] and "%2f" not in line["path"], "there are no reports yet"),
    (lambda line: line["path"].startswith("/share/"), "there are no share links yet"),
    (lambda line: "webhooks" in line["path"] and line["category"] != "ssrf", "there are no webhooks yet"),
]

# A run is taken in with 202; a method that no door has is 405, whoever asks; a body with a wrong signature is 400.
AS_GOOD_AS = {201: {202}, 200: {202}}
ALSO_RIGHT = {
    "HA-P009": {405},  # nobody changes oneself over the API
    "HA-P036": {400},  # a POST there makes a version, and its body is empty
    "HA-P013": {401},
}


def not_yet(line):
    return next((why for holds, why in NOT_YET if holds(line)), "")


def of(*categories):
    """The ids of the lines of some categories that concern what exists."""
    return [line["id"] for line in LINES if line["category"] in categories and not not_yet(line)]


def right(line, answer):
    """The status is one that the line expects, and nothing of the inside is shown."""
    expected = set(line["expect_status"]) | ALSO_RIGHT.get(line["id"], set())
    expected |= {code for status in expected for code in AS_GOOD_AS.get(status, set())}
    assert answer.status_code < 500, answer.content[:500]
    assert answer.status_code in expected, (answer.status_code, answer.content[:300])
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    for inside in (b"Traceback", b"SECRET_KEY", b"SELECT ", b"root:x:", b"site-packages"):
        assert inside not in body
    return body


@pytest.mark.shared
def test_every_line_is_answered_below_or_is_about_a_room_that_is_not_there_yet():
    known = set().union(*(of(*group) for group in GROUPS))
    left = {pk: not_yet(line) for pk, line in CASES.items() if pk not in known}
    assert [pk for pk, why in left.items() if not why] == []
    print(*(f"{pk}: {why}" for pk, why in left.items()), sep="\n")


GROUPS = [
    ("idor",),
    ("mass-assignment", "method", "header-override", "csrf"),
    ("auth",),
    ("host-header", "open-redirect"),
    ("path-traversal", "error"),
    ("upload-filename",),
    ("json-body", "content-type"),
    ("paging",),
    ("idempotency",),
    ("xss",),
    ("headers",),
    ("default-secret",),  # tests/security/test_production.py
    ("ssrf",),  # tests/security/test_outgoing.py
]


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", of("idor"))
def test_nothing_of_another_product_is_read_or_written(site, send, pk):
    line, before = CASES[pk], site.state()
    body = right(line, send(line)).decode()
    echoed = site.address(line) + json.dumps(site.body(line))
    for secret in site.secrets_of_b():
        assert str(secret) not in body.replace(echoed, "")
    assert site.state() == before
    absent = site.address(line)
    for name in ("B", "B.run", "B.mapping"):
        absent = absent.replace(str(site.names[name]), "000000000000" if "." in name else "no-such-product")
    assert send(line, path=absent).content.decode() == body


@pytest.mark.django_db
def test_a_mapping_on_the_kpi_or_the_metric_of_another_product_is_refused_as_on_none(site):
    client = site.api(site.people["scientist"])
    path = f"/api/v1/products/{site.a.slug}/mappings/"
    free = kpis.create_kpi(site.people["manager"], site.a, key="free", name="Free", unit="share")
    theirs, none = "secret_rate", "zzzzzz_rate"

    def said(name, **definition):
        body = {"kpi": name, "name": "x", "definition": {"kind": "formula", "text": "0.5"} | definition}
        answer = client.post(path, body)
        assert answer.status_code == 400
        return answer.json()["errors"][0]

    assert said(theirs)["message"].replace(theirs, "") == said(none)["message"].replace(none, "")
    for name in (theirs, none):
        fault = said(free.key, text=name)
        assert (fault["field"], fault["code"], fault["position"]) == ("definition.text", "unknown_name", 0)
    assert "secret" not in said(free.key, text="secret_rats")["message"].replace("secret_rats", "")


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", of("mass-assignment", "method", "header-override"))
def test_no_field_method_or_header_changes_what_has_its_own_door(site, send, pk):
    line, before = CASES[pk], site.state()
    right(line, send(line))
    assert site.state() == before


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["options", "trace", "put", "patch", "delete"])
def test_no_other_method_opens_a_page_that_get_does_not(site, method):
    browser = Client()
    browser.force_login(site.people["executive"])
    assert browser.get("/manage/").status_code == 403
    answer = getattr(browser, method)("/manage/")
    assert answer.status_code == 405
    assert b"<main" not in answer.content


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", of("csrf"))
def test_a_session_alone_approves_nothing_from_another_site(site, pk):
    line = CASES[pk]
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(site.people["manager"])
    version = site.a_mapping
    headers = {"HTTP_ORIGIN": line.get("headers", {}).get("Origin", "https://evil.example")}
    page = f"/p/{site.a.slug}/mappings/{version.mapping_id}/1/approve/"
    for path in (site.address(line), page):
        answer = browser.generic(
            line["method"], path, json.dumps({"digest": version.digest}), content_type="application/json", **headers
        )
        assert answer.status_code in {*line["expect_status"], 403, 405}, (path, answer.status_code)
    version.refresh_from_db()
    assert version.state == "endorsed"


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", of("auth"))
def test_nobody_comes_in_without_signing_in(site, send, pk):
    line = CASES[pk]
    if line["method"] == "POST":
        guesses_are_throttled(site)
        return
    answer = send(line)
    right(line, answer)
    if answer.status_code == 302:
        assert answer["Location"].startswith("/sign-in/?next=")


def guesses_are_throttled(site):
    """Fifty wrong passwords from one address, then one each from fifty; the right one from elsewhere still works."""

    def guess(name, password, address="203.0.113.1"):
        client = site.api(raising=False, REMOTE_ADDR=address)
        return client.post("/api/v1/tokens/", {"username": name, "password": password})

    answers = [guess("manager", f"wrong{number}") for number in range(50)]
    codes = [answer.status_code for answer in answers]
    assert codes.count(401) <= 10
    assert set(codes[10:]) == {429}
    unknown = guess("nobody-at-all", "wrong", "203.0.113.2")
    assert unknown.content == answers[0].content
    many = [guess("manager", "wrong", f"198.51.100.{number}").status_code for number in range(50)]
    again = [guess("manager", "wrong", f"198.51.100.{number}").status_code for number in range(50)]
    assert set(many) == {401}
    assert set(again) == {429}
    assert guess("manager", PASSWORD, "192.0.2.9").status_code == 201


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", of("host-header"))
def test_a_strange_host_is_refused_and_named_nowhere(site, send, pk):
    line = CASES[pk]
    body = right(line, send(line))
    assert b"evil.example" not in body


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", of("open-redirect"))
def test_signing_in_leads_to_this_site_only(site, pk):
    line = CASES[pk]
    answer = Client().post(site.address(line), {"username": "manager", "password": PASSWORD})
    right(line, answer)
    assert re.match(r"^/(?!/)", answer["Location"])


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", of("path-traversal", "error"))
def test_an_odd_path_shows_no_file_and_no_inside(site, send, pk):
    line = CASES[pk]
    right(line, send(line))


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", of("upload-filename"))
def test_a_files_name_chooses_no_place(site, send, settings, pk):
    line = CASES[pk]
    name = line["body"]["file"]["name"].encode()
    parts = [
        b'--cut\r\nContent-Disposition: form-data; name="manifest"\r\n\r\n{"model": "m", "version": "1"}\r\n',
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n',
        b"Content-Type: text/csv\r\n\r\nexample_id,y_true,y_score\na,1,0.9\nb,0,0.2\n\r\n--cut--\r\n",
    ]
    client = site.api(site.actor(line), raising=False)
    answer = client.generic(
        "POST", site.address(line), b"".join(parts), content_type="multipart/form-data; boundary=cut"
    )
    right(line, answer)
    assert not Path("/tmp/kpi_pwn.csv").exists()
    names = {file.name for file in settings.STORE_DIR.rglob("*") if file.is_file()}
    assert all(re.fullmatch(r"[0-9a-f]{64}", name) for name in names)


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", of("json-body", "content-type"))
def test_a_bad_body_is_refused_at_once_in_few_words_and_stores_nothing(site, send, pk):
    line, before = CASES[pk], site.state()
    content = eval(line["raw"], {"__builtins__": {"range": range}}) if "raw" in line else None
    begun = time.perf_counter()
    body = right(line, send(line, content=content))
    assert time.perf_counter() - begun < 1
    assert len(body) <= 4096
    assert site.state() == before


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", of("paging"))
def test_odd_paging_is_refused(site, send, pk):
    right(CASES[pk], send(CASES[pk]))


@pytest.mark.shared
@pytest.mark.django_db
def test_keyed_posts_make_one_run_and_another_body_is_refused(site, send):
    """Fifty at once are in tests/metrics/api/test_idempotency.py."""
    before = EvaluationRun.objects.count()
    bodies = []
    for pk in of("idempotency"):
        line = CASES[pk]
        body = {"model": "gbm", "version": "1", "metrics": {"log_loss": line["body"]["metrics"]["loss"]}}
        for _ in range(5):
            answer = send(line, content=json.dumps(body))
            bodies.append((answer.status_code, answer.content))
            right(line, answer)
    assert len({content for code, content in bodies if code == 202}) == 1
    assert EvaluationRun.objects.count() == before + 1


@pytest.mark.promise("S6")
@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", of("xss"))
def test_a_name_with_markup_is_text_wherever_it_is_shown(site, compute, pk):
    markup = CASES[pk]["body"]["name"]
    sent = site.api(site.people["scientist"]).post(
        f"/api/v1/products/{site.a.slug}/runs/",
        {"model": markup, "version": markup, "name": markup, "dataset": markup, "metrics": {"brier": 0.1}},
    )
    assert sent.status_code in {*CASES[pk]["expect_status"], 202}
    products.update_product(site.people["manager"], site.a, name=markup[:120], sentence=markup)
    compute()
    run = EvaluationRun.objects.get(product=site.a)
    browser = Client()
    browser.force_login(site.people["scientist"])
    where = f"/p/{site.a.slug}/"
    for path in ("/science/", where, f"{where}runs/", f"{where}runs/{run.pk}/", f"{where}kpis/", f"{where}mappings/"):
        page = browser.get(path)
        assert page.status_code == 200, path
        assert markup not in page.content.decode(), path
        policy = page["Content-Security-Policy"]
        assert "unsafe-inline" not in policy
        assert "default-src 'self'" in policy
    shown = site.api(site.people["scientist"]).get(f"/api/v1/runs/{run.pk}/")
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("application/json", "nosniff")


@pytest.mark.promise("S7")
@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("pk", of("headers"))
def test_a_header_that_protects_is_on_every_kind_of_answer(world, people, api, pk):
    named = CASES[pk]["why"].removeprefix("response header ").partition(" or ")[0]
    browser = Client(raise_request_exception=False)
    browser.force_login(people["executive"])
    digest = world.version.results.first().digest
    answers = [
        browser.get("/portfolio/"),
        browser.get("/no-such-page/"),
        browser.get("/sign-in/"),
        Client().get("/portfolio/"),
        browser.get("/api/v1/products/"),
        browser.get("/api/v1/no-such-address/"),
        Client().get("/api/v1/me/"),
        api(people["manager"]).get(f"/api/v1/receipts/{digest}/export/"),
        browser.get("/health/live"),
    ]
    for answer in answers:
        assert named in answer.headers, answer.status_code
    assert answers[0].status_code in CASES[pk]["expect_status"]
