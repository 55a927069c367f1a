"""Writes everything on the pages that can be written: `python docs/refresh.py`.

The scenario page, the picture of the house, and the figures that the README shows.
Tests say when one of them is stale.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import house
import scenario_page

ROOT = Path(__file__).resolve().parent.parent


def figures() -> str:
    """What the README's command prints at its end, run in an empty folder."""
    with tempfile.TemporaryDirectory() as empty:
        command = [sys.executable, "-m", "bbsim", "run", str(ROOT / "scenarios" / "azerbaijan.yaml")]
        return subprocess.run(command, cwd=empty, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    text = re.sub(r"(?<=^```text\n).*?(?=^```)", figures(), text, flags=re.MULTILINE | re.DOTALL)
    readme.write_text(text, encoding="utf-8")
    scenario_page.PAGE.write_text(scenario_page.page(), encoding="utf-8")
    house.PAGE.write_text(house.page(), encoding="utf-8")
