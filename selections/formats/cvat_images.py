"""The format `CVAT for images 1.1`: one XML for all pictures, as CVAT's own export has it.

It can hold every object that CVAT has. Coordinates have two decimals, as in CVAT.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import quoteattr

from cvat.annotations import MASK, SKELETON, TAG, Attribute, Label, Labels, Shape
from cvat.geometry import pairs
from selections.formats.format import (
    AnnotatedImage,
    AnnotatedTask,
    File,
    Format,
    Room,
    every_attribute,
    no_reason,
)
from selections.formats.shared.names import DEFAULT_SUBSET
from selections.formats.shared.temporary_files import TemporaryFiles
from selections.formats.shared.xml_text import quoted, text

_STEM, _EXTENSION = "annotations", ".xml"
_LONGEST_ID = 20  # digits
_END = "</annotations>\n"
_CUBOID = [
    f"{axis}{corner}{n}" for n in (1, 2) for corner in ("tl", "bl", "tr", "br") for axis in "xy"
]
_NO_LABELS = Labels(())
_TURNED = ("rectangle", "ellipse")  # the kinds whose rotation CVAT writes


class _Writer:
    def __init__(self, tasks: Sequence[AnnotatedTask], folder: Path) -> None:
        self._temporary = TemporaryFiles(folder)
        self._tasks = tasks
        self._file = self._temporary.new()
        self._file.write(_head(tasks).encode())
        self._count = 0

    def add(self, image: AnnotatedImage) -> Sequence[str]:
        # Of several tasks, source numbers repeat, and readers take the id for unique.
        number = image.source_frame if len(self._tasks) == 1 else self._count
        self._file.write(_image(image, number, self._tasks).encode())
        self._count += 1
        return ()

    def files(self, suffix: str) -> Iterator[File]:
        self._file.write(_END.encode())
        size = self._file.tell()
        self._file.seek(0)
        yield File(f"{_STEM}{suffix}{_EXTENSION}", self._file, size)

    def close(self) -> None:
        self._temporary.close()


def _part_room(tasks: Sequence[AnnotatedTask]) -> Room:
    return Room(1, len(_head(tasks).encode()) + len(_END))


def _image_room(image: AnnotatedImage) -> Room:
    longest_id = 10**_LONGEST_ID
    task = AnnotatedTask(image.task_id, "", "", False, _NO_LABELS)
    return Room(0, len(_image(image, longest_id, (task, task)).encode()))


FORMAT = Format(
    key="cvat_images",
    label="CVAT for images 1.1",
    unsupported_reason=no_reason,
    broken_reason=no_reason,
    holds_attribute=every_attribute,
    writer=_Writer,
    part_room=_part_room,
    image_room=_image_room,
)


# --- the head ---


def _head(tasks: Sequence[AnnotatedTask]) -> str:
    return "".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n',
            "  <meta>\n",
            *(_task(tasks[0]) if len(tasks) == 1 else _several(tasks)),
            "  </meta>\n",
        ]
    )


def _task(task: AnnotatedTask) -> Iterator[str]:
    yield "    <task>\n"
    yield from _about(task, "      ")
    yield from _labels(_merged(task.labels), "      ")
    yield "    </task>\n"


def _several(tasks: Sequence[AnnotatedTask]) -> Iterator[str]:
    """The tasks as CVAT writes those of a project."""
    yield "    <project>\n      <tasks>\n"
    for task in tasks:
        yield "        <task>\n"
        yield from _about(task, "          ")
        yield "        </task>\n"
    yield "      </tasks>\n"
    labels = _merged(label for task in tasks for label in task.labels)
    yield from _labels(labels, "      ")
    yield "    </project>\n"


def _merged(labels: Iterable[Label]) -> Iterable[Label]:
    """Labels of one name as one label, with the attributes and points that any of them has."""
    by_name: dict[str, Label] = {}
    for label in labels:
        first = by_name.setdefault(label.name, label)
        by_name[label.name] = _joined(first, label)
    return by_name.values()


def _joined(label: Label, other: Label) -> Label:
    """The label, with the attributes and points that only the other one of its name has. It is a
    skeleton if one of them is, and of any type if they differ otherwise."""
    attributes = {each.name for each in label.attributes}
    points = {each.name for each in label.sublabels}
    types = {label.type, other.type}
    kind = SKELETON if SKELETON in types else label.type if len(types) == 1 else "any"
    return replace(
        label,
        type=kind,
        svg=label.svg or other.svg,
        attributes=label.attributes
        + tuple(each for each in other.attributes if each.name not in attributes),
        sublabels=label.sublabels
        + tuple(each for each in other.sublabels if each.name not in points),
    )


def _about(task: AnnotatedTask, indent: str) -> Iterator[str]:
    yield f"{indent}<id>{task.id}</id>\n"
    yield f"{indent}<name>{text(task.name)}</name>\n"
    yield f"{indent}<mode>{'interpolation' if task.is_video else 'annotation'}</mode>\n"
    yield f"{indent}<subset>{text(task.subset or DEFAULT_SUBSET)}</subset>\n"


def _labels(labels: Iterable[Label], indent: str) -> Iterator[str]:
    yield f"{indent}<labels>\n"
    for label in labels:
        yield from _label(label, indent + "  ", parent=None)
        for sublabel in label.sublabels:
            yield from _label(sublabel, indent + "  ", parent=label)
    yield f"{indent}</labels>\n"


def _label(label: Label, indent: str, *, parent: Label | None) -> Iterator[str]:
    yield f"{indent}<label>\n{indent}  <name>{text(label.name)}</name>\n"
    yield f"{indent}  <color>{text(label.color)}</color>\n"
    yield f"{indent}  <type>{text(label.type)}</type>\n"
    yield f"{indent}  <attributes>\n"
    for attribute in label.attributes:
        yield from _definition(attribute, indent + "    ")
    yield f"{indent}  </attributes>\n"
    if label.svg:
        yield f"{indent}  <svg>{text(_named_svg(label))}</svg>\n"
    if parent is not None:
        yield f"{indent}  <parent>{text(parent.name)}</parent>\n"
    yield f"{indent}</label>\n"


def _definition(attribute: Attribute, indent: str) -> Iterator[str]:
    yield f"{indent}<attribute>\n{indent}  <name>{text(attribute.name)}</name>\n"
    yield f"{indent}  <mutable>{attribute.is_mutable}</mutable>\n"
    yield f"{indent}  <input_type>{text(attribute.input_type)}</input_type>\n"
    yield f"{indent}  <default_value>{text(attribute.default)}</default_value>\n"
    values = "\n".join(attribute.values)
    yield f"{indent}  <values>{text(values)}</values>\n{indent}</attribute>\n"


def _named_svg(label: Label) -> str:
    """The drawing of a skeleton with the names of its points in place of their ids, which another
    server does not know."""
    svg = label.svg
    for sublabel in label.sublabels:
        svg = svg.replace(
            f'data-label-id="{sublabel.id}"', f"data-label-name={quoteattr(sublabel.name)}"
        )
    return svg


# --- the images ---


def _image(image: AnnotatedImage, number: int, tasks: Sequence[AnnotatedTask]) -> str:
    of_task = ""
    if len(tasks) > 1 or tasks[0].splits:
        of_task = f" subset={quoted(image.subset or DEFAULT_SUBSET)}"
    if len(tasks) > 1:
        of_task += f' task_id="{image.task_id}"'
    lines = [
        f'  <image id="{number}" name={quoted(image.path)}{of_task} width="{image.width}" '
        f'height="{image.height}">\n'
    ]
    for shape in image.shapes:
        _add(shape, lines)
    lines.append("  </image>\n")
    return "".join(lines)


def _add(shape: Shape, lines: list[str]) -> None:
    name = "box" if shape.kind == "rectangle" else shape.kind
    lines.append(f"    <{name} label={quoted(shape.label.name)} source={quoted(shape.source)}")
    if shape.kind not in (TAG, SKELETON):
        lines.append(f' occluded="{int(shape.is_occluded)}"{_geometry(shape)}')
    if shape.kind != TAG:
        lines.append(f' z_order="{shape.z_order}"')
    if shape.group:
        lines.append(f' group_id="{shape.group}"')
    lines.append(">\n")
    for element in sorted(shape.elements, key=lambda element: element.label.id):
        lines.append(
            f"      <points label={quoted(element.label.name)} source={quoted(element.source)} "
            f'outside="{int(element.is_outside)}" occluded="{int(element.is_occluded)}"'
            f"{_geometry(element)}>\n"
        )
        lines.append(_attributes(element, "        "))
        lines.append("      </points>\n")
    lines.append(f"{_attributes(shape, '      ')}    </{name}>\n")


def _geometry(shape: Shape) -> str:
    points = shape.points
    if shape.kind == "rectangle":
        x1, y1, x2, y2 = points
        numbers = f' xtl="{x1:.2f}" ytl="{y1:.2f}" xbr="{x2:.2f}" ybr="{y2:.2f}"'
    elif shape.kind == "ellipse":
        x, y, right, top = points
        numbers = f' cx="{x:.2f}" cy="{y:.2f}" rx="{right - x:.2f}" ry="{y - top:.2f}"'
    elif shape.kind == "cuboid":
        named = zip(_CUBOID, points, strict=True)
        numbers = "".join(f' {name}="{number:.2f}"' for name, number in named)
    elif shape.kind == MASK:
        *runs, x1, y1, x2, y2 = map(int, points)
        rle = ", ".join(map(str, runs))
        numbers = (
            f' rle="{rle}" left="{x1}" top="{y1}" width="{x2 - x1 + 1}" height="{y2 - y1 + 1}"'
        )
    else:
        corners = [f"{x:.2f},{y:.2f}" for x, y in pairs(points)]
        numbers = f' points="{";".join(corners)}"'
    if shape.rotation and shape.kind in _TURNED:
        numbers += f' rotation="{shape.rotation:.2f}"'
    return numbers


def _attributes(shape: Shape, indent: str) -> str:
    if not shape.attributes:
        return ""
    return "".join(
        f"{indent}<attribute name={quoted(name)}>{text(value)}</attribute>\n"
        for name, value in shape.attributes
    )
