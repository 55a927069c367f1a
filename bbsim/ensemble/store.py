"""An ensemble's folder: a folder a replication, each there whole or not at all, and the bands over them.

`ensemble.json` says what the replications depend on; a folder is only gone on with if that is the same.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bbsim.ensemble.kept import TABLES, Kept
from bbsim.errors import EnvironmentFault, InputError, Problem
from bbsim.run import Run
from bbsim.runfolder import read_table, refuse_foreign, whole_folder, write_table

HEAD = "ensemble.json"
FORMAT = 1


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
        if head is not None and head.get("digest") != probe.digest:
            if not force:
                message = f"{folder} holds an ensemble of another scenario, country or seed"
                raise EnvironmentFault(
                    Problem("folder-exists", message, hint="Use --force or another --out.")
                )
            shutil.rmtree(folder)
        if head is None or not folder.exists():
            with whole_folder(folder) as partial:
                from bbsim.reading import dump

                (partial / "scenario.yaml").write_text(dump(probe.scenario), encoding="utf-8")
                told = {
                    "format": FORMAT,
                    "digest": probe.digest,
                    "name": probe.default_name,
                    "seed": probe.seed,
                }
                told |= {"scenario": probe.scenario.digest, "country": probe.country.digest}
                (partial / HEAD).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        for left in (folder / "replications").glob(".*.partial-*"):
            shutil.rmtree(left, ignore_errors=True)  # of a process that was killed

    def done(self) -> list[int]:
        """Numbers of the replications that are there."""
        return sorted(int(path.name) for path in (self.folder / "replications").glob("[0-9]*"))

    def put(self, number: int, tables: Kept) -> None:
        """Write a replication, whole or not at all."""
        with whole_folder(self.folder / "replications" / f"{number:06d}") as partial:
            for name in TABLES:
                write_table(tables[name], partial / f"{name}.parquet")

    def get(self, number: int) -> Kept:
        """A replication's tables.

        Raises
        ------
        InputError
            if it is not there or can't be read.
        """
        place = self.folder / "replications" / f"{number:06d}"
        try:
            return {name: read_table(place / f"{name}.parquet") for name in TABLES}
        except (OSError, ValueError) as error:
            message = f"replication {number} can't be read: {error}"
            raise InputError(Problem("torn-replication", message, where=str(place))) from error

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
