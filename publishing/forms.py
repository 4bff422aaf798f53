"""What people type to publish a selection."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from django import forms

from publishing.change import DELETED_FRAMES
from publishing.ground_truth import GroundTruthOptions
from publishing.issues import STAGES, IssueOptions
from publishing.new_task import MOST_ASSIGNEES
from publishing.services import GroundTruthCheck, HandOverCheck, IssuesCheck
from publishing.writing_back import ADD, KEEP, LEAVE_OUT, PLACES, WriteBackOptions
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


def deleted_frames_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Frames that were deleted in CVAT",
        choices=[("", "Choose …"), *DELETED_FRAMES],
        error_messages={"required": "Choose what becomes of the deleted frames."},
    )


class UserNamesField(forms.CharField):
    """Names of users of CVAT, separated by commas, among `members`; their ids."""

    members: Mapping[str, int] = MappingProxyType({})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=10_000, **kwargs)

    def clean(self, value: Any) -> Any:
        names = [name for each in super().clean(value).split(",") if (name := each.strip())]
        if len(names) > MOST_ASSIGNEES:
            raise forms.ValidationError(f"At most {MOST_ASSIGNEES} names can be given.")
        for name in names:
            if name not in self.members:
                known = ", ".join(list(self.members)[:20])
                raise forms.ValidationError(
                    f"“{name}” can get no job here. Those who can: {known or 'nobody'}."
                )
        return tuple(self.members[name] for name in names)


class ReviewersForm(forms.Form):
    """Who reviews the completed jobs of a publication."""

    reviewers = UserNamesField(
        label="Reviewers",
        help_text="User names, separated by commas: the first one gets the first job, and so on; "
        "the last one gets all jobs that remain.",
    )

    def __init__(self, check: HandOverCheck, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {member.id: member.username for member in check.members}
        given = [names[number] for number in check.reviewer_ids if number in names]
        field = cast(UserNamesField, self.fields["reviewers"])
        field.members, field.initial = {name: n for n, name in names.items()}, ", ".join(given)


class GroundTruthForm(forms.Form):
    """What has to be decided before a ground-truth job is made. It asks about deleted frames and
    about the job that the task has only where there are such."""

    assignee = forms.TypedChoiceField(
        label="Assign it to", required=False, coerce=int, empty_value=None
    )
    deleted_frames = deleted_frames_field()
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
