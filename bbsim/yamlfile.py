"""One YAML file as a tree in which every value and every key knows its line and column.

The text is YAML 1.2 with the core scalars (``NO`` is a text, ``010`` is ten), dates, and underscores in
numbers. The tree is built from the parser's events by a loop, not by recursion, and everything that can
make a small file costly (depth, aliases, long texts, long numbers) has a limit that is checked first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from bbsim.conversion import show
from bbsim.errors import EnvironmentFault, InputError, Problem, RefusedError, did_you_mean
from bbsim.explain import REFUSED, Loc, path_text
from bbsim.text import printable

LARGEST_FILE_BYTES = 64 * 2**20
DEEPEST = 100
LONGEST_LINE = 10**6
LONGEST_TEXT = 10_000
MOST_DIGITS = 100
MOST_ALIASED_VALUES = 100_000

_INTEGER = re.compile(r"[-+]?[0-9][0-9_]*")
_OTHER_INTEGER = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(slots=True)
class Entry:
    """One key of a mapping and what stands under it."""

    mark: Mark
    node: Node


@dataclass(slots=True)
class Node:
    """A value and its place: a scalar, a list of nodes, or a dictionary of entries."""

    value: Any
    mark: Mark
    size: int = 1

    def plain(self, known: Callable[[Loc], Sequence[str]] | None = None, loc: Loc = ()) -> Any:
        """The value as plain data; keys with null are left out, which sets them back to their default.

        Parameters
        ----------
        known : the keys that may stand in the mapping at a place; another key is kept, even with null.
        """
        if isinstance(self.value, dict):
            fixed = known(loc) if known else ()
            return {
                key: entry.node.plain(known, (*loc, key))
                for key, entry in self.value.items()
                if entry.node.value is not None or (fixed and key not in fixed)
            }
        if isinstance(self.value, list):
            return [node.plain(known, (*loc, number)) for number, node in enumerate(self.value)]
        return self.value


@dataclass(slots=True)
class Document:
    """What was read from one text: its tree, if there is one, and everything wrong with the text."""

    root: Node | None
    problems: list[Problem] = field(default_factory=list)


def refuse(problems: list[Problem]) -> InputError | RefusedError:
    """The error to raise for some problems: refused for safety if any of them is."""
    unsafe = any(problem.slug in REFUSED for problem in problems)
    return RefusedError(problems) if unsafe else InputError(problems)


def read_file(path: Path, shown: str) -> Document:
    """The tree of a file.

    Parameters
    ----------
    shown : how messages call the file.

    Raises
    ------
    InputError, RefusedError, EnvironmentFault
        if there is no text to look at: too large, not UTF-8 or UTF-16, not readable.
    """
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            size = f"{path.stat().st_size / 2**20:.0f} MiB; the limit is {LARGEST_FILE_BYTES // 2**20} MiB"
            raise RefusedError(Problem("too-long", f"the file has {size}", where=shown))
        raw = path.read_bytes()
    except OSError as error:
        raise EnvironmentFault(Problem("unreadable", f"{error.strerror}: {path}", where=shown)) from None
    return read_text(_decode(raw, shown), shown)


def read_text(text: str, shown: str) -> Document:
    """The tree of a text; `shown` is how messages call its file."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    problem = _look_over(text, shown)
    if problem:
        return Document(None, [problem])
    builder = _Builder(shown)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
            if builder.stopped:
                break
    except MarkedYAMLError as error:
        builder.problems.append(_syntax(error, text, shown))
        builder.root = None
    except YAMLError as error:
        builder.problems.append(Problem("yaml", str(error).splitlines()[0], where=shown))
        builder.root = None
    return Document(builder.root, builder.problems)


def scalar(text: str) -> Any:
    """A plain scalar's value: the core schema of YAML 1.2, dates, and underscores in numbers.

    >>> scalar("NO"), scalar("010"), scalar("1e3"), scalar("10_000"), scalar("22:30")
    ('NO', 10, 1000.0, 10000, '22:30')
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text.replace("_", ""))
    if _OTHER_INTEGER.fullmatch(text):
        return int(text, 0)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text  # 2025-02-30: the field's own words say that it is no day
    if _FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    infinite = _INFINITE.fullmatch(text)
    return float(f"{infinite[1]}inf") if infinite else text


# ---- text ---------------------------------------------------------------------------------------
def _decode(raw: bytes, shown: str) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return raw.decode("utf-16")
        except UnicodeDecodeError as error:
            message = f"byte {error.start} is not UTF-16, though the file begins as such"
            raise InputError(Problem("encoding", message, where=shown)) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        message = f"byte {error.start} (0x{raw[error.start]:02x}) is not UTF-8"
        hint = "If it was saved as Windows-1254, convert it: iconv -f WINDOWS-1254 -t UTF-8."
        raise InputError(Problem("encoding", message, where=f"{shown}:{line}:{column}", hint=hint)) from None


def _look_over(text: str, shown: str) -> Problem | None:
    """What can be refused before the parser sees it."""
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        column = control.start() - (text.rfind("\n", 0, control.start()) + 1) + 1
        message = f"control character U+{ord(control[0]):04X}, wanted plain text"
        return Problem("control-character", message, where=f"{shown}:{line}:{column}", hint="Delete it.")
    if len(text) > LONGEST_LINE:
        for number, line_text in enumerate(text.split("\n"), start=1):
            if len(line_text) > LONGEST_LINE:
                key = re.match(r"[\s-]*([\w.-]+)\s*:", line_text[:200])
                message = f"a line of {len(line_text)} characters; the limit is {LONGEST_LINE}"
                path = key[1] if key else ""
                return Problem("too-long", message, where=f"{shown}:{number}:1", path=path)
    return None


def _syntax(error: MarkedYAMLError, text: str, shown: str) -> Problem:
    """The parser's complaint in plain words."""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Problem("yaml", str(error.problem or error), where=shown)
    where = f"{shown}:{mark.line + 1}:{mark.column + 1}"
    lines = text.split("\n")
    line = lines[mark.line] if mark.line < len(lines) else ""
    saw, context = str(error.problem or ""), str(error.context or "")
    if "\t" in line[: mark.column + 1] and not line[: mark.column].strip():
        return Problem("tab", "a tab where blanks indent", where=where, hint="Use blanks (spaces), not tabs.")
    opened = error.context_mark
    if "flow" in context and opened is not None:
        bracket = "mapping ({)" if "mapping" in context else "list ([)"
        begun = f"the {bracket} begun at line {opened.line + 1}, column {opened.column + 1}"
        return Problem("yaml", f"{begun} is not closed, or a comma is missing", where=where)
    if "quoted scalar" in context and opened is not None:
        begun = f"line {opened.line + 1}, column {opened.column + 1}"
        return Problem("yaml", f"the quoted text begun at {begun} is broken: {saw}", where=where)
    if "block" in context or "mapping values" in saw or "simple key" in saw or "simple key" in context:
        hint = "Keys of one mapping begin in one column; a text with ': ' in it needs quotes."
        return Problem("indentation", f"bad indentation or a missing colon: {saw}", where=where, hint=hint)
    return Problem("yaml", f"not YAML: {saw} {context}".rstrip(), where=where)


# ---- tree ---------------------------------------------------------------------------------------
@dataclass(slots=True)
class _Open:
    """A mapping or list that is being filled."""

    node: Node
    anchor: str | None
    key: str | None = None
    key_mark: Mark | None = None
    raw_keys: dict[str, str] = field(default_factory=dict)


class _Builder:
    """Builds the tree from the parser's events, and notes what is wrong on the way."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self.stopped = False
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._aliased = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """The next event."""
        kind = type(event).__name__
        mark = Mark(self.shown, event.start_mark.line + 1, event.start_mark.column + 1)
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                hint = "Split it into two files, or use extends."
                self._stop("documents", "a second document starts here; a scenario is one", mark, hint=hint)
        elif kind == "ScalarEvent":
            self._scalar(event, mark)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._begin(event, mark, kind)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            done = self._open.pop()
            self._place(done.node, done.anchor, closed=True)
        elif kind == "AliasEvent":
            self._alias(str(event.anchor), mark)

    def _path(self) -> Loc:
        return tuple(
            at.key or "" if isinstance(at.node.value, dict) else len(at.node.value) for at in self._open
        )

    def _note(self, slug: str, message: str, mark: Mark, hint: str = "", path: Loc | None = None) -> None:
        shown = path_text(self._path() if path is None else path)
        self.problems.append(Problem(slug, message, where=str(mark), path=shown, hint=hint))

    def _stop(self, slug: str, message: str, mark: Mark, hint: str = "") -> None:
        self._note(slug, message, mark, hint)
        self.root, self.stopped = None, True

    def _expects_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].node.value, dict) and self._open[-1].key is None

    def _begin(self, event: Any, mark: Mark, kind: str) -> None:
        if self._expects_key():
            self._stop("key", "a key must be a text, saw a mapping or a list", mark)
        elif len(self._open) >= DEEPEST:
            self._stop("nesting", f"nested deeper than {DEEPEST} levels, the limit", mark)
        else:
            self._check_tag(event, mark)
            node = Node({} if kind.startswith("Mapping") else [], mark)
            self._open.append(_Open(node, event.anchor))

    def _check_tag(self, event: Any, mark: Mark) -> None:
        tag = str(event.tag) if event.tag else ""
        if tag and tag not in (
            "!",
            "tag:yaml.org,2002:str",
            "tag:yaml.org,2002:map",
            "tag:yaml.org,2002:seq",
        ):
            short = tag.replace("tag:yaml.org,2002:", "!!")
            hint = "Another file comes in by the key extends." if "include" in tag else "Leave the tag out."
            self._note("unknown-tag", f"unknown tag {printable(short)[:60]}", mark, hint)

    def _scalar(self, event: Any, mark: Mark) -> None:
        self._check_tag(event, mark)
        text: str = event.value
        if self._expects_key():
            self._key(text, mark)
            return
        value: Any = text
        if len(text) > LONGEST_TEXT and not _INTEGER.fullmatch(text):
            self._note("too-long", f"a text of {len(text)} characters; the limit is {LONGEST_TEXT}", mark)
            value = ""
        elif event.style is None and not event.tag:
            if _INTEGER.fullmatch(text) and len(text) > MOST_DIGITS:
                self._note("digits", f"a number of {len(text)} digits; the limit is {MOST_DIGITS}", mark)
                value = 0
            else:
                value = scalar(text)
        self._place(Node(value, mark), event.anchor)

    def _key(self, raw: str, mark: Mark) -> None:
        at = self._open[-1]
        key = unicodedata.normalize("NFC", raw)[: LONGEST_TEXT + 1]
        at.key, at.key_mark = key, mark
        if key == "<<":
            hint = "Write the keys out, or use extends."
            self._note("merge-key", "merge keys (<<) are not supported", mark, hint)
        first = at.node.value.get(key)
        if first is not None:
            twice = f"key {show(printable(key))} is written twice: here and at {first.mark}"
            if at.raw_keys[key] != raw:
                twice = f"keys look the same but are spelt differently in Unicode: here and at {first.mark}"
            self._note("duplicate-key", twice, mark, "Keep one of them.")
        at.raw_keys.setdefault(key, raw)

    def _place(self, node: Node, anchor: str | None, *, closed: bool = False) -> None:
        if anchor is not None:
            self._anchors[str(anchor)] = node
        if closed:
            node.size = 1 + sum(child.size for child in _children(node))
        if not self._open:
            self.root = node
            return
        at = self._open[-1]
        if isinstance(at.node.value, list):
            at.node.value.append(node)
        elif at.key is not None and at.key_mark is not None:
            at.node.value.setdefault(at.key, Entry(at.key_mark, node))
            at.key = None

    def _alias(self, name: str, mark: Mark) -> None:
        if any(at.anchor == name for at in self._open):
            self._stop("aliases", f"*{name} refers to itself", mark)
        elif self._expects_key():
            self._stop("key", "a key must be a text, saw an alias", mark)
        elif name not in self._anchors:
            hint = did_you_mean(name, sorted(self._anchors))
            self._note("unknown-anchor", f"no anchor &{name} before this place", mark, hint)
            self._place(Node("", mark), None)
        else:
            node = self._anchors[name]
            self._aliased += node.size
            if self._aliased > MOST_ALIASED_VALUES:
                message = f"aliases blow up to more than {MOST_ALIASED_VALUES} values, the limit"
                self._stop("aliases", message, mark)
            else:
                self._place(Node(node.value, mark, node.size), None)


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node.value, dict):
        yield from (entry.node for entry in node.value.values())
    elif isinstance(node.value, list):
        yield from node.value
