"""Every failure bbsim reports, by whose fault it is; the fault decides the exit code.

::

    BbsimError
    ├── InputError        3  the scenario, the country pack or a run folder is wrong
    ├── EnvironmentFault  4  disk, memory, permission, a missing package
    ├── RefusedError      5  refused for safety: limits, code, paths, network
    ├── IncompleteError   6  finished, but not all of it
    └── ModelError        1  a model answered something impossible (its own bug)

An `InputError` or `RefusedError` carries *all* the problems that were found, in file order.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where.

    Attributes
    ----------
    slug : stable public name of the rule, e.g. ``unknown-key``.
    message : what was seen, and what was wanted.
    where : ``file:line:column``, or ``file:layer:feature``, or the empty string.
    path : the field's path inside the file, e.g. ``crews[0].civil``.
    hint : one concrete way to mend it, or the empty string.
    severity : ``error`` or ``warning``.
    """

    slug: str
    message: str
    where: str = ""
    path: str = ""
    hint: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        path = f" {self.path}:" if self.path else ""
        message = self.message.rstrip()
        hint = f" {self.hint}" if self.hint else ""
        stop = "" if message.endswith((".", "?", "!")) or not hint else "."
        return f"{where}{self.severity}[{self.slug}]{path} {message}{stop}{hint}"


class BbsimError(Exception):
    """The root of all errors that bbsim raises on purpose."""

    exit_code = 1

    def __init__(self, problems: Problem | str | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(slug=self.default_slug, message=problems)
        if isinstance(problems, Problem):
            problems = [problems]
        self.problems: list[Problem] = list(problems)
        # What is given to the base is what makes an equal error again: in another process, or out of simpy.
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)

    default_slug = "error"


class InputError(BbsimError):
    """What the user wrote or handed over is wrong."""

    exit_code = 3
    default_slug = "input"


class EnvironmentFault(BbsimError):
    """The machine cannot do it: disk, memory, permission, a missing package."""

    exit_code = 4
    default_slug = "environment"


class RefusedError(BbsimError):
    """Refused for safety: a limit, code, a path outside the folder, the network."""

    exit_code = 5
    default_slug = "refused"


class IncompleteError(BbsimError):
    """Finished, but some of it is missing."""

    exit_code = 6
    default_slug = "incomplete"


class ModelError(BbsimError):
    """A model answered something impossible; the message names the model and the simulated date."""

    exit_code = 1
    default_slug = "model"


def nearest(word: str, known: Iterable[str], *, count: int = 1) -> list[str]:
    """The known words nearest to `word`, best first; case is forgiven, order of `known` is not used."""
    pool = sorted(set(known))
    folded = {candidate.casefold(): candidate for candidate in pool}
    hits = difflib.get_close_matches(word.casefold(), sorted(folded), n=count, cutoff=0.6)
    return [folded[hit] for hit in hits]


IN_THE_WAY = "Use --force (force=True in Python), or another folder."
"""What to do about a folder that is there already."""


def did_you_mean(word: str, known: Sequence[str], *, listed: int = 12) -> str:
    """A hint sentence: the nearest known word, or the list of known words if there is none near."""
    close = nearest(word, known)
    if close:
        return f"Did you mean '{close[0]}'?"
    if not known:
        return ""
    shown = ", ".join(sorted(known)[:listed])
    return f"Known: {shown}{', …' if len(known) > listed else ''}."
