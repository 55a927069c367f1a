"""How available each place is, from how often things fail and how long they stay so, without simulating it.

Faults of a thing come as a Poisson process, each lasts by itself: the number that last is Poisson, too, and
the thing is up in the share exp(-faults a year x mean years) of the time (M/G/infinity, Tijms 2003, section
1.1.3). Repairs that wait for a crew are not in it; the run has them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import models
from bbsim.errors import BbsimError
from bbsim.metrics.columns import objects
from bbsim.metrics.resilience.blocks import Joined, joined
from bbsim.rng import Streams
from bbsim.run import Run

DEFAULTS = ("fibre_cuts", "node_faults", "power_cuts", "gateway_faults")
Floats = NDArray[np.float64]


def up_shares(run: Run) -> tuple[Floats, Floats, Floats]:
    """The share of time in which each span, node and gateway's way abroad is up by itself.

    Of the scenario's hazards in operation; of those in `DEFAULTS` with their defaults, if it has none.
    """
    found = []
    for _, path, use in run.scenario.dangers:
        try:
            model = models.find("hazard", use.use, use.parameters, path=path)
        except BbsimError:  # the scenario's own code is not run to measure
            continue
        if hasattr(model, "outstanding"):
            found.append(model)
    found = found or [models.find("hazard", name) for name in DEFAULTS]
    spans, nodes, abroad = np.zeros(len(run.country.span_ids)), *np.zeros((2, len(run.country.ids)))
    for model in found:
        more = model.outstanding(run.scenario, run.country)
        spans, nodes, abroad = spans + more[0], nodes + more[1], abroad + more[2]
    return np.exp(-spans), np.exp(-nodes), np.exp(-abroad)


def availability(run: Run, on: str) -> dict[str, Any]:
    """The share of time in which each place on fibre is served, with the network of one day.

    Returns
    -------
    dict
        columns of equal length, a row a place on fibre that day: ``node``, ``name``, ``people``,
        ``availability_share``, ``standard_error`` (0 where it is exact) and ``minutes_off_per_year``.

    Raises
    ------
    ValueError
        if the day lies outside the scenario's horizon.
    """
    state, country = run.at(on), run.country
    spans, nodes, abroad = up_shares(run)
    lit = np.flatnonzero(state.operational).tolist()
    world = len(country.ids)
    links = [(int(country.u[i]), int(country.v[i]), float(spans[i])) for i in lit]
    links += [(world, i, float(abroad[i])) for i in np.flatnonzero(state.transit_gbps > 0).tolist()]
    luck = Streams(run.seed)["resilience", str(on)]
    found = joined(links, dict(enumerate(nodes.tolist())), world, luck)
    served = [i for i in np.flatnonzero(state.active & country.is_place).tolist() if i in found]
    got: list[Joined] = [found[i] for i in served]
    share = np.array([each.share for each in got])
    return {
        "node": objects([country.ids[i] for i in served]),
        "name": objects([country.nodes["name"][i] for i in served]),
        "people": country.population[served],
        "availability_share": share,
        "standard_error": np.array([each.error for each in got]),
        "minutes_off_per_year": (1.0 - share) * 365.25 * 1440,
    }
