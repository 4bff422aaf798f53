"""The admin site of archives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join

from portal.admin import DeletesInBulk, MachineOwned, YesNoFilter
from portal.exceptions import Explained, NotFound
from portal.sizes import size_in_words
from selections import services
from selections.admin.selections import link, to_selection
from selections.models import Archive, Selection


class HasProblems(YesNoFilter):
    title = "frames missing"
    parameter_name = "problems"

    def chosen(self, queryset: QuerySet[Any], *, is_yes: bool) -> QuerySet[Any]:
        return (
            queryset.filter(problems_count__gt=0) if is_yes else queryset.filter(problems_count=0)
        )


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
    list_filter = [
        "status",
        HasProblems,
        ("requested_by", admin.RelatedOnlyFieldListFilter),
        "connection__url",
    ]
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
        "attempts",
        "missing",
        "megabytes",
        "files",
        "created_at",
        "enqueued_at",
        "started_at",
        "heartbeat_at",
        "deadline_at",
        "finished_at",
        "expires_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Archive]:
        seen = Archive.objects.for_user(request.user).filter(pk=OuterRef("pk"))
        archives: QuerySet[Archive] = super().get_queryset(request)
        owners_deleted = Q(selection__deleted_at__isnull=False, selection__owner=F("requested_by"))
        return archives.exclude(owners_deleted).annotate(is_seen=Exists(seen))

    def has_build_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("selections.add_archive")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("selections.change_archive")

    @admin.display(description="selection", ordering="selection")
    def of_selection(self, archive: Archive) -> str:
        selection = archive.selection
        if selection is None or selection.deleted_at is not None:
            return f"{archive.selection_name} (deleted)"
        return to_selection(selection)

    @admin.display(description="frames")
    def progress(self, archive: Archive) -> str:
        return f"{archive.frames_done:,} of {archive.frames_total:,}"

    @admin.display(description="frames missing")
    def missing(self, archive: Archive) -> str:
        """The missing frames, grouped by reason."""
        lines = (
            (group["reason"], f"{group['count']:,}", group["frames"])
            for group in archive.problem_groups
        )
        return format_html_join("", "<p>{}<br>{}: {}</p>", lines) or "none"

    @admin.display(description="size", ordering="size")
    def megabytes(self, archive: Archive) -> str:
        return size_in_words(archive.size) if archive.size else "–"

    @admin.display(description="files")
    def files(self, archive: Archive) -> str:
        named = [f"{part.download_name} (SHA-256 {part.sha256})" for part in archive.parts.all()]
        return ", ".join(named) or "none"

    @admin.display(description="page in the portal")
    def page(self, archive: Any) -> str:
        """A link to the page of an archive of one's own; others are private to who built them."""
        return link(archive.get_absolute_url(), "open") if archive.is_seen else "private"

    @admin.action(description="Build again, for the same person", permissions=["build"])
    def build_again(self, request: HttpRequest, queryset: QuerySet[Archive]) -> None:
        def again(archive: Archive) -> str:
            user = archive.requested_by
            if not Selection.objects.for_user(user).filter(archives=archive).exists():
                raise NotFound(f"{user} may not see “{archive.selection_name}” any more.")
            retried = services.retry_archive(user=user, archive=archive)
            return f"archive {retried.pk} is {retried.get_status_display()} for {user}."

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
        """Do something for every archive, and show the outcome of each."""
        for archive in queryset:
            try:
                outcome, level = do(archive), messages.SUCCESS
            except Explained as error:
                outcome, level = str(error), messages.ERROR
            self.message_user(request, f"Archive {archive.pk}: {outcome}", level)
