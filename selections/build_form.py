"""The form for an archive of a selection."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms

from portal.exceptions import InvalidInput
from selections import formats, object_choice, splits
from selections.models import (
    ArchiveOptions,
    DeletedFrames,
    EmptyFrames,
    Quality,
    VideoFormat,
)
from selections.object_choice import ObjectChoice
from selections.sampling import MAX_SEED
from selections.splits import SPLITS, Split

FEW_FILES, FILES_OF_A_PART = "files", 65_000
LONGEST_TEXT = 1_000_000  # characters of a list of names

NO_SUCH_RESULTS = (
    "This publication has no results, or not any more. Choose another one, or the tasks themselves."
)
ALONE, WITH_PICTURES = "alone", "pictures"
QUALITY_CHOICES = (
    (Quality.ORIGINAL, "Original files, as CVAT serves them"),
    (Quality.COMPRESSED, "Compressed by CVAT (smaller JPEGs)"),
)


def _share(label: str, initial: int) -> forms.FloatField:
    return forms.FloatField(
        label=label,
        required=False,
        min_value=0,
        max_value=100,
        initial=initial,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )


def _annotations_from(results: Collection[tuple[int, str]]) -> forms.TypedChoiceField:
    of_results = [(number, f"{title[:1].upper()}{title[1:]}") for number, title in results]
    return forms.TypedChoiceField(
        label="Annotations from",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "The tasks themselves"), *of_results],
        error_messages={"invalid_choice": NO_SUCH_RESULTS},
    )


class BuildForm(forms.Form):
    quality = forms.ChoiceField(
        label="Files",
        required=False,
        choices=QUALITY_CHOICES,
    )
    annotations = forms.ChoiceField(
        label="Annotations", required=False, choices=formats.grouped_choices()
    )
    contents = forms.ChoiceField(
        label="In the ZIP",
        required=False,
        choices=[(WITH_PICTURES, "Pictures and annotations"), (ALONE, "Annotations alone")],
    )
    jobs = forms.ChoiceField(
        label="Objects of",
        required=False,
        choices=object_choice.JOB_CHOICES,
        help_text="Frames of other jobs come without objects, or are left out.",
    )
    empty_frames = forms.ChoiceField(
        label="Frames without objects", required=False, choices=EmptyFrames.choices
    )
    labels = forms.CharField(
        label="Only these labels",
        required=False,
        max_length=LONGEST_TEXT,
        help_text="Separated by commas; empty: all.",
    )
    rename = forms.CharField(
        label="Other names in the files",
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "car, van -> vehicle"}),
        help_text="A line for each name. Labels that get one name become one.",
    )
    split = forms.ChoiceField(label="Divide the frames", required=False, choices=splits.BY_CHOICES)
    train = _share("Train, %", 80)
    val = _share("Validation, %", 10)
    test = _share("Test, %", 10)
    unit = forms.ChoiceField(label="Keep together", required=False, choices=splits.UNIT_CHOICES)
    seed = forms.IntegerField(
        label="Seed",
        required=False,
        min_value=0,
        max_value=MAX_SEED,
        initial=0,
        help_text="The same seed gives the same split.",
    )
    separator = forms.CharField(
        label="Separator",
        required=False,
        max_length=splits.LONGEST_SEPARATOR,
        initial="_",
        strip=False,
    )
    pieces = forms.IntegerField(
        label="Pieces alike",
        required=False,
        min_value=1,
        max_value=splits.MOST_PIECES,
        initial=1,
        help_text="cam3_0815.jpg begins with the piece cam3.",
    )
    even_labels = forms.BooleanField(label="Divide each label evenly", required=False)
    names = forms.CharField(
        label="List",
        required=False,
        strip=False,  # a space may be the start of the first name
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "folder/picture.jpg\ttrain"}),
        help_text="A line for each picture: its path in CVAT, a tab, and train, val or test. "
        "Or a JSON object.",
    )
    part_size = forms.TypedChoiceField(
        label="Split into",
        required=False,
        coerce=lambda value: value if value == FEW_FILES else int(value),
        choices=[
            (0, "One ZIP, whatever its size"),
            *(
                (gigabytes * 10**9, f"ZIPs of at most {gigabytes} GB")
                for gigabytes in (1, 2, 4, 10)
            ),
            (FEW_FILES, f"ZIPs of at most {FILES_OF_A_PART:,} files"),
        ],
    )
    video_format = forms.ChoiceField(
        label="Video frames as",
        required=False,
        choices=[
            (VideoFormat.PNG, "PNG, nothing lost"),
            (VideoFormat.JPEG, "JPEG"),
        ],
    )
    deleted_frames = forms.ChoiceField(
        label="Frames deleted in CVAT",
        required=False,
        choices=DeletedFrames.choices,
        widget=forms.Select(attrs={"id": "id_deleted_frames"}),
    )
    task_folders = forms.BooleanField(label="A folder for each task", required=False)

    PLAIN = (
        "quality",
        "annotations",
        "empty_frames",
        "part_size",
        "video_format",
        "deleted_frames",
        "task_folders",
    )

    def __init__(
        self,
        data: Any = None,
        *,
        has_video: bool = True,
        results: Collection[tuple[int, str]] = (),
    ) -> None:
        """`results`: id and title of each publication whose results can be delivered."""
        super().__init__(data)
        if not has_video:
            del self.fields["video_format"]
        self.fields["annotations_from"] = _annotations_from(results)
        self.has_results = bool(results)

    @property
    def opens_objects(self) -> bool:
        """Whether something was chosen among which objects."""
        chosen = (
            self.data.get("jobs", object_choice.ALL) != object_choice.ALL,
            self.data.get("empty_frames", EmptyFrames.DELIVER) != EmptyFrames.DELIVER,
        )
        return any(chosen) or any(self.data.get(name) for name in ("labels", "rename"))

    @property
    def opens_split(self) -> bool:
        return bool(self.data.get("split", splits.NONE) != splits.NONE)

    def clean(self) -> dict[str, Any]:
        """Adds `options`."""
        given = super().clean() or {}
        if not self.errors:
            self._read(given)
        return given

    def options(self) -> ArchiveOptions:
        """What was chosen; the rest is as by default. Raises InvalidInput."""
        if not self.is_valid():
            problems = [
                f"{self.fields[name].label}: {text}" if name in self.fields else str(text)
                for name, texts in self.errors.items()
                for text in texts
            ]
            raise InvalidInput(" ".join(problems))
        options: ArchiveOptions = self.cleaned_data["options"]
        return options

    def _read(self, given: dict[str, Any]) -> None:
        plain = {name: given[name] for name in self.PLAIN if given.get(name)}
        if plain.get("part_size") == FEW_FILES:
            del plain["part_size"]
            plain["part_files"] = FILES_OF_A_PART
        # The page hides what plays no part: without annotations, and without pictures.
        has_annotations = plain.get("annotations", formats.NONE) != formats.NONE
        is_alone = has_annotations and given.get("contents") == ALONE
        if not has_annotations:
            plain.pop("empty_frames", None)
        if is_alone:
            for name in ("quality", "part_size", "part_files"):
                plain.pop(name, None)
        given["options"] = ArchiveOptions(
            **plain,
            pictures=not is_alone,
            annotations_from=given["annotations_from"] if has_annotations else None,
            objects=self._objects(given) if has_annotations else object_choice.EVERY_OBJECT,
            split=self._split(given, has_annotations=has_annotations),
        )

    def _objects(self, given: dict[str, Any]) -> ObjectChoice:
        try:
            rename = object_choice.parsed_rename(given["rename"])
        except ValueError as error:
            self.add_error("rename", f"{error}.")
            return object_choice.EVERY_OBJECT
        return ObjectChoice(
            jobs=given["jobs"] or object_choice.ALL,
            labels=object_choice.parsed_labels(given["labels"]),
            rename=rename,
        )

    def _split(self, given: dict[str, Any], *, has_annotations: bool) -> Split:
        chosen = given["split"] or splits.NONE
        if chosen == splits.NAMES:
            try:
                return Split(by=chosen, names=splits.parsed_names(given["names"]))
            except ValueError as error:
                self.add_error("names", f"{error}.")
                return splits.NO_SPLIT
        if chosen != splits.SHARES:
            return Split(by=chosen)
        shares = [(given[name] or 0) / 100 for name in SPLITS]
        if abs(sum(shares) - 1) > splits.TOLERANCE:
            self.add_error("train", f"The shares must add up to 100, not to {sum(shares) * 100:g}.")
            return splits.NO_SPLIT
        return Split(
            by=chosen,
            shares=tuple(shares),
            seed=given["seed"] or 0,
            unit=given["unit"] or splits.FRAME,
            separator=given["separator"] or "_",
            pieces=given["pieces"] or 1,
            even_labels=has_annotations and given["even_labels"],
        )
