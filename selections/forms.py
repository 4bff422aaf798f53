"""Forms of the pages of selections: filter, describe, share, show frames."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.timezone import make_aware

from cvat.links import MAX_ID
from cvat.types import Place
from portal.exceptions import InvalidInput
from portal.models import Team
from selections import methods
from selections.models import (
    FrameMark,
    SelectedFrame,
    SelectedTask,
    Selection,
    SelectionQuerySet,
)
from selections.models.selected import FIRST_REVISION, LAST_REVISION
from selections.sampling import MAX_SEED

LONG_AGO, FAR_AHEAD = date(2000, 1, 1), date(2100, 1, 1)


def _method_choices() -> list[tuple[str, str]]:
    return [("", "In any way"), *methods.choices()]


def _day_field(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        validators=[MinValueValidator(LONG_AGO), MaxValueValidator(FAR_AHEAD)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class ListForm(forms.Form):
    """Search, filter and order of the list. Invalid values are ignored."""

    ORDERS = {
        "newest": ("-created_at", "-id"),
        "oldest": ("created_at", "id"),
        "changed": ("-updated_at", "-id"),
        "name": ("name", "id"),
        "name-down": ("-name", "-id"),
        "frames": ("-frames_count", "-id"),
        "frames-up": ("frames_count", "id"),
    }
    ALWAYS_SHOWN = ("search", "whose", "order")

    search = forms.CharField(
        label="Search",
        required=False,
        max_length=200,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": "Name, note, task or its number"}
        ),
    )
    whose = forms.ChoiceField(
        label="Whose",
        required=False,
        choices=[("", "Mine and shared"), ("mine", "Mine"), ("shared", "Shared by others")],
    )
    order = forms.ChoiceField(
        label="Order",
        required=False,
        choices=[
            ("newest", "Newest first"),
            ("oldest", "Oldest first"),
            ("changed", "Last changed first"),
            ("name", "Name, A to Z"),
            ("name-down", "Name, Z to A"),
            ("frames", "Most frames first"),
            ("frames-up", "Fewest frames first"),
        ],
    )
    task = forms.CharField(
        label="Task",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "Number or name"}),
    )
    owner = forms.ChoiceField(label="Owner", required=False)
    method = forms.ChoiceField(label="Picked", required=False, choices=_method_choices)
    visibility = forms.ChoiceField(
        label="Shared",
        required=False,
        choices=[("", "Shared or not"), ("shared", "Shared"), ("private", "Private")],
    )
    since = _day_field("Made from")
    until = _day_field("Made until")

    def __init__(self, data: Any, *, owners: list[str]) -> None:
        super().__init__(data)
        owner: Any = self.fields["owner"]
        owner.choices = [("", "Anyone"), *((name, name) for name in owners)]

    def applied_to(self, visible: SelectionQuerySet, user_id: int) -> SelectionQuerySet:
        self.is_valid()
        given = self.cleaned_data
        if words := given.get("search"):
            about = Q(name__icontains=words) | Q(note__icontains=words) | _about_task(words)
            # As ids: a join would look up the owner of each selection.
            owners = User.objects.filter(username__iexact=words)
            visible = visible.filter(about | Q(owner_id__in=owners.values("pk")))
        if given.get("whose") == "mine":
            visible = visible.filter(owner_id=user_id)
        elif given.get("whose") == "shared":
            visible = visible.exclude(owner_id=user_id)
        if task := given.get("task"):
            visible = visible.filter(_about_task(task))
        if owner := given.get("owner"):
            visible = visible.filter(owner__username=owner)
        if method := given.get("method"):
            visible = visible.filter(frame_selection_method=method)
        if given.get("visibility") == "shared":
            visible = visible.shared()
        elif given.get("visibility") == "private":
            visible = visible.exclude(pk__in=visible.shared().values("pk"))
        return self._ordered(self._made_between(visible))

    def _made_between(self, visible: SelectionQuerySet) -> SelectionQuerySet:
        """Both days included, in the time zone of the page."""
        if since := self.cleaned_data.get("since"):
            start = make_aware(datetime.combine(since, time.min))
            visible = visible.filter(created_at__gte=start)
        if until := self.cleaned_data.get("until"):
            end = make_aware(datetime.combine(until, time.max))
            visible = visible.filter(created_at__lte=end)
        return visible

    def _ordered(self, visible: SelectionQuerySet) -> SelectionQuerySet:
        order = self.ORDERS[self.cleaned_data.get("order") or "newest"]
        counted = "frames_count" in order[0]
        return (visible.with_counts() if counted else visible).order_by(*order)

    @property
    def narrows(self) -> bool:
        return any(value for name, value in self.cleaned_data.items() if name != "order")

    @property
    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in self.ALWAYS_SHOWN]

    @property
    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.ALWAYS_SHOWN]

    @property
    def uses_more(self) -> bool:
        return any(self.data.get(field.name) for field in self.more)


def _about_task(words: str) -> Q:
    """With frames of a task that has this number ("12", "#12"), or these words in its name, if
    that may be seen. The tasks are searched once: to look up those of each selection takes a
    database longer."""
    number = words.strip().removeprefix("#")
    tasks = SelectedTask.objects.order_by().values("selection_id")
    about = Q(pk__in=tasks.filter(name__icontains=words.strip()), names_hidden=False)
    if number.isdecimal() and number.isascii() and int(number) <= MAX_ID:
        about |= Q(pk__in=tasks.filter(task_id=int(number)))
    return about


class FramesForm(forms.Form):
    """How to show the frames of a selection, of which job, and of which revision."""

    view = forms.ChoiceField(required=False, choices=[("grid", "Pictures"), ("list", "List")])
    job = forms.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    mark = forms.ChoiceField(
        required=False, choices=[("any", "marked"), *FrameMark.Verdict.choices]
    )
    revision = forms.IntegerField(required=False, min_value=FIRST_REVISION, max_value=LAST_REVISION)
    # Of the revision: what it added to the one before, or removed from it.
    change = forms.ChoiceField(required=False, choices=[("added", "added"), ("removed", "removed")])
    edit = forms.BooleanField(required=False)  # with check boxes, to remove frames

    def __init__(self, data: Any, *, has_pictures: bool) -> None:
        super().__init__(data)
        self.has_pictures = has_pictures
        self.is_valid()  # what is not valid is ignored

    def applied_to(self, frames: QuerySet[SelectedFrame]) -> QuerySet[SelectedFrame]:
        """The frames of the job, or with such marks, by task and number, which has an index."""
        if self.marked:
            marks = FrameMark.objects.filter(
                selection=OuterRef("selection"),
                task_id=OuterRef("task_id"),
                frame=OuterRef("frame"),
            )
            if self.marked != "any":
                marks = marks.filter(verdict=self.marked)
            frames = frames.filter(Exists(marks))
        if self.job_id is not None:
            frames = frames.filter(job_id=self.job_id)
        return frames.order_by("task_id", "frame")

    @property
    def job_id(self) -> int | None:
        return self.cleaned_data.get("job")

    @property
    def marked(self) -> str:
        """The verdict of the frames to show, “any” for all marked frames, or ""."""
        return self.cleaned_data.get("mark") or ""

    @property
    def narrows(self) -> bool:
        """Whether some of the frames are not shown."""
        return self.job_id is not None or bool(self.marked)

    @property
    def revision_number(self) -> int | None:
        return self.cleaned_data.get("revision")

    @property
    def of_change(self) -> str:
        """“added”, “removed”, or "" for all frames of the revision."""
        return self.cleaned_data.get("change") or ""

    @property
    def is_editing(self) -> bool:
        return bool(self.cleaned_data.get("edit"))

    @property
    def as_grid(self) -> bool:
        """True unless the list was asked for, or there are no pictures to show."""
        return self.cleaned_data.get("view") != "list" and self.has_pictures


class FramesField(forms.Field):
    """Frames as the page writes them, "<task id>-<number>", as places."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[Place]:
        places = [re.fullmatch(r"([0-9]{1,18})-([0-9]{1,9})", each) for each in value or ()]
        if not places or not all(places):
            raise forms.ValidationError("Check at least one frame.")
        return [(int(each[1]), int(each[2])) for each in places if each]


class RemoveFramesForm(forms.Form):
    revision = forms.IntegerField(min_value=FIRST_REVISION, max_value=LAST_REVISION)
    frame = FramesField()


class GoBackForm(forms.Form):
    revision = forms.IntegerField(min_value=FIRST_REVISION, max_value=LAST_REVISION)
    to = forms.IntegerField(min_value=FIRST_REVISION, max_value=LAST_REVISION)


class DescribeForm(forms.Form):
    name = forms.CharField(label="Name", max_length=200)
    note = forms.CharField(
        label="Note",
        max_length=Selection.LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ShareForm(forms.Form):
    """With whom to share, and what they may do. The service checks person and team."""

    person = forms.CharField(
        label="User name",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "colleagues"}),
    )
    team = forms.TypedChoiceField(label="or team", required=False, coerce=int, empty_value=None)
    may = forms.ChoiceField(label="May", choices=[("read", "read"), ("edit", "read and edit")])

    def __init__(self, *args: Any, teams: Iterable[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team: Any = self.fields["team"]
        team.choices = [("", "–"), *((each.pk, each.name) for each in teams)]


class HandOverForm(forms.Form):
    to = forms.CharField(
        label="User name of the new owner",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "colleagues"}),
    )


class DrawAgainForm(forms.Form):
    seed = forms.CharField(required=False)  # "new" for another one
    random_seed = forms.IntegerField(required=False, min_value=0, max_value=MAX_SEED)


class SelectionsForm(forms.Form):
    """The ids of selections, which may be named several times, as check boxes do."""

    data: QueryDict

    def selection_ids(self) -> list[int]:
        """In the order given. Raises InvalidInput for what is no id."""
        given = self.data.getlist("selection")
        if not all(each.isascii() and each.isdecimal() and len(each) <= 16 for each in given):
            raise InvalidInput("A selection is named by its number, such as 12.")
        return [int(each) for each in given]


class CombineForm(SelectionsForm):
    operation = forms.ChoiceField(choices=Selection.Operation)
    name = forms.CharField(label="Name", max_length=200, required=False)

    def clean_operation(self) -> Selection.Operation:
        return Selection.Operation(self.cleaned_data["operation"])
