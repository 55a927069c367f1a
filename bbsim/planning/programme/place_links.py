"""What serves each place, what the next best would cost, and what bridges the time until fibre comes.

The next best is priced alone, from the network as the plan builds it: a sentence that a mayor can check.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.planning.mix.technologies import TECHNOLOGIES
from bbsim.planning.programme.national_mix import NOBODY, Mixture
from bbsim.planning.programme.rollout import NEVER, Rollout
from bbsim.planning.programme.selection import cheapest_ways
from bbsim.planning.programme.situation import Situation, Step


@dataclass(frozen=True, slots=True)
class PlaceLink:
    """What serves one place.

    Attributes
    ----------
    place, people, load_gbps : position, residents, and what its link must carry.
    technology : one of `bbsim.planning.mix.technologies.TECHNOLOGIES`.
    usd : price of it here: what is built for this place first, and its running over the datasheets' years.
    feed : node at the other end of its hop; -1 if there is none.
    ready_day : day in the plan on which it serves; `NEVER` if the money ends before.
    next_technology, next_usd : what would serve it otherwise, alone; "" if nothing could.
    bridge, bridge_usd : what serves it on time, if it comes too late itself; "" if nothing can.
    why : the reason in words.
    """

    place: int
    people: int
    load_gbps: float
    technology: str
    usd: float
    feed: int
    ready_day: int
    next_technology: str
    next_usd: float
    bridge: str
    bridge_usd: float
    why: str


class Prices:
    """Prices of the alternatives, from the network as a plan builds it."""

    def __init__(
        self, mixture: Mixture, situation: Situation, steps: Sequence[Step], rollout: Rollout
    ) -> None:
        self.mixture, self.given, self.situation = mixture, mixture.given, situation
        self.sheets = mixture.sheets
        self.country: Country = situation.country
        n = len(self.country.ids)
        self.ready = np.full(n, NEVER, dtype=np.int64)
        for step, day in zip(steps, rollout.ready_day.tolist(), strict=True):
            self.ready[list(step.nodes)] = day
        served = ~self.given.wanted[:-1]
        self.ready[served] = 0
        built = np.array([span for step in steps for span in step.spans], dtype=np.int64)
        self.built = built
        free = situation.standing.copy()
        free[self.built] = True
        self.ways = cheapest_ways(situation, free)
        self.depth = self._depths()
        self.at: list[list[int]] = [[] for _ in range(n)]
        for hop, (a, b) in enumerate(zip(mixture.hops.a.tolist(), mixture.hops.b.tolist(), strict=True)):
            self.at[a].append(hop)
            self.at[b].append(hop)
        chosen = mixture.chosen
        self.masts = set(chosen.feed[chosen.feed >= 0].tolist())

    def _depths(self) -> NDArray[np.int64]:
        """Hops between each node and fibre; -1 where neither leads."""
        depth = np.full(len(self.country.ids), -1, dtype=np.int64)
        technology, feed = self.mixture.chosen.technology, self.mixture.chosen.feed
        depth[self.mixture.on_fibre | ~self.given.wanted[:-1]] = 0
        for place in np.flatnonzero(technology[:-1] == TECHNOLOGIES.index("microwave")).tolist():
            hops, at = 0, place
            while technology[at] == TECHNOLOGIES.index("microwave"):
                hops, at = hops + 1, int(feed[at])
            depth[place] = hops
        return depth

    def fibre(self, place: int) -> float:
        """Fibre to a place alone, from what is built."""
        cents = int(self.ways.cents[place])
        if cents < 0:
            return math.inf
        spans, _ = self.ways.way(place)
        km = float(self.country.km[[s for s in spans if s not in set(self.built.tolist())]].sum())
        upkeep = self.sheets.fibre.usd_per_km_per_year * self.mixture.years_worth * km
        return cents / 100 + upkeep + float(self.given.node_usd[place])

    def hop(self, place: int, *, until: int = NEVER) -> tuple[float, int]:
        """The cheapest hop to a place from somewhere that serves until a day, and from where."""
        best, load = (math.inf, -1), float(self.given.load_gbps[place])
        for hop in self.at[place]:
            other = int(self.given.hop_a[hop] + self.given.hop_b[hop] - place)
            fits = load <= self.given.hop_gbps[hop] and 0 <= self.depth[other] < self.given.most_hops
            if not fits or self.ready[other] > until or self.depth[other] > 0 < until < NEVER:
                continue
            usd = float(self.given.hop_usd[hop] + self.given.site_usd[place] + self.given.node_usd[place])
            usd += 0.0 if other in self.masts else float(self.given.site_usd[other])
            best = min(best, (usd, other))
        return best

    def satellite(self, place: int) -> float:
        """A terminal for a place alone; inf where the load is more than the pool."""
        usd = float(self.given.satellite_usd[place])
        return usd if self.given.load_gbps[place] <= self.mixture.pool_gbps else math.inf


def place_links(
    mixture: Mixture, situation: Situation, steps: Sequence[Step], rollout: Rollout, by_day: int
) -> tuple[PlaceLink, ...]:
    """One row a place that wants service, in the order of places.

    Parameters
    ----------
    steps, rollout : the routes of fibre, and when each is ready.
    by_day : the day by which service is wanted.
    """
    prices = Prices(mixture, situation, steps, rollout)
    step_of = {node: step for step in steps for node in step.nodes}
    wanted = np.flatnonzero(mixture.given.wanted).tolist()
    return tuple(_row(prices, place, step_of.get(place), by_day) for place in wanted)


def _row(prices: Prices, place: int, step: Step | None, by_day: int) -> PlaceLink:
    mixture, given = prices.mixture, prices.given
    technology = TECHNOLOGIES[int(mixture.chosen.technology[place])]
    feed = int(mixture.chosen.feed[place])
    hop_usd, _ = prices.hop(place)
    others = {
        "fibre": prices.fibre(place) if technology != "fibre" else math.inf,
        "microwave": hop_usd if technology != "microwave" else math.inf,
        "satellite": prices.satellite(place) if technology != "satellite" else math.inf,
    }
    usd = _own_usd(prices, place, technology, feed, step)
    following = min(others, key=lambda name: (others[name], name))
    if math.isinf(others[following]):
        following = ""
    ready = _ready(prices, place, technology, feed)
    bridge, bridge_usd = ("", math.inf)
    if ready > by_day and technology != "none":
        bridge, bridge_usd = _bridge(prices, place, by_day)
    return PlaceLink(
        place=place,
        people=int(prices.country.population[place]),
        load_gbps=float(given.load_gbps[place]),
        technology=technology,
        usd=usd,
        feed=feed,
        ready_day=ready,
        next_technology=following,
        next_usd=others[following] if following else math.inf,
        bridge=bridge,
        bridge_usd=bridge_usd,
        why=_why(prices, place, technology, following, others, usd),
    )


def _own_usd(prices: Prices, place: int, technology: str, feed: int, step: Step | None) -> float:
    given, country = prices.given, prices.country
    if technology == "fibre" and step is not None:
        km = float(country.km[list(step.spans)].sum())
        return step.cents / 100 + prices.sheets.fibre.usd_per_km_per_year * prices.mixture.years_worth * km
    if technology == "microwave":
        hop = next(h for h in prices.at[place] if feed in (int(given.hop_a[h]), int(given.hop_b[h])))
        usd = float(given.hop_usd[hop] + given.site_usd[place] + given.node_usd[place])
        first = min(np.flatnonzero(prices.mixture.chosen.feed == feed).tolist()) == place
        sends_from_fibre = prices.mixture.chosen.technology[feed] != TECHNOLOGIES.index("microwave")
        return usd + (float(given.site_usd[feed]) if first and sends_from_fibre else 0.0)
    if technology == "satellite":
        return float(given.satellite_usd[place])
    return float(given.leave_usd[place]) if given.leave_usd[place] < NOBODY else 0.0


def _ready(prices: Prices, place: int, technology: str, feed: int) -> int:
    sheet = prices.sheets
    if technology == "fibre":
        return int(prices.ready[place])
    if technology == "microwave":
        chosen, at = prices.mixture.chosen, feed
        while chosen.technology[at] == TECHNOLOGIES.index("microwave"):
            at = int(chosen.feed[at])
        return max(int(prices.ready[at]), math.ceil(sheet.microwave.lead_days))
    return math.ceil(sheet.satellite.lead_days) if technology == "satellite" else NEVER


def _bridge(prices: Prices, place: int, by_day: int) -> tuple[str, float]:
    """The cheapest that serves a place on time; what else serves it later does not count."""
    hop = prices.hop(place, until=by_day)[0] if by_day >= prices.sheets.microwave.lead_days else math.inf
    sky = prices.satellite(place) if by_day >= prices.sheets.satellite.lead_days else math.inf
    best = min((hop, "microwave"), (sky, "satellite"))
    return (best[1], best[0]) if math.isfinite(best[0]) else ("", math.inf)


def _sharers(prices: Prices, place: int, feed: int) -> int:
    """How many other places use the masts that this one's price holds."""
    chosen, count = prices.mixture.chosen, 0
    for other in np.flatnonzero(chosen.feed >= 0).tolist():
        at, via = other, int(chosen.feed[other])
        while at != place and via not in (place, feed) and chosen.feed[via] >= 0:
            at, via = via, int(chosen.feed[via])
        count += other != place and via in (place, feed)
    return count


def _why(
    prices: Prices, place: int, technology: str, following: str, others: dict[str, float], usd: float
) -> str:
    load, radio = float(prices.given.load_gbps[place]), prices.sheets.microwave
    if following:
        said = f"{following} alone would cost {others[following]:,.0f} USD"
    elif technology == "none":
        return "everything costs more than its people are worth here"
    else:
        said = "nothing else can serve it"
    if following and others[following] < usd and technology == "microwave":
        feed = int(prices.mixture.chosen.feed[place])
        said += f", but {_sharers(prices, place, feed)} more places use the same masts"
    elif following and others[following] < usd and technology == "fibre":
        said += ", but others hang on the same fibre"
    if not prices.country.population[place]:
        said += "; nobody lived there in the country's reference year"
    if technology != "microwave" and math.isinf(others["microwave"]):
        if load > radio.hop_gbps:
            said += f"; a hop carries {radio.hop_gbps:g} of its {load:.2f} Gbit/s"
        elif prices.at[place]:
            said += "; no mast in sight that fibre reaches"
        elif prices.mixture.hops.blocked[place]:
            said += f"; no sight over {radio.mast_m:g} m masts"
        else:
            said += f"; no site within {radio.most_km:g} km"
    return said
