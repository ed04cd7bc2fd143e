"""A page asked for a thing of another product answers exactly as for one that is not there."""

import re
from datetime import date
from decimal import Decimal

import pytest

from metrics.models.evaluation import EvaluationRun, Metric
from metrics.models.product import Membership, SavedView, User
from metrics.services.delivery import comments
from metrics.services.evaluation import promotion
from metrics.services.kpi import calibration, kpis, mappings
from metrics.services.product.tokens import create_token
from metrics.services.revenue import scenarios
from tests.security.matrix import FORMULA
from tests.security.page_calls import Things
from tests.security.test_pages import PAGES, browser, tried

pytestmark = [pytest.mark.django_db, pytest.mark.promise("S3")]
MONTH = date(2017, 1, 1)


@pytest.fixture
def foreign(world, make_product, people, log, rows, compute):
    """Ids of another product, by what an address calls them; its people are no members of the first."""
    product = make_product("Secret deposits", seed=12)
    Membership.objects.filter(product=product).delete()
    chief, other = (User.objects.create_user(name) for name in ("chief", "other"))
    Membership.objects.create(product=product, user=chief, role="project_manager")
    Membership.objects.create(product=product, user=other, role="data_scientist")
    run = log(other, product, rows(300), name="secret", dataset="secret rows")
    promotion.promote(chief, run.version)
    kpi = kpis.create_kpi(chief, product, key="secret_rate", name="Secret", unit="share")
    kpis.create_assumption(
        chief, product, key="secret_cost", name="Secret", unit="share", distribution={"kind": "point", "value": 0.4}
    )
    draft = mappings.create_mapping(other, product, kpi=kpi, name="Secret", definition=FORMULA)
    mappings.propose(other, draft, seen=draft.digest)
    mappings.approve(chief, draft, seen=draft.digest)
    (actual,) = kpis.import_actuals(chief, kpi, values=[(MONTH, Decimal("0.5"))], source="s")
    (pair,) = calibration.import_pairs(
        chief, kpi, metric="log_loss", kind="history", rows=[calibration.PairRow(x=0.1, y=0.2)]
    )
    target = kpis.set_target(chief, product, kpi=kpi, value=Decimal("0.6"), from_period=MONTH, until_period=MONTH)
    compute()
    run = EvaluationRun.objects.get(pk=run.pk)
    removed = scenarios.save(chief, product, name="Gone", overrides={"secret_cost": 0.5})
    scenarios.remove(chief, removed)
    return {
        "slug": product.slug,
        "run": run.pk,
        "dataset": run.data_set_id,
        "member": Membership.objects.get(product=product, user=chief).pk,
        "mapping": draft.mapping_id,
        "metrics": Metric.objects.create(product=product, key="secret", name="S", direction="down").key,
        "kpis": kpi.key,
        "assumptions": "secret_cost",
        "actual": actual.pk,
        "batch": pair.batch,
        "target": target.pk,
        "removed": removed.pk,
        "comment": comments.say(chief, product, thing=f"product/{product.slug}", text="secret words").pk,
        "scenario": scenarios.save(chief, product, name="Secret", overrides={"secret_cost": 0.6}).key,
        "view": SavedView.objects.create(user=chief, product=product, name="Secret").pk,
        "digest": draft.results.first().digest,
        "token": create_token(chief, name="Secret")[0].pk,
    }


def named(address):
    """What an address names, by the words of `foreign`."""
    found = re.sub(r"(\w+)/<str:key>", r"\1/<str:\1>", address)
    return [name for name in re.findall(r"<(?:\w+:)?(\w+)>", found) if name != "number"]


@pytest.mark.parametrize("name", ["scientist", "manager", "executive"])
def test_a_foreign_id_answers_exactly_as_a_missing_one(world, people, foreign, name):
    things, client, wrong = Things(world, people[name]), browser(people[name]), []
    asked = set()
    for address, actions in PAGES.items():
        for thing in set(named(address)) & set(foreign):
            if address.startswith(("password/", "invitation/", "sign-in/way/")):  # their token is no id
                continue
            asked.add(thing)
            absent = "zzzzzzzzzzzz" if len(str(foreign[thing])) == 12 else "no_such_thing"
            for method in actions:
                answers = [
                    tried(client, method, things.at(address, **{thing: given})) for given in (foreign[thing], absent)
                ]
                codes = {answer.status_code for answer in answers}
                texts = {_plain(answer, foreign[thing], absent) for answer in answers}
                if len(codes) > 1 or codes - {403, 404} or len(texts) > 1:
                    wrong.append((method, address, thing, codes, len(texts)))
    assert wrong == []
    assert asked == set(foreign)


def _plain(answer, *ids):
    """The text of an answer, without what was asked for and without what is new in each answer."""
    text = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
    return re.sub("|".join([*ids, r'"X-CSRFToken": "\w+"', r'name="csrfmiddlewaretoken" value="\w+"']), "", text)
