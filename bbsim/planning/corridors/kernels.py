"""One source for each inner loop, two ways to run it.

A kernel is written once, in the part of Python that numba understands, over things that can be indexed.
Without numba, or for work too small to be worth compiling, it runs as it stands over lists; otherwise
the same code object is compiled and runs over arrays. Both do the same floating-point operations in the
same order, so the answers are equal.
"""

from __future__ import annotations

import functools
import os
import types
from collections.abc import Callable
from heapq import heappop, heappush
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

# Below this many elementary steps the plain loops end before numba has loaded its cached machine code.
# ASSUMPTION (measured: 0.3 s to load, some 0.5 microseconds a plain step).
COMPILE_ABOVE = 300_000


def full_i(n: int, value: int) -> Any:
    """`n` whole numbers, all `value`."""
    return [value] * n


def full_f(n: int, value: float) -> Any:
    """`n` floating-point numbers, all `value`."""
    return [value] * n


def heap_new(n: int) -> Any:  # noqa: ARG001 - the compiled twin needs the size
    """An empty queue of (distance, node), nodes below `n`."""
    return []


def heap_size(heap: Any) -> int:
    """Entries still waiting (stale ones included in the plain twin)."""
    return len(heap)


def heap_push(heap: Any, distance: float, node: int) -> None:
    """Put a node in, or bring it forward; the old entry, if there is one, becomes stale."""
    heappush(heap, (distance, node))


def heap_pop(heap: Any) -> tuple[float, int]:
    """The least (distance, node); callers skip entries whose distance is no longer the node's."""
    return heappop(heap)  # type: ignore[no-any-return]


PRIMITIVES = (full_i, full_f, heap_new, heap_size, heap_push, heap_pop)


class Engine:
    """The kernels in one of the two ways, and how to hand them vectors.

    Attributes
    ----------
    compiled : whether numba compiled the kernels.
    """

    def __init__(self, modules: tuple[ModuleType, ...], *, compiled: bool) -> None:
        self.compiled = compiled
        kernels = _compile(modules) if compiled else _plain(modules)
        for name, kernel in kernels.items():
            setattr(self, name, kernel)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AttributeError(f"there is no kernel named {name}")

    def ints(self, values: npt.ArrayLike) -> Any:
        """A vector of whole numbers, as these kernels like it."""
        array = np.ascontiguousarray(values, dtype=np.int32)
        return array if self.compiled else array.tolist()

    def floats(self, values: npt.ArrayLike) -> Any:
        """A vector of floating-point numbers, as these kernels like it."""
        array = np.ascontiguousarray(values, dtype=np.float64)
        return array if self.compiled else array.tolist()


def have_numba() -> bool:
    """Whether the extra `fast` is installed and not switched off by BBSIM_PLAIN=1."""
    return os.environ.get("BBSIM_PLAIN", "") in ("", "0") and _numba_installed()


@functools.cache
def _numba_installed() -> bool:
    return find_spec("numba") is not None


_MADE: dict[tuple[tuple[ModuleType, ...], bool], Engine] = {}


def engine_of(modules: tuple[ModuleType, ...], compiled: bool) -> Engine:
    """The engine over these kernel modules, made once."""
    if (modules, compiled) not in _MADE:
        _MADE[modules, compiled] = Engine(modules, compiled=compiled)
    return _MADE[modules, compiled]


def choose(modules: tuple[ModuleType, ...], steps: int) -> Engine:
    """The engine for a job of about so many elementary steps: compiled if it pays, or is loaded anyway."""
    pays = steps > COMPILE_ABOVE or (modules, True) in _MADE
    return engine_of(modules, pays and have_numba())


def _plain(modules: tuple[ModuleType, ...]) -> dict[str, Any]:
    return {kernel.__name__: kernel for module in modules for kernel in module.KERNELS}


def _compile(modules: tuple[ModuleType, ...]) -> dict[str, Any]:
    """The same code objects, in a world where every kernel and primitive is a compiled one."""
    from numba import njit

    world: dict[str, Any] = dict(_compiled_primitives())
    made: dict[str, Any] = {}
    for module in modules:
        scope = {**vars(module), **world}
        for kernel in module.KERNELS:
            copy = types.FunctionType(kernel.__code__, scope, kernel.__name__, kernel.__defaults__)
            copy.__qualname__ = kernel.__qualname__
            copy.__module__ = kernel.__module__
            try:
                fast = njit(cache=True, nogil=True)(copy)
            except RuntimeError:  # nowhere to keep the machine code: compile in every process
                fast = njit(nogil=True)(copy)
            scope[kernel.__name__] = world[kernel.__name__] = made[kernel.__name__] = fast
    return made


@functools.cache
def _compiled_primitives() -> dict[str, Any]:
    from bbsim.planning.corridors import _heap_compiled

    return {primitive.__name__: getattr(_heap_compiled, primitive.__name__) for primitive in PRIMITIVES}
