"""A call of the API for each action of the role matrix."""

from metrics.models.evaluation import Model
from metrics.models.product import SavedView
from metrics.models.work import Work
from tests.security.matrix import Prepared

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
            "report.export_csv_xlsx_pdf": lambda: ("GET", f"{self.slug}/packs/", None),
            "report.generate": lambda: ("POST", f"{self.slug}/packs/", {}),
            "pack.withdraw": lambda: (
                "POST",
                f"{self.slug}/packs/{self.pack().number}/withdraw/",
                {"reason": "of another month"},
            ),
            "portfolio.issue": lambda: ("POST", "/portfolio/packs/", {"currency": "EUR"}),
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
            "upload.send": lambda: ("POST", f"{self.slug}/uploads/", {"name": "a.csv", "size": 9, "digest": "a" * 64}),
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
            "comment.read": lambda: ("GET", f"{self.slug}/comments/", None),
            "comment.create": lambda: (
                "POST",
                f"{self.slug}/comments/",
                {"thing": f"product/{self.world.product.slug}", "text": "which rows?"},
            ),
            "comment.edit": lambda: ("PATCH", f"{self.slug}/comments/{self.comment()}/", {"text": "which ones?"}),
            "comment.delete": lambda: ("DELETE", f"{self.slug}/comments/{self.comment()}/", None),
            "comment.resolve": lambda: ("POST", f"{self.slug}/comments/{self.comment()}/resolve/", None),
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
            "alert.subscribe": lambda: ("POST", f"{self.slug}/alerts/", {"kind": "expires", "time_zone": "UTC"}),
            "webhook.create": lambda: ("POST", f"{self.slug}/webhooks/", {"name": "w", "url": "https://8.8.8.8/"}),
            "report.schedule_mail": lambda: (
                "POST",
                f"{self.slug}/subscriptions/",
                {"what": "product", "rule": "working_days", "at": "07:00", "time_zone": "UTC"},
            ),
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
