"""Annotations are read from CVAT's JSON as a stream, and one bad object ends nothing."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cvat import annotation_json, annotations, json_items
from cvat.annotations import Labels
from cvat.exceptions import CvatBroken
from cvat.json_items import items

LABELS = Labels(
    map(annotation_json.read_label, [
        {"id": 2, "name": "car", "attributes": [
            {"id": 5, "name": "colour", "mutable": False, "default_value": "red"},
            {"id": 6, "name": "speed", "mutable": True, "default_value": "0"},
        ]},
        {"id": 1, "name": "stick", "type": "skeleton", "sublabels": [{"id": 3, "name": "end"}]},
    ])
)  # fmt: skip


def shape(**fields: Any) -> dict[str, Any]:
    plain = {"id": 1, "label_id": 2, "type": "rectangle", "frame": 0, "points": [1, 2, 3, 4]}
    return plain | fields


def read(**lists: list[Any]) -> annotations.JobAnnotations:
    return annotation_json.read_annotations(
        io.BytesIO(json.dumps({"version": 0, **lists}).encode()), LABELS
    )


def test_labels_are_in_the_order_of_their_ids_and_found_with_those_of_points() -> None:
    assert [label.name for label in LABELS] == ["stick", "car"]
    assert LABELS.get(3).name == "end"


@pytest.mark.parametrize("entry", ["strange", {"name": "car"}, {"id": 1, "sublabels": [{}]}])
def test_a_label_without_an_id_is_refused(entry: Any) -> None:
    with pytest.raises(CvatBroken):
        annotation_json.read_label(entry)


def test_given_values_come_first_and_missing_ones_have_defaults() -> None:
    named = [{"spec_id": 6, "value": 7}, {"spec_id": 6, "value": "8"}, {"spec_id": 99, "value": ""}]
    job = read(shapes=[shape(attributes=named)])
    assert job.shapes[0].attributes == (("speed", "8"), ("colour", "red"))


def test_halves_of_characters_become_question_marks() -> None:
    job = read(shapes=[shape(attributes=[{"spec_id": 5, "value": "a\ud800é"}], source="\udfff")])
    assert dict(job.shapes[0].attributes)["colour"] == "a?é"
    assert job.shapes[0].source == "?"
    assert annotation_json.read_label({"id": 1, "name": "\ud800x"}).name == "?x"


def test_only_the_wanted_frames_are_kept() -> None:
    text = json.dumps({"shapes": [shape(frame=n) for n in range(5)], "tracks": []}).encode()
    job = annotation_json.read_annotations(io.BytesIO(text), LABELS, {1, 3})
    assert [each.frame for each in job.shapes] == [1, 3]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"label_id": 77}, "label 77"),
        ({"label_id": None}, "label None"),
        ({"label_id": [2]}, "label"),
        ({"frame": None}, "no frame"),
        ({"type": "blob"}, "kind 'blob'"),
        ({"points": [1, 2, 3]}, "3 numbers"),
        ({"points": ["a"] * 4}, "not numbers"),
        ({"points": [1, 2, float("nan"), 4]}, "finite"),
        ({"type": "mask", "points": [1, 2, 3, 4]}, "mask cannot have 4"),
        ({"points": [1, 2, 3, 1e8]}, "farther"),
        ({"points": [-1e200, 2, 3, 4]}, "farther"),
        ({"type": "mask", "points": [2**29, 1, 0, 0, 1, 1]}, "runs"),
        ({"type": "mask", "points": [-1, 5, 0, 0, 1, 1]}, "runs"),
        ({"attributes": ["x"]}, "form"),
        ({"attributes": [{"spec_id": 5, "value": [1]}]}, "attribute 'colour'"),
        ({"z_order": 2**40}, "z_order"),
        ({"group": -(2**40)}, "group"),
        (
            {
                "type": "skeleton",
                "points": [],
                "elements": [{"label_id": 3, "type": "tag", "frame": 3}],
            },
            "cannot have a tag",
        ),
        (
            {
                "type": "skeleton",
                "points": [],
                "elements": [{"label_id": 3, "type": "skeleton", "frame": 3}],
            },
            "cannot have a skeleton",
        ),
    ],
)
def test_a_bad_object_is_named_and_the_others_are_read(fields: dict[str, Any], reason: str) -> None:
    job = read(shapes=[shape(id=4, **{"frame": 3} | fields), shape(id=5)], tags=["strange"])
    assert [each.id for each in job.shapes] == [5]
    problem = next(each for each in job.problems if each.object_id == 4)
    assert reason in problem.reason
    assert problem.frame == fields.get("frame", 3)
    assert job.problems_count == 2


def test_numbers_that_no_database_holds_are_not_taken_for_frames_and_ids() -> None:
    job = read(shapes=[shape(frame=2**70), shape(id=2**70)])
    assert job.shapes == []
    reasons = [problem.reason for problem in job.problems]
    assert reasons == ["it is on no frame", "its id is too large a number"]


def test_a_point_of_a_tracked_skeleton_is_a_point_at_each_keyframe() -> None:
    keyframe = {"type": "skeleton", "frame": 0, "points": []}
    bad = {"label_id": 3, "shapes": [keyframe]}
    good = {"label_id": 3, "shapes": [keyframe | {"type": "points", "points": [1, 2]}]}
    track = {"id": 1, "label_id": 1, "shapes": [keyframe]}
    job = read(tracks=[track | {"elements": [bad]}, track | {"id": 2, "elements": [good]}])
    assert [len(track.elements) for track in job.tracks] == [1]
    assert [problem.object_id for problem in job.problems] == [1]


@pytest.mark.parametrize(
    "contents",
    [b'"x\\\\\\"]}' + b"[}" * 10_000 + b'"', b"[" * 100_000 + b"]" * 100_000, b"9" * 5_000],
    ids=["long", "deep", "digits"],
)
@pytest.mark.parametrize("block", [64, 1000])
def test_an_object_that_cannot_be_held_is_named_and_the_others_are_read(
    contents: bytes, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_items, "LONGEST_ITEM", 8_000)
    monkeypatch.setattr(json_items, "BLOCK", block)
    plain = json.dumps(shape()).encode()
    strange = b'{"frame": 0, "source": %s, "points": []}' % contents
    text = b'{"shapes": [%s, %s, %s], "tracks": []}' % (plain, strange, plain)
    job = annotation_json.read_annotations(io.BytesIO(text), LABELS, {0})
    assert (len(job.shapes), job.problems_count) == (2, 1)
    assert "too long or too deeply nested" in job.problems[0].reason


def test_a_bad_keyframe_leaves_out_its_track_alone() -> None:
    keyframe = {"type": "rectangle", "frame": 0, "points": [1, 2, 3, 4]}
    tracks = [{"id": 1, "label_id": 2, "shapes": [keyframe | {"points": "x"}]},
              {"id": 2, "label_id": 2, "shapes": [keyframe]}]  # fmt: skip
    job = read(tracks=tracks)
    assert [track.id for track in job.tracks] == [2]
    assert [problem.object_id for problem in job.problems] == [1]


@pytest.mark.parametrize("block", [1, 2, 7, 64, 2**20])
def test_blocks_may_end_anywhere(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_items, "BLOCK", block)
    document = {
        "version": 12345, "a": [1.5, -2e10, "é€😀\\\"", None, [], {}], "skipped": {"a": [1]},
        "b": [], "c": [[1, 2], True], "a ": 1,
    }  # fmt: skip
    for text in (json.dumps(document), json.dumps(document, ensure_ascii=False, indent=2) + "\n"):
        read = list(items(io.BytesIO(text.encode()), keys=("a", "c")))
        assert read == [("a", each) for each in document["a"]] + [("c", [1, 2]), ("c", True)]


ITEMS = [
    [{"id": 1, "points": [1.5, -2e10, 0.1]}, {"id": 2**70}, {"text": 'é😀\\"'}, {}],
    [{"a": [{"b": 1}]}, {"a": [{"b": 1}, {"b": 2}]}, {"id": 3}, {"id": 4}],
    [{"text": "},{"}, {"text": "{},{}"}, {"id": 3}, 5, {"id": 4}, "},{", {"id": 5}],
    [{"id": 1}, {"text": "x" * 300}, {"id": 3}, {"id": 4}],
]


@pytest.mark.parametrize("block", [1, 7, 64, 2**20])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("listed", ITEMS)
def test_items_are_the_same_however_they_are_written(
    listed: list[Any], separators: tuple[str, str], block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_items, "BLOCK", block)
    monkeypatch.setattr(json_items, "SHORT", 100)
    for is_ascii in (True, False):
        text = json.dumps({"a": listed * 3}, ensure_ascii=is_ascii, separators=separators)
        read = list(items(io.BytesIO(text.encode()), keys=("a",)))
        assert read == [("a", each) for each in listed * 3]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"a"', '{"a": [1', '{"a": [1,]}', '{"a": [1 2]}', '{"a": []} x', "\xff",
     '{"a": [' + "[" * 100_000, '{"a":[{"b":1},{"b":1},{]}'],
)  # fmt: skip
def test_anything_but_an_object_is_refused(text: str) -> None:
    with pytest.raises(CvatBroken):
        list(items(io.BytesIO(text.encode("latin-1")), keys=("a",)))


def test_a_long_item_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_items, "LONGEST_ITEM", 1000)
    monkeypatch.setattr(json_items, "BLOCK", 100)
    with pytest.raises(CvatBroken):
        list(items(io.BytesIO(b'{"a": ["' + b"x" * 10_000), keys=("a",)))


KEYS = ("id", "label_id", "frame", "type", "points", "shapes", "elements", "attributes", "group",
        "rotation", "spec_id", "value", "source", "z_order")  # fmt: skip
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["mask", "x"])
ANYTHING = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING))
@example({"rotation": 10**400, "frame": 0, "type": "points", "points": [10**400, 1]})
@example({"frame": 0, "type": "points", "points": [1, 1], "rotation": 10**400})
def test_whatever_an_object_is_reading_goes_on(item: dict[str, Any]) -> None:
    known = item | {"label_id": 2}
    job = read(tags=[known], shapes=[item, known], tracks=[known])
    assert len(job.shapes) + len(job.tracks) + job.problems_count == 4


FIELDS = {
    "id": st.integers(-(2**54), 2**54) | VALUES,
    "label_id": st.sampled_from([2, 2, 1, 77]) | VALUES,
    "frame": st.integers(0, 3) | st.integers(2**31 - 2, 2**31) | VALUES,
    "type": st.sampled_from(["rectangle", "rectangle", "polygon", "mask", "skeleton", "blob"]),
    "points": st.lists(st.integers(-9, 9) | st.floats(-1e8, 1e8), min_size=4, max_size=6) | VALUES,
    "rotation": st.sampled_from([0, -0.0, 12.5, 2e6]) | VALUES,
    "occluded": VALUES,
    "outside": VALUES,
    "z_order": st.integers(-(2**32), 2**32) | VALUES,
    "group": st.integers(-(2**32), 2**32) | VALUES,
    "source": st.sampled_from(["file", "\ud800é", ""]) | VALUES,
    "attributes": st.lists(
        st.fixed_dictionaries({"spec_id": st.sampled_from([5, 6, 9, 2**53]), "value": VALUES})
        | st.fixed_dictionaries({"spec_id": st.just(5), "value": st.sampled_from(["é", "\udfff"])}),
        max_size=2,
    )
    | VALUES,
    "elements": st.just([]) | VALUES,
}


@given(st.fixed_dictionaries({}, optional=FIELDS))
@example({"frame": 0, "rotation": -0.0, "attributes": [{"spec_id": 5, "value": "é"}]})
def test_a_shape_is_the_same_read_quickly_and_field_by_field(fields: dict[str, Any]) -> None:
    """Only what is written without spaces is read quickly."""
    document = {"shapes": [shape(**fields), shape()], "tracks": []}
    quick, slow = (
        annotation_json.read_annotations(
            io.BytesIO(json.dumps(document, separators=separators).encode()), LABELS
        )
        for separators in ((",", ":"), (", ", ": "))
    )
    assert repr(quick) == repr(slow)  # by their text: 0.0 is not -0.0
