"""Who may do what: every cell of the role matrix over the API, and every door with its action."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from metrics import access
from metrics.api import urls
from metrics.api.kpi.mappings import Acts
from metrics.api.protocol.view import View
from metrics.models.evaluation import Model
from metrics.models.product import Membership, SavedView, User
from metrics.models.work import Work
from tests.security.matrix import CELLS, CONDITIONAL, PEOPLE, Prepared

POINT = {"kind": "point", "value": 0.4}
ROWS = b"example_id,y_true,y_score\na,1,0.9\nb,0,0.2\n"
RATE = {"base": "USD", "quote": "EUR", "date": "2017-08-31", "rate": 0.92, "source": "ECB"}
SPAN = {"from_period": "2017-01", "until_period": "2017-12"}


class Doors(Prepared):
    """A call of the API an action of the matrix, each made so that it would succeed for who may do it."""

    def __init__(self, world, actor):
        super().__init__(world, actor)
        self.slug = f"/products/{world.product.slug}"

    def version(self, act, author=None, upto=()):
        """An act on a version that the acts before it have prepared."""
        version = self.signed(author, upto)
        body = {"digest": version.digest} | ({"reason": "which rows?"} if act == "object" else {})
        return "POST", f"/mappings/{version.mapping_id}/versions/1/{act}/", body

    def terms_changed(self, **changed):
        """New terms that change this of those in force."""
        definition = self.terms_in_force().definition | changed
        return "POST", f"{self.slug}/models/{self.model.key}/terms/", {"definition": definition}

    def terms_act(self, act, author=None, upto=()):
        self.terms_in_force()
        made = self.terms(author, upto)
        body = {"digest": made.digest} | ({"reason": "too coarse"} if act == "object" else {})
        return "POST", f"{self.slug}/models/{self.model.key}/terms/{made.number}/{act}/", body

    def terms_draft(self, method, then):
        """What is done with a draft of one's own, where one can have any."""
        self.terms_in_force()
        signing = (self.scientist, self.manager, self.world.people["executive"])
        made = self.terms(self.actor if self.actor in signing else self.manager)
        body = {"digest": made.digest} | ({"definition": made.definition} if method == "PATCH" else {})
        return method, f"{self.slug}/models/{self.model.key}/terms/{made.number}/{then}", body

    def decision(self, state):
        return f"{self.slug}/decisions/{self.decision_at(state).number}/"

    def decision_act(self, act, reason=""):
        made = self.decision_at("proposed")
        return "POST", f"{self.slug}/decisions/{made.number}/{act}/", {"digest": made.digest, "reason": reason}

    # Their action → our call. One table; a method a row that needs things made first.
    def calls(self):
        return {
            "me.read": lambda: ("GET", "/me/", None),
            "me.token_create": lambda: ("POST", "/tokens/", {"name": "script", "days": 30}),
            "me.token_revoke": lambda: ("DELETE", f"/tokens/{self.token()}/", None),
            "product.list": lambda: ("GET", "/products/", None),
            "product.create": lambda: ("POST", "/products/", {"name": "Another one", "currency": "EUR"}),
            "product.read": lambda: ("GET", f"{self.slug}/", None),
            "product.update_settings": lambda: ("PATCH", f"{self.slug}/", {"sentence": "We call."}),
            "product.archive": lambda: ("POST", f"/products/{self.other()}/archive/", None),
            "table.read": lambda: ("GET", f"{self.slug}/tables/kpis.csv", None),
            "me.table_read": lambda: ("GET", "/tables/kpis.csv", None),
            "member.list": lambda: ("GET", f"{self.slug}/members/", None),
            "member.add": lambda: ("POST", f"{self.slug}/members/", {"username": self.stranger(), "role": "executive"}),
            "member.change_role": lambda: (
                "PATCH",
                f"{self.slug}/members/{self.member().pk}/",
                {"role": "data_scientist"},
            ),
            "member.remove": lambda: ("DELETE", f"{self.slug}/members/{self.member().pk}/", None),
            "model.list": lambda: ("GET", f"{self.slug}/models/", None),
            "model.create": lambda: ("POST", f"{self.slug}/models/", {"name": f"model {Model.objects.count()}"}),
            "model.update": lambda: (
                "PATCH",
                f"{self.slug}/models/{self.world.run.version.model_id}/",
                {"name": "cancellations"},
            ),
            "version.promote": lambda: ("POST", f"{self.slug}/versions/{self.world.run.version_id}/promote/", None),
            "import.mlflow": lambda: ("POST", f"{self.slug}/imports/", {"uri": "https://8.8.8.8/"}),
            "metric.list": lambda: ("GET", f"{self.slug}/metrics/", None),
            "metric.register": lambda: (
                "POST",
                f"{self.slug}/metrics/",
                {"key": "lost", "name": "Lost", "direction": "down"},
            ),
            "metric.update_definition": lambda: (
                "PATCH",
                f"{self.slug}/metrics/{self.metric().key}/",
                {"name": "Lost sooner"},
            ),
            "metric.delete": lambda: ("DELETE", f"{self.slug}/metrics/{self.metric().key}/", None),
            "run.list": lambda: ("GET", f"{self.slug}/runs/", None),
            "run.read": lambda: ("GET", f"/runs/{self.world.run.pk}/", None),
            "run.create": lambda: (
                "POST",
                f"{self.slug}/runs/",
                {"model": "m", "version": "1", "metrics": {"brier": 0.1}},
            ),
            "run.upload_predictions": lambda: ("UPLOAD", f"{self.slug}/runs/", {"model": "m", "version": "1"}),
            "run.download_predictions": lambda: ("GET", f"/runs/{self.world.run.pk}/rows/", None),
            "run.compare": lambda: (
                "GET",
                f"/runs/compare/?run={self.world.run.pk}&run={self.second_run()}",
                None,
            ),
            "evidence.read": lambda: ("GET", f"/runs/{self.world.run.pk}/evidence/", None),
            "run.edit_values": lambda: ("PATCH", f"/runs/{self.world.run.pk}/", {"name": "better"}),
            "run.invalidate": lambda: ("POST", f"/runs/{self.world.run.pk}/withdraw/", {"reason": "wrong window"}),
            "dataset.list": lambda: ("GET", f"{self.slug}/datasets/", None),
            "dataset.read": lambda: ("GET", f"{self.slug}/datasets/{self.world.run.data_set_id}/", None),
            "dataset.create": lambda: ("UPLOAD", f"{self.slug}/datasets/", {"name": "may"}),
            "mapping.list": lambda: ("GET", f"{self.slug}/mappings/", None),
            "mapping.create_draft": lambda: (
                "POST",
                f"/mappings/{self.world.version.mapping_id}/",
                {"definition": self.world.version.definition},
            ),
            "mapping.edit_draft": lambda: self.edit(self.draft(self.own())),
            "mapping.edit_approved": lambda: self.edit(self.world.version),
            "mapping.submit": lambda: self.version("propose", self.own()),
            "mapping.endorse": lambda: self.version("endorse", upto=["propose"]),
            "mapping.approve": lambda: self.version("approve", upto=["propose", "endorse"]),
            "mapping.object": lambda: self.version("object", upto=["propose"]),
            "comment.create": lambda: (
                "POST",
                f"/mappings/{self.world.version.mapping_id}/versions/1/comments/",
                {"text": "which rows?"},
            ),
            "mapping.preview": lambda: (
                "GET",
                f"/mappings/{self.world.version.mapping_id}/versions/1/impact/",
                None,
            ),
            "mapping.retire": lambda: self.version("retire", upto=["propose", "endorse", "approve"]),
            "target.set": lambda: ("POST", f"{self.slug}/targets/", {"value": 5} | SPAN),
            "task.status": lambda: (
                "GET",
                f"/work/{Work.objects.filter(product=self.world.product).first().pk}/",
                None,
            ),
            "kpi.read": lambda: ("GET", f"{self.slug}/kpis/value_per_booking/", None),
            "kpi.create": lambda: ("POST", f"{self.slug}/kpis/", {"key": "new_kpi", "name": "New", "unit": "share"}),
            "kpi.update": lambda: ("PATCH", f"{self.slug}/kpis/bookings/", {"meaning": "arrivals"}),
            "assumption.list": lambda: ("GET", f"{self.slug}/assumptions/", None),
            "assumption.create": lambda: (
                "POST",
                f"{self.slug}/assumptions/",
                {"key": "new_one", "name": "New", "unit": "share", "distribution": POINT},
            ),
            "assumption.update": lambda: ("POST", f"{self.slug}/assumptions/offer/", {"distribution": POINT}),
            "actual.list": lambda: ("GET", f"{self.slug}/actuals/", None),
            "actual.import": lambda: (
                "POST",
                f"{self.slug}/actuals/",
                {"kpi": "bookings", "values": [{"period": "2019-01", "value": 5}]},
            ),
            "actual.undo": lambda: ("DELETE", f"{self.slug}/actuals/{self.world.volume.actuals.first().pk}/", None),
            "saved_view.write": lambda: ("POST", f"{self.slug}/views/", {"name": f"View {SavedView.objects.count()}"}),
            "projection.read": lambda: ("GET", f"{self.slug}/projection/", None),
            "projection.assumptions_edit": lambda: (
                "PUT",
                f"{self.slug}/projection/",
                {"value_kpi": "value_per_booking", "volume_kpi": "bookings"},
            ),
            "scenario.read": lambda: ("POST", f"{self.slug}/what-if/", {"assumptions": {"offer": 0.05}}),
            "scenario.save": lambda: (
                "POST",
                f"{self.slug}/scenarios/",
                {"name": "Dear year", "overrides": {"offer": 0.06}},
            ),
            "receipt.read": lambda: ("GET", f"/receipts/{self.receipt()}/", None),
            "receipt.verify": lambda: ("POST", f"/receipts/{self.receipt()}/verify/", {}),
            "receipt.export": lambda: ("GET", f"/receipts/{self.receipt()}/export/", None),
            "terms.read": lambda: ("GET", f"{self.slug}/models/{self.model.key}/terms/", None),
            "objective.set": lambda: self.terms_changed(objectives=self.own_objectives()),
            "guardrail.set": lambda: self.terms_changed(rule="nash_from_worst"),
            "terms.edit_draft": lambda: self.terms_draft("PATCH", ""),
            "terms.submit": lambda: self.terms_draft("POST", "propose/"),
            "terms.endorse": lambda: self.terms_act("endorse", upto=["propose"]),
            "terms.approve": lambda: self.terms_act("approve", upto=["propose", "endorse"]),
            "terms.object": lambda: self.terms_act("object", upto=["propose"]),
            "decision.read": lambda: ("GET", f"{self.slug}/decisions/", None),
            "decision.open": lambda: ("POST", f"{self.slug}/decisions/", {"model": self.to_be_decided().key}),
            "decision.answer": lambda: ("PUT", f"{self.decision('open')}sheet/", {"weights": self.even()}),
            "decision.close_round": lambda: ("POST", f"{self.decision('open')}rounds/close/", None),
            "decision.propose": lambda: (
                "POST",
                f"{self.decision('closed')}propose/",
                {"run": self.candidate().pk, "reason": "why not"},
            ),
            "decision.assent": lambda: self.decision_act("assent"),
            "decision.dissent": lambda: self.decision_act("dissent", reason="I doubt it"),
            "decision.sign": lambda: self.decision_act("sign"),
            "decision.revert": lambda: ("POST", f"{self.decision('signed')}revert/", {"reason": "complaints"}),
        }

    def edit(self, version):
        path = f"/mappings/{version.mapping_id}/versions/{version.number}/"
        return "PATCH", path, {"definition": version.definition, "digest": version.digest}


# Rooms that the API has no door to yet; the list shrinks as they are built.
WITHOUT_A_DOOR = {
    "alert.subscribe", "audit.edit_or_delete", "audit.read", "auth.login", "comment.delete",
    "dashboard.ds", "dashboard.executive", "dashboard.pm", "django_admin",
    "guardrail.waive", "health.live", "invitation.accept",
    "invitation.create", "me.update_profile",
    "mfa.setup", "ops.metrics_endpoint", "ops.requeue_dead_letter",
    "product.delete", "recompute.request", "report.export_csv_xlsx_pdf", "report.generate",
    "report.schedule_mail", "report.share_link_create", "report.share_link_open", "report.share_link_revoke",
    "session.list_and_end",
    "target.sign", "user.create_or_disable", "user.impersonate", "webhook.create",
    "webhook.read_secret",
}  # fmt: skip

CODES = {"A": {200, 201, 202, 204}, "D": {403}, "N": {404}, "L": {401}}
# What nobody may: these are as right as 403.
NOBODY_MAY = {"run.edit_values": {405}, "mapping.edit_approved": {409, 404}}


@pytest.mark.shared
def test_every_action_of_the_matrix_has_a_call_here_or_is_listed_as_without_a_door():
    ours = set(Doors.calls(Doors.__new__(Doors)))
    theirs = {row["action"] for row in CELLS}
    assert theirs - ours - WITHOUT_A_DOOR == set(), "say which call it is, or list it"
    assert ours & WITHOUT_A_DOOR == set()
    assert ours <= theirs


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("column", PEOPLE)
def test_every_cell_of_the_matrix_is_answered_as_it_says(world, api, people, column):
    actor = people.get(PEOPLE[column] or "")
    doors = Doors(world, actor)
    calls, wrong = doors.calls(), []
    for row in CELLS:
        if row["action"] not in calls or (row["action"] == "me.token_create" and actor is None):
            continue  # anonymous with name and password is how one signs in
        cell = row[column]
        letter = CONDITIONAL[row["action"]] if cell == "C" else cell
        wanted = CODES[letter] | (NOBODY_MAY.get(row["action"], set()) if letter in "DN" else set())
        client = api(actor)
        if row["action"] == "me.token_create":  # which no token does
            client = api()
            client.force_login(actor)
        answer = ask(client, *calls[row["action"]]())
        if answer.status_code not in wanted:
            wrong.append((row["action"], cell, answer.status_code, answer.content[:200]))
    assert wrong == []


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("column", PEOPLE)
def test_head_answers_as_get_does_and_options_describes_nothing(world, api, people, column):
    actor, wrong = people.get(PEOPLE[column] or ""), []
    client = api(actor)
    for action, call in Doors(world, actor).calls().items():
        method, path, body = call()
        if method == "GET":
            got = ask(client, "GET", path, body).status_code
            head, options = (ask(client, method, path, None).status_code for method in ("HEAD", "OPTIONS"))
            if head != got or options not in {401, 404, 405}:
                wrong.append((action, got, head, options))
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["nobody", "outsider", "executive", "admin"])
def test_a_method_that_a_door_has_not_is_refused_after_the_product_is_hidden(world, api, people, name):
    client, wrong = api(people.get(name)), []
    for pattern in urls.urlpatterns:
        address = str(pattern.pattern)
        if not address.startswith(urls.IN):
            continue
        actions = pattern.callback.cls(**pattern.callback.initkwargs).actions
        numbered = re.sub(r"<int:\w+>", "1", address)
        path = re.sub(r"<(?:\w+:)?\w+>", "x", numbered.replace(urls.IN, f"/products/{world.product.slug}/", 1))
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}:
            hidden = {"nobody": 401, "outsider": 404}.get(name)
            taken = method in actions or (method == "HEAD" and "GET" in actions)
            if hidden is None and taken:
                continue
            code = client.generic(method, f"/api/v1{path}").status_code
            if code != (hidden or 405):
                wrong.append((method, address, code))
    assert wrong == []


def ask(client, method, path, body):
    if method == "UPLOAD":
        file = SimpleUploadedFile("rows.csv", ROWS)
        return client.post(f"/api/v1{path}", {"manifest": json.dumps(body), "file": file}, format="multipart")
    return getattr(client, method.lower())(f"/api/v1{path}", body)


def doors():
    """(address, method, action) of everything that metrics.api answers itself."""
    for pattern in urls.urlpatterns:
        view = getattr(pattern.callback, "cls", None)
        if view is None or not issubclass(view, View):
            continue
        actions = view(**pattern.callback.initkwargs).actions
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if hasattr(view, method.lower()):
                yield str(pattern.pattern), method, actions.get(method)


@pytest.mark.parametrize("door", list(doors()), ids=lambda door: f"{door[1]} {door[0]}")
def test_every_door_names_an_action_that_is_in_a_table(door):
    assert door[2] in access.TABLE or door[2] in access.ANYWHERE


def test_only_the_description_of_the_api_is_no_view_of_ours():
    strangers = {str(pattern.pattern) for pattern in urls.urlpatterns if not issubclass(pattern.callback.cls, View)}
    assert strangers == {"schema/"}
    assert issubclass(Acts, View)


@pytest.mark.django_db
@pytest.mark.parametrize("action", sorted(access.TABLE))
def test_an_action_is_allowed_to_the_roles_of_its_row_and_to_no_other(action, product, people):
    roles = {
        "scientist": access.SCIENTIST,
        "manager": access.MANAGER,
        "executive": access.EXECUTIVE,
        "admin": access.ADMIN,
        "outsider": None,
    }
    facts = {"own": action != "member.change_role", "granted": access.EXECUTIVE}
    for name, role in roles.items():
        assert access.may(people[name], action, product, **facts) == (role in access.TABLE[action]), name


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        (("GET", "/rates/", None), {"outsider": 200, "nobody": 401}),
        (("POST", "/rates/", RATE), {"admin": 201, "nobody": 401}),
    ],
    ids=["rate.list", "rate.write"],
)
def test_rates_are_read_by_everybody_signed_in_and_written_by_administrators(product, people, api, call, wanted):
    rest = 200 if call[0] == "GET" else 403
    for name in [*people, "nobody"]:
        answer = ask(api(people.get(name)), *call)
        assert answer.status_code == wanted.get(name, rest), (name, answer.content)


@pytest.mark.django_db
def test_an_administrator_who_is_a_member_keeps_both_rights(product, admin):
    Membership.objects.create(product=product, user=admin, role="data_scientist")
    assert access.may(admin, "run.create", product)
    assert access.may(admin, "member.change_role", product)
    assert not access.may(admin, "mapping.approve", product)


@pytest.mark.django_db
def test_a_person_who_was_disabled_may_do_nothing(product, people):
    User.objects.filter(username="manager").update(is_active=False)
    manager = User.objects.get(username="manager")
    assert not any(access.may(manager, action, product) for action in access.TABLE)
    assert not any(access.may(manager, action) for action in access.ANYWHERE)


@pytest.mark.django_db
def test_a_role_in_one_product_is_none_in_another(product, make_product, scientist):
    other = make_product("Deposits")
    Membership.objects.filter(product=other, user=scientist).delete()
    assert access.may(scientist, "run.create", product)
    for action in access.TABLE:
        with pytest.raises(access.Hidden):
            access.require(scientist, action, other)


def test_what_is_nothing_is_hidden():
    assert access.there("a run") == "a run"
    with pytest.raises(access.Hidden):
        access.there(None)
