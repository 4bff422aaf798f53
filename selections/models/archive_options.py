"""The options of an archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from django.db import models

from portal.exceptions import InvalidInput
from selections import formats
from selections.object_choice import EVERY_OBJECT, ObjectChoice
from selections.splits import NO_SPLIT, Split


class Quality(models.TextChoices):
    ORIGINAL = "original", "original"
    COMPRESSED = "compressed", "compressed"


class VideoFormat(models.TextChoices):
    PNG = "png", "PNG"
    JPEG = "jpeg", "JPEG"


class DeletedFrames(models.TextChoices):
    """What to do with frames deleted in CVAT after the selection was saved."""

    DELIVER = "deliver", "Deliver them, marked in the manifest"
    LEAVE_OUT = "leave_out", "Leave them out"


class EmptyFrames(models.TextChoices):
    """What to do with frames that have none of the objects that are delivered."""

    DELIVER = "deliver", "Deliver them"
    LEAVE_OUT = "leave_out", "Leave them out"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveOptions:
    """How to build the ZIPs of an archive.

    Several ZIPs are made if one has more than `part_size` bytes or `part_files` files. With
    `task_folders` the frames of a single task are in a folder of their own, too. `annotations` is a
    key of selections.formats. With `annotations_from` the annotations are the results of that
    publication, else those of the tasks. Without `pictures` the ZIP has the annotations alone.
    """

    quality: str = Quality.ORIGINAL.value
    part_size: int = 0  # 0: no limit
    video_format: str = VideoFormat.PNG.value
    video_quality: int = 95  # of JPEGs cut out of a video
    deleted_frames: str = DeletedFrames.DELIVER.value
    part_files: int = 0  # 0: no limit
    task_folders: bool = False
    annotations: str = formats.NONE
    annotations_from: int | None = None  # id of a publication of the selection
    pictures: bool = True
    objects: ObjectChoice = EVERY_OBJECT
    empty_frames: str = EmptyFrames.DELIVER.value
    split: Split = NO_SPLIT

    SMALLEST_PART: ClassVar[int] = 10 * 2**20  # bytes
    FEWEST_FILES: ClassVar[int] = 100  # of a part, its manifest included
    # Written only if they differ from the default, as rows of older releases lack them.
    _RARE: ClassVar = frozenset(
        {
            "deleted_frames",
            "part_files",
            "task_folders",
            "annotations",
            "annotations_from",
            "pictures",
            "empty_frames",
        }
    )
    _NESTED: ClassVar[dict[str, Any]] = {"objects": ObjectChoice, "split": Split}

    @property
    def makes_one_file(self) -> bool:
        """Whether an archive with these options is one ZIP, whatever its size."""
        return not (self.part_size or self.part_files)

    def check(self) -> None:
        """Raises InvalidInput for values that cannot be."""
        for name, choices in (
            ("quality", Quality.values),
            ("video_format", VideoFormat.values),
            ("deleted_frames", DeletedFrames.values),
            ("annotations", [key for key, _ in formats.choices()]),
            ("empty_frames", EmptyFrames.values),
        ):
            if getattr(self, name) not in choices:
                raise InvalidInput(f"{name} must be one of {', '.join(choices)}.")
        self._check_annotations()
        self._check_nested("objects")
        self._check_nested("split")
        if not 1 <= self.video_quality <= 100:
            raise InvalidInput("video_quality must be 1 to 100.")
        if self.part_size and self.part_size < self.SMALLEST_PART:
            raise InvalidInput(f"part_size must be 0 or at least {self.SMALLEST_PART:,} bytes.")
        if self.part_files and self.part_files < self.FEWEST_FILES:
            raise InvalidInput(f"part_files must be 0 or at least {self.FEWEST_FILES:,}.")

    def _check_annotations(self) -> None:
        if self.annotations != formats.NONE and self.quality == Quality.COMPRESSED:
            raise InvalidInput(
                "Annotations go with original files: CVAT may make pictures smaller when it "
                "compresses them, and the annotations would not fit. Choose original files, or no "
                "annotations."
            )
        if self.annotations == formats.NONE:
            for option, words in (
                (not self.pictures, "Annotations alone need a format"),
                (
                    self.annotations_from is not None,
                    "The results of a publication go with a format",
                ),
                (self.objects != EVERY_OBJECT, "Which objects to deliver goes with a format"),
                (
                    self.empty_frames != EmptyFrames.DELIVER,
                    "Leaving out frames without objects goes with a format",
                ),
                (self.split.needs_labels, "A split that is even by label goes with a format"),
            ):
                if option:
                    raise InvalidInput(f"{words} of annotations. Choose one.")
        if not self.pictures and not self.makes_one_file:
            raise InvalidInput(
                "Annotations alone are one ZIP. Leave part_size and part_files out, or choose "
                "pictures too."
            )

    def _check_nested(self, name: str) -> None:
        try:
            getattr(self, name).check()
        except ValueError as error:
            raise InvalidInput(f"{name}: {error}.") from error

    def to_json(self) -> dict[str, Any]:
        """The written form, in rows and manifests."""
        written = {each.name: getattr(self, each.name) for each in fields(self)}
        nested = {name: written.pop(name).to_json() for name in self._NESTED}
        plain = {
            name: value
            for name, value in written.items()
            if name not in self._RARE or value != self._default(name)
        }
        return plain | {name: value for name, value in nested.items() if value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Options of a row, of another release too: what it lacks is as by default, and options
        that no longer exist are passed over."""
        known = {each.name for each in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        for name, kind in cls._NESTED.items():
            if name in values:
                values[name] = kind.from_json(values[name])
        return cls(**values)

    @classmethod
    def _default(cls, name: str) -> Any:
        return next(each.default for each in fields(cls) if each.name == name)
