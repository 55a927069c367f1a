"""Dig once: what a dated road, rail or power programme takes off the price of the corridors that it opens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.scenario import JointWorks


def covered(country: Country, works: JointWorks) -> NDArray[np.bool_]:
    """(spans,) whether a programme opens the span's corridor."""
    return np.array(
        [
            follows in works.follows
            and (not works.regions or region in works.regions)
            and (not works.spans or span in works.spans)
            for span, follows, region in zip(
                country.span_ids, country.follows, country.spans["region"], strict=True
            )
        ],
        dtype=bool,
    )


def saving_share(country: Country, programmes: Sequence[JointWorks]) -> NDArray[np.float64]:
    """(spans,) the largest saving that any of these programmes brings."""
    best = np.zeros(len(country.span_ids))
    for works in programmes:
        best = np.maximum(best, np.where(covered(country, works), works.saving_share, 0.0))
    return best
