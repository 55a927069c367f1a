"""What happens when something fails: availability computed, single points, and what is still carried."""

from __future__ import annotations

from bbsim.metrics.resilience.availability import availability
from bbsim.metrics.resilience.failures import delivered_while, single_failures

__all__ = ["availability", "delivered_while", "single_failures"]
