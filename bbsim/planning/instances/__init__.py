"""How do the planners fare on instances of the literature? Readers of benchmark files, as plain arrays.

Steiner trees and schedules (`steinlib_psplib`), network design (`sndlib`); `foreign_text` opens what
others wrote.
"""

from bbsim.planning.instances.sndlib import NetworkInstance, read_network
from bbsim.planning.instances.steinlib_psplib import (
    ProjectInstance,
    SteinerInstance,
    read_projects,
    read_steiner,
)

__all__ = [
    "NetworkInstance",
    "ProjectInstance",
    "SteinerInstance",
    "read_network",
    "read_projects",
    "read_steiner",
]
