"""Two products and the people of each, for attacks by one upon the other."""

import json
import re

import pytest

from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI, Mapping, MappingVersion
from metrics.models.product import Membership, User
from metrics.services.evaluation import runs
from metrics.services.kpi import kpis, mappings

PASSWORD = "a-long-password"

# Their guess of an address → ours.
ADDRESSES = [
    (r"^/api/v1/runs/\?project=", "/api/v1/products/{A}/runs/?project="),
    (r"^/api/v1/runs/$", "/api/v1/products/{A}/runs/"),
    (r"^/api/v1/products/\{A\}/runs/upload/$", "/api/v1/products/{A}/runs/"),
    (r"\?page=", "?cursor="),
    (r"^/api/v1/metrics/\{A\.metric\}/$", "/api/v1/products/{A}/kpis/{A.kpi}/"),
    (r"^/api/v1/mappings/\{B\.mapping\}/$", "/api/v1/mappings/{B.mapping}/versions/1/"),
    (r"^/mappings/\{A\.mapping\}/approve/$", "/api/v1/mappings/{A.mapping}/versions/1/approve/"),
    (r"^/api/v1/reports/(.*%2f.*)/export\.csv$", r"/api/v1/receipts/\1/export/"),
    (r"^/dashboard/", "/portfolio/"),
    (r"^/login/", "/sign-in/"),
]


class Site:
    """Two products, and what the placeholders of the corpus stand for in them."""

    def __init__(self, people, make_product, api):
        self.api, self.people = api, people
        self.a, self.b = make_product("Product A"), make_product("Secret product B", seed=12)
        Membership.objects.filter(product=self.b).delete()
        self.other, chief = (User.objects.create_user(name, password=PASSWORD) for name in ("otherside", "otherchief"))
        Membership.objects.create(product=self.b, user=self.other, role="data_scientist")
        Membership.objects.create(product=self.b, user=chief, role="project_manager")
        self.a_mapping = self.mapping(self.a, people["manager"], people["scientist"])
        self.b_mapping = self.mapping(self.b, chief, self.other)
        self.b_run = self.run(self.b, self.other)
        self.names = {
            "A": self.a.slug,
            "B": self.b.slug,
            "A.mapping": self.a_mapping.mapping_id,
            "B.mapping": self.b_mapping.mapping_id,
            "B.run": self.b_run.pk,
            "B.metric": "secret_rate",
            "A.kpi": "hit_rate",
            "A.model": "gbm",
            "self": Membership.objects.get(product=self.a, user=people["scientist"]).pk,
            "host": "testserver",
            "n": "1",
        }

    def mapping(self, product, manager, scientist):
        key = "secret_rate" if product == self.b else "hit_rate"
        of = kpis.create_kpi(manager, product, key=key, name=key, unit="share")
        definition = {"kind": "formula", "text": "precision_top10"}
        draft = mappings.create_mapping(manager, product, kpi=of, name=key, definition=definition)
        mappings.propose(manager, draft, seen=draft.digest)
        return mappings.endorse(scientist, draft, seen=draft.digest)

    def run(self, product, scientist):
        manifest = {"model": "secret model", "version": "1", "metrics": {"brier": 0.123}}
        return runs.log_run(scientist, product, manifest=manifest)

    def filled(self, text):
        for name, value in self.names.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    def address(self, line):
        path = line["path"]
        for theirs, ours in ADDRESSES:
            path = re.sub(theirs, ours, path)
        return self.filled(path)

    def body(self, line):
        return json.loads(self.filled(json.dumps(line["body"]))) if "body" in line else None

    def actor(self, line):
        who = line["actor"].partition("@")[0]
        return self.people.get({"data_scientist": "scientist", "project_manager": "manager"}.get(who, who))

    def secrets_of_b(self):
        return [self.b.slug, self.b.name, self.b_run.pk, self.b_mapping.mapping_id, "secret model", "0.123"]

    def state(self):
        """What no attack may change."""
        return (
            sorted(MappingVersion.objects.values_list("pk", "state", "digest")),
            sorted(KPI.objects.values_list("pk", "key", "name", "product")),
            sorted(Membership.objects.values_list("pk", "role", "product")),
            sorted(User.objects.values_list("pk", "username", "is_staff", "is_superuser")),
            sorted(Mapping.objects.values_list("pk", "product")),
            EvaluationRun.objects.count(),
        )


@pytest.fixture
def site(people, make_product, api):
    return Site(people, make_product, api)


@pytest.fixture
def send(site):
    """Send a line of the corpus as its actor."""

    def sent(line, *, content=None, kind="application/json", path=None):
        user, headers = site.actor(line), dict(line.get("headers", {}))
        kind = headers.pop("Content-Type", kind)
        client = site.api(user, raising=False)
        if content is None:
            body = site.body(line)
            content = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
        environment = {"HTTP_" + name.upper().replace("-", "_"): site.filled(value) for name, value in headers.items()}
        return client.generic(line["method"], path or site.address(line), content, content_type=kind, **environment)

    return sent
