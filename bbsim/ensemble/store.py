"""An ensemble's folder: a folder a replication, each there whole or not at all, and the bands over them.

`ensemble.json` says what the replications depend on; a folder is only gone on with if that is the same. The
tables of all replications are one table to whoever asks, read from the files that it needs and no other.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bbsim.ensemble.kept import TABLES, Kept
from bbsim.errors import IN_THE_WAY, EnvironmentFault, InputError, Problem
from bbsim.run import Run
from bbsim.runfolder import read_table, refuse_foreign, whole_folder, write_inputs, write_table

HEAD = "ensemble.json"
REPLICATIONS = "replications"
FORMAT = 2


class Store:
    """The folder of one ensemble.

    Raises
    ------
    EnvironmentFault, RefusedError
        if the folder holds another ensemble (unless `force`) or something that is not bbsim's.
    """

    def __init__(self, folder: Path, probe: Run, *, force: bool = False) -> None:
        self.folder = folder
        refuse_foreign(folder, HEAD)
        head = read_head(folder) if (folder / HEAD).is_file() else None
        same = head is not None and head.get("digest") == probe.digest and head.get("format") == FORMAT
        if head is not None and not same:
            if not force:
                what = "of another scenario, country or seed"
                if head.get("digest") == probe.digest:
                    what = f"in format {head.get('format')}; this version writes {FORMAT}"
                message = f"{folder} holds an ensemble {what}"
                raise EnvironmentFault(Problem("folder-exists", message, hint=IN_THE_WAY))
            shutil.rmtree(folder)
        if head is None or not folder.exists():
            self._begin(probe)
        for left in (folder / REPLICATIONS).glob(".*.partial-*"):
            shutil.rmtree(left, ignore_errors=True)  # of a process that was killed

    def _begin(self, probe: Run) -> None:
        with whole_folder(self.folder) as partial:
            write_inputs(probe, partial)
            told = {
                "format": FORMAT,
                "digest": probe.digest,
                "name": probe.default_name,
                "seed": probe.seed,
                "code": probe.code,
            }
            told |= {"scenario": probe.scenario.digest, "country": probe.country.digest}
            (partial / HEAD).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")

    def done(self) -> list[int]:
        """Numbers of the replications that are there."""
        return replications(self.folder)

    def put(self, number: int, tables: Kept) -> None:
        """Write a replication, whole or not at all."""
        with whole_folder(self.folder / REPLICATIONS / f"{number:06d}") as partial:
            for name in TABLES:
                columns = dict(tables[name])
                rows = len(next(iter(columns.values())))
                numbered = {"replication": np.full(rows, number, dtype=np.int64)} | columns
                write_table(numbered, partial / f"{name}.parquet")

    def get(self, number: int) -> Kept:
        """A replication's tables.

        Raises
        ------
        InputError
            if it is not there or can't be read.
        """
        place = self.folder / REPLICATIONS / f"{number:06d}"
        try:
            out = {name: read_table(place / f"{name}.parquet") for name in TABLES}
        except (OSError, ValueError) as error:
            message = f"replication {number} can't be read: {error}"
            raise InputError(Problem("torn-replication", message, where=str(place))) from error
        for name in TABLES:
            if name != "dates":
                out[name].pop("replication", None)
        return out

    def write(self, tables: Mapping[str, Mapping[str, Any]], faults: Sequence[Mapping[str, Any]]) -> None:
        """Write the bands and what went wrong; each file is replaced in one step."""
        for name, columns in tables.items():
            self._replace(f"{name}.parquet", lambda path, columns=columns: write_table(columns, path))
        text = json.dumps(list(faults), indent=1, ensure_ascii=False) + "\n"
        self._replace("faults.json", lambda path: path.write_text(text, encoding="utf-8"))

    def _replace(self, name: str, write: Any) -> None:
        beside = self.folder / f".{name}.new"
        write(beside)
        beside.replace(self.folder / name)


class Stored(Sequence[Kept]):
    """The runs of a folder as a sequence that reads one when it is asked for, and keeps none."""

    def __init__(self, store: Store, numbers: Sequence[int]) -> None:
        self.store, self.numbers = store, numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self.store.get(number) for number in self.numbers[at]]
        return self.store.get(self.numbers[at])


def replications(folder: Path) -> list[int]:
    """Numbers of the replications in an ensemble's folder, ascending."""
    return sorted(int(path.name) for path in (folder / REPLICATIONS).glob("[0-9]*"))


def dataset(folder: Path | str, table: str, numbers: Sequence[int] | None = None) -> Any:
    """One of the tables of all replications as one `pyarrow.dataset.Dataset`, which reads what is asked for.

    Parameters
    ----------
    folder : of an ensemble, or of a sweep (then with the column ``point``).
    table : ``periods``, ``places``, ``dates`` or ``causes``.
    numbers : of some replications; all if not given.

    Raises
    ------
    InputError
        if there is no such folder or table.
    """
    import pyarrow.dataset as ds

    folder = Path(folder)
    points = sorted((folder / "points").glob("point=*"))
    if table not in TABLES or not (points or (folder / REPLICATIONS).is_dir()):
        message = f"saw the table '{table}' of {folder}, wanted {', '.join(TABLES)} of an ensemble"
        raise InputError(Problem("ensemble-table", message, where=str(folder)))
    wanted = None if numbers is None else set(numbers)
    files = [
        str(place / REPLICATIONS / f"{number:06d}" / f"{table}.parquet")
        for place in (points or [folder])
        for number in replications(place)
        if wanted is None or number in wanted
    ]
    if points:
        return ds.dataset(files, format="parquet", partitioning="hive", partition_base_dir=str(folder))
    return ds.dataset(files, format="parquet")


def read_head(folder: Path) -> dict[str, Any]:
    """What `ensemble.json` says.

    Raises
    ------
    InputError
        if it is no JSON object.
    """
    try:
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(Problem("ensemble-head", str(error), where=str(folder / HEAD))) from error
    if not isinstance(head, dict):
        raise InputError(Problem("ensemble-head", "saw no JSON object", where=str(folder / HEAD)))
    return head
