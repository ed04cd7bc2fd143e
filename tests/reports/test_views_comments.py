"""What is said of a thing: on its page and on a page of its own, with marks on mentions and nothing that runs."""

import html
import json
import re

import pytest

from metrics.models.comment import Comment
from metrics.services.delivery import comments
from tests.places import SHARED

pytestmark = pytest.mark.django_db
ALL = "/p/cancellation-calls/comments/"
OUTLOOK = "product/cancellation-calls"
ON = f"{ALL}on/?thing={OUTLOOK}"
HTMX = {"HX-Request": "true"}


def read(client, address=ON, status=200, **more):
    answer = client.get(address, **more)
    assert answer.status_code == status
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(html.unescape(text).replace("\u00a0", " ").split())


@pytest.fixture
def first(world, manager):
    return comments.say(manager, world.product, thing=OUTLOOK, text="@scientist why\nso low?")


def test_without_script_a_comment_is_written_answered_and_resolved_on_a_page_of_its_own(world, executive, client):
    client.force_login(executive)
    assert f'href="{ON}"' in client.get("/p/cancellation-calls/").content.decode()
    assert "Nothing was said of the outlook of Cancellation calls yet." in read(client)
    said = client.post(ALL, {"thing": OUTLOOK, "text": "@manager why?"})
    assert said.url == f"{ON}#comments"
    assert '<b class="mention">@manager</b>' in client.get(ON).content.decode()
    row = Comment.objects.get()
    client.post(ALL, {"thing": OUTLOOK, "text": "so", "answers": row.pk})
    assert "Comments: one thread open" in read(client)
    assert client.post(f"{ALL}{row.pk}/resolve/").url == f"{ON}#comments"
    text = read(client)
    assert "Comments: no threads open" in text
    assert "Resolved by executive" in text
    client.post(f"{ALL}{row.pk}/reopen/")
    assert "Reopened by executive" in read(client)


def test_with_script_the_card_answers_in_its_place(world, first, scientist, client):
    client.force_login(scientist)
    card = client.get(ON, headers=HTMX).content.decode()
    assert card.lstrip().startswith("<section")
    assert 'data-people="executive manager scientist"' in card
    answered = client.post(ALL, {"thing": OUTLOOK, "text": "rows", "answers": first.pk}, headers=HTMX)
    assert (answered.status_code, "<html" in answered.content.decode()) == (200, False)
    refused = client.post(ALL, {"thing": OUTLOOK, "text": "  ", "answers": first.pk}, headers=HTMX)
    assert refused.status_code == 400
    text = refused.content.decode()
    assert text.count('aria-invalid="true"') == 1
    assert re.search(r"<details\s+open>", text)


def test_what_is_refused_is_said_beside_its_field_and_the_words_are_kept(world, manager, client):
    client.force_login(manager)
    refused = client.post(ALL, {"thing": OUTLOOK, "text": "x" * 2001})
    assert refused.status_code == 400
    assert "x" * 2001 in refused.content.decode()
    assert 'aria-describedby="fault-say"' in refused.content.decode()


def test_a_name_that_tells_nobody_is_said_to_who_wrote_it(world, manager, client):
    client.force_login(manager)
    words = "@outsider and @bob are no member who may read this: nobody was told."
    said = client.post(ALL, {"thing": OUTLOOK, "text": "@outsider, @bob. @scientist?"}, headers=HTMX)
    assert words in said.content.decode()
    client.post(ALL, {"thing": OUTLOOK, "text": "@bob?"})
    assert "@bob is no member who may read this: nobody was told." in read(client)
    assert "nobody was told" not in client.post(ALL, {"thing": OUTLOOK, "text": "x"}, headers=HTMX).content.decode()


def test_the_list_is_narrowed_to_open_resolved_or_all(world, first, manager, client):
    done = comments.say(manager, world.product, thing="kpi/cancellation-calls/bookings", text="settled words")
    comments.resolve(manager, done)
    client.force_login(manager)
    for state, there, gone in (
        ("", "so low?", "settled words"),
        ("?state=resolved", "settled words", "so low?"),
    ):
        text = read(client, ALL + state)
        assert there in text
        assert gone not in text
    text = read(client, f"{ALL}?state=all")
    assert "so low?" in text
    assert "on Bookings" in text
    assert read(client, f"{ALL}?state=odd&page=x")
    assert client.get(f"{ALL}on/").url == ALL


def test_the_board_says_of_each_kpi_how_many_are_open(world, manager, client):
    client.force_login(manager)
    board = "/p/cancellation-calls/kpis/"
    assert "open comment" not in read(client, board)
    said = [comments.say(manager, world.product, thing="kpi/cancellation-calls/bookings", text="why?") for _ in "ab"]
    assert "two open comments" in read(client, board)
    comments.resolve(manager, said[0])
    assert "one open comment" in read(client, board)


def test_one_s_words_are_changed_and_withdrawn_after_asking(world, first, manager, scientist, client):
    client.force_login(manager)
    assert "so low?" in client.get(f"{ALL}{first.pk}/edit/").content.decode()
    assert client.post(f"{ALL}{first.pk}/edit/", {"text": " "}).status_code == 400
    client.post(f"{ALL}{first.pk}/edit/", {"text": "why so high?"})
    assert "why so high?" in read(client)
    assert "changed since" in read(client)
    assert "Nobody reads its words any more" in read(client, f"{ALL}{first.pk}/withdraw/")
    client.post(f"{ALL}{first.pk}/withdraw/")
    text = read(client)
    assert "why so high?" not in text
    assert "Withdrawn," in text
    client.post(f"{ALL}{first.pk}/withdraw/")
    assert "it was withdrawn already" in read(client)
    client.force_login(scientist)
    assert client.post(f"{ALL}{first.pk}/edit/", {"text": "mine"}).status_code == 403


def test_who_only_reads_is_offered_nothing_to_write(world, first, admin, client):
    client.force_login(admin)
    text = client.get(ON).content.decode()
    assert "<textarea" not in text
    assert "Resolve" not in text
    assert "Withdraw" in text, "an administrator withdraws any"


def test_who_may_not_know_of_a_thing_finds_nothing_said_of_it(world, manager, executive, outsider, client):
    version = world.second_version()
    thing = f"mapping/cancellation-calls/{version.mapping_id}/2"
    said = comments.say(manager, world.product, thing=thing, text="hidden words")
    client.force_login(executive)
    assert "hidden words" not in read(client, f"{ALL}?state=all")
    for address in (f"{ALL}on/?thing={thing}", f"{ALL}{said.pk}/withdraw/"):
        assert client.get(address).status_code == 404
    assert client.post(ALL, {"thing": thing, "text": "x"}).status_code == 404
    assert client.post(f"{ALL}{said.pk}/resolve/").status_code == 404
    client.force_login(outsider)
    assert client.get(ALL).status_code == 404


def test_a_list_asks_the_same_number_of_queries_for_many_threads_as_for_few(
    world, manager, client, django_assert_max_num_queries
):
    client.force_login(manager)
    comments.say(manager, world.product, thing=OUTLOOK, text="@scientist one")
    client.get(ALL)
    with django_assert_max_num_queries(40) as few:
        client.get(ALL)
    for number in range(12):
        kind = (OUTLOOK, "kpi/cancellation-calls/bookings", f"run/cancellation-calls/{world.run.pk}")[number % 3]
        said = comments.say(manager, world.product, thing=kind, text=f"@scientist {number}")
        comments.say(manager, world.product, thing=kind, text="an answer", answers=said)
    with django_assert_max_num_queries(len(few) + 4):
        client.get(ALL)


@pytest.mark.shared
def test_nothing_of_the_corpora_runs_in_a_comment(world, manager, client):
    texts = set()
    for name in ("http_attacks.jsonl", "formula_attacks.jsonl"):
        for line in (SHARED / "corpora" / name).read_text().splitlines():
            texts |= {text for text in strings(json.loads(line)) if "<" in text or "&" in text or "javascript:" in text}
    texts |= {
        "<img src=x onerror=alert(1)>",
        "@<b>manager</b>",
        '"><svg/onload=alert(1)>',
        "@manager<script>1</script>",
    }
    client.force_login(manager)
    for text in sorted(texts)[:150]:
        comments.say(manager, world.product, thing=OUTLOOK, text=text.replace("\0", "")[:2000] or "x")
    said = client.get(ON, headers=HTMX).content.decode()
    assert not re.search(r"<(script|img|svg|iframe|object|embed|base|style)\b", said, re.IGNORECASE)
    assert not re.search(r"<[^>]*\bon\w+\s*=", said)
    for text in ("<img src=x onerror=alert(1)>", "@<b>manager</b>"):
        assert html.escape(text) in said


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings(each)
