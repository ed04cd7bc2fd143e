"""The role matrix, who its columns are here, and what has to be there for a call that it judges."""

import csv
from pathlib import Path

from metrics.models.evaluation import EvaluationRun, Metric
from metrics.models.kpi import Mapping
from metrics.models.product import Membership, Product, User
from metrics.models.row import new_id
from metrics.services.kpi import kpis, mappings
from metrics.services.product.products import create_token
from tests.places import SHARED

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
    "product.list": "A",
    "product.create": "A",
    # the product's settings allow it without a decision
    "version.promote": "A",
    "decision.revert": "A",
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
    "mapping.create_draft": "A",
    "mapping.edit_draft": "A",
    "mapping.submit": "A",
    "mapping.approve": "A",
    # the matrix lets a data scientist draft an assumption; here an assumption has no drafts: its manager answers for it
    "assumption.create": "D",
    "assumption.update": "D",
}


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

    def stranger(self):
        return User.objects.create_user(f"stranger{User.objects.count()}").username
