"""What a model may answer. A number that cannot be is told with the model's name and the simulated date.

A NaN that gets into the clock comes out years later as a strange table; here it is stopped at the door.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.errors import BbsimError, ModelError, Problem
from bbsim.models.cost import Prices


def numbers(answer: Any, count: int, *, role: str, use: str, on: date) -> NDArray[Any]:
    """The answer as an array of so many finite numbers.

    Raises
    ------
    ModelError
        if it is anything else.

    >>> numbers([1, 2], 2, role="priority", use="mine", on=date(2014, 1, 1)).tolist()
    [1, 2]
    """
    array = np.asarray(answer)
    if array.shape != (count,) or array.dtype.kind not in "iufb":
        raise _wrong(role, use, on, f"{_shown(array)} where {count} numbers were asked for")
    if not np.isfinite(array).all():
        among = f" among {count} numbers" if count > 1 else ""
        raise _wrong(role, use, on, f"{array[~np.isfinite(array)][0]}{among}")
    return array


def whole_homes(answer: NDArray[Any], passed: NDArray[np.int64], *, use: str, on: date) -> NDArray[np.int64]:
    """Homes connected, whole, from an adoption model's numbers.

    Raises
    ------
    ModelError
        if it connects less than nobody, or more homes than are passed.
    """
    homes = np.floor(answer).astype(np.int64)
    wrong = np.flatnonzero((homes < 0) | (homes > passed))
    if len(wrong):
        first = wrong[0]
        raise _wrong("adoption", use, on, f"{homes[first]} homes connected of {passed[first]} homes passed")
    return np.asarray(homes)


@contextmanager
def asked(role: str, use: str, on: date) -> Iterator[None]:
    """Whatever a model raises is told as the model's, with the simulated date and the line that raised it.

    Raises
    ------
    ModelError
        for any exception but bbsim's own.
    """
    try:
        yield
    except BbsimError:
        raise
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{last.filename}:{last.lineno}"
        message = f"the {role} model '{use}' failed on {on}: {type(error).__name__}: {error}"
        raise ModelError(Problem("model-failed", message, where=where, path=f"{role}.use")) from error


# A load of one home above this is an error of units or of growth, not a forecast: ten terabits a second.
MOST_MBPS = 1e7


def load_mbps(model: Any, on: date, *, use: str) -> float:
    """Busy-hour load of one connected home on a day, asked of a demand model.

    Raises
    ------
    ModelError
        if it is not a number from 0 to the model's ``most_mbps_per_home`` (10 Tbit/s, if it has none).
    """
    with asked("demand", use, on):
        answer = model.mbps_per_home(on)
    load = float(numbers([answer], 1, role="demand", use=use, on=on)[0])
    if not 0 <= load <= getattr(model, "most_mbps_per_home", MOST_MBPS):
        raise _wrong("demand", use, on, f"a load of {load} Mbit/s")
    return load


def prices(answer: Prices, spans: int, nodes: int, *, use: str, on: date) -> Prices:
    """The prices, if they are whole cents of at least 0.

    Raises
    ------
    ModelError
        if they are not.
    """
    for name, count in (("survey", spans), ("material", spans), ("labour", spans), ("node", nodes)):
        cents = numbers(getattr(answer, name, None), count, role="cost", use=use, on=on)
        if cents.dtype.kind not in "iu":
            raise _wrong("cost", use, on, f"'{name}' in {cents.dtype} where whole cents were asked for")
        if (cents < 0).any():
            raise _wrong("cost", use, on, f"{cents.min()} cents for '{name}'")
    return answer


def _shown(array: NDArray[Any]) -> str:
    return f"an array of shape {array.shape}, kind {array.dtype}" if array.ndim else repr(array.item())


def _wrong(role: str, use: str, on: date, what: str) -> ModelError:
    message = f"the {role} model '{use}' answered {what} on {on}"
    return ModelError(Problem("model-answer", message, path=f"{role}.use"))
