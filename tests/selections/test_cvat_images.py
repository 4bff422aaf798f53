"""The XML of CVAT for images: labels of several tasks, and the same bytes for the same objects."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

from cvat.annotations import Attribute, Label, Labels, Shape
from selections.formats import FORMATS
from selections.formats.format import AnnotatedImage, AnnotatedTask


def written(shape: Shape, folder: Path) -> bytes:
    task = AnnotatedTask(7, "task", "", False, Labels([shape.label]))
    with closing(FORMATS["cvat_images"].writer([task], folder)) as writer:
        writer.add(AnnotatedImage("a.jpg", 9, 9, 7, 0, [shape]))
        (file,) = writer.files("")
        return file.content.read()


def test_the_points_of_a_skeleton_stand_in_the_order_of_their_labels(tmp_path: Path) -> None:
    parts = tuple(Label(n, f"p{n}", type="points") for n in (2, 3, 4))
    face = Label(1, "face", type="skeleton", sublabels=parts)
    points = [Shape("points", part, 0, (part.id, 1)) for part in parts]
    one, other = (
        written(Shape("skeleton", face, 0, elements=elements), tmp_path)
        for elements in (tuple(points), (points[2], points[0], points[1]))
    )
    assert one == other
    names = [line.split(b'"')[1] for line in one.splitlines() if b"<points" in line]
    assert names == [b"p2", b"p3", b"p4"]


def test_labels_of_one_name_in_several_tasks_have_what_any_of_them_has(tmp_path: Path) -> None:
    def face(number: int, attributes: str, points: str) -> Label:
        return Label(
            number,
            "face",
            type="skeleton",
            attributes=tuple(
                Attribute(n, each, False, "text", "") for n, each in enumerate(attributes)
            ),
            sublabels=tuple(Label(number + n, each) for n, each in enumerate(points, 1)),
        )

    labels = [face(10, "xy", "ab"), face(20, "zy", "cb"), Label(30, "car")]
    tasks = [
        AnnotatedTask(n, "t", "", False, Labels(each))
        for n, each in ((1, labels[:1]), (2, labels[1:]))
    ]
    with closing(FORMATS["cvat_images"].writer(tasks, tmp_path)) as writer:
        (file,) = writer.files("")
        root = ElementTree.fromstring(file.content.read())
    names = [each.findtext("name") for each in root.iter("label")]
    assert names == ["face", "a", "b", "c", "car"]
    assert [each.findtext("name") for each in root.iter("attribute")] == ["x", "y", "z"]


def test_a_skeleton_that_gets_the_name_of_another_label_stays_a_skeleton(tmp_path: Path) -> None:
    """By renaming, or because tasks have labels of one name and different types."""
    person = Label(1, "person", type="rectangle")
    pose = Label(2, "person", type="skeleton", sublabels=(Label(3, "nose"),), svg="<circle/>")
    task = AnnotatedTask(7, "task", "", False, Labels([person, pose]))
    with closing(FORMATS["cvat_images"].writer([task], tmp_path)) as writer:
        (file,) = writer.files("")
        first, second = ElementTree.fromstring(file.content.read()).iter("label")
    assert [first.findtext(name) for name in ("name", "type", "svg")] == [
        "person", "skeleton", "<circle/>",
    ]  # fmt: skip
    assert (second.findtext("name"), second.findtext("parent")) == ("nose", "person")
