"""What the days before a date were spent on: a chain of stages and waits, cut into days by cause.

Every day from the start to the date belongs to one cause, so the causes of a run sum to its date; over many
runs their covariances with the date then sum to its variance, and that is what "drives" means here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bbsim.metrics.why import Link

OTHER = "other"


def causes_of(chain: Sequence[Link], start: date, day: int) -> dict[str, int]:
    """Days by cause; they sum to `day`.

    A stage is its own name (``laying``), a wait inside it what it waited for (``wait: season``), the time
    before the award what held places back then (``award: money``), a closed area ``closed``. Where links lie
    beside each other, a day is the later one's.

    >>> links = [Link(date(2014, 1, 1), date(2014, 1, 9), "", "waiting for award", "", (("money", 5),)),
    ...          Link(date(2014, 1, 9), date(2014, 1, 21), "P1", "laying", "", (("season", 4),))]
    >>> causes_of(links, date(2014, 1, 1), 20)
    {'award: money': 5, 'award: turn': 3, 'laying': 8, 'wait: season': 4}
    """
    out: dict[str, int] = {}

    def spend(cause: str, days: int) -> None:
        if days > 0:
            out[cause] = out.get(cause, 0) + days

    at = 0
    ordered = sorted(chain, key=lambda link: (link.begin, link.end))
    for i, link in enumerate(ordered):
        begin = max((link.begin - start).days, at)
        # Where the next link begins while this one lasts, the days are the next one's.
        until = min([(link.end - start).days, day, *((x.begin - start).days for x in ordered[i + 1 : i + 2])])
        if until <= begin:
            continue
        spend(OTHER, begin - at)
        left = until - begin
        awarding = link.what == "waiting for award"
        for why, days in link.waits:
            waited = min(days, left)
            spend(f"{'award' if awarding else 'wait'}: {why}", waited)
            left -= waited
        spend("award: turn" if awarding else link.what, left)
        at = until
    spend(OTHER, day - at)
    return dict(sorted(out.items()))
