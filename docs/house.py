"""The house as a picture: every room and its modules with their lines, floor by floor.

`python docs/refresh.py` writes it into docs/design.md; a test says when that is stale.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "design.md"
BEGIN, END = "<!-- house: begin -->\n```text\n", "```\n<!-- house: end -->"
FLOORS = ("command line", "faces", "clock", "questions", "nouns", "words")
WIDTH = 100


def floors() -> list[tuple[str, list[str]]]:
    """Each floor's name with its rooms, from the roof down, as pyproject.toml's contract has them."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "floors")
    named: dict[str, str] = {}
    block = text[text.index("layers = [") : text.index("]", text.index("layers = ["))]
    floor = ""
    for line in block.splitlines()[1:]:
        if line.strip().startswith("#"):
            floor = line.strip("# ")
        elif line.strip():
            named[line.strip().strip('",')] = floor
    rooms: dict[str, list[str]] = {floor: [] for floor in FLOORS}
    for layer in layers:
        rooms[named[layer]] += [room.strip() for room in layer.replace("|", ":").split(":")]
    return list(rooms.items())


def lines_of(path: Path) -> int:
    """Lines of a file."""
    return len(path.read_text(encoding="utf-8").splitlines())


def picture() -> str:
    """The house, a floor a block, a room a line; numbers are lines of code with their comments."""
    out, modules, total = [], 0, 0
    for floor, rooms in floors():
        out.append(f"{floor} ".ljust(WIDTH, "-"))
        for room in rooms:
            path = ROOT / "bbsim" / room
            files = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
            lines = sum(lines_of(file) for file in files)
            modules, total = modules + len(files), total + lines
            out += _wrapped(f"  {room:<12}{lines:>6}", _parts(path))
            for inner in sorted({file.parent for file in files} - {path, path.parent}):
                lines = sum(lines_of(file) for file in inner.glob("*.py"))
                out += _wrapped(f"    {inner.name:<10}{lines:>6}", _parts(inner))
    own = lines_of(ROOT / "bbsim" / "__init__.py")
    out += ["-" * WIDTH, f"  {modules + 1} modules, {total + own} lines"]
    return "\n".join(out) + "\n"


def _parts(room: Path) -> list[str]:
    """The modules of a folder with their lines, but not those of folders inside it; a file has none."""
    sizes = {file.stem: lines_of(file) for file in sorted(room.glob("*.py"))}
    return [f"{name} {size}" for name, size in sizes.items() if size and name != "__init__"]


def _wrapped(head: str, parts: list[str]) -> list[str]:
    lines, line = [], f"{head}   " if parts else head
    for i, part in enumerate(parts):
        word = part + (" · " if i + 1 < len(parts) else "")
        if len(line) + len(word.rstrip()) > WIDTH:
            lines.append(line.rstrip())
            line = " " * 23
        line += word
    return [*lines, line.rstrip()]


def page() -> str:
    """docs/design.md with today's picture in it."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    return before + BEGIN + picture() + END + rest.split(END)[1]
