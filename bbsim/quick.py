"""Frozen records that are made quickly, for what is made by the ten thousand.

A frozen dataclass sets each of its fields through ``object.__setattr__``, which looks every name up again.
Here each field is set by its own slot, in less than half the time; all else is the dataclass's own.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(kind: type[T]) -> type[T]:
    """The class as a frozen dataclass with slots and a quick constructor; its fields have no defaults.

    Raises
    ------
    TypeError
        for a field with a default.

    >>> @record
    ... class Lit:
    ...     minute: int
    ...     span: int
    >>> Lit(5, span=7)
    Lit(minute=5, span=7)
    >>> Lit(5, 7) == Lit(5, 7), hash(Lit(5, 7)) == hash(Lit(5, 7))
    (True, True)
    """
    made = dataclass(frozen=True, slots=True)(kind)
    setters: dict[str, Any] = {}
    for each in fields(made):  # type: ignore[arg-type]  # what `dataclass` has just made
        if each.default is not MISSING or each.default_factory is not MISSING:
            raise TypeError(f"{kind.__name__}.{each.name} has a default, wanted none")
        setters[f"set_{each.name}"] = getattr(made, each.name).__set__
    names = [name.removeprefix("set_") for name in setters]
    body = "".join(f"\n    set_{name}(self, {name})" for name in names)
    made_by: dict[str, Any] = {}
    exec(f"def __init__(self, {', '.join(names)}):{body}", setters, made_by)  # as `dataclass` does it
    made_by["__init__"].__qualname__ = f"{made.__qualname__}.__init__"
    made.__init__ = made_by["__init__"]  # type: ignore[method-assign]
    return made
