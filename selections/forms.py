"""What people say about selections: which to list, what to call one, how to build."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q

from selections.models import Archive, Selection, SelectionQuerySet


class ListForm(forms.Form):
    """Search, filter and order of the list. What makes no sense counts as not given."""

    ORDERS = {
        "newest": ("-created_at", "-id"),
        "oldest": ("created_at", "id"),
        "name": ("name", "id"),
        "frames": ("-frames_count", "-id"),
    }

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
    method = forms.ChoiceField(
        label="Picked", required=False, choices=[("", "In any way"), *Selection.Method.choices]
    )
    order = forms.ChoiceField(
        label="Order",
        required=False,
        choices=[
            ("newest", "Newest first"),
            ("oldest", "Oldest first"),
            ("name", "By name"),
            ("frames", "Most frames first"),
        ],
    )

    def applied_to(self, visible: SelectionQuerySet, user_id: int) -> SelectionQuerySet:
        self.is_valid()
        given = self.cleaned_data
        if words := given.get("search"):
            found = Q(name__icontains=words) | Q(note__icontains=words)
            found |= Q(tasks__icontains=words) | Q(owner__username__iexact=words)
            visible = visible.filter(found)
        if given.get("whose") == "mine":
            visible = visible.filter(owner_id=user_id)
        elif given.get("whose") == "shared":
            visible = visible.exclude(owner_id=user_id)
        if method := given.get("method"):
            visible = visible.filter(frame_selection_method=method)
        return visible.order_by(*self.ORDERS[given.get("order") or "newest"])

    @property
    def narrows(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("search", "whose", "method"))


class DescribeForm(forms.Form):
    name = forms.CharField(label="Name", max_length=200)
    note = forms.CharField(
        label="Note", max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class BuildForm(forms.Form):
    quality = forms.ChoiceField(
        label="Files",
        required=False,
        choices=[
            (Archive.Quality.ORIGINAL, "Original files, byte for byte"),
            (Archive.Quality.COMPRESSED, "Compressed by CVAT (smaller JPEGs)"),
        ],
    )

    part_size = forms.TypedChoiceField(
        label="Split into",
        required=False,
        coerce=int,
        choices=[
            (0, "One ZIP, whatever its size"),
            *(
                (gigabytes * 10**9, f"ZIPs of at most {gigabytes} GB")
                for gigabytes in (1, 2, 4, 10)
            ),
        ],
    )
    video_format = forms.ChoiceField(
        label="Video frames as",
        required=False,
        choices=[
            (Archive.VideoFormat.PNG, "PNG, nothing lost"),
            (Archive.VideoFormat.JPEG, "JPEG"),
        ],
    )

    def options(self) -> dict[str, Any]:
        """What was chosen; the rest is for the service to say."""
        return {name: value for name, value in self.cleaned_data.items() if value}
