"""What people type to publish a selection."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from cvat.links import MAX_ID
from cvat.types import LONGEST_SUBSET
from publishing.change import DELETED_FRAMES
from publishing.ground_truth import GroundTruthOptions
from publishing.issues import STAGES, IssueOptions
from publishing.label_schema import LONGEST_SCHEMA, BadSchema, parsed
from publishing.new_task import (
    LEAST_REPLICAS,
    LONGEST_NAME,
    MOST_ASSIGNEES,
    MOST_FRAMES,
    MOST_REPLICAS,
    ORIGINAL,
    NewTaskOptions,
)
from publishing.services import GroundTruthCheck, IssuesCheck, NewTaskCheck
from publishing.writing_back import ADD, KEEP, LEAVE_OUT, PLACES, WriteBackOptions
from selections.build_form import QUALITY_CHOICES
from selector.models import Connection


class PermissionForm(forms.Form):
    """The access that may write, of the account of a connection."""

    password = forms.CharField(
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    access_token = forms.CharField(
        label="Access token that may write, instead of the password",
        max_length=500,
        required=False,
        help_text="Made by you in CVAT, under Profile → Security, with “Read only” switched off.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, connection: Connection, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = f"Password of {connection.username} in CVAT"


class WithdrawForm(forms.Form):
    password = forms.CharField(
        label="Password in CVAT, to revoke the access token there too",
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


def _deleted_frames() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Frames that were deleted in CVAT",
        choices=[("", "Choose …"), *DELETED_FRAMES],
        error_messages={"required": "Choose what becomes of the deleted frames."},
    )


class GroundTruthForm(forms.Form):
    """What has to be decided before a ground-truth job is made. It asks about deleted frames and
    about the job that the task has only where there are such."""

    assignee = forms.TypedChoiceField(
        label="Assign it to", required=False, coerce=int, empty_value=None
    )
    deleted_frames = _deleted_frames()
    # The job that the person was shown: another one must not be deleted in its place.
    existing = forms.IntegerField(widget=forms.HiddenInput())
    replace = forms.BooleanField(
        error_messages={"required": "The task can have one ground-truth job. Check this, or stop."}
    )

    def __init__(self, check: GroundTruthCheck, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assignee: Any = self.fields["assignee"]
        assignee.choices = [
            ("", "Nobody"),
            *((member.id, member.username) for member in check.members),
        ]
        if not check.deleted:
            del self.fields["deleted_frames"]
        if check.existing is None:
            del self.fields["existing"], self.fields["replace"]
        else:
            self.fields["existing"].initial = check.existing.id
            self.fields[
                "replace"
            ].label = f"Delete ground-truth job {check.existing.id} and all annotations in it"

    def options(self) -> GroundTruthOptions:
        given = self.cleaned_data
        return GroundTruthOptions(
            assignee_id=given["assignee"],
            deleted_frames=given.get("deleted_frames", ""),
            replace_job=given["existing"] if given.get("replace") else None,
        )


class WriteBackForm(forms.Form):
    """How results come into the tasks of their frames."""

    place = forms.ChoiceField(label="In the tasks of the frames", choices=PLACES, initial=ADD)
    unmatched = forms.BooleanField(
        label="Leave out objects and attributes that the tasks cannot take", required=False
    )
    tracks = forms.BooleanField(
        label="Leave tracks as they are, also where the results differ", required=False
    )
    # Of the comparison that the person was shown.
    fingerprint = forms.CharField(max_length=64, widget=forms.HiddenInput())

    def options(self, publication_id: int) -> WriteBackOptions:
        given = self.cleaned_data
        return WriteBackOptions(
            publication_id=publication_id,
            place=given["place"],
            unmatched=LEAVE_OUT if given["unmatched"] else "",
            tracks=KEEP if given["tracks"] else "",
            fingerprint=given["fingerprint"],
        )


class NewTaskForm(forms.Form):
    """What a new task is made with. It asks about deleted frames and about the project only where
    there are such."""

    name = forms.CharField(label="Name of the task", max_length=LONGEST_NAME)
    project = forms.TypedChoiceField(label="Project", required=False, coerce=int, empty_value=None)
    other_project = forms.IntegerField(
        label="Number of a project that is not listed",
        required=False,
        min_value=1,
        max_value=MAX_ID,
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
        label="Labels of its own, as JSON",
        required=False,
        max_length=LONGEST_SCHEMA,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text="In the form of CVAT’s tab Raw: names, types, attributes, skeletons. Instead of "
        "the labels of the tasks or of a project.",
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
    job_assignees = forms.CharField(
        label="Assign its jobs to",
        required=False,
        max_length=10_000,
        help_text="User names, separated by commas. The jobs get them in turn; when there are more "
        "jobs than names, the last one gets the others. Of a job with replicas these are given.",
    )
    deleted_frames = _deleted_frames()

    def __init__(self, check: NewTaskCheck, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._members = {member.username: member.id for member in check.place.members}
        if not check.deleted.count:
            del self.fields["deleted_frames"]
        if check.projects_count <= len(check.projects):
            del self.fields["other_project"]
        project, assignee = cast(Any, self.fields["project"]), cast(Any, self.fields["assignee"])
        names = list(dict.fromkeys(name for each in check.label_sets for name in each.names))
        self._labels = names
        cast(Any, self.fields["without_labels"]).choices = [(name, name) for name in names]
        self._is_per_label_set = check.labels is None
        none = (
            f"None: a task for each of the {len(check.label_sets)} sets of labels"
            if self._is_per_label_set
            else "None: the labels of the tasks"
        )
        own = check.project
        others = [each for each in check.projects if own is None or each.id != own.id]
        listed = [*([] if own is None else [own]), *others]
        project.choices = [("", none), *((each.id, f"{each.name}: its labels") for each in listed)]
        assignee.choices = [("", "Nobody"), *((n, name) for name, n in self._members.items())]

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

    def clean_job_assignees(self) -> tuple[int, ...]:
        names = [name.strip() for name in self.cleaned_data["job_assignees"].split(",")]
        names = [name for name in names if name]
        if len(names) > MOST_ASSIGNEES:
            raise forms.ValidationError(f"At most {MOST_ASSIGNEES} names can be given.")
        for name in names:
            if name not in self._members:
                known = ", ".join(list(self._members)[:20])
                raise forms.ValidationError(
                    f"“{name}” can get no job here. Those who can: {known or 'nobody'}."
                )
        return tuple(self._members[name] for name in names)

    def options(self) -> NewTaskOptions:
        given = self.cleaned_data
        project_id = given.get("other_project") or given["project"]
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
            labels=given["without_labels"],
            new_project=given["new_project"],
            label_schema=given["label_schema"],
            deleted_frames=given.get("deleted_frames", ""),
        )


class IssuesForm(forms.Form):
    """What becomes of the jobs of faulty frames, beside the issues."""

    reject_jobs = forms.BooleanField(required=False)
    job_stage = forms.ChoiceField(
        label="Their stage",
        required=False,
        choices=[("", "As it is"), *((stage, stage.capitalize()) for stage in STAGES)],
        help_text="Of the jobs that are rejected.",
    )

    def __init__(self, check: IssuesCheck, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        count = len(check.jobs)
        jobs = "the job" if count == 1 else f"the {count:,} jobs"
        self.fields["reject_jobs"].label = f"Set {jobs} of these frames to rejected"

    def options(self) -> IssueOptions:
        return IssueOptions(**self.cleaned_data)
