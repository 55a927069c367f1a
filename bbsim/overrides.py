"""What stands after --set: one ``path=value`` each, put into a scenario's tree before it is looked at."""

from __future__ import annotations

from dataclasses import replace

from bbsim.conversion import show
from bbsim.errors import InputError, Problem, nearest
from bbsim.explain import Loc, path_text, steps
from bbsim.scenario import Scenario, Use
from bbsim.yamlfile import Entry, Mark, Node, read_text


class OverrideError(InputError):
    """What stands after --set is wrong."""

    exit_code = 2
    default_slug = "set"


def override(root: Node, text: str, problems: list[Problem]) -> None:
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
    spreads: Entry | None = root.value.get("uncertain")
    if spreads is not None and isinstance(spreads.node.value, dict):
        spreads.node.value.pop(path, None)  # a number that is said is not drawn
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
            which = (int(part),) if part.isdecimal() else (0, part)
            one = path_text((*loc[:number], *which, *loc[number + 1 :]))
            raise LookupError(f"'{name}' is a list of {len(at.value)}; say which one: {one}")
        if not isinstance(at.value, dict):
            raise LookupError(f"'{name}' is {show(at.value)}, which has no '{part}'")
        if last:
            at.value[part] = Entry(mark, value)
        else:
            entry = at.value.get(part)
            if entry is None:
                _refuse_misspelt(at.value, str(part), name)
            if entry is None or entry.node.value is None:
                at.value[part] = entry = Entry(mark, _default_section(loc[: number + 1], mark))
            at = entry.node


def _refuse_misspelt(beside: dict[str, Entry], part: str, name: str) -> None:
    """One field of an entry that is not there, beside one of nearly the same name: that one was meant."""
    near = nearest(part, list(beside))
    if name and near and all(isinstance(entry.node.value, dict) for entry in beside.values()):
        raise LookupError(
            f"'{name}' has no '{part}'; did you mean '{near[0]}'? Another is added whole: {name}.{part}={{…}}"
        )


def _default_section(loc: Loc, mark: Mark) -> Node:
    """An empty section; of a model's, its default choice, so that --set can change one parameter of it."""
    info = Scenario.model_fields.get(str(loc[0])) if len(loc) == 1 else None
    if info is not None and isinstance(info.default, Use):
        return Node({"use": Entry(mark, Node(info.default.use, mark))}, mark)
    return Node({}, mark)
