"""Writes the measured numbers into docs/performance.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.cases import OURS, Case

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
# A row of a table that begins with a key, up to its number; a dash where none was measured yet.
ROW = re.compile(r"^(\| `(\w+)` \| [^|]+ \| )([\d.]+|–)(?= \|)", re.MULTILINE)
NEW_DIGITS = 2
WRITTEN = re.compile(
    r"(?<=<!-- written by make bench -->\n).*(?=<!-- end of what make bench writes -->)", re.DOTALL
)
HEADING = "\n## "
Bounds = Mapping[str, tuple[float, str]]  # key -> the bound, "at least" or "at most"


def update(ratios: Mapping[str, float], bounds: Bounds, cases: Sequence[Case]) -> None:
    text = _with_numbers(DOCUMENT.read_text(encoding="utf-8"), "results.json", ratios)
    written = f"\n{_cases(cases)}\n{_values(ratios, bounds)}\n"
    DOCUMENT.write_text(WRITTEN.sub(lambda _: written, text), encoding="utf-8")


def update_rows(results: str, ratios: Mapping[str, float]) -> None:
    """Write the numbers of the benchmark with this file of results into the rows of its sections
    that begin with their keys."""
    text = _with_numbers(DOCUMENT.read_text(encoding="utf-8"), results, ratios)
    DOCUMENT.write_text(text, encoding="utf-8")


def _with_numbers(text: str, results: str, ratios: Mapping[str, float]) -> str:
    """The text with these numbers in the tables below headings that name the file of results, with
    as many digits as were there. Benchmarks may have keys of the same name."""

    def row(match: re.Match[str]) -> str:
        start, key, old = match.groups()
        digits = NEW_DIGITS if old == "–" else len(old.partition(".")[2])
        return f"{start}{ratios[key]:.{digits}f}" if key in ratios else match[0]

    sections = text.split(HEADING)
    return HEADING.join(
        ROW.sub(row, each) if results in each.partition("\n")[0] else each for each in sections
    )


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
