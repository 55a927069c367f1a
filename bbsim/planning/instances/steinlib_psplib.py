"""Benchmark instances of the literature as plain arrays: what the planning functions take.

Three families are read: Steiner trees in graphs (SteinLib ``.stp`` and the PACE challenge's ``.gr``),
resource-constrained scheduling (PSPLIB ``.sm``) and network design (SNDlib, XML or native text). Node and
job numbers count from 0, as everywhere in `bbsim.planning`; the files count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bbsim.errors import InputError, Problem
from bbsim.planning.corridors.arrays import FloatVector, IntVector
from bbsim.planning.instances.foreign_text import number, read_text
from bbsim.planning.instances.sndlib import NetworkInstance, read_network

__all__ = [
    "NetworkInstance",
    "ProjectInstance",
    "SteinerInstance",
    "read_network",
    "read_projects",
    "read_steiner",
]

MOST_NUMBER = 10_000_000
_OPTIMUM = re.compile(
    r"\bopt(?:imum|imal)?\b(?:\s+(?:value|solution|cost|weight))*[\s\"':=]*(\d+(?:\.\d+)?)(?![\d.]*\w)", re.I
)
_RULE = re.compile(r"\s*[*\-]*\s*")


@dataclass(frozen=True, slots=True, eq=False)
class SteinerInstance:
    """A Steiner tree problem in a graph.

    Attributes
    ----------
    nodes : how many nodes there are; some may have no edge.
    u, v, cost : ends and cost of each edge, in file order, shape (m,).
    terminals : nodes to be joined, in file order.
    optimum : the least cost as far as a comment of the file states it, else None.
    prize : what each node is worth (prize-collecting instances), shape (nodes,), else None.
    root : the node to start from where the file names one, else None.
    xy : coordinates, shape (nodes, 2), where the file has them for every node, else None.
    """

    name: str
    nodes: int
    u: IntVector
    v: IntVector
    cost: FloatVector
    terminals: IntVector
    optimum: float | None = None
    prize: FloatVector | None = None
    root: int | None = None
    xy: FloatVector | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ProjectInstance:
    """A resource-constrained scheduling problem, as `bbsim.planning.schedule` takes it.

    Attributes
    ----------
    duration : of each job, shape (n,); the first and the last are the file's dummies of duration 0.
    predecessors : for each job those that must have ended before, rising.
    need, capacity : of renewable resources, shapes (n, resources) and (resources,).
    horizon : by when all is done in any case, as the file says.
    """

    name: str
    duration: FloatVector
    predecessors: tuple[tuple[int, ...], ...]
    need: npt.NDArray[np.float64]
    capacity: FloatVector
    horizon: float | None = None


# ---- Steiner trees ------------------------------------------------------------------------------
def read_steiner(path: Path | str) -> SteinerInstance:
    """The Steiner tree problem of a SteinLib ``.stp`` or PACE ``.gr`` file.

    Raises
    ------
    InputError
        with file and line: a damaged or truncated file, counts that do not fit, unknown nodes, directed
        arcs (another problem).

    Notes
    -----
    Format after Koch, Martin & Voss (2001), "SteinLib: an updated library on Steiner tree problems in
    graphs", and the PACE challenge 2018, which leaves the first line out. Sections other than comment,
    graph, terminals and coordinates (a tree decomposition, say) are skipped. ``TP`` and ``RootP`` are the
    prizes of the 11th DIMACS challenge.
    """
    path = Path(path)
    return _SteinerReader(path, read_text(path, "a SteinLib or PACE text", ascii_kin=True)).read()


class _SteinerReader:
    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()
        self.name = path.stem
        self.nodes = 0
        self.counts: dict[str, tuple[int, int]] = {}  # word -> (how many, the line that says so)
        self.edges: list[tuple[int, int, float]] = []
        self.terminals: list[int] = []
        self.prizes: dict[int, float] = {}
        self.places: dict[int, tuple[float, float]] = {}
        self.optimum: float | None = None
        self.root: int | None = None
        self.line = 0

    def read(self) -> SteinerInstance:
        section, seen, ended = "", [], False
        for line, text in enumerate(self.lines, start=1):
            self.line, words = line, text.split()
            word = words[0].casefold() if words else ""
            if not word or word[0] == "#" or (word == "c" and not section):
                self._comment(text)
            elif not section:
                if word == "eof":
                    ended = True
                    break
                if word == "section" and len(words) > 1:
                    section = " ".join(words[1:]).casefold()
                    seen.append(section)
                elif self.line > 1 and seen:
                    raise self._fault("section", f"saw '{text.strip()[:60]}' between sections")
                elif not text.casefold().startswith("33d32945"):
                    message = f"saw '{text.strip()[:60]}', wanted '33D32945 STP File' or 'SECTION …'"
                    raise self._fault("not-steiner", message)
            elif word == "end":
                section = ""
            else:
                self._entry(section, word, words, text)
        if section or not ended:
            open_section = f"inside SECTION {section}" if section else "without EOF"
            raise self._fault("truncated", f"the file ends {open_section}; is it cut off?")
        missing = [name for name in ("graph", "terminals") if name not in seen]
        if missing:
            raise self._fault("section", f"there is no SECTION {missing[0].title()}")
        self._check_counts()
        return self._instance()

    def _entry(self, section: str, word: str, words: list[str], text: str) -> None:
        if section.startswith("comment"):
            if word == "name":
                self.name = text.split(None, 1)[1].strip().strip('"') if len(words) > 1 else self.name
            self._comment(text)
        elif section == "graph":
            self._graph(word, words)
        elif section == "terminals":
            self._terminal(word, words)
        elif section == "coordinates" and word == "dd":
            place = self._numbers(words, 3)
            self.places[self._node(words[1])] = (place[1], place[2])

    def _graph(self, word: str, words: list[str]) -> None:
        if word in ("nodes", "edges", "arcs"):
            value = self._numbers(words, 1)[0]
            if value != int(value) or not 0 <= value <= MOST_NUMBER:
                raise self._fault(
                    "count", f"saw {words[1]} {word}; wanted a whole number up to {MOST_NUMBER}"
                )
            self.counts[word] = (int(value), self.line)
            self.nodes = int(value) if word == "nodes" else self.nodes
        elif word == "e":
            cost = self._numbers(words, 3)[2]
            if cost < 0:
                raise self._fault("cost", f"saw the cost {words[3]}; wanted 0 or more")
            self.edges.append((self._node(words[1]), self._node(words[2]), cost))
        elif word == "a":
            message = "directed arcs (A) make a Steiner arborescence problem; wanted undirected edges (E)"
            raise self._fault("directed", message)
        elif word in ("nr", "obstacles", "s", "d"):
            message = f"'{words[0]}' belongs to a variant that is not read; wanted Nodes, Edges and E"
            raise self._fault("variant", message)
        else:
            raise self._fault("word", f"saw '{words[0]}' in SECTION Graph; wanted Nodes, Edges or E")

    def _terminal(self, word: str, words: list[str]) -> None:
        if word == "terminals":
            self.counts["terminals"] = (int(self._numbers(words, 1)[0]), self.line)
        elif word == "t":
            self.terminals.append(self._node(words[1] if len(words) > 1 else ""))
        elif word == "tp":
            prize = self._numbers(words, 2)[1]
            if prize < 0:
                raise self._fault("prize", f"saw the prize {words[2]}; wanted 0 or more")
            self.prizes[self._node(words[1])] = prize
        elif word in ("root", "rootp"):
            self.root = self._node(words[1] if len(words) > 1 else "")
        else:
            raise self._fault(
                "word", f"saw '{words[0]}' in SECTION Terminals; wanted Terminals, T, TP or Root"
            )

    def _comment(self, text: str) -> None:
        found = _OPTIMUM.search(text)
        if found and self.optimum is None:
            self.optimum = float(found[1])

    def _numbers(self, words: list[str], count: int) -> list[float]:
        values = [number(word) for word in words[1 : count + 1]]
        if len(values) < count or None in values:
            raise self._fault(
                "number", f"saw '{' '.join(words)[:60]}'; wanted {count} number(s) after {words[0]}"
            )
        return [value for value in values if value is not None]

    def _node(self, word: str) -> int:
        if not word.isascii() or not word.isdigit() or not 1 <= int(word[:20]) <= self.nodes:
            raise self._fault("node", f"saw node '{word[:40]}'; wanted 1 to {self.nodes}")
        return int(word) - 1

    def _check_counts(self) -> None:
        found = {"edges": len(self.edges), "terminals": len(self.terminals) + len(self.prizes)}
        for word, have in found.items():
            said, line = self.counts.get(word, (have, 0))
            if said != have:
                self.line = line
                raise self._fault("count", f"{said} {word} are announced, {have} follow")

    def _instance(self) -> SteinerInstance:
        prize = None
        if self.prizes:
            prize = np.zeros(self.nodes)
            prize[list(self.prizes)] = list(self.prizes.values())
        xy = None
        if self.nodes and len(self.places) == self.nodes:
            xy = np.array([self.places[node] for node in range(self.nodes)])
        ends = np.array([edge[:2] for edge in self.edges], dtype=np.int64).reshape(-1, 2)
        return SteinerInstance(
            name=self.name,
            nodes=self.nodes,
            u=ends[:, 0].copy(),
            v=ends[:, 1].copy(),
            cost=np.array([edge[2] for edge in self.edges], dtype=np.float64),
            terminals=np.array(self.terminals, dtype=np.int64),
            optimum=self.optimum,
            prize=prize,
            root=self.root,
            xy=xy,
        )

    def _fault(self, slug: str, message: str) -> InputError:
        return InputError(Problem(slug, message, where=f"{self.path}:{max(self.line, 1)}"))


# ---- projects -----------------------------------------------------------------------------------
def read_projects(path: Path | str) -> ProjectInstance:
    """The scheduling problem of a PSPLIB ``.sm`` file (one mode a job, renewable resources).

    Raises
    ------
    InputError
        with file and line: a damaged or truncated file, jobs without a row or with several modes,
        nonrenewable resources.

    Notes
    -----
    Format after Kolisch & Sprecher (1997), "PSPLIB - a project scheduling problem library". The file
    lists successors; here each job has its predecessors.
    """
    path = Path(path)
    return _ProjectReader(path, read_text(path, "a PSPLIB text", ascii_kin=True)).read()


class _ProjectReader:
    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()

    def read(self) -> ProjectInstance:
        jobs, _ = self._figure("jobs")
        for kind in ("- nonrenewable", "- doubly constrained"):
            count, line = self._figure(kind)
            if count:
                raise self._fault(
                    line, "resource", f"{count} resources '{kind[2:]}'; only renewable ones are read"
                )
        resources, _ = self._figure("- renewable")
        horizon = next((self._value(text) for text in self.lines if text.startswith("horizon")), None)
        before: list[list[int]] = [[] for _ in range(jobs)]
        for job, line, row in self._rows("PRECEDENCE RELATIONS", jobs):
            if len(row) < 2 or len(row) != 2 + row[1]:
                raise self._fault(
                    line, "count", f"job {job + 1} announces {row[1:2]} successors, {row[2:]} follow"
                )
            if row[0] != 1:
                raise self._fault(
                    line, "modes", f"job {job + 1} has {row[0]} modes; wanted one (.sm, not .mm)"
                )
            for later in row[2:]:
                if not 1 <= later <= jobs:
                    raise self._fault(line, "job", f"saw successor {later}; wanted 1 to {jobs}")
                before[later - 1].append(job)
        duration, need = np.zeros(jobs), np.zeros((jobs, resources))
        for job, line, row in self._rows("REQUESTS/DURATIONS", jobs):
            if len(row) != 2 + resources:
                message = f"job {job + 1} has {len(row) - 2} requests; there are {resources} resources"
                raise self._fault(line, "count", message)
            duration[job], need[job] = row[1], row[2:]
        capacity = self._capacity(resources)
        predecessors = tuple(tuple(sorted(each)) for each in before)
        return ProjectInstance(self.path.stem, duration, predecessors, need, capacity, horizon)

    def _figure(self, label: str) -> tuple[int, int]:
        """The number behind a label of the head, and its line."""
        for line, text in enumerate(self.lines, start=1):
            if text.strip().startswith(label) and ":" in text:
                value = self._value(text)
                if value is None or not 0 <= value <= MOST_NUMBER:
                    raise self._fault(line, "number", f"saw '{text.strip()[:60]}'; wanted a whole number")
                return int(value), line
        if label == "jobs":
            raise self._fault(1, "not-psplib", "there is no line 'jobs (incl. supersource/sink ): …'")
        if label == "- renewable":
            raise self._fault(len(self.lines), "truncated", "there is no line '- renewable : …'")
        return 0, 0

    @staticmethod
    def _value(text: str) -> float | None:
        words = text.partition(":")[2].split()
        return number(words[0]) if words else None

    def _section(self, title: str) -> Iterator[tuple[int, list[str]]]:
        """The rows below a title and its heading, until the next rule of stars."""
        start = next((i for i, text in enumerate(self.lines) if text.strip().upper().startswith(title)), None)
        if start is None:
            message = f"there is no section '{title}'; is the file cut off?"
            raise self._fault(len(self.lines), "truncated", message)
        for line in range(start + 2, len(self.lines)):
            text = self.lines[line]
            if text.lstrip().startswith("*"):
                return
            if not _RULE.fullmatch(text):
                yield line + 1, text.split()

    def _rows(self, title: str, jobs: int) -> Iterator[tuple[int, int, list[int]]]:
        """Job (from 0), line and the other figures of each row; every job must have one row."""
        seen: dict[int, int] = {}
        for line, words in self._section(title):
            if not all(word.isascii() and word.isdigit() and len(word) <= 9 for word in words):
                message = f"saw '{' '.join(words)[:60]}'; wanted whole numbers, none below 0"
                raise self._fault(line, "number", message)
            job = int(words[0])
            if not 1 <= job <= jobs:
                raise self._fault(line, "job", f"saw job {job}; wanted 1 to {jobs}")
            if job in seen:
                raise self._fault(
                    line, "job", f"job {job} stands in line {seen[job]} already (or has several modes)"
                )
            seen[job] = line
            yield job - 1, line, [int(word) for word in words[1:]]
        missing = next((job for job in range(1, jobs + 1) if job not in seen), None)
        if missing is not None:
            raise self._fault(len(self.lines), "truncated", f"job {missing} has no row under '{title}'")

    def _capacity(self, resources: int) -> FloatVector:
        for line, words in self._section("RESOURCEAVAILABILITIES"):
            values = [number(word) for word in words]
            if len(values) != resources or any(value is None or value < 0 for value in values):
                message = f"saw '{' '.join(words)[:60]}'; wanted {resources} amounts, none below 0"
                raise self._fault(line, "number", message)
            return np.array(values, dtype=np.float64)
        if resources:
            raise self._fault(len(self.lines), "truncated", "the resources' amounts are missing")
        return np.zeros(0)

    def _fault(self, line: int, slug: str, message: str) -> InputError:
        return InputError(Problem(slug, message, where=f"{self.path}:{max(line, 1)}"))
