"""KPIs, targets, assumptions, actuals and mappings, over the API."""

import pytest

from metrics.models.kpi import KPI, Actual, Assumption, AssumptionVersion, Mapping, Target

pytestmark = pytest.mark.django_db

SHARE = {"key": "taken", "name": "Taken", "unit": "share", "distribution": {"kind": "point", "value": 0.4}}
HITS = {"key": "hit_rate", "name": "Hit rate", "unit": "share"}
FORMULA = {"kind": "formula", "text": "precision_top10"}


@pytest.fixture
def at(product):
    return f"/products/{product.slug}"


@pytest.fixture
def hits(asks, at):
    assert asks("manager").post(f"{at}/kpis/", HITS).status_code == 201


@pytest.fixture
def mapping(asks, at, hits):
    made = asks("scientist").post(f"{at}/mappings/", {"kpi": "hit_rate", "name": "Hits", "definition": FORMULA})
    assert made.status_code == 201, made.content
    return made.json()


def version(asks, mapping, number=1, person="manager"):
    return asks(person).get(f"/mappings/{mapping['id']}/versions/{number}/").json()


def act(asks, person, mapping, name, number=1, **body):
    seen = {"digest": version(asks, mapping, number)["digest"]}
    return asks(person).post(f"/mappings/{mapping['id']}/versions/{number}/{name}/", seen | body)


def test_a_kpi_is_made_shown_and_renamed(asks, at, hits, refused):
    shown = asks("executive").get(f"{at}/kpis/hit_rate/").json()
    assert (shown["key"], shown["unit"], shown["value"]) == (
        "hit_rate",
        "share",
        {"unknown": "no approved mapping", "receipt": None},
    )
    changed = asks("manager").patch(f"{at}/kpis/hit_rate/", {"name": "Hits in the top tenth"})
    assert changed.json()["name"] == "Hits in the top tenth"
    assert asks("manager").patch(f"{at}/kpis/hit_rate/", {"unit": "EUR"}).json()["unit"] == "EUR"
    refused(asks("manager").patch(f"{at}/kpis/hit_rate/", {"unit": "EURO"}), 400, "unit")
    refused(asks("manager").patch(f"{at}/kpis/hit_rate/", {"direction": "side"}), 400, "direction")
    refused(asks("manager").get(f"{at}/kpis/no_such/"), 404)
    assert len(asks("executive").get(f"{at}/kpis/").json()["results"]) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": "Hit Rate"}, "key"),
        ({"key": "roc_auc"}, "key"),
        ({"unit": "EUR^^"}, "unit"),
        ({"aggregation": "mean"}, "aggregation"),
        ({"name": ""}, "name"),
        ({"product": "other"}, "product"),
    ],
)
def test_a_bad_kpi_is_refused_by_its_field(asks, at, refused, change, field):
    refused(asks("manager").post(f"{at}/kpis/", HITS | change), 400, field)
    assert not KPI.objects.exists()


@pytest.mark.parametrize(("text", "value"), [("20 M", 20_000_000), ("(1,200.50)", -1200.5), ("12.345", 12.345)])
def test_a_target_is_read_as_people_write_it(asks, at, text, value):
    span = {"from_period": "2026-01", "until_period": "2026-12"}
    assert asks("manager").post(f"{at}/targets/", {"value": text} | span).json()["value"] == value


def test_a_target_that_can_be_read_in_two_ways_is_refused_with_both(asks, at):
    span = {"from_period": "2026-01", "until_period": "2026-12"}
    told = asks("manager").post(f"{at}/targets/", {"value": "300,000"} | span)
    assert told.status_code == 400
    assert "Write 300 or 300000" in told.json()["errors"][0]["message"]


def test_targets_for_a_kpi_and_for_revenue(asks, at, hits, refused):
    span = {"from_period": "2017-01", "until_period": "2017-12"}
    made = asks("manager").post(f"{at}/targets/", {"kpi": "hit_rate", "value": "0.9"} | span)
    assert made.status_code == 201
    assert (made.json()["from_period"], made.json()["until_period"]) == ("2017-01", "2017-12")
    assert asks("manager").post(f"{at}/targets/", {"value": 600000} | span).json()["kpi"] is None
    assert len(asks("executive").get(f"{at}/targets/").json()["results"]) == 2
    refused(asks("manager").post(f"{at}/targets/", {"kpi": "no_such", "value": 1} | span), 400, "kpi")
    refused(asks("manager").post(f"{at}/targets/", {"value": "much"} | span), 400, "value")
    refused(asks("manager").post(f"{at}/targets/", {"value": True} | span), 400, "value")
    refused(asks("manager").post(f"{at}/targets/", {"value": "NaN"} | span), 400, "value")
    refused(asks("manager").post(f"{at}/targets/", {"value": 1e300} | span), 400, "value")
    refused(asks("manager").post(f"{at}/targets/", span | {"value": 1, "until_period": "2016-01"}), 400, "until_period")
    refused(asks("manager").post(f"{at}/targets/", span | {"value": 1, "from_period": "soon"}), 400, "from_period")
    assert Target.objects.count() == 2


def test_an_assumption_is_made_and_changed_in_versions(asks, at, refused):
    body = SHARE | {"owner": "sales", "source": "survey", "valid_until": "2027-01-31"}
    made = asks("manager").post(f"{at}/assumptions/", body)
    assert made.status_code == 201
    assert (made.json()["version"], made.json()["valid_until"]) == (1, "2027-01-31")
    change = {"distribution": {"kind": "interval90", "low": 0.3, "high": 0.5}, "source": "trial", "after": 1}
    assert asks("manager").post(f"{at}/assumptions/taken/", change).json()["version"] == 2
    refused(asks("manager").post(f"{at}/assumptions/taken/", change), 409)
    shown = asks("executive").get(f"{at}/assumptions/taken/").json()
    assert [row["version"] for row in shown["versions"]] == [2, 1]
    assert asks("executive").get(f"{at}/assumptions/").json()["results"][0]["version"] == 2
    refused(asks("manager").get(f"{at}/assumptions/no_such/"), 404)
    assert AssumptionVersion.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"distribution": {"kind": "normal", "mean": 1, "sd": -1}}, "distribution.sd"),
        ({"distribution": {"kind": "cauchy"}}, "distribution.kind"),
        ({"distribution": {}}, "distribution.kind"),
        ({"distribution": [1]}, "distribution"),
        ({"distribution": {"kind": "point", "value": 10**29}}, None),
        ({"unit": "nonsense!"}, "unit"),
        ({"key": "roc_auc"}, "key"),
        ({"valid_until": "soon"}, "valid_until"),
        ({"version": 9}, "version"),
        ({"after": 3}, "after"),
    ],
)
def test_a_bad_assumption_is_refused_by_its_field(asks, at, refused, change, field):
    answer = asks("manager").post(f"{at}/assumptions/", SHARE | change)
    if field is None:
        assert answer.status_code in (201, 400)
        return
    refused(answer, 400, field)
    assert not Assumption.objects.exists()


def test_actuals_are_imported_restated_and_undone(asks, at, hits, refused):
    path = f"{at}/actuals/"
    values = [{"period": "2017-01", "value": 0.8}, {"period": "2017-02-01", "value": "0.7"}]
    body = {"kpi": "hit_rate", "values": values, "source": "ledger"}
    made = asks("manager").post(path, body).json()
    assert (made["written"], made["unchanged"]) == (2, 0)
    none: dict = {"partial": [], "said": []}
    assert asks("manager").post(path, body).json() == {"import": None, "written": 0, "unchanged": 2} | none
    rows = asks("executive").get(path, {"kpi": "hit_rate"}).json()["results"]
    assert {(row["period"], float(row["value"])) for row in rows} == {("2017-01", 0.8), ("2017-02", 0.7)}
    assert made["import"] in {row["id"] for row in rows}
    assert asks("manager").delete(f"{path}{rows[0]['id']}/").status_code == 204
    assert len(asks("executive").get(path).json()["results"]) == 1
    refused(asks("manager").delete(f"{path}{rows[0]['id']}/"), 404)


def test_a_csv_of_actuals_is_previewed_then_imported_and_undone_as_a_whole(asks, at, hits):
    path, manager = f"{at}/actuals/", asks("manager")
    assert manager.post(path, {"kpi": "hit_rate", "csv": "2017-01, 0.8\n2017-02, 0.7"}).status_code == 201
    body = {"kpi": "hit_rate", "csv": "month\tvalue\n2017-02\t0,75\n2017-01\t0,8\n2017-03\t0,6\n"}
    seen = manager.post(path, body | {"preview": True})
    would = {"would_write": 2, "restated": 1, "completed": 0, "unchanged": 1, "partial": [], "said": []}
    read = [("2017-02", 0.75), ("2017-01", 0.8), ("2017-03", 0.6)]
    would |= {"values": [{"period": m, "value": v, "numerator": None, "denominator": None} for m, v in read]}
    assert (seen.status_code, seen.json()) == (200, would)
    assert Actual.objects.count() == 2
    made = manager.post(path, body)
    assert (made.status_code, made.json()["written"], made.json()["unchanged"]) == (201, 2, 1)
    one = f"{path}{made.json()['import']}/"
    assert manager.delete(f"{one}?whole=1").status_code == 204
    known = manager.get(path).json()["results"]
    assert {(row["period"], float(row["value"])) for row in known} == {("2017-01", 0.8), ("2017-02", 0.7)}
    assert manager.delete(f"{one}?whole=1").status_code == 404
    assert manager.delete(f"{path}{known[0]['id']}/?whole=0").status_code == 204
    assert len(manager.get(path).json()["results"]) == 1


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "values"),
        ({"csv": "2017-01, 1", "values": []}, "values"),
        ({"csv": "soon, 1\n2017-01, 2"}, "text"),
        ({"csv": "2017-01, 1\n2017-01, 2"}, "text"),
        ({"csv": "month, value"}, "text"),
        ({"values": []}, "values"),
        ({"values": [{"period": "2017-01", "value": 1}] * 2}, "period"),
        ({"csv": "2017-01, 1", "kpi": "no_such"}, "kpi"),
    ],
)
def test_a_preview_refuses_what_the_import_refuses(asks, at, hits, refused, change, field, preview):
    answer = asks("manager").post(f"{at}/actuals/", {"kpi": "hit_rate", "preview": preview} | change)
    refused(answer, 400, field)
    assert not Actual.objects.exists()


@pytest.mark.parametrize(
    ("values", "field", "row"),
    [
        ([{"period": "2017-01", "value": 1}, {"period": "2017-01", "value": 2}], "period", 2),
        ([{"period": "2017-01", "value": 1}, {"period": "soon", "value": 2}], "values.period", 2),
        ([{"period": "2017-01", "value": "much"}], "values.value", 1),
        ([{"period": "2017-01", "value": 1e300}], "values.value", 1),
        ([{"period": "2017-01"}], "values.value", 1),
        ([], "values", None),
        ("2017-01", "values", None),
    ],
)
def test_bad_actuals_are_refused_by_field_and_row_and_nothing_is_written(asks, at, hits, refused, values, field, row):
    fault = refused(asks("manager").post(f"{at}/actuals/", {"kpi": "hit_rate", "values": values}), 400, field)
    assert fault.get("row") == row
    assert not Actual.objects.exists()


def test_a_mapping_goes_from_draft_into_force_by_two_people(asks, mapping):
    assert (mapping["kpi"], mapping["versions"][0]["state"]) == ("hit_rate", "draft")
    assert act(asks, "scientist", mapping, "propose").json()["state"] == "endorsed"
    approved = act(asks, "manager", mapping, "approve").json()
    assert approved["state"] == "approved"
    assert approved["approved_at"]
    shown = version(asks, mapping, person="executive")
    assert [(row["act"], row["by"]) for row in shown["signatures"]] == [
        ("proposed", "scientist"),
        ("endorsed", "scientist"),
        ("approved", "manager"),
    ]
    assert act(asks, "manager", mapping, "retire").json()["state"] == "retired"


def test_a_stale_digest_is_409_and_changes_nothing(asks, mapping, refused):
    path = f"/mappings/{mapping['id']}/versions/1"
    seen = version(asks, mapping)["digest"]
    edited = asks("scientist").patch(
        f"{path}/", {"definition": {"kind": "formula", "text": "precision"}, "digest": seen}
    )
    assert edited.status_code == 200
    refused(asks("scientist").post(f"{path}/propose/", {"digest": seen}), 409)
    refused(asks("scientist").patch(f"{path}/", {"definition": FORMULA, "digest": seen}), 409)
    assert version(asks, mapping)["state"] == "draft"


def test_an_objection_needs_its_reason_and_sends_back_to_draft(asks, mapping, refused):
    act(asks, "scientist", mapping, "propose")
    refused(act(asks, "manager", mapping, "object"), 400, "reason")
    refused(act(asks, "manager", mapping, "object", reason=""), 400, "reason")
    assert act(asks, "manager", mapping, "object", reason="which rows?").json()["state"] == "draft"
    assert "which rows?" in [row["reason"] for row in version(asks, mapping)["signatures"]]


def test_a_new_version_is_made_beside_the_one_in_force(asks, mapping):
    act(asks, "scientist", mapping, "propose")
    act(asks, "manager", mapping, "approve")
    body = {"definition": {"kind": "formula", "text": "precision"}, "note": "over all rows"}
    made = asks("manager").post(f"/mappings/{mapping['id']}/", body)
    assert (made.status_code, made.json()["number"], made.json()["state"]) == (201, 2, "draft")
    states = [row["state"] for row in asks("manager").get(f"/mappings/{mapping['id']}/").json()["versions"]]
    assert states == ["draft", "approved"]


def test_an_executive_sees_no_draft_and_may_not_touch_one(asks, at, mapping, refused):
    path = f"/mappings/{mapping['id']}/"
    assert asks("executive").get(path).json()["versions"] == []
    assert asks("executive").get(f"{at}/mappings/").json()["results"][0]["versions"] == []
    refused(asks("executive").get(f"{path}versions/1/"), 404)
    refused(asks("executive").patch(f"{path}versions/1/", {"definition": FORMULA, "digest": "0"}), 403)
    for name in ("propose", "endorse", "approve", "object", "retire"):
        refused(act(asks, "executive", mapping, name), 403)


@pytest.mark.parametrize(
    ("definition", "field", "position"),
    [
        ({"kind": "formula", "text": "precision + nonsense"}, "definition.text", 12),
        ({"kind": "formula", "text": "precision + taken_money"}, "definition.text", 10),
        ({"kind": "formula", "text": "1 +"}, "definition.text", 3),
        ({"kind": "formula", "text": "__import__('os')"}, "definition.text", None),
        ({"kind": "value_matrix"}, "definition.cells", None),
        ({"kind": "odd"}, "definition.kind", None),
    ],
)
def test_a_formula_is_refused_at_the_position_where_it_is_wrong(asks, at, hits, refused, definition, field, position):
    money = SHARE | {"key": "taken_money", "unit": "EUR"}
    assert asks("manager").post(f"{at}/assumptions/", money).status_code == 201
    body = {"kpi": "hit_rate", "name": "Hits", "definition": definition}
    fault = refused(asks("scientist").post(f"{at}/mappings/", body), 400, field)
    if position is not None:
        assert fault["position"] == position
    assert not Mapping.objects.exists()


def test_the_cell_of_a_value_matrix_is_refused_at_its_position(asks, world, matrix, refused):
    definition = matrix()
    definition["cells"]["tp"]["base"] = "-call_cost - nonsense"
    body = {"definition": definition}
    fault = refused(
        asks("manager").post(f"/mappings/{world.version.mapping_id}/", body), 400, "definition.cells.tp.base"
    )
    assert fault["position"] == 13


def test_the_board_of_a_complete_product(asks, world):
    shown = asks("executive").get(f"/products/{world.product.slug}/kpis/value_per_booking/").json()
    assert shown["value"]["unit"] == "EUR/booking"
    assert shown["value"]["low"] < shown["value"]["point"] < shown["value"]["high"]
    assert (shown["grade"], shown["run"], shown["mapping"]["number"]) == ("C", world.run.pk, 1)
    assert shown["receipt"] == shown["value"]["receipt"]
    run = asks("scientist").get(f"/runs/{world.run.pk}/").json()
    (figure,) = run["kpis"]
    assert figure["value"]["point"] == shown["value"]["point"]


def version_of(mapping):
    return f"/mappings/{mapping['id']}/versions/1/"


def test_a_proposal_is_taken_back_over_the_api_by_who_proposed_it(asks, mapping):
    digest = {"digest": mapping["versions"][0]["digest"]}
    assert asks("scientist").post(f"{version_of(mapping)}propose/", digest).json()["state"] == "endorsed"
    assert asks("manager").post(f"{version_of(mapping)}withdraw/", digest).status_code == 403
    taken = asks("scientist").post(f"{version_of(mapping)}withdraw/", digest)
    assert (taken.status_code, taken.json()["state"]) == (200, "draft")
    assert asks("scientist").post(f"{version_of(mapping)}withdraw/", digest).status_code == 409


def test_comments_on_a_version_are_written_and_read_over_the_api(asks, at, mapping):
    of = f"mapping/{at.strip('/').rpartition('/')[2]}/{mapping['id']}/1"
    comments = f"{at}/comments/"
    assert asks("manager").post(comments, {"thing": of, "text": "which rows?"}).status_code == 201
    assert asks("scientist").post(comments, {"thing": of, "text": "those of May"}).status_code == 201
    assert asks("scientist").post(comments, {"thing": of, "text": " "}).status_code == 400
    found = asks("manager").get(f"{comments}?thing={of}").json()["results"]
    assert {(row["first"]["by"], row["first"]["text"]) for row in found} == {
        ("manager", "which rows?"),
        ("scientist", "those of May"),
    }
    assert asks("executive").get(f"{comments}?thing={of}").status_code == 404  # a draft is not there for an executive
    assert asks("outsider").get(f"{comments}?thing={of}").status_code == 404


def test_what_nobody_signed_is_corrected_and_deleted_and_what_stands_on_it_keeps_it(asks, at, hits, refused):
    manager = asks("manager")
    body = {"name": "Offer", "unit": "EUR", "distribution": {"kind": "point", "value": 0.4}}
    assert manager.post(f"{at}/assumptions/", body).json()["key"] == "offer"
    assert manager.patch(f"{at}/assumptions/offer/", {"unit": "share"}).json()["unit"] == "share"
    written = {"kpi": "hit_rate", "definition": {"kind": "formula", "text": "offer"}}
    mapping = manager.post(f"{at}/mappings/", written).json()
    assert mapping["name"] == asks("manager").get(f"{at}/kpis/hit_rate/").json()["name"]
    kept = manager.delete(f"{at}/assumptions/offer/")
    assert kept.status_code == 409
    assert "names it" in kept.content.decode()
    draft = f"/mappings/{mapping['id']}/versions/1/"
    assert asks("scientist").delete(draft).status_code == 403  # the manager's
    assert manager.delete(draft).status_code == 204
    assert manager.delete(f"{at}/assumptions/offer/").status_code == 204
    assert asks("executive").delete(f"{at}/kpis/hit_rate/").status_code == 403
    assert manager.delete(f"{at}/kpis/hit_rate/").status_code == 204
    refused(manager.get(f"{at}/kpis/hit_rate/"), 404)


def test_a_mapping_without_a_definition_says_what_it_begins_from(asks, at, hits, refused):
    named = {"act_cost": "EUR / ", "helped_share": "share", "case_worth": "EUR / "}
    told = refused(asks("manager").post(f"{at}/mappings/", {"kpi": "hit_rate"}), 400, "definition")
    assert all(f"{key} (in {unit}" in str(told) for key, unit in named.items())
