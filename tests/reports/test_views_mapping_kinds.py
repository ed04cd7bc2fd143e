"""A cost of errors and a matrix of classes: written in the browser, signed, computed, and read again."""

import numpy as np
import pytest

from metrics.models.evaluation import Artifact
from metrics.models.kpi import KPIResult, MappingVersion
from metrics.services.evaluation import promotion
from metrics.services.kpi import kpis, mappings
from metrics.services.recompute import verification
from reports.pages.mapping.text import diff_lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(product, manager, scientist, logged, task_rows):
    """A champion of a task, and the KPI that a mapping of it may give."""

    def build(task):
        run = logged(task)
        promotion.promote(manager, run.version)
        kpis.create_kpi(manager, product, key="worth", name="Worth", unit=f"EUR/{product.case_noun}")
        return run, task_rows(task)

    return build


def write(client, person, product, fields):
    client.force_login(person)
    given = {"kpi": "worth", "name": "What it is worth", "note": ""} | fields
    return client.post(f"/p/{product.slug}/mappings/new/?kind={fields['kind']}", given)


def in_force(product, scientist, manager, compute):
    version = MappingVersion.objects.get(mapping__kpi__key="worth")
    if version.author_id == manager.pk:
        mappings.propose(manager, version, seen=version.digest)
        version = mappings.endorse(scientist, version, seen=version.digest)
    version.refresh_from_db()
    mappings.approve(manager, version, seen=version.digest)
    compute()
    return version


COST = {"kind": "error_cost", "under": "60", "over": "25 / 2", "shape": "linear", "per": "case", "says": "Bought."}


def test_a_cost_of_errors_is_written_signed_and_computed_from_the_rows(
    made, client, product, manager, scientist, compute
) -> None:
    _, rows = made("regression")
    answer = write(client, manager, product, COST)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    version = in_force(product, scientist, manager, compute)
    found = KPIResult.objects.get(version=version)
    labelled = rows[rows["y_true"].notna()]
    error = (labelled["y_pred"] - labelled["y_true"]).to_numpy()
    expected = -(60 * np.maximum(-error, 0) + 12.5 * np.maximum(error, 0)).mean()
    assert found.point == pytest.approx(expected, rel=1e-9)
    text = client.get(f"/p/{product.slug}/mappings/{version.mapping_id}/1/").content.decode()
    assert "predicted too low, a unit" in text
    assert "The cost grows with" in text
    assert client.get(f"/p/{product.slug}/mappings/").content.decode().count("cost of errors")


def test_a_matrix_of_classes_takes_the_champions_classes_and_counts_every_row(
    made, client, product, manager, scientist, compute
) -> None:
    _, rows = made("multiclass")
    client.force_login(manager)
    form = client.get(f"/p/{product.slug}/mappings/new/?kind=class_matrix").context["form"]
    classes = form.listed
    assert sorted(set(rows["y_true"].dropna())) == sorted(set(classes) & set(rows["y_true"].dropna()))
    fields = {"kind": "class_matrix", "classes": form.initial["classes"], "baseline": classes[0], "per": "case"}
    fields |= {"decide": "predicted"}
    fields |= {f"cell_{i}_{j}": str(3 * (i == j) - i) for i in range(len(classes)) for j in range(len(classes))}
    answer = write(client, manager, product, fields)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    version = in_force(product, scientist, manager, compute)
    labelled = rows[rows["y_true"].notna()]
    likeliest = labelled[[f"p.{name}" for name in classes]].idxmax(axis=1).str.removeprefix("p.")
    right, always = labelled["y_true"] == likeliest, labelled["y_true"] == classes[0]
    assert KPIResult.objects.get(version=version).point == pytest.approx(3 * (right.mean() - always.mean()), rel=1e-9)
    text = client.get(f"/p/{product.slug}/mappings/{version.mapping_id}/1/").content.decode()
    assert f"deciding for {classes[0]} always" in text
    edited = client.get(f"/p/{product.slug}/mappings/{version.mapping_id}/1/edit/").context["form"]
    assert edited.listed == classes
    assert edited["cell_0_0"].value() == "3"


def test_the_class_that_pays_best_on_each_row_is_worth_what_numpy_says_against_the_predicted_one(
    made, client, product, manager, scientist, compute
) -> None:
    _, rows = made("multiclass")
    client.force_login(manager)
    form = client.get(f"/p/{product.slug}/mappings/new/?kind=class_matrix").context["form"]
    classes = form.listed
    worth = np.array(
        [[(5.0 + i) * (i == j) - 4.0 * (j == 0) - i for j in range(len(classes))] for i in range(len(classes))]
    )
    fields = {"kind": "class_matrix", "classes": form.initial["classes"], "per": "case"}
    fields |= {"decide": "least_cost", "baseline": "predicted"}
    fields |= {f"cell_{i}_{j}": str(worth[i, j]) for i in range(len(classes)) for j in range(len(classes))}
    answer = write(client, manager, product, fields)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    version = in_force(product, scientist, manager, compute)
    labelled = rows[rows["y_true"].notna()]
    given = labelled[[f"p.{name}" for name in classes]].to_numpy()
    truth = np.array([classes.index(name) for name in labelled["y_true"]])
    best, likeliest = (given @ worth).argmax(axis=1), given.argmax(axis=1)
    assert (best != likeliest).mean() > 0.05, "the rules differ on these rows"
    found = KPIResult.objects.get(version=version)
    assert found.point == pytest.approx((worth[truth, best] - worth[truth, likeliest]).mean(), rel=1e-9)
    assert found.low95 < found.point < found.high95
    text = client.get(f"/p/{product.slug}/mappings/{version.mapping_id}/1/").content.decode()
    assert "the class that pays best on the row" in text
    assert "deciding for the predicted class" in text
    edited = client.get(f"/p/{product.slug}/mappings/{version.mapping_id}/1/edit/").context["form"]
    assert edited["decide"].value() == "least_cost"
    receipt = client.get(f"/receipts/{found.digest}/")
    assert receipt.status_code == 200
    assert Artifact.objects.filter(document__kind="class_decisions").count() == 1
    assert verification.verified(found.digest)["verdict"] == "equal"


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"under": "60 +"}, "under", "ends too early"),
        ({"over": "-1"}, "over", "0 or more"),
        ({"of": "EURO"}, "of", "did you mean EUR"),
        ({"per": "total"}, "per", "EUR"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(made, client, product, manager, change, field, words) -> None:
    made("regression")
    answer = write(client, manager, product, COST | change)
    assert answer.status_code == 400
    assert words in " ".join(answer.context["form"].errors[field])
    client.force_login(manager)
    checked = client.post(f"/p/{product.slug}/mappings/check/", {"kpi": "worth"} | COST | change)
    assert words in checked.content.decode()


def test_without_a_champion_of_several_classes_the_page_says_the_next_step(client, world, manager) -> None:
    client.force_login(manager)
    kpis.create_kpi(manager, world.product, key="worth", name="Worth", unit="EUR/booking")
    text = client.get(f"/p/{world.product.slug}/mappings/new/?kind=class_matrix").content.decode()
    assert "No classes are known yet" in text


def test_a_run_of_another_task_has_no_such_value_and_says_why(world, manager, scientist) -> None:
    worth = kpis.create_kpi(manager, world.product, key="worth", name="Worth", unit="EUR/booking")
    definition = {name: COST[name] for name in ("kind", "under", "over", "shape", "per", "says")}
    version = world.approved(worth, "Cost", definition)
    world.compute()
    assert "two outcomes" in KPIResult.objects.get(version=version).unknown_reason


def test_two_versions_of_a_cost_differ_where_they_differ() -> None:

    before = {"kind": "error_cost", "under": "60", "over": "25", "shape": "linear", "of": "", "per": "case", "says": ""}
    after = before | {"over": "30", "shape": "quadratic", "of": "night", "says": "Now squared."}
    places = [line.place for line in diff_lines(*(MappingVersion(definition=each) for each in (before, after)))]
    assert places == ["predicted too high, a unit", "Sentence", "The cost grows with", "One unit is"]
