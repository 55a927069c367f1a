"""When to use compiled code: if numba is there, and the work pays for its start.

Importing numba and loading compiled code from its cache takes about half a second, the very first compilation
several. Every compiled function has a plain twin with the same answer, so this is a question of time alone.
"""

from __future__ import annotations

import importlib.util
import os
import sys

from bbsim.errors import EnvironmentFault

# So many times the work that would pay for numba's start, done plainly bit by bit, and the rest is compiled:
# who has asked so often will ask again.
PATIENCE = 10.0

_done = {"plainly": 0.0}


def use_compiled(work: int, worth: int, wish: bool | None = None) -> bool:
    """Whether to take the compiled twin for some `work`, if from `worth` on it pays for numba's start.

    A `wish` decides; without one the environment variable ``BBSIM_COMPILED`` (0 or 1) does; without that the
    work, of which a tenth is enough once numba has been loaded, and a little once much has been done plainly.
    """
    if wish is not None:
        if wish and importlib.util.find_spec("numba") is None:
            raise EnvironmentFault(
                "compiled=True needs numba, which is not installed: pip install 'bbsim[fast]'"
            )
        return wish
    setting = os.environ.get("BBSIM_COMPILED", "")
    if setting not in ("", "0", "1"):
        raise ValueError(f"BBSIM_COMPILED is '{setting}', wanted 0 or 1")
    if setting == "0":
        return False
    loaded = "numba" in sys.modules
    if setting == "" and work < (worth // 10 if loaded else worth):
        _done["plainly"] += work / worth
        if _done["plainly"] < PATIENCE or work < worth // 1000:
            return False
    return loaded or importlib.util.find_spec("numba") is not None
