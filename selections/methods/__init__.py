"""The draw methods, each a module of this package, and their registry. Pure.

A new method is a module with a METHOD, and its line in METHODS: pages, API, schema, admin site and
"draw again" read the registry. A method that draws were stored with must stay.
"""

from __future__ import annotations

from selections.methods import (
    balanced_by_label,
    every_nth,
    most_varied,
    no_near_duplicates,
    random_apart,
    random_per_assignee,
    random_per_job,
    random_per_task,
    random_uniform,
    spread_per_job,
)
from selections.methods.method import Method

METHODS: dict[str, Method] = {
    method.key: method
    for method in (
        random_per_job.METHOD,
        random_uniform.METHOD,
        random_per_task.METHOD,
        random_per_assignee.METHOD,
        balanced_by_label.METHOD,
        random_apart.METHOD,
        no_near_duplicates.METHOD,
        most_varied.METHOD,
        every_nth.METHOD,
        spread_per_job.METHOD,
    )
}
DEFAULT = random_per_job.METHOD.key
MANUAL = "manual"  # frames chosen by hand


def draw_choices() -> list[tuple[str, str]]:
    """Key and label of each draw method."""
    return [(method.key, method.label) for method in METHODS.values()]


def choices() -> list[tuple[str, str]]:
    """Key and label of each frame_selection_method: by hand, and the draw methods."""
    return [(MANUAL, "by hand"), *draw_choices()]
