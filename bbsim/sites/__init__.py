"""Public sites as questions: which there are, who is near one, who applies where, who has two ways.

Every answer follows from a scenario, a country and a state; nothing here has time in it or changes anything.
"""

from __future__ import annotations

from bbsim.sites.applying import Applying, Moment
from bbsim.sites.roster import Known, roster
from bbsim.sites.travel import Ways, ways

__all__ = ["Applying", "Known", "Moment", "Ways", "roster", "ways"]
