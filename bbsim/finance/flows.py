"""Cash flows with their day: what each is, whose, where, and whole cents; what comes in is positive."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.finance.present import discount_factors

Ints = NDArray[np.int64]
Short = NDArray[np.int32]
Floats = NDArray[np.float64]

KINDS = ("capex", "replacement", "opex", "revenue", "tax", "residual")
CAPEX, REPLACEMENT, OPEX, REVENUE, TAX, RESIDUAL = range(len(KINDS))
OPERATOR = ev.FUNDS.index("operator")
HOMES, BUSINESSES = "homes", "businesses"
"""Causes of what lines pay and cost to run."""
PUBLIC = "public_"
"""Causes of the running costs of public sites begin so."""
_BUILT_FOR_PUBLIC = ("site_building", "site_line", "site_terminal")
NOWHERE = -1
"""Node of what belongs to no place, span of what is no span's."""


def of_public_sites(cause: str) -> bool:
    """Whether a cause is of public sites, built or run: no taxpayer's (``site_TECHNOLOGY`` is of masts).

    >>> [of_public_sites(cause) for cause in ("public_centre", "site_building", "site_wireless_4g")]
    [True, True, False]
    """
    return cause.startswith(PUBLIC) or cause in _BUILT_FOR_PUBLIC


@dataclass(frozen=True, slots=True)
class Booked:
    """Flows of one cause, each with its day.

    Attributes
    ----------
    kind, cause, fund : what they are, and whose.
    day, node, cents : of equal length; `node` is `NOWHERE` for what has no place.
    span : of equal length: the span that it was for, `NOWHERE` if none.

    Days and positions are kept in 32 bits: a large country has ten million of them.
    """

    kind: int
    cause: str
    fund: int
    day: Short
    node: Short
    cents: Ints
    span: Short

    @classmethod
    def of(
        cls,
        kind: int,
        cause: str,
        fund: int,
        day: Ints | Short,
        node: Ints | Short,
        cents: Ints,
        span: Ints | Short | None = None,
    ) -> Booked:
        """The flows that are not nothing."""
        some = np.flatnonzero(cents)
        days, nodes = day[some].astype(np.int32), node[some].astype(np.int32)
        spans = np.full(len(some), NOWHERE, dtype=np.int32) if span is None else span[some].astype(np.int32)
        return cls(kind, cause, fund, days, nodes, cents[some], spans)


@dataclass(frozen=True)
class Flows:
    """All cash flows of a run.

    Attributes
    ----------
    parts : one entry a kind, cause and fund.
    last_day : the last day of the run.
    rate : discount rate, a share a year; None where the scenario says nothing of finance.
    """

    parts: tuple[Booked, ...]
    last_day: int
    rate: float | None

    @cached_property
    def factors(self) -> Floats:
        """(days,) what a dollar of each day is worth on the first; NaN without a rate."""
        if self.rate is None:
            return np.full(self.last_day + 1, np.nan)
        return discount_factors(self.rate, self.last_day)

    def by_day(self, *kinds: int, cause: str | None = None) -> Ints:
        """(days,) cents of some kinds, of all if none is named; of one cause if it is named."""
        out = np.zeros(self.last_day + 1, dtype=np.int64)
        for part in self.parts:
            if (not kinds or part.kind in kinds) and cause in (None, part.cause):
                np.add.at(out, part.day, part.cents)
        return out

    def present_usd(self, *kinds: int, cause: str | None = None) -> float:
        """Dollars of the first day that some kinds are worth, all if none is named; of one cause if named."""
        return math.fsum((self.by_day(*kinds, cause=cause) * self.factors).tolist()) / 100.0
