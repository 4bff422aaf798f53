"""What a track shows between its keyframes, where no recorded export says it alone."""

from __future__ import annotations

from typing import Any

import pytest

from cvat import annotation_json
from cvat.annotations import Labels, Track
from cvat.tracks import TrackShapes

LABELS = Labels(
    map(annotation_json.read_label, [
        {"id": 1, "name": "car", "attributes": [
            {"id": 5, "name": "colour", "mutable": False, "default_value": "red"},
            {"id": 6, "name": "speed", "mutable": True, "default_value": "0"},
        ]},
        {"id": 2, "name": "stick", "type": "skeleton",
         "sublabels": [{"id": 3, "name": "a"}, {"id": 4, "name": "b"}]},
    ])
)  # fmt: skip


def track(*keyframes: dict[str, Any], kind: str = "rectangle", **fields: Any) -> Track:
    plain = {"type": kind, "points": [0, 0, 10, 10]}
    shapes = [plain | {"frame": 0} | keyframe for keyframe in keyframes]
    return annotation_json.read_track({"id": 7, "label_id": 1, "shapes": shapes} | fields, LABELS)


def shown(made: Track, frames: range = range(10), **options: Any) -> list[int]:
    shapes = TrackShapes(made, **options)
    return [frame for frame in frames if shapes.on(frame) is not None]


def at(made: Track, frame: int) -> Any:
    return TrackShapes(made).on(frame)


def test_it_is_seen_from_a_keyframe_to_the_one_that_hides_it() -> None:
    made = track({"frame": 2}, {"frame": 4, "outside": True}, {"frame": 7})
    assert shown(made) == [2, 3, 7, 8, 9]
    assert (TrackShapes(made).first, TrackShapes(made).end) == (2, float("inf"))


def test_keyframes_on_deleted_frames_play_no_part() -> None:
    made = track({"frame": 1}, {"frame": 3, "points": [9, 9, 9, 9]}, {"frame": 5, "outside": True})
    assert TrackShapes(made, deleted={3}).on(2).points == [0, 0, 10, 10]
    assert shown(made, deleted={5}) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert shown(made, deleted={1, 3, 5}) == []
    assert TrackShapes(made, deleted={1, 3, 5}).end == 0


def test_the_order_of_the_keyframes_plays_no_part() -> None:
    made = track({"frame": 4, "outside": True}, {"frame": 2})
    assert shown(made) == [2, 3]


def test_a_mask_repeats_until_the_next_keyframe() -> None:
    first, second = [0, 4, 1, 1, 2, 2], [0, 9, 1, 1, 3, 3]
    made = track({"frame": 0, "points": first}, {"frame": 3, "points": second}, kind="mask")
    assert [list(at(made, frame).points) for frame in (0, 1, 2, 3, 4)] == [first] * 3 + [second] * 2


def test_keyframes_of_two_kinds_are_not_mixed() -> None:
    made = track({"frame": 0}, {"frame": 2, "type": "points", "points": [1, 1]})
    assert (at(made, 1).kind, list(at(made, 1).points)) == ("rectangle", [0, 0, 10, 10])


@pytest.mark.parametrize(
    ("first", "second", "middle"), [(350, 20, 5), (20, 350, 5), (10, 50, 30), (20, 200, 20.5)]
)
def test_rotation_takes_the_shorter_way(first: float, second: float, middle: float) -> None:
    # Half a turn is one degree in CVAT's export.
    made = track({"frame": 0, "rotation": first}, {"frame": 2, "rotation": second})
    assert at(made, 1).rotation == middle


def test_mutable_attributes_go_on_and_the_others_hold_for_the_whole_track() -> None:
    made = track(
        {"frame": 0},
        {"frame": 2, "attributes": [{"spec_id": 6, "value": "9"}]},
        {"frame": 4},
        attributes=[{"spec_id": 5, "value": "blue"}, {"spec_id": 6, "value": "ignored"}],
    )
    values = [dict(at(made, frame).attributes) for frame in (1, 3, 5)]
    assert values == [{"speed": speed, "colour": "blue"} for speed in ("0", "9", "9")]


def test_a_skeleton_is_hidden_where_all_its_points_are() -> None:
    def point(label: int, *frames: tuple[int, bool]) -> dict[str, Any]:
        keyframes = [
            {"type": "points", "frame": frame, "points": [frame, 0], "outside": is_outside}
            for frame, is_outside in frames
        ]
        return {"id": label, "label_id": label, "shapes": keyframes}

    made = track(
        {"frame": 0, "points": []},
        kind="skeleton",
        label_id=2,
        elements=[point(3, (0, False), (2, True), (6, False)), point(4, (0, False), (4, True))],
    )
    assert shown(made) == [0, 1, 2, 3, 6, 7, 8, 9]
    assert [(each.label.name, each.is_outside) for each in at(made, 3).elements] == [
        ("a", True),
        ("b", False),
    ]
    keyframes = [at(made, frame).is_keyframe for frame in (0, 1, 2, 3, 6, 7)]
    assert keyframes == [True, False, True, False, True, False]


def test_a_track_says_on_which_frames_it_was_drawn() -> None:
    made = track({"frame": 0}, {"frame": 2})
    assert [at(made, frame).is_keyframe for frame in (0, 1, 2, 3)] == [True, False, True, False]
    assert (at(made, 1).id, at(made, 1).is_tracked) == (7, True)
