"""The objects on each frame are those of CVAT's own export, the recorded `CVAT for images 1.1`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.annotated import ALL, REFERENCE, Case, differences

CASES = [folder for folder in ALL if (folder / REFERENCE).exists()]
# CVAT recognises rectangles, polygons and tags alone as one object of two overlapping jobs.
TWICE_IN_CVAT = ["ellipse", "mask", "points", "polyline", "skeleton"]
# Objects on frames that their jobs do not hold, which CVAT shows in no job.
STRAYED = {
    2: ([], [[2.0, 2.0, 20.0, 20.0]]),
    4: ([[3.0, 3.0, 7.0, 7.0]], [[6.0, 6.0, 10.0, 10.0]]),
    7: ([], [[1.0, 1.0, 20.0, 20.0]]),
    8: ([], [[11.0, 11.0, 15.0, 15.0]]),
    9: ([], [[11.0, 11.0, 15.0, 15.0]]),
}


def test_every_recorded_export_is_compared() -> None:
    assert {folder.name for folder in ALL} - {folder.name for folder in CASES} == {"mask_track"}


@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_objects_are_those_of_the_export(folder: Path) -> None:
    case = Case(folder)
    reference = case.reference()
    for frame, objects in case.objects().items():
        ours, theirs = differences(objects, reference[frame])
        if folder.name == "overlap" and frame in (4, 8):
            assert not ours
            assert sorted(each["kind"] for each in theirs) == TWICE_IN_CVAT
        elif folder.name == "bad_shapes" and frame in STRAYED:
            points = [each["points"] for each in ours], [each["points"] for each in theirs]
            assert points == STRAYED[frame]
        else:
            assert (ours, theirs) == ([], [])


def test_frames_of_a_job_alone_have_its_objects_alone() -> None:
    case = Case(next(folder for folder in ALL if folder.name == "overlap"))
    first, second, _ = case.jobs
    both, alone = case.objects(), case.objects([second])
    assert (alone[2], both[2] != []) == ([], True)  # before its first frame
    tags = [each for each in alone[4] if each["kind"] == "tag"]
    assert {each["attributes"]["who"] for each in tags} == {"second", ""}
    assert case.objects([first])[2] == both[2]
