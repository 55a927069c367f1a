"""The outside view: how much longer such projects took than was planned, whatever the reasons.

An alternative to the hazards of building one by one (the inside view), not an addition to them: both together
count the same trouble twice.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Literal

from bbsim import events as ev
from bbsim.models.hazards.verbs import Clock, Happening
from bbsim.scenario import Frozen, sourced
from bbsim.uncertain import Uncertain
from bbsim.units import Share

CLASSES = {
    "state_rings": (2.35, 3.0),
    "roads": (1.3, 2.0),
}
"""By class, actual over planned duration of a project: median and 90 % point."""


class ReferenceClass(Frozen):
    """Each project takes so many times as long as planned, as projects of its class did."""

    reference: Literal["state_rings", "roads"] = sourced(
        "state_rings",
        "state_rings: rings of KentuckyWired, 539 and 621 days late (mycn2.com, 27 July 2017) on 466 and 398 "
        "days from about 1 October 2015: x 2.16 and x 2.56; their middle is the median, the 90 % point an "
        "assumption. roads: mean x 1.38 after Ansar et al. 2017 as remembered, not read; spread assumed",
    )
    """Class of projects whose slips are taken."""
    shared_share: Share = sourced(
        0.5,
        "assumption: half of the variance is the programme's (laws, money, buyers), half each project's",
    )
    """Part of the variance that all projects of a run share."""

    def happen(self, clock: Clock) -> Happening:
        """Look at each project when it is awarded."""
        median, p90 = CLASSES[self.reference]
        spread = Uncertain.of({"lognormal": {"median": median, "p90": p90}})
        normal = NormalDist()
        (together,) = clock.uniforms("programme")
        awarded = clock.listen(ev.PlanMade)
        while True:
            plan = yield awarded.next()
            (alone,) = clock.uniforms(clock.place(plan.project))
            z = math.sqrt(self.shared_share) * _score(normal, together)
            z += math.sqrt(1.0 - self.shared_share) * _score(normal, alone)
            clock.stretch(plan.project, max(spread.quantile(normal.cdf(z)), 1.0))


def _score(normal: NormalDist, share: float) -> float:
    return normal.inv_cdf(min(max(share, 2.0**-54), 1.0 - 2.0**-53))
