"""What does a country build, phase by phase, for its money and until when?

The other rooms speak arrays; this one speaks places, prices and days. `national` is the door of a whole
scenario; `phases` plans a `situation`, `selection` says who is left out, `rollout` dates it,
`replans` plans anew.
"""

from bbsim.planning.programme.front import front_of
from bbsim.planning.programme.national import Aim, NationalPlan, national_plan
from bbsim.planning.programme.phases import plan_programme, protect
from bbsim.planning.programme.replans import Replan, replan
from bbsim.planning.programme.situation import Plan, Protection, Situation, Step

__all__ = [
    "Aim",
    "NationalPlan",
    "Plan",
    "Protection",
    "Replan",
    "Situation",
    "Step",
    "front_of",
    "national_plan",
    "plan_programme",
    "protect",
    "replan",
]
