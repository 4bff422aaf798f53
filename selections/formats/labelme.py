"""The format LabelMe 3.0: an XML file for each picture, and a PNG file for each mask or ellipse.

The box of a rectangle is the one before its rotation, which is an attribute, as in CVAT.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from cvat.annotations import MASK, Shape
from cvat.geometry import pairs, rectangle_corners
from selections.formats.format import AnnotatedImage, Layout, every_attribute, only_kinds
from selections.formats.shared import masks
from selections.formats.shared.attributes import attributes_of, tracking_of
from selections.formats.shared.geometry import AREAS
from selections.formats.shared.layers import RGBA, painted, visible_pixels
from selections.formats.shared.picture_files import Classes, Content, PictureFiles
from selections.formats.shared.xml_text import text

_NAME = "LabelMe"
_PICTURES, _ANNOTATIONS, _MASKS = "Images", "Annotations", "Masks"
_LONGEST_NUMBER = 7  # digits, of an object of a picture
_COLOR = bytes((255, 203, 0, 153))  # of LabelMe's own masks
_SPECIAL = re.compile(r'([\\=",])')
# Text that readers would take for a number or a truth value.
_NO_TEXT = re.compile(r"[-+\d.]|true$|false$|inf|nan", re.IGNORECASE)


def _content(image: AnnotatedImage, classes: Classes) -> Content:
    subset = classes.subsets[image.subset]
    name = image.path.removeprefix(f"{_PICTURES}/{subset}/")
    stem = posixpath.splitext(name)[0]
    own: list[tuple[str, bytes]] = []
    left_out: list[str] = []
    drawn: list[tuple[Shape, list[str]]] = []  # objects, and the lines of their geometry
    for shape in image.shapes:
        if shape.kind in (MASK, "ellipse"):
            reason, runs = visible_pixels(shape, image)
            if reason:
                left_out.append(reason)
                continue
            mask = f"{stem}_mask_{len(drawn)}.png"
            picture = painted([(runs, _COLOR)], image.width, image.height, RGBA)
            own.append((f"{_MASKS}/{subset}/{mask}", picture))
            drawn.append((shape, list(_segment(mask, masks.box(runs, image.height)))))
        else:
            drawn.append((shape, list(_polygon(shape))))
    xml = "".join(_document(image, name, subset, drawn))
    return Content(left_out, [(f"{_ANNOTATIONS}/{subset}/{stem}.xml", xml.encode()), *own])


def _document(
    image: AnnotatedImage, name: str, subset: str, drawn: Sequence[tuple[Shape, list[str]]]
) -> Iterator[str]:
    yield f"<annotation>\n  <filename>{text(name)}</filename>\n"
    yield f"  <folder>{text(subset)}</folder>\n"
    yield "  <source>\n    <sourceImage></sourceImage>\n"
    yield "    <sourceAnnotation></sourceAnnotation>\n  </source>\n"
    yield f"  <imagesize>\n    <nrows>{image.height}</nrows>\n    <ncols>{image.width}</ncols>\n"
    yield "  </imagesize>\n"
    groups: dict[int, list[int]] = {}
    for number, (shape, _) in enumerate(drawn):
        groups.setdefault(shape.group, []).append(number)
    for number, (shape, geometry) in enumerate(drawn):
        yield from _object(shape, number, groups[shape.group] if shape.group else [number])
        yield from geometry
        yield f"    <attributes>{text(_attributes(shape))}</attributes>\n  </object>\n"
    yield "</annotation>\n"


def _object(shape: Shape, number: int, group: Sequence[int]) -> Iterator[str]:
    """The first object of a group has the others as its parts."""
    is_first = number == group[0]
    parts = ",".join(map(str, group[1:])) if is_first else ""
    whole = "" if is_first else group[0]
    yield f"  <object>\n    <name>{text(shape.label.name)}</name>\n"
    yield "    <deleted>0</deleted>\n    <verified>0</verified>\n"
    yield f"    <occluded>{'yes' if shape.is_occluded else 'no'}</occluded>\n    <date></date>\n"
    yield f"    <id>{number}</id>\n"
    yield f"    <parts>\n      <hasparts>{parts}</hasparts>\n"
    yield f"      <ispartof>{whole}</ispartof>\n    </parts>\n"


def _polygon(shape: Shape) -> Iterator[str]:
    points = pairs(shape.points)
    if shape.kind == "rectangle":
        yield "    <type>bounding_box</type>\n"
        points = rectangle_corners(shape.points)  # the rotation is an attribute
    yield "    <polygon>\n"
    for x, y in points:
        yield f"      <pt>\n        <x>{x:.2f}</x>\n        <y>{y:.2f}</y>\n      </pt>\n"
    yield "      <username></username>\n    </polygon>\n"


def _segment(mask: str, box: tuple[int, int, int, int]) -> Iterator[str]:
    """The file of the mask, and its first and last column and row."""
    x, y, width, height = box
    yield f"    <segm>\n      <mask>{text(mask)}</mask>\n      <box>\n"
    yield f"        <xmin>{x}</xmin>\n        <ymin>{y}</ymin>\n"
    yield f"        <xmax>{x + width - 1}</xmax>\n        <ymax>{y + height - 1}</ymax>\n"
    yield "      </box>\n      <username></username>\n    </segm>\n"


def _attributes(shape: Shape) -> str:
    """Pairs `name=value`, separated by commas."""
    values = attributes_of(shape)
    del values["occluded"]  # has an element of its own
    if shape.kind in ("rectangle", "ellipse"):
        values["rotation"] = round(shape.rotation, 2)
    return ", ".join(
        f"{_value(name)}={_quoted(value) if isinstance(value, str) else value}"
        for name, value in (values | tracking_of(shape)).items()
    )


def _quoted(value: str) -> str:
    return f'"{_value(value)}"' if _NO_TEXT.match(value) else _value(value)


def _value(value: str) -> str:
    return _SPECIAL.sub(r"\\\1", value)


_FILES = PictureFiles(_content, name=_NAME)
FORMAT = _FILES.format(
    "labelme",
    "LabelMe 3.0 (boxes, polygons, masks)",
    unsupported_reason=only_kinds(_NAME, AREAS),
    broken_reason=masks.mask_broken_reason,
    holds_attribute=every_attribute,
    layout=Layout(
        _FILES.folders(_PICTURES + "/{subset}"),
        unique_stems=True,
        reserved_endings=(".png", ".xml"),
        longest_addition=len("_mask_") + _LONGEST_NUMBER,
    ),
)
