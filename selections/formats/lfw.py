"""The format LFW 1.0: pictures of persons, in the folders of their tags, pairs of pictures, and
points.

Pairs are in the attributes `positive_pairs` and `negative_pairs` of the tag: names of pictures,
separated by commas.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from cvat.annotations import TAG, Shape
from selections.formats.format import (
    AnnotatedImage,
    Layout,
    PicturePaths,
    only_attributes,
    only_kinds,
)
from selections.formats.shared.names import NO_LABEL
from selections.formats.shared.picture_files import (
    Classes,
    Content,
    Counts,
    PictureFiles,
    SharedFile,
    one_line,
    too_many,
)

_NAME = "LFW"
_PICTURES = "{subset}/images"
_TABLES = "{subset}/annotations"
_PAIRS = ("positive_pairs", "negative_pairs")


def _picture_paths(classes: Classes) -> PicturePaths:
    persons = {NO_LABEL, *(name.casefold() for name in classes.folders.values())}

    def paths(image: AnnotatedImage) -> list[str]:
        folder = classes.folder(image, _PICTURES)
        name = image.path.removeprefix(folder)
        tags = classes.tags(image)
        if tags:
            return [f"{folder}{classes.folders[tags[0]]}/{name}"]
        # Without a tag it stands in no folder of a person.
        is_in_persons_folder = name.partition("/")[0].casefold() in persons
        return [f"{folder}{NO_LABEL}/{name}" if is_in_persons_folder else image.path]

    return paths


def _content(image: AnnotatedImage, classes: Classes) -> Content:
    subset = classes.subsets[image.subset]
    name = image.path.removeprefix(classes.folder(image, _PICTURES))
    tags = classes.tags(image)
    drawn = [shape for shape in image.shapes if shape.kind == TAG]
    of_person = sorted(
        (shape for shape in drawn if shape.label.name == tags[0]),
        key=lambda shape: shape.attributes,  # the order of the tags on a frame is not defined
    )
    pairs = "".join(f"{line}\n" for line in _pairs(name, of_person, classes))
    points = "".join(
        "\t".join([name, *(f"{number:.2f}" for number in shape.points)]) + "\n"
        for shape in image.shapes
        if shape.kind == "points"
    )
    tables = _TABLES.format(subset=subset)
    return Content(
        [too_many(_NAME, "tag")] * (len(drawn) - 1),
        shared=[
            (SharedFile(f"{tables}/pairs.txt"), pairs),
            *([(SharedFile(f"{tables}/landmarks.txt"), points)] if points else []),
        ],
        counted=[(subset, tags[0])] if tags else [],
    )


def _pairs(name: str, tags: list[Shape], classes: Classes) -> Iterator[str]:
    """The pairs of a picture, or its name if there are none."""
    stem = posixpath.splitext(name)[0]
    values = dict(tags[0].attributes) if tags else {}
    positive, negative = (
        [each.strip() for each in one_line(values.get(key, "")).split(",") if each.strip()]
        for key in _PAIRS
    )
    if not positive and not negative:
        yield stem
        return
    person, own = stem.split("/", 1)
    for other in positive:
        yield "\t".join([person, _number(person, own), _number(person, other)])
    for other in negative:
        yield "\t".join([person, _number(person, own), *_of_other(other, classes)])


def _number(person: str, name: str) -> str:
    """The number of a picture that is called person_0001, with or without its folder, else the
    name."""
    match = re.fullmatch(rf"{re.escape(person)}_0*(\d+)", name.removeprefix(f"{person}/"))
    return match[1] if match else name.removeprefix(f"{person}/")


def _of_other(name: str, classes: Classes) -> tuple[str, str]:
    """Person and number of a picture of another person; "-" and the name if nobody is known."""
    person, _, rest = name.rpartition("/")
    person = person or re.sub(r"_\d+$", "", name)
    if person not in classes.folders.values():
        return "-", name
    return person, _number(person, rest)


def _fixed(classes: Classes, counts: Counts) -> list[tuple[SharedFile, str]]:
    """How many pictures each person has."""
    return [
        (
            SharedFile(f"{_TABLES.format(subset=subset)}/people.txt"),
            "".join(
                f"{folder}\t{counts.get((subset, label), 0)}\n"
                for label, folder in classes.folders.items()
            ),
        )
        for subset in classes.used_subsets
    ]


_FILES = PictureFiles(_content, _fixed, name=_NAME, shared_files=2, counts_labels=True)
FORMAT = _FILES.format(
    "lfw",
    "LFW 1.0 (persons, a folder for each tag)",
    unsupported_reason=only_kinds(_NAME, [TAG, "points"]),
    holds_attribute=only_attributes(_PAIRS, [TAG]),
    layout=Layout(_FILES.folders(_PICTURES), unique_stems=True),
    picture_paths=_picture_paths,
)
