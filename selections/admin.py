"""The admin site of selections, frames and archives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Exists, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from selections import services
from selections.formats import frame_list
from selections.models import Archive, SelectedFrame, Selection, SelectionQuerySet
from selector.admin import DeletesInBulk, MachineOwned, YesNoFilter
from selector.exceptions import Explained, NotFound


def link(address: str, text: Any) -> str:
    return format_html('<a href="{}">{}</a>', address, text)


def to_selection(selection: Selection) -> str:
    return link(reverse("admin:selections_selection_change", args=[selection.pk]), selection)


@admin.register(Selection)
class SelectionAdmin(DeletesInBulk):
    actions = ["export_frames"]
    date_hierarchy = "created_at"
    list_display = [
        "name",
        "owner",
        "tasks_named",
        "frame_selection_method",
        "visibility",
        "frames",
        "archives",
        "created_at",
        "page",
    ]
    list_filter = ["frame_selection_method", "visibility", "url"]
    list_select_related = ["owner"]
    search_fields = ["name", "note", "owner__username", "url"]
    view_on_site = False
    fields = [
        "page",
        "owner",
        "name",
        "note",
        "visibility",
        "url",
        "organization",
        "tasks_named",
        "frame_selection_method",
        "parameters",
        "random_seed",
        "frames",
        "archives",
        "created_at",
        "updated_at",
    ]
    readonly_fields = [
        "page",
        "owner",
        "url",
        "organization",
        "tasks_named",
        "frame_selection_method",
        "parameters",
        "random_seed",
        "frames",
        "archives",
        "created_at",
        "updated_at",
    ]

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
        found: SelectionQuerySet = Selection.objects.left().with_counts()
        return found.annotate(archives_count=Coalesce(Subquery(archives), 0), is_seen=Exists(seen))

    def save_model(
        self, request: HttpRequest, obj: Any, form: forms.ModelForm[Any], change: bool
    ) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        services.update_selection(selection=obj, **changes)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        services.delete_selection(selection=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for selection in queryset:
            services.delete_selection(selection=selection)

    def below(self, rows: list[Any]) -> dict[str, int]:
        return super().below(rows) | {
            "frames": SelectedFrame.objects.filter(selection__in=rows).count(),
            "archives": Archive.objects.filter(selection__in=rows).count(),
        }

    @admin.display(description="tasks")
    def tasks_named(self, selection: Selection) -> str:
        return ", ".join(f"{task['id']} {task['name']}" for task in selection.tasks)

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
        found: QuerySet[SelectedFrame] = super().get_queryset(request)
        return found.filter(selection__deleted_at__isnull=True)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """With its owner or selection only: a draw with a frame less could not be drawn again."""
        match = request.resolver_match
        is_own_page = match is None or "selectedframe" in (match.url_name or "")
        return not is_own_page and super().has_delete_permission(request, obj)

    @admin.display(description="file", ordering="filename")
    def filename_or_frame(self, frame: SelectedFrame) -> str:
        return frame.filename or f"frame {frame.frame:06d}"

    @admin.display(description="selection", ordering="selection")
    def of_selection(self, frame: SelectedFrame) -> str:
        return to_selection(frame.selection)

    @admin.display(description="size")
    def size(self, frame: SelectedFrame) -> str:
        return f"{frame.width} × {frame.height}"


class HasProblems(YesNoFilter):
    title = "frames missing"
    parameter_name = "problems"

    def chosen(self, queryset: QuerySet[Any], *, is_yes: bool) -> QuerySet[Any]:
        return queryset.exclude(problems=[]) if is_yes else queryset.filter(problems=[])


@admin.register(Archive)
class ArchiveAdmin(DeletesInBulk, MachineOwned):
    actions = ["build_again", "cancel"]
    date_hierarchy = "created_at"
    list_display = [
        "download_name",
        "status",
        "progress",
        "requested_by",
        "of_selection",
        "megabytes",
        "page",
        "finished_at",
    ]
    list_filter = ["status", HasProblems, "connection__url"]
    list_select_related = ["selection", "requested_by"]
    search_fields = ["selection__name", "requested_by__username", "error", "parts__sha256"]
    fields = [
        "page",
        "of_selection",
        "requested_by",
        "connection",
        "continues",
        "options",
        "status",
        "error",
        "progress",
        "problems",
        "megabytes",
        "files",
        "created_at",
        "enqueued_at",
        "started_at",
        "heartbeat_at",
        "finished_at",
        "expires_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Archive]:
        seen = Archive.objects.for_user(request.user).filter(pk=OuterRef("pk"))
        found: QuerySet[Archive] = super().get_queryset(request)
        left = found.filter(selection__deleted_at__isnull=True)
        return left.annotate(is_seen=Exists(seen))

    def has_build_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("selections.add_archive")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("selections.change_archive")

    @admin.display(description="selection", ordering="selection")
    def of_selection(self, archive: Archive) -> str:
        return to_selection(archive.selection)

    @admin.display(description="frames")
    def progress(self, archive: Archive) -> str:
        return f"{archive.frames_done:,} of {archive.frames_total:,}"

    @admin.display(description="size", ordering="size")
    def megabytes(self, archive: Archive) -> str:
        return filesizeformat(archive.size) if archive.size else "–"

    @admin.display(description="files")
    def files(self, archive: Archive) -> str:
        named = [f"{part.download_name} (SHA-256 {part.sha256})" for part in archive.parts.all()]
        return ", ".join(named) or "none"

    @admin.display(description="page in the portal")
    def page(self, archive: Any) -> str:
        """Of one's own: an archive belongs to who built it."""
        return link(archive.get_absolute_url(), "open") if archive.is_seen else "private"

    @admin.action(description="Build again, for the same person", permissions=["build"])
    def build_again(self, request: HttpRequest, queryset: QuerySet[Archive]) -> None:
        def again(archive: Archive) -> str:
            user = archive.requested_by
            if not Selection.objects.for_user(user).filter(pk=archive.selection_id).exists():
                raise NotFound(f"{user} may not see “{archive.selection}” any more.")
            made = services.retry_archive(user=user, archive=archive)
            return f"archive {made.pk} is {made.get_status_display()} for {user}."

        self._each(request, queryset, again)

    @admin.action(description="Cancel what waits or is being built", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Archive]) -> None:
        def give_up(archive: Archive) -> str:
            services.cancel_archive(archive=archive)
            return "cancelled."

        self._each(request, queryset, give_up)

    def _each(
        self, request: HttpRequest, queryset: QuerySet[Archive], do: Callable[[Archive], str]
    ) -> None:
        """The outcome of every row, for one that fails says nothing about the next."""
        for archive in queryset:
            try:
                outcome, level = do(archive), messages.SUCCESS
            except Explained as error:
                outcome, level = str(error), messages.ERROR
            self.message_user(request, f"Archive {archive.pk}: {outcome}", level)
