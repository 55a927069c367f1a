"""From a file that a planner wrote to a `Scenario`, or to everything that is wrong with it, at once.

A file may extend another one and be overridden word by word; the merged tree still knows from which file,
line and column each value came, so that every problem is told at the place where it can be mended.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import get_args

from pydantic import ValidationError
from pydantic_core import PydanticUndefined
from ruamel.yaml import YAML

from bbsim.conversion import show
from bbsim.errors import InputError, Problem, RefusedError
from bbsim.explain import REFUSED, Fault, Loc, describe, example, faults_of, known_keys, path_text
from bbsim.resources import SCENARIO_FILE, installed, is_code, path_problem, resolve_country, scenario_file
from bbsim.scenario import Scenario, Use, replaces
from bbsim.yamlfile import Entry, Mark, Node, read_file, read_text, refuse

__all__ = ["OverrideError", "Reading", "dump", "load", "read", "resolve_country", "scenario_file"]

LONGEST_CHAIN = 20
_SWITCHED_OFF = [
    name
    for name, info in Scenario.model_fields.items()
    if info.default not in (None, PydanticUndefined) and type(None) in get_args(info.annotation)
]
"""Sections that null switches off; elsewhere null means the default."""
_STEP = re.compile(r'\.?([^.\[\]"]+)|\["([^"]*)"\]|\[(\d{1,9})\]')
_PATH = re.compile(r'(?:[^.\[\]"]+|\["[^"]*"\])(?:\.[^.\[\]"]+|\["[^"]*"\]|\[\d{1,9}\])*')


class OverrideError(InputError):
    """What stands after --set is wrong."""

    exit_code = 2
    default_slug = "set"


@dataclass(frozen=True, slots=True)
class Reading:
    """A scenario together with the places that its values came from.

    Attributes
    ----------
    scenario : the value itself.
    path : the file that was read (of a folder, its ``scenario.yaml``).
    root : the merged tree.
    """

    scenario: Scenario
    path: Path
    root: Node

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
    file = scenario_file(path)
    files: list[str] = []
    problems: list[Problem] = []
    root = _read_chain(file, str(file), files, problems)
    for text in overrides:
        _override(root, text, problems)
    entries: dict[str, Entry] = root.value
    root = replace(root, value={key: entry for key, entry in entries.items() if not key.startswith("x-")})
    scenario, faults = _validate(root)
    known = {problem.path for problem in problems}
    problems += [_problem(root, f) for f in faults if not _told(f, known)]
    problems += _country_problem(root, file.parent, {p.path for p in problems})
    if problems or scenario is None:
        raise _error(sorted(problems, key=lambda problem: _order(problem.where, files)))
    return Reading(scenario.at_origin(file), file, root)


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
            raise _error([Problem("cycle", message, where=str(extends.node.mark), path="extends")])
        if len(seen) >= LONGEST_CHAIN:
            message = f"a chain of more than {LONGEST_CHAIN} files, the limit of depth"
            raise _error([Problem("chain", message, where=str(extends.node.mark), path="extends")])
    merged = chain.pop()
    while chain:
        merged = _merge(merged, chain.pop())
    return merged


def _read_one(file: Path, shown: str, problems: list[Problem]) -> Node:
    document = read_file(file, shown)
    problems += document.problems
    node = document.root
    if node is None and document.problems:
        raise _error(problems)
    if node is None or node.value is None:
        required = [name for name, info in Scenario.model_fields.items() if info.is_required()]
        hint = f"A scenario has at least {', '.join(required)}; `bbsim new DIR --country AZE` writes one."
        raise _error([Problem("empty", "the file is empty", where=f"{shown}:1:1", hint=hint)])
    if not isinstance(node.value, dict):
        saw = (
            "a list"
            if isinstance(node.value, list)
            else "text"
            if isinstance(node.value, str)
            else "a number"
        )
        message = f"expected a mapping of sections, saw {saw}"
        raise _error([Problem("shape", message, where=str(node.mark))])
    return node


def _base_file(
    extends: Entry, file: Path, shown: str, root_folder: Path, problems: list[Problem]
) -> tuple[Path, str]:
    """The file that `extends` means: beside this one, in ``scenarios`` beside its folder, or installed."""
    text, where = extends.node.value, str(extends.node.mark)
    if not isinstance(text, str):
        message = f"saw {show(extends.node.plain())}, wanted the name of one YAML file"
        raise _error([*problems, Problem("path-inline", message, where=where, path="extends")])
    folder = file.parent
    own = root_folder if folder.resolve().is_relative_to(root_folder.resolve()) else folder
    places = [(folder, own)]
    if ".." not in Path(text).parts:
        places += [(at, at) for at in (folder.resolve().parent / "scenarios", installed("scenarios"))]
    for place, within in places:
        problem = path_problem(text, place, where=where, path="extends", within=within)
        if problem is not None:
            raise _error([*problems, problem])
        target = place / text / SCENARIO_FILE if (place / text).is_dir() else place / text
        if target.is_file():
            return target, str(Path(shown).parent / text) if place is folder else str(target)
    try:
        scenario_file(folder / text)
    except InputError as error:
        missing = replace(error.problems[0], where=where, path="extends")
        raise _error([*problems, missing]) from None
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


# ---- --set --------------------------------------------------------------------------------------
def steps(path: str) -> Loc:
    """A field path as its parts; raises `ValueError` if it is none.

    >>> steps("crews.bases[0].civil")
    ('crews', 'bases', 0, 'civil')
    """
    if not _PATH.fullmatch(path):
        raise ValueError(path)
    found = _STEP.finditer(path)
    return tuple(int(match[3]) if match[3] is not None else match[1] or match[2] or "" for match in found)


def _override(root: Node, text: str, problems: list[Problem]) -> None:
    """Put one ``path=value`` into the tree, or note why that can't be done."""
    path, equals, written = text.partition("=")
    path, mark = path.strip(), Mark(f"--set {text}", 0, 0)
    try:
        loc = steps(path)
    except ValueError:
        loc = ()
    if not equals or not loc:
        message, hint = f"saw {show(text)}, wanted path=value", "For example --set budget.usd_per_year=60e6."
        problems.append(Problem("set", message, where=str(mark), hint=hint))
        return
    document = read_text(written.strip(), str(mark))
    if document.problems:
        problems += [replace(p, where=str(mark), path=path) for p in document.problems]
        return
    value = _marked(document.root, mark) if document.root else Node(None, mark)
    try:
        _put(root, loc, value, mark)
    except LookupError as error:
        problems.append(Problem("set", str(error.args[0]), where=str(mark), path=path))


def _marked(node: Node, mark: Mark) -> Node:
    if isinstance(node.value, dict):
        return Node({key: Entry(mark, _marked(entry.node, mark)) for key, entry in node.value.items()}, mark)
    if isinstance(node.value, list):
        return Node([_marked(child, mark) for child in node.value], mark)
    return Node(node.value, mark)


def _put(at: Node, loc: Loc, value: Node, mark: Mark) -> None:
    """Set a value in the tree, making the mappings on the way; raises `LookupError` where that can't be."""
    for number, part in enumerate(loc):
        last, name = number == len(loc) - 1, path_text(loc[:number])
        if isinstance(part, int):
            if not isinstance(at.value, list) or part >= len(at.value):
                have = f"{len(at.value)} entries" if isinstance(at.value, list) else "no entries"
                raise LookupError(f"'{name}' has {have}, so there is no [{part}]")
            if last:
                at.value[part] = value
            at = at.value[part]
            continue
        if isinstance(at.value, list):
            raise LookupError(f"'{name}' is a list of {len(at.value)}; say which one: {name}[0].{part}")
        if not isinstance(at.value, dict):
            raise LookupError(f"'{name}' is {show(at.value)}, which has no '{part}'")
        if last:
            at.value[part] = Entry(mark, value)
        else:
            entry = at.value.get(part)
            if entry is None or entry.node.value is None:
                at.value[part] = entry = Entry(mark, _default_section(loc[: number + 1], mark))
            at = entry.node


def _default_section(loc: Loc, mark: Mark) -> Node:
    """An empty section; of a model's, its default choice, so that --set can change one parameter of it."""
    info = Scenario.model_fields.get(str(loc[0])) if len(loc) == 1 else None
    if info is not None and isinstance(info.default, Use):
        return Node({"use": Entry(mark, Node(info.default.use, mark))}, mark)
    return Node({}, mark)


# ---- validation and places ----------------------------------------------------------------------
def _validate(root: Node) -> tuple[Scenario | None, list[Fault]]:
    fields = root.plain(functools.partial(known_keys, Scenario))
    for name in _SWITCHED_OFF:
        entry: Entry | None = root.value.get(name)
        if entry is not None and entry.node.value is None:
            fields[name] = None
    try:
        return Scenario.model_validate(fields), []
    except ValidationError as error:
        return None, faults_of(error, Scenario)


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


def _order(where: str, files: list[str]) -> tuple[int, int, int]:
    """File by file in the order of reading, then by line and column; --set last."""
    file, _, rest = where.rpartition(":")
    file, _, line = file.rpartition(":")
    if file in files and line.isdigit() and rest.isdigit():
        return files.index(file), int(line), int(rest)
    return (len(files), 0, 0)


def _error(problems: list[Problem]) -> InputError | RefusedError:
    only_set = all(p.where.startswith("--set ") and p.slug not in REFUSED for p in problems)
    return OverrideError(problems) if only_set else refuse(problems)
