"""A person's export and removal: all that names them leaves with them, and what they did stays without a name."""

import io
import json
import zipfile
from datetime import time
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client

from metrics import access
from metrics.models.comment import Comment
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import MappingVersion
from metrics.models.notice import Notice
from metrics.models.pack import Pack
from metrics.models.product import AuditEntry, IdempotencyKey, Membership, User
from metrics.models.selection import Decision
from metrics.queries.product import hands, held
from metrics.services.delivery import alerts, comments, notices, packs, subscriptions
from metrics.services.evaluation import saved_views
from metrics.services.kpi import kpis, mappings
from metrics.services.product import products, removal
from metrics.services.product.invitations import set_active
from metrics.services.product.tokens import create_token, user_of_token
from metrics.services.selection import decisions, rounds
from metrics.services.writing import chain
from metrics.services.writing.refusal import Conflict
from tests.security.matrix import Prepared
from tests.world import bookings

pytestmark = pytest.mark.django_db

NAMES = {"username": "quillon.z", "first_name": "Quillon", "last_name": "Zephyrine", "email": "qz@zephyrine.example"}
PASSWORD = "a-long-password"
ANSWER = {"of": "money", "give": 1000.0, "to": "log_loss", "gain": 0.01, "says": "yes"}


@pytest.fixture
def quillon(world, admin, api):
    """A data scientist who did what a data scientist does, and of whom others spoke."""
    of, manager = world.product, world.people["manager"]
    person = User.objects.create_user(password=PASSWORD, **NAMES)
    products.add_member(admin, of, username=person.username, role="data_scientist")
    keyed = {"username": person.username, "role": "executive"}
    api(manager).post(f"/api/v1/products/{of.slug}/members/", keyed, headers={"Idempotency-Key": "k" * 20})
    IdempotencyKey.objects.create(
        user=manager, endpoint="x", key="y", body_digest="z", status=201, answer={"username": person.username, "n": [1]}
    )
    decided(world, person)
    log_and_sign(world, person)
    kpis.update_kpi(manager, world.value, owner=person.email.upper())
    kpis.update_kpi(manager, world.volume, owner=person.username)
    at = {"rule": "weekly", "day": 0, "at": time(7), "time_zone": "UTC"}
    subscriptions.save(manager, what="product", product=of, receiver=person, **at)
    alerts.save(person, of, kind="expires", slots={"days": 7}, time_zone="UTC")
    saved_views.save_view(person, of, name="Mine")
    create_token(person, name="script")
    notices.ask(person, of, step="run", roles=["project_manager"], text="look at it")
    notices.ask(manager, of, step="run", roles=["data_scientist"], text="log a run")
    thing = f"kpi/{of.slug}/value_per_booking"
    comments.say(person, of, thing=thing, text="which rows?")
    comments.say(manager, of, thing=thing, text=f"ask @{person.username}. Not @quillon.zz")
    of_people = ContentType.objects.get_for_model(User)
    logged = {"content_type": of_people, "object_id": str(person.pk), "action_flag": CHANGE}
    LogEntry.objects.create(user=admin, object_repr=str(person), **logged)
    signed_in(person)
    world.compute()
    return User.objects.get(pk=person.pk)


def decided(world, person):
    """They answer in a decision, and assent to what is proposed."""
    prepared, manager, executive = Prepared(world, world.people["manager"]), world.people["manager"], None
    executive = world.people["executive"]
    made = prepared.decision_at("open")
    rounds.fill(person, made, answers=[ANSWER])
    rounds.seal(person, made)
    rounds.weigh(executive, made, weights=prepared.even())
    rounds.seal(executive, made)
    made = decisions.propose(manager, Decision.objects.get(pk=made.pk), prepared.candidate(), reason="why not")
    decisions.assent(person, made, seen=made.digest)
    decisions.sign(executive, made, seen=made.digest)


def log_and_sign(world, person):
    world.log(person, world.product, bookings(200, seed=9), name="of a person", version="nine", where={"split": "test"})
    draft = mappings.create_version(
        world.people["manager"], world.version.mapping, definition=world.version.definition | {"per": "case"}, note="n"
    )
    mappings.propose(world.people["manager"], draft, seen=draft.digest)
    mappings.object_to(person, MappingVersion.objects.get(pk=draft.pk), seen=draft.digest, reason="too dear")


def signed_in(person):
    client = Client()
    assert client.login(username=person.username, password=PASSWORD)
    return client


def cells():
    """(table, column, text) of everything that the database holds."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            columns = [one[0] for one in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    whole = bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
                    yield table, column, whole.casefold()


def files(but=()):
    """(name, content) of everything in the store."""
    for path in Path(settings.STORE_DIR).rglob("*"):
        if path.is_file() and path.name not in but:
            yield path.name, path.read_bytes().decode("latin-1").casefold()


def naming(texts):
    words = ("quillon", "zephyrine", "qz@")
    return sorted({place for *place_, text in texts if any(word in text.replace("quillon.zz", "") for word in words)
                   for place in [tuple(place_)]})  # fmt: skip


def test_after_a_removal_no_table_and_no_file_says_who_it_was_and_the_audit_holds(quillon, admin, world) -> None:
    assert len(naming(cells())) > 8  # the test sees names where there are some
    assert chain.verified([]) == []
    before = {row.pk: vars(row).copy() for row in AuditEntry.objects.all()}
    records = list(Decision.objects.values_list("pk", "digest"))
    removal.remove(admin, quillon)
    assert naming(cells()) == []
    assert naming(files()) == []
    assert chain.verified([]) == []
    for row in AuditEntry.objects.filter(pk__in=before):
        assert {k: v for k, v in vars(row).items() if k != "_state"} == {
            k: v for k, v in before[row.pk].items() if k != "_state"
        }
    assert list(Decision.objects.values_list("pk", "digest")) == records
    assert AuditEntry.objects.filter(action="user.remove", subject=quillon.mark, actor=admin.mark).count() == 1
    assert "ask @removed-" in Comment.objects.get(text__startswith="ask").text
    assert EvaluationRun.objects.get(name="of a person").created_by_id == quillon.pk
    assert Notice.objects.filter(text__startswith=f"a removed person ({quillon.pk}) objects to").exists()


def test_what_a_removed_person_did_is_shown_without_a_name(quillon, admin, world, client) -> None:
    removal.remove(admin, quillon)
    client.force_login(world.people["manager"])
    number = Decision.objects.get(state="signed", direct=False).number
    for page in (
        "audit/",
        "kpis/value_per_booking/",
        "comments/",
        f"decisions/{number}/",
        f"decisions/{number}/weights/",
    ):
        text = client.get(f"/p/{world.product.slug}/{page}").content.decode()
        assert "removed" in text, page
        assert "uillon.z<" not in text, page
    client.force_login(admin)
    text = client.get(f"/people/{quillon.pk}/").content.decode()
    assert "who this was is erased" in text
    assert client.get("/people/").status_code == 200
    for act in ("active", "remove"):
        sent = {"open": "1", "typed": f"removed-{quillon.pk}"}
        client.post(f"/people/{quillon.pk}/{act}/", sent)
    quillon.refresh_from_db()
    assert not quillon.is_active
    assert AuditEntry.objects.filter(action="user.remove").count() == 1


def test_a_removal_waits_for_another_manager_and_is_an_administrator_s_alone(world, admin, manager, scientist) -> None:
    with pytest.raises(Conflict, match=f"only manager of {world.product}; name another manager there first"):
        removal.remove(admin, manager)
    with pytest.raises(Conflict, match="ask another administrator"):
        removal.remove(admin, admin)
    with pytest.raises(access.Denied):
        removal.remove(manager, scientist)
    Membership.objects.filter(user=scientist).update(role="project_manager")
    set_active(admin, scientist, active=False)
    assert hands.only_manager_of(manager) == (world.product,)  # one who cannot sign in manages nothing
    set_active(admin, scientist, active=True)
    removal.remove(admin, manager)
    assert not Membership.objects.filter(user=manager).exists()


def test_the_page_asks_for_what_they_sign_in_with_and_says_what_goes(quillon, admin, client) -> None:
    client.force_login(admin)
    at = f"/people/{quillon.pk}/remove/"
    asked = client.get(at).content.decode()
    assert "Remove Quillon Zephyrine for good?" in asked
    assert "One regular mail and one alert that they receive or set up end." in asked
    assert "call them the owner: give another" in asked
    wrong = client.post(at, {"typed": "quillon"})
    assert wrong.status_code == 422
    assert "This is not quillon.z" in wrong.content.decode()
    assert client.post(at, {"typed": "quillon.z"})["Location"] == "/people/"
    assert "quillon" not in client.get("/people/").content.decode().casefold()


def test_closing_says_what_stops_and_ends_sessions_and_tokens_at_once(quillon, admin, client) -> None:
    theirs, secret = signed_in(quillon), create_token(quillon, name="second")[1]
    client.force_login(admin)
    at = f"/people/{quillon.pk}/active/"
    asked = client.get(at).content.decode()
    assert "Two sessions and two tokens end at once." in asked
    assert "One regular mail and one alert of theirs stop while it is closed." in asked
    client.post(at)
    assert theirs.get("/profile/").status_code == 302
    assert user_of_token(secret) is None
    client.post(at, {"open": "1"})
    assert signed_in(quillon).get("/profile/").status_code == 200


def test_an_administrator_signs_somebody_out_everywhere(quillon, admin, client) -> None:
    theirs, secret = signed_in(quillon), create_token(quillon, name="second")[1]
    client.force_login(admin)
    said = client.post(f"/people/{quillon.pk}/sessions/end/", follow=True).content.decode()
    assert "is signed out everywhere: two sessions ended." in said
    assert theirs.get("/profile/").status_code == 302
    assert user_of_token(secret) == quillon
    client.post(f"/people/{quillon.pk}/sessions/end/", {"tokens": "on"})
    assert user_of_token(secret) is None


def taken(answer):
    """File name → what is in it, of an export."""
    made = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    return {name: made.read(name).decode() for name in made.namelist()}


def test_an_export_has_all_that_is_held_and_no_secret_and_nobody_else(quillon, admin, client) -> None:
    own = signed_in(quillon)
    answer = own.post("/profile/export/")
    assert (answer["Content-Type"], answer.status_code) == ("application/zip", 200)
    found = taken(answer)
    assert len(found) == len(held.HELD) + 4
    assert json.loads(found["account.json"])["email"] == NAMES["email"]
    assert [row["name"] for row in json.loads(found["metrics/token.json"])] == ["script"]
    assert len(json.loads(found["metrics/session.json"])) == 2
    assert [row["called"] for row in json.loads(found["metrics/evaluationrun.json"])] == ["of a person"]
    assert "which rows?" in found["metrics/comment.json"]
    assert "too dear" in found["metrics/signature.json"]
    assert len(json.loads(found["owned.json"])) == 2
    assert "quillon.z logged the run of a person" in found["audit.json"]
    assert "where you are signed in" in found["index.txt"]
    whole = "".join(found.values())
    for secret in (own.session.session_key, quillon.password, quillon.tokens.first().hash, "executive@", '"scientist"'):
        assert secret not in whole
    client.force_login(admin)
    assert set(taken(client.post(f"/people/{quillon.pk}/export/"))) == set(found)
    entries = AuditEntry.objects.filter(action="user.export", subject=quillon.mark).order_by("created_at")
    assert [one.actor for one in entries] == [quillon.mark, admin.mark]


def test_every_table_that_names_people_is_in_the_export_or_set_aside_with_its_reason() -> None:
    """A new table with a foreign key to a person says here what its rows are to them, or why they are left out."""
    related = {
        one.related_model._meta.label_lower
        for one in User._meta.get_fields(include_hidden=True)
        if one.auto_created and not one.concrete and not one.many_to_many
    }
    assert related == set(held.naming())
    assert set(held.HELD) | set(held.ASIDE) == related
    assert set(held.HELD) & set(held.ASIDE) == set()
    assert all(held.ASIDE.values())
    for table, one in held.HELD.items():
        assert set(one.without) <= {field.name for field in apps.get_model(table)._meta.concrete_fields}, table


def test_a_new_name_or_mail_is_followed_by_what_calls_them_by_the_old_one(quillon, world) -> None:
    products.update_profile(quillon, first_name="Quinn", last_name="Zephyrine", email="quinn@z.example", theme="")
    world.value.refresh_from_db()
    assert world.value.owner == "quinn@z.example"
    assert Notice.objects.filter(text__startswith="Quinn Zephyrine objects to").exists()
    assert not Notice.objects.filter(text__startswith="Quillon").exists()


def test_an_issued_pack_keeps_the_names_that_were_printed(world, admin) -> None:
    """The one thing that stays: a paper that was handed out. Docs say so."""
    executive = world.people["executive"]
    User.objects.filter(pk=executive.pk).update(first_name="Quillon", last_name="Zephyrine")
    executive.refresh_from_db()
    comments.say(executive, world.product, thing=f"product/{world.product.slug}", text="fine")
    made = packs.issue(executive, world.product, comments=True)
    world.compute()
    pack = Pack.objects.get(pk=made.pk)
    removal.remove(admin, executive)
    kept = {pack.digest, *pack.files.values()}
    assert naming(files(but=kept)) == []
    assert naming(files()) != []
    assert naming(cells()) == []
