"""How homes that are passed become homes connected, each place from its own day of service.

A take-up model is a curve of time (`curves`), bent by the market it meets (`market`) and, where copper lines
stand already, joined by the flow of those who only change their line (`copper`).
"""

from bbsim.models.adoption.copper import Copper
from bbsim.models.adoption.market import Market
from bbsim.models.adoption.takeup import Bass, Flows, Gompertz, Logistic

__all__ = ["Bass", "Copper", "Flows", "Gompertz", "Logistic", "Market"]
