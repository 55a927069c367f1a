"""What all kinds of events have in common: a minute."""

from __future__ import annotations

from bbsim.quick import record


@record
class Event:
    """Something that happened at a minute."""

    minute: int
