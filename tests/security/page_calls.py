"""A call of the pages for each action of the role matrix."""

import re
from datetime import date
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile

from metrics.models.evaluation import Import
from metrics.models.notice import Notice
from metrics.models.product import GroupRole, SavedView, User
from metrics.models.revenue import ExchangeRate
from metrics.models.two_factor import TwoFactor
from metrics.models.work import Work
from metrics.queries.documents.known import Known
from metrics.queries.selection import catalogue, terms
from metrics.services.delivery import sharing
from metrics.services.kpi import calibration, kpis
from metrics.services.revenue import rates, scenarios
from metrics.services.selection import answering
from reports.forms.terms import TermsForm
from tests.security.matrix import FORMULA, Prepared
from tests.world import PASSWORD

ROWS = b"example_id,y_true,y_score\na,1,0.9\nb,0,0.2\n"
SPAN = {"from_period": "2017-01", "until_period": "2017-12"}


class Things(Prepared):
    """One of each thing that an address names, the actor's own where that matters."""

    def __init__(self, world, actor):
        super().__init__(world, actor)
        product, manager = world.product, self.manager
        executive = actor == world.people["executive"]  # who sees approved versions alone
        version = world.version if executive else self.draft(self.own())
        pairs = [calibration.PairRow(x=0.1, y=2.0), calibration.PairRow(x=0.2, y=3.0)]
        (pair, _) = calibration.import_pairs(manager, world.value, metric="log_loss", kind="history", rows=pairs)
        someone = actor or manager
        note = {"kind": Notice.Kind.values[0], "subject": "s", "text": "t", "thing": "runs/x"}
        scenarios.save(manager, product, name="Dear", overrides={"offer": 0.06})
        sharer = actor if executive else manager
        share, self.secret = sharing.share(sharer, product, name="board", days=7, pack=self.pack().pk)
        self.ids = {
            "share": share.pk,
            "secret": self.secret,
            "slug": product.slug,
            "run": world.run.pk,
            "dataset": world.run.data_set_id,
            "member": self.member().pk,
            "mapping": version.mapping_id,
            "number": version.number,
            "metrics": self.metric().key,
            "kpis": "value_per_booking",
            "models": self.model.key,
            "assumptions": "offer",
            "actual": self.actual(),
            "batch": pair.batch,
            "target": world.target.pk,
            "scenario": "dear",
            "removed": self.removed(),
            "comment": self.comment(),
            "view": SavedView.objects.create(user=someone, product=product, name="Mine").pk,
            "digest": self.receipt(),
            "token": self.token(),
            "notice": Notice.objects.create(user=someone, product=product, **note).pk,
            **self.deliveries(someone),
            "work": Work.objects.create(kind="evaluate", product=product, scope="x", state="parked").pk,
            "imports": Import.objects.create(product=product, uri="https://8.8.4.4", created_by=someone).pk,
            "rate": self.rate(),
            "model": self.model.key,
            "terms": (self.terms_in_force() and self.terms(self.one_of_roles())).number,
            "decision": self.decision_at("proposed").number,
            "uidb64": "MQ",
            "pack": self.pack(of_portfolio=True).pk,
            "kind": "pdf",
            "form": "md",
            "written": "csv",
            "given": GroupRole.objects.create(group="staff").pk,
            "person": world.people["outsider"].pk,
            "session": self.session(someone),
        }

    def answer_secret(self):
        """Of a link that the executive was mailed."""
        made = catalogue.decision(self.world.product, self.decision_at("proposed").number)
        return answering.link(self.world.people["executive"], made)

    def removed(self):
        """A scenario that is to be brought back."""
        gone = scenarios.save(self.manager, self.world.product, name="Gone", overrides={"offer": 0.04})
        scenarios.remove(self.manager, gone)
        return gone.pk

    def one_of_roles(self):
        """Who drafts terms: the actor, if that can be one."""
        signing = (self.scientist, self.manager, self.world.people["executive"])
        return self.actor if self.actor in signing else self.manager

    def rate(self):
        admin = self.world.people["admin"]
        given = {"base": "USD", "quote": "EUR", "date": date(2017, 8, 31), "rate": Decimal("0.92"), "source": "ECB"}
        rates.save_rates(admin, [given])
        return ExchangeRate.objects.first().pk

    def at(self, address, **other):
        """The address with ids in it; `key` is that of the folder before."""
        ids = self.ids | other
        path = re.sub(r"(\w+)/<str:key>", lambda found: f"{found[1]}/{ids[found[1]]}", address)
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(ids[found[1]]), path)


class Pages(Things):
    """A call of the pages for an action of the matrix, each made so that it succeeds for who may do it."""

    def calls(self):
        p, world = f"p/{self.world.product.slug}/", self.world
        run, key = f"{p}runs/{world.run.pk}/", self.metric().key
        upload = {"model": "m", "version": "1"}
        kpis.create_kpi(self.manager, world.product, key="free", name="Free", unit="share")
        down = {"direction": "down"}
        about = {"case_noun": "booking", "time_zone": "UTC", "fiscal_year_start": 1}
        other = self.other()
        return {
            "health.live": ("GET", "health/live", {}),
            "auth.login": ("POST", "sign-in/", {}),
            "me.read": ("GET", "profile/", {}),
            "me.update_profile": ("POST", "profile/", {"first_name": "Ada"}),
            "me.token_create": ("POST", "tokens/", {"name": "script", "days": 30}),
            "session.list_and_end": ("POST", f"sessions/{self.ids['session']}/end/", {}),
            "me.token_revoke": ("POST", f"tokens/{self.ids['token']}/revoke/", {}),
            "product.list": ("GET", "portfolio/", {}),
            "product.create": ("POST", "products/new/", about | {"name": "Another one", "currency": "EUR"}),
            "product.read": ("GET", f"{p}headline/", {}),
            "product.update_settings": ("POST", f"{p}settings/", about | {"name": "Calls"}),
            "product.archive": ("POST", f"p/{other}/archive/", {"typed": other}),
            "report.export_csv_xlsx_pdf": ("GET", f"{p}packs/", {}),
            "report.generate": ("POST", f"{p}packs/", {}),
            "pack.withdraw": ("POST", f"{p}packs/{self.ids['number']}/withdraw/", {"reason": "of another month"}),
            "portfolio.issue": ("POST", "portfolio/packs/", {"currency": "EUR"}),
            "table.read": ("GET", f"{p}tables/", {}),
            "audit.read": ("GET", f"{p}audit/", {}),
            "audit.read_all": ("GET", "audit/", {}),
            "me.table_read": ("GET", "tables/", {}),
            "me.answer": lambda: ("POST", f"answer/{self.answer_secret()}/", {"act": "sign"}),
            "share.list": ("GET", f"{p}shares/", {}),
            "portfolio.share_list": ("GET", "portfolio/shares/", {}),
            "portfolio.share": ("POST", "portfolio/shares/", {"name": "board", "days": 7}),
            "report.share_link_create": ("POST", f"{p}shares/", {"name": "board", "days": 7}),
            "report.share_link_revoke": ("POST", f"{p}shares/{self.ids['share']}/revoke/", {}),
            "report.share_link_open": ("GET", f"shared/{self.secret}/", {}),
            "member.list": ("GET", f"{p}members/", {}),
            "member.add": ("POST", f"{p}members/", {"username": self.stranger(), "role": "executive"}),
            "member.change_role": ("POST", f"{p}members/{self.ids['member']}/role/", {"role": "data_scientist"}),
            "member.remove": ("POST", f"{p}members/{self.ids['member']}/remove/", {}),
            "version.promote": ("POST", f"{run}promote/", {}),
            "metric.list": ("GET", f"{p}metrics/", {}),
            "metric.register": ("POST", f"{p}metrics/", {"key": "lost", "name": "Lost", "task": "binary"} | down),
            "metric.update_definition": ("POST", f"{p}metrics/{key}/", {"name": "Lost sooner"}),
            "metric.delete": ("POST", f"{p}metrics/{key}/retire/", {}),
            "run.list": ("GET", f"{p}runs/", {}),
            "run.read": ("GET", run, {}),
            "run.create": ("POST", f"{p}runs/new/", upload | {"file": SimpleUploadedFile("a.csv", ROWS)}),
            "run.upload_predictions": ("POST", f"{p}runs/new/", upload | {"file": SimpleUploadedFile("b.csv", ROWS)}),
            "run.download_predictions": ("GET", f"{run}rows/", {}),
            "run.invalidate": ("POST", f"{run}withdraw/", {"reason": "wrong window"}),
            "run.compare": ("GET", f"{p}compare/?run={world.run.pk}", {}),
            "evidence.read": ("GET", f"{run}evidence/", {}),
            "import.mlflow": ("POST", f"{p}imports/", {"uri": "https://8.8.8.8/"}),
            "dataset.list": ("GET", f"{p}datasets/", {}),
            "dataset.read": ("GET", f"{p}datasets/{world.run.data_set_id}/evidence/", {}),
            "mapping.list": ("GET", f"{p}mappings/", {}),
            "mapping.create_draft": (
                "POST",
                f"{p}mappings/new/?kind=formula",
                {"kpi": "free", "name": "Free"} | FORMULA,
            ),
            "mapping.edit_draft": self.version("edit", self.own(), more=FORMULA),
            "mapping.preview": ("POST", f"{p}mappings/check/", {"kpi": "value_per_booking"} | FORMULA),
            "mapping.submit": self.version("propose", self.own()),
            "mapping.endorse": self.version("endorse", upto=["propose"]),
            "mapping.approve": self.version("approve", upto=["propose", "endorse"]),
            "mapping.object": self.version("object", upto=["propose"], more={"reason": "which rows?"}),
            "mapping.retire": self.version("retire", upto=["propose", "endorse", "approve"]),
            "comment.read": ("GET", f"{p}comments/", {}),
            "comment.create": (
                "POST",
                f"{p}comments/",
                {"thing": f"run/{world.product.slug}/{world.run.pk}", "text": "why?"},
            ),
            "comment.edit": ("POST", f"{p}comments/{self.ids['comment']}/edit/", {"text": "which ones?"}),
            "comment.delete": ("POST", f"{p}comments/{self.ids['comment']}/withdraw/", {}),
            "comment.resolve": ("POST", f"{p}comments/{self.ids['comment']}/resolve/", {}),
            "target.set": ("POST", f"{p}targets/new/", {"value": 5} | SPAN),
            "task.status": ("GET", f"{p}progress/", {}),
            "kpi.read": ("GET", f"{p}kpis/value_per_booking/", {}),
            "kpi.create": (
                "POST",
                f"{p}kpis/new/",
                {"key": "new_kpi", "name": "New", "unit": "share", "direction": "up", "aggregation": "sum"},
            ),
            "kpi.update": (
                "POST",
                f"{p}kpis/bookings/",
                {"name": "Bookings", "direction": "up", "aggregation": "sum"},
            ),
            "assumption.list": ("GET", f"{p}assumptions/offer/", {}),
            "assumption.create": (
                "POST",
                f"{p}assumptions/new/?kind=point",
                {"key": "new_one", "name": "New", "unit": "share", "value": 0.4},
            ),
            "assumption.update": ("POST", f"{p}assumptions/offer/?kind=point", {"value": 0.4}),
            "actual.list": ("GET", f"{p}kpis/bookings/pairs/", {}),
            "actual.import": ("POST", f"{p}kpis/bookings/actuals/", {"text": "2019-01, 5", "save": "1"}),
            "actual.undo": ("POST", f"{p}kpis/value_per_booking/actuals/{self.ids['actual']}/undo/", {}),
            "saved_view.write": ("POST", f"{p}views/", {"name": "Another"}),
            "projection.read": ("GET", f"{p}risks/", {}),
            "projection.assumptions_edit": (
                "POST",
                f"{p}projection/",
                {"value_kpi": "value_per_booking", "volume_kpi": "bookings", "baseline": "act_on_none", "months": 12},
            ),
            "terms.read": ("GET", f"{p}terms/{self.model.key}/{self.ids['terms']}/", {}),
            "objective.set": ("POST", f"{p}terms/{self.model.key}/new/", self.terms_form()),
            "guardrail.set": (
                "POST",
                f"{p}terms/{self.model.key}/new/",
                self.terms_form() | {"rule": "nash_from_worst"},
            ),
            "terms.edit_draft": self.terms_act("edit", self.one_of_roles(), more=self.terms_form()),
            "terms.submit": self.terms_act("propose", self.one_of_roles()),
            "terms.endorse": self.terms_act("endorse", upto=["propose"]),
            "terms.approve": self.terms_act("approve", upto=["propose", "endorse"]),
            "terms.object": self.terms_act("object", upto=["propose"], more={"reason": "too coarse"}),
            "decision.read": ("GET", f"{p}decisions/", {}),
            "decision.open": lambda: ("POST", f"{p}decisions/", {"model": self.to_be_decided().key}),
            "decision.answer": lambda: self.decided("open", "weights", self.weighed()),
            "decision.close_round": lambda: self.decided("open", "close"),
            "decision.propose": lambda: self.decided("closed", "propose", {"run": self.candidate().pk, "reason": "so"}),
            "decision.assent": lambda: self.decided("proposed", "assent"),
            "decision.dissent": lambda: self.decided("proposed", "dissent", {"reason": "I doubt it"}),
            "decision.sign": lambda: self.decided("proposed", "sign"),
            "decision.revert": lambda: self.decided("signed", "revert", {"reason": "complaints"}),
            "alert.subscribe": ("POST", "deliveries/alerts/new/", self.alert()),
            "webhook.create": (
                "POST",
                "deliveries/webhooks/new/",
                {"product": world.product.slug, "name": "w", "kind": "plain", "url": "https://8.8.8.8/"},
            ),
            "report.schedule_mail": ("POST", "deliveries/new/", self.weekly()),
            "scenario.read": ("GET", f"{p}what-if/", {}),
            "scenario.save": ("POST", f"{p}scenarios/", {"name": "Hard year", "offer": 0.06}),
            "receipt.read": ("GET", f"receipts/{self.receipt()}/", {}),
            "receipt.verify": ("POST", f"receipts/{self.receipt()}/verify/", {}),
            "receipt.export": ("GET", f"receipts/{self.receipt()}/export/", {}),
            "dashboard.executive": ("GET", p, {}),
            "dashboard.pm": ("GET", "manage/", {}),
            "dashboard.ds": ("GET", "science/", {}),
            "django_admin": ("GET", "admin/", {}),
            "me.export": ("POST", "profile/export/", {}),
            "user.end_sessions": ("POST", f"people/{self.ids['person']}/sessions/end/", {}),
            "user.export": ("POST", f"people/{self.ids['person']}/export/", {}),
            "user.mfa_reset": ("POST", f"people/{self.with_app().pk}/two-factor/reset/", {"typed": "with-an-app"}),
            "mfa.setup": ("POST", "profile/two-factor/again/", {"password": PASSWORD}),
            "user.remove": ("POST", f"people/{self.someone().pk}/remove/", {"typed": "to-be-removed"}),
            "user.create_or_disable": ("POST", "people/", {"username": "ada@example.org"}),
            "invitation.create": ("POST", f"{p}members/", {"username": "bob@example.org", "role": "executive"}),
            "invitation.accept": ("GET", "invitation/MQ/no-token/", {}),
            "ops.metrics_endpoint": ("GET", "metrics", {}),
            "ops.requeue_dead_letter": ("POST", f"work/{self.ids['work']}/retry/", {}),
        }

    def with_app(self):
        """Somebody of whom a code is asked."""
        person = User.objects.create_user("with-an-app")
        TwoFactor.objects.create(user=person, secret="", last_step=0)
        return person

    def weighed(self):
        return {"act": "weigh"} | {f"weight-{key}": "50" for key in self.even()}

    def terms_form(self):
        """What the page of new terms sends of those in force, as it shows them."""
        model, known = self.model, Known(self.world.product)
        offered, definition = terms.offered(known, model), self.terms_in_force().definition
        form = TermsForm(offered=offered, model=model, definition=definition)
        return {field.html_name: value for field in form if (value := field.value()) is not None}

    def terms_act(self, act, author=None, upto=(), more=None):
        made = self.terms(author, upto)
        path = f"p/{self.world.product.slug}/terms/{self.model.key}/{made.number}/{act}/"
        return "POST", path, {"seen": made.digest} | (more or {})

    def decided(self, state, act, more=None):
        made = self.decision_at(state)
        self.world.compute()  # the champion may be another one since
        path = f"p/{self.world.product.slug}/decisions/{made.number}/{act}/"
        return "POST", path, {"seen": made.digest} | (more or {})

    def version(self, act, author=None, upto=(), more=None):
        version = self.signed(author, upto)
        path = f"p/{self.world.product.slug}/mappings/{version.mapping_id}/{version.number}/{act}/"
        return "POST", path, {"seen": version.digest} | (more or {})


# What the pages have no door to: done over the API, or not there yet.
