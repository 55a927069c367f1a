"""The runs of an ensemble, column by column: from memory, or from their files without loading them all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.ensemble.kept import Kept
from bbsim.ensemble.store import Store, dataset
from bbsim.errors import InputError, Problem

MOST_BYTES = 2**28
"""Of the periods of all runs, so much is held at a time."""


class Pile:
    """Stacked columns of runs that all have the same periods and places.

    Parameters
    ----------
    runs : in the order of `numbers`; not read where there is a store.
    """

    def __init__(self, numbers: Sequence[int], runs: Sequence[Kept], store: Store | None = None) -> None:
        self.numbers, self._runs, self._store = numbers, runs, store
        self._held: dict[str, NDArray[np.float64]] = {}

    @cached_property
    def first(self) -> Kept:
        """What is kept of the first run."""
        return self._runs[0]

    def periods(self, name: str) -> NDArray[np.float64]:
        """(runs, periods) a column of numbers of the periods table; NaN where it is missing."""
        if self._store is None:
            return np.array([_floats(run["periods"][name]) for run in self._runs])
        if name not in self._held:
            known = list(self.first["periods"])
            each = len(self.numbers) * len(self.first["periods"][name]) * 8
            batch = [
                column
                for column in known[known.index(name) :]
                if np.asarray(self.first["periods"][column]).dtype.kind in "if"
            ][: max(1, MOST_BYTES // max(each, 1))]
            table = self._read("periods", batch)
            self._held = {column: self._square(_of_arrow(table[column])) for column in batch}
        return self._held[name]

    def places(self, name: str) -> NDArray[np.int64]:
        """(runs, places) a column of days of the places table."""
        if self._store is None:
            return np.stack([np.asarray(run["places"][name]) for run in self._runs])
        return self._square(self._read("places", [name])[name].to_numpy())

    @cached_property
    def dates(self) -> dict[str, Any]:
        """The rows of all runs, in order."""
        if self._store is None:
            names = self.first["dates"]
            return {name: np.concatenate([run["dates"][name] for run in self._runs]) for name in names}
        table = self._read("dates", list(self.first["dates"]))
        return {name: _plain(table[name]) for name in self.first["dates"]}

    @cached_property
    def causes(self) -> dict[str, Any]:
        """The causes of all runs; ``run`` is the position of the run."""
        if self._store is None:
            lengths = [len(run["causes"]["days"]) for run in self._runs]
            out = {
                name: np.concatenate([run["causes"][name] for run in self._runs])
                for name in ("date", "cause", "days")
            }
            return {"run": np.repeat(np.arange(len(lengths)), lengths), **out}
        table = self._read("causes", ["replication", "date", "cause", "days"])
        run = np.searchsorted(np.array(self.numbers), table["replication"].to_numpy())
        return {"run": run, **{name: _plain(table[name]) for name in ("date", "cause", "days")}}

    def _square(self, values: NDArray[Any]) -> NDArray[Any]:
        return values.reshape(len(self.numbers), -1)

    def _read(self, table: str, columns: list[str]) -> Any:
        """Columns of all files of a table, in the order of the runs.

        Raises
        ------
        InputError
            if one of them can't be read; it says which.
        """
        assert self._store is not None
        try:
            found = dataset(self._store.folder, table, self.numbers).to_table(columns=columns)
        except (OSError, ValueError) as error:
            for number in self.numbers:
                self._store.get(number)  # which names the one
            where = str(self._store.folder)
            raise InputError(Problem("torn-replication", str(error), where=where)) from error
        return found


def _floats(column: Any) -> NDArray[np.float64]:
    if isinstance(column, np.ma.MaskedArray):
        return np.where(np.ma.getmaskarray(column), np.nan, np.ma.getdata(column).astype(np.float64))
    return np.asarray(column, dtype=np.float64)


def _of_arrow(column: Any) -> NDArray[np.float64]:
    """Numbers of an arrow column; null is NaN."""
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _plain(column: Any) -> NDArray[Any]:
    """An arrow column as a numpy one; texts are objects."""
    import pyarrow as pa

    if pa.types.is_string(column.type):
        return np.array(column.to_pylist(), dtype=object)
    plain: NDArray[Any] = column.to_numpy()
    return plain
