"""Which place comes next: a score for every candidate route, the highest first.

A candidate is the cheapest route from the network as awarded so far to a place, with all the unserved
places of the phase on its way. Ties go to the cheaper route, then to the smaller node index.

A model that says `each_alone` promises that a candidate's score follows from its own row: after an award only
those whose route has changed are scored again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from bbsim.country import Country
from bbsim.scenario import Frozen, Id

if TYPE_CHECKING:
    from bbsim.planning.programme.replans import Replan
    from bbsim.planning.programme.situation import Plan, Situation


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a priority model may look at; arrays have one row a candidate.

    Attributes
    ----------
    country : the country.
    node : index of the place at the end of the route.
    people : residents (reference year) of the unserved places of the phase on the route.
    own_people : residents of the place itself.
    usd : price of the route and of the access nodes on it.
    km : length of the route that is not there yet.
    planned : position of the place in the programme's plan, 0 first; -1 where there is no plan.
    """

    country: Country
    node: NDArray[np.int64]
    people: NDArray[np.int64]
    own_people: NDArray[np.int64]
    usd: NDArray[np.float64]
    km: NDArray[np.float64]
    planned: NDArray[np.int64]


class PeoplePerDollar(Frozen):
    """Most people a dollar first, counting everybody on the way."""

    each_alone: ClassVar[bool] = True

    def score(self, candidates: Candidates) -> NDArray[np.float64]:
        """People reached over price; routes that cost nothing come first."""
        return np.asarray(candidates.people / np.maximum(candidates.usd, 0.01))


class NearestFirst(Frozen):
    """Shortest missing route first."""

    each_alone: ClassVar[bool] = True

    def score(self, candidates: Candidates) -> NDArray[np.float64]:
        """Minus the length of the route that is not there yet, km."""
        return np.asarray(-candidates.km)


class BiggestFirst(Frozen):
    """Largest place first, wherever it lies."""

    each_alone: ClassVar[bool] = True

    def score(self, candidates: Candidates) -> NDArray[np.float64]:
        """Residents of the place itself."""
        return candidates.own_people.astype(np.float64)


class Listed(Frozen):
    """In the order that the scenario lists; places that it does not list come after, nearest first."""

    each_alone: ClassVar[bool] = True

    order: list[Id] = Field(min_length=1)
    """Node ids, first comes first."""

    def score(self, candidates: Candidates) -> NDArray[np.float64]:
        """Position in the list, from the top; below them all, minus the missing kilometres."""
        place = {node: len(self.order) - i for i, node in enumerate(self.order)}
        ids = candidates.country.ids
        listed = np.array([place.get(ids[node], 0) for node in candidates.node], dtype=np.float64)
        return np.asarray(np.where(listed > 0, listed, -candidates.km))


class Planned(Frozen):
    """Along the cheapest tree, in the order that makes people wait least; planned anew when things change."""

    each_alone: ClassVar[bool] = True

    effort: Literal["fast", "standard", "thorough"] = "standard"
    """How hard the plan is looked for."""
    together: bool = False
    """Choose corridors and order as one: dearer in all, but people wait less for the money spent."""

    def plan(
        self,
        situation: Situation,
        phases: Sequence[tuple[str, NDArray[np.bool_]]],
        *,
        cause: str,
        cents: int,
        before: Plan | None,
    ) -> Replan:
        """The plan that the clock is to build from here on; its corridors are the only ones that routes take.

        `cents` can still be expected for building; `before` is the plan until now.
        """
        from bbsim.planning.programme.replans import replan

        return replan(
            situation,
            phases,
            cause=cause,
            cents=cents,
            before=before,
            effort=self.effort,
            together=self.together,
        )

    def score(self, candidates: Candidates) -> NDArray[np.float64]:
        """Minus the position in the plan; a place that is not in it comes last."""
        last = len(candidates.country.ids)
        return np.asarray(-np.where(candidates.planned < 0, last, candidates.planned), dtype=np.float64)
