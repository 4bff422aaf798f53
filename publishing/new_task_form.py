"""What people type to make a new task of a selection."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms

from cvat.types import LONGEST_SUBSET, Page, Project
from portal.sizes import size_in_words
from publishing.forms import UserNamesField, deleted_frames_field
from publishing.label_schema import LONGEST_SCHEMA, BadSchema, parsed
from publishing.models import Upload
from publishing.new_task import (
    LEAST_REPLICAS,
    LONGEST_NAME,
    MOST_FRAMES,
    MOST_REPLICAS,
    ORIGINAL,
    NewTaskOptions,
)
from publishing.replacing import UNREPLACED_FRAMES
from publishing.services import NewTaskCheck
from selections.build_form import QUALITY_CHOICES

FEW_PROJECTS = 10  # that need no search


class NewTaskForm(forms.Form):
    """What a new task is made with. It asks about deleted frames only where there are such.
    `matching` are the projects that `find_project` fits."""

    name = forms.CharField(label="Name of the task", max_length=LONGEST_NAME)
    find_project = forms.CharField(
        label="Find a project",
        required=False,
        max_length=LONGEST_NAME,
        help_text="Words of its name, its number, or its address in CVAT.",
    )
    project = forms.TypedChoiceField(
        label="Project",
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": "CVAT shows your account no such project."},
    )
    new_project = forms.CharField(
        label="Or the name of a new project for it",
        required=False,
        max_length=LONGEST_NAME,
        help_text="The project gets the labels that the task would have.",
    )
    without_labels = forms.MultipleChoiceField(
        label="Without these labels of the tasks",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    label_schema = forms.CharField(
        label="Labels of its own",
        required=False,
        max_length=LONGEST_SCHEMA,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text="Their names, with commas or one in a line; or, with types, attributes and "
        "skeletons, the JSON of CVAT’s tab Raw. Instead of the labels of the tasks or of a "
        "project.",
    )
    subset = forms.CharField(
        max_length=LONGEST_SUBSET, required=False, help_text="Such as Train or Validation."
    )
    frames_per_job = forms.IntegerField(
        label="Frames per job",
        required=False,
        min_value=1,
        max_value=MOST_FRAMES,
        help_text="Empty: all in one job.",
    )
    quality = forms.ChoiceField(
        label="Files to upload",
        required=False,
        choices=QUALITY_CHOICES,
        help_text="Compressed ones must have as many pixels as the original, else no task is made.",
    )
    overlap = forms.IntegerField(
        label="Overlap",
        required=False,
        min_value=0,
        max_value=MOST_FRAMES // 2,
        help_text="Frames that the next job has too.",
    )
    image_quality = forms.IntegerField(
        label="Image quality in CVAT’s editor",
        min_value=1,
        max_value=100,
        initial=70,
        help_text="1 to 100, of the copies that people see there. The uploaded files stay as they "
        "are.",
    )
    consensus_replicas = forms.IntegerField(
        label="Replicas of each job",
        required=False,
        min_value=LEAST_REPLICAS,
        max_value=MOST_REPLICAS,
        help_text="How many people annotate the same frames, for a consensus. Empty: one.",
    )
    with_annotations = forms.BooleanField(
        label="Copy what is annotated on the frames",
        required=False,
        help_text="Objects of tracks become single ones. Labels and attributes are found by name; "
        "what the new task has no label for is left out and counted.",
    )
    assignee = forms.TypedChoiceField(
        label="Assign the task to", required=False, coerce=int, empty_value=None
    )
    job_assignees = UserNamesField(
        label="Assign its jobs to",
        help_text="User names, separated by commas: the first one gets the first job, and so on; "
        "the last one gets all jobs that remain. With replicas, these are given to people in place "
        "of the jobs.",
    )
    reviewers = UserNamesField(
        label="Reviewers of its jobs",
        help_text="User names, one for each job like those above. The portal keeps them until you "
        "hand the completed jobs over, on the page of the publication: a job in CVAT has no "
        "reviewer beside its assignee.",
    )
    ground_truth_count = forms.IntegerField(
        label="Ground-truth frames",
        required=False,
        min_value=1,
        max_value=MOST_FRAMES,
        help_text="Drawn at random among those of the task, to check the annotations against. "
        "Empty: no such job.",
    )
    honeypots_per_job = forms.IntegerField(
        label="Honeypots in each job",
        required=False,
        min_value=1,
        max_value=MOST_FRAMES,
        help_text="How many of these frames are hidden among those of each job, as copies. The "
        "frames of the task are in a random order then.",
    )
    deleted_frames = deleted_frames_field()
    replacement = forms.TypedChoiceField(
        label="Pictures of yours in place of these",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="Such as with blurred faces. Each takes the place of the one of its name, and "
        "must have the same size in pixels.",
        error_messages={"invalid_choice": "You have no such upload any more."},
    )
    unreplaced_frames = forms.ChoiceField(
        label="Frames without a picture of yours",
        required=False,
        choices=[("", "Make no task, and name them"), *UNREPLACED_FRAMES],
    )

    def __init__(
        self,
        check: NewTaskCheck,
        *args: Any,
        uploads: Iterable[Upload] = (),
        matching: Page[Project] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._matching = matching
        cast(Any, self.fields["replacement"]).choices = replacement_choices(uploads)
        self._members = {member.username: member.id for member in check.place.members}
        if not check.deleted.count:
            del self.fields["deleted_frames"]
        if check.projects_count <= FEW_PROJECTS:
            del self.fields["find_project"]
        for name in ("job_assignees", "reviewers"):
            cast(UserNamesField, self.fields[name]).members = self._members
        project, assignee = cast(Any, self.fields["project"]), cast(Any, self.fields["assignee"])
        labels = list(dict.fromkeys(name for each in check.label_sets for name in each.names))
        self._labels = labels
        cast(Any, self.fields["without_labels"]).choices = [(name, name) for name in labels]
        self._is_per_label_set = check.labels is None
        none = (
            f"None: a task for each of the {len(check.label_sets)} sets of labels"
            if self._is_per_label_set
            else "None: the labels of the tasks"
        )
        first = () if matching is None else matching.results
        listed = filter(None, (check.project, check.place.project, *first, *check.projects))
        names = {each.id: f"{each.name} (#{each.id}): its labels" for each in listed}
        project.choices = [("", none), *names.items()]
        assignee.choices = [("", "Nobody"), *((n, name) for name, n in self._members.items())]

    def fill(self, options: NewTaskOptions) -> None:
        """Fill it with what an earlier task was made with, as far as it can be chosen still."""
        names = {number: name for name, number in self._members.items()}
        remaining = options.labels or self._labels
        values: dict[str, Any] = {
            "name": options.name,
            "project": options.project_id,
            "new_project": options.new_project,
            "without_labels": [name for name in self._labels if name not in remaining],
            "label_schema": json.dumps(options.label_schema) if options.label_schema else "",
            "subset": options.subset,
            "frames_per_job": options.frames_per_job or None,
            "quality": options.quality,
            "overlap": options.overlap or None,
            "image_quality": options.image_quality,
            "consensus_replicas": options.consensus_replicas or None,
            "with_annotations": options.with_annotations,
            "assignee": options.assignee_id,
            "job_assignees": _listed(options.job_assignee_ids, names),
            "reviewers": _listed(options.reviewer_ids, names),
            "ground_truth_count": options.ground_truth_count or None,
            "honeypots_per_job": options.honeypots_per_job or None,
            "deleted_frames": options.deleted_frames,
            "replacement": options.replacement_upload_id,
            "unreplaced_frames": options.unreplaced_frames,
        }
        self.initial.update(values)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        matching = self._matching
        if given.get("project") is None and matching is not None:
            if matching.count == 1:
                given["project"] = matching.results[0].id
            else:
                self.add_error("find_project", _unclear(matching.count))
        return given

    def clean_without_labels(self) -> tuple[str, ...]:
        """The names of the labels that remain; () for all."""
        without = self.cleaned_data["without_labels"]
        remaining = tuple(name for name in self._labels if name not in without)
        if without and not remaining:
            raise forms.ValidationError("Leave the task at least one label.")
        return remaining if without else ()

    def clean_label_schema(self) -> tuple[dict[str, Any], ...]:
        text = self.cleaned_data["label_schema"]
        try:
            return parsed(text) if text else ()
        except BadSchema as error:
            raise forms.ValidationError(str(error)) from None

    def options(self) -> NewTaskOptions:
        given = self.cleaned_data
        project_id = given["project"]
        has_labels = project_id is not None or bool(given["label_schema"])
        return NewTaskOptions(
            name=given["name"],
            project_id=project_id,
            per_label_set=self._is_per_label_set and not has_labels,
            subset=given["subset"],
            frames_per_job=given["frames_per_job"] or 0,
            quality=given["quality"] or ORIGINAL,
            overlap=given["overlap"] or 0,
            image_quality=given["image_quality"],
            consensus_replicas=given["consensus_replicas"] or 0,
            with_annotations=given["with_annotations"],
            assignee_id=given["assignee"],
            job_assignee_ids=given["job_assignees"],
            reviewer_ids=given["reviewers"],
            ground_truth_count=given["ground_truth_count"] or 0,
            honeypots_per_job=given["honeypots_per_job"] or 0,
            labels=given["without_labels"],
            new_project=given["new_project"],
            label_schema=given["label_schema"],
            deleted_frames=given.get("deleted_frames", ""),
            replacement_upload_id=given["replacement"],
            unreplaced_frames=given["unreplaced_frames"] if given["replacement"] else "",
        )


def replacement_choices(uploads: Iterable[Upload]) -> list[tuple[int | str, str]]:
    """Values and texts of the choice whose pictures replace those of the frames."""
    own = [(each.pk, f"{each.name} ({size_in_words(each.size)})") for each in uploads]
    return [("", "None: as CVAT serves them"), *own]


def _listed(numbers: Iterable[int], names: Mapping[int, str]) -> str:
    return ", ".join(names[number] for number in numbers if number in names)


def _unclear(count: int) -> str:
    if not count:
        return "CVAT shows your account no such project. Find another one, or clear this field."
    return f"{count:,} projects fit. Choose one of them below, or clear this field."
