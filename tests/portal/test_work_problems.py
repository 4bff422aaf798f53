"""Missing frames by reason: bounded, largest first, each frame counted."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portal.work.problems import RANGES_LISTED, REASONS_LISTED, grouped


def problem(frame: int, reason: str = "Gone.", task_id: int = 8) -> dict[str, Any]:
    return {"task_id": task_id, "frame": frame, "reason": reason}


def test_frames_are_named_by_ranges() -> None:
    rows = [problem(frame) for frame in (3, 0, 1, 2, 7)] + [problem(5, task_id=9)]
    assert grouped(rows) == [
        {"reason": "Gone.", "count": 6, "frames": "task 8: frames 0–3, 7; task 9: frame 5"}
    ]


def test_frames_that_share_the_fate_of_another_have_its_reason() -> None:
    rows = [problem(4), problem(5, "Like frame 4: Gone."), problem(90, "Like frame 80: Gone.")]
    assert [(group["reason"], group["count"]) for group in grouped(rows)] == [("Gone.", 3)]


def test_the_groups_stay_small_however_many_frames_are_missing() -> None:
    rows = [problem(2 * number, f"Reason {number % 50:02}.", number % 7) for number in range(5000)]
    groups = grouped(rows)
    assert len(groups) == REASONS_LISTED
    assert "31 other reasons" in groups[-1]["reason"]
    assert sum(group["count"] for group in groups) == 5000
    assert all(len(group["frames"]) < 20 * RANGES_LISTED for group in groups)
    assert all("…" in group["frames"] for group in groups)


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from("abc"), st.integers(1, 3))))
def test_every_frame_is_counted_once(rows: list[tuple[int, str, int]]) -> None:
    groups = grouped(problem(*row) for row in rows)
    assert sum(group["count"] for group in groups) == len(rows)
    assert len({group["reason"] for group in groups}) == len(groups)
