"""The role matrix, who its columns are here, and what has to be there for a call that it judges."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from django.utils import timezone

from metrics import store
from metrics.models.delivery import Alert, Delivery, Subscription, Webhook
from metrics.models.evaluation import EvaluationRun, Metric, Model
from metrics.models.kpi import Mapping
from metrics.models.pack import Pack
from metrics.models.product import Membership, Product, User
from metrics.models.row import new_id
from metrics.models.selection import Decision
from metrics.models.session import Session
from metrics.queries.documents.known import Known
from metrics.services.delivery import comments
from metrics.services.evaluation import promotion
from metrics.services.kpi import kpis, mappings
from metrics.services.product.tokens import create_token
from metrics.services.selection import decisions, rounds, terms
from reports.exports.document import Document
from reports.exports.frozen import frozen
from tests.places import SHARED
from tests.world import bookings

MATRIX = SHARED / "corpora" / "role_matrix.csv"
OURS = Path(__file__).parent / "role_matrix.csv"  # what the matrix has not, and cells of it that are mended here


def cells():
    """The rows of the matrix by action, ours in place of theirs; none without the material."""
    if not MATRIX.exists():
        return []
    rows = [row for path in (MATRIX, OURS) for row in csv.DictReader(path.open())]
    return list({row["action"]: row for row in rows}.values())


CELLS = cells()

# Column of the matrix → who that is here.
PEOPLE = {
    "anonymous": None,
    "non_member": "outsider",
    "executive": "executive",
    "data_scientist": "scientist",
    "project_manager": "manager",
    "admin": "admin",
}

FORMULA = {"kind": "formula", "text": "precision_top10"}

# Where the matrix says “conditional”, and what our calls amount to: A they meet the condition, D they do not.
CONDITIONAL = {
    "me.token_create": "A",
    "me.token_revoke": "A",
    "session.list_and_end": "A",
    "product.list": "A",
    "product.create": "A",
    "portfolio.issue": "A",
    # the product's settings allow it without a decision
    "version.promote": "A",
    "decision.revert": "A",
    "report.schedule_mail": "A",
    "terms.edit_draft": "A",
    "terms.submit": "A",
    "terms.approve": "A",
    "member.add": "A",
    "member.remove": "A",
    "run.invalidate": "A",
    "metric.update_definition": "A",
    "metric.delete": "A",
    # no setting lets a manager have the rows yet
    "run.download_predictions": "D",
    "comment.edit": "A",
    "comment.delete": "A",
    "mapping.create_draft": "A",
    "mapping.edit_draft": "A",
    "mapping.submit": "A",
    "mapping.approve": "A",
    # the matrix lets a data scientist draft an assumption; here an assumption has no drafts: its manager answers for it
    "assumption.create": "D",
    "assumption.update": "D",
}


def document_named(title):
    """The smallest document that can be shown."""
    return Document(
        kind="product", of="calls", title=title, name="Pack", period="", known_on=date(2026, 11, 29), sections=()
    )


class Prepared:
    """What a call of an actor needs, each thing made so that the call would succeed for who may do it."""

    def __init__(self, world, actor):
        self.world, self.actor = world, actor
        self.manager, self.scientist = world.people["manager"], world.people["scientist"]

    def draft(self, author):
        key = f"hits_{User.objects.count()}_{Mapping.objects.count()}"
        hits = kpis.create_kpi(self.manager, self.world.product, key=key, name="Hits", unit="share")
        return mappings.create_mapping(author, self.world.product, kpi=hits, name="Hits", definition=FORMULA)

    def signed(self, author=None, upto=()):
        """A version on which the acts that come before one were done."""
        version = self.draft(author or self.manager)
        for step in upto:
            person = self.scientist if step == "endorse" else self.manager
            getattr(mappings, step)(person, version, seen=version.digest)
        return version

    def deliveries(self, someone):
        """One thing of each kind that goes out, of the actor."""
        at = {"next_at": timezone.now(), "time_zone": "UTC", "owner": someone, "receiver": someone}
        mine = Subscription.objects.create(what="portfolio", rule="weekly", **at)
        went = Delivery.objects.create(source="x", period="y", receiver=someone, subscription=mine, state="failed")
        of = {"owner": someone, "product": self.world.product}
        hook = Webhook.objects.create(name="warehouse", kind="plain", url="https://8.8.8.8/", salt="x", **of)
        alert = Alert.objects.create(kind="expires", receiver=someone, time_zone="UTC", **of)
        keys = {"alerts": alert.pk, "webhooks": hook.pk, "subscriptions": mine.pk}
        return keys | {"deliveries": mine.pk, "sent": went.pk, "kind": "subscription", "kept": mine.pk}

    def alert(self):
        given = {"product": self.world.product.slug, "kind": "expires", "days": 7, "how": "now", "save": "1"}
        return given | {"quiet_from": "00:00", "quiet_until": "00:00", "time_zone": "UTC"}

    def weekly(self):
        when = {"rule": "weekly", "weekday": 0, "month_day": 1, "at": "07:00", "time_zone": "UTC"}
        return when | {"what": "product", "product": self.world.product.slug}

    def receipt(self):
        return self.world.version.results.first().digest

    def member(self):
        username = f"new{User.objects.count()}"
        person = User.objects.create_user(username)
        return Membership.objects.create(product=self.world.product, user=person, role="executive")

    def own(self):
        """Whose draft or run it is where the matrix says “own”: the actor's, if that can be one."""
        return self.actor if self.actor in (self.scientist, self.manager) else self.manager

    def token(self):
        return create_token(self.actor or self.manager, name="to be revoked")[0].pk

    def someone(self):
        return User.objects.get_or_create(username="to-be-removed")[0]

    def session(self, someone):
        given = {"session_key": new_id(), "expire_date": timezone.now() + timedelta(days=1)}
        return Session.objects.create(user=someone, session_data="", **given).name

    def other(self):
        """The address of another product with the same members."""
        slug = f"other{Product.objects.count()}"
        made = Product.objects.create(slug=slug, name=slug, currency="EUR", seed=1, created_by=self.manager)
        members = self.world.product.memberships.values_list("user", "role")
        Membership.objects.bulk_create(Membership(product=made, user_id=user, role=role) for user, role in members)
        return slug

    def second_run(self):
        twin = EvaluationRun.objects.get(pk=self.world.run.pk)
        twin.pk = new_id()
        twin.save(force_insert=True)
        return twin.pk

    def metric(self):
        key = f"own_{Metric.objects.count()}"
        return Metric.objects.create(product=self.world.product, key=key, name=key, direction="down")

    @property
    def model(self):
        return self.world.run.version.model

    def terms(self, author=None, upto=(), **changed):
        """A version of the terms on which the acts that come before one were done; its author makes it."""
        base = self.model.terms.filter(state="approved").first()
        made = terms.create(author or self.manager, self.model, definition=base and base.definition | changed)
        for step in upto:
            made = getattr(terms, step)(self.scientist if step == "endorse" else self.manager, made, seen=made.digest)
        return made

    def terms_in_force(self):
        return self.model.terms.filter(state="approved").first() or self.terms(upto=("propose", "endorse", "approve"))

    def candidate(self):
        """A run that may be chosen in the champion's place, and is computed."""
        if self.model.pk not in Known(self.world.product).champions:  # a call before this one withdrew it
            run = self.logged(0.0)
            promotion.promote(self.manager, run.version, run=run)
        found = EvaluationRun.objects.filter(version__model=self.model, version__state="candidate", state="scored")
        run = found.order_by("-created_at").first() or self.logged(0.03)
        self.world.compute()
        return run

    def logged(self, shift):
        """A scored run of a new version on the champion's rows."""
        name = f"version {EvaluationRun.objects.count()}"
        model = Model.objects.get(pk=self.model.pk).name  # a call before this one renames it
        given = {"model": model, "name": name, "version": name, "where": {"split": "test"}}
        run = self.world.log(self.scientist, self.world.product, bookings(shift=shift), **given)
        self.world.compute()
        return EvaluationRun.objects.get(pk=run.pk)

    def even(self):
        keys = [one["key"] for one in self.terms_in_force().definition["objectives"]]
        return {key: 1 / len(keys) for key in keys}

    def own_objectives(self):
        """The objectives in force, one of the actor's role made finer."""
        role = {"scientist": "data_scientist", "executive": "executive"}.get(getattr(self.actor, "username", ""))
        return [
            one | {"smallest": one["smallest"] / 2} if one["role"] == role else one
            for one in self.terms_in_force().definition["objectives"]
        ]

    def actual(self):
        """One of the KPI that addresses name."""
        months = [(date(2017, 1, 1), Decimal(3))]
        (row,) = kpis.import_actuals(self.manager, self.world.value, values=months, source="")
        return row.pk

    def to_be_decided(self):
        """The model, with terms in force and nothing that waits."""
        self.terms_in_force()
        Decision.objects.filter(state__in=["open", "proposed"]).update(state="withdrawn")
        return self.model

    def deputy(self):
        """A second manager, so that the first one may sign as well."""
        person, _ = User.objects.get_or_create(username="deputy")
        Membership.objects.get_or_create(product=self.world.product, user=person, role="project_manager")
        return person

    def pack(self, *, of_portfolio=False):
        """An issued pack of the product, or of the actor's portfolio."""
        whose = self.actor if of_portfolio and self.actor and self.actor.username != "outsider" else self.manager
        document = document_named("Of a role")
        made = Pack(
            kind="portfolio" if of_portfolio else "product",
            product=None if of_portfolio else self.world.product,
            number=1 + Pack.objects.filter(product=None if of_portfolio else self.world.product).count(),
            made_by=whose,
            state="issued",
            title=document.title,
            issued_at=timezone.now(),
            digest=store.put(frozen(document)),
            files={"pdf": store.put(b"%PDF-")},
        )
        made.save()
        made.products.set([self.world.product])
        return made

    def decision_at(self, state):
        """A decision that is open, closed (answered), proposed or signed."""
        run = self.candidate()
        made = decisions.open_(self.manager, self.to_be_decided())
        if state != "open":
            rounds.close(self.manager, made)
        if state in ("proposed", "signed"):
            made = decisions.propose(self.deputy(), made, run, reason="why not")
        if state == "signed":
            decisions.assent(self.scientist, made, seen=made.digest)
            made = decisions.sign(self.world.people["executive"], made, seen=made.digest)
        return made

    def comment(self):
        """Said of the product's value, by the actor where that may be."""
        people = self.world.people
        may = (self.scientist, self.manager, people["executive"])
        thing = f"kpi/{self.world.product.slug}/value_per_booking"
        by = self.actor if self.actor in may else self.manager
        return comments.say(by, self.world.product, thing=thing, text="which rows?").pk

    def stranger(self):
        return User.objects.create_user(f"stranger{User.objects.count()}").username
