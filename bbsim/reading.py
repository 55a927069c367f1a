"""From a file that a planner wrote to a `Scenario`, or to everything that is wrong with it, at once.

A file may extend another one and be overridden word by word; the merged tree still knows from which file,
line and column each value came, so that every problem is told at the place where it can be mended.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import PydanticUndefined
from ruamel.yaml import YAML

from bbsim.conversion import show
from bbsim.empirical import with_values
from bbsim.errors import InputError, Problem, RefusedError
from bbsim.explain import REFUSED, Fault, Loc, describe, example, faults_of, known_keys, path_text, steps
from bbsim.overrides import OverrideError, override
from bbsim.reduced import Rest, reduced
from bbsim.resources import SCENARIO_FILE, installed, is_code, path_problem, resolve_country, scenario_file
from bbsim.scenario import Scenario, replaces
from bbsim.yamlfile import Entry, Mark, Node, read_file, refuse

__all__ = [
    "Look",
    "OverrideError",
    "Reading",
    "dump",
    "load",
    "look",
    "raised",
    "read",
    "resolve_country",
    "scenario_file",
    "steps",
]

LONGEST_CHAIN = 20
_SWITCHED_OFF = [
    name
    for name, info in Scenario.model_fields.items()
    if info.default not in (None, PydanticUndefined) and type(None) in get_args(info.annotation)
]
"""Sections that null switches off; elsewhere null means the default."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A scenario together with the places that its values came from.

    Attributes
    ----------
    scenario : the value itself.
    path : the file that was read (of a folder, its ``scenario.yaml``).
    root : the merged tree.
    files : what messages call the files that were read, in the order of reading.
    """

    scenario: Scenario
    path: Path
    root: Node
    files: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The scenario's folder, which its paths may not leave."""
        return self.path.parent

    def placed(self, problems: Iterable[Problem]) -> list[Problem]:
        """Problems that know a field path only, with ``file:line:column`` added; in the order given."""
        return [p if p.where else replace(p, where=self.where(p.path)) for p in problems]

    def where(self, path: str) -> str:
        """``file:line:column`` of a field path; of a missing field, of what it is missing from."""
        try:
            return str(_place(self.root, steps(path)))
        except ValueError:
            return self.root.mark.file


@dataclass(frozen=True, slots=True)
class Look:
    """What a file holds, wrong or not.

    Attributes
    ----------
    reading : the scenario, without what is wrong in it; ``None`` if nothing that can be looked at is left.
    problems : everything that the file alone shows to be wrong, in file order.
    rest : what was taken out of the scenario.
    """

    reading: Reading | None
    problems: list[Problem]
    rest: Rest

    def in_order(self, more: Iterable[Problem]) -> list[Problem]:
        """The file's problems and `more`, line by line; figures without a source come last."""
        problems = [*self.problems, *more]
        files = self.reading.files if self.reading else ()
        return sorted(problems, key=lambda each: (each.severity == "info", *_order(each.where, files)))


def load(path: Path | str, *, overrides: Sequence[str] = ()) -> Scenario:
    """The scenario of a file, or of a folder's ``scenario.yaml``.

    Parameters
    ----------
    overrides : ``path=value`` each, as after ``--set``; the value is read as YAML.

    Raises
    ------
    InputError, RefusedError
        with every problem that was found, in file order.
    OverrideError
        if only the overrides are wrong.

    Examples
    --------
    >>> load("scenarios/azerbaijan.yaml", overrides=["budget.usd_per_year=60 MUSD/year"])  # doctest: +SKIP
    """
    return read(path, overrides=overrides).scenario


def read(path: Path | str, *, overrides: Sequence[str] = ()) -> Reading:
    """Like `load`, keeping the places; see there."""
    seen = look(path, overrides=overrides)
    if seen.problems or seen.reading is None:
        raise raised(seen.problems)
    return seen.reading


def look(path: Path | str, *, overrides: Sequence[str] = ()) -> Look:
    """What a file holds, even if something in it is wrong: so that the rest can be checked as well.

    Raises
    ------
    InputError, RefusedError
        if there is no tree to look at.
    """
    file = scenario_file(path)
    files: list[str] = []
    problems: list[Problem] = []
    root = _read_chain(file, str(file), files, problems)
    for text in overrides:
        override(root, text, problems)
    entries: dict[str, Entry] = root.value
    root = replace(root, value={key: entry for key, entry in entries.items() if not key.startswith("x-")})
    named: list[Problem] = []
    fields = with_values(_fields(root), file.parent, named)
    problems += [replace(each, where=str(_place(root, steps(each.path)))) for each in named]
    scenario, faults = _validate(fields)
    rest = Rest(scenario) if scenario else reduced(fields, faults)
    known = {problem.path for problem in problems}
    problems += [_problem(root, f) for f in faults if not _told(f, known)]
    problems += _country_problem(root, file.parent, {p.path for p in problems})
    rest.taken |= _locs(problem.path for problem in problems)
    reading = Reading(rest.scenario.at_origin(file), file, root, tuple(files)) if rest.scenario else None
    return Look(reading, sorted(problems, key=lambda problem: _order(problem.where, files)), rest)


def dump(scenario: Scenario) -> str:
    """The scenario as a YAML text with everything resolved; reading it gives an equal scenario."""
    writer = YAML()
    writer.width = 4096  # one value, one line
    out = StringIO()
    out.write("# A scenario as it was run: extends and defaults resolved.\n")
    writer.dump(scenario.model_dump(mode="python"), out)
    return out.getvalue()


# ---- the chain of files -------------------------------------------------------------------------
def _read_chain(file: Path, shown: str, files: list[str], problems: list[Problem]) -> Node:
    """The tree of a file merged over what it extends; fills `files` in the order in which they were read."""
    chain: list[Node] = []
    seen: list[Path] = []
    root_folder = file.parent
    while True:
        seen.append(file.resolve())
        files.append(shown)
        node = _read_one(file, shown, problems)
        chain.append(node)
        extends: Entry | None = node.value.pop("extends", None)
        if extends is None or extends.node.value is None:
            break
        file, shown = _base_file(extends, file, shown, root_folder, problems)
        if file.resolve() in seen:
            names = [p.name for p in [*seen[seen.index(file.resolve()) :], file]]
            message = f"files extend each other in a circle: {' -> '.join(names)}"
            raise raised([Problem("cycle", message, where=str(extends.node.mark), path="extends")])
        if len(seen) >= LONGEST_CHAIN:
            message = f"a chain of more than {LONGEST_CHAIN} files, the limit of depth"
            raise raised([Problem("chain", message, where=str(extends.node.mark), path="extends")])
    merged = chain.pop()
    while chain:
        merged = _merge(merged, chain.pop())
    return merged


def _read_one(file: Path, shown: str, problems: list[Problem]) -> Node:
    document = read_file(file, shown)
    problems += document.problems
    node = document.root
    if node is None and document.problems:
        raise raised(problems)
    if node is None or node.value is None:
        required = [name for name, info in Scenario.model_fields.items() if info.is_required()]
        hint = f"A scenario has at least {', '.join(required)}; `bbsim new DIR --country AZE` writes one."
        raise raised([Problem("empty", "the file is empty", where=f"{shown}:1:1", hint=hint)])
    if not isinstance(node.value, dict):
        saw = (
            "a list"
            if isinstance(node.value, list)
            else "text"
            if isinstance(node.value, str)
            else "a number"
        )
        message = f"expected a mapping of sections, saw {saw}"
        raise raised([Problem("shape", message, where=str(node.mark))])
    return node


def _base_file(
    extends: Entry, file: Path, shown: str, root_folder: Path, problems: list[Problem]
) -> tuple[Path, str]:
    """The file that `extends` means: beside this one, in ``scenarios`` beside its folder, or installed."""
    text, where = extends.node.value, str(extends.node.mark)
    if not isinstance(text, str):
        message = f"saw {show(extends.node.plain())}, wanted the name of one YAML file"
        raise raised([*problems, Problem("path-inline", message, where=where, path="extends")])
    folder = file.parent
    own = root_folder if folder.resolve().is_relative_to(root_folder.resolve()) else folder
    places = [(folder, own)]
    if ".." not in Path(text).parts:
        places += [(at, at) for at in (folder.resolve().parent / "scenarios", installed("scenarios"))]
    for place, within in places:
        problem = path_problem(text, place, where=where, path="extends", within=within)
        if problem is not None:
            raise raised([*problems, problem])
        target = place / text / SCENARIO_FILE if (place / text).is_dir() else place / text
        if target.is_file():
            return target, str(Path(shown).parent / text) if place is folder else str(target)
    try:
        scenario_file(folder / text)
    except InputError as error:
        missing = replace(error.problems[0], where=where, path="extends")
        raise raised([*problems, missing]) from None
    raise AssertionError("unreachable: the file is there")  # pragma: no cover


def _merge(base: Node, over: Node) -> Node:
    """`over` on top of `base`: mappings key by key, everything else (and models and spreads) as a whole."""
    both = isinstance(base.value, dict) and isinstance(over.value, dict)
    if not both or replaces(over.value):
        return over
    out = dict(base.value)
    for key, entry in over.value.items():
        under = out.get(key)
        out[key] = Entry(entry.mark, _merge(under.node, entry.node)) if under else entry
    return Node(out, over.mark)


# ---- validation and places ----------------------------------------------------------------------
def _fields(root: Node) -> dict[str, Any]:
    fields: dict[str, Any] = root.plain(functools.partial(known_keys, Scenario))
    for name in _SWITCHED_OFF:
        entry: Entry | None = root.value.get(name)
        if entry is not None and entry.node.value is None:
            fields[name] = None
    return fields


def _validate(fields: dict[str, Any]) -> tuple[Scenario | None, list[Fault]]:
    try:
        return Scenario.model_validate(fields), []
    except ValidationError as error:
        return None, faults_of(error, Scenario)


def _locs(paths: Iterable[str]) -> set[Loc]:
    """The places that some field paths name."""
    found = set()
    for path in paths:
        with suppress(ValueError):
            found.add(steps(path))
    return found


def _told(fault: Fault, known: set[str]) -> bool:
    """True if the text itself was already found wrong at the fault's place or around it."""
    return any(path_text(fault.loc[:size]) in known for size in range(1, len(fault.loc) + 1))


def _problem(root: Node, fault: Fault) -> Problem:
    node = _node_at(root, fault.loc)
    message, hint = fault.message, fault.hint
    if fault.slug == "missing-key" and node is not None:
        message = f"saw nothing (null), wanted {describe(Scenario, fault.loc)}"
        hint = example(Scenario, fault.loc)
    where = str(_place(root, fault.loc, at_key=fault.at_key))
    return Problem(fault.slug, message, where=where, path=path_text(fault.loc), hint=hint)


def _node_at(root: Node, loc: Loc) -> Node | None:
    at = root
    for part in loc:
        if isinstance(at.value, dict) and part in at.value:
            at = at.value[part].node
        elif isinstance(at.value, list) and isinstance(part, int) and part < len(at.value):
            at = at.value[part]
        else:
            return None
    return at


def _place(root: Node, loc: Loc, *, at_key: bool = False) -> Mark:
    """Where a field stands: its value or key; of a missing one, the key (or list item) it is missing from."""
    at, mark = root, root.mark
    for number, part in enumerate(loc):
        last = number == len(loc) - 1
        if isinstance(at.value, dict) and part in at.value:
            entry: Entry = at.value[part]
            mark = entry.mark if at_key or not last else entry.node.mark
            at = entry.node
        elif isinstance(at.value, list) and isinstance(part, int) and part < len(at.value):
            at = at.value[part]
            mark = at.mark
        else:
            break
    return mark


def _country_problem(root: Node, folder: Path, told: set[str]) -> list[Problem]:
    entry = root.value.get("country")
    country = entry.node.value if entry else None
    if entry is None or not isinstance(country, str) or is_code(country) or "country" in told:
        return []
    problem = path_problem(country, folder, where=str(entry.node.mark), path="country")
    return [problem] if problem else []


def _order(where: str, files: Sequence[str]) -> tuple[int, int, int]:
    """File by file in the order of reading, then by line and column; other places, then --set, come last."""
    file, _, rest = where.rpartition(":")
    file, _, line = file.rpartition(":")
    if file in files and line.isdigit() and rest.isdigit():
        return files.index(file), int(line), int(rest)
    return (len(files) + where.startswith("--set "), 0, 0)


def raised(problems: list[Problem]) -> InputError | RefusedError:
    """The error that some problems are: whether the file is to blame, or only what stands after --set."""
    wrong = [problem for problem in problems if problem.severity == "error"]
    only_set = all(p.where.startswith("--set ") and p.slug not in REFUSED for p in wrong)
    return OverrideError(problems) if only_set else refuse(problems)
