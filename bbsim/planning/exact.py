"""Integer programmes whose rows are found as they are broken, solved by HiGHS (through `highspy`, or through scipy)."""
from __future__ import annotations
def steiner_arborescence(*a): raise NotImplementedError
