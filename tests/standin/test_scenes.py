"""The sample tasks show what their annotations say, on every frame."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image, ImageChops

from cvat import skeletons
from cvat.annotations import JobAnnotations, Shape
from cvat.client import CvatClient
from cvat.overlapping import objects_by_frame
from standin.annotating import Annotator
from standin.model import Job
from standin.samples import sample_world
from standin.scenes import SHARPNESS, SILENT, SMALLEST, Canvas, Outline, Scene, Thing
from standin.server import StandIn
from standin.shelf import Shelf
from standin.street import Street
from tests.cvat.standin_clients import client
from tests.standin.conftest import Ask

HD, SMALL = (640, 360), (240, 180)
SCENES = [Street(1, "day"), Street(2, "day", parked=4, crowd=2), Shelf(3)]
ANNOTATED = [1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 15]
BLANK = Image.new("RGB", (SMALL[0] * SHARPNESS, SMALL[1] * SHARPNESS), (255, 0, 255))


def frame_of(outline: Outline) -> tuple[float, float, float, float]:
    """The box around what a person would have drawn."""
    x, y = outline.points[::2], outline.points[1::2]
    if outline.kind == "ellipse":
        (middle_x, right), (middle_y, top) = x, y
        return 2 * middle_x - right, top, right, 2 * middle_y - top
    if outline.kind == "mask":
        left, top, right, bottom = outline.points[-4:]
        return left, top, right + 1, bottom + 1
    if outline.parts:
        x, y = zip(*outline.parts.values(), strict=True)
    return min(x), min(y), max(x), max(y)


def drawn_box(scene: Scene, thing: Thing) -> tuple[float, ...]:
    """The box around the pixels of the thing when it stands alone."""
    image = BLANK.copy()
    scene.draw(Canvas(image), thing)
    box = ImageChops.difference(image, BLANK).getbbox()
    assert box is not None
    return tuple(value / SHARPNESS for value in box)


@pytest.mark.parametrize("scene", SCENES, ids=["street", "full street", "shelf"])
def test_boxes_lie_around_what_is_drawn(scene: Scene) -> None:
    kinds = Counter[str]()
    for number in range(0, 80, 10):
        for thing in scene.things(number, SMALL):
            if thing.box[0] < 0 or thing.box[2] > SMALL[0] or thing.height < SMALLEST:
                continue
            outlines = [*scene.outlines_of(thing, SMALL)]
            whole, drawn = frame_of(outlines[0]), drawn_box(scene, thing)
            if thing.kind == "sign":  # whose pole nobody annotates
                drawn = (*drawn[:3], whole[3])
            # The arms of a pedestrian swing within the box, and do not fill it all the time.
            slack = 0.3 * thing.width if thing.kind == "pedestrian" else 2
            for one, other in zip(whole, drawn, strict=True):
                assert abs(one - other) <= max(2, slack), (number, thing, outlines[0])
            for inner in outlines[1:]:
                left, top, right, bottom = frame_of(inner)
                assert left >= whole[0] - 1, (thing, inner)
                assert top >= whole[1] - 1, (thing, inner)
                assert right <= whole[2] + 1, (thing, inner)
                assert bottom <= whole[3] + 1, (thing, inner)
            kinds.update(outline.kind for outline in outlines)
    assert kinds["rectangle"] > 20
    assert kinds["polygon"] > 5


@pytest.mark.parametrize("scene", SCENES, ids=["street", "full street", "shelf"])
def test_nothing_is_annotated_outside_of_the_picture(scene: Scene) -> None:
    for number in range(0, 80, 3):
        for _, outline in scene.annotated(number, SMALL):
            left, top, right, bottom = frame_of(outline)
            assert -1 <= left < right <= SMALL[0] + 1, outline
            assert -1 <= top < bottom <= SMALL[1] + 1, outline


# -- as the portal reads them -------------------------------------------------------------------


@pytest.fixture(scope="module")
def site() -> Iterator[StandIn]:
    with StandIn(sample_world(), throttle=None) as running:
        yield running


@pytest.fixture(scope="module")
def cvat(site: StandIn) -> Iterator[CvatClient]:
    with client(site, "demo") as signed_in:
        yield signed_in


def read(cvat: CvatClient, job: Job) -> JobAnnotations:
    labels = cvat.labels(task_id=job.task.id)
    return cvat.job_annotations(job_id=job.id, labels=labels, into=io.BytesIO())


@pytest.mark.parametrize("task_id", ANNOTATED)
def test_the_portal_reads_every_object(site: StandIn, cvat: CvatClient, task_id: int) -> None:
    for job in site.world.tasks[task_id].jobs:
        found = read(cvat, job)
        objects = [*found.shapes, *found.tracks]
        assert not found.problems
        numbers = [each.id for each in objects if not isinstance(each, Shape) or each.kind != "tag"]
        assert len(set(numbers)) == len(numbers)
        for each in objects:
            values = {spec.name: spec.values for spec in each.label.attributes}
            for name, value in each.attributes:
                assert value in values[name] or values[name] in (("",), ("false",))


@pytest.mark.parametrize("task_id", [3, 11])
def test_tracks_are_where_the_frames_of_the_video_have_the_things(
    site: StandIn, cvat: CvatClient, task_id: int
) -> None:
    task = site.world.tasks[task_id]
    job = task.jobs[1]
    assert isinstance(task.annotator, Annotator)
    [shown] = [one for one in cvat.show_task(task_id).jobs if one.id == job.id]
    frames = objects_by_frame([shown], job.frames, lambda _: read(cvat, job))
    for frame, objects in frames:
        tracked = [of_shape(each) for each in objects if each.is_tracked]
        there = [each for _, each in task.annotator.scene.annotated(task.order[frame], HD)]
        assert_alike(tracked, [of_outline(outline) for outline in there])


def of_shape(shape: Shape) -> tuple[Any, ...]:
    parts = tuple(value for each in shape.elements for value in each.points)
    return shape.label.name, (*shape.points, *parts), shape.is_occluded


def of_outline(outline: Outline) -> tuple[Any, ...]:
    parts = tuple(value for point in outline.parts.values() for value in point)
    return outline.label, (*outline.points, *parts), outline.is_occluded


def assert_alike(some: list[tuple[Any, ...]], others: list[tuple[Any, ...]]) -> None:
    assert len(some) == len(others)
    for one, other in zip(sorted(some), sorted(others), strict=True):
        assert (one[0], one[2]) == (other[0], other[2])
        assert one[1] == pytest.approx(other[1], abs=0.01)


def test_frames_without_objects_and_a_job_that_nobody_has_annotated(
    site: StandIn, cvat: CvatClient
) -> None:
    *jobs, idle = site.world.tasks[1].jobs
    assert read(cvat, idle) == JobAnnotations()
    for job in jobs:
        annotated = {shape.frame for shape in read(cvat, job).shapes}
        assert annotated == {frame for frame in job.frames if frame % SILENT != SILENT - 1}


def test_kinds_and_sources(site: StandIn, cvat: CvatClient) -> None:
    shapes = [
        shape
        for task_id in (1, 4, 7, 10)
        for job in site.world.tasks[task_id].jobs
        for shape in read(cvat, job).shapes
    ]
    kinds = {"rectangle", "polygon", "ellipse", "points", "mask", "skeleton", "tag"}
    assert {shape.kind for shape in shapes} == kinds
    assert {shape.source for shape in shapes} == {"manual", "auto", "file"}
    assert {"night", "crowded", "restock"} <= {s.label.name for s in shapes if s.kind == "tag"}


def test_the_skeleton_has_lines(cvat: CvatClient) -> None:
    [body] = [label for label in cvat.labels(task_id=1) if label.type == "skeleton"]
    names = {part.id: part.name for part in body.sublabels}
    lines = {(names[one], names[other]) for one, other in skeletons.edges(body)}
    assert ("hip", "left foot") in lines
    assert len(lines) == len(names) - 1


def test_annotations_of_a_task_are_those_of_its_jobs(site: StandIn, ask: Ask) -> None:
    """A frame in two jobs counts once."""
    answer = ask("/api/tasks/1/annotations").json()
    frames = Counter(shape["frame"] for shape in answer["shapes"])
    first, second, *_ = site.world.tasks[1].jobs
    for job in (first, second):
        own = ask(f"/api/jobs/{job.id}/annotations").json()["shapes"]
        for frame in {shape["frame"] for shape in own}:
            assert frames[frame] == sum(shape["frame"] == frame for shape in own)
