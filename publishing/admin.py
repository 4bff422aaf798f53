"""The admin site of publications, of uploads, and of permissions to write, of which no secret is
shown."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join

from portal.admin import DeletesInBulk, Expired, MachineOwned
from portal.exceptions import Explained
from publishing import services
from publishing.models import Publication, Upload, WritePermission
from selections.batches import delete_rows


@admin.register(WritePermission)
class WritePermissionAdmin(MachineOwned):
    """Deleting one makes its owner allow it again; its access token ends by itself."""

    date_hierarchy = "given_at"
    list_display = ["connection", "owner", "usable", "credential_kind", "given_at", "expires_at"]
    list_filter = [Expired, "credential_kind", "connection__url"]
    list_select_related = ["connection__owner"]
    search_fields = ["connection__url", "connection__username", "connection__owner__username"]
    fields = ["connection", "owner", "credential_kind", "usable", "given_at", "expires_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WritePermission]:
        # The credentials are not even read, so no page can show them.
        permissions: QuerySet[WritePermission] = super().get_queryset(request)
        return permissions.defer("credential", "connection__credential")

    @admin.display(ordering="connection__owner")
    def owner(self, permission: WritePermission) -> str:
        return permission.connection.owner.get_username()

    @admin.display(description="usable", boolean=True)
    def usable(self, permission: WritePermission) -> bool:
        return permission.is_usable


@admin.register(Publication)
class PublicationAdmin(DeletesInBulk, MachineOwned):
    """Deleting one deletes the record of it; what was done in CVAT stays."""

    actions = ["cancel"]
    date_hierarchy = "created_at"
    list_display = [
        "selection_name",
        "target",
        "status",
        "requested_by",
        "task_id",
        "result_job_id",
        "finished_at",
    ]
    list_filter = [
        "status",
        "target",
        ("requested_by", admin.RelatedOnlyFieldListFilter),
        "url",
    ]
    list_select_related = ["requested_by"]
    search_fields = ["selection_name", "requested_by__username", "error", "task_name"]
    fields = [
        "target",
        "selection_name",
        "requested_by",
        "connection",
        "url",
        "task_id",
        "task_name",
        "frames_total",
        "options",
        "status",
        "error",
        "attempts",
        "sent",
        "left_out",
        "result_job_id",
        "created_at",
        "started_at",
        "heartbeat_at",
        "finished_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Publication]:
        publications: QuerySet[Publication] = super().get_queryset(request)
        return publications.defer("frames", "plan")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_rows(obj.rows_below())
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for publication in queryset:
            self.delete_model(request, publication)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("publishing.change_publication")

    @admin.display(description="sent to CVAT")
    def sent(self, publication: Publication) -> str:
        lines = ((step["request"], step["text"], _outcome(step)) for step in publication.steps)
        return format_html_join("", "<p>{}<br>{}: {}</p>", lines) or "nothing"

    @admin.display(description="left out of the annotations")
    def left_out(self, publication: Publication) -> str:
        groups = publication.problem_groups
        lines = ((each["count"], each["reason"], each["frames"]) for each in groups)
        return format_html_join("", "<p>{}: {} {}</p>", lines) or "nothing"

    @admin.action(description="Cancel what waits or is under way", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Publication]) -> None:
        for publication in queryset:
            try:
                services.cancel_publication(publication=publication)
                outcome, level = "cancelled.", messages.SUCCESS
            except Explained as error:
                outcome, level = str(error), messages.ERROR
            self.message_user(request, f"Publication {publication.pk}: {outcome}", level)


@admin.register(Upload)
class UploadAdmin(MachineOwned):
    """Deleting one removes its files from the portal; a task that is being made of them fails."""

    date_hierarchy = "created_at"
    list_display = ["name", "owner", "files_count", "size", "received", "created_at", "expires_at"]
    list_filter = [Expired]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__username"]
    fields = ["name", "owner", "files_count", "size", "received", "created_at", "expires_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Upload]:
        uploads: QuerySet[Upload] = super().get_queryset(request)
        return uploads.defer("files")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        services.discard_upload(upload=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for upload in queryset:
            services.discard_upload(upload=upload)


def _outcome(step: dict[str, Any]) -> str:
    if step["done_at"]:
        return "done"
    return "refused" if step.get("is_refused") else "answer not known"
