"""What a manifest needs and a program can find out by itself: code, packages, parameters, seed, file, split.

What was not found is said with its reason and never made up.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from kpiplatform.client.errors import ClientError, one_line
from kpiplatform.client.sending import as_json, cell

MOST_PACKAGES = 60
LONGEST_VALUE = 200
GIT_SECONDS = 15
DIRTY = "-dirty"
_PIECE = 1 << 20
_ADDRESS = " at 0x"


@dataclass(frozen=True, kw_only=True)
class Collected:
    """Fields of a manifest that were found, and for each that was not, why."""

    found: Mapping[str, Any] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)


def collect(given: Mapping[str, Any], *, model: Any = None) -> Collected:
    """Seed, split, parameters, code_commit and environment: as given, else found on this machine.

    given: the manifest so far, whose fields win. model: an estimator (it has get_params) or anything else, of which
    nothing is taken. The seed is the estimator's random_state where all it has are one whole number. The split is
    what `where` says of a column called split. The commit ends in "-dirty" where tracked files differ from it or the
    script is not in it.
    """
    found, missing = {name: value for name, value in given.items() if value is not None}, {}
    parameters = parameters_of(found.get("parameters", model))
    if parameters:
        found["parameters"] = parameters
    elif "parameters" not in found:
        missing["parameters"] = ""
    if "seed" not in found:
        seed = _random_state(parameters)
        found |= {} if seed is None else {"seed": seed}
        missing |= {"seed": ""} if seed is None else {}
    if "split" not in found:
        split = (found.get("where") or {}).get("split")
        found |= {} if split is None else {"split": str(split)}
        missing |= {"split": ""} if split is None else {}
    if "code_commit" not in found:
        commit, reason = code_commit(*script())
        found |= {"code_commit": commit} if commit else {}
        missing |= {} if commit else {"git commit": reason}
    found.setdefault("environment", environment())
    return Collected(found=found, missing=missing)


def parameters_of(model: Any) -> dict[str, Any]:
    """Hyperparameters: a mapping as it is; an estimator's get_params as plain JSON; {} of anything else.

    Nested estimators stand as the name of their class, functions as their own name: two programs with the same
    settings give the same text. NaN and infinity, which JSON has not, are text.
    """
    if hasattr(model, "get_params") and not isinstance(model, type):
        # A pipeline's list of steps repeats what stands under each step's name.
        return {str(key): _plain(value) for key, value in sorted(model.get_params().items()) if not _composed(value)}
    return dict(model) if isinstance(model, Mapping) else {}


def model_name(model: Any) -> str:
    """What to call a model: a name as it is; an estimator by its class, a pipeline by that of its last step.

    Raises ClientError for what is neither.
    """
    if isinstance(model, str):
        return model
    if model is None or isinstance(model, Mapping):
        raise ClientError("is a name or an estimator", field="model", remedy="Settings go to parameters=.")
    steps = getattr(model, "steps", None)
    return type(steps[-1][1] if steps else model).__name__


def version_name(found: Mapping[str, Any]) -> str:
    """A name that the same parameters, seed, code and training data give again: 10 hex digits of their digest.

    Raises ClientError where neither parameters nor a commit are known: all such versions would be one.
    """
    recipe = {key: found.get(key) for key in ("parameters", "seed", "code_commit", "training_dataset", "trained_on")}
    if not (recipe["parameters"] or recipe["code_commit"]):
        raise ClientError("is needed", field="version", remedy="Name it, or give an estimator or parameters.")
    text = json.dumps(json.loads(as_json(recipe)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def file_sha256(path: str | Path) -> str:
    """The SHA-256 of a file, read in pieces. Raises OSError."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def script() -> tuple[Path, Path | None]:
    """The folder of the running script, and the script; in a notebook or a tool the present folder, and None."""
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    if path:
        whole = Path(path).resolve()
        installed = any(whole.is_relative_to(Path(prefix).resolve()) for prefix in (sys.prefix, sys.base_prefix))
        if whole.is_file() and not installed:
            return whole.parent, whole
    return Path.cwd(), None


def code_commit(folder: Path, script: Path | None = None) -> tuple[str, str]:
    """The commit that a folder stands at and "", or "" and why there is none. "-dirty": see `collect`."""
    try:
        commit = _git(folder, "rev-parse", "--verify", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
        if script and not changed:
            changed = "" if _git(folder, "ls-files", "--", script.name) else script.name
    except FileNotFoundError:
        return "", "git is not installed"
    except subprocess.TimeoutExpired:
        return "", f"git did not answer in {GIT_SECONDS} s"
    except subprocess.CalledProcessError as error:
        said = one_line(str(error.stderr)).removeprefix("fatal: ")
        if "not a git repository" in said:
            return "", "not a repository"
        return "", "the repository has no commit" if "single revision" in said else said[:LONGEST_VALUE]
    return commit + (DIRTY if changed else ""), ""


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 (no shell; the arguments are our own)
        ["git", "-C", str(folder), *arguments],  # noqa: S607 (the git that the user has)
        capture_output=True,
        text=True,
        check=True,
        timeout=GIT_SECONDS,
        # Its complaints are read below, and are English only in this locale.
        env=os.environ | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
    )
    return done.stdout.strip()


def environment() -> dict[str, Any]:
    """{"python", "platform", "packages": {name: version}} of this process; at most 60 packages, those imported.

    Of more, those are kept that the main program names itself, then those imported first.
    """
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": packages(),
    }


def packages() -> dict[str, str]:
    """Imported distributions and their versions, by name."""
    distributions = _distributions()
    named = vars(sys.modules["__main__"]) if "__main__" in sys.modules else {}
    direct = [getattr(value, "__module__", None) or getattr(value, "__name__", "") for value in list(named.values())]
    modules = [str(name).partition(".")[0] for name in direct] + [name for name in list(sys.modules) if "." not in name]
    # A name with an underscore is somebody's inner part, loaded by whoever needs it.
    public = (module for module in modules if not module.startswith("_"))
    names = dict.fromkeys(found for module in public for found in distributions.get(module, ()))
    kept = sorted(list(names)[:MOST_PACKAGES], key=str.lower)
    return {name: metadata.version(name) for name in kept}


@cache
def _distributions() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def _random_state(parameters: Mapping[str, Any]) -> int | None:
    states = {value for key, value in parameters.items() if key.rpartition("__")[2] == "random_state"}
    one = states.pop() if len(states) == 1 else None
    return one if isinstance(one, int) and not isinstance(one, bool) else None


def _composed(value: Any) -> bool:
    """Whether a value is a list of (name, estimator) or (name, estimator, columns)."""
    return isinstance(value, list) and any(
        isinstance(part, tuple) and any(hasattr(piece, "get_params") for piece in part) for part in value
    )


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return value[:LONGEST_VALUE]
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        plain = [_plain(one) for one in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
        return plain if len(str(plain)) <= LONGEST_VALUE else str(plain)[:LONGEST_VALUE]
    if hasattr(value, "get_params"):
        return type(value).__name__
    if callable(value):
        return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', type(value).__name__)}"
    # A repr with an address in memory is shared by no two runs.
    text = cell(value)
    return type(value).__qualname__ if _ADDRESS in text else text[:LONGEST_VALUE]
