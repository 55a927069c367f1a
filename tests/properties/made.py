"""A folder with the small scenario and a made country beside it, and ways to break it in one place."""

from __future__ import annotations

from pathlib import Path

from strategies import made_country

BASE = (Path(__file__).parents[1] / "data" / "bad_inputs" / "base.yaml").read_text(encoding="utf-8")

NODES = {
    "g": {"population": 1000, "households": 250, "region": "South", "gateway": True, "at": (45.0, 40.0)},
    "b": {"population": 500, "households": 125, "region": "North", "at": (45.1, 40.0)},
    "t": {"population": 50, "households": 12, "region": "North", "kind": "town", "at": (45.2, 40.0)},
    "c": {
        "population": 9,
        "households": 2,
        "region": "North",
        "kind": "town",
        "area": "closed",
        "at": (45.3, 40.0),
    },
}
SPANS = {
    "g-b": ("g", "b", 9, {"region": "South"}),
    "b-t": ("b", "t", 9, {"region": "North", "terrain": "mountain"}),
    "t-c": ("t", "c", 9, {"region": "North", "area": "closed"}),
}


def small_country(nodes=None, spans=None):
    """The made country; `nodes` and `spans` replace its own."""
    return made_country(NODES if nodes is None else nodes, SPANS if spans is None else spans)


def write_folder(folder: Path, text: str = BASE, country=None) -> Path:
    """The scenario's file in a folder that also holds the country ``made``."""
    (country or small_country()).write(folder / "made")
    file = folder / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def edited(old: str, new: str, text: str = BASE) -> str:
    """The scenario's text with one place changed; the place must be there once."""
    if text.count(old) != 1:
        raise ValueError(f"{old!r} stands {text.count(old)} times")
    return text.replace(old, new)


def line_of(word: str, text: str = BASE) -> int:
    """Number of the first line with a word."""
    return next(number for number, line in enumerate(text.split("\n"), start=1) if word in line)
