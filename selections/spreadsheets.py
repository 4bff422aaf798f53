"""Cells of CSV files that spreadsheets open. Pure."""

from __future__ import annotations

import re
from typing import TypeVar

Cell = TypeVar("Cell")

# Where a cell begins: at its beginning, and after what some spreadsheets take for the end of a
# cell (the separator of lists is a semicolon in many countries). What follows there may be a
# formula, also behind spaces or quotes.
_UNSAFE = re.compile(r"(^|[;\t\r\n])(?='|[\s\"]*[=+\-@])")
_GUARDED = re.compile(r"(^|[;\t\r\n])'")


def safe(cell: Cell) -> Cell | str:
    """With an apostrophe before whatever a spreadsheet may run as a formula.

    Also before an apostrophe, so that no two cells become one: who takes one apostrophe away at
    the beginning, and after each semicolon, tab and line end, has the cell as it was.
    """
    return _UNSAFE.sub(r"\1'", cell) if isinstance(cell, str) else cell


def unguarded(cell: str) -> str:
    """What safe() made this cell of."""
    return _GUARDED.sub(r"\1", cell)
