"""The admin site of selections and their frames."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.models import User
from django.db.models import Count, Exists, F, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from portal.admin import DeletesInBulk, MachineOwned, TabularInline
from portal.exceptions import Explained
from selections import frame_list, services
from selections.models import Archive, SelectedFrame, Selection, SelectionQuerySet, Share


def link(address: str, text: Any) -> str:
    return format_html('<a href="{}">{}</a>', address, text)


def to_selection(selection: Selection) -> str:
    return link(reverse("admin:selections_selection_change", args=[selection.pk]), selection)


HOW_MADE = [
    "url",
    "organization",
    "tasks_named",
    "frame_selection_method",
    "draw",
    "frames",
    "archives",
    "created_at",
    "updated_at",
]


class HandOverForm(ActionForm):
    heir = forms.ModelChoiceField(
        label="New owner:",
        queryset=User.objects.filter(is_active=True).order_by("username"),
        required=False,
    )


class SelectionForm(forms.ModelForm):  # type: ignore[type-arg]  # has none when it runs
    hand_over_to = forms.ModelChoiceField(
        queryset=User.objects.filter(is_active=True).order_by("username"),
        required=False,
        help_text="Makes this person the owner. Leave it empty to change nothing.",
    )


class SharesInline(TabularInline):
    """The people and teams that the selection is shared with."""

    model = Share
    extra = 0
    autocomplete_fields = ["person", "team"]


@admin.register(Selection)
class SelectionAdmin(DeletesInBulk):
    actions = ["export_frames", "hand_over"]
    action_form = HandOverForm
    inlines = [SharesInline]
    form = SelectionForm
    date_hierarchy = "created_at"
    list_display = [
        "name",
        "owner",
        "tasks_listed",
        "frame_selection_method",
        "visibility",
        "frames",
        "archives",
        "created_at",
        "page",
    ]
    list_filter = [
        "frame_selection_method",
        "visibility",
        ("owner", admin.RelatedOnlyFieldListFilter),
        "is_temporary",
        "url",
    ]
    list_select_related = ["owner"]
    search_fields = ["name", "note", "owner__username", "url"]
    view_on_site = False
    fields = [
        "page",
        "owner",
        "hand_over_to",
        "name",
        "note",
        "visibility",
        "hides_names",
        *HOW_MADE,
    ]
    readonly_fields = ["page", "owner", *HOW_MADE]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # frames come from CVAT, which only the pages ask

    def get_queryset(self, request: HttpRequest) -> QuerySet[Selection]:
        seen = Selection.objects.for_user(request.user).filter(pk=OuterRef("pk"))
        archives = (
            Archive.objects.filter(selection=OuterRef("pk"))
            .order_by()
            .values("selection")
            .annotate(n=Count("pk"))
            .values("n")
        )
        selections: SelectionQuerySet = Selection.objects.present().with_counts().with_tasks()
        return selections.annotate(
            archives_count=Coalesce(Subquery(archives), 0), is_seen=Exists(seen)
        )

    def save_model(
        self, request: HttpRequest, obj: Any, form: forms.ModelForm[Any], change: bool
    ) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        heir = changes.pop("hand_over_to", None)
        if changes:
            services.update_selection(selection=obj, **changes)
        if heir is not None:
            services.hand_over(selections=[obj], to=heir)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.instance.is_temporary and form.instance.shares.exists():
            services.update_selection(selection=form.instance)  # a listed one from now on

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        services.delete_selection(selection=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for selection in queryset:
            services.delete_selection(selection=selection)

    def below(self, rows: list[Any]) -> dict[type[Model], int]:
        return {
            SelectedFrame: SelectedFrame.objects.filter(selection__in=rows).count(),
            # Those of other people stay with these.
            Archive: Archive.objects.filter(
                selection__in=rows, requested_by=F("selection__owner")
            ).count(),
        }

    @admin.display(description="tasks")
    def tasks_named(self, selection: Selection) -> str:
        return ", ".join(f"{task.task_id} {task.name}" for task in selection.task_list)

    @admin.display(description="tasks")
    def tasks_listed(self, selection: Selection) -> str:
        """The first task, and how many more there are."""
        first, *more = [f"{task.task_id} {task.name}" for task in selection.task_list] or [""]
        return f"{first} and {len(more)} more" if more else first

    @admin.display(description="frames", ordering="frames_count")
    def frames(self, selection: Any) -> str:
        address = reverse("admin:selections_selectedframe_changelist")
        return link(f"{address}?selection__id__exact={selection.pk}", selection.frames_count)

    @admin.display(description="archives", ordering="archives_count")
    def archives(self, selection: Any) -> str:
        address = reverse("admin:selections_archive_changelist")
        return link(f"{address}?selection__id__exact={selection.pk}", selection.archives_count)

    @admin.display(description="page in the portal")
    def page(self, selection: Any) -> str:
        """Only where it is not a 404: an administrator sees no more pages than others."""
        return link(selection.get_absolute_url(), "open") if selection.is_seen else "private"

    @admin.action(description="Hand over to the new owner chosen beside", permissions=["change"])
    def hand_over(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        heir = User.objects.filter(pk=request.POST.get("heir") or 0).first()
        if heir is None:
            self.message_user(request, "Choose the new owner beside the action.", messages.ERROR)
            return
        try:
            count = services.hand_over(selections=queryset, to=heir)
        except Explained as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        several = "s" if count != 1 else ""
        self.message_user(request, f"{count} selection{several} handed over to {heir}.")

    @admin.action(description="Export the frame list as CSV", permissions=["view"])
    def export_frames(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
        chosen = Selection.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)))
        now = timezone.localtime()
        return StreamingHttpResponse(
            frame_list.lines(chosen),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="frames_{now:%Y%m%d_%H%M%S}.csv"'
            },
        )


@admin.register(SelectedFrame)
class SelectedFrameAdmin(MachineOwned):
    list_display = ["filename_or_frame", "of_selection", "task_id", "job_id", "frame", "size"]
    list_display_links = None
    list_filter = ["selection__frame_selection_method"]
    list_select_related = ["selection"]
    list_per_page = 50
    ordering = ["-pk"]
    search_fields = ["filename", "=task_id", "=job_id", "=frame"]
    search_help_text = "Part of a name, or the number of a task, a job or a frame"
    show_full_result_count = False  # counting millions of frames twice for one page

    def get_queryset(self, request: HttpRequest) -> QuerySet[SelectedFrame]:
        frames: QuerySet[SelectedFrame] = super().get_queryset(request)
        return frames.filter(selection__deleted_at__isnull=True)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """With its owner or selection only: a draw with a frame less could not be drawn again."""
        return False

    @admin.display(description="file", ordering="filename")
    def filename_or_frame(self, frame: SelectedFrame) -> str:
        return frame.filename or f"frame {frame.frame:06d}"

    @admin.display(description="selection", ordering="selection")
    def of_selection(self, frame: SelectedFrame) -> str:
        return to_selection(frame.selection)

    @admin.display(description="size")
    def size(self, frame: SelectedFrame) -> str:
        return f"{frame.width} × {frame.height}"
