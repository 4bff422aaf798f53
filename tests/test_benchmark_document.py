"""make bench writes its numbers into docs/performance.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import document
from benchmarks.cases import Case

TEXT = """# Performance

## Engine (`results.json`)

| `speed` | of something | 1.5 | at least 2 |
| `other` | of something else | 7 | |
| `new` | of something new | – | at most 1 |

<!-- written by make bench -->
old
<!-- end of what make bench writes -->

## Annotations (`annotations.json`)

| `speed` | of something with annotations | 9.25 |

The end.
"""

BOUNDS = {"speed": (2, "at least"), "new": (1, "at most")}


def test_rows_and_tables_get_the_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "DOCUMENT", tmp_path / "performance.md")
    document.DOCUMENT.write_text(TEXT)
    case = Case("all frames", 600, {"raw_4": 1.04, "ours": 1.26})
    document.update({"speed": 2.25, "new": 0.5}, BOUNDS, [case])
    once = document.DOCUMENT.read_text()
    assert "| `speed` | of something | 2.2 | at least 2 |" in once
    assert "| `other` | of something else | 7 | |" in once
    assert "| `new` | of something new | 0.50 | at most 1 |" in once
    assert "| all frames | 1.3 s | `raw_4` 1.0 s |" in once
    assert "| `speed` | at least 2 | 2.25 |" in once
    assert "old" not in once
    assert "| `speed` | of something with annotations | 9.25 |" in once
    assert once.endswith("\n\nThe end.\n")
    document.update({"speed": 2.25, "new": 0.5}, BOUNDS, [case])
    assert document.DOCUMENT.read_text() == once
    document.update_rows("annotations.json", {"speed": 8})
    assert document.DOCUMENT.read_text() == once.replace("| 9.25 |", "| 8.00 |")
