"""The format PASCAL VOC 1.1: an XML with the rectangles of each picture, masks and ellipses as
painted pictures, tags as lists of pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from cvat.annotations import MASK, TAG, Shape
from selections.formats.format import AnnotatedImage, AnnotatedTask, File, Format, Room, only_kinds
from selections.formats.shared import masks, voc
from selections.formats.shared.attributes import attributes_of, flag_of, tracking_of
from selections.formats.shared.names import label_names
from selections.formats.shared.temporary_files import GrowingFiles, SmallFiles, TemporaryFiles
from selections.formats.shared.voc import PICTURES, VocClasses, line, stem_of, subsets, with_class
from selections.formats.shared.xml_text import text

_PAINTED = (MASK, "ellipse")
_NAME = "Pascal VOC"
_FLAGS = ("truncated", "occluded", "difficult")  # elements of an object
_LISTS = "ImageSets/Main"
_LONGEST_NAME = 1000  # bytes, of a label or subset in the files
_HEAD = """\
<annotation>
  <folder>{folder}</folder>
  <filename>{name}</filename>
  <source>
    <database>Unknown</database>
    <annotation>Unknown</annotation>
    <image>Unknown</image>
  </source>
  <size>
    <width>{width}</width>
    <height>{height}</height>
    <depth>3</depth>
  </size>
  <segmented>{segmented}</segmented>
"""


class _Writer:
    def __init__(self, tasks: Sequence[AnnotatedTask], folder: Path) -> None:
        self._temporary = TemporaryFiles(folder)
        self._classes = VocClasses(tasks, has_label_colors=False)
        self._subsets = subsets(tasks)
        self._label_names = label_names(self._classes.names)
        self._pictures = SmallFiles(self._temporary)
        self._lists = GrowingFiles(self._temporary)

    def add(self, image: AnnotatedImage) -> list[str]:
        stem = stem_of(image)
        shapes, left_out = with_class(image, self._classes, name=_NAME)
        areas = [shape for shape in shapes if shape.kind in _PAINTED]
        files: list[tuple[str, bytes]] = []
        if areas:
            files, reasons = voc.painted(
                image, stem, areas, numbers=self._classes.numbers, colors=self._classes.colors
            )
            left_out += reasons
        boxes = [shape for shape in shapes if shape.kind == "rectangle"]
        xml = _xml(image, boxes, self._classes.names, is_segmented=bool(files))
        tags = {shape.label.name for shape in shapes if shape.kind == TAG}
        for path, content in [(f"Annotations/{stem}.xml", xml.encode()), *files]:
            self._pictures.add(path, content)
        self._list(stem, self._subsets[image.subset], sorted(tags), has_masks=bool(files))
        return left_out

    def _list(self, stem: str, subset: str, tags: Sequence[str], *, has_masks: bool) -> None:
        self._lists.add(f"{_LISTS}/{subset}", line(stem))
        if has_masks:
            self._lists.add(f"{voc.MASK_LISTS}/{subset}", line(stem))
        for tag in tags:
            self._lists.add(f"{_LISTS}/{self._tag_list(tag, subset)}", line(f"{stem}  1"))

    def _tag_list(self, tag: str, subset: str) -> str:
        """The list of the pictures with a tag, which has no name of a list of a subset."""
        name = f"{self._label_names[tag]}_{subset}"
        while name in self._subsets.values():
            name = f"_{name}"
        return name

    def files(self, suffix: str) -> Iterator[File]:
        yield from self._pictures.files()
        for file in self._lists.files():
            yield file._replace(path=f"{file.path}{suffix}.txt")
        yield voc.labelmap(self._classes, suffix)

    def close(self) -> None:
        self._temporary.close()


def _xml(
    image: AnnotatedImage,
    boxes: Sequence[Shape],
    names: dict[str, str],
    *,
    is_segmented: bool,
) -> str:
    head = _HEAD.format(
        folder=PICTURES,
        name=text(image.path.removeprefix(f"{PICTURES}/")),
        width=image.width,
        height=image.height,
        segmented=int(is_segmented),
    )
    objects = (part for shape in boxes for part in _object(shape, names[shape.label.name]))
    return "".join([head, *objects, "</annotation>\n"])


def _object(shape: Shape, name: str) -> Iterator[str]:
    attributes = attributes_of(shape) | {"rotation": round(shape.rotation, 2)}
    attributes |= tracking_of(shape)
    yield f"  <object>\n    <name>{text(name)}</name>\n"
    if "pose" in attributes:
        yield f"    <pose>{text(str(attributes.pop('pose')))}</pose>\n"
    for flag in _FLAGS:
        is_set = flag_of(attributes.get(flag, False))
        if is_set is not None:  # readers refuse any other value, so that stays an attribute
            attributes.pop(flag, None)
        yield f"    <{flag}>{is_set or 0}</{flag}>\n"
    x1, y1, x2, y2 = shape.points
    corners = {"xmin": min(x1, x2), "ymin": min(y1, y2), "xmax": max(x1, x2), "ymax": max(y1, y2)}
    yield "    <bndbox>\n"
    for corner, number in corners.items():
        yield f"      <{corner}>{number:.2f}</{corner}>\n"
    yield "    </bndbox>\n    <attributes>\n"
    for attribute, value in attributes.items():
        yield f"      <attribute>\n        <name>{text(attribute)}</name>\n"
        yield f"        <value>{text(str(value))}</value>\n      </attribute>\n"
    yield "    </attributes>\n  </object>\n"


def _part_room(tasks: Sequence[AnnotatedTask]) -> Room:
    classes = VocClasses(tasks, has_label_colors=False)
    return Room(1 + 2 * len(set(subsets(tasks).values())), len(classes.labelmap()))


def _image_room(image: AnnotatedImage) -> Room:
    stem = stem_of(image)
    names = {shape.label.name: "&" * _LONGEST_NAME for shape in image.shapes}
    boxes = [shape for shape in image.shapes if shape.kind == "rectangle"]
    areas = [shape for shape in image.shapes if shape.kind in _PAINTED]
    files, length = voc.painted_room(image, stem, areas) if areas else (0, 0)
    xml = _xml(image, boxes, names, is_segmented=True)
    lines = (2 + len(image.shapes)) * len(line(f"{stem}  1"))
    # A tag may be the first one in its list.
    lists = len({shape.label.name for shape in image.shapes if shape.kind == TAG})
    return Room(files + 1 + lists, length + len(xml.encode()) + lines)


FORMAT = Format(
    key="pascal_voc",
    label="Pascal VOC 1.1 (boxes, masks, tags)",
    unsupported_reason=only_kinds(_NAME, ["rectangle", TAG, *_PAINTED]),
    broken_reason=masks.mask_broken_reason,
    holds_attribute=lambda kind, name: kind == "rectangle",
    writer=_Writer,
    part_room=_part_room,
    image_room=_image_room,
    layout=voc.LAYOUT,
    has_fixed_names=True,
)
