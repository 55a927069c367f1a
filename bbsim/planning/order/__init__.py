"""What comes first, and when is it done?

One crew's order over a tree (`one_crew`), and the calendar of several crews and machines (`scheduling`, over
resource `profiles`) with its bound (`schedule_bounds`).
"""

from bbsim.planning.order.one_crew import Sequence, sequence
from bbsim.planning.order.scheduling import Schedule, schedule

__all__ = [
    "Schedule",
    "Sequence",
    "schedule",
    "sequence",
]
