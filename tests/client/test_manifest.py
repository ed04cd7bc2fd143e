"""What the client finds out by itself, and what it says it did not find."""

import hashlib
import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from kpiplatform.client import ClientError, manifest, sending


def git(folder, *arguments):
    who = ("-c", "user.name=scientist", "-c", "user.email=scientist@example.org")
    done = subprocess.run(["git", "-C", folder, *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """A folder with one committed script."""
    folder = tmp_path / "code"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "train.py").write_text("print(1)\n")
    git(folder, "add", "train.py")
    git(folder, "commit", "-q", "-m", "first")
    return folder


# The commit


def test_the_commit_is_that_of_the_folder(repository):
    head = git(repository, "rev-parse", "HEAD")
    assert manifest.code_commit(repository, repository / "train.py") == (head, "")
    (repository / "notes.txt").write_text("outputs beside the code change nothing")
    assert manifest.code_commit(repository, repository / "train.py") == (head, "")


def test_code_that_differs_from_the_commit_is_called_dirty(repository):
    head = git(repository, "rev-parse", "HEAD")
    other = repository / "other.py"
    other.write_text("print(2)\n")
    assert manifest.code_commit(repository, other) == (f"{head}-dirty", "")
    (repository / "train.py").write_text("print(3)\n")
    assert manifest.code_commit(repository) == (f"{head}-dirty", "")


def test_without_a_commit_the_reason_is_told(tmp_path, monkeypatch):
    assert manifest.code_commit(tmp_path) == ("", "not a repository")
    git(tmp_path, "init", "-q")
    assert manifest.code_commit(tmp_path) == ("", "the repository has no commit")
    assert manifest.code_commit(tmp_path / "nowhere")[1].startswith("cannot change to")
    monkeypatch.setenv("PATH", "")
    assert manifest.code_commit(tmp_path) == ("", "git is not installed")


def test_a_script_is_looked_for_where_it_lies_and_a_notebook_where_it_runs(repository, tmp_path):
    program = "from kpiplatform.client import manifest; print(manifest.code_commit(*manifest.script()))\n"
    (repository / "train.py").write_text(program)
    git(repository, "commit", "-q", "-a", "-m", "second")
    head = git(repository, "rev-parse", "HEAD")
    ways = [
        ([repository / "train.py"], tmp_path, head),
        (["-c", program], repository, head),
        (["-c", program], tmp_path, ""),
    ]
    for arguments, where, commit in ways:
        done = subprocess.run([sys.executable, *arguments], cwd=where, capture_output=True, text=True, check=True)
        assert done.stdout.strip().startswith(f"('{commit}', ")


# Packages


def test_the_packages_are_those_imported_with_their_versions(monkeypatch):
    assert len(manifest.environment()["packages"]) <= 60
    monkeypatch.setattr(manifest, "MOST_PACKAGES", 1000)  # this process may have imported more before
    found = manifest.environment()
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert found["packages"]["numpy"] == version("numpy")
    assert found["packages"]["scikit-learn"] == version("scikit-learn")
    program = "from kpiplatform.client import manifest; print(*manifest.packages())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "httpx" in done.stdout.split()
    assert not {"numpy", "scikit-learn", "django", "setuptools"} & set(done.stdout.lower().split())


def test_of_too_many_packages_those_that_the_program_names_are_kept():
    program = "import httpx; from sklearn.base import clone; import numpy as np; "
    program += "from kpiplatform.client import manifest; manifest.MOST_PACKAGES = 3; print(*manifest.packages())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"httpx", "numpy", "scikit-learn"}


# Parameters, seed, names


def plain(values):
    return values


PIPELINE = Pipeline(
    [
        (
            "columns",
            ColumnTransformer([("numbers", Pipeline([("fill", SimpleImputer()), ("scale", StandardScaler())]), ["a"])]),
        ),
        ("log", FunctionTransformer(plain)),
        ("forest", RandomForestClassifier(max_depth=3, random_state=7, class_weight={0: 1, 1: np.int64(5)})),
    ]
)


def test_parameters_of_a_pipeline_are_plain_json_without_the_list_of_steps():
    found = manifest.parameters_of(PIPELINE)
    assert found["forest"] == "RandomForestClassifier"
    assert found["forest__max_depth"] == 3
    assert found["forest__class_weight"] == {"0": 1, "1": 5}
    assert found["columns__numbers__fill__missing_values"] == "nan"
    assert found["log__func"].endswith(".plain")
    assert "steps" not in found
    assert "columns__transformers" not in found
    sending.as_json(found)


def test_the_same_settings_give_the_same_text_in_every_process():
    generator = RandomForestClassifier(random_state=np.random.RandomState(7))
    assert " at 0x" not in sending.as_json(manifest.parameters_of(generator))
    assert manifest.parameters_of({"lr": 0.1}) == {"lr": 0.1}
    assert manifest.parameters_of("gbm") == manifest.parameters_of(RandomForestClassifier) == {}


def test_the_seed_is_the_estimators_where_all_of_it_has_one():
    assert manifest.collect({}, model=PIPELINE).found["seed"] == 7
    assert manifest.collect({"seed": 9}, model=PIPELINE).found["seed"] == 9
    two = Pipeline([("one", LogisticRegression(random_state=1)), ("other", GradientBoostingClassifier(random_state=2))])
    for model in (LogisticRegression(), two, "gbm"):
        collected = manifest.collect({}, model=model)
        assert "seed" in collected.missing
        assert "seed" not in collected.found


def test_the_split_is_what_the_rows_were_chosen_by():
    assert manifest.collect({"where": {"split": "test"}}).found["split"] == "test"
    assert manifest.collect({"where": {"split": "test"}, "split": "holdout"}).found["split"] == "holdout"
    assert "split" in manifest.collect({"where": {"country": "PT"}}).missing


def test_what_was_given_is_never_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = {"code_commit": "abc", "environment": {"image": "x"}, "seed": "many", "parameters": {"a": 1}, "split": "s"}
    collected = manifest.collect(given, model=PIPELINE)
    assert collected.found == given
    assert collected.missing == {}


def test_what_was_not_found_is_told_with_its_reason(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    collected = manifest.collect({"note": None}, model="gbm")
    assert collected.missing == {"parameters": "", "seed": "", "split": "", "git commit": "not a repository"}
    assert set(collected.found) == {"environment"}


def test_a_model_is_called_as_its_class_and_a_pipeline_as_its_last_step():
    assert manifest.model_name("gbm") == "gbm"
    assert manifest.model_name(LogisticRegression()) == "LogisticRegression"
    assert manifest.model_name(PIPELINE) == "RandomForestClassifier"
    for wrong in (None, {"depth": 3}):
        with pytest.raises(ClientError) as caught:
            manifest.model_name(wrong)
        assert caught.value.field == "model"


def test_a_version_is_named_by_what_makes_it():
    recipe = {"parameters": {"depth": np.int64(3), "lr": 0.1}, "seed": 7, "code_commit": "abc", "note": "first"}
    name = manifest.version_name(recipe)
    assert len(name) == 10
    same = {"note": "second", "code_commit": "abc", "parameters": {"lr": 0.1, "depth": 3}, "seed": 7}
    assert manifest.version_name(same) == name
    changes = ({"seed": 8}, {"code_commit": "abc-dirty"}, {"parameters": {"depth": 4}}, {"training_dataset": "2016"})
    assert len({name} | {manifest.version_name(recipe | change) for change in changes}) == 5
    with pytest.raises(ClientError) as caught:
        manifest.version_name({"seed": 7})
    assert caught.value.field == "version"


def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"x" * 3_000_001)
    assert manifest.file_sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
