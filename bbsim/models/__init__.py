"""The door to every model: they answer questions and change nothing.

A role (`ROLES`) is a question that the clock asks; a model is a small frozen value that answers it. The
built-in ones come in by the same entry points as a stranger's package: group ``bbsim.<role>``.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from bbsim.errors import EnvironmentFault, InputError, Problem, RefusedError, did_you_mean
from bbsim.explain import faults_of, path_text, steps

ROLES = {
    "adoption": "how homes that are passed become homes connected",
    "cost": "what spans and access nodes cost",
    "demand": "what a connected home asks for at the busy hour",
    "hazard": "what goes wrong, when, and for how long",
    "priority": "which place comes next",
    "traffic": "which way traffic takes",
}
"""Role -> the question that a model of it answers; each is a file of this folder."""

_METHODS = {
    "adoption": "connected",
    "cost": "prices",
    "demand": "mbps_per_home",
    "hazard": "happen",
    "priority": "score",
    "traffic": "routing",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a model, as `bbsim models` prints it."""

    name: str
    kind: str
    default: Any
    meaning: str
    source: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One installed model."""

    role: str
    name: str
    package: str
    meaning: str
    parameters: tuple[Parameter, ...]


@functools.cache
def _installed(role: str) -> dict[str, EntryPoint]:
    found = sorted(entry_points(group=f"bbsim.{role}"), key=lambda e: (e.name, e.value))
    by_name: dict[str, EntryPoint] = {}
    for entry in found:
        other = by_name.get(entry.name)
        if other is not None and other.value != entry.value:
            message = f"two packages offer a {role} model '{entry.name}': {other.value} and {entry.value}"
            raise InputError(Problem("two-models", message))
        by_name[entry.name] = entry
    return by_name


def find(
    role: str,
    use: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    code_folder: Path | None = None,
    path: str = "",
) -> Any:
    """The model that a scenario names, with its parameters checked.

    Parameters
    ----------
    role : one of `ROLES`.
    use : name of an installed model, or ``file.py:Class`` beside the scenario.
    code_folder : folder from which ``file.py:Class`` may be loaded; ``None`` refuses code.
    path : where the scenario names it, if not under the role's own name.

    Raises
    ------
    InputError
        unknown name (with the nearest), unknown or wrong parameter (with the known ones).
    RefusedError
        ``file.py:Class`` without leave to run code.
    """
    path = path or role
    kind = _load_code(path, use, code_folder) if ".py" in use else _load_installed(role, use, path)
    if not hasattr(kind, _METHODS[role]):
        message = f"'{use}' has no method '{_METHODS[role]}', so it can't be a {role} model"
        raise InputError(Problem("not-a-model", message, path=f"{path}.use"))
    try:
        return kind(**dict(parameters or {}))
    except ValidationError as error:
        raise InputError(_parameter_problems(role, path, use, kind, error)) from None
    except TypeError as error:
        raise InputError(Problem("parameter", str(error), path=path)) from None


def catalogue(role: str | None = None) -> list[Entry]:
    """Every installed model of a role (or of all), with parameters, defaults and sources."""
    if role is not None and role not in ROLES:
        raise InputError(Problem("unknown-role", f"no role '{role}'", hint=did_you_mean(role, list(ROLES))))
    entries = []
    for each in [role] if role else sorted(ROLES):
        for name, entry in sorted(_installed(each).items()):
            kind = _load_installed(each, name, each)
            package = entry.dist.name if entry.dist else "?"
            meaning = (kind.__doc__ or "").strip().split("\n")[0]
            entries.append(Entry(each, name, package, meaning, _parameters(kind)))
    return entries


def _load_installed(role: str, use: str, path: str) -> Any:
    installed = _installed(role)
    if use not in installed:
        hint = did_you_mean(use, list(installed))
        raise InputError(Problem("unknown-model", f"no {role} model '{use}'", path=f"{path}.use", hint=hint))
    try:
        return installed[use].load()
    except Exception as error:
        message = f"the {role} model '{use}' ({installed[use].value}) can't be imported: {error}"
        raise EnvironmentFault(Problem("model-import", message)) from error


def _load_code(place: str, use: str, folder: Path | None) -> Any:
    file, _, name = use.partition(":")
    path = f"{place}.use"
    if folder is None:
        message = f"'{use}' would run code that came with the scenario"
        raise RefusedError(Problem("code", message, path=path, hint="Add --allow-code if you trust it."))
    target = (folder / file).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise RefusedError(Problem("outside", f"'{file}' lies outside the scenario's folder", path=path))
    if not target.is_file() or not name:
        message = f"no such class: '{use}'"
        raise InputError(Problem("no-code", message, path=path, hint="Write it as file.py:Class."))
    own = hashlib.sha256(str(target).encode()).hexdigest()[:12]
    spec = importlib.util.spec_from_file_location(f"bbsim_scenario_{target.stem}_{own}", target)
    if spec is None or spec.loader is None:
        raise InputError(Problem("no-code", f"'{file}' can't be loaded", path=path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pydantic look up the names of annotations there
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[spec.name]
        raise EnvironmentFault(Problem("model-import", f"{target.name}: {error}", path=path)) from error
    if not hasattr(module, name):
        classes = [key for key, value in vars(module).items() if isinstance(value, type)]
        hint = did_you_mean(name, classes)
        raise InputError(Problem("no-code", f"{file} has no class '{name}'", path=path, hint=hint))
    return getattr(module, name)


def _parameters(kind: Any) -> tuple[Parameter, ...]:
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return ()
    out = []
    for name, info in kind.model_fields.items():
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        default = "required" if info.is_required() else info.get_default(call_default_factory=True)
        unit = getattr(info.annotation, "__name__", str(info.annotation))
        out.append(Parameter(name, unit, default, info.description or "", str(extra.get("source", ""))))
    return tuple(out)


def _parameter_problems(role: str, place: str, use: str, kind: Any, error: ValidationError) -> list[Problem]:
    """What is wrong with a model's parameters, in the words in which the scenario itself is explained."""
    known = list(getattr(kind, "model_fields", {}))
    problems = []
    for fault in faults_of(error, kind):
        path = path_text((*steps(place), *fault.loc))
        if fault.at_key and fault.loc and fault.loc[-1] not in known:
            message = f"the {role} model '{use}' has no parameter '{fault.loc[-1]}'"
            # What the scenario itself reads of a hazard is no parameter of its model, and may be meant.
            hint = did_you_mean(str(fault.loc[-1]), [*known, "off"] if role == "hazard" else known)
            problems.append(Problem("unknown-key", message, path=path, hint=hint))
        else:
            problems.append(Problem(fault.slug, fault.message, path=path, hint=fault.hint))
    return problems
