"""Writes the measured numbers into docs/performance.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.cases import OURS, Case

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
# A row of a table that begins with a key, up to its number.
ROW = re.compile(r"^(\| `(\w+)` \| [^|]+ \| )([\d.]+)(?= \|)", re.MULTILINE)
WRITTEN = re.compile(
    r"(?<=<!-- written by make bench -->\n).*(?=<!-- end of what make bench writes -->)", re.DOTALL
)
Bounds = Mapping[str, tuple[float, str]]  # key -> the bound, "at least" or "at most"


def update(ratios: Mapping[str, float], bounds: Bounds, cases: Sequence[Case]) -> None:
    text = with_numbers(DOCUMENT.read_text(encoding="utf-8"), ratios)
    written = f"\n{_cases(cases)}\n{_values(ratios, bounds)}\n"
    DOCUMENT.write_text(WRITTEN.sub(lambda _: written, text), encoding="utf-8")


def with_numbers(text: str, ratios: Mapping[str, float]) -> str:
    """The text with these numbers in the rows of its tables that begin with their keys, and with as
    many digits as were there."""

    def row(match: re.Match[str]) -> str:
        start, key, old = match.groups()
        digits = len(old.partition(".")[2])
        return f"{start}{ratios[key]:.{digits}f}" if key in ratios else match[0]

    return ROW.sub(row, text)


def _cases(cases: Sequence[Case]) -> str:
    lines = ["| case | engine | other ways |", "|---|---|---|"]
    for case in cases:
        others = [f"`{way}` {s:.1f} s" for way, s in case.seconds.items() if way != OURS]
        lines.append(f"| {case.name} | {case.seconds[OURS]:.1f} s | {', '.join(others)} |")
    return "\n".join(lines) + "\n"


def _values(ratios: Mapping[str, float], bounds: Bounds) -> str:
    lines = ["| value | must be | measured |", "|---|---|---|"]
    for key, value in ratios.items():
        bound, direction = bounds[key]
        lines.append(f"| `{key}` | {direction} {bound:.4g} | {value:.2f} |")
    return "\n".join(lines) + "\n"
