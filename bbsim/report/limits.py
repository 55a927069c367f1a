"""What limits an active home: its line, the spans on its way or the gateways, read from the periods table.

No home gets more than its line, so that an average at the line's rate says that every home gets it.
"""

from __future__ import annotations

import numpy as np

from bbsim import technology
from bbsim.report.facts import Facts
from bbsim.report.wording import share_text

_EXACT = 1e-6


def limit_words(facts: Facts) -> str:
    """What limits an active home over the whole run, as a sentence without its stop; empty if unknown."""
    line = technology.of_programme(facts.run.scenario).line_mbps
    mean = np.ma.getdata(facts.periods["achievable_mbps_per_home_mean"]).astype(np.float64)
    span = np.ma.getdata(facts.periods["max_span_utilisation_share"]).astype(np.float64)
    gate = np.ma.getdata(facts.periods["gateway_utilisation_share"]).astype(np.float64)
    known = np.isfinite(mean)
    if not known.any() or not np.isfinite(span[known]).all():
        return ""
    fullest = share_text(float(span[known].max()))
    short = known & (mean < line * (1 - _EXACT))
    if not short.any():
        return f"The line itself is the limit everywhere, in every period: no span was fuller than {fullest}"
    counted = f"in {int(short.sum())} of {int(known.sum())} periods"
    gates = np.nan_to_num(gate[short])
    where = "the gateways" if float(gates.max()) > float(span[short].max()) else "the fullest span"
    return f"The way to the gateway is the limit for some homes {counted}; {where} is the fullest part of it"
