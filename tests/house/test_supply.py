"""What the house is made of: licences that may stand together, advisories told as found, manifests that are valid."""

import re

import pytest
import yaml
from kubernetes_validate import validate

from tests.house.advisories import told
from tests.house.licences import PERMISSIVE, PLACE, WEAK, licence, names, needed
from tests.places import ROOT

KUBERNETES = "1.33"
MANIFESTS = [
    (path.name, document)
    for path in sorted((ROOT / "docs" / "kubernetes").glob("*.yaml"))
    if path.name != "kustomization.yaml"
    for document in yaml.safe_load_all(path.read_text())
]
PODS = [(name, one) for name, one in MANIFESTS if one["kind"] in ("Deployment", "Job")]


def test_every_package_that_a_server_needs_may_stand_beside_apache_2():
    held = {name: names(licence(one)) for name, one in needed().items()}
    assert len(held) > 40
    assert {name: found for name, found in held.items() if not found or not found <= PERMISSIVE | WEAK} == {}


def test_a_licence_that_may_not_would_be_found():
    assert not names("GPL-3.0-or-later AND MIT") <= PERMISSIVE | WEAK
    assert not names("Proprietary") <= PERMISSIVE | WEAK


def test_the_table_of_licences_is_what_is_installed():
    rows = dict(re.findall(r"^\| ([\w.-]+) \| (.+) \|$", PLACE.read_text(), re.M))
    assert {name: licence(one) for name, one in needed().items() if rows.get(name) != licence(one)} == {}


def test_advisories_are_counted_and_what_was_not_looked_up_is_not_called_clean():
    clean = {"name": "a", "version": "1", "vulns": []}
    bad = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}
    unknown = {"name": "c", "version": "3", "skip_reason": "not found"}
    assert told([clean, bad]) == (
        "2 of 2 packages were looked up: 1 advisories\nb 2: PYSEC-1, mended in 2.1",
        1,
    )
    text, code = told([unknown])
    assert code == 0
    assert text.startswith("0 of 1 packages were looked up")
    assert "nothing is known" in text


@pytest.mark.parametrize(("name", "document"), MANIFESTS, ids=[f"{name} {one['kind']}" for name, one in MANIFESTS])
def test_a_manifest_is_valid_to_the_letter(name, document):
    validate(document, KUBERNETES, strict=True)


def test_a_manifest_with_a_misspelt_field_would_be_found():
    (_, document) = PODS[0]
    with pytest.raises(Exception, match="replica"):
        validate(document | {"spec": document["spec"] | {"replica": 1}}, KUBERNETES, strict=True)


@pytest.mark.parametrize(("name", "document"), PODS, ids=[one["metadata"]["name"] for _, one in PODS])
def test_no_pod_runs_as_root_writes_to_its_image_or_is_without_limits(name, document):
    spec = document["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["automountServiceAccountToken"] is False
    for container in spec["containers"]:
        of = container["securityContext"]
        assert (of["readOnlyRootFilesystem"], of["allowPrivilegeEscalation"]) == (True, False)
        assert of["capabilities"] == {"drop": ["ALL"]}
        assert set(container["resources"]["limits"]) >= {"memory"}
        assert "latest" not in container["image"]


def test_the_manifests_name_what_the_settings_need_and_no_secret():
    text = "\n".join(path.read_text() for path in (ROOT / "docs" / "kubernetes").glob("*.yaml"))
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
        assert f"{name}:" not in text  # each comes from the secret, which is made by hand
    assert {one["metadata"]["name"] for _, one in PODS} == {"web", "dispatcher", "worker", "migrate"}
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    ours = [service for service in compose["services"].values() if "build" in service]
    assert len(ours) == 3
    assert all(one["read_only"] and one["cap_drop"] == ["ALL"] for one in ours)
