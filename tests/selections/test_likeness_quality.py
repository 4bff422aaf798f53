"""How well near-duplicates are told from different pictures, and how varied the most varied are: on
photographs, varied as they are in data sets."""

from __future__ import annotations

from importlib import import_module


def test_near_duplicates_and_variety_of_photographs() -> None:
    # Not above: each process of a run would wait a second for the photographs' library.
    benchmark = import_module("benchmarks.selections")
    measured = benchmark.quality_of_likeness(benchmark.thumbnail_groups())
    assert measured["near_duplicate_precision"] > 0.95
    assert measured["near_duplicate_recall"] > 0.95
    assert measured["coverage_vs_random"] > 1.3
